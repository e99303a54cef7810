// What tests of workbooks share: short names of values, a folder of their own, sheets given by the inside of their XML.
#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "workbook/xlsx_read.h"
#include "workbook/zip_testing.h"

namespace quanji::workbook::testing {

using values::Decimal;
using values::Table;
using values::Value;

inline Value text(std::string_view v) { return Value::of(std::string(v)); }
inline Value whole(std::int64_t v) { return Value::of(v); }
inline Value decimal(std::string_view v) { return Value::of(*Decimal::parse(v)); }
inline Value date(std::string_view v) { return Value::of(*base::parse_date(v)); }
#define EXPECT_HAS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "xlsx-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }
  std::size_t files() const { return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), {})); }

 private:
  std::string path_;
};

// A sheet given by the inside of its XML.
struct Made {
  std::string bytes;
  explicit Made(std::string_view inside, const std::vector<std::string>& formats = {}, std::string_view workbook = "",
                std::string_view shared = "") {
    auto entries = workbook_entries(inside, formats, workbook);
    if (!shared.empty())
      entries.push_back({"xl/sharedStrings.xml",
                         "<sst xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">" + std::string(shared) + "</sst>"});
    bytes = zip_of(entries);
  }
  Workbook open(const ReadLimits& limits = {}) const {
    auto book = Workbook::of_bytes(bytes, "f.xlsx", limits);
    if (!book.ok()) throw std::runtime_error(book.error().message().en);
    return std::move(*book);
  }
  std::shared_ptr<const Table> table(const SheetReading& reading = {}) const {
    auto book = open();
    auto read = book.table(reading);
    if (!read.ok()) {
      ADD_FAILURE() << read.error().message().en;
      return std::make_shared<const Table>();
    }
    return read->table;
  }
  std::string refusal(const SheetReading& reading = {}, const ReadLimits& limits = {}) const {
    auto book = Workbook::of_bytes(bytes, "f.xlsx", limits);
    if (!book.ok()) return book.error().message().en;
    const auto read = book->table(reading);
    if (read.ok()) return "was read";
    EXPECT_FALSE(read.error().message().zh.empty());
    return read.error().message().en;
  }
};
inline SheetReading bare() {
  SheetReading reading;
  reading.header = SheetHeader::none;
  return reading;
}

}  // namespace quanji::workbook::testing
