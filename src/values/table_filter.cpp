#include "values/table_filter.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

#include "values/names.h"
#include "values/table_keys.h"
#include "values/table_problems.h"
#include "values/table_shape.h"

namespace quanji::values {

using base::Code;
using base::Problems;
using base::Result;
using base::Text;

namespace {

using Marks = std::vector<std::uint8_t>;
constexpr std::string_view relation_words[] = {"eq", "ne",       "lt",          "le",        "gt",      "ge",
                                               "in", "contains", "starts_with", "ends_with", "matches", "is_nothing"};

bool holds(Relation test, std::strong_ordering order) {
  switch (test) {
    case Relation::eq:
      return order == 0;
    case Relation::ne:
      return order != 0;
    case Relation::lt:
      return order < 0;
    case Relation::le:
      return order <= 0;
    case Relation::gt:
      return order > 0;
    case Relation::ge:
      return order >= 0;
    default:
      return false;
  }
}
bool is_order(Relation test) { return test == Relation::lt || test == Relation::le || test == Relation::gt || test == Relation::ge; }

// Marks[row] = test(order(row)) where there is a value; rows that are nothing answer `of_nothing`.
template <class Order>
void mark(Marks& marks, const Column& column, Relation test, bool of_nothing, Order order) {
  for (std::size_t row = 0; row < marks.size(); ++row) marks[row] = column.is_nothing(row) ? of_nothing : holds(test, order(row));
}
template <class Holds>
void mark_where(Marks& marks, const Column& column, Holds one) {
  for (std::size_t row = 0; row < marks.size(); ++row) marks[row] = !column.is_nothing(row) && one(row);
}

// One condition against one table.
class Asked {
 public:
  Asked(const Table& table, const Condition& where, std::string at, Problems& problems)
      : table_(table), where_(where), at_(std::move(at)), problems_(problems), marks_(table.rows()) {}

  Marks run() && {
    const auto before = problems_.found.size();
    const auto place = need_column(table_, where_.column, at_ + "/column", problems_);
    if (problems_.found.size() != before) return {};
    const auto& column = *table_.column(place);
    if (!where_.other.empty())
      with_column(column);
    else
      with_value(column);
    return std::move(marks_);
  }

 private:
  void refuse(std::string_view field, Text reason) {
    problems_.add(Code::invalid_field, fmt::format("{}/{}", at_, field), std::move(reason));
  }
  void refuse_types(const Column& column, std::string_view with_zh, std::string_view with_en) {
    refuse("value", {fmt::format("列“{}”是 {}，不能与{}比较（{}）", quoted(where_.column), word_of(column.type()), with_zh,
                                 word_of(where_.relation)),
                     fmt::format("column \"{}\" is {} and does not compare with {} ({})", quoted(where_.column), word_of(column.type()),
                                 with_en, word_of(where_.relation))});
  }
  void refuse_value(const Column& column, const Value& value) {
    const auto what = told(value);
    refuse_types(column, fmt::format(" {} {} ", word_of(value.type()), what), fmt::format("the {} {}", word_of(value.type()), what));
  }

  void with_value(const Column& column) {
    switch (where_.relation) {
      case Relation::is_nothing:
        for (std::size_t row = 0; row < marks_.size(); ++row) marks_[row] = column.is_nothing(row);
        return;
      case Relation::in:
        return in(column);
      case Relation::contains:
      case Relation::starts_with:
      case Relation::ends_with:
      case Relation::matches:
        return texts(column);
      default:
        return compare(column, where_.value, marks_);
    }
  }

