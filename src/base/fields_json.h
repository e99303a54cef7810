// Field lists to JSON and back, and to single column values.
// Reads foreign bytes: fuzz/json.cpp, fuzz/field_text.cpp
#pragma once
#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/fields.h"

namespace quanji::base {

enum class Unknown : std::uint8_t { refuse, ignore };  // ignore: stored documents and frames of a newer peer
enum class Side : std::uint8_t { request, stored };    // request: read-only fields are refused; stored: everything is taken

// Collects every problem with its JSON pointer instead of stopping at the first.
struct Problems {
  std::vector<FieldProblem> found;
  Code code = Code::invalid_field;  // unknown_field or wrong_id_type when nothing else is wrong
  void add(Code why, std::string_view at, Text reason);
  Status as_status() &&;
};

// Fills `object` (a value of the list's type) from a JSON object; checks limits. Fields not given keep their value,
// so a Patch starts from T{}. `given` (may be null) receives the bits of the fields that were present.
void decode(const FieldList& list, void* object, const boost::json::value& from, Problems& problems, Side side = Side::request,
            Unknown unknown = Unknown::refuse, std::uint64_t* given = nullptr, bool partial = false, std::string_view at = {});
// One value from the text of a path segment or query parameter ("true", "12", "2026-11-20", a comma list).
void decode_text(const Field& field, void* object, std::string_view text, Problems& problems);
// Checks the text of a list filter against its type and throws the value away.
void check_text(const ValueOps& ops, std::string_view text, std::string_view name, Problems& problems);
// Appends compact JSON. Write-only and secret fields are left out; absent optionals are left out.
void encode(const FieldList& list, const void* object, std::string& out, Side side = Side::request);
void encode_value(const ValueOps& ops, const void* value, std::string& out, Side side = Side::request);
// How many bytes at the beginning stand for themselves in a JSON text: before the first control character, quote, backslash or DEL.
std::size_t plain_json_prefix(std::string_view text);
void append_json_string(std::string& out, std::string_view text);

template <class T>
Result<T> from_json(const boost::json::value& value, Side side = Side::request, Unknown unknown = Unknown::refuse) {
  T object{};
  Problems problems;
  decode(T::fields(), &object, value, problems, side, unknown);
  QUANJI_DO(std::move(problems).as_status());
  return object;
}
// From JSON text, as written by to_json; for stored documents and frames.
Result<boost::json::value> parse_json(std::string_view text, std::size_t max_depth = 32);
template <class T>
Result<T> from_json_text(std::string_view text, Unknown unknown = Unknown::ignore) {
  QUANJI_TRY(auto value, parse_json(text));
  return from_json<T>(value, Side::stored, unknown);
}
template <class T>
std::string to_json(const T& object, Side side = Side::request) {
  std::string out;
  encode(T::fields(), &object, out, side);
  return out;
}

// One column value. Text and bytes point into the object or the row.
using Scalar = std::variant<std::monostate, std::int64_t, std::string_view, std::span<const std::uint8_t>>;
// For a column; lists, objects and JSON are written as JSON text into `scratch`, which must live as long as the Scalar.
Scalar to_scalar(const ValueOps& ops, const void* value, std::string& scratch);
// From a column, as written by to_scalar; a value that does not fit is Code::bug (the store holds what we wrote).
Status from_scalar(const ValueOps& ops, void* value, const Scalar& scalar);

}  // namespace quanji::base
