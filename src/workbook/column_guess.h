// One column of cells whose type shows only while they come.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "values/table.h"
#include "workbook/text_values.h"

namespace quanji::workbook {

// Numbers are kept as units of the most places seen, which are 8 bytes a value; integers among decimals become decimals, days among
// datetimes become datetimes, everything else together makes a column of `any`. One thread.
class GuessedColumn {
 public:
  GuessedColumn() : other_(values::ColumnType::any) {}
  std::size_t size() const { return size_; }
  void add_nothing(std::size_t count = 1) {
    waiting_ += count;
    size_ += count;
  }
  void add(const values::Value& value);
  void add_text(std::string_view text);
  values::ColumnPtr finish() &&;

 private:
  enum class Held : std::uint8_t { none, numbers, days, other };
  void settle();  // the nothings that were waiting
  bool add_units(std::int64_t units, std::int32_t places);
  void leave_packed();  // numbers_ or days_ go into other_
  values::Value held(std::size_t row) const;
  Held held_ = Held::none;
  std::size_t size_ = 0, waiting_ = 0;
  std::vector<std::int64_t> numbers_;  // units, or micros of days
  std::vector<bool> missing_;          // as long as numbers_ where something is missing, else empty
  std::int32_t places_ = 0;
  bool whole_days_ = true;
  values::ColumnBuilder other_;
};

}  // namespace quanji::workbook
