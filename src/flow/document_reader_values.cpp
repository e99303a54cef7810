// What steps are made of: variables, values with expressions inside, arguments, save, retry.
#include <fmt/format.h>

#include <algorithm>

#include "flow/closest_word.h"
#include "flow/document_reader.h"
#include "flow/literals.h"
#include "flow/parser.h"
#include "flow/python_names.h"
#include "flow/python_scan.h"
#include "flow/yaml_mend.h"
#include "values/names.h"

namespace quanji::flow {

using base::Sentence;
using base::Text;
using values::quoted;
using values::Type;
using values::Value;

namespace {

constexpr std::int64_t longest_wait_micros = 30LL * 86'400 * 1'000'000;  // of time-outs and waits: what is longer is a schedule

bool is_function_name(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  const auto is_word = [](std::string_view word) {
    return !word.empty() && !(word[0] >= '0' && word[0] <= '9') &&
           word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == std::string_view::npos;
  };
  auto module = text.substr(0, colon);
  while (true) {
    const auto dot = module.find('.');
    if (!is_word(module.substr(0, dot))) return false;
    if (dot == std::string_view::npos) break;
    module.remove_prefix(dot + 1);
  }
  return is_word(text.substr(colon + 1));
}

// {a: =max(1, 2)} without quotes: YAML makes a word of its own of what follows the comma. The expression before it is told as unfinished.
bool is_rest_of_expression(const YamlEntry& before, const YamlEntry& entry) {
  return entry.value.is_scalar() && entry.value.text.empty() && before.value.in_flow && before.value.text.starts_with('=') &&
         read_expression(std::string_view(before.value.text).substr(1)).unfinished != PythonScan::Unfinished::no;
}

}  // namespace

Variable DocumentReader::variable(const std::string& name, Position at) {
  if (!is_document_name(name))
    problems().add(ProblemCode::bad_name, at,
                   {fmt::format("变量名“{}”不合规则：{}", quoted(name), document_name_rule.zh),
                    fmt::format("the variable's name “{}” is not {}", quoted(name), document_name_rule.en)},
                   name.starts_with('=') ? Text{"这里写变量名，不写表达式", "A variable's name stands here, no expression"} : Text{});
  else if (is_python_keyword(name))
    problems().add(ProblemCode::reserved_name, at,
                   {fmt::format("“{}”是 Python 的保留字，表达式里用不了", name),
                    fmt::format("“{}” is a word of Python: no expression could use it", name)},
                   {fmt::format("改名，如 {}_", name), fmt::format("Choose another, like {}_", name)});
  else if (is_python_builtin(name) || (is_flow_name(name) && name != "item"))
    problems().add(ProblemCode::name_hides, at,
                   {fmt::format("“{}”是表达式里已有的名称，赋值后原来的就用不了", name),
                    fmt::format("“{}” is a name that expressions have already; setting it hides that one", name)},
                   {"换一个名称", "Choose another name"});
  if (document_.variables.size() >= max_variables && !slots_.contains(name)) {
    problems().add(ProblemCode::out_of_range, at,
                   {fmt::format("一个流程最多 {} 个变量", max_variables), fmt::format("a flow has at most {} variables", max_variables)},
                   {"把成组的值放进一个 map 或 list", "Keep what belongs together in one map or list"});
    return {name, 0, at};
  }
  const auto [found, fresh] = slots_.try_emplace(name, static_cast<std::uint32_t>(document_.variables.size()));
  if (fresh) document_.variables.push_back(name);
  return {name, found->second, at};
}

Variable DocumentReader::variable(const YamlNode& node, Sentence what) {
  if (!node.is_scalar()) {
    wrong_form(node, what, {"变量名", "the name of a variable"});
    return {};
  }
  return variable(node.text, node.at);
}

std::optional<Expression> DocumentReader::expression(const YamlNode& scalar) {
  const std::string_view text = scalar.text;
  if (!scalar.is_scalar() || !text.starts_with('=') || text.starts_with("==")) return std::nullopt;
  auto begin = text.find_first_not_of(" \t\n", 1);
  Expression out;
  out.at = scalar.text_at;
  out.number = document_.expressions++;
  if (begin == std::string_view::npos) {
    problems().add(ProblemCode::empty_expression, scalar.at, {"= 后面没有表达式", "nothing follows the ="},
                   {"写上 Python 表达式；要文本“=”就写 ==", "Write a Python expression; the text “=” is written =="});
    return out;
  }
  const auto end = text.find_last_not_of(" \t\n");
  const auto line_start = text.rfind('\n', begin);
  if (line_start == std::string_view::npos)
    out.at.column += static_cast<std::uint32_t>(begin);
  else
    out.at.line += static_cast<std::uint32_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(begin), '\n'));
  out.python = text.substr(begin, end + 1 - begin);
  return out;
}

