// Patterns are RE2: their time grows with the text alone, so no pattern of a flow can hang a run.
#include <fmt/format.h>
#include <re2/re2.h>

#include "activities/failures.h"
#include "activities/text/text.h"
#include "values/names.h"
#include "values/table.h"

namespace quanji::activities::text {

using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;

QUANJI_FIELDS(TextOut, QF(text, "文本", "The text"))
QUANJI_FIELDS(Find::Input, QF(text, "文本", "The text"), QF(pattern, "RE2 正则", "An RE2 pattern", .max = 10'000),
              QF(ignore_case, "不分大小写", "Upper and lower case alike", .fallback = "false"))
QUANJI_FIELDS(Find::Output, QF(matches, "匹配", "The matches"))
QUANJI_FIELDS(Replace::Input, QF(text, "文本", "The text"), QF(pattern, "RE2 正则", "An RE2 pattern", .max = 10'000),
              QF(replacement, "替换为；\\1 是第一个分组，\\0 是整个匹配",
                 "What stands instead; \\1 is the first group, \\0 the whole match"),
              QF(ignore_case, "不分大小写", "Upper and lower case alike", .fallback = "false"))
QUANJI_FIELDS(Split::Input, QF(text, "文本", "The text"), QF(pattern, "RE2 正则", "An RE2 pattern", .max = 10'000))
QUANJI_FIELDS(Split::Output, QF(parts, "各部分", "The parts"))
QUANJI_FIELDS(Extract::Input, QF(text, "文本", "The text"),
              QF(pattern, "RE2 正则，带命名分组 (?P<code>…)", "An RE2 pattern with named groups (?P<code>…)", .max = 10'000),
              QF(ignore_case, "不分大小写", "Upper and lower case alike", .fallback = "false"))
QUANJI_FIELDS(Extract::Output, QF(table, "表：每个匹配一行，每个命名分组一列", "A row a match, a column a named group"))

namespace {

Outcome<std::unique_ptr<RE2>> compiled(const std::string& pattern, bool ignore_case) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_case_sensitive(!ignore_case);
  options.set_max_mem(std::int64_t{64} << 20);
  auto made = std::make_unique<RE2>(pattern, options);
  if (!made->ok())
    return failure("invalid_argument", {fmt::format("pattern“{}”不是正则：{}（{}）；RE2 没有回溯引用和环视", values::quoted(pattern),
                                                    made->error(), made->error_arg()),
                                        fmt::format("\"{}\" is no pattern: {} ({}); RE2 has no back references and no look-around",
                                                    values::quoted(pattern), made->error(), made->error_arg())});
  return made;
}
// Each match; an empty one moves on by a character. `take` gets whole match and groups.
Outcome<void> each_match(ActivityContext& context, const RE2& pattern, const std::string& text,
                         const std::function<void(const std::vector<re2::StringPiece>&)>& take) {
  std::vector<re2::StringPiece> groups(static_cast<std::size_t>(pattern.NumberOfCapturingGroups()) + 1);
  std::size_t at = 0, count = 0;
  while (at <= text.size()) {
    if (++count % 1'000 == 0) QUANJI_DO(context.go_on());
    if (!pattern.Match(text, at, text.size(), RE2::UNANCHORED, groups.data(), static_cast<int>(groups.size()))) break;
    take(groups);
    const auto end = static_cast<std::size_t>(groups[0].data() - text.data()) + groups[0].size();
    if (!groups[0].empty()) {
      at = end;
      continue;
    }
    at = end + 1;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) ++at;
  }
  return {};
}

}  // namespace

ActivityInfo Find::info() {
  ActivityInfo info;
  info.id = "text.find";
  info.title = {"查找", "Find"};
  info.sentence = {"找出所有匹配（有一个分组时取分组）。", "Finds all matches of a pattern (its group, when it has one)."};
  info.effect = flow::Effect::none;
  info.examples = {{{"证券代码", "Codes of securities"},
                    R"(- do: text.find
  with: {text: "600000 浦发银行, 000001 平安银行", pattern: '\d{6}'}
  save: codes
- return: {codes: =codes}
)",
                    R"({"codes":["600000","000001"]})"}};
  return info;
}
Outcome<Find::Output> Find::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto pattern, compiled(input.pattern, input.ignore_case));
  Output out;
  const std::size_t which = pattern->NumberOfCapturingGroups() == 1 ? 1 : 0;
  QUANJI_DO(each_match(context, *pattern, input.text, [&](const auto& groups) { out.matches.emplace_back(groups[which]); }));
  return out;
}

ActivityInfo Replace::info() {
  ActivityInfo info;
  info.id = "text.replace";
  info.title = {"替换", "Replace"};
  info.sentence = {"按正则替换全部匹配，\\1 引用分组。", "Replaces all matches; \\1 is the first group."};
  info.effect = flow::Effect::none;
  info.examples = {{{"日期换形式", "Dates in another form"},
                    R"(- do: text.replace
  with: {text: "20261120", pattern: '(\d{4})(\d{2})(\d{2})', replacement: '\1-\2-\3'}
  save: text
- return: {text: =text}
)",
                    R"({"text":"2026-11-20"})"}};
  return info;
}
Outcome<Replace::Output> Replace::run(ActivityContext&, const Input& input) {
  QUANJI_TRY(const auto pattern, compiled(input.pattern, input.ignore_case));
  std::string why;
  if (!pattern->CheckRewriteString(input.replacement, &why))
    return failure("invalid_argument", {fmt::format("replacement 不对：{}；反斜杠写成 \\\\", why),
                                        fmt::format("the replacement is wrong: {}; a backslash is written \\\\", why)});
  Output out{input.text};
  RE2::GlobalReplace(&out.text, *pattern, input.replacement);
  return out;
}

ActivityInfo Split::info() {
  ActivityInfo info;
  info.id = "text.split";
  info.title = {"切分", "Split"};
  info.sentence = {"按正则切分。", "Splits at each match."};
  info.effect = flow::Effect::none;
  info.examples = {{{"逗号或空白", "Commas or blanks"},
                    R"(- do: text.split
  with: {text: "a, b  c", pattern: '[,\s]+'}
  save: parts
- return: {parts: =parts}
)",
                    R"({"parts":["a","b","c"]})"}};
  return info;
}
Outcome<Split::Output> Split::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto pattern, compiled(input.pattern, false));
  Output out;
  std::size_t from = 0;
  QUANJI_DO(each_match(context, *pattern, input.text, [&](const auto& groups) {
    const auto at = static_cast<std::size_t>(groups[0].data() - input.text.data());
    if (groups[0].empty() && (at == 0 || at >= input.text.size())) return;
    out.parts.push_back(input.text.substr(from, at - from));
    from = at + groups[0].size();
  }));
  out.parts.push_back(input.text.substr(from));
  return out;
}

