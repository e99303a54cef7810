// Comparisons of row expressions: packed where both sides are, value by value for columns of mixed kinds.
#include <fmt/format.h>

#include <algorithm>

#include "values/names.h"
#include "values/row_evaluation.h"
#include "values/table_keys.h"
#include "values/table_problems.h"

namespace quanji::values::rows {

using base::Text;

namespace {

constexpr std::int64_t day_micros = 86'400'000'000;

bool is_order(Op op) { return op == Op::lt || op == Op::le || op == Op::gt || op == Op::ge; }

// marks[row] = get_a(row) OP get_b(row); the operation is chosen once.
template <class A, class B>
void mark(Marks& marks, Op op, A get_a, B get_b) {
  const auto all = [&](auto holds) {
    for (std::size_t row = 0; row < marks.size(); ++row) marks[row] = holds(get_a(row), get_b(row)) ? 1 : 0;
  };
  switch (op) {
    case Op::eq:
      return all([](const auto& a, const auto& b) { return a == b; });
    case Op::ne:
      return all([](const auto& a, const auto& b) { return a != b; });
    case Op::lt:
      return all([](const auto& a, const auto& b) { return a < b; });
    case Op::le:
      return all([](const auto& a, const auto& b) { return a <= b; });
    case Op::gt:
      return all([](const auto& a, const auto& b) { return a > b; });
    default:
      return all([](const auto& a, const auto& b) { return a >= b; });
  }
}
template <class T>
void mark_packed(Marks& marks, Op op, std::span<const T> a, bool constant_a, std::span<const T> b, bool constant_b) {
  if (constant_b) {
    const T right = b[0];
    if (constant_a)
      return mark(
          marks, op, [&](std::size_t) { return a[0]; }, [&](std::size_t) { return right; });
    return mark(
        marks, op, [&](std::size_t row) { return a[row]; }, [&](std::size_t) { return right; });
  }
  if (constant_a) {
    const T left = a[0];
    return mark(
        marks, op, [&](std::size_t) { return left; }, [&](std::size_t row) { return b[row]; });
  }
  mark(
      marks, op, [&](std::size_t row) { return a[row]; }, [&](std::size_t row) { return b[row]; });
}

// The one number of a constant in the units of a narrow column, when it has a form there.
std::optional<std::int64_t> in_units_of(const Column& column, const Column& constant) {
  const auto wanted = number_at(constant, 0);
  const auto units = wanted.rounded(column.places(), Rounding::down);
  if (!units || *units != wanted || units->units() < INT64_MIN || units->units() > INT64_MAX) return {};
  return static_cast<std::int64_t>(units->units());
}

void mark_numbers(Marks& marks, Op op, const Operand& a, const Operand& b) {
  const auto &left = *a.column, &right = *b.column;
  if (left.is_narrow() && right.is_narrow() && left.places() == right.places())
    return mark_packed(marks, op, left.numbers(), a.constant, right.numbers(), b.constant);
  if (b.constant && !a.constant && left.is_narrow())
    if (const auto units = in_units_of(left, right))
      return mark(
          marks, op, [&](std::size_t row) { return left.numbers()[row]; }, [&](std::size_t) { return *units; });
  if (a.constant && !b.constant && right.is_narrow())
    if (const auto units = in_units_of(right, left))
      return mark(
          marks, op, [&](std::size_t) { return *units; }, [&](std::size_t row) { return right.numbers()[row]; });
  mark(
      marks, op, [&](std::size_t row) { return number_at(left, a.at(row)); }, [&](std::size_t row) { return number_at(right, b.at(row)); });
}

std::int64_t point_in_time(const Operand& of, std::size_t row) {
  return of.type() == ColumnType::date ? of.column->days()[of.at(row)] * day_micros : of.column->numbers()[of.at(row)];
}
bool is_day_or_point(const Operand& of) { return of.type() == ColumnType::date || of.type() == ColumnType::datetime; }

}  // namespace

// A constant text beside dates, times and durations becomes one; false when it spells none.
bool Evaluation::spell(Operand& text, const Operand& beside) {
  if (!text.constant || text.type() != ColumnType::text || text.column->is_nothing(0)) return true;
  const auto become = [&](const auto& read) {
    if (!read.ok()) {
      refuse(*text.node, read.error().message());
      return false;
    }
    text = constant(Value::of(*read), *text.node);
    return true;
  };
  const auto spelled = text.column->text(0);
  switch (beside.type()) {
    case ColumnType::date:
      return become(parse_date(spelled));
    case ColumnType::time:
      return become(parse_time_of_day(spelled));
    case ColumnType::datetime:
      if (const auto day = parse_date(spelled); day.ok()) return become(day);
      return become(parse_datetime(spelled));
    case ColumnType::duration:
      return become(parse_duration(spelled));
    default:
      return true;
  }
}

Marks Evaluation::compare(Op op, Operand a, Operand b, const Node& node, Wanted wanted) {
  const auto rows = rows_of({&a, &b});
  Marks marks(rows);
  for (const auto* side : {&a, &b})
    if (side->list) {
      refuse(*side->node, {"列表只能写在 in 后面", "a list can only stand behind in"});
      return marks;
    }
  if (a.blank || b.blank || !spell(a, b) || !spell(b, a)) return marks;
  if (is_numeric(*a.column) && is_numeric(*b.column)) {
    mark_numbers(marks, op, a, b);
  } else if (is_day_or_point(a) && is_day_or_point(b)) {
    if (a.type() == ColumnType::date && b.type() == ColumnType::date)
      mark_packed(marks, op, a.column->days(), a.constant, b.column->days(), b.constant);
    else
      mark(
          marks, op, [&](std::size_t row) { return point_in_time(a, row); }, [&](std::size_t row) { return point_in_time(b, row); });
  } else if (a.is_any() || b.is_any()) {
    for (std::size_t row = 0; row < rows; ++row) {
      if (a.is_nothing(row) || b.is_nothing(row)) continue;
      const auto left = a.column->value(a.at(row)), right = b.column->value(b.at(row));
      if (!is_order(op)) {
        marks[row] = (left == right) == (op == Op::eq);
      } else if (Value::comparable(left, right)) {
        const auto order = Value::compare(left, right);
        marks[row] = op == Op::lt ? order < 0 : op == Op::le ? order <= 0 : op == Op::gt ? order > 0 : order >= 0;
      } else if (bad(a.is_any() ? a : b, row, wanted,
                     {fmt::format("{} 与 {} 没有先后", told(left), told(right)),
                      fmt::format("{} and {} have no order", told(left), told(right))})) {
        return marks;
      }
    }
    return marks;
  } else if (a.type() != b.type()) {
    if (is_order(op)) {
      refuse_kinds(node, word_of(op), a, b);
      return marks;
    }
    std::fill(marks.begin(), marks.end(), op == Op::ne ? 1 : 0);
  } else if (a.type() == ColumnType::boolean) {
    mark_packed(marks, op, a.column->flags(), a.constant, b.column->flags(), b.constant);
  } else if (a.type() == ColumnType::text) {
    if (b.constant && !a.constant) {
      const auto right = b.column->text(0);
      mark(
          marks, op, [&](std::size_t row) { return a.column->text(row); }, [&](std::size_t) { return right; });
    } else {
      mark(
          marks, op, [&](std::size_t row) { return a.column->text(a.at(row)); },
          [&](std::size_t row) { return b.column->text(b.at(row)); });
    }
  } else {
    mark_packed(marks, op, a.column->numbers(), a.constant, b.column->numbers(), b.constant);
  }
  for (const auto* side : {&a, &b})
    if (side->column->has_nothing())
      for (std::size_t row = 0; row < rows; ++row) marks[row] &= side->is_nothing(row) ? 0 : 1;
  return marks;
}

Operand Evaluation::compared(const Node& node, Wanted wanted) {
  Marks marks;
  auto left = run(*node.kids[0], wanted);
  for (std::size_t i = 0; i < node.ops.size(); ++i) {
    if (failed()) return {};
    const auto op = node.ops[i];
    const auto& right_node = *node.kids[i + 1];
    Marks before = marks;  // what came before decides where this one is asked
    for (std::size_t row = 0; wanted.marks && row < before.size(); ++row) before[row] &= wanted.row(row) ? 1 : 0;
    const Wanted still{i == 0 ? wanted.marks : &before};
    Operand right;
    Marks own;
    bool own_constant = false;
    if (op == Op::in || op == Op::not_in) {
      if (right_node.kind != Kind::list) right = run(right_node, still);
      if (failed()) return {};
      if (left.list) return refuse(*left.node, {"列表只能写在 in 后面", "a list can only stand behind in"});
      own = member(left, right_node, still);
      if (failed()) return {};
      own_constant = own.size() == 1 && left.constant && table_.rows() != 1;
      if (op == Op::not_in)
        for (std::size_t row = 0; row < own.size(); ++row) own[row] = !own[row] && !left.is_nothing(row);
      if (op == Op::not_in && right_node.kind != Kind::list && !right.list && right.column->has_nothing())
        for (std::size_t row = 0; row < own.size(); ++row) own[row] &= right.is_nothing(row) ? 0 : 1;
    } else {
      right = run(right_node, still);
      if (failed()) return {};
      own = compare(op, left, right, node, still);
      own_constant = all_constant({&left, &right});
    }
    if (failed()) return {};
    // One answer for all rows is written out when others are not.
    if (own_constant) own.assign(table_.rows(), own[0]);
    if (i == 0)
      marks = std::move(own);
    else
      for (std::size_t row = 0; row < marks.size(); ++row) marks[row] &= own[row];
    left = std::move(right);
  }
  return failed() ? Operand{} : flags(std::move(marks), false, node);
}

Marks Evaluation::member(const Operand& of, const Node& node, Wanted wanted) {
  std::vector<Operand> all;
  if (node.kind == Kind::list) {
    for (const auto& kid : node.kids) {
      all.push_back(run(*kid, wanted));
      if (failed()) return {};
    }
    return one_of(of, all, node, wanted);
  }
  const auto right = run(node, wanted);
  if (failed()) return {};
  if (right.list) {
    for (const auto& value : *right.list) {
      if (value.is(Type::nothing)) continue;
      if (value.is(Type::list) || value.is(Type::map) || value.is(Type::table)) {
        refuse(node, {"in 的列表只能有单个的值", "the list of an in holds single values only"});
        return {};
      }
      all.push_back(constant(value, node));
    }
    return one_of(of, all, node, wanted);
  }
  const auto rows = rows_of({&of, &right});
  Marks marks(rows);
  if (of.blank || right.blank) return marks;
  if (of.type() != ColumnType::text || right.type() != ColumnType::text) {
    refuse(node,
           {"in 后面需要列表 (a, b) 或文本；只有一个值请写 (a,)", "a list (a, b) or a text must follow in; write (a,) for a single value"});
    return marks;
  }
  for (std::size_t row = 0; row < rows; ++row)
    marks[row] = !of.is_nothing(row) && !right.is_nothing(row) &&
                 right.column->text(right.at(row)).find(of.column->text(of.at(row))) != std::string_view::npos;
  return marks;
}

Marks Evaluation::one_of(const Operand& of, std::span<const Operand> all, const Node& node, Wanted wanted) {
  const bool constants = std::all_of(all.begin(), all.end(), [](const Operand& one) { return one.constant; });
  Marks marks(of.constant && constants ? 1 : table_.rows());
  if (of.blank) return marks;
  if (all.size() > 8 && constants && !of.constant && !of.is_any()) {
    // Many values: they become a column of their own and are looked up.
    ColumnBuilder builder(ColumnType::any);
    for (auto one : all) {
      if (!spell(one, of)) return marks;
      append_cell(builder, *one.column, 0);
    }
    const auto wanted_values = std::move(builder).finish();
    const auto form = key_form(*of.column, *wanted_values);
    if (form && *form != KeyForm::value) {
      const RowKeys rows({of.column.get()}, {*form}, of.column->size()), values({wanted_values.get()}, {*form}, wanted_values->size());
      const auto found = KeyIndex(values).first_rows(rows);
      for (RowNumber row = 0; row < marks.size(); ++row) marks[row] = !of.is_nothing(row) && found[row] != no_row;
      return marks;
    }
  }
  for (const auto& one : all) {
    const auto own = compare(Op::eq, of, one, node, wanted);
    if (failed()) return marks;
    for (std::size_t row = 0; row < marks.size(); ++row) marks[row] |= own[own.size() == 1 ? 0 : row];
  }
  return marks;
}

}  // namespace quanji::values::rows