Operand DocumentReader::operand(const YamlNode& node, int depth) {
  Operand out;
  out.at = node.at;
  if (depth > values::max_value_depth) {
    problems().add(ProblemCode::too_deep, node.at,
                   {fmt::format("值嵌套超过 {} 层", values::max_value_depth),
                    fmt::format("a value is nested at most {} levels deep", values::max_value_depth)});
    return out;
  }
  if (node.is_scalar()) {
    if (auto python = expression(node)) {
      out.form = std::move(*python);
      return out;
    }
    if (node.text.starts_with("==")) {
      out.form = Value::of(node.text.substr(1));
      return out;
    }
    for (const auto& [open, close] : {std::pair{"${", "}"}, std::pair{"{{", "}}"}}) {
      const auto begin = node.text.find(open);
      const auto end = begin == std::string::npos ? begin : node.text.find(close, begin);
      if (end == std::string::npos) continue;
      auto name = node.text.substr(begin + 2, end - begin - 2);
      name.erase(std::remove(name.begin(), name.end(), ' '), name.end());
      templates_.emplace_back(std::move(name), node.at);
    }
    out.form = scalar_value(node, problems());
    return out;
  }
  if (node.is_list()) {
    ListOf list;
    bool literal = true;
    for (const auto& item : node.items) {
      list.items.push_back(operand(item, depth + 1));
      literal = literal && list.items.back().literal();
    }
    if (!literal) {
      out.form = std::move(list);
      return out;
    }
    values::List values;
    values.reserve(list.items.size());
    for (auto& item : list.items) values.push_back(std::get<Value>(std::move(item.form)));
    out.form = Value::of(std::move(values));
    return out;
  }
  if (node.is_map()) {
    MapOf map;
    bool literal = true;
    for (const auto& entry : node.entries) {
      if (entry.key.starts_with('=') && !entry.key.starts_with("=="))
        problems().add(ProblemCode::misplaced_word, entry.at, {"键不能是表达式", "a key is no expression"},
                       {"整个值写成一个表达式：={…}", "Write the whole value as one expression: ={…}"});
      map.entries.push_back({entry.key.starts_with("==") ? entry.key.substr(1) : entry.key, operand(entry.value, depth + 1)});
      literal = literal && map.entries.back().value.literal();
    }
    if (!literal) {
      out.form = std::move(map);
      return out;
    }
    values::Map values;
    values.reserve(map.entries.size());
    for (auto& [key, value] : map.entries) values.emplace_back(std::move(key), std::get<Value>(std::move(value.form)));
    out.form = Value::of(std::move(values));
  }
  return out;
}

Operand DocumentReader::condition(const YamlNode& node, Sentence what) {
  Operand out = operand(node);
  if (out.expression() || node.is_broken()) return out;
  if (const auto* literal = out.literal(); literal && literal->is(Type::boolean)) return out;
  Text mend{"写成以 = 开头的表达式", "Write an expression, beginning with ="};
  if (node.is_scalar() && !node.text.empty())
    mend = {fmt::format("写成 ={}", quoted(node.text)), fmt::format("Write ={}", quoted(node.text))};
  problems().add(ProblemCode::not_expression, node.at,
                 {fmt::format("{}应为以 = 开头的表达式", what.zh), fmt::format("{} should be an expression, beginning with =", what.en)},
                 std::move(mend));
  return out;
}

