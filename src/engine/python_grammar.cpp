#include "engine/python_grammar.h"

#include "engine/python_state.h"

namespace quanji::engine {

std::optional<flow::PythonGrammar::Complaint> InterpreterGrammar::check(Form form, std::string_view text) {
  return python_.with_state([&](Python::State& state) -> std::optional<Complaint> {
    const bool block = form == Form::block;
    Ref tree = state.parse(std::string(text), block, "<check>");
    std::vector<std::string> names;
    if (tree && state.names_of(tree.get(), block, "<check>", names)) return std::nullopt;
    PyObject *raw_type = nullptr, *raw_value = nullptr, *raw_trace = nullptr;
    PyErr_Fetch(&raw_type, &raw_value, &raw_trace);
    PyErr_NormalizeException(&raw_type, &raw_value, &raw_trace);
    Ref type(raw_type), value(raw_value), trace(raw_trace);
    Complaint complaint;
    if (!value) return complaint;
    const auto number = [&](const char* name) -> std::uint32_t {
      Ref found(PyObject_GetAttrString(value.get(), name));
      const long n = found && PyLong_Check(found.get()) ? PyLong_AsLong(found.get()) : 1;
      PyErr_Clear();
      return n > 0 ? static_cast<std::uint32_t>(n) : 1;
    };
    complaint.line = number("lineno");
    complaint.column = number("offset");
    Ref message(PyObject_GetAttrString(value.get(), "msg"));
    PyErr_Clear();
    const auto said = text_of_object(message ? message.get() : value.get());
    complaint.message = base::Text("Python：" + said, "Python: " + said);
    return complaint;
  });
}

flow::PythonGrammar::Function InterpreterGrammar::look_for(std::string_view module, std::string_view function) {
  return python_.with_state([&](Python::State&) {
    Ref found(PyImport_ImportModule(std::string(module).c_str()));
    if (!found) {
      PyErr_Clear();
      return Function::no_module;
    }
    Ref named(PyObject_GetAttrString(found.get(), std::string(function).c_str()));
    PyErr_Clear();
    return named && PyCallable_Check(named.get()) ? Function::there : Function::no_function;
  });
}

}  // namespace quanji::engine
