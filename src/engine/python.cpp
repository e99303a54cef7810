#include "engine/python.h"

// Python.h first: it sets feature macros.
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>

#include <set>
#include <unordered_map>
#include <vector>

namespace quanji::engine {

using base::Code;
using base::Error;
using base::Result;
using base::Text;

namespace {

// Owns one reference.
class Ref {
 public:
  Ref() = default;
  explicit Ref(PyObject* object) : object_(object) {}
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref& operator=(Ref&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() { Py_XDECREF(object_); }
  static Ref borrowed(PyObject* object) {
    Py_XINCREF(object);
    return Ref(object);
  }
  PyObject* get() const { return object_; }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  PyObject* object_ = nullptr;
};

constexpr int interrupt_signal = SIGUSR2;

struct Compiled {
  Ref code;
  std::vector<std::string> names;  // global names it and its inner functions use
};

std::string text_of(PyObject* object) {
  Ref text(PyObject_Str(object));
  if (text) {
    Py_ssize_t size = 0;
    if (const char* utf8 = PyUnicode_AsUTF8AndSize(text.get(), &size)) return {utf8, static_cast<std::size_t>(size)};
  }
  PyErr_Clear();
  return "?";
}

void collect_names(PyObject* code, std::set<std::string>& names) {
  Ref own(PyObject_GetAttrString(code, "co_names"));
  Ref constants(PyObject_GetAttrString(code, "co_consts"));
  if (own && PyTuple_Check(own.get())) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(own.get()); ++i) names.insert(text_of(PyTuple_GET_ITEM(own.get(), i)));
  }
  if (constants && PyTuple_Check(constants.get())) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(constants.get()); ++i) {
      PyObject* constant = PyTuple_GET_ITEM(constants.get(), i);
      if (PyCode_Check(constant)) collect_names(constant, names);
    }
  }
  PyErr_Clear();
}

}  // namespace

struct Python::State {
  pthread_t main_thread{};
  std::atomic<std::uint64_t> wanted{0};  // evaluation to be interrupted
  std::uint64_t raised = 0;              // evaluation an interruption was raised in; Python's thread only
  const std::atomic<std::uint64_t>* at_work = nullptr;
  PyThreadState* thread = nullptr;
  PyObject* builtins = nullptr;  // dict, borrowed for the life of the process
  PyObject* decimal_type = nullptr;
  PyObject* stop_type = nullptr;      // BaseException: `except Exception` does not swallow it
  PyObject* library_names = nullptr;  // sys.stdlib_module_names
  std::unordered_map<std::string, Compiled> compiled;

  Ref to_python(const Value& value);
  std::variant<Value, Failure> to_value(PyObject* object, int depth);
  std::variant<const Compiled*, Failure> compile(const std::string& text);
  Failure failure_of_exception(Interrupt why);
};

namespace {

Python::State* the_state = nullptr;  // one interpreter a process

// The Python-level handler of the signal, on Python's own thread and with the GIL.
PyObject* on_signal(PyObject*, PyObject*) {
  const auto wanted = the_state->wanted.load();
  if (wanted == 0 || wanted != the_state->at_work->load()) Py_RETURN_NONE;
  the_state->raised = wanted;
  PyErr_SetNone(the_state->stop_type);
  return nullptr;
}
PyMethodDef on_signal_definition = {"on_signal", &on_signal, METH_VARARGS, nullptr};

bool install_signal() {
  Ref module(PyImport_ImportModule("_signal"));
  Ref handler(PyCFunction_New(&on_signal_definition, nullptr));
  if (!module || !handler) return false;
  Ref before(PyObject_CallMethod(module.get(), "signal", "iO", interrupt_signal, handler.get()));
  return static_cast<bool>(before);
}

Ref to_python_text(const std::string& text) {
  return Ref(PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "strict"));
}

}  // namespace

