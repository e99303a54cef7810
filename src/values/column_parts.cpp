#include "values/column_parts.h"

#include <algorithm>
#include <cstring>

namespace quanji::values {
namespace {

constexpr std::uint64_t all_set = ~std::uint64_t{0};

template <class T>
std::vector<T> picked(std::span<const T> from, std::span<const RowNumber> rows) {
  std::vector<T> out(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i] != no_row) out[i] = from[rows[i]];
  return out;
}

void pick_texts(const Column& from, std::span<const RowNumber> rows, Column& to) {
  auto& ends = ColumnParts::ends(to);
  auto& bytes = ColumnParts::text(to);
  ends.resize(rows.size());
  std::vector<const char*> starts(rows.size());
  std::size_t size = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i + rows_ahead < rows.size() && rows[i + rows_ahead] != no_row) ColumnParts::prefetch_near(from, rows[i + rows_ahead]);
    if (rows[i] != no_row) {
      const auto text = from.text(rows[i]);
      starts[i] = text.data();
      size += text.size();
    }
    ends[i] = size;
  }
  bytes.resize(size);
  std::size_t at = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i + rows_ahead < rows.size()) __builtin_prefetch(starts[i + rows_ahead]);
    if (ends[i] != at) std::memcpy(bytes.data() + at, starts[i], ends[i] - at);
    at = ends[i];
  }
}

std::vector<std::uint64_t> picked_presence(const Column& from, std::span<const RowNumber> rows) {
  const bool gaps = std::find(rows.begin(), rows.end(), no_row) != rows.end();
  if (!gaps && !from.has_nothing()) return {};
  std::vector<std::uint64_t> bits((rows.size() + 63) / 64, all_set);
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i] == no_row || from.is_nothing(rows[i])) bits[i >> 6] &= ~(std::uint64_t{1} << (i & 63U));
  return bits;
}

// Columns of one type whose packed forms can stand behind each other.
bool joins_packed(std::span<const ColumnPtr> columns) {
  const auto& first = *columns.front();
  return std::all_of(columns.begin(), columns.end(), [&](const ColumnPtr& c) {
    return c->type() == first.type() && c->places() == first.places() && c->is_narrow() == first.is_narrow();
  });
}

template <class T>
void append(std::vector<T>& to, std::span<const T> from) {
  to.insert(to.end(), from.begin(), from.end());
}

ColumnPtr packed_behind(std::span<const ColumnPtr> columns) {
  std::size_t rows = 0;
  bool nothing = false;
  for (const auto& c : columns) {
    rows += c->size();
    nothing = nothing || c->has_nothing();
  }
  auto out = ColumnParts::fresh(columns.front()->type(), rows, columns.front()->places());
  auto& to = *out;
  for (const auto& c : columns) {
    append(ColumnParts::numbers(to), c->numbers());
    append(ColumnParts::days(to), c->days());
    append(ColumnParts::flags(to), c->flags());
    append(ColumnParts::wide(to), c->wide());
    append(ColumnParts::values(to), c->values());
    if (c->type() != ColumnType::text) continue;
    const auto before = ColumnParts::text(to).size();
    for (std::size_t row = 0; row < c->size(); ++row) {
      ColumnParts::text(to) += c->text(row);
      ColumnParts::ends(to).push_back(ColumnParts::text(to).size());
    }
    if (before == 0) ColumnParts::ends(to).reserve(rows);
  }
  if (nothing) {
    std::vector<std::uint64_t> bits((rows + 63) / 64, all_set);
    std::size_t at = 0;
    for (const auto& c : columns)
      for (std::size_t row = 0; row < c->size(); ++row, ++at)
        if (c->is_nothing(row)) bits[at >> 6] &= ~(std::uint64_t{1} << (at & 63U));
    ColumnParts::settle(to, std::move(bits));
  }
  return out;
}

