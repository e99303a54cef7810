// Operations as values: everything the outside can ask for is one entry of a table, and every product (router, validation, OpenAPI,
// permission matrix, audit catalogue, command line, metrics, fuzzing) falls out of that entry.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/fields.h"
#include "base/list_query.h"
#include "base/result.h"

namespace quanji::door {

enum class Verb : std::uint8_t { get, post, patch, del };
// architecture.md 1: who runs the function and under which transaction.
enum class OpKind : std::uint8_t { read, change, batch, memory, stream };
enum class Rate : std::uint8_t { robot, person, client, report };
enum class AuditKind : std::uint8_t { none, row, history };
// Who may call without being signed in.
enum class Entry : std::uint8_t { signed_in, open };
// Whether a second person must agree before the change is carried out.
enum class SecondPerson : std::uint8_t { never, when_set };

std::string_view word(Verb verb);  // "GET" …

// How to make and see a value whose type is no longer known. For a PATCH, `given` says which fields came.
struct TypeOps {
  const base::FieldList& (*fields)() = nullptr;
  void* (*make)() = nullptr;
  void (*destroy)(void*) = nullptr;
  void* (*object)(void*) = nullptr;
  std::uint64_t* (*given)(void*) = nullptr;  // null unless the type is a Patch
};
class Value {
 public:
  Value() = default;
  explicit Value(const TypeOps& ops) : ops_(&ops), value_(ops.make()) {}
  Value(Value&& other) noexcept : ops_(other.ops_), value_(std::exchange(other.value_, nullptr)) {}
  Value& operator=(Value&& other) noexcept {
    std::swap(ops_, other.ops_);
    std::swap(value_, other.value_);
    return *this;
  }
  ~Value() {
    if (value_) ops_->destroy(value_);
  }
  void* get() { return value_; }
  const void* get() const { return value_; }
  void* object() { return ops_->object(value_); }

 private:
  const TypeOps* ops_ = nullptr;
  void* value_ = nullptr;
};

using AnyFunction = void (*)();
// Calls the function behind `f` with the unit of work its kind asks for (api/bind.h knows the types).
using Thunk = base::Status (*)(AnyFunction f, void* unit, const void* in, void* out);

// What comes besides the input, before the function runs: a body of any size, or what came before and is put together now.
enum class Intake : std::uint8_t { none, body, gathered };

struct Binding {
  OpKind kind = OpKind::read;
  const TypeOps* in = nullptr;  // null for lists: the input is a base::ListQuery
  const TypeOps* out = nullptr;
  AnyFunction function = nullptr;
  Thunk thunk = nullptr;
  const base::ListShape* list = nullptr;  // lists only
  const void* batch = nullptr;            // batch only: the storage's BatchOperation
  std::string_view content_type{};        // of an answer that comes piece by piece; empty: JSON
  Intake intake = Intake::none;           // body: the input stands in the query, or in a form's fields beside its file
  const void* intake_by = nullptr;        // the wing's own: how it takes it in
};

struct Operation {
  std::string_view id;  // "department.create": also its name in frames and its permission unless said otherwise
  Verb verb = Verb::get;
  std::string_view path;  // below the table's base path: "/departments/{id}"
  base::Sentence summary;
  std::string_view permission{};          // empty: the id; "-": being signed in is enough
  std::string_view audit{};               // "department.created"; empty for reads that leave no row
  AuditKind audit_kind = AuditKind::row;  // of a change; reads with an audit name leave a row too
  Rate rate = Rate::person;
  Entry entry = Entry::signed_in;
  SecondPerson second_person = SecondPerson::never;
  bool point = false;                             // a read by key, cheap enough for an io thread
  bool creates = false;                           // answers 201 and honours Idempotency-Key; every POST that starts or creates
  std::vector<base::Code> failures{};             // what a caller should expect besides the common ones
  std::string_view example{};                     // JSON of a valid body (or of the query for GET)
  std::string_view deprecated_since{}, sunset{};  // dates, or empty
  Binding binding{};

  std::string_view needs() const { return permission.empty() ? id : permission; }
  std::string_view group() const { return id.substr(0, id.find('.')); }
  bool changes() const { return binding.kind == OpKind::change || binding.kind == OpKind::batch; }
};

// Found in the table: the operation and what stood in the braces of its path.
struct Match {
  const Operation* operation = nullptr;
  std::vector<std::pair<std::string_view, std::string>> parameters;
  std::vector<Verb> other_verbs;  // the path exists with these verbs only; operation is null
};

class Table {
 public:
  // `base` is "/api/v1". The table is constant once served.
  explicit Table(std::string base);
  Table(const Table&) = delete;
  ~Table();
  void add(Operation operation, Binding binding);
  const std::string& base() const { return base_; }
  const std::vector<std::unique_ptr<Operation>>& all() const { return operations_; }
  const Operation* by_id(std::string_view id) const;
  // `path` as sent without the query, still percent-encoded. Also finds the aliases POST …/update and POST …/delete of PATCH and DELETE.
  Match find(Verb verb, std::string_view path) const;
  // Sorted, without duplicates and "-"; the place in the list is the permission's number.
  std::vector<std::string_view> permissions() const;

 private:
  struct Route;
  std::string base_;
  std::vector<std::unique_ptr<Operation>> operations_;
  std::unordered_map<std::string_view, std::vector<Route>> routes_;  // by the first segment, most literal segments first
};

namespace detail {
// A type that carries another in its member `value` beside what is no part of the document; it says `using Wrapped = …`.
template <class T>
concept Wrapping = requires {
  typename T::Wrapped;
};
template <class T>
constexpr TypeOps make_type_ops() {
  TypeOps ops{&T::fields, []() -> void* { return new T{}; }, [](void* p) { delete static_cast<T*>(p); }, [](void* p) { return p; },
              nullptr};
  if constexpr (Wrapping<T>) ops.object = [](void* p) -> void* { return &static_cast<T*>(p)->value; };
  return ops;
}
template <class T>
struct TypeOpsOf {
  static constexpr TypeOps value = make_type_ops<T>();
};
template <class T>
struct TypeOpsOf<base::Patch<T>> {
  static constexpr TypeOps value = {&T::fields, []() -> void* { return new base::Patch<T>{}; },
                                    [](void* p) { delete static_cast<base::Patch<T>*>(p); },
                                    [](void* p) -> void* { return &static_cast<base::Patch<T>*>(p)->value; },
                                    [](void* p) { return &static_cast<base::Patch<T>*>(p)->given; }};
};
template <>
struct TypeOpsOf<base::ListQuery> {
  static constexpr TypeOps value = {&base::Nothing::fields, []() -> void* { return new base::ListQuery{}; },
                                    [](void* p) { delete static_cast<base::ListQuery*>(p); }, [](void* p) { return p; }, nullptr};
};
}  // namespace detail
template <class T>
inline constexpr const TypeOps* type_ops = &detail::TypeOpsOf<T>::value;

}  // namespace quanji::door
