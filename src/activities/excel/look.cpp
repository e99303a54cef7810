#include "activities/excel/look.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "activities/documents.h"
#include "values/names.h"

namespace quanji::activities::excel {

using documents::wrong_argument;
using engine::Outcome;
using values::Map;
using values::Type;
using values::Value;

namespace {

engine::Failure wrong_look(std::string_view word, std::string_view zh, std::string_view en) {
  return wrong_argument(fmt::format("look/{} 应为{}", word, zh), fmt::format("look/{} is {}", word, en));
}
Outcome<bool> truth_of(const Value& value, std::string_view word) {
  if (value.is(Type::boolean)) return value.boolean();
  if (value.is(Type::integer) && (value.integer() == 0 || value.integer() == 1)) return value.integer() == 1;
  return wrong_look(word, " true 或 false（0 或 1）", "true or false (0 or 1)");
}
Outcome<double> width_of(const Value& value, std::string_view word) {
  double width = -1;
  if (value.is(Type::integer)) width = static_cast<double>(value.integer());
  if (value.is(Type::decimal)) width = value.decimal().approximate();
  if (width >= 0 && width <= 255) return width;
  return wrong_look(word, " 0 到 255 之间的数", "a number from 0 to 255");
}

}  // namespace

Outcome<std::uint32_t> colour_of(const Value& value, std::string_view where) {
  if (value.is(Type::text)) {
    const auto& text = value.text();
    std::uint32_t colour = 0;
    const auto [end, problem] = std::from_chars(text.data() + (text.empty() ? 0 : 1), text.data() + text.size(), colour, 16);
    if (text.size() == 7 && text[0] == '#' && problem == std::errc() && end == text.data() + text.size()) return colour;
  }
  return wrong_argument(fmt::format("{} 应为颜色 #RRGGBB", where), fmt::format("{} is a colour, #RRGGBB", where));
}

Outcome<void> take_look(const Map& look, const std::vector<std::string>& columns, workbook::SheetWriting& plan) {
  static const std::vector<std::string> words = {"freeze", "filter", "header", "title", "number_formats", "widths", "colours"};
  const auto column = [&](const std::string& name) -> workbook::ColumnWriting& {
    auto found = std::ranges::find(plan.columns, name, &workbook::ColumnWriting::name);
    if (found != plan.columns.end()) return *found;
    plan.columns.push_back({.name = name, .width = {}, .look = {}, .formula = {}});
    return plan.columns.back();
  };
  plan.freeze_header = false;
  for (const auto& [word, value] : look) {
    if (std::ranges::find(words, word) == words.end()) {
      auto text = values::no_such_name({"外观", "look"}, word, words);
      return wrong_argument(std::move(text.zh), std::move(text.en));
    }
    if (word == "freeze") {
      QUANJI_TRY(plan.freeze_header, truth_of(value, word));
    } else if (word == "filter") {
      QUANJI_TRY(plan.autofilter, truth_of(value, word));
    } else if (word == "header") {
      QUANJI_TRY(const bool header, truth_of(value, word));
      plan.header = header ? workbook::SheetHeader::first_row : workbook::SheetHeader::none;
    } else if (word == "title") {
      if (!value.is(Type::text)) return wrong_look(word, "文本", "a text");
      plan.start.row = 3;
      plan.titles = {{workbook::Cell{1, 1}, value}};
    } else {
      if (!value.is(Type::map)) return wrong_look(word, "“列: …”的映射", "a map of columns");
      for (const auto& [name, what] : value.map()) {
        const auto where = fmt::format("look/{}/{}", word, name);
        if (word == "colours" && name == "header") {
          QUANJI_TRY(plan.header_look.fill, colour_of(what, where));
          continue;
        }
        if (std::ranges::find(columns, name) == columns.end()) {
          auto text = values::no_such_name({"列", "column"}, name, columns);
          return engine::business_failure("not_found", {where + "：" + text.zh, where + ": " + text.en});
        }
        auto& to = column(name);
        if (word == "number_formats") {
          if (!what.is(Type::text) || what.text().empty() || what.text().size() > 255)
            return wrong_argument(where + " 应为数字格式，如 #,##0.00", where + " is a number format like #,##0.00");
          to.look.number_format = what.text();
        } else if (word == "widths") {
          QUANJI_TRY(to.width, width_of(what, word));
        } else {
          QUANJI_TRY(to.look.fill, colour_of(what, where));
        }
      }
    }
  }
  if (plan.header == workbook::SheetHeader::none) plan.freeze_header = plan.autofilter = false;
  return {};
}

}  // namespace quanji::activities::excel
