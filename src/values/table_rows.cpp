#include "values/table_rows.h"

#include <fmt/format.h>

#include <unordered_map>

#include "values/table_problems.h"

namespace quanji::values {

using base::Result;

namespace {

std::string at_row(std::size_t row) { return fmt::format("rows/{}", row); }

class Columns {
 public:
  Columns(std::span<const std::string> names, OtherKeys others) : others_(others == OtherKeys::take || names.empty()) {
    for (const auto& name : names) add(name);
  }

  base::Status add_map(const Map& map, std::size_t row) {
    for (const auto& [key, value] : map) {
      auto found = index_.find(key);
      if (found == index_.end()) {
        if (!others_) continue;
        if (key.empty())
          return table_problem(at_row(row), {fmt::format("第 {} 行有空的列名", row + 1), fmt::format("row {} has an empty name", row + 1)});
        add(key);
        found = index_.find(key);
      }
      auto& builder = builders_[found->second];
      while (builder.size() < row) builder.add_nothing();
      if (!builder.add(value)) return base::Error(base::Code::bug);
    }
    return {};
  }
  base::Status add_list(const List& list, std::size_t row) {
    if (list.size() != builders_.size())
      return table_problem(at_row(row),
                           {fmt::format("第 {} 行有 {} 个值，应有 {} 个", row + 1, list.size(), builders_.size()),
                            fmt::format("row {} has {} values where there are {} columns", row + 1, list.size(), builders_.size())});
    for (std::size_t i = 0; i < list.size(); ++i)
      if (!builders_[i].add(list[i])) return base::Error(base::Code::bug);
    return {};
  }
  Result<Table> finish(std::size_t rows) && {
    std::vector<ColumnPtr> columns;
    for (auto& builder : builders_) {
      while (builder.size() < rows) builder.add_nothing();
      columns.push_back(std::move(builder).finish());
    }
    return Table::make(std::move(names_), std::move(columns));
  }

 private:
  void add(const std::string& name) {
    index_.emplace(name, names_.size());
    names_.push_back(name);
    builders_.emplace_back(ColumnType::any);
  }
  bool others_;
  std::vector<std::string> names_;
  std::unordered_map<std::string, std::size_t> index_;
  std::vector<ColumnBuilder> builders_;
};

}  // namespace

Result<Table> table_of_rows(std::span<const Value> rows, std::span<const std::string> names, OtherKeys others) {
  const bool lists = !rows.empty() && rows.front().is(Type::list);
  if (lists && names.empty())
    return table_problem("columns",
                         {"行是列表时要用 columns 给出列名", "rows that are lists need the names of their columns in `columns`"});
  Columns columns(names, lists ? OtherKeys::leave : others);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (!rows[row].is(lists ? Type::list : Type::map))
      return table_problem(
          at_row(row), {fmt::format("第 {} 行应为{}，现为 {}", row + 1, lists ? "列表（与第一行一样）" : "映射", told(rows[row])),
                        fmt::format("row {} should be a {}, but is {}", row + 1, lists ? "list, like the first" : "map", told(rows[row]))});
    QUANJI_DO(lists ? columns.add_list(rows[row].list(), row) : columns.add_map(rows[row].map(), row));
  }
  return std::move(columns).finish(rows.size());
}

List rows_as_maps(const Table& table) {
  List rows;
  rows.reserve(table.rows());
  for (std::size_t row = 0; row < table.rows(); ++row) rows.push_back(Value::of(table.row(row)));
  return rows;
}
List rows_as_lists(const Table& table) {
  List rows;
  rows.reserve(table.rows());
  for (std::size_t row = 0; row < table.rows(); ++row) {
    List one;
    one.reserve(table.columns());
    for (std::size_t i = 0; i < table.columns(); ++i) one.push_back(table.at(row, i));
    rows.push_back(Value::of(std::move(one)));
  }
  return rows;
}

}  // namespace quanji::values
