// Many rows as two parameters of one statement: a JSON array of objects, and ids side by side, 16 bytes each. Both databases take them
// apart again: json_each and json_array_elements for the one, substr for the other.
//
//   PackedRows rows;
//   rows.next(id).put("state", "new").put("due", item.not_before);
//   change.run(sql::x, {{"rows", rows.json()}, {"ids", rows.ids()}});
#pragma once
#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/fields_json.h"
#include "base/ids.h"
#include "storage/query.h"

namespace quanji::services {

class PackedRows {
 public:
  // Begins a row; its id stands at the same place of ids().
  PackedRows& next(const base::Ulid& id) {
    json_ += count_++ == 0 ? "{" : "},{";
    pack(ids_, id);
    first_ = true;
    return *this;
  }
  template <base::Prefix P>
  PackedRows& next(const base::Id<P>& id) {
    return next(id.ulid);
  }
  PackedRows& put(std::string_view name, std::int64_t value) {
    begin(name);
    fmt::format_to(std::back_inserter(json_), "{}", value);
    return *this;
  }
  PackedRows& put(std::string_view name, std::string_view value) {
    begin(name);
    base::append_json_string(json_, value);
    return *this;
  }
  PackedRows& put(std::string_view name, const char* value) { return put(name, std::string_view(value)); }
  PackedRows& put(std::string_view name, base::Time value) { return put(name, value.micros); }
  PackedRows& put(std::string_view name, base::Date value) { return put(name, std::int64_t{value.days}); }
  // What is not there is null in the statement.
  template <class T>
  PackedRows& put(std::string_view name, const std::optional<T>& value) {
    return value ? put(name, *value) : *this;
  }
  template <class E>
  requires std::is_enum_v<E> PackedRows& put(std::string_view name, E value) { return put(name, base::word(value)); }

  static void pack(std::string& to, const base::Ulid& id) { to.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()); }
  static storage::Bytes bytes_of(const std::string& packed) {
    return {reinterpret_cast<const std::uint8_t*>(packed.data()), packed.size()};
  }

  bool empty() const { return count_ == 0; }
  std::size_t size() const { return count_; }
  // Borrowed by the statement: the rows outlive it.
  std::string_view json() {
    text_ = count_ == 0 ? "[]" : "[" + json_ + "}]";
    return text_;
  }
  storage::Bytes ids() const { return bytes_of(ids_); }

 private:
  void begin(std::string_view name) {
    if (!first_) json_ += ',';
    first_ = false;
    json_ += '"';
    json_ += name;
    json_ += "\":";
  }
  std::string json_, ids_, text_;
  std::size_t count_ = 0;
  bool first_ = true;
};

}  // namespace quanji::services
