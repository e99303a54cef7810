// Functions of row expressions: the list of them, numbers, conversions, and those that look at other rows.
#include <fmt/format.h>

#include <algorithm>

#include "values/names.h"
#include "values/row_calls.h"
#include "values/row_expression.h"
#include "values/table_cast.h"
#include "values/table_problems.h"

namespace quanji::values::rows {

using base::Text;

const std::vector<Function>& functions() {
  static const std::vector<Function> all = {
      {"abs", 1, 1, {"x"}, &Calls::absolute},
      {"min", 2, 64, {}, &Calls::least},
      {"max", 2, 64, {}, &Calls::greatest},
      {"round", 1, 3, {"x", "places", "mode"}, &Calls::round},
      {"text", 1, 2, {"x", "format"}, &Calls::text},
      {"integer", 1, 1, {"x"}, &Calls::integer},
      {"decimal", 1, 1, {"x"}, &Calls::decimal},
      {"date", 1, 2, {"x", "format"}, &Calls::date},
      {"len", 1, 1, {"x"}, &Calls::len},
      {"upper", 1, 1, {"x"}, &Calls::upper},
      {"lower", 1, 1, {"x"}, &Calls::lower},
      {"strip", 1, 1, {"x"}, &Calls::strip},
      {"startswith", 2, 2, {"x", "text"}, &Calls::startswith},
      {"endswith", 2, 2, {"x", "text"}, &Calls::endswith},
      {"contains", 2, 2, {"x", "text"}, &Calls::contains},
      {"replace", 3, 3, {"x", "old", "new"}, &Calls::replace},
      {"zfill", 2, 2, {"x", "width"}, &Calls::zfill},
      {"matches", 2, 2, {"x", "pattern"}, &Calls::matches},
      {"coalesce", 1, 64, {}, &Calls::coalesce},
      {"row_number", 0, 0, {}, &Calls::row_number},
      {"previous", 1, 1, {"x"}, &Calls::previous},
      {"next", 1, 1, {"x"}, &Calls::next},
      {"running_sum", 1, 1, {"x"}, &Calls::running_sum},
  };
  return all;
}
const Function* find_function(std::string_view name) {
  for (const auto& one : functions())
    if (one.name == name) return &one;
  return nullptr;
}

namespace {

base::Status check_call(const Node& node, std::string_view source) {
  const auto* function = find_function(node.text);
  if (!function) {
    if (fold_of(node.text))
      return syntax_problem(source, node.from,
                            {fmt::format("{} 是汇总，只用于 table.group、pivot、total 的整个表达式", node.text),
                             fmt::format("{} is a total: it stands alone, in table.group, pivot and total", node.text)});
    std::vector<std::string> names;
    for (const auto& one : functions()) names.emplace_back(one.name);
    return syntax_problem(source, node.from, no_such_name({"函数", "function"}, node.text, names));
  }
  if (node.kids.size() < function->least || node.kids.size() > function->most) {
    const auto many =
        function->least == function->most ? std::to_string(function->least) : fmt::format("{}–{}", function->least, function->most);
    return syntax_problem(source, node.from,
                          {fmt::format("{} 需要 {} 个参数，现有 {} 个", node.text, many, node.kids.size()),
                           fmt::format("{} takes {} arguments, not {}", node.text, many, node.kids.size())});
  }
  const auto plain = node.kids.size() - node.named.size();
  for (std::size_t i = 0; i < node.named.size(); ++i) {
    const auto& name = node.named[i];
    const auto found = std::find(function->arguments.begin(), function->arguments.end(), name);
    const bool twice = static_cast<std::size_t>(found - function->arguments.begin()) < plain ||
                       std::find(node.named.begin(), node.named.begin() + static_cast<std::ptrdiff_t>(i), name) !=
                           node.named.begin() + static_cast<std::ptrdiff_t>(i);
    if (found == function->arguments.end() || twice)
      return syntax_problem(source, node.kids[plain + i]->from,
                            {fmt::format("{} 的参数 {} {}", node.text, name, found == function->arguments.end() ? "不存在" : "写了两次"),
                             fmt::format("the argument {} of {} {}", name, node.text,
                                         found == function->arguments.end() ? "does not exist" : "is given twice")});
  }
  if (!node.named.empty() && plain == 0)
    return syntax_problem(source, node.from, {"第一个参数不能带名", "the first argument takes no name"});
  return {};
}

bool is_number(const Value& value) { return value.is(Type::integer) || value.is(Type::decimal); }
Decimal as_decimal(const Value& value) { return value.is(Type::integer) ? Decimal::of(value.integer()) : value.decimal(); }
std::string_view trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(" \t\r\n");
  return from == std::string_view::npos ? std::string_view() : text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1);
}
Text no_number(const Value& value) {
  return {fmt::format("{} 不能变成数值", told(value)), fmt::format("{} does not become a number", told(value))};
}

}  // namespace

