#include "values/table_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "values/column_parts.h"
#include "values/names.h"
#include "values/table_clean.h"
#include "values/table_keys.h"
#include "values/table_problems.h"

namespace quanji::values {
namespace {

class Found {
 public:
  Found()
      : row_(ColumnType::integer),
        column_(ColumnType::text),
        rule_(ColumnType::text),
        value_(ColumnType::any),
        sentence_(ColumnType::text) {}
  void of_table(std::string_view column, std::string_view rule, const base::Text& sentence) {
    row_.add_nothing();
    put(column, rule, {}, sentence);
  }
  void of_row(std::size_t row, std::string_view column, std::string_view rule, const Value& value, const base::Text& sentence) {
    row_.add_integer(static_cast<std::int64_t>(row) + 1);
    put(column, rule, value, sentence);
  }
  Table finish() && {
    return Table::make({"row", "column", "rule", "value", "sentence"},
                       {std::move(row_).finish(), std::move(column_).finish(), std::move(rule_).finish(), std::move(value_).finish(),
                        std::move(sentence_).finish()})
        .value();
  }

 private:
  void put(std::string_view column, std::string_view rule, const Value& value, const base::Text& sentence) {
    if (column.empty())
      column_.add_nothing();
    else
      column_.add_text(column);
    rule_.add_text(rule);
    value_.add(value);
    sentence_.add_text(sentence.zh + " / " + sentence.en);
  }
  ColumnBuilder row_, column_, rule_, value_, sentence_;
};

bool of_type(const Column& column, ColumnType wanted) {
  return column.type() == wanted || (column.type() == ColumnType::integer && wanted == ColumnType::decimal) || is_blank(column);
}

void check_type(const Table& table, const Cast& wanted, Found& found) {
  const auto& column = *table.column(*table.find(wanted.column));
  if (of_type(column, wanted.to)) return;
  auto how = wanted;
  how.on_failure = OnFailure::nothing;
  const auto cast = cast_columns(table, {&how, 1});
  if (!cast.ok()) {
    found.of_table(wanted.column, "type", cast.error().message());
    return;
  }
  const auto& made = *cast->column(*cast->find(wanted.column));
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (!made.is_nothing(row) || is_blank(column, row)) continue;
    const auto value = column.value(row);
    found.of_row(
        row, wanted.column, "type", value,
        {fmt::format("值 {} 不是 {}", told(value), word_of(wanted.to)), fmt::format("{} is no {}", told(value), word_of(wanted.to))});
  }
}

void check_required(const Table& table, const std::string& name, Found& found) {
  const auto& column = *table.column(*table.find(name));
  for (std::size_t row = 0; row < column.size(); ++row)
    if (is_blank(column, row)) found.of_row(row, name, "required", column.value(row), {"必须有值", "a value is required"});
}

void check_unique(const Table& table, const std::vector<std::string>& names, Found& found) {
  std::vector<std::size_t> places;
  std::vector<const Column*> columns;
  std::string label;
  for (const auto& name : names) {
    places.push_back(*table.find(name));
    columns.push_back(table.column(places.back()).get());
    label += (label.empty() ? "" : ", ") + name;
  }
  const RowKeys keys(std::move(columns));
  const auto groups = group_rows(keys);
  for (RowNumber row = 0; row < table.rows(); ++row) {
    const auto first = groups.first[groups.of_row[row]];
    if (first == row || keys.has_nothing(row)) continue;
    List several;
    for (const auto place : places) several.push_back(table.at(row, place));
    const auto value = several.size() == 1 ? several.front() : Value::of(std::move(several));
    found.of_row(row, label, "unique", value,
                 {fmt::format("与第 {} 行重复", first + 1), fmt::format("the same stands in row {}", first + 1)});
  }
}

}  // namespace

Table problems_of(const Table& table, const Checking& what) {
  Found found;
  std::vector<std::string> missing;
  const auto there = [&](const std::string& name) {
    if (table.find(name)) return true;
    if (std::ranges::find(missing, name) == missing.end()) {
      missing.push_back(name);
      found.of_table(name, "column", no_such_name({"列", "column"}, name, table.names()));
    }
    return false;
  };
  for (const auto& name : what.present) there(name);
  for (const auto& cast : what.typed) there(cast.column);
  for (const auto& name : what.required) there(name);
  for (const auto& names : what.unique)
    for (const auto& name : names) there(name);
  for (const auto& cast : what.typed)
    if (table.find(cast.column)) check_type(table, cast, found);
  for (const auto& name : what.required)
    if (table.find(name)) check_required(table, name, found);
  for (const auto& names : what.unique)
    if (!names.empty() && std::ranges::all_of(names, [&](const auto& name) { return table.find(name).has_value(); }))
      check_unique(table, names, found);
  for (const auto& rule : what.rules)
    for (std::size_t row = 0; row < rule.holds->size(); ++row)
      if (rule.holds->is_nothing(row) || rule.holds->flags()[row] == 0)
        found.of_row(row, {}, rule.name, {},
                     {fmt::format("不满足规则“{}”", quoted(rule.name)), fmt::format("the rule \"{}\" does not hold", quoted(rule.name))});
  return std::move(found).finish();
}

}  // namespace quanji::values
