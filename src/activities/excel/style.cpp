#include "activities/excel/style.h"

#include <fmt/format.h>

#include <algorithm>

#include "activities/documents.h"
#include "activities/excel/book.h"
#include "activities/excel/excel.h"
#include "activities/excel/look.h"
#include "values/names.h"

namespace quanji::activities::excel {

using namespace documents;
using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;
using values::Map;
using values::Type;
using workbook::Align;
using workbook::BorderLine;
using workbook::LookChange;

namespace {

constexpr std::string_view lines[] = {"none", "thin", "medium", "thick"};
constexpr std::string_view aligns[] = {"general", "left", "center", "right"};

engine::Failure wrong(std::string_view word, std::string_view zh, std::string_view en) {
  return wrong_argument(fmt::format("style/{} 应为{}", word, zh), fmt::format("style/{} is {}", word, en));
}
Outcome<bool> truth(const Value& value, std::string_view word) {
  if (value.is(Type::boolean)) return value.boolean();
  return wrong(word, " true 或 false", "true or false");
}
Outcome<double> number(const Value& value, std::string_view word, double least, double most) {
  double found = least - 1;
  if (value.is(Type::integer)) found = static_cast<double>(value.integer());
  if (value.is(Type::decimal)) found = value.decimal().approximate();
  if (found >= least && found <= most) return found;
  return wrong(word, fmt::format(" {} 到 {} 之间的数", least, most), fmt::format("a number from {} to {}", least, most));
}
template <class Word, std::size_t N>
Outcome<Word> word_in(const Value& value, std::string_view name, const std::string_view (&words)[N]) {
  if (value.is(Type::text))
    if (const auto found = std::ranges::find(words, value.text()); found != std::end(words)) return static_cast<Word>(found - words);
  const auto all = fmt::format("{}", fmt::join(words, ", "));
  return wrong(name, " " + all + " 之一", "one of " + all);
}

}  // namespace

Outcome<LookChange> style_of(const Map& style) {
  static const std::vector<std::string> words = {"number_format", "bold", "italic", "size",   "colour", "background", "border",
                                                 "align",         "wrap", "width",  "height", "hidden", "merge"};
  LookChange change;
  if (style.empty()) return wrong_argument("style 是空的", "style is empty");
  for (const auto& [word, value] : style) {
    const auto where = "style/" + word;
    if (word == "number_format") {
      if (!value.is(Type::text) || value.text().size() > 255) return wrong(word, "数字格式，如 #,##0.00", "a number format like #,##0.00");
      change.number_format = value.text();
    } else if (word == "bold") {
      QUANJI_TRY(change.bold, truth(value, word));
    } else if (word == "italic") {
      QUANJI_TRY(change.italic, truth(value, word));
    } else if (word == "wrap") {
      QUANJI_TRY(change.wrap, truth(value, word));
    } else if (word == "hidden") {
      QUANJI_TRY(change.hidden, truth(value, word));
    } else if (word == "merge") {
      QUANJI_TRY(change.merge, truth(value, word));
      if (!change.merge) return wrong(word, " true；拆分合并的区域还不会", "true; merged blocks are not taken apart yet");
    } else if (word == "size") {
      QUANJI_TRY(change.size, number(value, word, 1, 409));
    } else if (word == "width") {
      QUANJI_TRY(change.width, number(value, word, 0, 255));
    } else if (word == "height") {
      QUANJI_TRY(change.height, number(value, word, 0, 409));
    } else if (word == "colour") {
      QUANJI_TRY(change.colour, colour_of(value, where));
    } else if (word == "background") {
      QUANJI_TRY(change.background, colour_of(value, where));
    } else if (word == "border") {
      if (value.is(Type::boolean)) {
        change.border = value.boolean() ? BorderLine::thin : BorderLine::none;
      } else {
        QUANJI_TRY(change.border, word_in<BorderLine>(value, word, lines));
      }
    } else if (word == "align") {
      QUANJI_TRY(change.align, word_in<Align>(value, word, aligns));
    } else {
      auto text = values::no_such_name({"样式", "style"}, word, words);
      return wrong_argument(std::move(text.zh), std::move(text.en));
    }
  }
  return change;
}

Map style_map(const LookChange& look) {
  Map map;
  const auto real = [](double number) {
    const auto text = values::Decimal::parse(fmt::format("{:.6g}", number));
    return text.ok() ? Value::of(*text) : Value();
  };
  const auto colour = [](const std::optional<std::uint32_t>& one) { return one ? Value::of(fmt::format("#{:06X}", *one)) : Value(); };
  map.emplace_back("number_format", Value::of(look.number_format.value_or("").empty() ? std::string("General") : *look.number_format));
  map.emplace_back("bold", Value::of(look.bold.value_or(false)));
  map.emplace_back("italic", Value::of(look.italic.value_or(false)));
  map.emplace_back("size", look.size ? real(*look.size) : Value());
  map.emplace_back("colour", colour(look.colour));
  map.emplace_back("background", colour(look.background));
  map.emplace_back("border", Value::of(std::string(lines[static_cast<std::size_t>(look.border.value_or(BorderLine::none))])));
  map.emplace_back("align", Value::of(std::string(aligns[static_cast<std::size_t>(look.align.value_or(Align::general))])));
  map.emplace_back("wrap", Value::of(look.wrap.value_or(false)));
  map.emplace_back("width", look.width ? real(*look.width) : Value());
  map.emplace_back("height", look.height ? real(*look.height) : Value());
  map.emplace_back("hidden", Value::of(look.hidden.value_or(false)));
  map.emplace_back("merge", Value::of(look.merge));
  return map;
}

QUANJI_FIELDS(SetStyle::Input, QF(file, "文件，或打开的工作簿", "The file, or a workbook that is open"),
              QF(sheet, "工作表；不给就是第一张看得见的", "The sheet; the first that can be seen when not given"),
              QF(range, "区域（A1:F20、整列 C:D、整行 3:5）或名字", "A range (A1:F20, columns C:D, rows 3:5) or a name"),
              QF(style, "样式：number_format、bold、italic、size、colour、background、border、align、wrap、width、height、hidden、merge",
                 "Style: number_format, bold, italic, size, colour, background, border, align, wrap, width, height, hidden, merge"))

ActivityInfo SetStyle::info() {
  ActivityInfo info;
  info.id = "excel.set_style";
  info.title = {"设样式", "Set a style"};
  info.sentence = {"设样式：数字格式、字体、颜色、边框、列宽、行高、隐藏、合并；没有说的不变。",
                   "Sets number format, font, colours, borders, widths, heights, hiding, merging; what is not said stays."};
  info.effect = flow::Effect::repeatable;
  info.errors = workbook_changing_errors();
  info.examples = {{{"金额列", "A column of amounts"},
                    R"(- do: excel.write_workbook
  with: {sheets: {S: [{金额: 1234.5}]}, to: book.xlsx}
- do: excel.set_style
  with:
    file: book.xlsx
    range: A2
    style: {number_format: '#,##0.00', bold: true, background: '#FFF2CC', border: true}
  save: file
- do: excel.read_cell
  with: {file: =file, cell: A2, what: shown}
  save: shown
- do: excel.read_cell
  with: {file: =file, cell: A2, what: style}
  save: style
- return: {shown: =shown, background: "=style['background']", bold: "=style['bold']"}
)",
                    R"({"shown":"1,234.50","background":"#FFF2CC","bold":true})"}};
  return info;
}
Outcome<SetStyle::Output> SetStyle::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto change, style_of(input.style));
  QUANJI_TRY(auto book, Book::of(context, input.file));
  QUANJI_TRY(auto open, book.read());
  QUANJI_TRY(const auto place, place_of(open, input.sheet, input.range));
  if (!place.range) return wrong_argument("range 不能为空", "range is not empty");
  const auto& range = *place.range;
  const bool whole = (range.first.row == 1 && range.last.row == workbook::most_rows) ||
                     (range.first.column == 1 && range.last.column == workbook::most_columns);
  if (change.hidden && !whole)
    return wrong_argument("hidden 需要整列（C:D）或整行（3:5）", "hidden wants whole columns (C:D) or whole rows (3:5)");
  QUANJI_DO(context.go_on());
  QUANJI_DO(book.replace(
      [&](const std::string& from, const std::string& to) { return workbook::change_look(from, to, place.sheet, range, change); }));
  return Output{book.file()};
}

}  // namespace quanji::activities::excel
