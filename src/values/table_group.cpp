#include "values/table_group.h"

#include <fmt/format.h>

#include <algorithm>

#include "values/column_parts.h"
#include "values/names.h"
#include "values/table_keys.h"
#include "values/table_problems.h"

namespace quanji::values {

using base::Code;
using base::Problems;
using base::Result;
using base::Text;

namespace {

constexpr std::string_view fold_words[] = {"count", "sum", "min", "max", "mean", "first", "last", "count_distinct", "list", "concat"};

// One aggregate over all groups.
class Folded {
 public:
  Folded(const Table& table, const Grouping& groups, std::span<const std::size_t> keys, const Aggregate& what, std::string at)
      : table_(table), groups_(groups), keys_(keys), what_(what), at_(std::move(at)) {}

  Result<ColumnPtr> run() {
    if (what_.column.empty()) {
      if (what_.fold == Fold::count) return count_rows();
      return refuse({fmt::format("{} 需要列名", word_of(what_.fold)), fmt::format("{} needs a column", word_of(what_.fold))});
    }
    Problems problems;
    const auto place = need_column(table_, what_.column, at_ + "/column", problems);
    QUANJI_DO(as_status(std::move(problems)));
    const auto& column = *table_.column(place);
    switch (what_.fold) {
      case Fold::count:
        return integer_column(counts(column));
      case Fold::sum:
        return sum(column);
      case Fold::min:
      case Fold::max:
        return extreme(column);
      case Fold::mean:
        return mean(column);
      case Fold::first:
        return gather(column, groups_.first);
      case Fold::last: {
        std::vector<RowNumber> last(groups_.first.size(), no_row);
        for (RowNumber row = 0; row < groups_.of_row.size(); ++row) last[groups_.of_row[row]] = row;
        return gather(column, last);
      }
      case Fold::count_distinct:
        return count_distinct(column);
      case Fold::list:
        return list(column);
      case Fold::concat:
        return concat(column);
    }
    return refuse({"未知的汇总", "an unknown aggregate"});
  }

 private:
  base::Error refuse(Text reason) const { return table_problem(at_ + "/column", std::move(reason)); }
  base::Error refuse_type(const Column& column) const {
    return refuse({fmt::format("列“{}”是 {}，不能求 {}；请先转换", quoted(what_.column), word_of(column.type()), word_of(what_.fold)),
                   fmt::format("column \"{}\" is {}: no {} of that; cast it first", quoted(what_.column), word_of(column.type()),
                               word_of(what_.fold))});
  }
  base::Error overflow(std::size_t group) const {
    std::string key;
    for (const auto i : keys_)
      key += fmt::format("{}{} = {}", key.empty() ? "" : ", ", quoted(table_.name(i)), told(table_.at(groups_.first[group], i)));
    const auto where = key.empty() ? std::string() : fmt::format(" ({})", key);
    return refuse({fmt::format("列“{}”的合计{}超出可精确表示的范围", quoted(what_.column), where),
                   fmt::format("the sum of column \"{}\"{} is beyond what can be held exactly", quoted(what_.column), where)});
  }
  // Calls one(group, row) for each row that is not nothing.
  template <class One>
  void each(const Column& column, One one) const {
    const auto rows = groups_.of_row.size();
    if (!column.has_nothing()) {
      for (std::size_t row = 0; row < rows; ++row) one(groups_.of_row[row], row);
      return;
    }
    for (std::size_t row = 0; row < rows; ++row)
      if (!column.is_nothing(row)) one(groups_.of_row[row], row);
  }
  std::size_t size() const { return groups_.first.size(); }

  ColumnPtr count_rows() const {
    std::vector<std::int64_t> counts(size());
    for (const auto group : groups_.of_row) ++counts[group];
    return integer_column(std::move(counts));
  }
  std::vector<std::int64_t> counts(const Column& column) const {
    std::vector<std::int64_t> counts(size());
    each(column, [&](std::uint32_t group, std::size_t) { ++counts[group]; });
    return counts;
  }
  std::vector<Int128> sums(const Column& column) const {
    // Below 2^32 rows of 64 bits each: 128 bits hold any sum.
    std::vector<Int128> sums(size());
    const auto numbers = column.numbers();
    each(column, [&](std::uint32_t group, std::size_t row) { sums[group] += numbers[row]; });
    return sums;
  }

