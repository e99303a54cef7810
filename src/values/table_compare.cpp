#include "values/table_compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "values/column_parts.h"
#include "values/names.h"
#include "values/table_keys.h"
#include "values/table_problems.h"
#include "values/table_shape.h"

namespace quanji::values {

using base::Code;
using base::Problems;
using base::Result;

namespace {

// Two columns that are compared, and the pairs (by number) in which they differ.
struct Compared {
  std::size_t left, right;
  KeyForm form;
  std::optional<Decimal> tolerance;
  std::vector<std::uint32_t> changed;
};
struct Rows {
  std::vector<RowNumber> left, right;  // pairs of one key
  std::vector<RowNumber> only_left, only_right;
};

bool within(const Decimal& a, const Decimal& b, const Decimal& tolerance) {
  // A difference that needs more than 38 digits is told by its size alone: it is larger than any tolerance unless one number is tiny, and
  // then bounds decide.
  if (const auto difference = subtract(a, b)) return difference->absolute() <= tolerance;
  const auto low = subtract(a, tolerance), high = add(a, tolerance);
  return low && high && *low <= b && b <= *high;
}

bool differ(const Column& x, RowNumber i, const Column& y, RowNumber j, const Compared& how) {
  const bool here = !x.is_nothing(i), there = !y.is_nothing(j);
  if (!here || !there) return here != there;
  if (how.tolerance && is_numeric(x) && is_numeric(y)) return !within(number_at(x, i), number_at(y, j), *how.tolerance);
  switch (how.form) {
    case KeyForm::number64:
      return x.numbers()[i] != y.numbers()[j];
    case KeyForm::days:
      return x.days()[i] != y.days()[j];
    case KeyForm::flags:
      return x.flags()[i] != y.flags()[j];
    case KeyForm::text:
      return x.text(i) != y.text(j);
    case KeyForm::number:
      return number_at(x, i) != number_at(y, j);
    case KeyForm::value:
      return x.value(i) != y.value(j);
  }
  return true;
}

std::vector<Compared> compared_columns(const Table& left, const Table& right, const Comparing& how, const KeyPair& keys,
                                       Problems& problems) {
  std::vector<ComparedColumn> wanted = how.columns;
  need_columns(left, how.ignore, "ignore", problems, Side::left);
  if (wanted.empty())
    for (std::size_t i = 0; i < left.columns(); ++i) {
      const auto& name = left.name(i);
      const auto other = right.find(name);
      const bool key = std::find(keys.left.begin(), keys.left.end(), i) != keys.left.end() ||
                       (other && std::find(keys.right.begin(), keys.right.end(), *other) != keys.right.end());
      if (other && !key && std::find(how.ignore.begin(), how.ignore.end(), name) == how.ignore.end()) wanted.push_back({name, name, {}});
    }
  std::vector<Compared> out;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto at = fmt::format("columns/{}", i);
    const auto before = problems.found.size();
    const auto a = need_column(left, wanted[i].left, at + "/left", problems, Side::left);
    const auto b = need_column(right, wanted[i].right.empty() ? wanted[i].left : wanted[i].right, at + "/right", problems, Side::right);
    if (problems.found.size() != before) continue;
    const auto& x = *left.column(a);
    const auto& y = *right.column(b);
    const auto form = key_form(x, y);
    if (!form)
      problems.add(Code::invalid_field, at,
                   {fmt::format("左表列“{}”是 {}，右表列“{}”是 {}，不能比较；请先转换其中一列", quoted(left.name(a)), word_of(x.type()),
                                quoted(right.name(b)), word_of(y.type())),
                    fmt::format("column \"{}\" on the left is {}, \"{}\" on the right is {}: they do not compare; cast one of them first",
                                quoted(left.name(a)), word_of(x.type()), quoted(right.name(b)), word_of(y.type()))});
    if (wanted[i].tolerance) {
      const bool numbers = (is_numeric(x) || is_blank(x)) && (is_numeric(y) || is_blank(y));
      if (!numbers || *wanted[i].tolerance < Decimal())
        problems.add(Code::invalid_field, at + "/tolerance",
                     {"容差只用于数值列，且不小于 0", "a tolerance is for columns of numbers, and 0 or more"});
    }
    out.push_back({a, b, form.value_or(KeyForm::value), wanted[i].tolerance, {}});
  }
  return out;
}

Result<Rows> matched(const Table& left, const Table& right, const KeyPair& keys) {
  QUANJI_TRY(const auto paired, paired_keys(left, right, keys, "keys"));
  const KeyIndex lefts(paired.left), rights(paired.right);
  if (lefts.duplicate()) return duplicate_problem(left, keys.left, *lefts.duplicate(), "left", Side::left);
  if (rights.duplicate()) return duplicate_problem(right, keys.right, *rights.duplicate(), "right", Side::right);
  Rows rows;
  std::vector<std::uint8_t> met(right.rows());
  const auto partners = rights.first_rows(paired.left);
  for (RowNumber row = 0; row < left.rows(); ++row) {
    const auto partner = partners[row];
    if (partner == no_row) {
      rows.only_left.push_back(row);
      continue;
    }
    met[partner] = 1;
    rows.left.push_back(row);
    rows.right.push_back(partner);
  }
  for (RowNumber row = 0; row < right.rows(); ++row)
    if (!met[row]) rows.only_right.push_back(row);
  return rows;
}

std::vector<RowNumber> picked(const std::vector<RowNumber>& rows, const std::vector<std::uint32_t>& pairs) {
  std::vector<RowNumber> out(pairs.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) out[i] = rows[pairs[i]];
  return out;
}

// Key columns (as the left table names them) at these left rows.
void put_keys(const Table& left, const KeyPair& keys, std::span<const RowNumber> rows, std::vector<std::string>& names,
              std::vector<ColumnPtr>& columns) {
  for (const auto i : keys.left) {
    names.push_back(left.name(i));
    columns.push_back(gather(*left.column(i), rows));
  }
}

Result<Table> named(std::vector<std::string> names, std::vector<ColumnPtr> columns) {
  auto table = Table::make(std::move(names), std::move(columns));
  if (!table.ok()) return table_problem("names", table.error().message());  // the added names clash with the keys' own
  return table;
}

Result<Table> changed_rows(const Table& left, const Table& right, const Comparing& how, const KeyPair& keys,
                           const std::vector<Compared>& compared, const Rows& rows, const std::vector<std::uint32_t>& pairs) {
  const auto lefts = picked(rows.left, pairs), rights = picked(rows.right, pairs);
  std::vector<std::string> names;
  std::vector<ColumnPtr> columns;
  put_keys(left, keys, lefts, names, columns);
  for (const auto& one : compared) {
    names.push_back(left.name(one.left) + how.left_suffix);
    columns.push_back(gather(*left.column(one.left), lefts));
    names.push_back(left.name(one.left) + how.right_suffix);
    columns.push_back(gather(*right.column(one.right), rights));
  }
  return named(std::move(names), std::move(columns));
}

Result<Table> changed_cells(const Table& left, const Table& right, const Comparing& how, const KeyPair& keys,
                            const std::vector<Compared>& compared, const Rows& rows) {
  struct Cell {
    std::uint32_t pair, column;
  };
  std::vector<Cell> cells;
  std::vector<ColumnPtr> lefts, rights;
  ColumnBuilder differences(ColumnType::any);
  ColumnBuilder labels(ColumnType::text);
  for (std::uint32_t i = 0; i < compared.size(); ++i) {
    const auto& one = compared[i];
    lefts.push_back(gather(*left.column(one.left), picked(rows.left, one.changed)));
    rights.push_back(gather(*right.column(one.right), picked(rows.right, one.changed)));
    labels.add_text(left.name(one.left));
    const auto& a = *lefts.back();
    const auto& b = *rights.back();
    const bool numbers = is_numeric(a) && is_numeric(b);
    for (std::size_t row = 0; row < one.changed.size(); ++row) {
      cells.push_back({one.changed[row], i});
      std::optional<Decimal> difference;
      if (numbers && !a.is_nothing(row) && !b.is_nothing(row)) difference = subtract(number_at(b, row), number_at(a, row));
      if (difference)
        differences.add(*difference);
      else
        differences.add_nothing();
    }
  }
  // Found column by column; told row by row.
  std::vector<RowNumber> order(cells.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](RowNumber a, RowNumber b) {
    return cells[a].pair != cells[b].pair ? cells[a].pair < cells[b].pair : cells[a].column < cells[b].column;
  });
  std::vector<RowNumber> key_rows(cells.size()), label_rows(cells.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    key_rows[i] = rows.left[cells[order[i]].pair];
    label_rows[i] = cells[order[i]].column;
  }
  std::vector<std::string> names;
  std::vector<ColumnPtr> columns;
  put_keys(left, keys, key_rows, names, columns);
  names.push_back(how.column_name);
  columns.push_back(gather(*std::move(labels).finish(), label_rows));
  names.push_back(how.left_name);
  columns.push_back(gather(*concatenated(lefts), order));
  names.push_back(how.right_name);
  columns.push_back(gather(*concatenated(rights), order));
  names.push_back(how.difference_name);
  columns.push_back(gather(*std::move(differences).finish(), order));
  return named(std::move(names), std::move(columns));
}

}  // namespace

