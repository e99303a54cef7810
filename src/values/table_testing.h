// Tables for tests, written as rows of words: table({"code text", "amount decimal"}, {{"600000", "1.20"}, {"", "-"}}). "-" is nothing.
#pragma once
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "values/table.h"

namespace quanji::values::testing {

inline Value value_of_word(ColumnType type, const std::string& word) {
  if (word == "-") return {};
  switch (type) {
    case ColumnType::boolean:
      return Value::of(word == "true");
    case ColumnType::integer:
      return Value::of(std::int64_t{std::stoll(word)});
    case ColumnType::decimal:
      return Value::of(Decimal::parse(word).value());
    case ColumnType::date:
      return Value::of(parse_date(word).value());
    case ColumnType::time:
      return Value::of(parse_time_of_day(word).value());
    case ColumnType::datetime:
      return Value::of(parse_datetime(word).value());
    case ColumnType::duration:
      return Value::of(parse_duration(word).value());
    case ColumnType::text:
      return Value::of(word);
    case ColumnType::any:
      break;
  }
  // Anything: digits are integers, with a point decimals, everything else text.
  if (word.find_first_not_of("0123456789") == std::string::npos && !word.empty()) return Value::of(std::int64_t{std::stoll(word)});
  if (const auto number = Decimal::parse(word); number.ok()) return Value::of(*number);
  return Value::of(word);
}

inline Table table(const std::vector<std::string>& columns, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::string> names;
  std::vector<ColumnPtr> all;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto space = columns[i].rfind(' ');
    names.push_back(columns[i].substr(0, space));
    const auto type = column_type_of(columns[i].substr(space + 1)).value();
    ColumnBuilder builder(type);
    for (const auto& row : rows) EXPECT_TRUE(builder.add(value_of_word(type, row[i])));
    all.push_back(std::move(builder).finish());
  }
  return Table::make(std::move(names), std::move(all)).value();
}

// "code amount | 600000 1.20 | - -": names, then rows; texts as they are, decimals with their places.
inline std::string shown(const Table& table) {
  std::string out;
  for (const auto& name : table.names()) out += (out.empty() ? "" : " ") + name;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    out += " |";
    for (std::size_t i = 0; i < table.columns(); ++i) {
      const auto value = table.at(row, i);
      out += " " + (value.is(Type::nothing) ? "-" : value.display());
    }
  }
  return out;
}
inline std::string shown(const base::Result<Table>& result) {
  if (result.ok()) return shown(*result);
  std::string out;
  for (const auto& problem : result.error().fields()) {
    EXPECT_FALSE(problem.reason.zh.empty());
    out += (out.empty() ? "" : "\n") + problem.field + ": " + problem.reason.en;
  }
  return out.empty() ? result.error().message().en : out;
}
// The same values whatever they are packed as.
inline void expect_equal(const Table& got, const Table& wanted) {
  EXPECT_TRUE(got == wanted) << "got    " << shown(got) << "\nwanted " << shown(wanted);
}

}  // namespace quanji::values::testing
