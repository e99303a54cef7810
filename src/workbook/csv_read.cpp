// Tables of CSV records: header, lengths and types of columns.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "values/names.h"
#include "workbook/column_names.h"
#include "workbook/csv.h"
#include "workbook/text_values.h"

namespace quanji::workbook {
namespace {

using values::ColumnType;

struct Column {
  std::string name;
  std::size_t place;  // in the record, from 0
  values::ColumnBuilder values;
  ValueReader reader;
};

class TableReading {
 public:
  TableReading(std::unique_ptr<ByteSource> source, const CsvReading& reading)
      : reading_(reading), records_(std::move(source), reading), file_(reading.file.empty() ? "CSV" : reading.file) {}

  base::Result<CsvTable> run() {
    QUANJI_TRY(bool more, records_.next());
    if (reading_.header == CsvHeader::first_row) {
      if (!more)
        return base::Error(base::Code::invalid_field,
                           base::Text(fmt::format("文件 {} 是空的：没有列名那一行。", file_),
                                      fmt::format("File {} is empty: there is no row with the names of columns.", file_)),
                           "unreadable");
      QUANJI_DO(take_names(records_.fields().size(), true));
      QUANJI_TRY(more, records_.next());
    } else {
      QUANJI_DO(take_names(more && reading_.names.empty() ? records_.fields().size() : reading_.names.size(), false));
    }
    while (more) {
      QUANJI_DO(take_row());
      QUANJI_TRY(more, records_.next());
    }
    std::vector<std::string> names;
    std::vector<values::ColumnPtr> columns;
    for (auto& column : columns_) {
      names.push_back(std::move(column.name));
      auto made = std::move(column.values).finish();
      columns.push_back(column.reader.guesses() ? guessed_column(*made, made) : std::move(made));
    }
    QUANJI_TRY(auto table, values::Table::make(std::move(names), std::move(columns)));
    return CsvTable{std::make_shared<const values::Table>(std::move(table)), std::move(notes_)};
  }

 private:
  base::Status take_names(std::size_t count, bool of_record) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < count; ++i)
      names.emplace_back(of_record                   ? records_.fields()[i].text
                         : i < reading_.names.size() ? std::string_view(reading_.names[i])
                                                     : std::string_view());
    // Without a header "column1" needs no note.
    ColumnNames().complete(
        names, [](std::size_t i) { return fmt::format("column{}", i + 1); }, notes_);
    if (!of_record && reading_.names.empty()) notes_.clear();
    width_ = names.size();
    for (const auto& told : reading_.columns)
      if (std::ranges::find(names, told.name) == names.end()) return no_column(told.name, names);
    std::vector<std::size_t> places(names.size());
    std::iota(places.begin(), places.end(), 0);
    if (!reading_.only.empty()) {
      places.clear();
      for (const auto& wanted : reading_.only) {
        const auto found = std::ranges::find(names, wanted);
        if (found == names.end()) return no_column(wanted, names);
        places.push_back(static_cast<std::size_t>(found - names.begin()));
      }
    }
    for (const auto place : places) {
      const auto& name = names[place];
      const auto told = std::ranges::find(reading_.columns, name, &CsvColumn::name);
      const bool untold = told == reading_.columns.end();
      const bool guess = untold && reading_.untyped == Untyped::guess;
      QUANJI_TRY(auto reader, ValueReader::make(untold ? ColumnType::text : told->type, untold ? "" : told->format, guess));
      const auto type = untold ? ColumnType::text : told->type;
      columns_.push_back({name, place, values::ColumnBuilder(type), std::move(reader)});
    }
    return {};
  }
  base::Error no_column(const std::string& wanted, const std::vector<std::string>& names) const {
    const auto reason = values::no_such_name({"列", "column"}, wanted, names);
    return base::Error(base::Code::not_found,
                       base::Text(fmt::format("文件 {}：{}。", file_, reason.zh), fmt::format("File {}: {}.", file_, reason.en)));
  }

  base::Status take_row() {
    const auto fields = records_.fields();
    if (fields.size() != width_) QUANJI_DO(check_length(fields));
    if (++rows_ > reading_.most_rows)
      return base::Error(base::Code::too_large, base::Text(fmt::format("文件 {} 超过 {} 行。", file_, reading_.most_rows),
                                                           fmt::format("File {} has more than {} rows.", file_, reading_.most_rows)));
    for (auto& column : columns_) {
      const auto i = column.place;
      if (i >= fields.size() || fields[i].is_nothing()) {
        column.values.add_nothing();
      } else if (!column.reader.add(fields[i].text, column.values)) {
        if (reading_.wrong_value == WrongValue::refuse) return wrong_value(column, fields[i].text);
        column.values.add_nothing();
      }
    }
    return {};
  }

  base::Status check_length(std::span<const CsvField> fields) const {
    const bool only_empty_left =
        fields.size() > width_ && std::ranges::all_of(fields.subspan(width_), [](const CsvField& f) { return f.text.empty(); });
    if (reading_.ragged == Ragged::pad && (fields.size() < width_ || only_empty_left)) return {};
    const bool could_pad = reading_.ragged == Ragged::refuse && (fields.size() < width_ || only_empty_left);
    return base::Error(
        base::Code::invalid_field,
        base::Text(fmt::format("文件 {} 第 {} 行有 {} 个值，应有 {} 个；{}。", file_, records_.line(), fields.size(), width_,
                               could_pad ? "补齐这一行，或允许不齐的行" : "检查分隔符和引号"),
                   fmt::format("File {}, line {}: {} values where there are {} columns; {}.", file_, records_.line(), fields.size(), width_,
                               could_pad ? "complete the row, or allow ragged rows" : "check delimiter and quotation marks")),
        "unreadable");
  }

  base::Error wrong_value(const Column& column, std::string_view text) const {
    const auto shown = base::utf8_beginning(text, 60);
    const auto what = column.reader.expectation();
    return base::Error(
        base::Code::invalid_field,
        base::Text(fmt::format("文件 {} 第 {} 行第 {} 列“{}”的值“{}”不是{}；改正它，或把这一列读作 text。", file_, records_.line(),
                               column.place + 1, column.name, shown, what.zh),
                   fmt::format("File {}, line {}, column {} \"{}\": \"{}\" is not {}; correct it, or read the column as text.", file_,
                               records_.line(), column.place + 1, column.name, shown, what.en)),
        "bad_value");
  }

  const CsvReading& reading_;
  CsvRecords records_;
  std::string file_;
  std::size_t width_ = 0;  // of a record
  std::vector<Column> columns_;
  std::vector<base::Text> notes_;
  std::uint64_t rows_ = 0;
};

}  // namespace

base::Result<CsvTable> read_csv(std::unique_ptr<ByteSource> source, const CsvReading& reading) {
  return TableReading(std::move(source), reading).run();
}
base::Result<CsvTable> read_csv_file(const std::string& path, CsvReading reading) {
  QUANJI_TRY(auto source, open_file(path));
  if (reading.file.empty()) reading.file = base::repair_utf8(name_of(path));
  return read_csv(std::move(source), reading);
}
base::Result<CsvTable> read_csv_text(std::string_view bytes, const CsvReading& reading) { return read_csv(source_of(bytes), reading); }

}  // namespace quanji::workbook
