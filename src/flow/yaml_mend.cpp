#include "flow/yaml_mend.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/encodings.h"

namespace quanji::flow {

namespace {

// Offset of the `=` that begins a value on this line ("key: =…", "- =…"), looking no further than `before`.
std::optional<std::size_t> expression_start(std::string_view line, std::size_t before = std::string_view::npos) {
  std::size_t at = line.find_first_not_of(' ');
  while (at != std::string_view::npos && line.substr(at).starts_with("- ")) at = line.find_first_not_of(' ', at + 2);
  if (at == std::string_view::npos || at >= before) return std::nullopt;
  if (line[at] == '=') return at;
  const auto colon = line.find(": ", at);
  const auto value = colon == std::string_view::npos ? colon : line.find_first_not_of(' ', colon + 2);
  if (value == std::string_view::npos || value >= before || line[value] != '=') return std::nullopt;
  return value;
}

// Offset of the `=` that begins a value inside {…} or […] on this line, the last before `before`.
std::optional<std::size_t> flow_expression_start(std::string_view line, std::size_t before) {
  std::optional<std::size_t> found;
  bool inside = false;
  for (std::size_t i = 0; i < std::min(line.size(), before); ++i) {
    if (line[i] == '{' || line[i] == '[') inside = true;
    if (line[i] != '=' || !inside || i == 0) continue;
    const auto earlier = line.find_last_not_of(' ', i - 1);
    if (earlier == std::string_view::npos) continue;
    const char c = line[earlier];
    if (c == '{' || c == '[' || c == ',' || (c == ':' && earlier + 1 < i)) found = i;
  }
  return found;
}

// Where the expression that begins at `start` inside {…} or […] ends: at the comma or bracket that is none of Python's.
std::size_t flow_expression_end(std::string_view line, std::size_t start) {
  int open = 0;
  char quote = 0;
  for (std::size_t i = start; i < line.size(); ++i) {
    const char c = line[i];
    if (quote) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '(' || c == '[' || c == '{') {
      ++open;
    } else if (c == ')' || c == ']' || c == '}') {
      if (open-- == 0) return i;
    } else if (c == ',' && open == 0) {
      return i;
    }
  }
  return line.size();
}

std::string quoted(std::string_view expression) {
  const auto last = expression.find_last_not_of(" \t\r");
  std::string out = "'";
  for (const char c : expression.substr(0, last == std::string_view::npos ? 0 : last + 1)) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

std::string shortened(std::string_view text, std::size_t most = 60) {
  const auto beginning = base::utf8_beginning(text, most);
  return std::string(beginning) + (beginning.size() < text.size() ? "…" : "");
}

std::size_t byte_of_column(std::string_view line, std::uint32_t column) {
  std::size_t at = 0;
  for (std::uint32_t n = 1; at < line.size() && n < column; ++n) do
      ++at;
    while (at < line.size() && (static_cast<unsigned char>(line[at]) & 0xC0U) == 0x80);
  return at;
}

struct Meaning {
  std::string_view problem;  // a part of libyaml's words
  std::string_view context;  // a part of these, or empty
  base::Text message, mend;
  bool at_context = false;
};
const std::vector<Meaning>& meanings() {
  static const std::vector<Meaning> all{
      {"unexpected end of stream",
       "quoted scalar",
       {"这个引号没有关上", "this quote is never closed"},
       {"在文本末尾补上同样的引号", "Put the same quote at the end of the text"},
       true},
      {"unexpected document indicator",
       "quoted scalar",
       {"这个引号没有关上", "this quote is never closed"},
       {"在文本末尾补上同样的引号", "Put the same quote at the end of the text"},
       true},
      {"unknown escape character",
       "",
       {"双引号里的反斜线后面不是 YAML 的转义字符", "the backslash inside these double quotes is followed by nothing YAML knows"},
       {"Windows 路径请用单引号：'D:\\data'", "Write Windows paths in single quotes: 'D:\\data'"},
       false},
      {"hexdecimal",
       "",
       {"双引号里的反斜线后面不是 YAML 的转义字符", "the backslash inside these double quotes is followed by nothing YAML knows"},
       {"Windows 路径请用单引号：'D:\\data'", "Write Windows paths in single quotes: 'D:\\data'"},
       false},
      {"expected ',' or '}'",
       "",
       {"{…} 里应为逗号或 }", "a comma or } is expected inside {…}"},
       {"检查 } 是否漏写，内容含逗号、冒号或括号时加引号",
        "See whether a } is missing; put quotes around what holds commas, colons or brackets"},
       false},
      {"expected ',' or ']'",
       "",
       {"[…] 里应为逗号或 ]", "a comma or ] is expected inside […]"},
       {"检查 ] 是否漏写，内容含逗号、冒号或括号时加引号",
        "See whether a ] is missing; put quotes around what holds commas, colons or brackets"},
       false},
      {"expected '-' indicator",
       "",
       {"列表里应为以“- ”开头的一项，且与上面各项对齐", "an item beginning with “- ” is expected here, in line with the items above"},
       {"让这一行与同级的行缩进一致", "Indent this line like the others of its level"},
       false},
      {"did not find expected key",
       "",
       {"这里应为“词: 内容”，且与同级的词对齐", "“word: value” is expected here, in line with the other words of its level"},
       {"让这一行与同级的行缩进一致；引号后面不能再有内容",
        "Indent this line like the others of its level; nothing may follow a closing quote"},
       false},
      {"mapping values are not allowed",
       "",
       {"这里不能再出现“: ”", "“: ” is not possible here"},
       {"文本里有“: ”时给整段文本加引号；否则检查上一行的缩进",
        "Put the whole text in quotes when it holds “: ”; otherwise look at the indentation of the line above"},
       false},
      {"could not find expected ':'",
       "",
       {"这一行缺少“: ”", "“: ” is missing on this line"},
       {"写成“词: 内容”，冒号后有空格", "Write “word: value” with a blank after the colon"},
       true},
      {"found character that cannot start any token",
       "",
       {"这个字符不能作为内容的开头", "this character cannot begin a value"},
       {"给整段内容加引号", "Put the whole value in quotes"},
       false},
      {"block sequence entries are not allowed",
       "",
       {"列表不能从这一行的中间开始", "a list cannot begin in the middle of this line"},
       {"把“- ”写到下一行并缩进", "Put “- ” on the next line and indent it"},
       false},
      {"exceeded maximum flow", "", {"括号嵌套太深", "brackets are nested too deeply"}, {"拆成几层", "Write it in several steps"}, false},
  };
  return all;
}

struct WideForm {
  std::string_view wide, ascii;
};
constexpr std::array wide_forms{
    WideForm{"：", ":"}, WideForm{"，", ","}, WideForm{"（", "("}, WideForm{"）", ")"},     WideForm{"“", "\""},  WideForm{"”", "\""},
    WideForm{"‘", "'"},  WideForm{"’", "'"},  WideForm{"＝", "="}, WideForm{"［", "["},     WideForm{"］", "]"},  WideForm{"｛", "{"},
    WideForm{"｝", "}"}, WideForm{"＋", "+"}, WideForm{"－", "-"}, WideForm{"＊", "*"},     WideForm{"／", "/"},  WideForm{"＜", "<"},
    WideForm{"＞", ">"}, WideForm{"！", "!"}, WideForm{"；", ";"}, WideForm{"\u3000", " "}, WideForm{"＂", "\""}, WideForm{"＇", "'"}};

void say_unquoted(Problems& problems, std::size_t line, std::string_view text, std::size_t start, std::string_view expression) {
  const bool single = expression.find('\'') == std::string_view::npos;
  const auto mended = single ? "'" + std::string(expression) + "'" : quoted(expression);
  problems.add(
      ProblemCode::expression_unquoted, {static_cast<std::uint32_t>(line + 1), characters_before(text, start) + 1},
      {fmt::format("表达式 {} 里有 YAML 看作自己符号的内容（“: ”、“ #”或括号里的逗号、引号），要整体加引号", shortened(expression)),
       fmt::format("the expression {} holds what YAML takes for its own (“: ”, “ #”, or commas, quotes and brackets inside {{…}} "
                   "or […]): it has to stand in quotes",
                   shortened(expression))},
      {fmt::format("写成 {}", shortened(mended, 120)), fmt::format("Write {}", shortened(mended, 120))});
}

}  // namespace

std::uint32_t characters_before(std::string_view text, std::size_t bytes) {
  std::uint32_t count = 0;
  for (const char c : text.substr(0, bytes)) count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80;
  return count;
}

std::optional<FullWidth> full_width_in(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (static_cast<unsigned char>(text[i]) < 0xC0) continue;
    for (const auto& form : wide_forms)
      if (text.substr(i).starts_with(form.wide)) return FullWidth{i, form.wide, form.ascii};
  }
  return std::nullopt;
}

