#include "values/row_evaluation.h"

#include <fmt/format.h>

#include <algorithm>

#include "values/names.h"
#include "values/row_syntax.h"
#include "values/table_problems.h"

namespace quanji::values::rows {

using base::Code;
using base::Error;
using base::Text;

bool Wanted::any() const { return !marks || std::find(marks->begin(), marks->end(), 1) != marks->end(); }

// ---- what is wrong ----

Operand Evaluation::refuse(const Node& at, Text reason) {
  if (problem_) return {};
  problem_ = syntax_problem(source_, at.from, std::move(reason));
  // No look at the kinds alone could have told it: the values are to blame.
  if (by_rows_ && table_.rows() > 0) problem_ = Error(problem_->code(), problem_->message()).with_field("rows", problem_->message());
  return {};
}

namespace {

// The first column a part of an expression names.
const Node* first_column(const Node& node, const Table& table) {
  if (node.kind == Kind::name && table.find(node.text)) return &node;
  for (const auto& kid : node.kids)
    if (kid)
      if (const auto* found = first_column(*kid, table)) return found;
  return nullptr;
}

}  // namespace

bool Evaluation::bad(const Operand& blamed, std::size_t row, Wanted wanted, const Text& reason) {
  if (blamed.constant ? !wanted.any() : !wanted.row(row)) return false;
  if (problem_) return true;
  const auto* column = blamed.node ? first_column(*blamed.node, table_) : nullptr;
  const auto part = blamed.node ? quoted(source_.substr(blamed.node->from, blamed.node->to - blamed.node->from)) : std::string();
  Text whole;
  std::string field = "rows";
  if (!column && !blamed.constant) {
    field = fmt::format("rows/{}", row + 1);
    whole = {fmt::format("第 {} 行，“{}”：{}", row + 1, part, reason.zh), fmt::format("row {}, \"{}\": {}", row + 1, part, reason.en)};
  } else if (column && row < table_.rows()) {
    field = fmt::format("rows/{}/{}", row + 1, column->text);
    const auto value = told(table_.at(row, *table_.find(column->text)));
    whole = {fmt::format("第 {} 行，列“{}”= {}：{}", row + 1, quoted(column->text), value, reason.zh),
             fmt::format("row {}, column \"{}\" = {}: {}", row + 1, quoted(column->text), value, reason.en)};
  } else {
    whole = {fmt::format("“{}”：{}", part, reason.zh), fmt::format("\"{}\": {}", part, reason.en)};
  }
  problem_ = Error(Code::invalid_field, whole).with_field(std::move(field), whole);
  return true;
}

Operand Evaluation::refuse_kinds(const Node& at, std::string_view word, const Operand& a, const Operand& b) {
  const auto kind_a = word_of(a.type()), kind_b = word_of(b.type());
  const bool text = (a.type() == ColumnType::text) != (b.type() == ColumnType::text);
  return refuse(
      at, {fmt::format("{} 与 {} 之间没有 {}{}", kind_a, kind_b, word, text ? "；文本请先用 decimal()、date() 等转换" : ""),
           fmt::format("there is no {} of {} and {}{}", word, kind_a, kind_b, text ? "; make the text a decimal(), date() … first" : "")});
}

// ---- shapes ----

bool Evaluation::all_constant(std::initializer_list<const Operand*> all) {
  return std::all_of(all.begin(), all.end(), [](const Operand* one) { return !one->column || one->constant; });
}
std::size_t Evaluation::rows_of(std::initializer_list<const Operand*> all) const { return all_constant(all) ? 1 : table_.rows(); }

Operand Evaluation::made(ColumnPtr column, bool constant, const Node& node) const {
  Operand out{.column = std::move(column), .constant = constant, .node = &node};
  out.blank = is_blank(*out.column);
  return out;
}
Operand Evaluation::made_as(ColumnType kind, ColumnBuilder builder, bool constant, const Node& node) {
  auto out = made(std::move(builder).finish(), constant, node);
  if (out.blank && out.column->size() == 0) return made(ColumnBuilder(kind).finish(), constant, node);
  by_rows_ |= !out.blank && out.type() != kind;
  return out;
}
ColumnType Evaluation::common_type(const Operand& a, const Operand& b) {
  const auto type = rows::common_type(a, b);
  by_rows_ |= type == ColumnType::any && !a.blank && !b.blank;
  return type;
}
Operand Evaluation::nothing(bool constant, const Node& node) const {
  return made(blank_column(constant ? 1 : table_.rows()), constant, node);
}
Operand Evaluation::flags(Marks marks, bool constant, const Node& node) const {
  auto column = ColumnParts::fresh(ColumnType::boolean, marks.size());
  ColumnParts::flags(*column) = std::move(marks);
  return {.column = std::move(column), .constant = constant, .node = &node};
}

std::vector<std::uint64_t> Evaluation::presence(std::initializer_list<const Operand*> all, std::size_t rows) {
  std::vector<std::uint64_t> bits;
  for (const auto* one : all) {
    if (!one->column || !one->column->has_nothing()) continue;
    if (bits.empty()) bits.assign((rows + 63) / 64, ~std::uint64_t{0});
    if (one->constant && rows != 1) {
      if (!one->is_nothing(0)) continue;
      std::fill(bits.begin(), bits.end(), 0);
      if (rows % 64 != 0) bits.back() = ~std::uint64_t{0} << (rows % 64);  // bits behind the end are set
      continue;
    }
    const auto own = ColumnParts::present(*one->column);
    for (std::size_t i = 0; i < bits.size(); ++i) bits[i] &= own[i];
  }
  return bits;
}

Marks Evaluation::truth(const Operand& condition) {
  const auto rows = table_.rows();
  if (condition.blank) return Marks(rows);
  if (condition.type() != ColumnType::boolean) {
    if (condition.is_any() && std::all_of(condition.column->values().begin(), condition.column->values().end(),
                                          [](const Value& value) { return value.is(Type::boolean) || value.is(Type::nothing); })) {
      Marks marks(rows);
      for (std::size_t row = 0; row < rows; ++row) {
        const auto& value = condition.column->values()[condition.at(row)];
        marks[row] = value.is(Type::boolean) && value.boolean();
      }
      return marks;
    }
    refuse(*condition.node, {fmt::format("这里需要条件，不是 {}；请写比较，例如 x != 0 或 x is not None", word_of(condition.type())),
                             fmt::format("a condition is needed here, not {}; write a comparison, like x != 0 or x is not None",
                                         word_of(condition.type()))});
    return Marks(rows);
  }
  const auto flags = condition.column->flags();
  if (condition.constant) return Marks(rows, !condition.is_nothing(0) && flags[0] != 0);
  Marks marks(flags.begin(), flags.end());
  if (condition.column->has_nothing())
    for (std::size_t row = 0; row < rows; ++row) marks[row] &= condition.column->is_nothing(row) ? 0 : 1;
  return marks;
}

// ---- nodes ----

Operand Evaluation::run(const Node& node, Wanted wanted) {
  if (failed()) return {};
  switch (node.kind) {
    case Kind::literal:
      return constant(node.value, node);
    case Kind::name:
      return name(node);
    case Kind::negate:
      return negated(node, wanted);
    case Kind::chain: {
      auto so_far = run(*node.kids[0], wanted);
      for (std::size_t i = 0; i < node.ops.size() && !failed(); ++i) {
        const auto next = run(*node.kids[i + 1], wanted);
        if (!failed()) so_far = calculated(node.ops[i], so_far, next, node, wanted);
        so_far.node = &node;
      }
      return so_far;
    }
    case Kind::power:
      return power(node, wanted);
    case Kind::compare:
      return compared(node, wanted);
    case Kind::all:
    case Kind::any:
      return junction(node, wanted);
    case Kind::invert: {
      const auto inner = run(*node.kids[0], wanted);
      if (failed()) return {};
      auto marks = truth(inner);
      for (auto& mark : marks) mark ^= 1;
      return flags(std::move(marks), false, node);
    }
    case Kind::choose:
      return choose(node, wanted);
    case Kind::is_none:
      return is_none(node, wanted);
    case Kind::slice:
      return slice(node, wanted);
    case Kind::call:
      return call(node, wanted);
    case Kind::list:
      break;
  }
  return refuse(node, {"列表只能写在 in 后面", "a list can only stand behind in"});
}

Operand Evaluation::constant(const Value& value, const Node& node) const { return made(constant_column(value, 1), true, node); }

Operand Evaluation::name(const Node& node) {
  const auto place = table_.find(node.text);
  const auto value = node.column_only ? values_.end() : values_.find(node.text);
  if (place && value != values_.end())
    return refuse(node,
                  {fmt::format("“{}”既是列名又是 values 的名称；列请写 row[\"{}\"]，或给值改名", quoted(node.text), quoted(node.text)),
                   fmt::format("\"{}\" is a column and a name of values; write row[\"{}\"] for the column, or rename the value",
                               quoted(node.text), quoted(node.text))});
  if (place) {
    auto out = made(table_.column(*place), false, node);
    by_rows_ |= out.is_any() && !out.blank;
    return out;
  }
  if (value != values_.end()) {
    switch (value->second.type()) {
      case Type::list: {
        auto out = nothing(true, node);
        out.list = &value->second.list();
        return out;
      }
      case Type::map:
      case Type::table:
      case Type::bytes:
      case Type::file:
      case Type::secret:
      case Type::handle:
        return refuse(node, {fmt::format("值“{}”是 {}，行表达式用不了", quoted(node.text), word_of(value->second.type())),
                             fmt::format("the value \"{}\" is a {}, which row expressions cannot use", quoted(node.text),
                                         word_of(value->second.type()))});
      default:
        return constant(value->second, node);
    }
  }
  if (problem_) return {};
  auto names = table_.names();
  if (!node.column_only)
    for (const auto& [known, _] : values_) names.push_back(known);
  auto reason = node.column_only || values_.empty() ? no_such_name({"列", "column"}, node.text, names)
                                                    : no_such_name({"列或值", "column or value"}, node.text, names);
  const auto place_said = place_of(source_, node.from);
  reason = {fmt::format("行表达式{}：{}", place_said.zh, reason.zh), fmt::format("row expression, {}: {}", place_said.en, reason.en)};
  problem_ = Error(Code::not_found, reason).with_field("expression", reason);
  return {};
}

Operand Evaluation::junction(const Node& node, Wanted wanted) {
  const bool all = node.kind == Kind::all;
  Marks marks, open;
  for (std::size_t i = 0; i < node.kids.size(); ++i) {
    if (i > 0) {
      // What follows is asked only where it still decides.
      open = marks;
      for (std::size_t row = 0; row < open.size(); ++row)
        open[row] = static_cast<std::uint8_t>((open[row] ^ (all ? 0U : 1U)) & (wanted.row(row) ? 1U : 0U));
    }
    const Wanted still{i == 0 ? wanted.marks : &open};
    if (i > 0 && !open.empty() && !still.any()) break;
    const auto part = run(*node.kids[i], still);
    if (failed()) return {};
    auto own = truth(part);
    if (failed()) return {};
    if (i == 0) {
      marks = std::move(own);
      continue;
    }
    for (std::size_t row = 0; row < marks.size(); ++row) {
      if (all)
        marks[row] &= own[row];
      else
        marks[row] |= own[row];
    }
  }
  return flags(std::move(marks), false, node);
}

Operand Evaluation::choose(const Node& node, Wanted wanted) {
  const auto condition = run(*node.kids[1], wanted);
  if (failed()) return {};
  const auto first = truth(condition);
  Marks then(first.size()), otherwise(first.size());
  for (std::size_t row = 0; row < first.size(); ++row) {
    then[row] = first[row] && wanted.row(row);
    otherwise[row] = !first[row] && wanted.row(row);
  }
  const auto a = run(*node.kids[0], {&then});
  const auto b = run(*node.kids[2], {&otherwise});
  if (failed()) return {};
  return merged(first, a, b, node);
}

Operand Evaluation::merged(const Marks& first, const Operand& a, const Operand& b, const Node& node) {
  const auto type = common_type(a, b);
  ColumnBuilder builder(type);
  builder.reserve(first.size());
  for (std::size_t row = 0; row < first.size(); ++row) {
    const auto& from = first[row] ? a : b;
    append_cell(builder, *from.column, from.at(row));
  }
  return made(std::move(builder).finish(), false, node);
}

Operand Evaluation::is_none(const Node& node, Wanted wanted) {
  const auto tested = run(*node.kids[0], wanted);
  if (failed()) return {};
  const auto rows = rows_of({&tested});
  Marks marks(rows, node.flipped ? 1 : 0);
  if (tested.column->has_nothing() && !tested.list)
    for (std::size_t row = 0; row < rows; ++row) marks[row] = tested.is_nothing(row) != node.flipped;
  return flags(std::move(marks), tested.constant, node);
}

ColumnType common_type(const Operand& a, const Operand& b) {
  if (a.blank || a.type() == b.type()) return b.type();
  if (b.blank) return a.type();
  if (is_numeric(*a.column) && is_numeric(*b.column)) return ColumnType::decimal;
  return ColumnType::any;
}

void append_cell(ColumnBuilder& builder, const Column& from, std::size_t row) {
  if (from.is_nothing(row)) return builder.add_nothing();
  if (builder.type() == from.type() || builder.type() == ColumnType::decimal) {
    switch (from.type()) {
      case ColumnType::decimal:
        return builder.add(from.decimal(row));
      case ColumnType::integer:
        return builder.type() == ColumnType::decimal ? builder.add(Decimal::of(from.numbers()[row]))
                                                     : builder.add_integer(from.numbers()[row]);
      case ColumnType::text:
        return builder.add_text(from.text(row));
      default:
        break;
    }
  }
  builder.add(from.value(row));
}

}  // namespace quanji::values::rows
