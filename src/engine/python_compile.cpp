// Expressions and blocks become functions whose parameters are the variables they read: a call is one vectorcall with objects that stand
// ready, and nothing an expression does to its names outlives it.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/python_state.h"

namespace quanji::engine {

namespace {

void collect_names(PyObject* code, std::set<std::string>& names, bool with_locals) {
  const auto take = [&](const char* attribute) {
    Ref own(PyObject_GetAttrString(code, attribute));
    if (own && PyTuple_Check(own.get()))
      for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(own.get()); ++i) names.insert(text_of_object(PyTuple_GET_ITEM(own.get(), i)));
  };
  take("co_names");
  if (with_locals) take("co_varnames"), take("co_cellvars");
  Ref constants(PyObject_GetAttrString(code, "co_consts"));
  if (constants && PyTuple_Check(constants.get())) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(constants.get()); ++i) {
      PyObject* constant = PyTuple_GET_ITEM(constants.get(), i);
      if (PyCode_Check(constant)) collect_names(constant, names, with_locals);
    }
  }
  PyErr_Clear();
}

// A node of the syntax tree, made with its place.
Ref node(PyObject* module, const char* type, std::initializer_list<std::pair<const char*, PyObject*>> fields, bool placed) {
  Ref made_of(PyObject_GetAttrString(module, type));
  Ref named(PyDict_New());
  Ref none(PyTuple_New(0));
  if (!made_of || !named || !none) return {};
  for (const auto& [name, value] : fields)
    if (!value || PyDict_SetItemString(named.get(), name, value) != 0) return {};
  if (placed) {
    Ref one(PyLong_FromLong(1)), zero(PyLong_FromLong(0));
    for (const char* name : {"lineno", "end_lineno"})
      if (PyDict_SetItemString(named.get(), name, one.get()) != 0) return {};
    for (const char* name : {"col_offset", "end_col_offset"})
      if (PyDict_SetItemString(named.get(), name, zero.get()) != 0) return {};
  }
  return Ref(PyObject_Call(made_of.get(), none.get(), named.get()));
}
Ref list_of_one(PyObject* object) {
  Ref list(object ? PyList_New(0) : nullptr);
  return list && PyList_Append(list.get(), object) == 0 ? std::move(list) : Ref();
}
Ref code_of_tree(PyObject* compile, PyObject* tree, const std::string& file, const char* mode) {
  return Ref(PyObject_CallFunction(compile, "Oss", tree, file.c_str(), mode));
}

}  // namespace

Ref Python::State::parse(const std::string& text, bool block, const std::string& file) {
  if (text.find('\0') != std::string::npos) {
    PyErr_SetString(PyExc_SyntaxError, "a null character");
    return {};
  }
  const auto first = block ? 0 : text.find_first_not_of(" \t");
  PyCompilerFlags flags = _PyCompilerFlags_INIT;
  flags.cf_flags = PyCF_ONLY_AST;
  Ref name = to_python_text(file);
  if (!name) return {};
  return Ref(Py_CompileStringObject(text.c_str() + (first == std::string::npos ? 0 : first), name.get(),
                                    block ? Py_file_input : Py_eval_input, &flags, -1));
}

Ref Python::State::make_function(PyObject* tree, const std::vector<std::string>& parameters, bool block, const std::string& file,
                                 PyObject* where) {
  Ref list(PyList_New(0));
  for (const auto& parameter : parameters) {
    Ref name = to_python_text(parameter);
    Ref one = node(syntax, "arg", {{"arg", name.get()}}, true);
    if (!list || !one || PyList_Append(list.get(), one.get()) != 0) return {};
  }
  Ref none(PyList_New(0));
  Ref arguments = node(syntax, "arguments",
                       {{"posonlyargs", none.get()},
                        {"args", list.get()},
                        {"kwonlyargs", none.get()},
                        {"kw_defaults", none.get()},
                        {"defaults", none.get()}},
                       false);
  Ref body(PyObject_GetAttrString(tree, "body"));
  if (!arguments || !body) return {};
  if (!block) {
    Ref lambda = node(syntax, "Lambda", {{"args", arguments.get()}, {"body", body.get()}}, true);
    Ref whole = node(syntax, "Expression", {{"body", lambda.get()}}, false);
    Ref code = whole ? code_of_tree(compile, whole.get(), file, "eval") : Ref();
    return code ? Ref(PyEval_EvalCode(code.get(), where, where)) : Ref();
  }
  Ref name = to_python_text("block");
  if (PyList_GET_SIZE(body.get()) == 0) {
    Ref pass = node(syntax, "Pass", {}, true);
    body = list_of_one(pass.get());
  }
  Ref function = node(syntax, "FunctionDef",
                      {{"name", name.get()}, {"args", arguments.get()}, {"body", body.get()}, {"decorator_list", none.get()}}, true);
  Ref statements = list_of_one(function.get());
  Ref whole = node(syntax, "Module", {{"body", statements.get()}, {"type_ignores", none.get()}}, false);
  Ref code = whole ? code_of_tree(compile, whole.get(), file, "exec") : Ref();
  if (!code) return {};
  Ref here(PyDict_Copy(where));
  Ref done(here ? PyEval_EvalCode(code.get(), here.get(), here.get()) : nullptr);
  PyObject* found = done ? PyDict_GetItemString(here.get(), "block") : nullptr;
  Ref made = found ? Ref::borrowed(found) : Ref();
  if (made) PyDict_DelItemString(here.get(), "block");  // or the two would hold each other
  return made;
}