  // The sums as decimals, whatever the numeric form of the column.
  Result<std::vector<Decimal>> decimal_sums(const Column& column) const {
    std::vector<Decimal> out(size());
    if (column.type() == ColumnType::integer || column.is_narrow()) {
      const auto units = sums(column);
      for (std::size_t group = 0; group < out.size(); ++group) {
        const auto sum = Decimal::make(units[group], column.type() == ColumnType::integer ? 0 : -column.places());
        if (!sum) return overflow(group);
        out[group] = *sum;
      }
      return out;
    }
    std::optional<std::size_t> beyond;
    std::vector<std::uint8_t> begun(size());
    each(column, [&](std::uint32_t group, std::size_t row) {
      const auto sum = begun[group] ? add(out[group], column.wide()[row]) : column.wide()[row];
      begun[group] = 1;
      if (sum)
        out[group] = *sum;
      else if (!beyond)
        beyond = group;
    });
    if (beyond) return overflow(*beyond);
    return out;
  }

  Result<ColumnPtr> sum(const Column& column) const {
    if (is_blank(column)) return integer_column(std::vector<std::int64_t>(size()));
    if (column.type() == ColumnType::duration) return sum_of_durations(column);
    if (!is_numeric(column)) return refuse_type(column);
    QUANJI_TRY(const auto totals, decimal_sums(column));
    bool whole = column.type() == ColumnType::integer;
    for (const auto& total : totals) whole = whole && total.whole().has_value();
    ColumnBuilder builder(whole ? ColumnType::integer : ColumnType::decimal);
    builder.reserve(size());
    for (const auto& total : totals) {
      if (whole)
        builder.add_integer(*total.whole());
      else
        builder.add(total);
    }
    return std::move(builder).finish();
  }
  Result<ColumnPtr> sum_of_durations(const Column& column) const {
    const auto totals = sums(column);
    ColumnBuilder builder(ColumnType::duration);
    for (std::size_t group = 0; group < totals.size(); ++group) {
      if (totals[group] > INT64_MAX || totals[group] < INT64_MIN) return overflow(group);
      builder.add_integer(static_cast<std::int64_t>(totals[group]));
    }
    return std::move(builder).finish();
  }

  Result<ColumnPtr> mean(const Column& column) const {
    ColumnBuilder builder(ColumnType::decimal, what_.places.value_or(0));
    if (is_blank(column)) {
      for (std::size_t group = 0; group < size(); ++group) builder.add_nothing();
      return std::move(builder).finish();
    }
    if (!is_numeric(column)) return refuse_type(column);
    QUANJI_TRY(const auto totals, decimal_sums(column));
    const auto many = counts(column);
    for (std::size_t group = 0; group < totals.size(); ++group) {
      if (many[group] == 0) {
        builder.add_nothing();
        continue;
      }
      const auto many_as = Decimal::of(many[group]);
      const auto mean = what_.places ? divide(totals[group], many_as, *what_.places, what_.rounding) : quotient(totals[group], many_as);
      if (!mean && !what_.places) return overflow(group);
      if (!mean)
        return table_problem(at_ + "/places", {fmt::format("{} 位小数的平均值超过 38 位", *what_.places),
                                               fmt::format("a mean with {} places needs more than 38 digits", *what_.places)});
      builder.add(*mean);
    }
    return std::move(builder).finish();
  }

  template <class Less>
  ColumnPtr extreme_by(const Column& column, Less less) const {
    std::vector<RowNumber> best(size(), no_row);
    const bool least = what_.fold == Fold::min;
    each(column, [&](std::uint32_t group, std::size_t row) {
      auto& so_far = best[group];
      if (so_far == no_row || (least ? less(row, so_far) : less(so_far, row))) so_far = static_cast<RowNumber>(row);
    });
    return gather(column, best);
  }
  Result<ColumnPtr> extreme(const Column& column) const {
    const auto by = [&](const auto& packed) {
      return extreme_by(column, [packed](std::size_t a, std::size_t b) { return packed[a] < packed[b]; });
    };
    switch (column.type()) {
      case ColumnType::boolean:
        return by(column.flags());
      case ColumnType::date:
        return by(column.days());
      case ColumnType::text:
        return extreme_by(column, [&](std::size_t a, std::size_t b) { return column.text(a) < column.text(b); });
      case ColumnType::any: {
        const Value* one = nullptr;
        for (const auto& value : column.values()) {
          if (value.is(Type::nothing)) continue;
          if (!one) one = &value;
          if (!Value::comparable(*one, value)) return refuse_type(column);
        }
        return extreme_by(column, [&](std::size_t a, std::size_t b) { return Value::compare(column.values()[a], column.values()[b]) < 0; });
      }
      default:
        return column.is_narrow() ? by(column.numbers()) : by(column.wide());
    }
  }