  void in(const Column& column) {
    if (!where_.value.is(Type::list))
      return refuse("value", {fmt::format("in 需要列表，现为 {}", word_of(where_.value.type())),
                              fmt::format("in takes a list, not {}", word_of(where_.value.type()))});
    const auto& list = where_.value.list();
    if (list.size() > 8 && column.type() != ColumnType::any) {
      // Many values: they become a column of their own and are looked up.
      ColumnBuilder builder(ColumnType::any);
      bool nothing = false;
      for (const auto& value : list) {
        nothing = nothing || value.is(Type::nothing);
        builder.add(value);
      }
      const auto wanted = std::move(builder).finish();
      const auto form = key_form(column, *wanted);
      if (form && *form != KeyForm::value) {
        const RowKeys rows({&column}, {*form}, column.size()), values({wanted.get()}, {*form}, wanted->size());
        const KeyIndex index(values);
        const auto found = index.first_rows(rows);
        for (RowNumber row = 0; row < marks_.size(); ++row) marks_[row] = column.is_nothing(row) ? nothing : found[row] != no_row;
        return;
      }
    }
    Marks one(marks_.size());
    for (const auto& value : list) {
      compare(column, value, one, Relation::eq);
      for (std::size_t row = 0; row < marks_.size(); ++row) marks_[row] |= one[row];
    }
  }

  void texts(const Column& column) {
    if (column.type() != ColumnType::text && !is_blank(column))
      return refuse("column", {fmt::format("列“{}”是 {}，{} 只用于文本；请先转换", quoted(where_.column), word_of(column.type()),
                                           word_of(where_.relation)),
                               fmt::format("column \"{}\" is {}; {} is for texts: cast it first", quoted(where_.column),
                                           word_of(column.type()), word_of(where_.relation))});
    if (!where_.value.is(Type::text))
      return refuse("value", {fmt::format("{} 需要文本，现为 {}", word_of(where_.relation), word_of(where_.value.type())),
                              fmt::format("{} takes a text, not {}", word_of(where_.relation), word_of(where_.value.type()))});
    if (column.type() != ColumnType::text) return;
    const std::string_view wanted = where_.value.text();
    switch (where_.relation) {
      case Relation::contains:
        return mark_where(marks_, column, [&](std::size_t row) { return column.text(row).find(wanted) != std::string_view::npos; });
      case Relation::starts_with:
        return mark_where(marks_, column, [&](std::size_t row) { return column.text(row).starts_with(wanted); });
      case Relation::ends_with:
        return mark_where(marks_, column, [&](std::size_t row) { return column.text(row).ends_with(wanted); });
      default:
        break;
    }
    re2::RE2::Options options;
    options.set_log_errors(false);
    const re2::RE2 pattern(re2::StringPiece(wanted.data(), wanted.size()), options);
    if (!pattern.ok())
      return refuse("value",
                    {fmt::format("正则表达式有误：{}（{}）", quoted(pattern.error()), quoted(pattern.error_arg())),
                     fmt::format("the regular expression is wrong: {} ({})", quoted(pattern.error()), quoted(pattern.error_arg()))});
    mark_where(marks_, column, [&](std::size_t row) {
      const auto text = column.text(row);
      return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), pattern);
    });
  }

  // A text that spells what the column holds becomes that.
  std::optional<Value> spelled(ColumnType type, const Value& value) {
    if (!value.is(Type::text)) return value;
    const auto wrap = [](auto parsed) { return parsed.ok() ? std::optional(Value::of(*parsed)) : std::nullopt; };
    switch (type) {
      case ColumnType::date:
        return wrap(parse_date(value.text()));
      case ColumnType::time:
        return wrap(parse_time_of_day(value.text()));
      case ColumnType::datetime:
        return wrap(parse_datetime(value.text()));
      case ColumnType::duration:
        return wrap(parse_duration(value.text()));
      default:
        return value;
    }
  }

