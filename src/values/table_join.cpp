#include "values/table_join.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "values/column_parts.h"
#include "values/names.h"
#include "values/table_problems.h"
#include "values/table_shape.h"

namespace quanji::values {

using base::Code;
using base::Error;
using base::Problems;
using base::Result;
using base::Text;

namespace {

constexpr std::string_view kind_words[] = {"inner", "left", "right", "full", "semi", "anti"};

// Rows that stand beside each other; no_row where a side has none.
struct Pairs {
  std::vector<RowNumber> left, right;
};

Error too_many(std::size_t most) {
  return Error(Code::too_large, Text(fmt::format("连接结果超过 {} 行；请检查连接键是否足够区分", most),
                                     fmt::format("the join has more than {} rows; check that its keys tell rows apart", most)));
}

Result<Pairs> paired_rows(const PairedKeys& keys, const KeyIndex& index, const Join& how) {
  Pairs pairs;
  const bool keep_left = how.kind == JoinKind::left || how.kind == JoinKind::full;
  const bool keep_right = how.kind == JoinKind::right || how.kind == JoinKind::full;
  std::vector<std::uint8_t> met(keep_right ? keys.right.rows() : 0);
  pairs.left.reserve(keys.left.rows());
  pairs.right.reserve(keys.left.rows());
  const auto partners = index.first_rows(keys.left);
  for (RowNumber row = 0; row < keys.left.rows(); ++row) {
    auto partner = partners[row];
    if (partner == no_row && keep_left) {
      pairs.left.push_back(row);
      pairs.right.push_back(no_row);
    }
    for (; partner != no_row; partner = index.next(partner)) {
      if (pairs.left.size() >= how.most_rows) return too_many(how.most_rows);
      pairs.left.push_back(row);
      pairs.right.push_back(partner);
      if (keep_right) met[partner] = 1;
    }
  }
  if (keep_right)
    for (RowNumber row = 0; row < keys.right.rows(); ++row) {
      if (met[row]) continue;
      pairs.left.push_back(no_row);
      pairs.right.push_back(row);
    }
  if (pairs.left.size() > how.most_rows) return too_many(how.most_rows);
  return pairs;
}

std::vector<RowNumber> left_rows_with(const PairedKeys& keys, const KeyIndex& index, bool partner) {
  std::vector<RowNumber> rows;
  const auto partners = index.first_rows(keys.left);
  for (RowNumber row = 0; row < partners.size(); ++row)
    if ((partners[row] != no_row) == partner) rows.push_back(row);
  return rows;
}

// A key of both sides: the left value, or the right one where there is no left row.
ColumnPtr merged_key(const ColumnPtr& left, const ColumnPtr& right, const Pairs& pairs) {
  const bool gaps = std::find(pairs.left.begin(), pairs.left.end(), no_row) != pairs.left.end();
  if (!gaps) return gather(left, pairs.left);
  const ColumnPtr both[] = {left, right};
  std::vector<RowNumber> rows(pairs.left.size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    rows[i] = pairs.left[i] != no_row ? pairs.left[i] : static_cast<RowNumber>(left->size() + pairs.right[i]);
  return gather(*concatenated(both), rows);
}

Result<Table> put_together(const Table& left, const Table& right, const Join& how, const KeyPair& keys, const Pairs& pairs) {
  // Right columns that stand in a left key column already.
  std::vector<std::size_t> merged(left.columns(), right.columns());
  std::vector<std::uint8_t> gone(right.columns());
  for (std::size_t i = 0; i < keys.left.size(); ++i)
    if (left.name(keys.left[i]) == right.name(keys.right[i])) {
      merged[keys.left[i]] = keys.right[i];
      gone[keys.right[i]] = 1;
    }
  std::vector<std::string> names;
  std::vector<ColumnPtr> columns;
  const auto take = [&](std::string name, std::string_view field, ColumnPtr column) -> base::Status {
    if (std::find(names.begin(), names.end(), name) != names.end())
      return table_problem(std::string(field),
                           {fmt::format("结果中有两列“{}”；请换一个后缀", quoted(name)),
                            fmt::format("the result would have two columns \"{}\"; take another suffix", quoted(name))});
    names.push_back(std::move(name));
    columns.push_back(std::move(column));
    return {};
  };
  for (std::size_t i = 0; i < left.columns(); ++i) {
    if (merged[i] < right.columns()) {
      QUANJI_DO(take(left.name(i), "left_suffix", merged_key(left.column(i), right.column(merged[i]), pairs)));
      continue;
    }
    const auto there = right.find(left.name(i));
    const bool clash = there && !gone[*there];
    QUANJI_DO(take(clash ? left.name(i) + how.left_suffix : left.name(i), "left_suffix", gather(left.column(i), pairs.left)));
  }
  for (std::size_t i = 0; i < right.columns(); ++i) {
    if (gone[i]) continue;
    const bool clash = left.find(right.name(i)).has_value();
    QUANJI_DO(take(clash ? right.name(i) + how.right_suffix : right.name(i), "right_suffix", gather(right.column(i), pairs.right)));
  }
  return Table::make(std::move(names), std::move(columns));
}

}  // namespace

std::string_view word_of(JoinKind kind) { return kind_words[static_cast<std::size_t>(kind)]; }
std::optional<JoinKind> join_kind_of(std::string_view word) {
  const auto* const found = std::find(std::begin(kind_words), std::end(kind_words), word);
  if (found == std::end(kind_words)) return {};
  return static_cast<JoinKind>(found - std::begin(kind_words));
}

KeyPair need_keys(const Table& left, const Table& right, std::span<const JoinKey> keys, std::string_view field, Problems& problems) {
  KeyPair out;
  if (keys.empty()) problems.add(Code::invalid_field, field, {"至少需要一个键", "at least one key is needed"});
  for (std::size_t i = 0; i < keys.size(); ++i) {
    out.left.push_back(need_column(left, keys[i].left, fmt::format("{}/{}/left", field, i), problems, Side::left));
    const auto& name = keys[i].right.empty() ? keys[i].left : keys[i].right;
    out.right.push_back(need_column(right, name, fmt::format("{}/{}/right", field, i), problems, Side::right));
  }
  return out;
}

Result<Table> join(const Table& left, const Table& right, const Join& how) {
  Problems problems;
  const auto keys = need_keys(left, right, how.keys, "keys", problems);
  QUANJI_DO(as_status(problems));
  if (left.rows() + right.rows() > Table::most_rows) return too_many(Table::most_rows);
  QUANJI_TRY(const auto paired, paired_keys(left, right, keys, "keys"));
  const KeyIndex index(paired.right);
  if (how.right_duplicates == Duplicates::refuse && index.duplicate())
    return duplicate_problem(right, keys.right, *index.duplicate(), "right_duplicates", Side::right);
  if (how.left_duplicates == Duplicates::refuse)
    if (const auto twice = KeyIndex(paired.left).duplicate())
      return duplicate_problem(left, keys.left, *twice, "left_duplicates", Side::left);
  if (how.kind == JoinKind::semi || how.kind == JoinKind::anti)
    return rows_at(left, left_rows_with(paired, index, how.kind == JoinKind::semi));
  QUANJI_TRY(const auto pairs, paired_rows(paired, index, how));
  return put_together(left, right, how, keys, pairs);
}

Result<Table> look_up(const Table& table, const Table& other, const Lookup& how) {
  Problems problems;
  const auto keys = need_keys(table, other, how.keys, "keys", problems);
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < how.columns.size(); ++i)
    places.push_back(need_column(other, how.columns[i].from, fmt::format("columns/{}/from", i), problems, Side::right));
  QUANJI_DO(as_status(problems));
  QUANJI_TRY(const auto paired, paired_keys(table, other, keys, "keys"));
  const KeyIndex index(paired.right);
  if (how.duplicates == Duplicates::refuse && index.duplicate())
    return duplicate_problem(other, keys.right, *index.duplicate(), "duplicates", Side::right);
  const auto rows = index.first_rows(paired.left);
  auto out = table;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto& what = how.columns[i];
    const auto& column = other.column(places[i]);
    const auto& name = what.as.empty() ? what.from : what.as;
    if (out.find(name))
      return table_problem(fmt::format("columns/{}/as", i),
                           {fmt::format("已有列“{}”；请另取名称", quoted(name)),
                            fmt::format("there is a column \"{}\" already; give the new one another name", quoted(name))});
    ColumnPtr found;
    if (what.fallback.is(Type::nothing)) {
      found = gather(column, rows);
    } else {
      const ColumnPtr both[] = {column, constant_column(what.fallback, 1)};
      auto places_in_both = rows;
      std::replace(places_in_both.begin(), places_in_both.end(), no_row, static_cast<RowNumber>(column->size()));
      found = gather(*concatenated(both), places_in_both);
    }
    QUANJI_TRY(out, add_column(out, name, std::move(found)));
  }
  return out;
}

}  // namespace quanji::values
