// Flow values to Python objects and back.
// clang-format off
#include "engine/python_objects.h"
#include <datetime.h>  // wants Python.h before it
// clang-format on

#include <fmt/format.h>

#include <chrono>

namespace quanji::engine {

using base::Text;
using values::List;
using values::Map;
using values::Type;
using values::Value;

PythonTypes python_types;

namespace {

constexpr std::int64_t second = 1'000'000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

std::chrono::year_month_day civil(std::int64_t days) { return std::chrono::year_month_day(std::chrono::sys_days(std::chrono::days(days))); }
std::int32_t days_of(int year, int month, int day_of_month) {
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day_of_month))};
  return static_cast<std::int32_t>(std::chrono::sys_days(date).time_since_epoch().count());
}

bool in_python_years(const std::chrono::year_month_day& date) {
  if (static_cast<int>(date.year()) >= 1 && static_cast<int>(date.year()) <= 9999) return true;
  PyErr_SetString(PyExc_OverflowError, "a date outside the years 1 to 9999");
  return false;
}

Ref date_to_python(base::Date date) {
  const auto ymd = civil(date.days);
  if (!in_python_years(ymd)) return {};
  return Ref(PyDate_FromDate(static_cast<int>(ymd.year()), static_cast<int>(static_cast<unsigned>(ymd.month())),
                             static_cast<int>(static_cast<unsigned>(ymd.day()))));
}
Ref time_to_python(std::int64_t micros) {
  return Ref(PyTime_FromTime(static_cast<int>(micros / hour), static_cast<int>(micros / minute % 60),
                             static_cast<int>(micros / second % 60), static_cast<int>(micros % second)));
}
Ref datetime_to_python(std::int64_t micros) {
  const auto days = floor_div(micros, day);
  const auto rest = micros - days * day;
  const auto ymd = civil(days);
  if (!in_python_years(ymd)) return {};
  return Ref(PyDateTime_FromDateAndTime(static_cast<int>(ymd.year()), static_cast<int>(static_cast<unsigned>(ymd.month())),
                                        static_cast<int>(static_cast<unsigned>(ymd.day())), static_cast<int>(rest / hour),
                                        static_cast<int>(rest / minute % 60), static_cast<int>(rest / second % 60),
                                        static_cast<int>(rest % second)));
}
Ref duration_to_python(std::int64_t micros) {
  const auto days = floor_div(micros, day);
  const auto rest = micros - days * day;
  return Ref(PyDelta_FromDSU(static_cast<int>(days), static_cast<int>(rest / second), static_cast<int>(rest % second)));
}

Ref list_to_python(const Value& value);
Ref map_to_python(const Value& value);

}  // namespace

bool make_python_types() {
  PyDateTime_IMPORT;
  if (!PyDateTimeAPI) return false;
  Ref decimal(PyImport_ImportModule("decimal"));
  if (!decimal) return false;
  python_types.decimal = PyObject_GetAttrString(decimal.get(), "Decimal");
  // As exact as flow decimals: 38 digits instead of 28. New threads take it from DefaultContext.
  Ref standard(PyObject_GetAttrString(decimal.get(), "DefaultContext"));
  Ref own(PyObject_CallMethod(decimal.get(), "getcontext", nullptr));
  Ref digits(PyLong_FromLong(38));
  if (!python_types.decimal || !standard || !own || !digits || PyObject_SetAttrString(standard.get(), "prec", digits.get()) != 0 ||
      PyObject_SetAttrString(own.get(), "prec", digits.get()) != 0)
    return false;
  python_types.module = PyImport_AddModule("quanji");
  if (!python_types.module) return false;
  Py_INCREF(python_types.module);
  return make_view_types(python_types.module) && make_table_types(python_types.module);
}

std::string text_of_object(PyObject* object) {
  Ref text(PyObject_Str(object));
  if (text) {
    Py_ssize_t size = 0;
    if (const char* utf8 = PyUnicode_AsUTF8AndSize(text.get(), &size)) return {utf8, static_cast<std::size_t>(size)};
  }
  PyErr_Clear();
  return "?";
}