Ref Python::State::to_python(const Value& value) {
  switch (value.type()) {
    case Value::Type::nothing:
      return Ref::borrowed(Py_None);
    case Value::Type::boolean:
      return Ref::borrowed(value.boolean() ? Py_True : Py_False);
    case Value::Type::integer:
      return Ref(PyLong_FromLongLong(value.integer()));
    case Value::Type::decimal:
      return Ref(PyObject_CallFunction(decimal_type, "s", value.decimal().text.c_str()));
    case Value::Type::text:
      return to_python_text(value.text());
    case Value::Type::list: {
      Ref list(PyList_New(static_cast<Py_ssize_t>(value.list().size())));
      if (!list) return {};
      for (std::size_t i = 0; i < value.list().size(); ++i) {
        Ref element = to_python(value.list()[i]);
        if (!element) return {};
        Py_INCREF(element.get());  // the list takes a reference of its own
        PyList_SET_ITEM(list.get(), static_cast<Py_ssize_t>(i), element.get());
      }
      return list;
    }
    case Value::Type::map: {
      Ref map(PyDict_New());
      if (!map) return {};
      for (const auto& [key, inner] : value.map()) {
        Ref name = to_python_text(key);
        Ref element = to_python(inner);
        if (!name || !element || PyDict_SetItem(map.get(), name.get(), element.get()) != 0) return {};
      }
      return map;
    }
  }
  return {};
}

namespace {
Failure not_storable(std::string zh, std::string en) { return {"value_not_storable", Text(std::move(zh), std::move(en))}; }
std::variant<std::string, Failure> utf8_of(PyObject* text) {
  Py_ssize_t size = 0;
  const char* utf8 = PyUnicode_AsUTF8AndSize(text, &size);
  if (!utf8) {
    PyErr_Clear();
    return not_storable("文本里有不成对的代理字符，无法保存", "the text holds lone surrogates and cannot be stored");
  }
  return std::string(utf8, static_cast<std::size_t>(size));
}
}  // namespace

std::variant<Value, Failure> Python::State::to_value(PyObject* object, int depth) {
  if (depth > max_value_depth)
    return not_storable(fmt::format("嵌套超过 {} 层", max_value_depth), fmt::format("nested deeper than {}", max_value_depth));
  if (object == Py_None) return Value();
  if (PyBool_Check(object)) return Value::of(object == Py_True);
  if (PyLong_CheckExact(object)) {
    int overflow = 0;
    const auto n = PyLong_AsLongLongAndOverflow(object, &overflow);
    if (overflow) return not_storable("整数超出 64 位；请用 Decimal", "the integer does not fit 64 bits: use Decimal");
    return Value::of(static_cast<std::int64_t>(n));
  }
  if (PyUnicode_CheckExact(object)) {
    auto text = utf8_of(object);
    if (auto* failure = std::get_if<Failure>(&text)) return std::move(*failure);
    return Value::of(std::get<std::string>(std::move(text)));
  }
  if (reinterpret_cast<PyObject*>(Py_TYPE(object)) == decimal_type) {
    Ref finite(PyObject_CallMethod(object, "is_finite", nullptr));
    if (!finite || finite.get() != Py_True) {
      PyErr_Clear();
      return not_storable("小数不是有限值", "the decimal is not finite");
    }
    return Value::of(Decimal{text_of(object)});
  }
  if (PyList_CheckExact(object) || PyTuple_CheckExact(object)) {
    List list;
    const auto size = PySequence_Fast_GET_SIZE(object);
    list.reserve(static_cast<std::size_t>(size));
    for (Py_ssize_t i = 0; i < size; ++i) {
      auto element = to_value(PySequence_Fast_GET_ITEM(object, i), depth + 1);
      if (auto* failure = std::get_if<Failure>(&element)) return std::move(*failure);
      list.push_back(std::get<Value>(std::move(element)));
    }
    return Value::of(std::move(list));
  }
  if (PyDict_CheckExact(object)) {
    Map map;
    map.reserve(static_cast<std::size_t>(PyDict_GET_SIZE(object)));
    Py_ssize_t at = 0;
    PyObject *key = nullptr, *inner = nullptr;
    while (PyDict_Next(object, &at, &key, &inner)) {
      if (!PyUnicode_CheckExact(key)) return not_storable("表的键必须是文本", "the keys of a map must be text");
      auto name = utf8_of(key);
      if (auto* failure = std::get_if<Failure>(&name)) return std::move(*failure);
      auto element = to_value(inner, depth + 1);
      if (auto* failure = std::get_if<Failure>(&element)) return std::move(*failure);
      map.emplace_back(std::get<std::string>(std::move(name)), std::get<Value>(std::move(element)));
    }
    return Value::of(std::move(map));
  }
  if (PyFloat_Check(object))
    return not_storable("浮点数不精确，不能保存；请用 Decimal(\"…\")、round(x) 或 str(x)",
                        "a float is not exact and cannot be stored: use Decimal(\"…\"), round(x) or str(x)");
  const std::string type = Py_TYPE(object)->tp_name;
  return not_storable(fmt::format("类型 {} 不能保存在变量里", type), fmt::format("a {} cannot be stored in a variable", type));
}