ActivityInfo Extract::info() {
  ActivityInfo info;
  info.id = "text.extract";
  info.title = {"抽取成表", "Extract a table"};
  info.sentence = {"按命名分组抽取：每个匹配一行，每个分组一列。", "Extracts by named groups: a row a match, a column a group."};
  info.effect = flow::Effect::none;
  info.examples = {{{"代码与数量", "Code and quantity"},
                    R"(- do: text.extract
  with: {text: "600000:100;000001:20", pattern: '(?P<code>\d{6}):(?P<quantity>\d+)'}
  save: table
- return: {rows: '=[[row["code"], row["quantity"]] for row in table]'}
)",
                    R"({"rows":[["600000","100"],["000001","20"]]})"}};
  return info;
}
Outcome<Extract::Output> Extract::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto pattern, compiled(input.pattern, input.ignore_case));
  const auto& named = pattern->CapturingGroupNames();  // number → name, in order
  if (named.empty())
    return failure("invalid_argument",
                   {"pattern 里没有命名分组；写成 (?P<code>\\d+)", "the pattern has no named group; write (?P<code>\\d+)"});
  std::vector<std::string> names;
  std::vector<std::size_t> places;
  std::vector<values::ColumnBuilder> columns;
  for (const auto& [number, name] : named) {
    names.push_back(name);
    places.push_back(static_cast<std::size_t>(number));
    columns.emplace_back(values::ColumnType::text);
  }
  QUANJI_DO(each_match(context, *pattern, input.text, [&](const auto& groups) {
    for (std::size_t i = 0; i < places.size(); ++i) {
      const auto& group = groups[places[i]];
      if (group.data() == nullptr)
        columns[i].add_nothing();
      else
        columns[i].add_text(std::string_view(group.data(), group.size()));
    }
  }));
  std::vector<values::ColumnPtr> finished;
  for (auto& column : columns) finished.push_back(std::move(column).finish());
  auto table = values::Table::make(std::move(names), std::move(finished));
  if (!table) return failure("invalid_argument", table.error());
  return Output{std::make_shared<const values::Table>(std::move(*table))};
}

}  // namespace quanji::activities::text
