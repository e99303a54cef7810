#include "workbook/xlsx_write.h"

#include <fmt/format.h>

#include <algorithm>

#include "workbook/column_names.h"
#include "workbook/xlsx_write_machine.h"

namespace quanji::workbook {
namespace {

using values::ColumnType;

constexpr std::size_t flush_at = 256U << 10U;
constexpr std::uint64_t rows_looked_at = 10'000;  // for the widths of columns

}  // namespace

base::Status WorkbookWriter::Machine::flush(std::size_t least) {
  if (out_.size() < least) return {};
  // In its constant-memory mode the library collects the rows of a sheet in this stream as the XML they will be. Its own functions print a
  // number with 16 digits, which makes 9.950 something else; so the rows are ours and everything around them is the library's.
  if (std::fwrite(out_.data(), 1, out_.size(), sheet_->optimize_tmpfile) != out_.size()) return file_error("write", file_.part());
  out_.clear();
  return {};
}

void WorkbookWriter::Machine::saw(std::uint32_t row, std::uint32_t column) {
  sheet_->dim_rowmin = std::min(sheet_->dim_rowmin, row - 1);
  sheet_->dim_rowmax = std::max(sheet_->dim_rowmax, row - 1);
  sheet_->dim_colmin = std::min<lxw_col_t>(sheet_->dim_colmin, static_cast<lxw_col_t>(column - 1));
  sheet_->dim_colmax = std::max<lxw_col_t>(sheet_->dim_colmax, static_cast<lxw_col_t>(column - 1));
}

base::Status WorkbookWriter::Machine::start_row(std::uint32_t row) {
  if (row > most_rows)
    return base::Error(
        base::Code::too_large,
        base::Text(fmt::format("工作表“{}”放不下：最多 {} 行；请分成几个工作表，或写成 CSV。", plan_.name, most_rows),
                   fmt::format("Sheet \"{}\" is full: it has {} rows at most; use several sheets, or CSV.", plan_.name, most_rows)));
  QUANJI_DO(flush(flush_at));
  row_ = row;
  out_ += "<row r=\"";
  out_ += fmt::format_int(row).c_str();
  out_ += "\">";
  return {};
}
void WorkbookWriter::Machine::end_row() { out_ += "</row>"; }

base::Status WorkbookWriter::Machine::put_free(Cell at, const CellInput& input, const Look& look) {
  auto stored = stored_form(input, DateSystem::from_1900);
  if (!stored.ok()) return refuse_cell(at, stored.error().message());
  auto with = look;
  if (is_day(stored->as)) with.number_format = standard_format(stored->as);
  if (stored->as == StoredAs::nothing) return {};
  append_cell(out_, "", at, form_of(with), *stored);
  saw(at.row, at.column);
  return {};
}

void WorkbookWriter::Machine::put_stored(WrittenColumn& column, std::uint32_t row, const StoredForm& stored) {
  const auto place = static_cast<std::uint32_t>(&column - columns_.data()) + plan_.start.column;
  if (stored.as == StoredAs::nothing) return;
  if (stored.as == StoredAs::text_for_number || stored.as == StoredAs::text_for_day) {
    if (column.as_text++ == 0) column.first_as_text = row;
  }
  append_cell(out_, "", {row, place}, form_of(column, stored.as), stored);
  if (row - first_data_ < rows_looked_at && stored.as != StoredAs::formula)
    column.widest = std::max(column.widest, is_day(stored.as) ? standard_format(stored.as).size() : shown_width(stored.text));
}
void WorkbookWriter::Machine::put_number(WrittenColumn& column, std::uint32_t row, std::string_view digits) {
  out_ += "<c r=\"";
  out_ += column.letters;
  out_ += fmt::format_int(row).c_str();
  if (const auto form = form_of(column, StoredAs::number); form != 0) {
    out_ += "\" s=\"";
    out_ += fmt::format_int(form).c_str();
  }
  out_ += "\"><v>";
  out_ += digits;
  out_ += "</v></c>";
  column.widest = std::max(column.widest, digits.size());
}
base::Status WorkbookWriter::Machine::put(WrittenColumn& column, std::uint32_t row, const CellInput& input) {
  const auto stored = stored_form(input, DateSystem::from_1900);
  if (!stored.ok())
    return refuse(fmt::format("第 {} 行，列“{}”：{}。", row, column.name, stored.error().message().zh),
                  fmt::format("row {}, column \"{}\": {}.", row, column.name, stored.error().message().en));
  put_stored(column, row, *stored);
  return {};
}

base::Status WorkbookWriter::Machine::put_of(const values::Column& given, std::size_t row, WrittenColumn& column) {
  if (given.is_nothing(row)) return {};
  constexpr std::int64_t most_plain = 1'000'000'000'000'000;
  if (given.type() == ColumnType::integer) {
    const auto number = given.numbers()[row];
    if (number > -most_plain && number < most_plain) {
      put_number(column, row_, fmt::format_int(number).c_str());
      return {};
    }
  } else if (given.type() == ColumnType::decimal && given.is_narrow() && given.places() > 0 && given.places() < 15) {
    const auto units = given.numbers()[row];
    if (units > -most_plain && units < most_plain) {
      const fmt::format_int printed(units < 0 ? -units : units);
      std::string digits(printed.data(), printed.size());
      const auto places = static_cast<std::size_t>(given.places());
      if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
      digits.insert(digits.size() - places, 1, '.');
      if (units < 0) digits.insert(0, 1, '-');
      put_number(column, row_, digits);
      return {};
    }
  }
  return put(column, row_, CellInput(given.value(row)));
}

base::Status WorkbookWriter::Machine::put_formulas() {
  for (std::size_t i = given_; i < columns_.size(); ++i)
    QUANJI_DO(put(columns_[i], row_, Formula{filled_in(columns_[i].formula, {{"{row}", row_}})}));
  return {};
}

base::Status WorkbookWriter::Machine::begin(std::vector<std::string> names, const SheetWriting& writing) {
  if (sheet_ != nullptr)
    return base::Error(base::Code::wrong_state, base::Text("上一个工作表还没有写完。", "The sheet before this one is not at its end."));
  plan_ = writing;
  if (auto problem = sheet_name_problem(plan_.name)) return base::Error(base::Code::invalid_field, std::move(*problem));
  if (sheet_names_.contains(folded(plan_.name))) return refuse("这个名字已经用过。", "this name is used already.");
  if (names.empty()) return refuse("至少要有一列。", "there is at least one column.");
  given_ = names.size();
  columns_.clear();
  for (auto& name : names) {
    columns_.push_back({std::move(name), "", "", {}, {}, 0, "", {}, 0, 0});
    columns_.back().forms.fill(unknown_form);
  }
  for (const auto& told : plan_.columns) {
    auto at = std::ranges::find(columns_, told.name, &WrittenColumn::name);
    if (at == columns_.end()) {
      if (told.formula.empty()) {
        std::vector<std::string> there;
        for (const auto& column : columns_) there.push_back(column.name);
        return refuse(fmt::format("没有列“{}”；有：{}。", told.name, joined(there)),
                      fmt::format("there is no column \"{}\"; there are: {}.", told.name, joined(there)));
      }
      columns_.push_back({told.name, "", told.formula, {}, {}, 0, "", {}, 0, 0});
      columns_.back().forms.fill(unknown_form);
      at = columns_.end() - 1;
    } else if (!told.formula.empty()) {
      return refuse(fmt::format("列“{}”已有值，不能又是公式。", told.name),
                    fmt::format("the column \"{}\" has values and cannot be a formula too.", told.name));
    }
    if (told.width && !(*told.width >= 0 && *told.width <= 255))
      return refuse("列宽应在 0 到 255 之间。", "the width of a column is within 0 and 255.");
    at->width = told.width;
    at->look = told.look;
  }
  if (plan_.start.row < 1 || plan_.start.row > most_rows || plan_.start.column < 1 ||
      plan_.start.column + columns_.size() - 1 > most_columns)
    return refuse("列太多，工作表放不下。", "there are more columns than a sheet has.");
  for (std::size_t i = 0; i < columns_.size(); ++i)
    columns_[i].letters = column_letters(plan_.start.column + static_cast<std::uint32_t>(i));
  sheet_ = ::workbook_add_worksheet(book_, plan_.name.c_str());
  if (sheet_ == nullptr || sheet_->optimize_tmpfile == nullptr) {
    sheet_ = nullptr;
    return base::Error(
        base::Code::store_unavailable,
        base::Text("无法建立工作表的临时文件；看日志中的原因。", "The temporary file of a sheet cannot be made; the log has the reason."),
        base::system_detail("temporary file", file_.part()));
  }
  sheet_names_.insert(folded(plan_.name));
  row_ = 0;
  sheet_rows_ = 0;
  first_data_ = plan_.start.row + (plan_.header == SheetHeader::first_row ? 1 : 0);
  QUANJI_DO(put_titles());
  return put_header();
}

base::Status WorkbookWriter::Machine::add(std::span<const CellInput> row) {
  if (sheet_ == nullptr) return base::Error(base::Code::wrong_state, base::Text("还没有开始工作表。", "No sheet was begun."));
  if (row.size() != given_)
    return refuse(fmt::format("第 {} 行有 {} 个值，应有 {} 个。", row_ + 1, row.size(), given_),
                  fmt::format("row {} has {} values where there are {} columns.", row_ + 1, row.size(), given_));
  return data_row([&]() -> base::Status {
    for (std::size_t i = 0; i < given_; ++i) QUANJI_DO(put(columns_[i], row_, row[i]));
    return {};
  });
}

template <class PutValues>
base::Status WorkbookWriter::Machine::data_row(PutValues put_values) {
  QUANJI_DO(start_row(row_ + 1));
  auto outcome = put_values();
  if (outcome.ok()) outcome = put_formulas();
  if (!outcome.ok()) {
    // The row that was refused is not in the file.
    out_.resize(out_.rfind("<row "));
    --row_;
    return outcome;
  }
  end_row();
  ++sheet_rows_;
  return {};
}

void WorkbookWriter::Machine::learn(const values::Table& table) {
  for (std::size_t i = 0; i < given_ && i < table.columns(); ++i) {
    const auto& column = *table.column(i);
    if (column.type() == ColumnType::decimal && column.is_narrow() && column.places() > 0 && column.places() <= 10)
      columns_[i].decimal_format = "0." + std::string(static_cast<std::size_t>(column.places()), '0');
  }
}

base::Status WorkbookWriter::Machine::add(const values::Table& table) {
  if (sheet_ == nullptr) return base::Error(base::Code::wrong_state, base::Text("还没有开始工作表。", "No sheet was begun."));
  if (table.columns() != given_)
    return refuse(fmt::format("表有 {} 列，应有 {} 列。", table.columns(), given_),
                  fmt::format("the table has {} columns where there are {}.", table.columns(), given_));
  for (std::size_t row = 0; row < table.rows(); ++row) {
    QUANJI_DO(data_row([&]() -> base::Status {
      for (std::size_t i = 0; i < given_; ++i) QUANJI_DO(put_of(*table.column(i), row, columns_[i]));
      return {};
    }));
  }
  return {};
}

base::Result<Written> WorkbookWriter::Machine::close() {
  if (sheet_ != nullptr) QUANJI_DO(end());
  if (sheet_names_.empty())
    return base::Error(base::Code::invalid_field, base::Text("工作簿至少要有一个工作表。", "A workbook has at least one sheet."));
  const auto outcome = ::workbook_close(std::exchange(book_, nullptr));
  if (outcome != LXW_NO_ERROR) {
    auto failed = file_error("write", file_.part());
    return base::Error(failed.code(), failed.message(), std::string(::lxw_strerror(outcome)) + "; " + failed.detail());
  }
  QUANJI_DO(file_.place());
  return std::move(written_);
}

base::Result<WorkbookWriter> WorkbookWriter::create(const std::string& path, Existing existing, base::Time made_at) {
  if (existing == Existing::append)
    return base::Error(base::Code::invalid_field, base::Text("新工作簿不能追加；请编辑已有的工作簿。",
                                                             "A new workbook cannot be appended to; edit the one there is."));
  QUANJI_TRY(auto file, NewFile::begin(path, existing));
  auto folder = base::folder_of(path);
  lxw_workbook_options options = {};
  options.constant_memory = LXW_TRUE;
  options.tmpdir = folder.data();
  auto* book = ::workbook_new_opt(file.part().c_str(), &options);
  if (book == nullptr) return base::Error(base::Code::bug, "libxlsxwriter makes no workbook");
  auto machine = std::make_unique<Machine>(std::move(file), book);
  lxw_doc_properties properties = {};
  // Zero would make the library ask the clock.
  properties.created = made_at.micros / 1'000'000 == 0 ? 1 : made_at.micros / 1'000'000;
  ::workbook_set_properties(book, &properties);
  return WorkbookWriter(std::move(machine));
}
WorkbookWriter::WorkbookWriter(std::unique_ptr<Machine> machine) : machine_(std::move(machine)) {}
WorkbookWriter::~WorkbookWriter() = default;
WorkbookWriter::WorkbookWriter(WorkbookWriter&&) noexcept = default;
WorkbookWriter& WorkbookWriter::operator=(WorkbookWriter&&) noexcept = default;
base::Status WorkbookWriter::begin_sheet(std::vector<std::string> names, const SheetWriting& writing) {
  return machine_->begin(std::move(names), writing);
}
base::Status WorkbookWriter::add(std::span<const CellInput> row) { return machine_->add(row); }
base::Status WorkbookWriter::add(const values::Table& table) {
  machine_->learn(table);
  return machine_->add(table);
}
base::Status WorkbookWriter::end_sheet() { return machine_->end(); }
base::Status WorkbookWriter::add_sheet(const values::Table& table, const SheetWriting& writing) {
  QUANJI_DO(begin_sheet(table.names(), writing));
  QUANJI_DO(add(table));
  return end_sheet();
}
base::Result<Written> WorkbookWriter::close() { return machine_->close(); }

}  // namespace quanji::workbook
