#include "engine/python.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>

#include "engine/python_state.h"

namespace quanji::engine {

using base::Code;
using base::Error;
using base::Result;
using base::Text;
using values::TablePtr;
using values::Value;

Python::State* the_python = nullptr;  // one interpreter a process

namespace {

constexpr int interrupt_signal = SIGUSR2;

// The Python-level handler of the signal, on Python's own thread and with the GIL.
PyObject* on_signal(PyObject*, PyObject*) {
  const auto wanted = the_python->wanted.load();
  if (wanted == 0 || wanted != the_python->at_work->load()) Py_RETURN_NONE;
  the_python->raised = wanted;
  PyErr_SetNone(the_python->stop_type);
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

std::mutex dropped_mutex;
std::vector<PyObject*> dropped;  // guarded by dropped_mutex
std::atomic<bool> any_dropped{false};

// The line of the flow's own text that was at work when the exception was raised; 0 when it was in none.
int line_in(PyObject* trace, const std::string& file) {
  int line = 0;
  for (Ref at = Ref::borrowed(trace); at && at.get() != Py_None; at = Ref(PyObject_GetAttrString(at.get(), "tb_next"))) {
    Ref frame(PyObject_GetAttrString(at.get(), "tb_frame"));
    Ref code(frame ? PyObject_GetAttrString(frame.get(), "f_code") : nullptr);
    Ref name(code ? PyObject_GetAttrString(code.get(), "co_filename") : nullptr);
    Ref number(PyObject_GetAttrString(at.get(), "tb_lineno"));
    if (name && number && text_of_object(name.get()) == file) line = static_cast<int>(PyLong_AsLong(number.get()));
  }
  PyErr_Clear();
  return line;
}
// "reports/daily.py:12", of the innermost place in a file of the package; empty when there is none.
std::string module_place(PyObject* trace) {
  std::string place;
  for (Ref at = Ref::borrowed(trace); at && at.get() != Py_None; at = Ref(PyObject_GetAttrString(at.get(), "tb_next"))) {
    Ref frame(PyObject_GetAttrString(at.get(), "tb_frame"));
    Ref code(frame ? PyObject_GetAttrString(frame.get(), "f_code") : nullptr);
    Ref name(code ? PyObject_GetAttrString(code.get(), "co_filename") : nullptr);
    Ref number(PyObject_GetAttrString(at.get(), "tb_lineno"));
    if (!name || !number) continue;
    const auto file = text_of_object(name.get());
    const auto root = file.rfind("/python/");
    if (root != std::string::npos && !file.starts_with("/usr/")) place = file.substr(root + 8) + ":" + text_of_object(number.get());
  }
  PyErr_Clear();
  return place;
}

}  // namespace

void DropPythonSide::operator()(PythonSide* side) const {
  drop_later(side->objects);
  delete side;
}
void drop_later(const std::vector<PyObject*>& objects) {
  const std::lock_guard lock(dropped_mutex);
  for (auto* object : objects)
    if (object) dropped.push_back(object);
  any_dropped.store(!dropped.empty(), std::memory_order_release);
}
void release_dropped() {
  if (!any_dropped.load(std::memory_order_acquire)) return;
  std::vector<PyObject*> objects;
  {
    const std::lock_guard lock(dropped_mutex);
    objects.swap(dropped);
    any_dropped.store(false, std::memory_order_release);
  }
  for (auto* object : objects) Py_DECREF(object);
}

PythonProgram::PythonProgram(const flow::Document& document) : document_(document), cache_(std::make_unique<Cache>()) {
  cache_->expressions.resize(document.expressions);
}
PythonProgram::~PythonProgram() {
  std::vector<PyObject*> objects;
  const auto drop = [&](Compiled& compiled) {
    for (Ref* ref : {&compiled.function, &compiled.syntax}) objects.push_back(ref->release());
  };
  for (auto& compiled : cache_->expressions)
    if (compiled) drop(*compiled);
  for (auto& [step, compiled] : cache_->blocks) drop(compiled);
  drop_later(objects);
}

Failure Python::State::failure_of_exception(Interrupt why, const char* code, std::string_view file, flow::Position at) {
  PyObject *raw_type = nullptr, *raw_value = nullptr, *raw_trace = nullptr;
  PyErr_Fetch(&raw_type, &raw_value, &raw_trace);
  PyErr_NormalizeException(&raw_type, &raw_value, &raw_trace);
  Ref type(raw_type), value(raw_value), trace(raw_trace);
  // Python code on the way out may turn the interruption into an exception of its own (an import does): it is one all the same.
  if ((type && PyErr_GivenExceptionMatches(type.get(), stop_type)) || (raised != 0 && raised == at_work->load())) {
    if (why == Interrupt::stop) {
      auto failure = system_failure("stopped", Text("任务被要求停止", "the task was asked to stop"));
      failure.ending = Ending::stopped;
      return failure;
    }
    return system_failure("expression_timed_out", Text("Python 代码超过时限", "the Python code ran beyond its time limit"));
  }
  if (type && PyErr_GivenExceptionMatches(type.get(), PyExc_MemoryError))
    return system_failure("out_of_memory", Text("Python 代码用完了内存限额", "the Python code used up its memory limit"));
  if (value)
    if (auto failure = failure_of_fail(value.get())) return std::move(*failure);
  const std::string name = type ? reinterpret_cast<PyTypeObject*>(type.get())->tp_name : "?";
  const bool syntax_error = type && PyErr_GivenExceptionMatches(type.get(), PyExc_SyntaxError);
  std::string said;
  int line = trace ? line_in(trace.get(), std::string(file)) : 0;
  if (syntax_error && value) {
    Ref message(PyObject_GetAttrString(value.get(), "msg")), number(PyObject_GetAttrString(value.get(), "lineno"));
    said = message ? text_of_object(message.get()) : "";
    line = number && PyLong_Check(number.get()) ? static_cast<int>(PyLong_AsLong(number.get())) : 0;
    PyErr_Clear();
  } else if (type && PyErr_GivenExceptionMatches(type.get(), PyExc_KeyError) && value) {
    // str() of a KeyError quotes its argument.
    Ref arguments(PyObject_GetAttrString(value.get(), "args"));
    said = arguments && PyTuple_Check(arguments.get()) && PyTuple_GET_SIZE(arguments.get()) > 0
               ? text_of_object(PyTuple_GET_ITEM(arguments.get(), 0))
               : "";
    PyErr_Clear();
  } else if (value) {
    said = text_of_object(value.get());
  }
  if (said.size() > 2000) said.resize(2000);
  std::string place;
  if (const auto in_module = trace ? module_place(trace.get()) : std::string(); !in_module.empty())
    place = in_module;
  else if (at.line != 0)
    place = fmt::format("{}:{}", file, at.line + static_cast<std::uint32_t>(std::max(line, 1)) - 1);
  const auto zh_at = place.empty() ? "" : "（" + place + "）";
  const auto en_at = place.empty() ? "" : " at " + place;
  if (syntax_error)
    return system_failure("expression_wrong",
                          Text(fmt::format("Python 写法有误{}：{}", zh_at, said), fmt::format("this is not Python{}: {}", en_at, said)));
  values::Map data{{"type", Value::of(name)}};
  if (!place.empty()) data.emplace_back("place", Value::of(place));
  return system_failure(
      code,
      Text(fmt::format("Python 代码出错{}：{}：{}", zh_at, name, said), fmt::format("the Python code failed{}: {}: {}", en_at, name, said)),
      Value::of(std::move(data)));
}

Python::Python(std::unique_ptr<State> state, base::Clock& clock)
    : state_(std::move(state)), clock_(clock), home_(std::this_thread::get_id()) {}
Python::~Python() {
  // Py_FinalizeEx waits for whatever threads an expression left behind; the process ends right after, so nothing is given back.
  PyEval_RestoreThread(state_->thread);
  state_->texts.clear();
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
  state->builtins = Py_NewRef(PyEval_GetBuiltins());
  state->globals = PyDict_New();
  state->compile = PyDict_GetItemString(state->builtins, "compile");
  state->syntax = PyImport_ImportModule("_ast");
  state->stop_type = PyErr_NewException("quanji.Stop", PyExc_BaseException, nullptr);
  state->library_names = PySys_GetObject("stdlib_module_names");
  Py_XINCREF(state->library_names);
  state->main_thread = ::pthread_self();
  the_python = state.get();
  if (!state->globals || PyDict_SetItemString(state->globals, "__builtins__", state->builtins) != 0 || !state->compile || !state->syntax ||
      !state->stop_type || !state->library_names || !make_python_types() || !make_world(*state) || !install_signal()) {
    const auto detail = state->failure_of_exception(Interrupt::time_limit, "start", "", {}).message.en;
    return Error(
        Code::requirement_missing,
        Text("Python 标准库不完整；请重装 libpython3.11-stdlib", "Python's standard library is not whole: reinstall libpython3.11-stdlib"),
        detail);
  }
  state->thread = PyEval_SaveThread();
  static base::SystemClock system_clock;
  std::unique_ptr<Python> python(new Python(std::move(state), options.clock ? *options.clock : system_clock));
  python->state_->at_work = &python->number_;
  return python;
}

void Python::add_package_path(const std::string& folder) {
  in_python({}, [&] {
    PyObject* path = PySys_GetObject("path");
    Ref text(PyUnicode_DecodeFSDefault(folder.c_str()));
    if (path && text) PyList_Insert(path, 0, text.get());
    PyErr_Clear();
    return 0;
  });
}
void Python::set_world(PythonWorld world) {
  in_python({}, [&] {
    state_->world = std::move(world);
    tell_facts(*state_);
    PyErr_Clear();
    return 0;
  });
}

void Python::hand_over(const std::function<void()>& work) {
  Work mine{&work};
  std::unique_lock lock(mutex_);
  waiting_.push_back(&mine);
  news_.notify_all();
  done_.wait(lock, [&] { return mine.done; });
}
void Python::wake() {
  const std::lock_guard lock(mutex_);
  ++woken_;
  news_.notify_all();
}
void Python::serve_until(const std::function<bool()>& over) {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto seen = woken_;
    lock.unlock();
    if (over()) return;
    lock.lock();
    news_.wait(lock, [&] { return woken_ != seen || !waiting_.empty(); });
    while (!waiting_.empty()) {
      Work* work = waiting_.front();
      waiting_.pop_front();
      lock.unlock();
      (*work->run)();
      lock.lock();
      work->done = true;
      done_.notify_all();
    }
  }
}

Python::AtWork Python::at_work() const {
  AtWork work;
  work.number = number_.load(std::memory_order_acquire);
  work.since = std::chrono::microseconds(since_.load(std::memory_order_relaxed));
  work.limit = {std::chrono::milliseconds(limit_ms_.load(std::memory_order_relaxed)), on_stop_.load(std::memory_order_relaxed)};
  return work;
}
void Python::interrupt(std::uint64_t number, Interrupt why) {
  if (number == 0) return;
  why_.store(why);
  state_->wanted.store(number);
  // Py_AddPendingCall from another thread is not looked at in 3.11 until something else breaks the loop; a signal is.
  ::pthread_kill(state_->main_thread, interrupt_signal);
}
bool Python::look_after(bool stop_asked) {
  const auto work = at_work();
  if (work.number == 0) return false;
  const bool stop = stop_asked && work.limit.on_stop == OnStop::leave;
  const bool late = clock_.monotonic() - work.since >= work.limit.time;
  if (!stop && !late) return false;
  // What was read belongs to one evaluation only when that is still at work.
  if (number_.load(std::memory_order_acquire) != work.number) return false;
  interrupt(work.number, stop ? Interrupt::stop : Interrupt::time_limit);
  return true;
}

}  // namespace quanji::engine
