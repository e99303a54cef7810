// Field lists: the fields of a type, said once beside it. Decoding, encoding, columns, validation, OpenAPI and forms are ordinary
// functions over the list (fields_json.h, fields_schema.h, storage), so a type costs no templates of its own.
//
//   struct Department {
//     DepartmentId id;
//     std::string name;
//     std::optional<std::string> code;
//     static const base::FieldList& fields();
//   };
//   QUANJI_FIELDS(Department,                                     // in the .cpp
//                 QF(id, "标识", "Identifier", .flags = base::read_only),
//                 QF(name, "名称", "Name", .max = 63, .pattern = &base::name_pattern),
//                 QF(code, "部门编码", "Department code", .max = 32))
//
// A field that is forgotten does not compile. An optional field may be absent; every other field is required on input.
// JSON names are camelCase, made from the C++ name once; column names are the C++ name.
#pragma once
#include <boost/json/fwd.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"

namespace quanji::base {

class FieldList;
class Secret;

// JSON kept as its text: "payload", "details". Decoded JSON is written compactly; empty text is null.
struct JsonText {
  std::string text;
  bool operator==(const JsonText&) const = default;
};

// flow: a type of flow variables (a table, an exact decimal …), opaque here; the room that knows it says how it is read (FlowType).
enum class Kind : std::uint8_t { text, integer, number, boolean, time, date, id, enumeration, object, list, json, secret, flow };

// A type that only flows have. JSON and columns cannot hold it: the functions of fields_json.h answer `bug`.
struct FlowType {
  std::string_view word;  // of the flow language: "decimal", "table"
  // `value` is the room's own value. take: false, and a sentence, when it does not fit; `to` is then as it was.
  bool (*take)(void* to, const void* value, Text& why) = nullptr;
  void (*give)(const void* from, void* value) = nullptr;
};
// Specialised beside a flow type: template <> struct quanji::base::FlowTypeOf<T> { static constexpr const FlowType* type = &…; };
template <class T>
struct FlowTypeOf {};

// How to reach inside a value whose type is no longer known.
struct ValueOps {
  Kind kind{};
  bool optional = false;
  const ValueOps* inner = nullptr;                // of optional<T>: T; of a list: its element
  std::string_view id_prefix{};                   // kind id
  std::span<const std::string_view> spellings{};  // kind enumeration, in the order of the enumerators
  const FieldList& (*object)() = nullptr;         // kind object
  void (*clear)(void*) = nullptr;                 // back to T{}
  void (*assign)(void* to, const void* from) = nullptr;
  bool (*engaged)(const void*) = nullptr;      // optional
  void* (*engage)(void*) = nullptr;            // optional: makes T{} inside and returns it
  const void* (*look)(const void*) = nullptr;  // optional, engaged
  std::size_t (*size)(const void*) = nullptr;  // list
  void* (*append)(void*) = nullptr;            // list: a fresh element at the end
  const void* (*at)(const void*, std::size_t) = nullptr;
  void (*take_secret)(void*, std::string_view) = nullptr;
  const FlowType* flow = nullptr;  // kind flow
};

// A named rule for text. `regex` stands in the published schema; `ok` is what decides (and must agree with it: fields_test).
struct Pattern {
  std::string_view regex;
  bool (*ok)(std::string_view);
  Sentence sentence;
};
extern const Pattern name_pattern;     // [a-z0-9][a-z0-9_-]{0,62}
extern const Pattern account_pattern;  // [A-Za-z0-9][A-Za-z0-9._@-]{0,62}
extern const Pattern email_pattern;
extern const Pattern printable_pattern;  // no control characters but tab and line feed

enum Flags : std::uint32_t {
  no_flags = 0,
  read_only = 1,    // answered, refused on input
  write_only = 2,   // taken, never answered
  masked = 4,       // shown in part only (telephone, card)
  secret_once = 8,  // a secret answered exactly once: never stored with idempotent answers
  in_path = 16,     // filled from the path, not from body or query
  level3 = 32,      // customer data of level 3 or more
};

struct Limits {
  std::int64_t min = INT64_MIN;  // text: characters; list: elements; integer: value
  std::int64_t max = INT64_MAX;  // text without a limit is held to 4 096 characters, a list to 1 000 elements
  const Pattern* pattern = nullptr;
  std::uint32_t flags = no_flags;
  std::string_view fallback{};  // JSON of the value taken when the field is absent; the field is then not required
};

struct Field {
  std::string_view name;  // C++ name = column name
  std::size_t offset = 0;
  const ValueOps* ops = nullptr;
  Sentence sentence;
  Limits limits;