Result<Comparison> compare_tables(const Table& left, const Table& right, const Comparing& how) {
  Problems problems;
  const auto keys = need_keys(left, right, how.keys, "keys", problems);
  QUANJI_DO(as_status(problems));
  auto compared = compared_columns(left, right, how, keys, problems);
  QUANJI_DO(as_status(problems));
  QUANJI_TRY(const auto rows, matched(left, right, keys));

  std::vector<std::uint8_t> changed(rows.left.size());
  for (auto& one : compared) {
    const auto& x = *left.column(one.left);
    const auto& y = *right.column(one.right);
    for (std::uint32_t pair = 0; pair < rows.left.size(); ++pair) {
      if (pair + 2 * rows_ahead < rows.left.size()) {
        ColumnParts::prefetch_near(y, rows.right[pair + 2 * rows_ahead]);
        ColumnParts::prefetch_far(y, rows.right[pair + rows_ahead]);
      }
      if (!differ(x, rows.left[pair], y, rows.right[pair], one)) continue;
      one.changed.push_back(pair);
      changed[pair] = 1;
    }
  }
  std::vector<std::uint32_t> pairs;
  std::vector<RowNumber> same;
  for (std::uint32_t pair = 0; pair < changed.size(); ++pair) {
    if (changed[pair])
      pairs.push_back(pair);
    else
      same.push_back(rows.left[pair]);
  }
  Comparison out;
  out.left_rows = left.rows();
  out.right_rows = right.rows();
  out.only_left = rows_at(left, rows.only_left);
  out.only_right = rows_at(right, rows.only_right);
  out.same = same.size() == left.rows() ? left : rows_at(left, same);
  QUANJI_TRY(out.changed, changed_rows(left, right, how, keys, compared, rows, pairs));
  QUANJI_TRY(out.cells, changed_cells(left, right, how, keys, compared, rows));
  return out;
}

}  // namespace quanji::values
