// Values of flow variables: immutable, shared by reference, of the flow's own types and no others.
// Reads foreign bytes: fuzz/value.cpp
#pragma once
#include <boost/json/fwd.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "values/decimal.h"

namespace quanji::values {

class Table;
class Value;
using List = std::vector<Value>;
using Map = std::vector<std::pair<std::string, Value>>;  // in order of insertion, keys unique

// Time of day, microseconds since midnight; [0, 86 400 000 000).
struct TimeOfDay {
  std::int64_t micros = 0;
  auto operator<=>(const TimeOfDay&) const = default;
};
// A civil date and time without a zone, as files and screens show it; microseconds since 1970-01-01T00:00:00 of that civil clock.
struct DateTime {
  std::int64_t micros = 0;
  auto operator<=>(const DateTime&) const = default;
};
struct Duration {
  std::int64_t micros = 0;
  auto operator<=>(const Duration&) const = default;
};
// A secret of a flow: the value is elsewhere; a flow can pass it on and nothing else.
struct SecretRef {
  std::string credential;
  std::int64_t version = 0;
  std::string field;  // "password", "username" …
  bool operator==(const SecretRef&) const = default;
};
// A file the run may read: below its work folder, or stored by the context.
struct FileRef {
  std::string path;    // on this machine; absolute
  std::string digest;  // sha256 when it is stored by content, else empty
  bool operator==(const FileRef&) const = default;
};
// A resource that is open (a browser, a connection): known only to the run that opened it, never journalled.
struct Handle {
  std::string kind;  // "browser", "database" …
  std::uint64_t number = 0;
  bool operator==(const Handle&) const = default;
};

enum class Type : std::uint8_t {
  nothing,
  boolean,
  integer,
  decimal,
  text,
  date,
  time,
  datetime,
  duration,
  list,
  map,
  table,
  bytes,
  file,
  secret,
  handle
};
// The word of the flow language: "bool", "integer", "decimal", "text", "date" …; nothing is "nothing".
std::string_view word_of(Type type);
std::optional<Type> type_of(std::string_view word);

// Any thread. Copying costs one counter at most.
class Value {
 public:
  Value() = default;
  static Value of(bool v) { return Value(Held(v)); }
  static Value of(std::int64_t v) { return Value(Held(v)); }
  static Value of(Decimal v) { return Value(Held(std::make_shared<const Decimal>(v))); }
  static Value of(std::string v) { return Value(Held(std::make_shared<const std::string>(std::move(v)))); }
  static Value of(base::Date v) { return Value(Held(v)); }
  static Value of(TimeOfDay v) { return Value(Held(v)); }
  static Value of(DateTime v) { return Value(Held(v)); }
  static Value of(Duration v) { return Value(Held(v)); }
  static Value of(List v) { return Value(Held(std::make_shared<const List>(std::move(v)))); }
  static Value of(Map v) { return Value(Held(std::make_shared<const Map>(std::move(v)))); }
  static Value of(std::shared_ptr<const Table> v) { return Value(Held(std::move(v))); }
  static Value of(base::Bytes v) { return Value(Held(std::make_shared<const base::Bytes>(std::move(v)))); }
  static Value of(FileRef v) { return Value(Held(std::make_shared<const FileRef>(std::move(v)))); }
  static Value of(SecretRef v) { return Value(Held(std::make_shared<const SecretRef>(std::move(v)))); }
  static Value of(Handle v) { return Value(Held(std::make_shared<const Handle>(std::move(v)))); }
  static Value of(const char*) = delete;

