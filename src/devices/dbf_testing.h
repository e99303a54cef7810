// For tests: DBF files put together byte by byte, not by the writer that is tested; with the quirks of real exchange files.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"

namespace quanji::devices::testing {

struct RawField {
  std::string name;  // bytes; cut or filled up to eleven
  char type = 'C';
  int width = 1;
  int places = 0;
};

struct RawDbf {
  std::vector<RawField> fields;
  std::vector<std::string> records;  // with the deletion flag
  int version = 3;
  int year = 8, month = 3, day = 17;
  bool end_mark = true;
  std::string behind_header;  // between 0x0D and the records
  int field_flags = 0;
  // What the header says, where it lies.
  long long said_records = -1, said_header = -1, said_record = -1;
  bool end_of_fields = true;

  static std::string number(std::uint64_t value, int count) {
    std::string bytes;
    for (; count > 0; --count, value >>= 8) bytes += static_cast<char>(value & 0xFF);
    return bytes;
  }
  std::string bytes() const {
    std::string descriptors;
    std::uint64_t record = 1;
    for (const auto& field : fields) {
      std::string one(32, '\0');
      const auto name = field.name.substr(0, 11);
      one.replace(0, name.size(), name);
      one[11] = field.type;
      one[16] = static_cast<char>(field.width & 0xFF);
      one[17] = static_cast<char>(field.type == 'C' && field.width > 255 ? field.width >> 8 : field.places);
      one[18] = static_cast<char>(field_flags);
      descriptors += one;
      record += static_cast<std::uint64_t>(field.width);
    }
    if (end_of_fields) descriptors += '\x0D';
    descriptors += behind_header;
    std::string out{static_cast<char>(version), static_cast<char>(year), static_cast<char>(month), static_cast<char>(day)};
    out += number(said_records < 0 ? records.size() : static_cast<std::uint64_t>(said_records), 4);
    out += number(said_header < 0 ? 32 + descriptors.size() : static_cast<std::uint64_t>(said_header), 2);
    out += number(said_record < 0 ? record : static_cast<std::uint64_t>(said_record), 2);
    out += std::string(20, '\0') + descriptors;
    for (const auto& one : records) out += one;
    if (end_mark) out += '\x1A';
    return out;
  }
  // Cells as they go into the file: C and D to the left, the rest to the right.
  void add(const std::vector<std::string>& cells, char flag = ' ') {
    std::string one(1, flag);
    for (std::size_t i = 0; i < fields.size(); ++i) {
      auto cell = i < cells.size() ? cells[i].substr(0, static_cast<std::size_t>(fields[i].width)) : std::string();
      const std::string blanks(static_cast<std::size_t>(fields[i].width) - cell.size(), ' ');
      one += fields[i].type == 'N' || fields[i].type == 'F' ? blanks + cell : cell + blanks;
    }
    records.push_back(one);
  }
};

// Quotes in the layout of SHOW2003 (30 fields, 265 bytes a record), and what is in them.
struct GeneratedQuotes {
  RawDbf file;
  std::size_t deleted = 0, long_marks = 0, short_marks = 0, blanks = 0, nul_numbers = 0, chinese = 0;
};
inline GeneratedQuotes generate_show2003(std::uint64_t seed, std::size_t rows) {
  base::SeededRandom chance(seed);
  GeneratedQuotes out;
  out.file.fields = {{"S1", 'C', 6}, {"S2", 'C', 8}};
  for (int i = 3; i <= 33; ++i) {
    if (i == 12 || i == 14 || i == 20) continue;
    const bool turnover = i == 5, quantity = i == 11 || i == 15 || i == 17 || i == 19 || i == 21 || i == 23 || i == 25 || i == 27 ||
                                             i == 29 || i == 31 || i == 33;
    out.file.fields.push_back({"S" + std::to_string(i), 'N', turnover ? 12 : quantity ? 10 : 8, turnover || quantity ? 0 : 3});
  }
  out.file.end_mark = chance.below(2) == 0;
  static const std::vector<std::string> names = {"\xC9\xCF\xD6\xA4\xD6\xB8\xCA\xFD",
                                                 "\xC6\xD6\xB7\xA2\xD2\xF8\xD0\xD0",
                                                 "N\xD6\xD0\xD0\xC5",
                                                 "\x96\x7C\xC9\xEE\xB7\xA2",
                                                 "\x95\x32\x82\x36"
                                                 "A",
                                                 "AGRI"};
  for (std::size_t row = 0; row < rows; ++row) {
    std::vector<std::string> cells;
    const bool index = row < rows / 10;
    auto code = std::to_string((index ? 0 : 600'000) + row);
    cells.push_back(std::string(6 - code.size(), '0') + code);
    const auto& name = names[chance.below(names.size())];
    out.chinese += name != "AGRI" ? 1 : 0;
    cells.push_back(row == 0 ? "113226" : name);
    if (row == 0 && name != "AGRI") --out.chinese;
    for (std::size_t f = 2; f < out.file.fields.size(); ++f) {
      const auto& field = out.file.fields[f];
      switch (chance.below(12)) {
        case 0:
          cells.emplace_back(field.places > 0 ? "-.---" : "-");
          ++(field.places > 0 ? out.long_marks : out.short_marks);
          break;
        case 1:
          cells.emplace_back();
          ++out.blanks;
          break;
        case 2:
          cells.push_back("0" + std::string(1, '\0'));
          ++out.nul_numbers;
          break;
        default: {
          auto digits = std::to_string(chance.below(field.places > 0 ? 9'999'999 : 999'999'999));
          if (field.places > 0) {
            digits.insert(0, digits.size() < 4 ? 4 - digits.size() : 0, '0');
            digits.insert(digits.size() - 3, ".");
          }
          cells.push_back(digits);
        }
      }
    }
    out.file.add(cells, index ? '*' : ' ');
    out.deleted += index ? 1 : 0;
  }
  return out;
}

}  // namespace quanji::devices::testing