void append_rows(ColumnBuilder& builder, ColumnType as, const Column& column) {
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (column.is_nothing(row))
      builder.add_nothing();
    else if (as == ColumnType::decimal)
      builder.add(number_at(column, row));
    else if (column.type() == ColumnType::text)
      builder.add_text(column.text(row));
    else
      builder.add(column.value(row));
  }
}

}  // namespace

std::shared_ptr<Column> ColumnParts::fresh(ColumnType type, std::size_t size, std::int32_t places) {
  auto column = std::make_shared<Column>();
  column->type_ = type;
  column->size_ = size;
  column->places_ = places;
  return column;
}

void ColumnParts::settle(Column& c, std::vector<std::uint64_t> present) {
  const bool all = std::all_of(present.begin(), present.end(), [](std::uint64_t word) { return word == all_set; });
  c.present_ = all ? std::vector<std::uint64_t>() : std::move(present);
}

ColumnPtr gather(const Column& from, std::span<const RowNumber> rows) {
  auto out = ColumnParts::fresh(from.type(), rows.size(), from.places());
  switch (from.type()) {
    case ColumnType::any:
      ColumnParts::values(*out) = picked(from.values(), rows);
      break;
    case ColumnType::boolean:
      ColumnParts::flags(*out) = picked(from.flags(), rows);
      break;
    case ColumnType::date:
      ColumnParts::days(*out) = picked(from.days(), rows);
      break;
    case ColumnType::text:
      pick_texts(from, rows, *out);
      break;
    default:
      if (from.is_narrow())
        ColumnParts::numbers(*out) = picked(from.numbers(), rows);
      else
        ColumnParts::wide(*out) = picked(from.wide(), rows);
  }
  ColumnParts::settle(*out, picked_presence(from, rows));
  return out;
}

ColumnPtr gather(const ColumnPtr& from, std::span<const RowNumber> rows) {
  if (rows.size() == from->size()) {
    std::size_t i = 0;
    while (i < rows.size() && rows[i] == i) ++i;
    if (i == rows.size()) return from;
  }
  return gather(*from, rows);
}

ColumnPtr concatenated(std::span<const ColumnPtr> all) {
  std::vector<ColumnPtr> columns;
  bool numeric = true;
  for (const auto& column : all) {
    if (is_blank(*column)) continue;
    columns.push_back(column);
    numeric = numeric && is_numeric(*column);
  }
  std::size_t rows = 0;
  for (const auto& column : all) rows += column->size();
  if (columns.empty()) return blank_column(rows);
  if (all.size() == 1) return all.front();
  if (columns.size() == all.size() && joins_packed(all)) return packed_behind(all);
  const auto& first = *columns.front();
  const bool one_type = std::all_of(columns.begin(), columns.end(), [&](const ColumnPtr& c) { return c->type() == first.type(); });
  const auto as = one_type ? first.type() : numeric ? ColumnType::decimal : ColumnType::any;
  ColumnBuilder builder(as, first.places());
  for (const auto& column : all) append_rows(builder, as, *column);
  return std::move(builder).finish();
}

ColumnPtr blank_column(std::size_t rows) {
  ColumnBuilder builder(ColumnType::any);
  for (std::size_t i = 0; i < rows; ++i) builder.add_nothing();
  return std::move(builder).finish();
}

ColumnPtr constant_column(const Value& value, std::size_t rows) {
  ColumnBuilder builder(ColumnType::any);
  builder.add(value);
  const auto one = std::move(builder).finish();
  return gather(*one, std::vector<RowNumber>(rows, 0));
}

ColumnPtr integer_column(std::vector<std::int64_t> numbers) {
  auto out = ColumnParts::fresh(ColumnType::integer, numbers.size());
  ColumnParts::numbers(*out) = std::move(numbers);
  return out;
}

bool is_blank(const Column& column) {
  if (column.type() != ColumnType::any) return false;
  for (std::size_t row = 0; row < column.size(); ++row)
    if (!column.is_nothing(row)) return false;
  return true;
}

}  // namespace quanji::values
