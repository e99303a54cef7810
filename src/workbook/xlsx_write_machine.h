// The work of WorkbookWriter: rows in xlsx_write.cpp, what stands around them in xlsx_write_frame.cpp. Inside of this room.
#pragma once
#include <xlsxwriter.h>

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "workbook/xlsx_write.h"

namespace quanji::workbook {

inline constexpr std::uint32_t unknown_form = ~0U;

struct WrittenColumn {
  std::string name, letters, formula;
  Look look;
  std::optional<double> width;
  std::size_t widest = 0;
  std::string decimal_format;  // of a column of decimals with the same places
  std::array<std::uint32_t, static_cast<std::size_t>(StoredAs::formula) + 1> forms;
  std::uint64_t as_text = 0;
  std::uint32_t first_as_text = 0;
};

class WorkbookWriter::Machine {
 public:
  Machine(NewFile file, lxw_workbook* book) : file_(std::move(file)), book_(book) {}
  ~Machine() {
    if (book_ != nullptr) ::lxw_workbook_free(book_);
  }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  base::Status begin(std::vector<std::string> names, const SheetWriting& writing);
  base::Status add(std::span<const CellInput> row);
  base::Status add(const values::Table& table);
  base::Status end();
  base::Result<Written> close();
  void learn(const values::Table& table);

 private:
  base::Error refuse(std::string_view zh, std::string_view en) const {
    return base::Error(base::Code::invalid_field,
                       base::Text(fmt::format("工作表“{}”：{}", plan_.name, zh), fmt::format("Sheet \"{}\": {}", plan_.name, en)));
  }
  base::Error refuse_cell(Cell at, const base::Text& why) const {
    return refuse(fmt::format("单元格 {}：{}。", to_text(at), why.zh), fmt::format("cell {}: {}.", to_text(at), why.en));
  }
  std::uint32_t form_of(const Look& look);
  std::uint32_t form_of(WrittenColumn& column, StoredAs as);
  base::Status start_row(std::uint32_t row);
  void end_row();
  base::Status flush(std::size_t least);
  void saw(std::uint32_t row, std::uint32_t column);
  // A cell outside of the columns' own rows.
  base::Status put_free(Cell at, const CellInput& input, const Look& look);
  base::Status put(WrittenColumn& column, std::uint32_t row, const CellInput& input);
  void put_stored(WrittenColumn& column, std::uint32_t row, const StoredForm& stored);
  void put_number(WrittenColumn& column, std::uint32_t row, std::string_view digits);
  base::Status put_of(const values::Column& values, std::size_t row, WrittenColumn& column);
  base::Status put_formulas();
  // One row of the data: what `put_values` puts, and the formulas.
  template <class PutValues>
  base::Status data_row(PutValues put_values);
  base::Status put_titles();
  base::Status put_header();
  base::Status put_totals();
  base::Status put_charts();
  base::Status chart_series(lxw_chart* chart, const ChartWriting& plan);
  base::Result<lxw_col_t> column_called(std::string_view name) const;

  NewFile file_;
  lxw_workbook* book_;
  lxw_worksheet* sheet_ = nullptr;
  std::set<std::string> sheet_names_;
  std::map<Look, std::uint32_t> forms_;
  SheetWriting plan_;
  std::vector<WrittenColumn> columns_;
  std::size_t given_ = 0;  // columns that are not formulas
  std::uint32_t row_ = 0, first_data_ = 0;
  std::uint64_t sheet_rows_ = 0;
  std::string out_;
  Written written_;
};

inline bool is_day(StoredAs as) {
  return as == StoredAs::date || as == StoredAs::time || as == StoredAs::datetime || as == StoredAs::duration;
}
// The format a day or time has where nothing else is said.
std::string_view standard_format(StoredAs as);
// "C{row}*D{row}" with numbers in the place of words.
std::string filled_in(std::string_view formula, std::initializer_list<std::pair<std::string_view, std::uint32_t>> words);
// As names of sheets are compared.
std::string folded(std::string_view name);

}  // namespace quanji::workbook
