// What expressions see of the outside: calendar, asset(name), task, and the exception by which Python fails a step (quanji.Fail).
#include <fmt/format.h>

#include <algorithm>

#include "calendar/calendar.h"
#include "engine/python_state.h"

namespace quanji::engine {

using base::Result;
using values::Type;
using values::Value;

namespace {

PyObject* raise_error(const base::Error& error) {
  const auto failure = failure_of(error);
  const auto text = failure.message.zh + " / " + failure.message.en;
  PyObject* kind = error.code() == base::Code::not_found ? PyExc_LookupError : PyExc_ValueError;
  PyErr_SetString(kind, text.c_str());
  return nullptr;
}
RunContext* outside() {
  auto* context = the_python->world.outside;
  if (!context) PyErr_SetString(PyExc_RuntimeError, "此处没有运行环境 / there is no outside world here");
  return context;
}
// Without the GIL: the answer may come from another process.
template <class F>
auto without_gil(F f) {
  PyThreadState* thread = PyEval_SaveThread();
  auto result = f();
  PyEval_RestoreThread(thread);
  return result;
}

PyObject* asset(PyObject*, PyObject* name) {
  if (!PyUnicode_Check(name)) {
    PyErr_SetString(PyExc_TypeError, "asset(\"名称\") / asset(\"name\")");
    return nullptr;
  }
  auto* context = outside();
  if (!context) return nullptr;
  const auto wanted = text_of_object(name);
  auto value = without_gil([&] { return context->asset(wanted); });
  return value ? to_python(*value).release() : raise_error(value.error());
}

// ---- calendar ----

const calendar::Calendar* calendar_named(const char* id) {
  auto* context = outside();
  if (!context) return nullptr;
  std::string name(id);
  std::transform(name.begin(), name.end(), name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  auto found = without_gil([&] { return context->calendar(name); });
  if (!found) {
    raise_error(found.error());
    return nullptr;
  }
  return *found;
}
bool date_of(PyObject* object, base::Date& date) {
  auto value = to_value(object);
  if (value && value->is(Type::date)) return date = value->date(), true;
  if (value && value->is(Type::datetime)) {
    constexpr std::int64_t day = 86'400'000'000;
    const auto micros = value->datetime().micros;
    return date.days = static_cast<std::int32_t>(micros / day - (micros % day < 0 ? 1 : 0)), true;
  }
  PyErr_SetString(PyExc_TypeError, "这里需要日期 / a date is needed here");
  return false;
}
PyObject* python_date(Result<base::Date> date) { return date ? to_python(Value::of(*date)).release() : raise_error(date.error()); }
std::optional<base::Date> today_of(const calendar::Calendar& calendar) {
  if (!the_python->world.clock) {
    PyErr_SetString(PyExc_RuntimeError, "此处没有时钟 / there is no clock here");
    return std::nullopt;
  }
  return calendar.plan().zone.local_of(the_python->world.clock->now()).date;
}
PyObject* calendar_today(PyObject*, PyObject* arguments) {
  const char* id = "sse";
  if (!PyArg_ParseTuple(arguments, "|s", &id)) return nullptr;
  const auto* found = calendar_named(id);
  const auto today = found ? today_of(*found) : std::nullopt;
  return today ? python_date(*today) : nullptr;
}
// Today when it is open, else the open day before.
PyObject* calendar_last_open(PyObject*, PyObject* arguments) {
  const char* id = "sse";
  if (!PyArg_ParseTuple(arguments, "|s", &id)) return nullptr;
  const auto* found = calendar_named(id);
  const auto today = found ? today_of(*found) : std::nullopt;
  return today ? python_date(found->roll(*today, calendar::Roll::preceding)) : nullptr;
}
template <class F>
PyObject* with_date(PyObject* arguments, F f) {
  PyObject* object = nullptr;
  const char* id = "sse";
  base::Date date;
  if (!PyArg_ParseTuple(arguments, "O|s", &object, &id) || !date_of(object, date)) return nullptr;
  const auto* found = calendar_named(id);
  return found ? f(*found, date) : nullptr;
}
PyObject* calendar_is_open(PyObject*, PyObject* arguments) {
  return with_date(arguments, [](const auto& calendar, base::Date date) -> PyObject* {
    auto open = calendar.is_open(date);
    return open ? Py_NewRef(*open ? Py_True : Py_False) : raise_error(open.error());
  });
}
PyObject* calendar_next_open(PyObject*, PyObject* arguments) {
  return with_date(arguments, [](const auto& calendar, base::Date date) { return python_date(calendar.next_open(date)); });
}
PyObject* calendar_previous_open(PyObject*, PyObject* arguments) {
  return with_date(arguments, [](const auto& calendar, base::Date date) { return python_date(calendar.previous_open(date)); });
}
PyObject* calendar_shift(PyObject*, PyObject* arguments) {
  PyObject* object = nullptr;
  int days = 0;
  const char* id = "sse";
  base::Date date;
  if (!PyArg_ParseTuple(arguments, "Oi|s", &object, &days, &id) || !date_of(object, date)) return nullptr;
  const auto* found = calendar_named(id);
  return found ? python_date(found->shift(date, days)) : nullptr;
}
PyObject* calendar_count_open(PyObject*, PyObject* arguments) {
  PyObject *first = nullptr, *last = nullptr;
  const char* id = "sse";
  base::Date from, to;
  if (!PyArg_ParseTuple(arguments, "OO|s", &first, &last, &id) || !date_of(first, from) || !date_of(last, to)) return nullptr;
  const auto* found = calendar_named(id);
  if (!found) return nullptr;
  auto count = found->count_open(from, to);
  return count ? PyLong_FromLongLong(*count) : raise_error(count.error());
}

PyMethodDef calendar_methods[] = {{"today", &calendar_today, METH_VARARGS, nullptr},
                                  {"last_open", &calendar_last_open, METH_VARARGS, nullptr},
                                  {"is_open", &calendar_is_open, METH_VARARGS, nullptr},
                                  {"next_open", &calendar_next_open, METH_VARARGS, nullptr},
                                  {"previous_open", &calendar_previous_open, METH_VARARGS, nullptr},
                                  {"shift", &calendar_shift, METH_VARARGS, nullptr},
                                  {"count_open", &calendar_count_open, METH_VARARGS, nullptr},
                                  {nullptr, nullptr, 0, nullptr}};
PyModuleDef calendar_definition = {
    PyModuleDef_HEAD_INIT, "quanji.calendar", nullptr, -1, calendar_methods, nullptr, nullptr, nullptr, nullptr};
PyMethodDef asset_definition = {"asset", &asset, METH_O, nullptr};

// quanji.Fail(code, message="", kind="business", data=None)
constexpr const char* fail_source = R"(
class Fail(Exception):
    def __init__(self, code, message="", kind="business", data=None):
        if kind not in ("business", "system"):
            raise ValueError("kind: business, system")
        super().__init__(message or code)
        self.code = str(code)
        self.message = str(message)
        self.kind = kind
        self.data = data
)";

}  // namespace

bool make_world(Python::State& state) {
  PyObject* globals = state.globals;
  Ref calendar(PyModule_Create(&calendar_definition));
  Ref ask(PyCFunction_New(&asset_definition, nullptr));
  if (!calendar || !ask) return false;
  Ref own(PyDict_New());
  Ref name = to_python_text("quanji");
  if (!own || PyDict_SetItemString(own.get(), "__builtins__", state.builtins) != 0 ||
      PyDict_SetItemString(own.get(), "__name__", name.get()) != 0)
    return false;
  Ref made(PyRun_String(fail_source, Py_file_input, own.get(), own.get()));
  PyObject* fail = made ? PyDict_GetItemString(own.get(), "Fail") : nullptr;
  if (!fail) return false;
  python_types.fail = Py_NewRef(fail);
  return PyModule_AddObjectRef(python_types.module, "Fail", fail) == 0 &&
         PyModule_AddObjectRef(python_types.module, "calendar", calendar.get()) == 0 &&
         PyModule_AddObjectRef(python_types.module, "asset", ask.get()) == 0 && PyDict_SetItemString(globals, "Fail", fail) == 0 &&
         PyDict_SetItemString(globals, "calendar", calendar.get()) == 0 && PyDict_SetItemString(globals, "asset", ask.get()) == 0 &&
         PyDict_SetItemString(globals, "Decimal", python_types.decimal) == 0;
}

bool tell_facts(Python::State& state) {
  const auto& facts = state.world.facts;
  values::Map map;
  for (const auto& [name, text] : std::initializer_list<std::pair<const char*, const std::string&>>{{"id", facts.task},
                                                                                                    {"attempt", facts.attempt},
                                                                                                    {"flow", facts.flow},
                                                                                                    {"package", facts.package},
                                                                                                    {"version", facts.version},
                                                                                                    {"robot", facts.robot}})
    map.emplace_back(name, Value::of(text));
  Ref task = to_python(Value::of(std::move(map)));
  return task && PyDict_SetItemString(state.globals, "task", task.get()) == 0;
}

std::optional<Failure> failure_of_fail(PyObject* raised) {
  if (PyObject_IsInstance(raised, python_types.fail) != 1) return std::nullopt;
  const auto attribute = [&](const char* name) { return Ref(PyObject_GetAttrString(raised, name)); };
  Ref code = attribute("code"), message = attribute("message"), kind = attribute("kind"), data = attribute("data");
  PyErr_Clear();
  if (!code || !message || !kind || !data) return std::nullopt;
  auto carried = to_value(data.get());
  if (!carried) return std::move(carried).error();
  auto said = text_of_object(message.get());
  Failure failure = business_failure(text_of_object(code.get()), base::Text(said, said), std::move(*carried));
  if (text_of_object(kind.get()) == "system") failure.kind = flow::ErrorKind::system;
  return failure;
}

}  // namespace quanji::engine