base::Status check_calls(const Node& node, std::string_view source) {
  if (node.kind == Kind::call) QUANJI_DO(check_call(node, source));
  for (const auto& kid : node.kids)
    if (kid) QUANJI_DO(check_calls(*kid, source));
  return {};
}

Operand Evaluation::call(const Node& node, Wanted wanted) {
  const auto* function = find_function(node.text);
  // Those that look at other rows need them all.
  if (node.text == "previous" || node.text == "next" || node.text == "running_sum") wanted = {};
  std::vector<Operand> arguments(std::max(node.kids.size(), function->arguments.size()));
  const auto plain = node.kids.size() - node.named.size();
  for (std::size_t i = 0; i < node.kids.size(); ++i) {
    auto place = i;
    if (i >= plain)
      place = static_cast<std::size_t>(std::find(function->arguments.begin(), function->arguments.end(), node.named[i - plain]) -
                                       function->arguments.begin());
    arguments[place] = run(*node.kids[i], wanted);
    if (failed()) return {};
    if (arguments[place].list) return refuse(*node.kids[i], {"列表只能写在 in 后面", "a list can only stand behind in"});
  }
  return (Calls(*this, node, std::move(arguments), wanted).*function->work)();
}
Operand Evaluation::slice(const Node& node, Wanted wanted) {
  std::vector<Operand> arguments(3);
  for (std::size_t i = 0; i < 3; ++i) {
    if (node.kids[i]) arguments[i] = run(*node.kids[i], wanted);
    if (failed()) return {};
  }
  return Calls(*this, node, std::move(arguments), wanted).slice();
}

bool Calls::must_be(std::size_t i, std::initializer_list<ColumnType> types) {
  const auto& one = at(i);
  if (one.is_any() || std::find(types.begin(), types.end(), one.type()) != types.end()) return true;
  std::string words;
  for (const auto type : types) words += (words.empty() ? "" : ", ") + std::string(word_of(type));
  const auto name = node_.kind == Kind::slice ? std::string("[:]") : node_.text;
  evaluation_.refuse(*one.node, {fmt::format("{} 需要 {}，不是 {}", name, words, word_of(one.type())),
                                 fmt::format("{} takes {}, not {}", name, words, word_of(one.type()))});
  return false;
}
bool Calls::bad(std::size_t i, std::size_t row, const Text& reason) {
  // The argument may be one value while others differ from row to row.
  auto blamed = at(i);
  for (std::size_t other = 0; blamed.constant && !constant_ && other < arguments_.size(); ++other)
    if (given(other) && !at(other).constant) blamed = at(other);
  return evaluation_.bad(blamed, row, wanted_, reason);
}
std::optional<std::string_view> Calls::text_at(std::size_t i, std::size_t row) {
  const auto& one = at(i);
  if (one.is_nothing(row)) return {};
  if (one.type() == ColumnType::text) return one.column->text(one.at(row));
  const auto& value = one.column->values()[one.at(row)];
  if (value.is(Type::text)) return std::string_view(value.text());
  bad(i, row,
      {fmt::format("需要文本，这里是 {} {}", word_of(value.type()), told(value)),
       fmt::format("a text is needed, this is the {} {}", word_of(value.type()), told(value))});
  return {};
}
std::optional<std::int64_t> Calls::integer_at(std::size_t i, std::size_t row) {
  const auto value = at(i).column->value(at(i).at(row));
  if (value.is(Type::integer)) return value.integer();
  if (!value.is(Type::nothing))
    bad(i, row, {fmt::format("需要整数，这里是 {}", told(value)), fmt::format("an integer is needed, this is {}", told(value))});
  return {};
}
bool Calls::any_nothing(std::size_t row) const {
  return std::any_of(arguments_.begin(), arguments_.end(), [&](const Operand& one) { return one.column && one.is_nothing(row); });
}
std::optional<std::string> Calls::constant_text(std::size_t i) {
  if (at(i).constant && at(i).type() == ColumnType::text && !at(i).is_nothing(0)) return std::string(at(i).column->text(0));
  evaluation_.refuse(*at(i).node, {"这里需要固定的文本", "a fixed text is needed here"});
  return {};
}

