// What stands around the rows of a new sheet: looks, titles, header, totals, widths, charts.
#include <fmt/format.h>

#include <algorithm>

#include "base/encodings.h"
#include "workbook/xlsx_write_machine.h"

namespace quanji::workbook {

using values::Value;

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

std::uint32_t WorkbookWriter::Machine::form_of(WrittenColumn& column, StoredAs as) {
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
  const auto at = std::ranges::find(columns_, name, &WrittenColumn::name);
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

}  // namespace quanji::workbook