Ref to_python_text(std::string_view text) { return Ref(PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "strict")); }
Ref to_python_decimal(const values::Decimal& decimal) {
  const auto digits = decimal.text();
  Ref text(PyUnicode_FromStringAndSize(digits.data(), static_cast<Py_ssize_t>(digits.size())));
  return text ? Ref(PyObject_CallOneArg(python_types.decimal, text.get())) : Ref();
}

Ref to_python(const Value& value) {
  switch (value.type()) {
    case Type::nothing:
      return Ref::borrowed(Py_None);
    case Type::boolean:
      return Ref::borrowed(value.boolean() ? Py_True : Py_False);
    case Type::integer:
      return Ref(PyLong_FromLongLong(value.integer()));
    case Type::decimal:
      return to_python_decimal(value.decimal());
    case Type::text:
      return to_python_text(value.text());
    case Type::date:
      return date_to_python(value.date());
    case Type::time:
      return time_to_python(value.time().micros);
    case Type::datetime:
      return datetime_to_python(value.datetime().micros);
    case Type::duration:
      return duration_to_python(value.duration().micros);
    case Type::list:
      return list_to_python(value);
    case Type::map:
      return map_to_python(value);
    case Type::table:
      return table_view(value.shared_table());
    case Type::bytes:
      return Ref(
          PyBytes_FromStringAndSize(reinterpret_cast<const char*>(value.bytes().data()), static_cast<Py_ssize_t>(value.bytes().size())));
    case Type::file:
    case Type::secret:
    case Type::handle: {
      PyTypeObject* type = value.is(Type::file) ? python_types.file : value.is(Type::secret) ? python_types.secret : python_types.handle;
      Ref object(type->tp_alloc(type, 0));
      struct Opaque {
        PyObject_HEAD Value* value;
      };
      if (object) reinterpret_cast<Opaque*>(object.get())->value = new Value(value);
      return object;
    }
  }
  return {};
}

