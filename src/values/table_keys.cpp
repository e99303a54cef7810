#include "values/table_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <functional>

#include "values/names.h"

namespace quanji::values {
namespace {

constexpr std::uint64_t hash_of_nothing = 0x5A17C0FFEE123457U;

std::uint64_t scrambled(std::uint64_t v) {
  v = (v ^ (v >> 32)) * 0xD6E8FEB86659FD93U;
  v = (v ^ (v >> 32)) * 0xD6E8FEB86659FD93U;
  return v ^ (v >> 32);
}

std::uint64_t hash_number(const Column& column, std::size_t row) { return number_at(column, row).hash(); }

// Folds one column into the hashes of all rows.
template <class Hash>
void fold(std::vector<std::uint64_t>& hashes, std::vector<std::uint8_t>& nothing, const Column& column, bool first, Hash hash) {
  const bool gaps = column.has_nothing();
  if (gaps && nothing.empty()) nothing.resize(hashes.size());
  for (std::size_t row = 0; row < hashes.size(); ++row) {
    std::uint64_t one = hash_of_nothing;
    if (gaps && column.is_nothing(row))
      nothing[row] = 1;
    else
      one = hash(row);
    hashes[row] = first ? one : scrambled(hashes[row] + one * 0x9E3779B97F4A7C15U);
  }
}

bool same_form(const Column& a, const Column& b) {
  return a.type() != ColumnType::decimal || (a.is_narrow() && b.is_narrow() && a.places() == b.places());
}

}  // namespace

std::optional<KeyForm> key_form(const Column& a, const Column& b) {
  if (a.type() == ColumnType::any || b.type() == ColumnType::any) return KeyForm::value;
  if (is_numeric(a) && is_numeric(b)) return a.type() == b.type() && same_form(a, b) ? KeyForm::number64 : KeyForm::number;
  if (a.type() != b.type()) return {};
  switch (a.type()) {
    case ColumnType::text:
      return KeyForm::text;
    case ColumnType::date:
      return KeyForm::days;
    case ColumnType::boolean:
      return KeyForm::flags;
    default:
      return KeyForm::number64;
  }
}

RowKeys::RowKeys(std::vector<const Column*> columns) : columns_(std::move(columns)) {
  for (const auto* column : columns_) forms_.push_back(*key_form(*column, *column));
  rows_ = columns_.empty() ? 0 : columns_.front()->size();
  hash_rows();
}

RowKeys::RowKeys(std::vector<const Column*> columns, std::vector<KeyForm> forms, std::size_t rows)
    : columns_(std::move(columns)), forms_(std::move(forms)), rows_(rows) {
  hash_rows();
}

void RowKeys::hash_rows() {
  hashes_.resize(rows_);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const auto& column = *columns_[i];
    const bool first = i == 0;
    switch (forms_[i]) {
      case KeyForm::number64: {
        const auto numbers = column.numbers();
        fold(hashes_, nothing_, column, first, [&](std::size_t row) { return scrambled(static_cast<std::uint64_t>(numbers[row])); });
        break;
      }
      case KeyForm::days: {
        const auto days = column.days();
        fold(hashes_, nothing_, column, first, [&](std::size_t row) { return scrambled(static_cast<std::uint32_t>(days[row])); });
        break;
      }
      case KeyForm::flags: {
        const auto flags = column.flags();
        fold(hashes_, nothing_, column, first, [&](std::size_t row) { return scrambled(flags[row]); });
        break;
      }
      case KeyForm::text:
        fold(hashes_, nothing_, column, first, [&](std::size_t row) { return std::hash<std::string_view>{}(column.text(row)); });
        break;
      case KeyForm::number:
        fold(hashes_, nothing_, column, first, [&](std::size_t row) { return hash_number(column, row); });
        break;
      case KeyForm::value:
        fold(hashes_, nothing_, column, first, [&](std::size_t row) { return column.value(row).hash(); });
        break;
    }
  }
}

bool RowKeys::equal(const RowKeys& a, RowNumber row_a, const RowKeys& b, RowNumber row_b) {
  for (std::size_t i = 0; i < a.columns_.size(); ++i) {
    const auto& x = *a.columns_[i];
    const auto& y = *b.columns_[i];
    const bool nothing = x.is_nothing(row_a);
    if (nothing != y.is_nothing(row_b)) return false;
    if (nothing) continue;
    bool same = false;
    switch (a.forms_[i]) {
      case KeyForm::number64:
        same = x.numbers()[row_a] == y.numbers()[row_b];
        break;
      case KeyForm::days:
        same = x.days()[row_a] == y.days()[row_b];
        break;
      case KeyForm::flags:
        same = x.flags()[row_a] == y.flags()[row_b];
        break;
      case KeyForm::text:
        same = x.text(row_a) == y.text(row_b);
        break;
      case KeyForm::number:
        same = number_at(x, row_a) == number_at(y, row_b);
        break;
      case KeyForm::value:
        same = x.value(row_a) == y.value(row_b);
        break;
    }
    if (!same) return false;
  }
  return true;
}

KeyNumbers::KeyNumbers(std::size_t expected) {
  slots_.resize(std::bit_ceil(std::max<std::size_t>(64, expected * 2)));
  mask_ = slots_.size() - 1;
}

