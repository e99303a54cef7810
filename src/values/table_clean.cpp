#include "values/table_clean.h"

#include <fmt/format.h>

#include <algorithm>

#include "values/column_parts.h"
#include "values/names.h"
#include "values/table_shape.h"

namespace quanji::values {

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view wide = "\u3000", unbroken = "\u00A0";
  for (;;) {
    if (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ')
      text.remove_prefix(1);
    else if (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ')
      text.remove_suffix(1);
    else if (text.starts_with(wide))
      text.remove_prefix(wide.size());
    else if (text.ends_with(wide))
      text.remove_suffix(wide.size());
    else if (text.starts_with(unbroken))
      text.remove_prefix(unbroken.size());
    else if (text.ends_with(unbroken))
      text.remove_suffix(unbroken.size());
    else
      return text;
  }
}

bool is_blank(const Column& column, std::size_t row) {
  if (column.is_nothing(row)) return true;
  if (column.type() == ColumnType::text) return without_blanks(column.text(row)).empty();
  if (column.type() != ColumnType::any) return false;
  const auto& value = column.values()[row];
  return value.is(Type::text) && without_blanks(value.text()).empty();
}

namespace {

ColumnPtr trimmed_texts(const ColumnPtr& column) {
  bool changes = false;
  for (std::size_t row = 0; row < column->size() && !changes; ++row)
    changes = without_blanks(column->text(row)).size() != column->text(row).size();
  if (!changes) return column;
  ColumnBuilder builder(ColumnType::text);
  builder.reserve(column->size());
  for (std::size_t row = 0; row < column->size(); ++row) {
    if (column->is_nothing(row))
      builder.add_nothing();
    else
      builder.add_text(without_blanks(column->text(row)));
  }
  return std::move(builder).finish();
}
ColumnPtr trimmed_values(const ColumnPtr& column) {
  const auto differs = [](const Value& v) { return v.is(Type::text) && without_blanks(v.text()).size() != v.text().size(); };
  if (std::ranges::none_of(column->values(), differs)) return column;
  ColumnBuilder builder(ColumnType::any);
  for (const auto& value : column->values()) builder.add(differs(value) ? Value::of(std::string(without_blanks(value.text()))) : value);
  return std::move(builder).finish();
}

base::Result<std::vector<std::string>> trimmed_names(const Table& table) {
  std::vector<std::string> names;
  for (const auto& name : table.names()) {
    std::string trimmed(without_blanks(name));
    const bool taken = std::ranges::find(names, trimmed) != names.end();
    if (trimmed.empty() || taken)
      return base::Error(base::Code::name_taken,
                         taken ? base::Text(fmt::format("去掉空白后有两列都叫“{}”；先用 table.rename 改名", quoted(trimmed)),
                                            fmt::format("without blanks two columns are named \"{}\"; rename one before", quoted(trimmed)))
                               : base::Text(fmt::format("第 {} 列的列名只有空白；先用 table.rename 改名", names.size() + 1),
                                            fmt::format("the name of column {} is all blanks; rename it before", names.size() + 1)));
    names.push_back(std::move(trimmed));
  }
  return names;
}

}  // namespace

base::Result<Table> clean(const Table& table, const Cleaning& how) {
  auto names = table.names();
  if (how.trim_names) {
    QUANJI_TRY(names, trimmed_names(table));
  }
  std::vector<ColumnPtr> columns;
  for (std::size_t i = 0; i < table.columns(); ++i) {
    auto column = table.column(i);
    if (how.trim_texts && column->type() == ColumnType::text) column = trimmed_texts(column);
    if (how.trim_texts && column->type() == ColumnType::any) column = trimmed_values(column);
    columns.push_back(std::move(column));
  }
  QUANJI_TRY(auto out, Table::make(std::move(names), std::move(columns)));
  if (!how.drop_empty_rows || out.columns() == 0) return out;
  std::vector<RowNumber> rows;
  for (RowNumber row = 0; row < out.rows(); ++row) {
    bool empty = true;
    for (std::size_t i = 0; i < out.columns() && empty; ++i) empty = is_blank(*out.column(i), row);
    if (!empty) rows.push_back(row);
  }
  return rows.size() == out.rows() ? out : rows_at(out, rows);
}

}  // namespace quanji::values