  Result<ColumnPtr> count_distinct(const Column& column) const {
    const RowKeys keys({&column});
    std::vector<RowNumber> first;
    std::vector<std::int64_t> counts(size());
    KeyNumbers numbers(0);
    each(column, [&](std::uint32_t group, std::size_t at) {
      const auto row = static_cast<RowNumber>(at);
      const auto hash = (keys.hash(row) ^ (group * 0x9E3779B97F4A7C15U)) * 0xD6E8FEB86659FD93U;
      const auto fresh = static_cast<std::uint32_t>(first.size());
      const auto number = numbers.find_or_add(hash ^ (hash >> 32), fresh, [&](std::uint32_t other) {
        return groups_.of_row[first[other]] == group && RowKeys::equal(keys, row, keys, first[other]);
      });
      if (number != fresh) return;
      first.push_back(row);
      ++counts[group];
    });
    return integer_column(std::move(counts));
  }

  ColumnPtr list(const Column& column) const {
    std::vector<List> lists(size());
    for (std::size_t row = 0; row < groups_.of_row.size(); ++row) lists[groups_.of_row[row]].push_back(column.value(row));
    ColumnBuilder builder(ColumnType::any);
    for (auto& one : lists) builder.add(Value::of(std::move(one)));
    return std::move(builder).finish();
  }
  ColumnPtr concat(const Column& column) const {
    std::vector<std::string> texts(size());
    std::vector<std::uint8_t> begun(size());
    each(column, [&](std::uint32_t group, std::size_t row) {
      if (begun[group]) texts[group] += what_.separator;
      begun[group] = 1;
      if (column.type() == ColumnType::text)
        texts[group] += column.text(row);
      else
        texts[group] += column.value(row).display();
    });
    ColumnBuilder builder(ColumnType::text);
    for (const auto& text : texts) builder.add_text(text);
    return std::move(builder).finish();
  }

  const Table& table_;
  const Grouping& groups_;
  std::span<const std::size_t> keys_;
  const Aggregate& what_;
  std::string at_;
};

std::string name_of(const Aggregate& what) {
  if (!what.as.empty()) return what.as;
  return what.column.empty() ? std::string(word_of(what.fold)) : fmt::format("{}_{}", what.column, word_of(what.fold));
}

}  // namespace

std::string_view word_of(Fold fold) { return fold_words[static_cast<std::size_t>(fold)]; }
std::optional<Fold> fold_of(std::string_view word) {
  const auto* const found = std::find(std::begin(fold_words), std::end(fold_words), word);
  if (found == std::end(fold_words)) return {};
  return static_cast<Fold>(found - std::begin(fold_words));
}

Result<Table> group_by(const Table& table, std::span<const std::string> keys, std::span<const Aggregate> aggregates) {
  Problems problems;
  const auto places = need_columns(table, keys, "keys", problems);
  QUANJI_DO(as_status(std::move(problems)));
  Grouping groups;
  if (places.empty()) {
    groups.of_row.resize(table.rows());
    groups.first.push_back(table.rows() > 0 ? 0 : no_row);
  } else {
    std::vector<const Column*> columns;
    for (const auto i : places) columns.push_back(table.column(i).get());
    groups = group_rows(RowKeys(std::move(columns)));
  }
  std::vector<std::string> names(keys.begin(), keys.end());
  std::vector<ColumnPtr> columns;
  for (const auto i : places) columns.push_back(gather(*table.column(i), groups.first));
  for (std::size_t i = 0; i < aggregates.size(); ++i) {
    const auto at = fmt::format("aggregates/{}", i);
    auto name = name_of(aggregates[i]);
    if (std::find(names.begin(), names.end(), name) != names.end())
      problems.add(Code::invalid_field, at + "/as",
                   {fmt::format("结果中已有列“{}”", quoted(name)), fmt::format("the result has a column \"{}\" already", quoted(name))});
    names.push_back(std::move(name));
    auto column = Folded(table, groups, places, aggregates[i], at).run();
    if (column.ok()) {
      columns.push_back(std::move(column).value());
    } else {
      for (const auto& problem : column.error().fields()) problems.add(Code::invalid_field, problem.field, problem.reason);
    }
  }
  QUANJI_DO(as_status(std::move(problems)));
  return Table::make(std::move(names), std::move(columns));
}

}  // namespace quanji::values