std::optional<MendedLine> explain_failure(const YamlFailure& failure, const std::vector<std::string_view>& lines, Problems& problems) {
  const std::size_t line = failure.at.line == 0 ? 0 : failure.at.line - 1;
  const std::string_view text = line < lines.size() ? lines[line] : std::string_view();
  const std::size_t offset = byte_of_column(text, failure.at.column);

  // An expression that needs quotes: on this line, or begun on one above it.
  if (const auto start = expression_start(text, offset)) {
    const auto last = text.find_last_not_of(" \t\r");
    const auto expression = text.substr(*start, last + 1 - *start);
    say_unquoted(problems, line, text, *start, expression);
    return MendedLine{line, std::string(text.substr(0, *start)) + quoted(expression)};
  }
  if (const auto start = flow_expression_start(text, offset + 1)) {
    say_unquoted(problems, line, text, *start, text.substr(*start, flow_expression_end(text, *start) - *start));
    return std::nullopt;
  }
  for (std::size_t up = line; up-- > 0 && line - up < 20;) {
    if (lines[up].find_first_not_of(" \r") == std::string_view::npos) continue;
    if (const auto start = expression_start(lines[up])) {
      const auto indent = text.find_first_not_of(' ');
      if (indent != std::string_view::npos && indent > lines[up].find_first_not_of(' ') && !failure.problem.starts_with("did not find")) {
        say_unquoted(problems, up, lines[up], *start, lines[up].substr(*start));
        return std::nullopt;
      }
    }
    break;
  }

  // A tab where blanks indent.
  if (const auto blank = text.find_first_not_of(' '); blank != std::string_view::npos && text[blank] == '\t') {
    problems.add(ProblemCode::yaml_tab, {static_cast<std::uint32_t>(line + 1), static_cast<std::uint32_t>(blank + 1)},
                 {"缩进里有制表符；YAML 只用空格缩进", "a tab is used for indentation; YAML indents with blanks only"},
                 {"把制表符换成空格（每级两个）", "Replace tabs by blanks, two a level"});
    return std::nullopt;
  }

  // A full-width colon or a colon without its blank: YAML notices one line later.
  for (const std::size_t at : {line, line == 0 ? line : line - 1}) {
    if (at >= lines.size()) continue;
    const auto wide = full_width_in(lines[at]);
    if (wide && wide->ascii == ":" && lines[at].substr(0, wide->offset).find_first_of("\"'#") == std::string_view::npos) {
      problems.add(ProblemCode::full_width, {static_cast<std::uint32_t>(at + 1), characters_before(lines[at], wide->offset) + 1},
                   {fmt::format("这里用了全角“{}”，应为半角", wide->wide),
                    fmt::format("the full-width “{}” stands where the ASCII one is expected", wide->wide)},
                   {"改成半角冒号加空格“: ”", "Write an ASCII colon and a blank: “: ”"});
      return std::nullopt;
    }
    const auto begin = lines[at].find_first_not_of(" -");
    const auto colon = lines[at].find(':');
    if (begin != std::string_view::npos && colon != std::string_view::npos && colon > begin && colon + 1 < lines[at].size() &&
        lines[at][colon + 1] != ' ' && lines[at][colon + 1] != '\r' && lines[at].find(": ") == std::string_view::npos &&
        lines[at].substr(begin, colon - begin).find_first_of(" \"'#={[") == std::string_view::npos) {
      problems.add(ProblemCode::colon_blank, {static_cast<std::uint32_t>(at + 1), characters_before(lines[at], colon) + 1},
                   {"冒号后面缺少空格", "a blank is missing after the colon"},
                   {fmt::format("写成“{}: …”", lines[at].substr(begin, colon - begin)),
                    fmt::format("Write “{}: …”", lines[at].substr(begin, colon - begin))});
      return std::nullopt;
    }
  }

  for (const auto& meaning : meanings()) {
    if (failure.problem.find(meaning.problem) == std::string_view::npos) continue;
    if (failure.context.find(meaning.context) == std::string_view::npos) continue;
    const auto at = meaning.at_context && failure.context_at.line != 0 ? failure.context_at : failure.at;
    problems.add(ProblemCode::yaml_syntax, at, meaning.message, meaning.mend);
    return std::nullopt;
  }
  problems.add(ProblemCode::yaml_syntax, failure.at,
               {fmt::format("YAML 读不下去：{}", failure.problem), fmt::format("YAML cannot be read on: {}", failure.problem)},
               {"检查这一行和上一行的缩进、引号和冒号", "Look at indentation, quotes and colons of this line and the one above"});
  return std::nullopt;
}

}  // namespace quanji::flow
