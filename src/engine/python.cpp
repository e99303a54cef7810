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
using values::ColumnType;
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
  drop_later(std::move(side->objects));
  delete side;
}
void drop_later(std::vector<PyObject*> objects) {
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
  drop_later(std::move(objects));
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

template <class T, class Take>
Outcome<T> Python::of_expression(PythonProgram& program, const flow::Expression& expression, Slots& slots, PythonLimit limit, Take take) {
  return in_python(limit, [&]() -> Outcome<T> {
    const auto& file = program.document_.file;
    const auto failed = [&]() -> Outcome<T> { return state_->failure_of_exception(why_, "expression_failed", file, expression.at); };
    auto& held = program.cache_->expressions[expression.number];
    if (!held) {
      auto made = std::make_unique<PythonProgram::Compiled>();
      if (!state_->compile_expression(*made, expression.python, program.document_)) return failed();
      held = std::move(made);
    }
    auto& compiled = *held;
    if (!state_->fit(compiled, slots, file)) return failed();
    PyObject* few[16];
    std::vector<PyObject*> many;
    PyObject** arguments = few;
    if (compiled.slots.size() > std::size(few)) many.resize(compiled.slots.size()), arguments = many.data();
    for (std::size_t i = 0; i < compiled.slots.size(); ++i)
      if (!(arguments[i] = state_->object_of(slots, compiled.slots[i]))) return failed();
    Ref result(PyObject_Vectorcall(compiled.function.get(), arguments, compiled.slots.size(), nullptr));
    if (!result) return failed();
    auto taken = take(result.get());
    if (PyErr_Occurred()) return failed();
    return taken;
  });
}

Outcome<Value> Python::evaluate(PythonProgram& program, const flow::Expression& expression, Slots& slots, PythonLimit limit) {
  return of_expression<Value>(program, expression, slots, limit, [](PyObject* object) { return to_value(object); });
}
Outcome<bool> Python::holds(PythonProgram& program, const flow::Expression& expression, Slots& slots, PythonLimit limit) {
  return of_expression<bool>(program, expression, slots, limit,
                             [](PyObject* object) -> Outcome<bool> { return PyObject_IsTrue(object) == 1; });
}
Outcome<Sequence> Python::sequence(PythonProgram& program, const flow::Expression& expression, Slots& slots, PythonLimit limit) {
  return of_expression<Sequence>(program, expression, slots, limit, [](PyObject* object) -> Outcome<Sequence> {
    QUANJI_TRY(auto value, list_of_iterable(object));
    if (value.is(values::Type::table)) return Sequence{value.shared_table(), {}};
    return Sequence{nullptr, std::move(value)};
  });
}

Outcome<Value> Python::run(PythonProgram& program, std::uint32_t step, const flow::PythonBlock& block, const values::Variables& with,
                           Slots& slots, PythonLimit limit) {
  const auto& document = program.document_;
  return in_python(limit, [&]() -> Outcome<Value> {
    const auto failed = [&] { return state_->failure_of_exception(why_, "python_failed", document.file, block.code_at); };
    const auto take = [&](PyObject* raw) -> Outcome<Value> {
      Ref result(raw);
      if (!result) return failed();
      auto value = to_value(result.get());
      PyErr_Clear();
      return value;
    };
    Ref named(PyDict_New());
    for (const auto& [name, value] : with) {
      Ref object = to_python(value);
      if (!named || !object || PyDict_SetItemString(named.get(), name.c_str(), object.get()) != 0) return failed();
    }
    Ref none(PyTuple_New(0));
    if (!named || !none) return failed();
    if (block.code.empty()) {
      Ref module(PyImport_ImportModule(block.module.c_str()));
      Ref function(module ? PyObject_GetAttrString(module.get(), block.function.c_str()) : nullptr);
      return function ? take(PyObject_Call(function.get(), none.get(), named.get())) : failed();
    }
    auto& compiled = program.cache_->blocks[step];
    if (!compiled.syntax) {
      compiled.syntax = state_->parse(block.code, true, document.file);
      std::vector<std::string> names;
      if (!compiled.syntax || !state_->names_of(compiled.syntax.get(), true, document.file, names)) return failed();
      const auto is_variable = [&](const std::string& name) { return with.contains(name) || flow::slot_of(document, name).has_value(); };
      if (!state_->import_named(names, is_variable)) return failed();
      for (const auto& name : names)
        if (const auto slot = flow::slot_of(document, name); slot && !with.contains(name)) compiled.candidates.push_back(*slot);
    }
    std::vector<std::string> parameters;
    for (const auto slot : compiled.candidates) {
      if (!slots.is_set(slot)) continue;
      PyObject* object = state_->object_of(slots, slot);
      if (!object || PyDict_SetItemString(named.get(), slots.name(slot).c_str(), object) != 0) return failed();
      parameters.push_back(slots.name(slot));
    }
    for (const auto& [name, value] : with) parameters.push_back(name);
    if (!compiled.function || compiled.missing != parameters) {
      compiled.function = state_->make_function(compiled.syntax.get(), parameters, true, document.file, state_->globals);
      if (!compiled.function) return failed();
      compiled.missing = parameters;
    }
    return take(PyObject_Call(compiled.function.get(), none.get(), named.get()));
  });
}

namespace {
constexpr const char* text_file = "<expression>";
// The function of an expression given as text, made for the names that are known now; its parameters are left in `names`.
PyObject* function_of_text(Python::State& state, const std::string& expression, const std::function<bool(const std::string&)>& known,
                           std::vector<std::string>& names) {
  auto& held = state.texts[expression];
  if (!held) {
    auto made = std::make_unique<Python::State::CompiledText>();
    made->compiled.syntax = state.parse(expression, false, text_file);
    if (!made->compiled.syntax || !state.names_of(made->compiled.syntax.get(), false, text_file, made->names)) {
      state.texts.erase(expression);
      return nullptr;
    }
    held = std::move(made);
  }
  if (!state.import_named(held->names, known)) return nullptr;
  for (const auto& name : held->names)
    if (known(name)) names.push_back(name);
  if (!held->compiled.function || held->compiled.missing != names) {
    held->compiled.function = state.make_function(held->compiled.syntax.get(), names, false, text_file, state.globals);
    held->compiled.missing = names;
  }
  return held->compiled.function.get();
}
std::optional<std::uint32_t> find_slot(const Slots* slots, std::string_view name) {
  for (std::uint32_t i = 0; slots && i < slots->size(); ++i)
    if (slots->is_set(i) && slots->name(i) == name) return i;
  return std::nullopt;
}
}  // namespace

Outcome<Value> Python::evaluate_text(const std::string& expression, const values::Variables& variables, Slots* slots, PythonLimit limit) {
  return in_python(limit, [&]() -> Outcome<Value> {
    const auto failed = [&] { return state_->failure_of_exception(why_, "expression_failed", text_file, {}); };
    std::vector<std::string> names;
    PyObject* function = function_of_text(
        *state_, expression, [&](const std::string& name) { return variables.contains(name) || find_slot(slots, name); }, names);
    if (!function) return failed();
    std::vector<Ref> kept;
    std::vector<PyObject*> arguments;
    for (const auto& name : names) {
      if (const auto given = variables.find(name); given != variables.end()) {
        kept.push_back(to_python(given->second));
        arguments.push_back(kept.back().get());
      } else {
        arguments.push_back(state_->object_of(*slots, *find_slot(slots, name)));
      }
      if (!arguments.back()) return failed();
    }
    Ref result(PyObject_Vectorcall(function, arguments.data(), arguments.size(), nullptr));
    if (!result) return failed();
    auto value = to_value(result.get());
    PyErr_Clear();
    return value;
  });
}

Outcome<values::ColumnPtr> Python::evaluate_rows(const std::string& expression, const TablePtr& table, ColumnType type, Slots* slots,
                                                 const std::function<Outcome<void>()>& go_on, PythonLimit limit) {
  constexpr std::size_t part = 10'000;
  values::ColumnBuilder builder(type);
  builder.reserve(table->rows());
  std::size_t row = 0;
  do {
    QUANJI_DO(go_on());
    auto done = in_python(limit, [&]() -> Outcome<void> {
      const auto failed = [&](std::size_t at) -> Failure {
        auto failure = state_->failure_of_exception(why_, "expression_failed", text_file, {});
        if (failure.ending == Ending::none)
          failure.message =
              Text(fmt::format("第 {} 行：{}", at + 1, failure.message.zh), fmt::format("row {}: {}", at + 1, failure.message.en));
        return failure;
      };
      std::vector<std::string> names;
      PyObject* function = function_of_text(
          *state_, expression,
          [&](const std::string& name) { return table->find(name).has_value() || name == "row" || find_slot(slots, name).has_value(); },
          names);
      if (!function) return state_->failure_of_exception(why_, "expression_failed", text_file, {});
      struct Cell {
        const values::Column* column;
        std::size_t argument;
      };
      std::vector<Cell> cells;
      std::vector<PyObject*> arguments(names.size(), nullptr);
      std::vector<Ref> kept(names.size());
      std::optional<std::size_t> whole_row;
      for (std::size_t i = 0; i < names.size(); ++i) {
        if (const auto column = table->find(names[i])) {
          cells.push_back({table->column(*column).get(), i});
        } else if (names[i] == "row") {
          whole_row = i;
        } else if (!(arguments[i] = state_->object_of(*slots, *find_slot(slots, names[i])))) {
          return failed(row);
        }
      }
      Ref view = whole_row ? table_view(table) : Ref();
      const auto end = std::min(row + part, table->rows());
      for (; row < end; ++row) {
        for (const auto& cell : cells) {
          kept[cell.argument] = cell_to_python(*cell.column, row);
          if (!(arguments[cell.argument] = kept[cell.argument].get())) return failed(row);
        }
        if (whole_row) {
          kept[*whole_row] = row_view(view.get(), row);
          if (!(arguments[*whole_row] = kept[*whole_row].get())) return failed(row);
        }
        Ref result(PyObject_Vectorcall(function, arguments.data(), arguments.size(), nullptr));
        if (!result) return failed(row);
        auto value = to_value(result.get());
        PyErr_Clear();
        if (!value) {
          value.error().message.zh = fmt::format("第 {} 行：", row + 1) + value.error().message.zh;
          value.error().message.en = fmt::format("row {}: ", row + 1) + value.error().message.en;
          return std::move(value).error();
        }
        if (!builder.add(*value))
          return system_failure("wrong_type", Text(fmt::format("第 {} 行的结果不是 {}", row + 1, values::word_of(type)),
                                                   fmt::format("row {}: the result is no {}", row + 1, values::word_of(type))));
      }
      return {};
    });
    QUANJI_DO(std::move(done));
  } while (row < table->rows());
  return std::move(builder).finish();
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
