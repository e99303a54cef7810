// Values of flow variables: immutable, shared by reference, of the flow's own types and no others.
// Reads foreign bytes: fuzz/flow_document.cpp
#pragma once
#include <boost/json/fwd.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace quanji::engine {

class Value;
using List = std::vector<Value>;
using Map = std::vector<std::pair<std::string, Value>>;  // in order of insertion, keys unique
// An exact decimal as Python's decimal module writes it: "1.20", "1E+3".
struct Decimal {
  std::string text;
  bool operator==(const Decimal&) const = default;
};

// Any thread. Copying costs one counter.
class Value {
 public:
  enum class Type : std::uint8_t { nothing, boolean, integer, decimal, text, list, map };
  Value() = default;
  static Value of(bool v) { return Value(Held(v)); }
  static Value of(std::int64_t v) { return Value(Held(v)); }
  static Value of(Decimal v) { return Value(Held(std::make_shared<const Decimal>(std::move(v)))); }
  static Value of(std::string v) { return Value(Held(std::make_shared<const std::string>(std::move(v)))); }
  static Value of(List v) { return Value(Held(std::make_shared<const List>(std::move(v)))); }
  static Value of(Map v) { return Value(Held(std::make_shared<const Map>(std::move(v)))); }
  static Value of(const char*) = delete;

  Type type() const { return static_cast<Type>(held_.index()); }
  bool boolean() const { return std::get<1>(held_); }
  std::int64_t integer() const { return std::get<2>(held_); }
  const Decimal& decimal() const { return *std::get<3>(held_); }
  const std::string& text() const { return *std::get<4>(held_); }
  const List& list() const { return *std::get<5>(held_); }
  const Map& map() const { return *std::get<6>(held_); }
  bool operator==(const Value& other) const;

  // Journal form: JSON; a decimal is {"$decimal":"1.20"}, a map with a key that begins with $ is {"$map":{…}}.
  void append_json(std::string& out) const;
  std::string json() const;
  // Of the journal form; a JSON number that is not whole becomes a decimal. Refuses integers beyond 64 bits.
  static base::Result<Value> from_json(const boost::json::value& json);

 private:
  using Held = std::variant<std::monostate, bool, std::int64_t, std::shared_ptr<const Decimal>, std::shared_ptr<const std::string>,
                            std::shared_ptr<const List>, std::shared_ptr<const Map>>;
  explicit Value(Held held) : held_(std::move(held)) {}
  Held held_;
};
using Variables = std::map<std::string, Value, std::less<>>;
std::string to_json(const Variables& variables);
base::Result<Variables> variables_from_json(const boost::json::value& json);

inline constexpr int max_value_depth = 24;

}  // namespace quanji::engine
