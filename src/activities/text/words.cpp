// Encodings, widths, numbers, dates, amounts.
#include <fmt/format.h>

#include "activities/failures.h"
#include "activities/group.h"
#include "activities/text/text.h"
#include "base/encodings.h"
#include "values/names.h"

namespace quanji::activities {
namespace text {

using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;

QUANJI_FIELDS(Encode::Input, QF(text, "文本", "The text"), QF(encoding, "编码", "Encoding", .fallback = "\"gb18030\""))
QUANJI_FIELDS(Encode::Output, QF(bytes, "字节", "The bytes"))
QUANJI_FIELDS(Decode::Input, QF(bytes, "字节", "The bytes"),
              QF(encoding, "编码；auto：有 BOM 按 BOM，合 UTF-8 按 UTF-8，否则 GB18030",
                 "Encoding; auto: by its mark, UTF-8 if it is that, else GB18030", .fallback = "\"auto\""),
              QF(if_bad, "不合编码的字节：失败，或换成 �（只限 UTF-8）", "Bytes the encoding has not: fail, or replace by � (UTF-8 only)",
                 .fallback = "\"fail\""))
QUANJI_FIELDS(Normalize::Input, QF(text, "文本", "The text"),
              QF(letters, "字母数字符号：半角、全角、不变", "Width: half, full, keep", .fallback = "\"half\""),
              QF(spaces, "空白：连续的并成一个、只去首尾、全去、不变", "Blanks: single, trim, drop, keep", .fallback = "\"single\""))
QUANJI_FIELDS(ParseNumber::Input, QF(text, "写成文字的数", "A number as written"))
QUANJI_FIELDS(ParseNumber::Output, QF(number, "数，精确", "The number, exact"))
QUANJI_FIELDS(ParseDate::Input, QF(text, "写成文字的日期", "A date as written"),
              QF(order, "年月日的顺序", "Order of year, month, day: ymd, dmy, mdy", .fallback = "\"ymd\""))
QUANJI_FIELDS(ParseDate::Output, QF(date, "日期", "The date"))
QUANJI_FIELDS(SpellAmount::Input, QF(amount, "金额，至多两位小数", "An amount with at most two places"))

ActivityInfo Encode::info() {
  ActivityInfo info;
  info.id = "text.encode";
  info.title = {"编码成字节", "Encode"};
  info.sentence = {"按编码转成字节。", "Turns text into bytes of an encoding."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"bad_encoding"});
  info.examples = {{{"GBK 一个汉字两个字节", "A character of GBK has two bytes"},
                    R"(- do: text.encode
  with: {text: 清算, encoding: gbk}
  save: bytes
- return: {count: =len(bytes)}
)",
                    R"({"count":4})"}};
  return info;
}
Outcome<Encode::Output> Encode::run(ActivityContext&, const Input& input) {
  auto bytes = base::from_utf8(charset_of(input.encoding), input.text);
  if (!bytes) return failure("bad_encoding", {bytes.error().message().zh, bytes.error().message().en});
  if (input.encoding == TextEncoding::utf8_mark) bytes->insert(0, "\xEF\xBB\xBF");
  const auto view = base::bytes_of(*bytes);
  return Output{base::Bytes(view.begin(), view.end())};
}

ActivityInfo Decode::info() {
  ActivityInfo info;
  info.id = "text.decode";
  info.title = {"字节读成文本", "Decode"};
  info.sentence = {"把字节按编码读成文本。", "Reads bytes of an encoding as text."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"bad_encoding"});
  info.examples = {{{"GBK 的字节", "Bytes of GBK"},
                    R"(- do: text.decode
  with: {bytes: '=b"\xC7\xE5\xCB\xE3"'}
  save: text
- return: {text: =text}
)",
                    R"({"text":"清算"})"}};
  return info;
}
Outcome<Decode::Output> Decode::run(ActivityContext&, const Input& input) {
  auto bytes = base::text_of(input.bytes);
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  const bool marked = bytes.starts_with(mark);
  if (marked) bytes.remove_prefix(mark.size());
  auto charset = charset_of(input.encoding);
  if (!charset) charset = marked || base::is_utf8(bytes) ? base::Charset::utf8 : base::Charset::gb18030;
  if (input.if_bad == IfBadBytes::replace && *charset == base::Charset::utf8) return Output{base::repair_utf8(bytes)};
  auto text = base::to_utf8(*charset, bytes);
  if (!text)
    return failure("bad_encoding", {fmt::format("不是 {}：{}", base::to_text(*charset), text.error().message().zh),
                                    fmt::format("this is not {}: {}", base::to_text(*charset), text.error().message().en)});
  return Output{std::move(*text)};
}