  Type type() const { return static_cast<Type>(held_.index()); }
  bool is(Type type) const { return this->type() == type; }
  // Each ends the program when the type is another.
  bool boolean() const { return std::get<1>(held_); }
  std::int64_t integer() const { return std::get<2>(held_); }
  const Decimal& decimal() const { return *std::get<3>(held_); }
  const std::string& text() const { return *std::get<4>(held_); }
  base::Date date() const { return std::get<5>(held_); }
  TimeOfDay time() const { return std::get<6>(held_); }
  DateTime datetime() const { return std::get<7>(held_); }
  Duration duration() const { return std::get<8>(held_); }
  const List& list() const { return *std::get<9>(held_); }
  const Map& map() const { return *std::get<10>(held_); }
  const Table& table() const { return *std::get<11>(held_); }
  const std::shared_ptr<const Table>& shared_table() const { return std::get<11>(held_); }
  const base::Bytes& bytes() const { return *std::get<12>(held_); }
  const FileRef& file() const { return *std::get<13>(held_); }
  const SecretRef& secret() const { return *std::get<14>(held_); }
  const Handle& handle() const { return *std::get<15>(held_); }
  // The value under a key of a map; null when there is none or this is no map.
  const Value* find(std::string_view key) const;

  // Integer 1 and decimal 1.00 are equal; otherwise types must agree. Maps compare regardless of order.
  bool operator==(const Value& other) const;
  std::size_t hash() const;  // agrees with ==
  // A total order within numbers, texts (by code point), dates, times, datetimes, durations, booleans; nothing comes first. False for
  // pairs that have no order.
  static bool comparable(const Value& a, const Value& b);
  static std::strong_ordering compare(const Value& a, const Value& b);  // of comparable values

  // What a person reads: "1.20", "2026-11-20", "是"/"true" is not made here: texts as they are, lists and maps as JSON.
  std::string display() const;

  // Journal form: JSON; what JSON has no word for is an object with one key that begins with $: {"$decimal":"1.20"},
  // {"$date":"2026-11-20"},
  // {"$time":…}, {"$datetime":…}, {"$duration":"PT1.5S"}, {"$bytes":base64}, {"$file":{…}}, {"$secret":{…}}, {"$table":{…}} (columns by
  // name and type with their values); a map with a key that begins with $ is {"$map":{…}}. A handle cannot be written: {"$handle":kind}.
  void append_json(std::string& out) const;
  std::string json() const;
  // Of the journal form; a JSON number that is not whole becomes a decimal. Refuses integers beyond 64 bits, unknown $ words and what is
  // nested deeper than max_value_depth. A handle is read as one that is open nowhere (number 0).
  static base::Result<Value> from_json(const boost::json::value& json);
  // Plain JSON for people and other programs: decimals as numbers in their own digits, dates as text, tables as lists of objects.
  void append_plain_json(std::string& out) const;

 private:
  using Held = std::variant<std::monostate, bool, std::int64_t, std::shared_ptr<const Decimal>, std::shared_ptr<const std::string>,
                            base::Date, TimeOfDay, DateTime, Duration, std::shared_ptr<const List>, std::shared_ptr<const Map>,
                            std::shared_ptr<const Table>, std::shared_ptr<const base::Bytes>, std::shared_ptr<const FileRef>,
                            std::shared_ptr<const SecretRef>, std::shared_ptr<const Handle>>;
  explicit Value(Held held) : held_(std::move(held)) {}
  Held held_;
};
using Variables = std::map<std::string, Value, std::less<>>;
std::string to_json(const Variables& variables);
base::Result<Variables> variables_from_json(const boost::json::value& json);

inline constexpr int max_value_depth = 24;
// What base::parse_json must be told, so that it takes whatever a value of that depth is written as.
inline constexpr std::size_t max_value_json_depth = 160;

// "09:30:00", "09:30:00.123456"; "2026-11-20T09:30:00" (a blank instead of T is read too); "30s", "1m30s", "2h", "PT1M30S".
// Dates are of the years 0001 to 9999 here: birthdays and "no end" are older and later than what base::parse_date takes.
std::string to_text(TimeOfDay time);
std::string to_text(DateTime at);
std::string to_text(Duration duration);   // "1m30s"
std::string iso_text(Duration duration);  // "PT1M30S"
std::string date_text(base::Date date);
base::Result<base::Date> parse_date(std::string_view text);
base::Result<TimeOfDay> parse_time_of_day(std::string_view text);
base::Result<DateTime> parse_datetime(std::string_view text);
base::Result<Duration> parse_duration(std::string_view text);

}  // namespace quanji::values
