// Rows as keys: hashing and comparing some columns of a row, grouping rows, finding the rows of another table. Packed all the way.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "values/column_parts.h"
#include "values/table_problems.h"

namespace quanji::values {

// How two columns are compared as keys: by 64-bit numbers of one meaning, days, flags, texts, as numbers of any form, as values.
enum class KeyForm : std::uint8_t { number64, days, flags, text, number, value };
// Nothing when they never compare (text with date …).
std::optional<KeyForm> key_form(const Column& a, const Column& b);

// The key columns of one table. Refers to columns that must live as long. Any thread.
class RowKeys {
 public:
  // Columns compared with themselves.
  explicit RowKeys(std::vector<const Column*> columns);
  RowKeys(std::vector<const Column*> columns, std::vector<KeyForm> forms, std::size_t rows);

  std::size_t rows() const { return rows_; }
  std::uint64_t hash(RowNumber row) const { return hashes_[row]; }
  bool has_nothing(RowNumber row) const { return !nothing_.empty() && nothing_[row] != 0; }
  // nothing equals nothing here; who does not want that asks has_nothing.
  static bool equal(const RowKeys& a, RowNumber row_a, const RowKeys& b, RowNumber row_b);
  void prefetch_near(RowNumber row) const {
    for (const auto* column : columns_) ColumnParts::prefetch_near(*column, row);
  }
  void prefetch_far(RowNumber row) const {
    for (const auto* column : columns_) ColumnParts::prefetch_far(*column, row);
  }

 private:
  void hash_rows();
  std::vector<const Column*> columns_;
  std::vector<KeyForm> forms_;
  std::size_t rows_ = 0;
  std::vector<std::uint64_t> hashes_;
  std::vector<std::uint8_t> nothing_;  // empty: no key holds nothing
};

// A hash table of keys that lie elsewhere: it holds the caller's number of each key and a part of its hash.
class KeyNumbers {
 public:
  static constexpr std::uint32_t none = 0xFFFFFFFFU;
  explicit KeyNumbers(std::size_t expected);
  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&slots_[hash & mask_]); }
  // The first number whose key may be equal; `none` when surely none is.
  std::uint32_t candidate(std::uint64_t hash) const {
    return find(hash, [](std::uint32_t) { return true; });
  }
  // The number of an equal key or `none`; same(number) says whether that key is equal.
  template <class Same>
  std::uint32_t find(std::uint64_t hash, Same same) const {
    for (std::size_t at = hash & mask_;; at = (at + 1) & mask_) {
      const auto& slot = slots_[at];
      if (slot.number == none || (slot.hash == static_cast<std::uint32_t>(hash) && same(slot.number))) return slot.number;
    }
  }
  // The number of an equal key; when there is none, `fresh` is taken in and returned.
  template <class Same>
  std::uint32_t find_or_add(std::uint64_t hash, std::uint32_t fresh, Same same) {
    std::size_t at = hash & mask_;
    for (; slots_[at].number != none; at = (at + 1) & mask_)
      if (slots_[at].hash == static_cast<std::uint32_t>(hash) && same(slots_[at].number)) return slots_[at].number;
    slots_[at] = {fresh, static_cast<std::uint32_t>(hash)};
    if (++size_ * 2 > slots_.size()) grow();
    return fresh;
  }

 private:
  struct Slot {
    std::uint32_t number = none;
    std::uint32_t hash = 0;  // its low half: where a key stands in a table of up to 2^32 slots
  };
  void grow();
  std::vector<Slot> slots_;
  std::size_t size_ = 0;
  std::size_t mask_;
};

struct Grouping {
  std::vector<std::uint32_t> of_row;  // the group of each row
  std::vector<RowNumber> first;       // the first row of each group: groups stand in order of first appearance
};
Grouping group_rows(const RowKeys& keys);

enum class Duplicates : std::uint8_t { allow, refuse };

// The rows of a table by key. Rows with nothing in their key are in it under no key. Refers to the keys.
class KeyIndex {
 public:
  explicit KeyIndex(const RowKeys& keys);
  // For each row of `other` the first row here whose key is equal; no_row when there is none or that key holds nothing.
  std::vector<RowNumber> first_rows(const RowKeys& other) const;
  RowNumber next(RowNumber row) const { return next_[row]; }  // the next row of the same key, no_row at the end
  // A row whose key stood in the table before, and where; the first of them.
  struct Twice {
    RowNumber first, second;
  };
  std::optional<Twice> duplicate() const { return duplicate_; }

 private:
  const RowKeys& keys_;
  KeyNumbers first_;  // numbers are rows
  std::vector<RowNumber> next_;
  std::optional<Twice> duplicate_;
};
// The sentence for a key that stands twice: columns with their values, and both rows, counted from 1.
base::Error duplicate_problem(const Table& table, std::span<const std::size_t> columns, KeyIndex::Twice twice, std::string field,
                              Side side);

// Key columns of two tables side by side; a problem for each pair that never compares.
struct KeyPair {
  std::vector<std::size_t> left, right;
};
struct PairedKeys {
  RowKeys left, right;
};
base::Result<PairedKeys> paired_keys(const Table& left, const Table& right, const KeyPair& keys, std::string_view field);

}  // namespace quanji::values