  bool required() const { return !ops->optional && limits.fallback.empty() && !(limits.flags & read_only); }
  void* in(void* object) const { return static_cast<char*>(object) + offset; }
  const void* in(const void* object) const { return static_cast<const char*>(object) + offset; }
};

class FieldList {
 public:
  FieldList(std::string_view type, std::span<const Field> fields);
  std::string_view type() const { return type_; }
  std::span<const Field> all() const { return fields_; }
  std::size_t size() const { return fields_.size(); }
  std::string_view json_name(std::size_t i) const { return json_names_[i]; }
  // Index of the field with that JSON or C++ name, or -1.
  int find_json(std::string_view json_name) const;
  int find(std::string_view name) const;

 private:
  std::string_view type_;
  std::span<const Field> fields_;
  std::vector<std::string_view> json_names_;  // interned for the life of the program
};
// "created_at" → "createdAt", interned. A digit may not follow an underscore.
std::string_view camel_case(std::string_view snake);

// The type of an object with nothing in it.
struct Nothing {
  static const FieldList& fields();
};

// Some fields of T, and which of them were given: what PATCH takes (RFC 7396). Giving null to an optional field clears it.
template <class T>
struct Patch {
  T value{};
  std::uint64_t given = 0;  // bit i = field i of T::fields() was in the body
  bool has(std::size_t i) const { return (given >> i) & 1U; }
  // Copies the given fields over `target`.
  void apply_to(T& target) const {
    const auto& list = T::fields();
    for (std::size_t i = 0; i < list.size(); ++i)
      if (has(i)) list.all()[i].ops->assign(list.all()[i].in(&target), list.all()[i].in(&value));
  }
};

// ---- how a C++ type becomes ValueOps ----
template <class E>
struct Spelling;  // specialise by QUANJI_ENUM

namespace detail {
template <class T>
struct OptionalOf : std::false_type {};
template <class T>
struct OptionalOf<std::optional<T>> : std::true_type {
  using Inner = T;
};
template <class T>
struct ListOf : std::false_type {};
template <class T>
struct ListOf<std::vector<T>> : std::true_type {
  using Inner = T;
};
template <class T>
struct IdOf : std::false_type {};
template <Prefix P>
struct IdOf<Id<P>> : std::true_type {};
void take_secret(void* secret, std::string_view text);

template <class T>
constexpr ValueOps make_ops();
}  // namespace detail
template <class T>
inline constexpr ValueOps value_ops = detail::make_ops<T>();

namespace detail {
template <class T>
constexpr ValueOps make_ops() {
  ValueOps o;
  o.clear = [](void* p) { *static_cast<T*>(p) = T{}; };
  if constexpr (std::is_copy_assignable_v<T>)
    o.assign = [](void* to, const void* from) { *static_cast<T*>(to) = *static_cast<const T*>(from); };
  if constexpr (OptionalOf<T>::value) {
    using U = typename OptionalOf<T>::Inner;
    o.kind = value_ops<U>.kind;
    o.optional = true;
    o.inner = &value_ops<U>;
    o.id_prefix = value_ops<U>.id_prefix;
    o.spellings = value_ops<U>.spellings;
    o.object = value_ops<U>.object;
    o.flow = value_ops<U>.flow;
    o.engaged = [](const void* p) { return static_cast<const T*>(p)->has_value(); };
    o.engage = [](void* p) -> void* { return &static_cast<T*>(p)->emplace(); };
    o.look = [](const void* p) -> const void* { return &**static_cast<const T*>(p); };
  } else if constexpr (requires { FlowTypeOf<T>::type; }) {
    o.kind = Kind::flow;
    o.flow = FlowTypeOf<T>::type;
  } else if constexpr (std::is_same_v<T, std::string>) {
    o.kind = Kind::text;
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    o.kind = Kind::integer;
  } else if constexpr (std::is_same_v<T, double>) {
    o.kind = Kind::number;
  } else if constexpr (std::is_same_v<T, bool>) {
    o.kind = Kind::boolean;
  } else if constexpr (std::is_same_v<T, Time>) {
    o.kind = Kind::time;
  } else if constexpr (std::is_same_v<T, Date>) {
    o.kind = Kind::date;
  } else if constexpr (std::is_same_v<T, JsonText>) {
    o.kind = Kind::json;
  } else if constexpr (std::is_same_v<T, Secret>) {
    o.kind = Kind::secret;
    o.take_secret = &take_secret;
  } else if constexpr (IdOf<T>::value) {
    static_assert(sizeof(T) == sizeof(Ulid));
    o.kind = Kind::id;
    o.id_prefix = T::prefix();
  } else if constexpr (std::is_enum_v<T>) {
    static_assert(sizeof(T) == 1, "enumerations in field lists are std::uint8_t, numbered from 0");
    o.kind = Kind::enumeration;
    o.spellings = Spelling<T>::words;
  } else if constexpr (ListOf<T>::value) {
    using U = typename ListOf<T>::Inner;
    static_assert(!std::is_same_v<U, bool>);
    o.kind = Kind::list;
    o.inner = &value_ops<U>;
    o.size = [](const void* p) { return static_cast<const T*>(p)->size(); };
    o.append = [](void* p) -> void* { return &static_cast<T*>(p)->emplace_back(); };
    o.at = [](const void* p, std::size_t i) -> const void* { return &(*static_cast<const T*>(p))[i]; };
  } else {
    o.kind = Kind::object;
    o.object = &T::fields;
  }
  return o;
}

// takes_exactly<T, N>: an aggregate with N members. `{}` initialises any member, so N braces fit and N + 1 do not.
#define QUANJI_B4 \
  {}, {}, {}, {}
#define QUANJI_B16 QUANJI_B4, QUANJI_B4, QUANJI_B4, QUANJI_B4
#define QUANJI_TAKES(n, ...)              \
  if constexpr (N == n) return requires { \
      T{__VA_ARGS__};                     \
    }
template <class T, std::size_t N>
constexpr bool takes() {
  if constexpr (N == 0) return true;
  // clang-format off
  QUANJI_TAKES(1, {}); QUANJI_TAKES(2, {}, {}); QUANJI_TAKES(3, {}, {}, {}); QUANJI_TAKES(4, QUANJI_B4);
  QUANJI_TAKES(5, QUANJI_B4, {}); QUANJI_TAKES(6, QUANJI_B4, {}, {}); QUANJI_TAKES(7, QUANJI_B4, {}, {}, {}); QUANJI_TAKES(8, QUANJI_B4, QUANJI_B4);
  QUANJI_TAKES(9, QUANJI_B4, QUANJI_B4, {}); QUANJI_TAKES(10, QUANJI_B4, QUANJI_B4, {}, {}); QUANJI_TAKES(11, QUANJI_B4, QUANJI_B4, {}, {}, {});
  QUANJI_TAKES(12, QUANJI_B4, QUANJI_B4, QUANJI_B4); QUANJI_TAKES(13, QUANJI_B4, QUANJI_B4, QUANJI_B4, {}); QUANJI_TAKES(14, QUANJI_B4, QUANJI_B4, QUANJI_B4, {}, {});
  QUANJI_TAKES(15, QUANJI_B4, QUANJI_B4, QUANJI_B4, {}, {}, {}); QUANJI_TAKES(16, QUANJI_B16); QUANJI_TAKES(17, QUANJI_B16, {}); QUANJI_TAKES(18, QUANJI_B16, {}, {});
  QUANJI_TAKES(19, QUANJI_B16, {}, {}, {}); QUANJI_TAKES(20, QUANJI_B16, QUANJI_B4); QUANJI_TAKES(21, QUANJI_B16, QUANJI_B4, {}); QUANJI_TAKES(22, QUANJI_B16, QUANJI_B4, {}, {});
  QUANJI_TAKES(23, QUANJI_B16, QUANJI_B4, {}, {}, {}); QUANJI_TAKES(24, QUANJI_B16, QUANJI_B4, QUANJI_B4); QUANJI_TAKES(25, QUANJI_B16, QUANJI_B4, QUANJI_B4, {});
  QUANJI_TAKES(26, QUANJI_B16, QUANJI_B4, QUANJI_B4, {}, {}); QUANJI_TAKES(27, QUANJI_B16, QUANJI_B4, QUANJI_B4, {}, {}, {}); QUANJI_TAKES(28, QUANJI_B16, QUANJI_B4, QUANJI_B4, QUANJI_B4);
  QUANJI_TAKES(29, QUANJI_B16, QUANJI_B4, QUANJI_B4, QUANJI_B4, {}); QUANJI_TAKES(30, QUANJI_B16, QUANJI_B4, QUANJI_B4, QUANJI_B4, {}, {});
  QUANJI_TAKES(31, QUANJI_B16, QUANJI_B4, QUANJI_B4, QUANJI_B4, {}, {}, {}); QUANJI_TAKES(32, QUANJI_B16, QUANJI_B16); QUANJI_TAKES(33, QUANJI_B16, QUANJI_B16, {});
  QUANJI_TAKES(34, QUANJI_B16, QUANJI_B16, {}, {}); QUANJI_TAKES(35, QUANJI_B16, QUANJI_B16, {}, {}, {}); QUANJI_TAKES(36, QUANJI_B16, QUANJI_B16, QUANJI_B4);
  QUANJI_TAKES(37, QUANJI_B16, QUANJI_B16, QUANJI_B4, {}); QUANJI_TAKES(38, QUANJI_B16, QUANJI_B16, QUANJI_B4, {}, {}); QUANJI_TAKES(39, QUANJI_B16, QUANJI_B16, QUANJI_B4, {}, {}, {});
  QUANJI_TAKES(40, QUANJI_B16, QUANJI_B16, QUANJI_B4, QUANJI_B4); QUANJI_TAKES(41, QUANJI_B16, QUANJI_B16, QUANJI_B4, QUANJI_B4, {});
  // clang-format on
  static_assert(N <= 41, "a type has at most 40 fields: cut it");
  return false;
}
template <class T, std::size_t N>
constexpr bool takes_exactly() {
  return takes<T, N>() && !takes<T, N + 1>();
}
}  // namespace detail

}  // namespace quanji::base