namespace {

struct ListView {
  PyListObject list;
  Value* value;
};
struct MapView {
  PyDictObject map;
  Value* value;
};

Ref list_to_python(const Value& value) {
  const auto& elements = value.list();
  Ref plain(PyList_New(static_cast<Py_ssize_t>(elements.size())));
  if (!plain) return {};
  for (std::size_t i = 0; i < elements.size(); ++i) {
    Ref element = to_python(elements[i]);
    if (!element) return {};
    PyList_SET_ITEM(plain.get(), static_cast<Py_ssize_t>(i), element.release());
  }
  Ref view(python_types.list->tp_alloc(python_types.list, 0));
  if (!view || PyList_SetSlice(view.get(), 0, 0, plain.get()) != 0) return {};
  reinterpret_cast<ListView*>(view.get())->value = new Value(value);
  return view;
}
Ref map_to_python(const Value& value) {
  // A dict is made by its own tp_new: tp_alloc alone leaves it without keys.
  Ref arguments(PyTuple_New(0));
  Ref view(arguments ? PyDict_Type.tp_new(python_types.map, arguments.get(), nullptr) : nullptr);
  if (!view) return {};
  for (const auto& [key, inner] : value.map()) {
    Ref name = to_python_text(key);
    Ref element = to_python(inner);
    if (!name || !element || PyDict_SetItem(view.get(), name.get(), element.get()) != 0) return {};
  }
  reinterpret_cast<MapView*>(view.get())->value = new Value(value);
  return view;
}

Failure not_storable(std::string zh, std::string en) { return system_failure("value_not_storable", Text(std::move(zh), std::move(en))); }

Outcome<std::string> utf8_of(PyObject* text) {
  Py_ssize_t size = 0;
  const char* utf8 = PyUnicode_AsUTF8AndSize(text, &size);
  if (!utf8) {
    PyErr_Clear();
    return not_storable("文本里有不成对的代理字符，无法保存", "the text holds lone surrogates and cannot be stored");
  }
  return std::string(utf8, static_cast<std::size_t>(size));
}

Outcome<Value> decimal_to_value(PyObject* object) {
  Ref text(PyObject_Str(object));
  const char* utf8 = text ? PyUnicode_AsUTF8(text.get()) : nullptr;
  if (!utf8) {
    PyErr_Clear();
    return not_storable("小数无法读出", "the decimal cannot be read");
  }
  auto decimal = values::Decimal::parse(utf8);
  if (!decimal)
    return not_storable(fmt::format("小数 {} 不能保存：最多 38 位有效数字，不能是 NaN 或无穷；请先用 round(x, 2) 舍入", utf8),
                        fmt::format("the decimal {} cannot be stored: at most 38 digits, no NaN, no infinity; round(x, 2) helps", utf8));
  return Value::of(*decimal);
}

bool has_zone(PyObject* object, const char* attribute) {
  Ref zone(PyObject_GetAttrString(object, attribute));
  PyErr_Clear();
  return zone && zone.get() != Py_None;
}
Failure zoned() {
  return not_storable("带时区的时间不能保存；请用 .astimezone(时区).replace(tzinfo=None) 换成当地时间",
                      "a time with a zone cannot be stored: .astimezone(zone).replace(tzinfo=None) makes it a local time");
}
Outcome<Value> datetime_to_value(PyObject* object) {
  if (has_zone(object, "tzinfo")) return zoned();
  const std::int64_t days = days_of(PyDateTime_GET_YEAR(object), PyDateTime_GET_MONTH(object), PyDateTime_GET_DAY(object));
  return Value::of(values::DateTime{days * day + PyDateTime_DATE_GET_HOUR(object) * hour + PyDateTime_DATE_GET_MINUTE(object) * minute +
                                    PyDateTime_DATE_GET_SECOND(object) * second + PyDateTime_DATE_GET_MICROSECOND(object)});
}
Outcome<Value> time_to_value(PyObject* object) {
  if (has_zone(object, "tzinfo")) return zoned();
  return Value::of(values::TimeOfDay{PyDateTime_TIME_GET_HOUR(object) * hour + PyDateTime_TIME_GET_MINUTE(object) * minute +
                                     PyDateTime_TIME_GET_SECOND(object) * second + PyDateTime_TIME_GET_MICROSECOND(object)});
}

Outcome<Value> sequence_to_value(PyObject* object, int depth) {
  List list;
  const auto size = PySequence_Fast_GET_SIZE(object);
  list.reserve(static_cast<std::size_t>(size));
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(object); ++i) {
    QUANJI_TRY(auto element, to_value(PySequence_Fast_GET_ITEM(object, i), depth + 1));
    list.push_back(std::move(element));
  }
  return Value::of(std::move(list));
}
Outcome<Value> dict_to_value(PyObject* object, int depth) {
  Map map;
  map.reserve(static_cast<std::size_t>(PyDict_GET_SIZE(object)));
  Py_ssize_t at = 0;
  PyObject *key = nullptr, *inner = nullptr;
  while (PyDict_Next(object, &at, &key, &inner)) {
    if (!PyUnicode_CheckExact(key))
      return not_storable("映射的键必须是文本；请用 str(键)", "the keys of a map must be text: str(key) helps");
    QUANJI_TRY(auto name, utf8_of(key));
    QUANJI_TRY(auto element, to_value(inner, depth + 1));
    map.emplace_back(std::move(name), std::move(element));
  }
  return Value::of(std::move(map));
}
Outcome<Value> column_to_value(const values::Column& column) {
  List list;
  list.reserve(column.size());
  for (std::size_t i = 0; i < column.size(); ++i) list.push_back(column.value(i));
  return Value::of(std::move(list));
}

}  // namespace