// A builder is given one(value, row) for each value that is not nothing.
template <class One>
Operand Calls::each_value(ColumnType type, One one) {
  ColumnBuilder builder(type);
  builder.reserve(rows_);
  for (std::size_t row = 0; row < rows_; ++row) {
    const auto value = at(0).column->value(at(0).at(row));
    if (value.is(Type::nothing)) {
      builder.add_nothing();
      continue;
    }
    builder.add(one(value, row));
    if (failed()) return {};
  }
  return made(std::move(builder));
}

Operand Calls::absolute() {
  if (!must_be(0, {ColumnType::integer, ColumnType::decimal, ColumnType::duration})) return {};
  return each_value(at(0).type(), [&](const Value& value, std::size_t row) -> Value {
    if (value.is(Type::decimal)) return Value::of(value.decimal().absolute());
    const bool number = value.is(Type::integer);
    if (number || value.is(Type::duration)) {
      const auto size = number ? value.integer() : value.duration().micros;
      if (size != INT64_MIN) return number ? Value::of(size < 0 ? -size : size) : Value::of(Duration{size < 0 ? -size : size});
      bad(0, row, {"没有可表示的绝对值", "its absolute value is out of range"});
      return {};
    }
    bad(0, row, no_number(value));
    return {};
  });
}

Operand Calls::extreme(bool least) {
  auto type = at(0);
  for (const auto& one : arguments_) {
    const auto together = evaluation_.common_type(type, one);
    if (together == ColumnType::any && !type.is_any() && !one.is_any())
      return evaluation_.refuse_kinds(*one.node, least ? "min" : "max", type, one);
    if (type.blank || one.type() == ColumnType::decimal) type = one;
  }
  ColumnBuilder builder(type.type());
  for (std::size_t row = 0; row < rows_; ++row) {
    const Operand* best = nullptr;
    Value found;
    for (std::size_t i = 0; i < arguments_.size(); ++i) {
      const auto& one = at(i);
      if (one.is_nothing(row)) continue;
      auto value = one.column->value(one.at(row));
      if (best && !Value::comparable(value, found)) {
        if (bad(i, row,
                {fmt::format("{} 与 {} 没有先后", told(found), told(value)),
                 fmt::format("{} and {} have no order", told(found), told(value))}))
          return {};
        continue;
      }
      if (best && !(least ? Value::compare(value, found) < 0 : Value::compare(value, found) > 0)) continue;
      best = &one;
      found = std::move(value);
    }
    builder.add(found);
  }
  return made(std::move(builder));
}
Operand Calls::least() { return extreme(true); }
Operand Calls::greatest() { return extreme(false); }

Operand Calls::round() {
  constexpr std::pair<std::string_view, Rounding> modes[] = {{"half_up", Rounding::half_up}, {"half_even", Rounding::half_even},
                                                             {"down", Rounding::down},       {"up", Rounding::up},
                                                             {"floor", Rounding::floor},     {"ceiling", Rounding::ceiling}};
  if (!must_be(0, {ColumnType::integer, ColumnType::decimal})) return {};
  if (given(1) && !must_be(1, {ColumnType::integer})) return {};
  auto rounding = Rounding::half_up;
  if (given(2)) {
    const auto mode = constant_text(2);
    if (!mode) return {};
    const auto* const found = std::find_if(std::begin(modes), std::end(modes), [&](const auto& one) { return one.first == *mode; });
    if (found == std::end(modes)) {
      std::vector<std::string> names;
      for (const auto& one : modes) names.emplace_back(one.first);
      return evaluation_.refuse(*at(2).node, no_such_name({"舍入方式", "way to round"}, *mode, names));
    }
    rounding = found->second;
  }
  return each_value(at(0).type(), [&](const Value& value, std::size_t row) -> Value {
    const auto places = given(1) ? integer_at(1, row) : std::optional<std::int64_t>(0);
    if (failed() || !places) return {};
    if (!is_number(value)) {
      bad(0, row, no_number(value));
      return {};
    }
    if (value.is(Type::integer) && *places >= 0) return value;
    const auto rounded =
        *places < -76 || *places > 76 ? std::nullopt : as_decimal(value).rounded(static_cast<std::int32_t>(*places), rounding);
    const auto whole = rounded && value.is(Type::integer) ? rounded->whole() : std::nullopt;
    if (!rounded || (value.is(Type::integer) && !whole)) {
      bad(0, row, too_many_digits());
      return {};
    }
    return whole ? Value::of(*whole) : Value::of(*rounded);
  });
}