void KeyNumbers::grow() {
  std::vector<Slot> wider(slots_.size() * 4);
  mask_ = wider.size() - 1;
  for (const auto& slot : slots_) {
    if (slot.number == none) continue;
    std::size_t at = slot.hash & mask_;
    while (wider[at].number != none) at = (at + 1) & mask_;
    wider[at] = slot;
  }
  slots_ = std::move(wider);
}

Grouping group_rows(const RowKeys& keys) {
  Grouping out;
  out.of_row.resize(keys.rows());
  KeyNumbers numbers(0);
  for (RowNumber row = 0; row < keys.rows(); ++row) {
    if (row + rows_ahead < keys.rows()) numbers.prefetch(keys.hash(row + static_cast<RowNumber>(rows_ahead)));
    const auto fresh = static_cast<std::uint32_t>(out.first.size());
    const auto group = numbers.find_or_add(keys.hash(row), fresh,
                                           [&](std::uint32_t number) { return RowKeys::equal(keys, row, keys, out.first[number]); });
    if (group == fresh) out.first.push_back(row);
    out.of_row[row] = group;
  }
  return out;
}

KeyIndex::KeyIndex(const RowKeys& keys) : keys_(keys), first_(keys.rows()), next_(keys.rows(), no_row) {
  std::vector<RowNumber> last;  // by first row; made when a key stands twice
  for (RowNumber row = 0; row < keys.rows(); ++row) {
    if (row + rows_ahead < keys.rows()) first_.prefetch(keys.hash(row + static_cast<RowNumber>(rows_ahead)));
    if (keys.has_nothing(row)) continue;
    const auto first = first_.find_or_add(keys.hash(row), row, [&](std::uint32_t other) { return RowKeys::equal(keys, row, keys, other); });
    if (first == row) continue;
    if (!duplicate_) {
      duplicate_ = Twice{first, row};
      last.assign(keys.rows(), no_row);
    }
    next_[last[first] == no_row ? first : last[first]] = row;
    last[first] = row;
  }
}

std::vector<RowNumber> KeyIndex::first_rows(const RowKeys& other) const {
  std::vector<RowNumber> out(other.rows(), no_row);
  // In steps over blocks of rows, so that the waits for memory of one step overlap: slots, candidates, what they hold, comparison.
  constexpr std::size_t block = 64;
  for (std::size_t start = 0; start < out.size(); start += block) {
    const auto end = std::min(start + block, out.size());
    for (auto row = start; row < end; ++row) first_.prefetch(other.hash(static_cast<RowNumber>(row)));
    for (auto row = start; row < end; ++row) {
      if (other.has_nothing(static_cast<RowNumber>(row))) continue;
      out[row] = first_.candidate(other.hash(static_cast<RowNumber>(row)));
      if (out[row] != no_row) keys_.prefetch_near(out[row]);
    }
    for (auto row = start; row < end; ++row)
      if (out[row] != no_row) keys_.prefetch_far(out[row]);
    for (auto at = start; at < end; ++at) {
      const auto row = static_cast<RowNumber>(at);
      if (out[row] == no_row || RowKeys::equal(other, row, keys_, out[row])) continue;
      out[row] = first_.find(other.hash(row), [&](std::uint32_t candidate) { return RowKeys::equal(other, row, keys_, candidate); });
    }
  }
  return out;
}

base::Error duplicate_problem(const Table& table, std::span<const std::size_t> columns, KeyIndex::Twice twice, std::string field,
                              Side side) {
  std::string key;
  for (const auto i : columns)
    key += fmt::format("{}{} = {}", key.empty() ? "" : ", ", quoted(table.name(i)), told(table.at(twice.first, i)));
  const auto where = word_of(side);
  return table_problem(
      std::move(field),
      {fmt::format("{}中键重复：{}，见第 {} 行和第 {} 行", where.zh, key, twice.first + 1, twice.second + 1),
       fmt::format("a key stands twice in the {}: {} in rows {} and {}", where.en, key, twice.first + 1, twice.second + 1)});
}

base::Result<PairedKeys> paired_keys(const Table& left, const Table& right, const KeyPair& keys, std::string_view field) {
  base::Problems problems;
  std::vector<const Column*> left_columns, right_columns;
  std::vector<KeyForm> forms;
  for (std::size_t i = 0; i < keys.left.size(); ++i) {
    const auto& a = *left.column(keys.left[i]);
    const auto& b = *right.column(keys.right[i]);
    const auto form = key_form(a, b);
    if (!form)
      problems.add(base::Code::invalid_field, fmt::format("{}/{}", field, i),
                   {fmt::format("左表列“{}”是 {}，右表列“{}”是 {}，不能比较；请先转换其中一列", quoted(left.name(keys.left[i])),
                                word_of(a.type()), quoted(right.name(keys.right[i])), word_of(b.type())),
                    fmt::format("column \"{}\" on the left is {}, \"{}\" on the right is {}: they do not compare; cast one of them first",
                                quoted(left.name(keys.left[i])), word_of(a.type()), quoted(right.name(keys.right[i])), word_of(b.type()))});
    left_columns.push_back(&a);
    right_columns.push_back(&b);
    forms.push_back(form.value_or(KeyForm::value));
  }
  QUANJI_DO(as_status(problems));
  return PairedKeys{RowKeys(std::move(left_columns), forms, left.rows()), RowKeys(std::move(right_columns), forms, right.rows())};
}

}  // namespace quanji::values
