// Arithmetic of row expressions: in packed units where 64 bits hold it, with decimals where they do not, with values for the rest.
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "values/row_evaluation.h"
#include "values/row_expression.h"

namespace quanji::values::rows {

using base::Text;

namespace {

constexpr std::int64_t day_micros = 86'400'000'000;
constexpr int most_places = 76;  // of Decimal

constexpr std::array<std::int64_t, 19> powers = [] {
  std::array<std::int64_t, 19> all{};
  std::int64_t power = 1;
  for (std::size_t i = 0; i < all.size(); ++i, power = i < all.size() ? power * 10 : power) all[i] = power;
  return all;
}();

Text zero_division() { return {"除数是 0；可写 a / b if b != 0 else 0", "division by zero; write a / b if b != 0 else 0"}; }
Text out_of_range() { return {"结果超出范围", "the result is out of range"}; }

// Python's: the quotient towards minus infinity, the remainder with the divisor's sign. b is not 0, and not -1 with the least number.
std::int64_t floor_quotient(std::int64_t a, std::int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0); }
std::int64_t floor_remainder(std::int64_t a, std::int64_t b) {
  const auto rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

// Packed numbers of an operand: integers and narrow decimals.
struct Units {
  const std::int64_t* numbers;
  std::size_t step;
  std::int64_t factor;
};

template <class Calculate>
bool fill(std::vector<std::int64_t>& out, Units a, Units b, Calculate one) {
  bool beyond = false;
  if (a.factor == 1 && b.factor == 1) {
    for (std::size_t row = 0; row < out.size(); ++row) beyond |= one(a.numbers[row * a.step], b.numbers[row * b.step], &out[row]);
    return !beyond;
  }
  for (std::size_t row = 0; row < out.size(); ++row) {
    std::int64_t left = 0, right = 0;
    beyond |= __builtin_mul_overflow(a.numbers[row * a.step], a.factor, &left);
    beyond |= __builtin_mul_overflow(b.numbers[row * b.step], b.factor, &right);
    beyond |= one(left, right, &out[row]);
  }
  return !beyond;
}

Value of_micros(Type type, Int128 micros, std::optional<Text>& problem) {
  constexpr Int128 least = -62'135'596'800'000'000, most = 253'402'300'799'999'999;  // the years 0001 to 9999
  if (type == Type::duration ? micros < INT64_MIN || micros > INT64_MAX : micros < least || micros > most) {
    problem = out_of_range();
    return {};
  }
  const auto small = static_cast<std::int64_t>(micros);
  return type == Type::duration ? Value::of(Duration{small}) : Value::of(DateTime{small});
}
std::optional<Int128> point_in_time(const Value& value) {
  if (value.is(Type::date)) return Int128{value.date().days} * day_micros;
  if (value.is(Type::datetime)) return value.datetime().micros;
  return {};
}

// Dates, times and durations.
Answer calculate_times(Op op, const Value& a, const Value& b) {
  Answer out;
  const Int128 sign = op == Op::subtract ? -1 : 1;
  const auto at_a = point_in_time(a), at_b = point_in_time(b);
  const bool added = op == Op::add || op == Op::subtract;
  if (added && a.is(Type::duration) && b.is(Type::duration)) {
    out.value = of_micros(Type::duration, a.duration().micros + sign * b.duration().micros, out.problem);
  } else if (op == Op::subtract && at_a && at_b) {
    out.value = of_micros(Type::duration, *at_a - *at_b, out.problem);
  } else if (op == Op::subtract && a.is(Type::time) && b.is(Type::time)) {
    out.value = of_micros(Type::duration, a.time().micros - b.time().micros, out.problem);
  } else if ((added && at_a && b.is(Type::duration)) || (op == Op::add && a.is(Type::duration) && at_b)) {
    const auto& point = at_a ? a : b;
    const auto micros = at_a ? *at_a + sign * b.duration().micros : *at_b + a.duration().micros;
    if (point.is(Type::date) && micros % day_micros != 0) {
      out.problem = Text{"日期只能加减整天", "only whole days can be added to a date"};
      return out;
    }
    out.value = of_micros(Type::datetime, micros, out.problem);
    if (!out.problem && point.is(Type::date)) out.value = Value::of(base::Date{static_cast<std::int32_t>(micros / day_micros)});
  } else if (op == Op::multiply && a.is(Type::duration) && b.is(Type::integer)) {
    out.value = of_micros(Type::duration, Int128{a.duration().micros} * b.integer(), out.problem);
  } else if (op == Op::multiply && a.is(Type::integer) && b.is(Type::duration)) {
    return calculate_times(op, b, a);
  } else {
    out.problem = Text{fmt::format("{} 与 {} 之间没有 {}", word_of(a.type()), word_of(b.type()), word_of(op)),
                       fmt::format("there is no {} of {} and {}", word_of(op), word_of(a.type()), word_of(b.type()))};
  }
  return out;
}

bool is_number(const Value& value) { return value.is(Type::integer) || value.is(Type::decimal); }
Decimal as_decimal(const Value& value) { return value.is(Type::integer) ? Decimal::of(value.integer()) : value.decimal(); }
Value number_value(const Decimal& value, bool integers) {
  if (integers)
    if (const auto whole = value.whole()) return Value::of(*whole);
  return Value::of(value);
}

// What calculate_times makes of columns of these types, whatever the values; nothing when they do not go together.
std::optional<ColumnType> times_type(Op op, ColumnType a, ColumnType b) {
  const auto sample = [](ColumnType type) -> Value {
    switch (type) {
      case ColumnType::integer:
        return Value::of(std::int64_t{0});
      case ColumnType::date:
        return Value::of(base::Date{0});
      case ColumnType::time:
        return Value::of(TimeOfDay{0});
      case ColumnType::datetime:
        return Value::of(DateTime{0});
      case ColumnType::duration:
        return Value::of(Duration{0});
      case ColumnType::boolean:
        return Value::of(false);
      case ColumnType::decimal:
        return Value::of(Decimal());
      default:
        return Value::of(std::string());
    }
  };
  const auto answer = calculate_times(op, sample(a), sample(b));
  if (answer.problem) return {};
  return constant_column(answer.value, 1)->type();
}

// Squaring; nothing when it needs more than 38 digits.
std::optional<Decimal> raised(Decimal base, std::uint64_t exponent) {
  std::optional<Decimal> out = Decimal::of(1);
  for (;;) {
    if (exponent & 1U) out = multiply(*out, base);
    exponent >>= 1;
    if (!out || exponent == 0) return out;
    const auto square = multiply(base, base);
    if (!square) return {};
    base = *square;
  }
}

}  // namespace

Text too_many_digits() { return {"结果超过 38 位；可先 round", "the result needs more than 38 digits; round what goes into it"}; }

NumberAnswer calculate(Op op, const Decimal& a, const Decimal& b) {
  std::optional<Decimal> value;
  switch (op) {
    case Op::add:
      value = add(a, b);
      break;
    case Op::subtract:
      value = subtract(a, b);
      break;
    case Op::multiply:
      value = multiply(a, b);
      break;
    case Op::divide:
      if (b.is_zero()) return {{}, zero_division()};
      value = quotient(a, b);
      break;
    default: {
      if (b.is_zero()) return {{}, zero_division()};
      value = divide(a, b, 0, Rounding::floor);
      if (op == Op::floor_divide || !value) break;
      const auto whole = multiply(*value, b);
      value = whole ? subtract(a, *whole) : std::nullopt;
      break;
    }
  }
  if (!value) return {{}, too_many_digits()};
  return {value, {}};
}

Answer calculate(Op op, const Value& a, const Value& b) {
  if (a.is(Type::nothing) || b.is(Type::nothing)) return {};
  if (is_number(a) && is_number(b)) {
    const bool integers = a.is(Type::integer) && b.is(Type::integer) && op != Op::divide;
    if (integers && (op == Op::floor_divide || op == Op::remainder) && b.integer() != 0 && b.integer() != -1)
      return {Value::of(op == Op::remainder ? floor_remainder(a.integer(), b.integer()) : floor_quotient(a.integer(), b.integer())), {}};
    auto answer = calculate(op, as_decimal(a), as_decimal(b));
    if (answer.problem) return {{}, std::move(answer.problem)};
    return {number_value(*answer.value, integers), {}};
  }
  if (op == Op::add && a.is(Type::text) && b.is(Type::text)) {
    if (a.text().size() + b.text().size() > longest_made_text) return {{}, Text{"文本太长", "the text becomes too long"}};
    return {Value::of(a.text() + b.text()), {}};
  }
  return calculate_times(op, a, b);
}

Operand Evaluation::calculated(Op op, const Operand& a, const Operand& b, const Node& node, Wanted wanted) {
  for (const auto* side : {&a, &b})
    if (side->list) return refuse(*side->node, {"列表只能写在 in 后面", "a list can only stand behind in"});
  if (a.blank || b.blank) return nothing(all_constant({&a, &b}), node);
  if (is_numeric(*a.column) && is_numeric(*b.column)) {
    if (op == Op::add || op == Op::subtract || op == Op::multiply ||
        (op != Op::divide && a.type() == b.type() && a.type() == ColumnType::integer))
      if (auto quick = in_units(op, a, b, node)) return std::move(*quick);
    return with_decimals(op, a, b, node, wanted);
  }
  if (op == Op::add && a.type() == ColumnType::text && b.type() == ColumnType::text) return texts_joined(a, b, node, wanted);
  if (a.is_any() || b.is_any()) return with_values(op, a, b, ColumnType::any, node, wanted);
  const auto kind = times_type(op, a.type(), b.type());
  if (!kind) return refuse_kinds(node, word_of(op), a, b);
  return with_values(op, a, b, *kind, node, wanted);
}

std::optional<Operand> Evaluation::in_units(Op op, const Operand& a, const Operand& b, const Node& node) {
  if (!a.column->is_narrow() || !b.column->is_narrow()) return {};
  const auto rows = rows_of({&a, &b});
  const std::int32_t places_a = a.column->places(), places_b = b.column->places();
  Units left{a.column->numbers().data(), a.constant ? 0U : 1U, 1}, right{b.column->numbers().data(), b.constant ? 0U : 1U, 1};
  auto places = std::max(places_a, places_b);
  if (op == Op::multiply) {
    places = places_a + places_b;
    if (places > most_places || places < -most_places) return {};
  } else if (op == Op::add || op == Op::subtract) {
    if (places - places_a > 18 || places - places_b > 18) return {};
    left.factor = powers[static_cast<std::size_t>(places - places_a)];
    right.factor = powers[static_cast<std::size_t>(places - places_b)];
  }
  const bool decimal = a.type() == ColumnType::decimal || b.type() == ColumnType::decimal;
  auto column = ColumnParts::fresh(decimal ? ColumnType::decimal : ColumnType::integer, rows, decimal ? places : 0);
  auto& out = ColumnParts::numbers(*column);
  out.resize(rows);
  bool held = false;
  switch (op) {
    case Op::add:
      held = fill(out, left, right, [](std::int64_t x, std::int64_t y, std::int64_t* to) { return __builtin_add_overflow(x, y, to); });
      break;
    case Op::subtract:
      held = fill(out, left, right, [](std::int64_t x, std::int64_t y, std::int64_t* to) { return __builtin_sub_overflow(x, y, to); });
      break;
    case Op::multiply:
      held = fill(out, left, right, [](std::int64_t x, std::int64_t y, std::int64_t* to) { return __builtin_mul_overflow(x, y, to); });
      break;
    default:
      // What cannot be divided here (0, and -1 for its one overflow) is left to those who say what is wrong.
      held = fill(out, left, right, [op](std::int64_t x, std::int64_t y, std::int64_t* to) {
        if (y == 0 || y == -1) return true;
        *to = op == Op::remainder ? floor_remainder(x, y) : floor_quotient(x, y);
        return false;
      });
  }
  if (!held) return {};
  auto present = presence({&a, &b}, rows);
  if (!present.empty()) {
    for (std::size_t row = 0; row < rows; ++row)
      if (((present[row >> 6] >> (row & 63U)) & 1U) == 0) out[row] = 0;
    ColumnParts::settle(*column, std::move(present));
  }
  return Operand{.column = std::move(column), .constant = all_constant({&a, &b}), .node = &node};
}

Operand Evaluation::with_decimals(Op op, const Operand& a, const Operand& b, const Node& node, Wanted wanted) {
  const auto rows = rows_of({&a, &b});
  const bool integers = op != Op::divide && a.type() == ColumnType::integer && b.type() == ColumnType::integer;
  ColumnBuilder builder(integers ? ColumnType::any : ColumnType::decimal);
  for (std::size_t row = 0; row < rows; ++row) {
    if (a.is_nothing(row) || b.is_nothing(row)) {
      builder.add_nothing();
      continue;
    }
    if (integers) {
      const auto answer = calculate(op, Value::of(a.column->numbers()[a.at(row)]), Value::of(b.column->numbers()[b.at(row)]));
      if (answer.problem && bad({.constant = rows == 1 && all_constant({&a, &b}), .node = &node}, row, wanted, *answer.problem)) return {};
      builder.add(answer.value);
      continue;
    }
    const auto answer = calculate(op, number_at(*a.column, a.at(row)), number_at(*b.column, b.at(row)));
    if (answer.value) {
      builder.add(*answer.value);
      continue;
    }
    const auto& blamed = op == Op::divide && !b.constant && number_at(*b.column, b.at(row)).is_zero() ? b : a.constant ? b : a;
    if (bad(blamed, row, wanted, *answer.problem)) return {};
    builder.add_nothing();
  }
  return made_as(integers ? ColumnType::integer : ColumnType::decimal, std::move(builder), all_constant({&a, &b}), node);
}

Operand Evaluation::with_values(Op op, const Operand& a, const Operand& b, ColumnType kind, const Node& node, Wanted wanted) {
  const auto rows = rows_of({&a, &b});
  ColumnBuilder builder(ColumnType::any);
  for (std::size_t row = 0; row < rows; ++row) {
    const auto answer = calculate(op, a.column->value(a.at(row)), b.column->value(b.at(row)));
    if (answer.problem && bad(a.constant ? b : a, row, wanted, *answer.problem)) return {};
    builder.add(answer.value);
  }
  return made_as(kind, std::move(builder), all_constant({&a, &b}), node);
}

Operand Evaluation::texts_joined(const Operand& a, const Operand& b, const Node& node, Wanted wanted) {
  const auto rows = rows_of({&a, &b});
  ColumnBuilder builder(ColumnType::text);
  builder.reserve(rows);
  std::string joined;
  for (std::size_t row = 0; row < rows; ++row) {
    if (a.is_nothing(row) || b.is_nothing(row)) {
      builder.add_nothing();
      continue;
    }
    joined = a.column->text(a.at(row));
    joined += b.column->text(b.at(row));
    if (joined.size() > longest_made_text) {
      if (bad(a.constant ? b : a, row, wanted, {"文本太长", "the text becomes too long"})) return {};
      joined.clear();
    }
    builder.add_text(joined);
  }
  return made(std::move(builder).finish(), all_constant({&a, &b}), node);
}

Operand Evaluation::negated(const Node& node, Wanted wanted) {
  auto inner = run(*node.kids[0], wanted);
  if (failed() || inner.blank) return inner;
  const auto zero = inner.type() == ColumnType::duration ? Value::of(Duration{0}) : Value::of(std::int64_t{0});
  if (!is_numeric(*inner.column) && inner.type() != ColumnType::duration && !inner.is_any())
    return refuse(node, {fmt::format("{} 没有正负号", word_of(inner.type())), fmt::format("{} takes no sign", word_of(inner.type()))});
  if (inner.list) return refuse(node, {"列表只能写在 in 后面", "a list can only stand behind in"});
  if (node.flipped) return inner;
  if (!inner.is_any() && inner.column->is_narrow() && is_numeric(*inner.column)) {
    // 0 - x keeps the places of x.
    return calculated(Op::subtract, constant(zero, node), inner, node, wanted);
  }
  const auto rows = rows_of({&inner});
  ColumnBuilder builder(ColumnType::any);
  for (std::size_t row = 0; row < rows; ++row) {
    const auto value = inner.column->value(inner.at(row));
    if (value.is(Type::decimal)) {
      builder.add(value.decimal().negated());
      continue;
    }
    const auto from = value.is(Type::duration) ? Value::of(Duration{0}) : Value::of(std::int64_t{0});
    const auto answer = calculate(Op::subtract, from, value);
    if (answer.problem && bad(inner, row, wanted, *answer.problem)) return {};
    builder.add(answer.value);
  }
  return made_as(inner.type(), std::move(builder), inner.constant, node);
}

Operand Evaluation::power(const Node& node, Wanted wanted) {
  const auto base = run(*node.kids[0], wanted), exponent = run(*node.kids[1], wanted);
  if (failed()) return {};
  if (base.list || exponent.list) return refuse(node, {"列表只能写在 in 后面", "a list can only stand behind in"});
  if (base.blank || exponent.blank) return nothing(all_constant({&base, &exponent}), node);
  for (const auto* side : {&base, &exponent})
    if (!is_numeric(*side->column) && !side->is_any()) return refuse_kinds(node, "**", base, exponent);
  const auto rows = rows_of({&base, &exponent});
  ColumnBuilder builder(ColumnType::any);
  for (std::size_t row = 0; row < rows; ++row) {
    const auto a = base.column->value(base.at(row)), b = exponent.column->value(exponent.at(row));
    if (a.is(Type::nothing) || b.is(Type::nothing)) {
      builder.add_nothing();
      continue;
    }
    std::optional<Text> problem;
    std::optional<Decimal> out;
    const auto times = b.is(Type::integer) ? std::optional(b.integer()) : b.is(Type::decimal) ? b.decimal().whole() : std::nullopt;
    if (!is_number(a)) {
      problem = Text{fmt::format("** 需要数值，不是 {}", word_of(a.type())), fmt::format("** takes numbers, not {}", word_of(a.type()))};
    } else if (!times) {
      problem = Text{"** 的指数必须是整数", "the exponent of ** must be a whole number"};
    } else {
      const auto size = *times < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(*times) : static_cast<std::uint64_t>(*times);
      out = raised(as_decimal(a), size);
      if (out && *times < 0) {
        if (out->is_zero())
          problem = zero_division();
        else
          out = quotient(Decimal::of(1), *out);
      }
      if (!out && !problem) problem = too_many_digits();
    }
    if (problem) {
      if (bad(base.constant ? exponent : base, row, wanted, *problem)) return {};
      builder.add_nothing();
      continue;
    }
    builder.add(number_value(*out, a.is(Type::integer) && *times >= 0));
  }
  const bool integers = base.type() == ColumnType::integer && exponent.type() == ColumnType::integer;
  return made_as(integers ? ColumnType::integer : ColumnType::decimal, std::move(builder), all_constant({&base, &exponent}), node);
}

}  // namespace quanji::values::rows