Outcome<Value> to_value(PyObject* object, int depth) {
  if (object == Py_None) return Value();
  if (PyBool_Check(object)) return Value::of(object == Py_True);
  if (PyLong_CheckExact(object)) {
    int overflow = 0;
    const auto n = PyLong_AsLongLongAndOverflow(object, &overflow);
    if (overflow) return not_storable("整数超出 64 位；请用 Decimal(x)", "the integer does not fit 64 bits: use Decimal(x)");
    return Value::of(static_cast<std::int64_t>(n));
  }
  if (PyUnicode_CheckExact(object)) {
    QUANJI_TRY(auto text, utf8_of(object));
    return Value::of(std::move(text));
  }
  PyTypeObject* type = Py_TYPE(object);
  if (reinterpret_cast<PyObject*>(type) == python_types.decimal) return decimal_to_value(object);
  if (depth > values::max_value_depth)
    return not_storable(fmt::format("嵌套超过 {} 层", values::max_value_depth),
                        fmt::format("nested deeper than {}", values::max_value_depth));
  if (type == python_types.table) return Value::of(table_of_view(object));
  if (type == python_types.row) {
    std::size_t row = 0;
    const auto table = table_of_row(object, row);
    return Value::of(table->row(row));
  }
  if (type == python_types.list || type == python_types.map)
    if (const auto* value = value_of_list_or_map(object)) return *value;
  if (PyList_Check(object) || PyTuple_Check(object)) return sequence_to_value(object, depth);
  if (PyDict_Check(object)) return dict_to_value(object, depth);
  if (PyDateTime_Check(object)) return datetime_to_value(object);
  if (PyDate_Check(object))
    return Value::of(base::Date{days_of(PyDateTime_GET_YEAR(object), PyDateTime_GET_MONTH(object), PyDateTime_GET_DAY(object))});
  if (PyTime_Check(object)) return time_to_value(object);
  if (PyDelta_Check(object))
    return Value::of(values::Duration{PyDateTime_DELTA_GET_DAYS(object) * day + PyDateTime_DELTA_GET_SECONDS(object) * second +
                                      PyDateTime_DELTA_GET_MICROSECONDS(object)});
  if (PyBytes_CheckExact(object)) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(PyBytes_AS_STRING(object));
    return Value::of(base::Bytes(bytes, bytes + PyBytes_GET_SIZE(object)));
  }
  if (type == python_types.column) return column_to_value(*column_of_view(object));
  if (PyType_IsSubtype(type, python_types.opaque)) return value_of_opaque(object);
  if (PyFloat_Check(object))
    return not_storable("浮点数不精确，不能保存；请用 Decimal(\"0.1\") 这样的写法计算，或 round(x)、str(x)",
                        "a float is not exact and cannot be stored: calculate with Decimal(\"0.1\"), or use round(x) or str(x)");
  if (PyUnicode_Check(object) || PyLong_Check(object)) {
    Ref plain(PyUnicode_Check(object) ? PyUnicode_FromObject(object) : PyNumber_Index(object));
    if (plain && Py_TYPE(plain.get()) != type) return to_value(plain.get(), depth + 1);
    PyErr_Clear();
  }
  if (PySet_Check(object) || PyFrozenSet_Check(object))
    return not_storable("集合没有顺序，不能保存；请用 sorted(x)", "a set has no order and cannot be stored: use sorted(x)");
  const std::string name = type->tp_name;
  if (PyIter_Check(object) || PyObject_HasAttrString(object, "__iter__"))
    return not_storable(fmt::format("类型 {} 不能保存在变量里；请用 list(x)", name),
                        fmt::format("a {} cannot be stored in a variable: use list(x)", name));
  return not_storable(fmt::format("类型 {} 不能保存在变量里", name), fmt::format("a {} cannot be stored in a variable", name));
}

Outcome<Value> list_of_iterable(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  if (type == python_types.table || type == python_types.list || PyList_Check(object) || PyTuple_Check(object) ||
      type == python_types.column)
    return to_value(object);
  if (PyUnicode_Check(object))
    return not_storable("for 的 in 是一段文本；要逐字循环请写 list(文本)", "the `in` of a for is a text: list(text) goes letter by letter");
  // Whoever calls looks for Python's error first.
  const auto raised = [] { return system_failure("expression_failed", Text()); };
  Ref iterator(PyObject_GetIter(object));
  if (!iterator) return raised();
  List list;
  while (Ref element = Ref(PyIter_Next(iterator.get()))) {
    QUANJI_TRY(auto value, to_value(element.get(), 1));
    list.push_back(std::move(value));
  }
  if (PyErr_Occurred()) return raised();
  return Value::of(std::move(list));
}

}  // namespace quanji::engine