Operand DocumentReader::duration(const YamlNode& node) {
  Operand out = operand(node);
  if (out.expression() || node.is_broken()) return out;
  const Text mend{"写成 30s、1m30s、2h 这样带单位的时长", "Write a duration with its unit: 30s, 1m30s, 2h"};
  const auto* literal = out.literal();
  if (literal && literal->is(Type::text)) {
    const auto read = values::parse_duration(literal->text());
    if (read.ok() && read->micros >= 0 && read->micros <= longest_wait_micros) {
      out.form = Value::of(*read);
      return out;
    }
    if (read.ok()) {
      problems().add(ProblemCode::out_of_range, node.at, {"时长应在 0 到 30 天之间", "a duration from 0 to 30 days is expected"});
      return out;
    }
  }
  if (literal && (literal->is(Type::integer) || literal->is(Type::decimal)))
    problems().add(ProblemCode::wrong_duration, node.at,
                   {fmt::format("{} 缺少时间单位", quoted(node.text)), fmt::format("{} has no unit", quoted(node.text))},
                   {fmt::format("写成 {}s（秒）或 {}m（分）", quoted(node.text), quoted(node.text)),
                    fmt::format("Write {}s (seconds) or {}m (minutes)", quoted(node.text), quoted(node.text))});
  else
    problems().add(ProblemCode::wrong_duration, node.at,
                   {fmt::format("“{}”不是时长", quoted(node.text)), fmt::format("“{}” is no duration", quoted(node.text))}, mend);
  return out;
}

Arguments DocumentReader::arguments(const YamlNode& node, Sentence what) {
  Arguments out;
  if (node.is_broken() || (node.is_scalar() && node.text.empty() && node.style == YamlNode::Style::plain)) return out;
  if (!node.is_map()) {
    wrong_form(node, what, {"键值表", "a map"}, {"每行写“名称: 值”", "Write one “name: value” a line"});
    return out;
  }
  out.reserve(node.entries.size());
  for (const auto& entry : node.entries) {
    if (&entry != node.entries.data() && is_rest_of_expression(*(&entry - 1), entry)) continue;
    if (!is_document_name(entry.key))
      problems().add(ProblemCode::bad_name, entry.at,
                     {fmt::format("{}里的名称“{}”不合规则：{}", what.zh, quoted(entry.key), document_name_rule.zh),
                      fmt::format("the name “{}” in {} is not {}", quoted(entry.key), what.en, document_name_rule.en)});
    out.push_back({entry.key, operand(entry.value), entry.at});
  }
  return out;
}

Save DocumentReader::save(const YamlNode& node) {
  Save out;
  if (node.is_scalar()) {
    out.whole = variable(node, {"save", "save"});
  } else if (node.is_map()) {
    for (const auto& entry : node.entries) {
      auto to = variable(entry.key, entry.at);
      if (auto output = name(entry.value, {"输出名", "the output"}, is_document_name, document_name_rule))
        out.outputs.emplace_back(std::move(to), std::move(*output));
    }
  } else {
    wrong_form(node, {"save", "save"}, {"变量名，或“变量: 输出名”的键值表", "a variable's name, or a map “variable: output”"});
  }
  return out;
}