Failure Python::State::failure_of_exception(Interrupt why) {
  PyObject *raw_type = nullptr, *raw_value = nullptr, *raw_trace = nullptr;
  PyErr_Fetch(&raw_type, &raw_value, &raw_trace);
  PyErr_NormalizeException(&raw_type, &raw_value, &raw_trace);
  Ref type(raw_type), value(raw_value), trace(raw_trace);
  // Python code on the way out may turn the interruption into an exception of its own (an import does): it is one all the same.
  if ((type && PyErr_GivenExceptionMatches(type.get(), stop_type)) || (raised != 0 && raised == at_work->load())) {
    if (why == Interrupt::stop) return {"stopped", Text("任务被要求停止", "the task was asked to stop")};
    return {"expression_timed_out", Text("表达式超过时限", "the expression ran beyond its time limit")};
  }
  if (type && PyErr_GivenExceptionMatches(type.get(), PyExc_MemoryError))
    return {"out_of_memory", Text("表达式用完了内存限额", "the expression used up its memory limit")};
  const std::string name = type ? reinterpret_cast<PyTypeObject*>(type.get())->tp_name : "?";
  const std::string said = value ? text_of(value.get()) : "";
  if (type && PyErr_GivenExceptionMatches(type.get(), PyExc_SyntaxError))
    return {"expression_wrong", Text(fmt::format("表达式写法有误：{}", said), fmt::format("the expression is not Python: {}", said))};
  return {"expression_failed",
          Text(fmt::format("表达式出错：{}：{}", name, said), fmt::format("the expression failed: {}: {}", name, said))};
}

