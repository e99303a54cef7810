// Row expressions at work: one expression over the columns of one table, an operation at a time over all rows.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "values/column_parts.h"
#include "values/row_syntax.h"
#include "values/table.h"

namespace quanji::values::rows {

using Marks = std::vector<std::uint8_t>;

// The rows a value is wanted for; the others may hold anything, and what is wrong with them is not said.
struct Wanted {
  const Marks* marks = nullptr;  // null: all
  bool row(std::size_t at) const { return !marks || (*marks)[at] != 0; }
  bool any() const;
};

// A column that was worked out, or one value for all rows.
struct Operand {
  ColumnPtr column;  // of one row when constant; null: an argument left out
  bool constant = false;
  bool blank = false;  // nothing everywhere: it goes with every kind
  const Node* node = nullptr;
  const List* list = nullptr;  // a value that is a list, for `in`
  ColumnType type() const { return column->type(); }
  std::size_t at(std::size_t row) const { return constant ? 0 : row; }
  bool is_nothing(std::size_t row) const { return column->is_nothing(at(row)); }
  bool is_any() const { return type() == ColumnType::any; }  // blank or mixed
};

// Names of functions, how many arguments they take and how these are called: what can be said without a table.
base::Status check_calls(const Node& node, std::string_view source);

// One thread. After `failed` nothing that was answered counts.
class Evaluation {
 public:
  Evaluation(std::string_view source, const Table& table, const Variables& values) : source_(source), table_(table), values_(values) {}

  Operand run(const Node& node, Wanted wanted);
  // Where a condition holds.
  Marks truth(const Operand& condition);
  bool failed() const { return problem_.has_value(); }
  base::Error problem() && { return std::move(*problem_); }
  const Table& table() const { return table_; }

 private:
  friend class Calls;
  // ---- what is wrong ----
  Operand refuse(const Node& at, base::Text reason);
  // True when that row was wanted: then working on makes no sense.
  bool bad(const Operand& blamed, std::size_t row, Wanted wanted, const base::Text& reason);
  Operand refuse_kinds(const Node& at, std::string_view word, const Operand& a, const Operand& b);

  // ---- shapes ----
  std::size_t rows_of(std::initializer_list<const Operand*> all) const;
  static bool all_constant(std::initializer_list<const Operand*> all);
  Operand made(ColumnPtr column, bool constant, const Node& node) const;
  // Of an operation whose kind the kinds of its parts decide: with no rows it has that kind as well.
  Operand made_as(ColumnType kind, ColumnBuilder builder, bool constant, const Node& node);
  // As the function below; any, when it is not the parts' own: what it will be shows with the rows.
  ColumnType common_type(const Operand& a, const Operand& b);
  Operand nothing(bool constant, const Node& node) const;
  Operand flags(Marks marks, bool constant, const Node& node) const;
  // Where all of these have a value; empty: everywhere.
  static std::vector<std::uint64_t> presence(std::initializer_list<const Operand*> all, std::size_t rows);

  // ---- nodes ----
  Operand constant(const Value& value, const Node& node) const;
  Operand name(const Node& node);
  Operand junction(const Node& node, Wanted wanted);  // and, or
  Operand choose(const Node& node, Wanted wanted);
  Operand merged(const Marks& first, const Operand& a, const Operand& b, const Node& node);
  Operand is_none(const Node& node, Wanted wanted);
  Operand slice(const Node& node, Wanted wanted);
  Operand call(const Node& node, Wanted wanted);

  // ---- arithmetic (row_arithmetic.cpp) ----
  Operand negated(const Node& node, Wanted wanted);
  Operand calculated(Op op, const Operand& a, const Operand& b, const Node& node, Wanted wanted);
  std::optional<Operand> in_units(Op op, const Operand& a, const Operand& b, const Node& node);
  Operand with_decimals(Op op, const Operand& a, const Operand& b, const Node& node, Wanted wanted);
  Operand with_values(Op op, const Operand& a, const Operand& b, ColumnType kind, const Node& node, Wanted wanted);
  Operand texts_joined(const Operand& a, const Operand& b, const Node& node, Wanted wanted);
  Operand power(const Node& node, Wanted wanted);

  // ---- comparisons (row_compare.cpp) ----
  Operand compared(const Node& node, Wanted wanted);
  Marks compare(Op op, Operand a, Operand b, const Node& node, Wanted wanted);
  Marks member(const Operand& of, const Node& list, Wanted wanted);
  Marks one_of(const Operand& of, std::span<const Operand> all, const Node& node, Wanted wanted);
  bool spell(Operand& text, const Operand& beside);

  std::string_view source_;
  const Table& table_;
  const Variables& values_;
  // A kind that only the rows decided was met: of a column of mixed values, of integers that left 64 bits.
  bool by_rows_ = false;
  std::optional<base::Error> problem_;
};

// Appends what a column has at a row to a builder of that type (`any` takes all, decimal takes integers).
void append_cell(ColumnBuilder& builder, const Column& from, std::size_t row);
// The type two columns have together: any when they differ, but for integers and decimals.
ColumnType common_type(const Operand& a, const Operand& b);

// One operation of two values of any kinds: the answer, or what is wrong.
struct Answer {
  Value value;
  std::optional<base::Text> problem;
};
Answer calculate(Op op, const Value& a, const Value& b);
// Decimal or what is wrong. // is rounded down, % has the divisor's sign: of integers and decimals alike.
struct NumberAnswer {
  std::optional<Decimal> value;
  std::optional<base::Text> problem;
};
NumberAnswer calculate(Op op, const Decimal& a, const Decimal& b);
base::Text too_many_digits();

}  // namespace quanji::values::rows