Operand Calls::text() {
  if (at(0).type() == ColumnType::text && !given(1)) return at(0);
  std::optional<std::string> format;
  if (given(1)) {
    if (!(format = constant_text(1))) return {};
    if (const auto problem = format_problem(*format)) return evaluation_.refuse(*at(1).node, *problem);
    if (!must_be(0, {ColumnType::date, ColumnType::datetime, ColumnType::time})) return {};
  }
  return each_value(ColumnType::text, [&](const Value& value, std::size_t row) -> Value {
    if (value.is(Type::list) || value.is(Type::map) || value.is(Type::table)) {
      bad(0, row, {"不是单个的值", "it is no single value"});
      return {};
    }
    if (!format) return Value::of(value.display());
    constexpr std::int64_t day = 86'400'000'000;
    if (value.is(Type::date)) return Value::of(write_by_format({value.date().days, 0}, *format));
    if (value.is(Type::time)) return Value::of(write_by_format({0, value.time().micros}, *format));
    if (value.is(Type::datetime)) {
      const auto micros = value.datetime().micros, rest = ((micros % day) + day) % day;
      return Value::of(write_by_format({static_cast<std::int32_t>((micros - rest) / day), rest}, *format));
    }
    bad(0, row, {"不是日期或时间", "it is no date or time"});
    return {};
  });
}

Operand Calls::integer() {
  if (!must_be(0, {ColumnType::integer, ColumnType::decimal, ColumnType::text, ColumnType::boolean})) return {};
  if (at(0).type() == ColumnType::integer) return at(0);
  return each_value(ColumnType::integer, [&](const Value& value, std::size_t row) -> Value {
    if (value.is(Type::boolean)) return Value::of(std::int64_t{value.boolean()});
    if (value.is(Type::text) && trimmed(value.text()).empty()) return {};
    std::optional<Decimal> number;
    if (is_number(value)) number = as_decimal(value);
    if (value.is(Type::text))
      if (const auto read = Decimal::parse(trimmed(value.text())); read.ok()) number = *read;
    if (number)
      if (const auto whole = number->whole()) return Value::of(*whole);
    bad(0, row, number ? Text{"不是 64 位以内的整数；可先 round", "it is no whole number of 64 bits; round it first"} : no_number(value));
    return {};
  });
}
Operand Calls::decimal() {
  if (!must_be(0, {ColumnType::integer, ColumnType::decimal, ColumnType::text})) return {};
  if (at(0).type() == ColumnType::decimal) return at(0);
  return each_value(ColumnType::decimal, [&](const Value& value, std::size_t row) -> Value {
    if (is_number(value)) return Value::of(as_decimal(value));
    if (value.is(Type::text)) {
      if (trimmed(value.text()).empty()) return {};
      const auto read = Decimal::parse(trimmed(value.text()));
      if (read.ok()) return Value::of(*read);
      bad(0, row, read.error().message());
      return {};
    }
    bad(0, row, no_number(value));
    return {};
  });
}
Operand Calls::date() {
  if (!must_be(0, {ColumnType::date, ColumnType::datetime, ColumnType::text, ColumnType::integer})) return {};
  std::optional<std::string> format;
  if (given(1)) {
    if (!(format = constant_text(1))) return {};
    if (const auto problem = format_problem(*format)) return evaluation_.refuse(*at(1).node, *problem);
  } else if (at(0).type() == ColumnType::integer) {
    return evaluation_.refuse(
        node_, {"整数变日期需要格式，例如 date(x, \"%Y%m%d\")", "an integer becomes a date by a format, as date(x, \"%Y%m%d\")"});
  }
  return each_value(ColumnType::date, [&](const Value& value, std::size_t row) -> Value {
    constexpr std::int64_t day = 86'400'000'000;
    if (value.is(Type::date)) return value;
    if (value.is(Type::datetime)) {
      const auto micros = value.datetime().micros;
      return Value::of(base::Date{static_cast<std::int32_t>((micros - (((micros % day) + day) % day)) / day)});
    }
    const auto written = value.is(Type::text)      ? std::string(trimmed(value.text()))
                         : value.is(Type::integer) ? value.display()
                                                   : std::string("?");
    if (written.empty()) return {};
    if (format) {
      if (const auto read = parse_by_format(written, *format)) return Value::of(base::Date{read->days});
    } else if (value.is(Type::text)) {
      if (const auto read = parse_date(written); read.ok()) return Value::of(*read);
    }
    bad(0, row,
        {fmt::format("{} 不是日期{}", told(value), format ? fmt::format("（格式 {}）", *format) : std::string("（应如 2026-11-20）")),
         fmt::format("{} is no date{}", told(value), format ? fmt::format(" (format {})", *format) : std::string(" (as 2026-11-20)"))});
    return {};
  });
}