std::variant<const Compiled*, Failure> Python::State::compile(const std::string& text) {
  if (const auto found = compiled.find(text); found != compiled.end()) return &found->second;
  if (text.find('\0') != std::string::npos)
    return Failure{"expression_wrong", Text("表达式里有空字符", "the expression holds a null character")};
  const auto first = text.find_first_not_of(" \t");
  Ref code(Py_CompileString(text.c_str() + (first == std::string::npos ? 0 : first), "<expression>", Py_eval_input));
  if (!code) return failure_of_exception(Interrupt::time_limit);
  std::set<std::string> names;
  collect_names(code.get(), names);
  if (compiled.size() >= 10'000) compiled.clear();
  Compiled made;
  made.code = std::move(code);
  made.names.assign(names.begin(), names.end());
  return &compiled.emplace(text, std::move(made)).first->second;
}

Python::Python(std::unique_ptr<State> state) : state_(std::move(state)) {}
Python::~Python() {
  // Py_FinalizeEx waits for whatever threads an expression left behind; the process ends right after, so nothing is given back.
  PyEval_RestoreThread(state_->thread);
  state_->compiled.clear();
  state_->thread = PyEval_SaveThread();
}
std::string Python::version() const {
  const std::string_view text = Py_GetVersion();
  return std::string(text.substr(0, text.find(' ')));
}

Result<std::unique_ptr<Python>> Python::start(const Options& options) {
  if (Py_IsInitialized()) return Error(Code::bug, "Python was started before in this process");
  // Text is UTF-8 whatever the locale: what flows print, and the names of their files.
  PyPreConfig before;
  PyPreConfig_InitIsolatedConfig(&before);
  before.utf8_mode = 1;
  Py_PreInitialize(&before);
  PyConfig config;
  PyConfig_InitIsolatedConfig(&config);
  config.site_import = 0;
  config.install_signal_handlers = 0;
  config.buffered_stdio = 0;
  config.write_bytecode = 0;
  config.module_search_paths_set = 1;
  auto status = PyConfig_SetString(&config, &config.program_name, L"/usr/bin/python3");
  const auto path = [&](const std::string& folder) {
    if (PyStatus_Exception(status)) return;
    wchar_t* wide = Py_DecodeLocale(folder.c_str(), nullptr);
    if (wide) status = PyWideStringList_Append(&config.module_search_paths, wide);
    PyMem_RawFree(wide);
  };
  const std::string library = fmt::format("/usr/lib/python{}.{}", PY_MAJOR_VERSION, PY_MINOR_VERSION);
  if (!options.package_path.empty()) path(options.package_path);
  path(library);
  path(library + "/lib-dynload");
  path("/usr/lib/python3/dist-packages");
  if (!PyStatus_Exception(status)) status = Py_InitializeFromConfig(&config);
  PyConfig_Clear(&config);
  if (PyStatus_Exception(status))
    return Error(Code::requirement_missing,
                 Text("无法启动 Python；请安装 python3 和 libpython3.11", "Python does not start: install python3 and libpython3.11"),
                 status.err_msg ? status.err_msg : "");
  auto state = std::make_unique<State>();
  state->builtins = PyEval_GetBuiltins();
  Py_INCREF(state->builtins);
  Ref decimal(PyImport_ImportModule("decimal"));
  if (decimal) state->decimal_type = PyObject_GetAttrString(decimal.get(), "Decimal");
  state->stop_type = PyErr_NewException("quanji.Stop", PyExc_BaseException, nullptr);
  state->library_names = PySys_GetObject("stdlib_module_names");
  Py_XINCREF(state->library_names);
  state->main_thread = ::pthread_self();
  the_state = state.get();
  if (!state->decimal_type || !state->stop_type || !state->library_names || !install_signal()) {
    PyErr_Clear();
    return Error(Code::requirement_missing, Text("Python 标准库不完整；请重装 libpython3.11-stdlib",
                                                 "Python's standard library is not whole: reinstall libpython3.11-stdlib"));
  }
  state->thread = PyEval_SaveThread();
  std::unique_ptr<Python> python(new Python(std::move(state)));
  python->state_->at_work = &python->at_work_;
  return python;
}

Evaluated Python::evaluate(const std::string& expression, const Variables& variables) {
  PyEval_RestoreThread(state_->thread);
  at_work_.store(++count_, std::memory_order_release);
  auto outcome = [&]() -> Evaluated {
    auto compiled = state_->compile(expression);
    if (auto* failure = std::get_if<Failure>(&compiled)) return std::move(*failure);
    const Compiled& code = *std::get<const Compiled*>(compiled);
    Ref globals(PyDict_New());  // fresh each time: an expression leaves nothing behind
    if (!globals || PyDict_SetItemString(globals.get(), "__builtins__", state_->builtins) != 0) return state_->failure_of_exception(why_);
    for (const auto& name : code.names) {
      if (const auto found = variables.find(name); found != variables.end()) {
        Ref value = state_->to_python(found->second);
        if (!value || PyDict_SetItemString(globals.get(), name.c_str(), value.get()) != 0) return state_->failure_of_exception(why_);
        continue;
      }
      Ref key = to_python_text(name);
      if (!key || PyDict_Contains(state_->builtins, key.get()) == 1) continue;
      if (name == "Decimal") {
        PyDict_SetItem(globals.get(), key.get(), state_->decimal_type);
      } else if (name != "this" && name != "antigravity" && PySet_Contains(state_->library_names, key.get()) == 1) {
        Ref module(PyImport_ImportModule(name.c_str()));
        if (module) PyDict_SetItem(globals.get(), key.get(), module.get());
        // An attribute may bear a module's name without meaning it; a name that is needed and missing is Python's own error.
        if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_Exception)) return state_->failure_of_exception(why_);
        PyErr_Clear();
      }
    }
    Ref result(PyEval_EvalCode(code.code.get(), globals.get(), globals.get()));
    if (!result) return state_->failure_of_exception(why_);
    auto value = state_->to_value(result.get(), 0);
    PyErr_Clear();
    if (auto* failure = std::get_if<Failure>(&value)) return std::move(*failure);
    return std::get<Value>(std::move(value));
  }();
  at_work_.store(0, std::memory_order_release);
  state_->thread = PyEval_SaveThread();
  return outcome;
}

void Python::interrupt(std::uint64_t number, Interrupt why) {
  if (number == 0) return;
  why_.store(why);
  state_->wanted.store(number);
  // Py_AddPendingCall from another thread is not looked at in 3.11 until something else breaks the loop; a signal is.
  ::pthread_kill(state_->main_thread, interrupt_signal);
}

}  // namespace quanji::engine