bool Python::State::names_of(PyObject* tree, bool block, const std::string& file, std::vector<std::string>& names) {
  std::set<std::string> found;
  if (block) {
    Ref function = make_function(tree, {}, true, file, globals);
    Ref code(function ? PyObject_GetAttrString(function.get(), "__code__") : nullptr);
    if (!code) return false;
    collect_names(code.get(), found, true);
  } else {
    // By itself first: what may not stand outside of a function (yield, await) may not stand in an expression.
    Ref code = code_of_tree(compile, tree, file, "eval");
    if (!code) return false;
    collect_names(code.get(), found, false);
  }
  names.assign(found.begin(), found.end());
  return true;
}

bool Python::State::import_named(const std::vector<std::string>& names, const std::function<bool(const std::string&)>& is_variable) {
  for (const auto& name : names) {
    if (is_variable(name) || name == "this" || name == "antigravity") continue;
    Ref key = to_python_text(name);
    if (!key) return false;
    if (PyDict_Contains(builtins, key.get()) == 1 || PyDict_Contains(globals, key.get()) == 1) continue;
    if (PySet_Contains(library_names, key.get()) != 1) continue;
    Ref module(PyImport_ImportModule(name.c_str()));
    if (module && PyDict_SetItem(globals, key.get(), module.get()) != 0) return false;
    // An attribute may bear a module's name without meaning it; a name that is needed and missing is Python's own error.
    if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_Exception)) return false;
    PyErr_Clear();
  }
  return true;
}

bool Python::State::compile_expression(PythonProgram::Compiled& compiled, const std::string& text, const flow::Document& document) {
  compiled.syntax = parse(text, false, document.file);
  std::vector<std::string> names;
  if (!compiled.syntax || !names_of(compiled.syntax.get(), false, document.file, names)) return false;
  if (!import_named(names, [&](const std::string& name) { return flow::slot_of(document, name).has_value(); })) return false;
  for (const auto& name : names)
    if (const auto slot = flow::slot_of(document, name)) compiled.candidates.push_back(*slot);
  return true;
}

// Makes the function for the variables that are set now, unless it is made already.
bool Python::State::fit(PythonProgram::Compiled& compiled, const Slots& slots, const std::string& file) {
  std::uint64_t unset = 0;
  for (std::size_t i = 0; i < compiled.candidates.size(); ++i)
    if (!slots.is_set(compiled.candidates[i])) unset |= std::uint64_t{1} << (i & 63U);
  if (compiled.function && unset == compiled.unset && (unset == 0 || compiled.candidates.size() <= 64)) return true;
  compiled.slots.clear();
  std::vector<std::string> parameters;
  for (const auto slot : compiled.candidates) {
    if (!slots.is_set(slot)) continue;
    compiled.slots.push_back(slot);
    parameters.push_back(slots.name(slot));
  }
  compiled.unset = unset;
  compiled.function = make_function(compiled.syntax.get(), parameters, false, file, globals);
  return static_cast<bool>(compiled.function);
}

PyObject* Python::State::object_of(Slots& slots, std::uint32_t slot) {
  auto& side = slots.python();
  if (!side) {
    side.reset(new PythonSide);
    side->objects.resize(slots.size(), nullptr);
    side->versions.resize(slots.size(), 0);
  }
  PyObject*& object = side->objects[slot];
  const auto version = slots.version(slot);
  if (object && side->versions[slot] == version) return object;
  Ref made;
  if (const auto& table = slots.row_of(slot)) {
    if (object && Py_TYPE(object) == python_types.row) {
      if (table_of_view(view_of_row(object)) == table) {
        // The next row of the same loop: the object nobody else holds moves on.
        if (Py_REFCNT(object) == 1) {
          move_row(object, slots.row(slot));
          side->versions[slot] = version;
          return object;
        }
        made = row_view(view_of_row(object), slots.row(slot));
      }
    }
    if (!made) {
      Ref view = table_view(table);
      if (!view) return nullptr;
      made = row_view(view.get(), slots.row(slot));
    }
  } else {
    made = to_python(slots.get(slot));
  }
  if (!made) return nullptr;
  Py_XDECREF(object);
  object = made.release();
  side->versions[slot] = version;
  return object;
}

}  // namespace quanji::engine