Operand Calls::coalesce() {
  auto so_far = at(0);
  for (std::size_t i = 1; i < arguments_.size(); ++i) {
    if (so_far.blank) {
      so_far = at(i);
      continue;
    }
    if (!so_far.column->has_nothing() && evaluation_.common_type(so_far, at(i)) == so_far.type()) continue;
    ColumnBuilder builder(evaluation_.common_type(so_far, at(i)));
    for (std::size_t row = 0; row < rows_; ++row) {
      const auto& from = so_far.is_nothing(row) ? at(i) : so_far;
      append_cell(builder, *from.column, from.at(row));
    }
    so_far = made(std::move(builder));
  }
  return so_far;
}

Operand Calls::row_number() {
  std::vector<std::int64_t> numbers(evaluation_.table().rows());
  for (std::size_t row = 0; row < numbers.size(); ++row) numbers[row] = static_cast<std::int64_t>(row) + 1;
  return evaluation_.made(integer_column(std::move(numbers)), false, node_);
}

Operand Calls::shifted(bool back) {
  std::vector<RowNumber> from(evaluation_.table().rows());
  for (std::size_t row = 0; row < from.size(); ++row) {
    const bool outside = back ? row == 0 : row + 1 == from.size();
    const auto other = back ? row - 1 : row + 1;
    from[row] = outside ? no_row : static_cast<RowNumber>(at(0).at(other));
  }
  return evaluation_.made(gather(*at(0).column, from), false, node_);
}
Operand Calls::previous() { return shifted(true); }
Operand Calls::next() { return shifted(false); }

Operand Calls::running_sum() {
  if (!must_be(0, {ColumnType::integer, ColumnType::decimal, ColumnType::duration})) return {};
  ColumnBuilder builder(ColumnType::any);
  Value sum = at(0).type() == ColumnType::duration ? Value::of(Duration{0}) : Value::of(std::int64_t{0});
  const bool decimals = at(0).type() == ColumnType::decimal;
  Decimal total;
  bool begun = false;
  const auto rows = evaluation_.table().rows();
  for (std::size_t row = 0; row < rows; ++row) {
    if (!at(0).is_nothing(row)) {
      std::optional<Text> problem;
      if (decimals) {
        const auto value = at(0).column->decimal(at(0).at(row));
        const auto next = begun ? add(total, value) : std::optional(value);
        if (next)
          total = *next;
        else
          problem = too_many_digits();
      } else {
        auto answer = calculate(Op::add, sum, at(0).column->value(at(0).at(row)));
        if (!answer.problem && answer.value.is(Type::text)) answer.problem = no_number(answer.value);
        problem = answer.problem;
        sum = std::move(answer.value);
      }
      begun = true;
      if (problem) {
        bad(0, row, *problem);
        return {};
      }
    }
    if (decimals)
      builder.add(total);
    else
      builder.add(sum);
  }
  return evaluation_.made_as(at(0).type(), std::move(builder), false, node_);
}

}  // namespace quanji::values::rows