ErrorFilter DocumentReader::error_filter(const YamlNode& node) {
  ErrorFilter out;
  const auto one = [&](const YamlNode& item) {
    const auto word = text(item, {"错误码", "an error code"});
    if (!word) return;
    if (*word == "business")
      out.business = true;
    else if (*word == "system")
      out.system = true;
    else if (is_document_name(*word))
      out.codes.push_back({*word, item.at});
    else
      problems().add(ProblemCode::bad_name, item.at,
                     {fmt::format("错误码“{}”不合规则：{}", quoted(*word), document_name_rule.zh),
                      fmt::format("the error code “{}” is not {}", quoted(*word), document_name_rule.en)},
                     {"要接住全部错误就不写 error", "Leave `error` out to take every failure"});
  };
  if (node.is_scalar()) {
    one(node);
  } else {
    const auto& items = list(node, {"error", "error"});
    if (items.empty() && node.is_list())
      problems().add(ProblemCode::wrong_form, node.at, {"error 列表是空的", "the list `error` is empty"},
                     {"要接住全部错误就不写 error", "Leave `error` out to take every failure"});
    for (const auto& item : items) one(item);
  }
  return out;
}

Retry DocumentReader::retry(const YamlNode& node) {
  Retry out;
  if (node.is_scalar()) {
    wrong_form(node, {"retry", "retry"}, {"键值表", "a map"}, {"写成 {times: 3, wait: 2s}", "Write {times: 3, wait: 2s}"});
    return out;
  }
  read_map(node, {"retry", "retry"},
           {{"times", true,
             [&](const YamlEntry& e) {
               if (const auto times = integer(e.value, {"times", "times"}, 0, 1000)) out.times = static_cast<std::int32_t>(*times);
             }},
            {"wait", false,
             [&](const YamlEntry& e) {
               const auto wait = duration(e.value);
               if (wait.expression())
                 problems().add(ProblemCode::misplaced_word, e.value.at, {"wait 只能是固定的时长", "wait is a fixed duration"});
               else if (wait.literal() && wait.literal()->is(Type::duration))
                 out.wait_micros = wait.literal()->duration().micros;
             }},
            {"factor", false,
             [&](const YamlEntry& e) {
               const auto value = e.value.is_scalar() ? scalar_value(e.value, problems()) : Value();
               double factor = 0;
               if (value.is(Type::integer))
                 factor = static_cast<double>(value.integer());
               else if (value.is(Type::decimal))
                 factor = value.decimal().approximate();
               else
                 return wrong_form(e.value, {"factor", "factor"}, {"数字", "a number"});
               if (factor < 1 || factor > 100)
                 problems().add(ProblemCode::out_of_range, e.value.at, {"factor 应在 1 到 100 之间", "factor should be from 1 to 100"});
               else
                 out.factor = factor;
             }},
            {"error", false, [&](const YamlEntry& e) { out.error = error_filter(e.value); }}});
  return out;
}

// Shared with document_reader_steps.cpp: what `python` says in one line.
Act DocumentReader::act_python(const YamlNode& node, const YamlEntry& entry) {
  PythonBlock out;
  const auto& code = entry.value;
  if (!code.is_scalar() || code.text.find_first_not_of(" \n\t") == std::string::npos) {
    wrong_form(code, {"python", "python"}, {"代码块，或 模块:函数", "a block of code, or module:function"},
               {"写 python: | 后换行缩进写代码", "Write python: | and the code indented below"});
  } else if (code.style != YamlNode::Style::block && is_function_name(code.text)) {
    const auto colon = code.text.find(':');
    out.module = code.text.substr(0, colon);
    out.function = code.text.substr(colon + 1);
    out.code_at = code.text_at;
  } else if (code.text.starts_with('=')) {
    problems().add(ProblemCode::misplaced_word, code.at, {"python 写代码块，不写表达式", "python takes a block of code, no expression"},
                   {"表达式用 set；代码块用 return 给出结果", "Use `set` for an expression; a block gives its result by return"});
  } else {
    out.code = code.text;
    out.code_at = code.text_at;
  }
  if (const auto* with = node.find("with")) out.with = arguments(*with, {"with", "with"});
  if (const auto* kept = node.find("save")) out.save = save(*kept);
  return out;
}

}  // namespace quanji::flow
