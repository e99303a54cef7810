#include "values/table_differences.h"

#include <algorithm>
#include <array>
#include <optional>

#include "values/column_parts.h"
#include "values/table_problems.h"

namespace quanji::values {

using base::Result;

namespace {

constexpr std::string_view state_name = "state", column_name = "column", ours_name = "ours", theirs_name = "theirs",
                           difference_name = "difference";

// The one column that is compared, by both its names; nothing when there are more or none.
std::optional<ComparedColumn> only_column(const Table& ours, const Table& theirs, const Comparing& how) {
  if (how.columns.size() == 1) {
    auto one = how.columns.front();
    if (one.right.empty()) one.right = one.left;
    return one;
  }
  if (!how.columns.empty()) return {};
  std::optional<ComparedColumn> one;
  for (const auto& name : ours.names()) {
    const bool key =
        std::ranges::any_of(how.keys, [&](const JoinKey& k) { return k.left == name || (k.right.empty() ? k.left : k.right) == name; });
    if (key || !theirs.find(name) || std::ranges::find(how.ignore, name) != how.ignore.end()) continue;
    if (one) return {};
    one = ComparedColumn{name, name, {}};
  }
  return one;
}

ColumnPtr negated(const Column& column) {
  ColumnBuilder builder(ColumnType::any);
  for (std::size_t row = 0; row < column.size(); ++row) {
    const auto value = column.value(row);
    builder.add(value.is(Type::decimal)                                   ? Value::of(value.decimal().negated())
                : value.is(Type::integer) && value.integer() != INT64_MIN ? Value::of(-value.integer())
                                                                          : value);
  }
  return std::move(builder).finish();
}

ColumnPtr constant_text(std::string_view text, std::size_t rows) { return constant_column(Value::of(std::string(text)), rows); }

// One below the other; a part without rows says nothing about the type.
ColumnPtr together(const std::array<ColumnPtr, 3>& parts) {
  std::vector<ColumnPtr> some;
  for (const auto& part : parts)
    if (part->size() > 0) some.push_back(part);
  return some.empty() ? parts[0] : concatenated(some);
}

}  // namespace

Result<Differences> differences(const Table& ours, const Table& theirs, const Comparing& how) {
  auto naming = how;
  naming.column_name = column_name;
  naming.left_name = ours_name;
  naming.right_name = theirs_name;
  naming.difference_name = difference_name;
  // The pairs side by side are not looked at: no name of theirs may clash.
  naming.left_suffix = "\x01";
  naming.right_suffix = "\x02";
  for (const auto& key : how.keys)
    if (key.left == state_name)
      return table_problem("names", {"键列叫 state，与结果的列重名；先用 table.rename 改名",
                                     "a key is named state, as a column of the result; rename it before"});
  QUANJI_TRY(auto compared, compare_tables(ours, theirs, naming));
  const auto& cells = compared.cells;
  const auto one = only_column(ours, theirs, how);
  const auto ours_rows = compared.only_left.rows(), theirs_rows = compared.only_right.rows();

  std::vector<std::string> names;
  std::vector<ColumnPtr> columns;
  for (const auto& key : how.keys) {
    names.push_back(key.left);
    columns.push_back(together({cells.column(*cells.find(key.left)), compared.only_left.column(*compared.only_left.find(key.left)),
                                compared.only_right.column(*compared.only_right.find(key.right.empty() ? key.left : key.right))}));
  }
  const auto put = [&](std::string_view name, ColumnPtr differing, ColumnPtr left, ColumnPtr right) {
    names.emplace_back(name);
    columns.push_back(together({std::move(differing), std::move(left), std::move(right)}));
  };
  const auto of_cells = [&](std::string_view name) { return cells.column(*cells.find(name)); };
  put(state_name, constant_text("differs", cells.rows()), constant_text("only_ours", ours_rows), constant_text("only_theirs", theirs_rows));
  put(column_name, of_cells(column_name), one ? constant_text(one->left, ours_rows) : blank_column(ours_rows),
      one ? constant_text(one->left, theirs_rows) : blank_column(theirs_rows));
  put(ours_name, of_cells(ours_name), one ? compared.only_left.column(*compared.only_left.find(one->left)) : blank_column(ours_rows),
      blank_column(theirs_rows));
  put(theirs_name, of_cells(theirs_name), blank_column(ours_rows),
      one ? compared.only_right.column(*compared.only_right.find(one->right)) : blank_column(theirs_rows));
  put(difference_name, negated(*of_cells(difference_name)), blank_column(ours_rows), blank_column(theirs_rows));
  QUANJI_TRY(auto table, Table::make(std::move(names), std::move(columns)));
  return Differences{std::move(table), compared.same.rows()};
}

}  // namespace quanji::values