#define QF(member, zh, en, ...)                                                                                                \
  ::quanji::base::Field {                                                                                                      \
#member, offsetof(Self, member), &::quanji::base::value_ops < decltype(Self::member)>, {zh, en }, ::quanji::base::Limits { \
      __VA_ARGS__                                                                                                              \
    }                                                                                                                          \
  }
#define QUANJI_FIELDS(Type, ...)                                                                                                       \
  const ::quanji::base::FieldList& Type::fields() {                                                                                    \
    using Self = Type;                                                                                                                 \
    static constexpr ::quanji::base::Field entries[] = {__VA_ARGS__};                                                                  \
    static_assert(::quanji::base::detail::takes_exactly<Self, std::size(entries)>(), #Type " has fields that its list does not name"); \
    static const ::quanji::base::FieldList list(#Type, entries);                                                                       \
    return list;                                                                                                                       \
  }
// QUANJI_ENUM(quanji::domain::UserState, "enabled", "disabled", "locked"): at namespace quanji scope or outside of it.
#define QUANJI_ENUM(Enum, ...)                                 \
  template <>                                                  \
  struct quanji::base::Spelling<Enum> {                        \
    static constexpr std::string_view words[] = {__VA_ARGS__}; \
  }
namespace quanji::base {
template <class E>
requires std::is_enum_v<E>
constexpr std::string_view word(E e) { return Spelling<E>::words[static_cast<std::size_t>(e)]; }
}  // namespace quanji::base