ActivityInfo Normalize::info() {
  ActivityInfo info;
  info.id = "text.normalize";
  info.title = {"统一写法", "Normalize"};
  info.sentence = {"统一全角半角、空白和换行。", "Makes width, blanks and line ends uniform."};
  info.effect = flow::Effect::none;
  info.examples = {{{"全角与多余空白", "Full width and too many blanks"},
                    R"(- do: text.normalize
  with: {text: " ６０００００　　浦发银行 "}
  save: text
- return: {text: =text}
)",
                    R"({"text":"600000 浦发银行"})"}};
  return info;
}
Outcome<Normalize::Output> Normalize::run(ActivityContext&, const Input& input) {
  std::string text;
  for (std::size_t i = 0; i < input.text.size(); ++i) {  // \r\n and \r are \n
    if (input.text[i] == '\r') {
      text += '\n';
      if (i + 1 < input.text.size() && input.text[i + 1] == '\n') ++i;
    } else {
      text += input.text[i];
    }
  }
  if (input.letters == Letters::half) text = half_width(text);
  if (input.letters == Letters::full) text = full_width(text);
  if (input.spaces == Spaces::keep) return Output{std::move(text)};
  // Blanks of both widths, tabs and the blank that does not break; line ends stay but for `drop`.
  const auto blank = [&](std::size_t i) -> std::size_t {
    const auto rest = std::string_view(text).substr(i);
    for (const std::string_view one : {" ", "\t", "\u3000", "\u00A0", "\uFEFF"})
      if (rest.starts_with(one)) return one.size();
    return input.spaces == Spaces::drop && rest.starts_with("\n") ? 1 : 0;
  };
  std::string out, waiting;
  bool at_start = true;
  for (std::size_t i = 0; i < text.size();) {
    if (const auto size = blank(i); size > 0) {
      waiting += text.substr(i, size);
      i += size;
      continue;
    }
    const bool line_end = text[i] == '\n';
    if (input.spaces != Spaces::drop && !at_start && !line_end && !waiting.empty())
      out += input.spaces == Spaces::single ? (input.letters == Letters::full ? "\u3000" : " ") : waiting;
    waiting.clear();
    out += text[i++];
    at_start = line_end;
  }
  const auto first = std::min(out.find_first_not_of('\n'), out.size());
  const auto last = out.find_last_not_of('\n');
  return Output{last == std::string::npos ? "" : out.substr(first, last - first + 1)};
}

ActivityInfo ParseNumber::info() {
  ActivityInfo info;
  info.id = "text.parse_number";
  info.title = {"读出数", "Read a number"};
  info.sentence = {"读出数：千分位、负号括号、万亿、全角、中文大写。",
                   "Reads a number: thousands, brackets for minus, 万/亿, full width, Chinese capitals."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"bad_value"});
  info.examples = {{{"千分位与大写", "Thousands and capitals"},
                    R"yaml(- do: text.parse_number
  with: {text: "(1,234.50)"}
  save: a
- do: text.parse_number
  with: {text: 壹佰贰拾元伍角整}
  save: b
- return: {a: =a, b: =b}
)yaml",
                    R"({"a":-1234.50,"b":120.50})"}};
  return info;
}
Outcome<ParseNumber::Output> ParseNumber::run(ActivityContext&, const Input& input) {
  const auto number = read_number(input.text);
  if (!number)
    return failure("bad_value",
                   {fmt::format("“{}”不是数；应如 1,234.50、(12.30)、3.5万、壹佰元整", values::quoted(input.text)),
                    fmt::format("\"{}\" is no number; it is written like 1,234.50, (12.30), 3.5万, 壹佰元整", values::quoted(input.text))});
  return Output{*number};
}

ActivityInfo ParseDate::info() {
  ActivityInfo info;
  info.id = "text.parse_date";
  info.title = {"读出日期", "Read a date"};
  info.sentence = {"读出日期：20261120、2026/11/20、2026年11月20日等。", "Reads a date in the forms of the trade."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"bad_value"});
  info.examples = {{{"两种写法", "Two forms"},
                    R"(- do: text.parse_date
  with: {text: 2026年11月20日}
  save: a
- do: text.parse_date
  with: {text: "20/11/2026", order: dmy}
  save: b
- return: {same: =a == b}
)",
                    R"({"same":true})"}};
  return info;
}
Outcome<ParseDate::Output> ParseDate::run(ActivityContext&, const Input& input) {
  const auto date = read_date(input.text, input.order);
  if (!date)
    return failure("bad_value", {fmt::format("“{}”不是日期（顺序 {}）；应如 20261120、2026/11/20、2026年11月20日",
                                             values::quoted(input.text), base::word(input.order)),
                                 fmt::format("\"{}\" is no date (order {}); it is written like 20261120, 2026/11/20, 2026年11月20日",
                                             values::quoted(input.text), base::word(input.order))});
  return Output{*date};
}

ActivityInfo SpellAmount::info() {
  ActivityInfo info;
  info.id = "text.spell_amount";
  info.title = {"金额大写", "Spell an amount"};
  info.sentence = {"金额写成人民币大写。", "Spells an amount in Chinese capitals."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"bad_value"});
  info.examples = {{{"一万零三十元五角", "10 030.50"},
                    R"(- do: text.spell_amount
  with: {amount: 10030.50}
  save: text
- return: {text: =text}
)",
                    R"({"text":"壹万零叁拾元零伍角整"})"}};
  return info;
}
Outcome<SpellAmount::Output> SpellAmount::run(ActivityContext&, const Input& input) {
  auto spelt = spell_amount(input.amount);
  if (!spelt)
    return failure("bad_value",
                   {fmt::format("{} 写不成大写：至多两位小数，小于一亿亿；先用 round 到分", input.amount.text()),
                    fmt::format("{} has no spelling: at most two places and below 10^16; round it to cents before", input.amount.text())});
  return Output{std::move(*spelt)};
}

}  // namespace text

void add_text(Activities& to) {
  using namespace text;
  to.insert(to.end(), {engine::activity<Find>(), engine::activity<Replace>(), engine::activity<Split>(), engine::activity<Extract>(),
                       engine::activity<Encode>(), engine::activity<Decode>(), engine::activity<Normalize>(),
                       engine::activity<ParseNumber>(), engine::activity<ParseDate>(), engine::activity<SpellAmount>()});
}

}  // namespace quanji::activities
