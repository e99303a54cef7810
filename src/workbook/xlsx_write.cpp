#include "workbook/xlsx_write.h"

#include <fmt/format.h>
#include <xlsxwriter.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/encodings.h"
#include "workbook/column_names.h"

namespace quanji::workbook {
namespace {

using values::ColumnType;
using values::Value;

constexpr std::size_t flush_at = 256U << 10U;
constexpr std::uint64_t rows_looked_at = 10'000;  // for the widths of columns
constexpr std::size_t kinds = static_cast<std::size_t>(StoredAs::formula) + 1;
constexpr std::uint32_t unknown_form = ~0U;

bool is_day(StoredAs as) { return as == StoredAs::date || as == StoredAs::time || as == StoredAs::datetime || as == StoredAs::duration; }

std::string_view standard_format(StoredAs as) {
  switch (as) {
    case StoredAs::date:
      return "yyyy-mm-dd";
    case StoredAs::time:
      return "hh:mm:ss";
    case StoredAs::datetime:
      return "yyyy-mm-dd hh:mm:ss";
    case StoredAs::duration:
      return "[h]:mm:ss";
    default:
      return {};
  }
}

// "C{row}*D{row}" with numbers in the place of words.
std::string filled_in(std::string_view formula, std::initializer_list<std::pair<std::string_view, std::uint32_t>> words) {
  std::string out(formula);
  for (const auto& [word, number] : words)
    for (auto at = out.find(word); at != std::string::npos; at = out.find(word, at)) out.replace(at, word.size(), std::to_string(number));
  return out;
}

std::string folded(std::string_view name) {
  std::string out(name);
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

struct Column {
  std::string name, letters, formula;
  Look look;
  std::optional<double> width;
  std::size_t widest = 0;
  std::string decimal_format;  // of a column of decimals with the same places
  std::array<std::uint32_t, kinds> forms;
  std::uint64_t as_text = 0;
  std::uint32_t first_as_text = 0;
};

}  // namespace

Look header_look() {
  Look look;
  look.bold = true;
  look.border = true;
  look.fill = 0xEDEDED;
  return look;
}

std::optional<base::Text> sheet_name_problem(std::string_view name) {
  const auto shown = base::repair_utf8(base::utf8_beginning(name, 100));
  if (name.empty() || utf16_length(name) > 31 || !base::is_utf8(name))
    return base::Text(fmt::format("工作表名“{}”应有 1 到 31 个字符。", shown),
                      fmt::format("A sheet's name has 1 to 31 characters, not \"{}\".", shown));
  const bool control = std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (control || name.find_first_of("[]:*?/\\") != std::string_view::npos || name.front() == '\'' || name.back() == '\'')
    return base::Text(
        fmt::format("工作表名“{}”不能含 [ ] : * ? / \\ ，也不能以单引号开头或结尾。", shown),
        fmt::format("A sheet's name holds none of [ ] : * ? / \\ and neither begins nor ends with an apostrophe: \"{}\".", shown));
  if (folded(name) == "history")
    return base::Text("工作表名 History 由 Excel 保留；换一个名字。", "The sheet name History is Excel's own; take another one.");
  return std::nullopt;
}

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
  std::uint32_t form_of(Column& column, StoredAs as);
  base::Status start_row(std::uint32_t row);
  void end_row();
  base::Status flush(std::size_t least);
  void saw(std::uint32_t row, std::uint32_t column);
  // A cell outside of the columns' own rows.
  base::Status put_free(Cell at, const CellInput& input, const Look& look);
  base::Status put(Column& column, std::uint32_t row, const CellInput& input);
  void put_stored(Column& column, std::uint32_t row, const StoredForm& stored);
  void put_number(Column& column, std::uint32_t row, std::string_view digits);
  base::Status put_of(const values::Column& values, std::size_t row, Column& column);
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
  std::vector<Column> columns_;
  std::size_t given_ = 0;  // columns that are not formulas
  std::uint32_t row_ = 0, first_data_ = 0;
  std::uint64_t sheet_rows_ = 0;
  std::string out_;
  Written written_;
};

std::uint32_t WorkbookWriter::Machine::form_of(const Look& look) {
  if (look == Look{}) return 0;
  const auto [at, fresh] = forms_.emplace(look, 0);
  if (!fresh) return at->second;
  auto* format = ::workbook_add_format(book_);
  if (!look.number_format.empty()) ::format_set_num_format(format, look.number_format.c_str());
  if (look.bold) ::format_set_bold(format);
  if (look.italic) ::format_set_italic(format);
  if (look.wrap) ::format_set_text_wrap(format);
  if (look.border) ::format_set_border(format, LXW_BORDER_THIN);
  if (look.align == Align::left) ::format_set_align(format, LXW_ALIGN_LEFT);
  if (look.align == Align::center) ::format_set_align(format, LXW_ALIGN_CENTER);
  if (look.align == Align::right) ::format_set_align(format, LXW_ALIGN_RIGHT);
  // The library takes black for "not said".
  if (look.colour) ::format_set_font_color(format, *look.colour == 0 ? static_cast<lxw_color_t>(LXW_COLOR_BLACK) : *look.colour);
  if (look.fill) {
    ::format_set_pattern(format, LXW_PATTERN_SOLID);
    ::format_set_bg_color(format, *look.fill == 0 ? static_cast<lxw_color_t>(LXW_COLOR_BLACK) : *look.fill);
  }
  at->second = static_cast<std::uint32_t>(::lxw_format_get_xf_index(format));
  return at->second;
}

std::uint32_t WorkbookWriter::Machine::form_of(Column& column, StoredAs as) {
  auto& known = column.forms[static_cast<std::size_t>(as)];
  if (known != unknown_form) return known;
  auto look = column.look;
  const bool wants_day = !look.number_format.empty() && parse_format_code(look.number_format) != FormKind::number;
  // A format of days would show a number as a day, and the other way round.
  if (as == StoredAs::number && wants_day) look.number_format.clear();
  if (is_day(as) && !wants_day) look.number_format = standard_format(as);
  if (as == StoredAs::number && look.number_format.empty()) look.number_format = column.decimal_format;
  if (as >= StoredAs::text && as != StoredAs::formula) look.number_format.clear();
  return known = form_of(look);
}

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

void WorkbookWriter::Machine::put_stored(Column& column, std::uint32_t row, const StoredForm& stored) {
  const auto place = static_cast<std::uint32_t>(&column - columns_.data()) + plan_.start.column;
  if (stored.as == StoredAs::nothing) return;
  if (stored.as == StoredAs::text_for_number || stored.as == StoredAs::text_for_day) {
    if (column.as_text++ == 0) column.first_as_text = row;
  }
  append_cell(out_, "", {row, place}, form_of(column, stored.as), stored);
  if (row - first_data_ < rows_looked_at && stored.as != StoredAs::formula)
    column.widest = std::max(column.widest, is_day(stored.as) ? standard_format(stored.as).size() : shown_width(stored.text));
}
void WorkbookWriter::Machine::put_number(Column& column, std::uint32_t row, std::string_view digits) {
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
base::Status WorkbookWriter::Machine::put(Column& column, std::uint32_t row, const CellInput& input) {
  const auto stored = stored_form(input, DateSystem::from_1900);
  if (!stored.ok())
    return refuse(fmt::format("第 {} 行，列“{}”：{}。", row, column.name, stored.error().message().zh),
                  fmt::format("row {}, column \"{}\": {}.", row, column.name, stored.error().message().en));
  put_stored(column, row, *stored);
  return {};
}

base::Status WorkbookWriter::Machine::put_of(const values::Column& given, std::size_t row, Column& column) {
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
    auto at = std::ranges::find(columns_, told.name, &Column::name);
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

base::Status WorkbookWriter::Machine::put_titles() {
  Cell last{0, 0};
  for (const auto& [at, input] : plan_.titles) {
    if (at.row >= plan_.start.row || at <= last || at.column > most_columns)
      return refuse(fmt::format("标题单元格 {} 应在表格上方，并按顺序给出。", to_text(at)),
                    fmt::format("the title cell {} stands above the table, and titles come in order.", to_text(at)));
    if (at.row != row_) {
      if (row_ != 0) end_row();
      QUANJI_DO(start_row(at.row));
    }
    QUANJI_DO(put_free(at, input, Look{}));
    last = at;
  }
  if (row_ != 0) end_row();
  return {};
}

base::Status WorkbookWriter::Machine::put_header() {
  row_ = first_data_ - 1;
  if (plan_.header == SheetHeader::none) return {};
  QUANJI_DO(start_row(plan_.start.row));
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const Cell at{plan_.start.row, plan_.start.column + static_cast<std::uint32_t>(i)};
    QUANJI_DO(put_free(at, Value::of(columns_[i].name), plan_.header_look));
    columns_[i].widest = shown_width(columns_[i].name) + (plan_.autofilter ? 2 : 0);
  }
  end_row();
  return {};
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

base::Status WorkbookWriter::Machine::put_totals() {
  if (plan_.totals.empty()) return {};
  if (plan_.totals.size() > columns_.size())
    return refuse("合计行的值比列多。", "the row of totals has more values than there are columns.");
  const auto last = row_;
  QUANJI_DO(start_row(row_ + 1));
  for (std::size_t i = 0; i < plan_.totals.size(); ++i) {
    auto input = plan_.totals[i];
    if (auto* formula = std::get_if<Formula>(&input))
      formula->text = filled_in(formula->text, {{"{first}", first_data_}, {"{last}", std::max(last, first_data_)}});
    auto look = columns_[i].look;
    look.bold = true;
    if (look.number_format.empty()) look.number_format = columns_[i].decimal_format;
    QUANJI_DO(put_free({row_, plan_.start.column + static_cast<std::uint32_t>(i)}, input, look));
  }
  end_row();
  return {};
}

base::Result<lxw_col_t> WorkbookWriter::Machine::column_called(std::string_view name) const {
  const auto at = std::ranges::find(columns_, name, &Column::name);
  if (at == columns_.end())
    return refuse(fmt::format("图表用的列“{}”不存在。", name), fmt::format("a chart uses the column \"{}\", which is not there.", name));
  return static_cast<lxw_col_t>(at - columns_.begin() + plan_.start.column - 1);
}

base::Status WorkbookWriter::Machine::chart_series(lxw_chart* chart, const ChartWriting& plan) {
  const lxw_row_t first = first_data_ - 1;
  const lxw_row_t last = first + static_cast<lxw_row_t>(std::max<std::uint64_t>(sheet_rows_, 1)) - 1;
  for (const auto& name : plan.series) {
    QUANJI_TRY(const auto column, column_called(name));
    auto* series = ::chart_add_series(chart, nullptr, nullptr);
    ::chart_series_set_values(series, plan_.name.c_str(), first, column, last, column);
    if (!plan.categories.empty()) {
      QUANJI_TRY(const auto categories, column_called(plan.categories));
      ::chart_series_set_categories(series, plan_.name.c_str(), first, categories, last, categories);
    }
    if (plan_.header == SheetHeader::first_row)
      ::chart_series_set_name_range(series, plan_.name.c_str(), plan_.start.row - 1, column);
    else
      ::chart_series_set_name(series, name.c_str());
  }
  return {};
}

base::Status WorkbookWriter::Machine::put_charts() {
  std::uint32_t next_row = plan_.start.row;
  for (const auto& plan : plan_.charts) {
    if (plan.series.empty() || (plan.kind == ChartKind::pie && plan.series.size() != 1))
      return refuse("图表至少要有一个系列，饼图正好一个。", "a chart has at least one series, a pie exactly one.");
    const auto kind = plan.kind == ChartKind::column ? LXW_CHART_COLUMN : plan.kind == ChartKind::line ? LXW_CHART_LINE : LXW_CHART_PIE;
    auto* chart = ::workbook_add_chart(book_, static_cast<std::uint8_t>(kind));
    QUANJI_DO(chart_series(chart, plan));
    if (!plan.title.empty()) ::chart_title_set_name(chart, plan.title.c_str());
    const Cell at = plan.at.value_or(
        Cell{next_row, std::min<std::uint32_t>(most_columns, plan_.start.column + static_cast<std::uint32_t>(columns_.size()) + 1)});
    next_row += 16;
    if (::worksheet_insert_chart(sheet_, at.row - 1, static_cast<lxw_col_t>(at.column - 1), chart) != LXW_NO_ERROR)
      return refuse(fmt::format("图表不能放在 {}。", to_text(at)), fmt::format("a chart cannot stand at {}.", to_text(at)));
  }
  return {};
}

base::Status WorkbookWriter::Machine::end() {
  if (sheet_ == nullptr) return base::Error(base::Code::wrong_state, base::Text("还没有开始工作表。", "No sheet was begun."));
  const auto last_data = row_;
  QUANJI_DO(put_totals());
  const auto first_column = static_cast<lxw_col_t>(plan_.start.column - 1);
  const auto last_column = static_cast<lxw_col_t>(first_column + columns_.size() - 1);
  if (sheet_rows_ > 0) {
    saw(first_data_, plan_.start.column);
    saw(last_data, last_column + 1U);
  }
  QUANJI_DO(flush(1));
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    auto& column = columns_[i];
    const auto at = static_cast<lxw_col_t>(first_column + i);
    const double width = column.width.value_or(static_cast<double>(std::clamp<std::size_t>(column.widest + 2, 8, 60)));
    ::worksheet_set_column(sheet_, at, at, width, nullptr);
    if (column.as_text == 0) continue;
    written_.cells_as_text += column.as_text;
    written_.notes.emplace_back(
        fmt::format("工作表“{}”列“{}”有 {} 个值（第一个在 {}{}）按文本写入：工作簿只能保存 15 位数字、1900 年以后的日期和毫秒。",
                    plan_.name, column.name, column.as_text, column.letters, column.first_as_text),
        fmt::format(
            "Sheet \"{}\", column \"{}\": {} values (the first in {}{}) are written as text; a workbook holds 15 digits, days from 1900 "
            "on and milliseconds.",
            plan_.name, column.name, column.as_text, column.letters, column.first_as_text));
    const auto block = to_text(Range{{column.first_as_text, at + 1U}, {last_data, at + 1U}});
    ::worksheet_ignore_errors(sheet_, LXW_IGNORE_NUMBER_STORED_AS_TEXT, block.c_str());
  }
  if (plan_.header == SheetHeader::first_row && plan_.freeze_header) ::worksheet_freeze_panes(sheet_, plan_.start.row, 0);
  if (plan_.autofilter)
    ::worksheet_autofilter(sheet_, plan_.start.row - 1, first_column, std::max(last_data, plan_.start.row) - 1, last_column);
  QUANJI_DO(put_charts());
  written_.rows += sheet_rows_;
  sheet_ = nullptr;
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
