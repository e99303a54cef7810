// Field lists to flow values and back: what an activity takes and answers, said once (base/fields.h). Fields may have the types base knows
// and the flow's own: Decimal, Value (anything), TablePtr, DateTime, TimeOfDay, Duration, FileRef, SecretRef, Handle, Map, base::Bytes, and
// lists and optionals of them.
//
// A flow writes a field by its C++ name ("max_rows"). Reading converts what loses nothing and what nobody can mean otherwise:
//   integer → decimal, number; whole decimal → integer; date → datetime (midnight)
//   text → date, time, datetime, duration ("30s", "PT1M30S"), file (its path); enumerations are texts
//   list of maps → table; any value → JsonText
// A number written as text, a duration without a unit, a password as text are refused, each with a sentence that says how to write it.
#pragma once
#include <string>
#include <string_view>

#include "base/fields.h"
#include "base/fields_json.h"
#include "values/table.h"
#include "values/value.h"

namespace quanji::values {

extern const base::FlowType decimal_field, anything_field, table_field, datetime_field, time_field, duration_field, file_field,
    secret_field, handle_field, map_field, bytes_field;

}  // namespace quanji::values

#define QUANJI_FLOW_TYPE(Type, flow_type)                                 \
  template <>                                                             \
  struct quanji::base::FlowTypeOf<Type> {                                 \
    static constexpr const FlowType* type = &::quanji::values::flow_type; \
  }
QUANJI_FLOW_TYPE(quanji::values::Decimal, decimal_field);
QUANJI_FLOW_TYPE(quanji::values::Value, anything_field);
QUANJI_FLOW_TYPE(quanji::values::TablePtr, table_field);
QUANJI_FLOW_TYPE(quanji::values::DateTime, datetime_field);
QUANJI_FLOW_TYPE(quanji::values::TimeOfDay, time_field);
QUANJI_FLOW_TYPE(quanji::values::Duration, duration_field);
QUANJI_FLOW_TYPE(quanji::values::FileRef, file_field);
QUANJI_FLOW_TYPE(quanji::values::SecretRef, secret_field);
QUANJI_FLOW_TYPE(quanji::values::Handle, handle_field);
QUANJI_FLOW_TYPE(quanji::values::Map, map_field);
QUANJI_FLOW_TYPE(quanji::base::Bytes, bytes_field);

namespace quanji::values {

// Fills `object` (a value of the list's type, fresh) from named values. Absent, or nothing: the fallback, nothing for an optional field,
// a problem for a required one. All problems are collected, each at its field: "columns/2/from". Names that are no field are refused with
// the closest ones. Texts and lists have no limits but those the field says.
void decode(const base::FieldList& list, void* object, const Map& from, base::Problems& problems, std::string_view at = {});
// All fields by name, but optional ones that are not there.
Map encode(const base::FieldList& list, const void* object);

template <class T>
base::Result<T> from_map(const Map& map) {
  T object{};
  base::Problems problems;
  decode(T::fields(), &object, map, problems);
  QUANJI_DO(std::move(problems).as_status());
  return object;
}
template <class T>
Map to_map(const T& object) {
  return encode(T::fields(), &object);
}

// ---- contracts ----
// The flow language's word for what a field holds: "text", "integer", "list", "table", "any" …
std::string_view type_word(const base::ValueOps& ops);
// Whether a YAML document may hold an expression ("=…") in the place of the literal.
enum class Expressions : std::uint8_t { none, allowed };
// Appends the JSON Schema of the literal a flow document may hold for a field. A secret and a handle have none: only an expression makes
// one.
void append_schema(const base::ValueOps& ops, const base::Limits& limits, Expressions expressions, std::string& out);
// Appends one object for contracts/activities.json: name, title {zh, en}, type, required, fallback, choices, elements (type of a list's
// elements), fields (of an object), schema (expressions allowed).
void append_field(const base::Field& field, std::string& out);
// An array of append_field.
void append_fields(const base::FieldList& list, std::string& out);

}  // namespace quanji::values
