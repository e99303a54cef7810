// Named queries, their parameters and the rows they answer. SQL stands in storage/sql/*.sql and nowhere else; the build makes
// "storage/queries.h" from it, so a misspelt query does not compile.
//
//   -- name: department_by_id
//   select id, name, revision from departments where id = :id;
//   -- name: departments_like [sqlite]         a second form, where the two databases must differ
//   -- name: departments_like [postgres]
//
// Columns are INTEGER/TEXT/BLOB in SQLite (STRICT tables) and bigint/text/bytea in PostgreSQL, nothing else: truth values are 0 and 1,
// times microseconds, ids 16 bytes, decimals and JSON text. PostgreSQL infers the type of a parameter from where it stands; where nothing
// tells, say cast(:x as bigint). An answer column of another type there (numeric from sum(), timestamps) is refused as a bug: cast it.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/fields.h"
#include "base/result.h"

namespace quanji::storage {

using base::Error;
using base::Result;
using base::Status;
using Bytes = std::span<const std::uint8_t>;

// One value on its way into a statement: null, bigint, text or bytea. It borrows: what it was made from outlives the call.
class Scalar {
 public:
  using Value = std::variant<std::monostate, std::int64_t, std::string_view, Bytes>;  // base::Scalar
  Scalar() = default;
  Scalar(const Value& v) : value_(v) {}
  Scalar(std::nullptr_t) {}
  Scalar(std::nullopt_t) {}
  Scalar(bool v) : value_(std::int64_t{v}) {}
  Scalar(int v) : value_(std::int64_t{v}) {}
  Scalar(unsigned v) : value_(std::int64_t{v}) {}
  Scalar(long v) : value_(std::int64_t{v}) {}
  Scalar(long long v) : value_(static_cast<std::int64_t>(v)) {}
  Scalar(unsigned long v) : value_(static_cast<std::int64_t>(v)) {}
  Scalar(std::string_view v) : value_(v) {}
  Scalar(const std::string& v) : value_(std::string_view(v)) {}
  Scalar(const char* v) : value_(std::string_view(v)) {}
  Scalar(Bytes v) : value_(v) {}
  Scalar(const std::vector<std::uint8_t>& v) : value_(Bytes(v)) {}
  Scalar(const base::Ulid& v) : value_(Bytes(v.bytes)) {}
  template <base::Prefix P>
  Scalar(const base::Id<P>& v) : value_(v.bytes()) {}
  Scalar(base::Time v) : value_(v.micros) {}
  Scalar(base::Date v) : value_(std::int64_t{v.days}) {}
  template <class T>
  Scalar(const std::optional<T>& v) : value_(v ? Scalar(*v).value_ : Value{}) {}
  template <class E>
  requires std::is_enum_v<E> Scalar(E v) : value_(base::word(v)) {}

  const Value& value() const { return value_; }

 private:
  Value value_;
};

struct Param {
  std::string_view name;  // without the colon
  Scalar value;
};
// The parameters of one call, by name, in any order. A name the query does not have, or one it has and is not given, is a bug.
// Written in place: view.rows(sql::x, {{"id", id}, {"at", view.now()}}); or a span of Param that outlives the call.
class Params {
 public:
  Params() = default;
  Params(std::initializer_list<Param> list) : list_(list.begin(), list.size()) {}
  Params(std::span<const Param> list) : list_(list) {}
  std::span<const Param> all() const { return list_; }

 private:
  std::span<const Param> list_;
};

// One named query; lives as long as the program (statements are cached by its address).
struct Query {
  struct Form {
    std::string_view text;                     // with positions: ?1 for SQLite, $1 for PostgreSQL
    std::span<const std::string_view> params;  // the name of each position
  };
  std::string_view name;
  Form sqlite, postgres;
};

namespace detail {
struct RowsBody;
}

// One row; keeps what it reads from alive. Asking for a column that is not there, or as another type than it has, is a bug (throws).
// Columns by name or by position from 0.
class Row {
 public:
  bool is_null(std::string_view column) const;
  std::int64_t integer(std::string_view column) const;
  std::string_view text(std::string_view column) const;
  Bytes bytes(std::string_view column) const;
  base::Ulid ulid(std::string_view column) const;  // exactly 16 bytes
  base::Time time(std::string_view column) const { return {integer(column)}; }
  bool truth(std::string_view column) const { return integer(column) != 0; }
  template <class I>
  I id(std::string_view column) const {
    return I{ulid(column)};
  }  // change.row(…)->id<DepartmentId>("id")

  std::size_t width() const;
  std::string_view column(std::size_t i) const;
  int find(std::string_view column) const;  // -1: not there
  Scalar at(std::size_t i) const;           // borrows from the row
  std::int64_t integer(std::size_t i) const;
  std::string_view text(std::size_t i) const;

 private:
  friend class Rows;
  Row(std::shared_ptr<const detail::RowsBody> body, std::size_t index, std::size_t hidden)
      : body_(std::move(body)), index_(index), hidden_(hidden) {}
  std::size_t need(std::string_view column) const;
  std::shared_ptr<const detail::RowsBody> body_;
  std::size_t index_, hidden_;  // hidden_: columns at the end that are not shown
};

// All rows of an answer, held in memory. Copies share them. Made from nothing: no rows.
class Rows {
 public:
  explicit Rows(std::shared_ptr<const detail::RowsBody> body);
  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  Row operator[](std::size_t i) const;
  Rows first(std::size_t n) const;               // the first n of them
  Rows without_last(std::size_t columns) const;  // the same rows without their last columns
  class Iterator {
   public:
    Iterator(const Rows* rows, std::size_t at) : rows_(rows), at_(at) {}
    Row operator*() const { return (*rows_)[at_]; }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return at_ != other.at_; }

   private:
    const Rows* rows_;
    std::size_t at_;
  };
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size()}; }

 private:
  std::shared_ptr<const detail::RowsBody> body_;
  std::size_t count_ = 0, hidden_ = 0;
};

// Fills an object from the columns named like its fields. Every column must have a field and every field that is not optional a column
// that is not null; otherwise it is a bug. Lists and objects are read from JSON text, decimals from text. Secrets are never columns.
Status fill(const base::FieldList& fields, void* object, const Row& row);

}  // namespace quanji::storage
