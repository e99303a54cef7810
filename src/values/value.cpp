#include "values/value.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <unordered_map>

#include "values/table.h"

namespace quanji::values {
namespace {

constexpr std::string_view type_words[] = {"nothing",  "bool", "integer", "decimal", "text",  "date", "time",   "datetime",
                                           "duration", "list", "map",     "table",   "bytes", "file", "secret", "handle"};

// Few keys are looked up one by one; many by an index.
constexpr std::size_t many_keys = 16;

bool same_maps(const Map& a, const Map& b) {
  if (a.size() != b.size()) return false;
  if (a.size() <= many_keys)
    return std::all_of(a.begin(), a.end(), [&](const auto& one) {
      return std::any_of(b.begin(), b.end(), [&](const auto& other) { return one.first == other.first && one.second == other.second; });
    });
  std::unordered_map<std::string_view, const Value*> index;
  for (const auto& [key, value] : b) index.emplace(key, &value);
  return std::all_of(a.begin(), a.end(), [&](const auto& one) {
    const auto found = index.find(one.first);
    return found != index.end() && one.second == *found->second;
  });
}

std::size_t mixed(std::size_t seed, std::size_t more) { return (seed ^ more) * 0x9E3779B97F4A7C15U + (seed >> 29); }
std::size_t hash_of(std::int64_t number, std::size_t seed) { return mixed(seed, std::hash<std::int64_t>{}(number)); }
std::size_t hash_of(std::string_view text, std::size_t seed) { return mixed(seed, std::hash<std::string_view>{}(text)); }

std::strong_ordering order_of(std::string_view a, std::string_view b) {
  // UTF-8 keeps the order of code points.
  return a.compare(b) <=> 0;
}

}  // namespace

std::string_view word_of(Type type) { return type_words[static_cast<std::size_t>(type)]; }
std::optional<Type> type_of(std::string_view word) {
  const auto* const found = std::find(std::begin(type_words), std::end(type_words), word);
  if (found == std::end(type_words)) return {};
  return static_cast<Type>(found - std::begin(type_words));
}

const Value* Value::find(std::string_view key) const {
  if (!is(Type::map)) return nullptr;
  for (const auto& [name, value] : map())
    if (name == key) return &value;
  return nullptr;
}

bool Value::operator==(const Value& other) const {
  if (held_.index() != other.held_.index()) {
    if (is(Type::integer) && other.is(Type::decimal)) return Decimal::of(integer()) == other.decimal();
    if (is(Type::decimal) && other.is(Type::integer)) return decimal() == Decimal::of(other.integer());
    return false;
  }
  switch (type()) {
    case Type::nothing:
      return true;
    case Type::boolean:
      return boolean() == other.boolean();
    case Type::integer:
      return integer() == other.integer();
    case Type::decimal:
      return decimal() == other.decimal();
    case Type::text:
      return text() == other.text();
    case Type::date:
      return date() == other.date();
    case Type::time:
      return time() == other.time();
    case Type::datetime:
      return datetime() == other.datetime();
    case Type::duration:
      return duration() == other.duration();
    case Type::list:
      return &list() == &other.list() || list() == other.list();
    case Type::map:
      return &map() == &other.map() || same_maps(map(), other.map());
    case Type::table:
      return &table() == &other.table() || table() == other.table();
    case Type::bytes:
      return bytes() == other.bytes();
    case Type::file:
      return file() == other.file();
    case Type::secret:
      return secret() == other.secret();
    case Type::handle:
      return handle() == other.handle();
  }
  return false;
}

std::size_t Value::hash() const {
  // Numbers hash by their value alone: integer 1 and decimal 1.00 are one key.
  const auto seed = static_cast<std::size_t>(type());
  switch (type()) {
    case Type::nothing:
      return 0x51ED270B;
    case Type::boolean:
      return hash_of(std::int64_t{boolean()}, seed);
    case Type::integer:
      return Decimal::of(integer()).hash();
    case Type::decimal:
      return decimal().hash();
    case Type::text:
      return hash_of(text(), seed);
    case Type::date:
      return hash_of(std::int64_t{date().days}, seed);
    case Type::time:
      return hash_of(time().micros, seed);
    case Type::datetime:
      return hash_of(datetime().micros, seed);
    case Type::duration:
      return hash_of(duration().micros, seed);
    case Type::list: {
      auto sum = seed;
      for (const auto& value : list()) sum = mixed(sum, value.hash());
      return sum;
    }
    case Type::map: {
      auto sum = seed;
      for (const auto& [key, value] : map()) sum += hash_of(key, value.hash());
      return sum;
    }
    case Type::table: {
      auto sum = hash_of(static_cast<std::int64_t>(table().rows()), seed);
      for (const auto& name : table().names()) sum = hash_of(name, sum);
      return sum;
    }
    case Type::bytes:
      return hash_of(base::text_of(bytes()), seed);
    case Type::file:
      return hash_of(file().path, seed);
    case Type::secret:
      return hash_of(secret().credential, hash_of(secret().field, seed));
    case Type::handle:
      return hash_of(static_cast<std::int64_t>(handle().number), hash_of(handle().kind, seed));
  }
  return seed;
}

bool Value::comparable(const Value& a, const Value& b) {
  const auto number = [](const Value& v) { return v.is(Type::integer) || v.is(Type::decimal); };
  if (a.is(Type::nothing) || b.is(Type::nothing) || (number(a) && number(b))) return true;
  if (a.type() != b.type()) return false;
  switch (a.type()) {
    case Type::boolean:
    case Type::text:
    case Type::date:
    case Type::time:
    case Type::datetime:
    case Type::duration:
      return true;
    default:
      return false;
  }
}

std::strong_ordering Value::compare(const Value& a, const Value& b) {
  if (a.is(Type::nothing) || b.is(Type::nothing)) return !a.is(Type::nothing) <=> !b.is(Type::nothing);
  if (a.type() != b.type()) {
    const auto number = [](const Value& v) { return v.is(Type::integer) ? Decimal::of(v.integer()) : v.decimal(); };
    return number(a) <=> number(b);
  }
  switch (a.type()) {
    case Type::boolean:
      return a.boolean() <=> b.boolean();
    case Type::integer:
      return a.integer() <=> b.integer();
    case Type::decimal:
      return a.decimal() <=> b.decimal();
    case Type::text:
      return order_of(a.text(), b.text());
    case Type::date:
      return a.date() <=> b.date();
    case Type::time:
      return a.time() <=> b.time();
    case Type::datetime:
      return a.datetime() <=> b.datetime();
    case Type::duration:
      return a.duration() <=> b.duration();
    default:
      return std::strong_ordering::equal;
  }
}

}  // namespace quanji::values