  void compare(const Column& column, const Value& given, Marks& marks) { compare(column, given, marks, where_.relation); }
  void compare(const Column& column, const Value& given, Marks& marks, Relation test) {
    if (given.is(Type::nothing)) {
      if (is_order(test)) return refuse("value", {"缺少要比较的值", "the value to compare with is missing"});
      for (std::size_t row = 0; row < marks.size(); ++row) marks[row] = column.is_nothing(row) == (test == Relation::eq);
      return;
    }
    const bool of_nothing = test == Relation::ne;
    const auto value = spelled(column.type(), given);
    if (!value) return refuse_value(column, given);
    if (is_blank(column)) return std::fill(marks.begin(), marks.end(), of_nothing);
    switch (column.type()) {
      case ColumnType::any:
        for (std::size_t row = 0; row < marks.size(); ++row) {
          const auto& own = column.values()[row];
          if (column.is_nothing(row))
            marks[row] = of_nothing;
          else if (!is_order(test))
            marks[row] = (own == *value) == (test == Relation::eq);
          else
            marks[row] = Value::comparable(own, *value) && holds(test, Value::compare(own, *value));
        }
        return;
      case ColumnType::integer:
      case ColumnType::decimal:
        if (!value->is(Type::integer) && !value->is(Type::decimal)) break;
        return compare_number(column, value->is(Type::integer) ? Decimal::of(value->integer()) : value->decimal(), marks, test, of_nothing);
      case ColumnType::boolean:
        if (!value->is(Type::boolean)) break;
        return mark(marks, column, test, of_nothing,
                    [&, want = value->boolean()](std::size_t row) { return (column.flags()[row] != 0) <=> want; });
      case ColumnType::text:
        if (!value->is(Type::text)) break;
        return mark(marks, column, test, of_nothing,
                    [&, want = std::string_view(value->text())](std::size_t row) { return column.text(row).compare(want) <=> 0; });
      case ColumnType::date:
        if (!value->is(Type::date)) break;
        return mark(marks, column, test, of_nothing,
                    [&, want = value->date().days](std::size_t row) { return column.days()[row] <=> want; });
      case ColumnType::time:
        if (!value->is(Type::time)) break;
        return compare_micros(column, value->time().micros, marks, test, of_nothing);
      case ColumnType::datetime:
        if (value->is(Type::date)) return compare_micros(column, value->date().days * 86'400'000'000, marks, test, of_nothing);
        if (!value->is(Type::datetime)) break;
        return compare_micros(column, value->datetime().micros, marks, test, of_nothing);
      case ColumnType::duration:
        if (!value->is(Type::duration)) break;
        return compare_micros(column, value->duration().micros, marks, test, of_nothing);
    }
    refuse_value(column, *value);
  }
  static void compare_micros(const Column& column, std::int64_t want, Marks& marks, Relation test, bool of_nothing) {
    mark(marks, column, test, of_nothing, [&, want](std::size_t row) { return column.numbers()[row] <=> want; });
  }
  static void compare_number(const Column& column, const Decimal& want, Marks& marks, Relation test, bool of_nothing) {
    // In the column's own units where the wanted number has them.
    const auto units = column.is_narrow() ? want.rounded(column.places(), Rounding::down) : std::nullopt;
    if (units && *units == want && units->units() >= INT64_MIN && units->units() <= INT64_MAX)
      return compare_micros(column, static_cast<std::int64_t>(units->units()), marks, test, of_nothing);
    mark(marks, column, test, of_nothing, [&](std::size_t row) { return number_at(column, row) <=> want; });
  }

  void with_column(const Column& column) {
    const auto before = problems_.found.size();
    const auto place = need_column(table_, where_.other, at_ + "/other", problems_);
    if (problems_.found.size() != before) return;
    if (where_.relation > Relation::ge)
      return refuse("other", {fmt::format("{} 不能与另一列比较", word_of(where_.relation)),
                              fmt::format("{} does not compare with another column", word_of(where_.relation))});
    const auto& other = *table_.column(place);
    const auto form = key_form(column, other);
    if (!form)
      return refuse_types(column, fmt::format("列“{}”（{}）", quoted(where_.other), word_of(other.type())),
                          fmt::format("column \"{}\" ({})", quoted(where_.other), word_of(other.type())));
    const auto order = [&](std::size_t row) -> std::optional<std::strong_ordering> {
      switch (*form) {
        case KeyForm::number64:
          return column.numbers()[row] <=> other.numbers()[row];
        case KeyForm::days:
          return column.days()[row] <=> other.days()[row];
        case KeyForm::flags:
          return column.flags()[row] <=> other.flags()[row];
        case KeyForm::text:
          return column.text(row).compare(other.text(row)) <=> 0;
        case KeyForm::number:
          return number_at(column, row) <=> number_at(other, row);
        case KeyForm::value:
          break;
      }
      const auto a = column.value(row), b = other.value(row);
      if (!is_order(where_.relation)) return a == b ? std::strong_ordering::equal : std::strong_ordering::less;
      if (!Value::comparable(a, b)) return {};
      return Value::compare(a, b);
    };
    for (std::size_t row = 0; row < marks_.size(); ++row) {
      const bool here = !column.is_nothing(row), there = !other.is_nothing(row);
      if (here && there) {
        const auto found = order(row);
        marks_[row] = found && holds(where_.relation, *found);
      } else {
        marks_[row] = !is_order(where_.relation) && (here == there) == (where_.relation == Relation::eq);
      }
    }
  }

  const Table& table_;
  const Condition& where_;
  std::string at_;
  Problems& problems_;
  Marks marks_;
};

Marks run(const Table& table, const Condition& where, const std::string& at, int depth, Problems& problems) {
  if (depth > most_condition_depth) {
    problems.add(Code::invalid_field, at,
                 {fmt::format("条件嵌套超过 {} 层", most_condition_depth),
                  fmt::format("conditions are nested deeper than {}", most_condition_depth)});
    return Marks(table.rows());
  }
  if (!where.column.empty()) {
    if (!where.parts.empty())
      problems.add(Code::invalid_field, at,
                   {"一个条件不能既测试列又组合其他条件", "a condition tests a column or combines others, not both"});
    auto marks = Asked(table, where, at, problems).run();
    marks.resize(table.rows());
    return marks;
  }
  Marks marks(table.rows(), where.combine == Combine::all);
  for (std::size_t i = 0; i < where.parts.size(); ++i) {
    const auto part = run(table, where.parts[i], fmt::format("{}/parts/{}", at, i), depth + 1, problems);
    for (std::size_t row = 0; row < marks.size(); ++row)
      marks[row] = where.combine == Combine::all ? marks[row] & part[row] : marks[row] | part[row];
  }
  if (where.combine == Combine::none)
    for (auto& mark : marks) mark = !mark;
  return marks;
}

}  // namespace

std::string_view word_of(Relation test) { return relation_words[static_cast<std::size_t>(test)]; }
std::optional<Relation> relation_of(std::string_view word) {
  const auto* const found = std::find(std::begin(relation_words), std::end(relation_words), word);
  if (found == std::end(relation_words)) return {};
  return static_cast<Relation>(found - std::begin(relation_words));
}

Result<Marks> evaluate(const Table& table, const Condition& where) {
  Problems problems;
  auto marks = run(table, where, "where", 1, problems);
  QUANJI_DO(as_status(problems));
  return marks;
}

std::vector<RowNumber> rows_where(const Marks& marks) {
  std::vector<RowNumber> rows;
  rows.reserve(static_cast<std::size_t>(std::count(marks.begin(), marks.end(), 1)));
  for (RowNumber row = 0; row < marks.size(); ++row)
    if (marks[row]) rows.push_back(row);
  return rows;
}

Result<Table> filter_rows(const Table& table, const Condition& where) {
  QUANJI_TRY(const auto marks, evaluate(table, where));
  const auto rows = rows_where(marks);
  return rows.size() == table.rows() ? table : rows_at(table, rows);
}

}  // namespace quanji::values
