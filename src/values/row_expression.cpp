#include "values/row_expression.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/fields_json.h"
#include "values/names.h"
#include "values/row_evaluation.h"
#include "values/row_syntax.h"
#include "values/table_filter.h"
#include "values/table_shape.h"

namespace quanji::values {

using base::Code;
using base::Error;
using base::Result;
using base::Status;
using base::Text;

namespace {

void collect_names(const rows::Node& node, std::vector<std::string>& names) {
  if (node.kind == rows::Kind::name && std::find(names.begin(), names.end(), node.text) == names.end()) names.push_back(node.text);
  for (const auto& kid : node.kids)
    if (kid) collect_names(*kid, names);
}

// The columns an expression uses, with no rows: kinds are found out by working with them.
Table without_rows(const Table& table) { return rows_at(table, {}); }

Error wrong_total(const RowTotal& total, Error problem) {
  if (is_bad_value(problem)) {
    const Text whole{fmt::format("汇总“{}”，{}", quoted(total.name), problem.message().zh),
                     fmt::format("total \"{}\", {}", quoted(total.name), problem.message().en)};
    return Error(problem.code(), whole).with_field(problem.fields().front().field, whole);
  }
  const Text whole{fmt::format("汇总“{}”：{}", quoted(total.name), problem.message().zh),
                   fmt::format("total \"{}\": {}", quoted(total.name), problem.message().en)};
  return Error(problem.code(), whole).with_field("totals/" + total.name, whole);
}

}  // namespace

Result<RowExpression> RowExpression::parse(std::string_view source) {
  QUANJI_TRY(auto root, rows::parse(source));
  QUANJI_DO(rows::check_calls(*root, source));
  RowExpression out;
  out.source_ = std::string(source);
  collect_names(*root, out.names_);
  out.root_ = std::shared_ptr<const rows::Node>(std::move(root));
  return out;
}

std::string_view RowExpression::single_name() const {
  return root_->kind == rows::Kind::name ? std::string_view(root_->text) : std::string_view();
}

Status RowExpression::check(const Table& table, const Variables& values) const {
  const auto empty = without_rows(table);
  rows::Evaluation evaluation(source_, empty, values);
  const auto out = evaluation.run(*root_, {});
  if (evaluation.failed()) return std::move(evaluation).problem();
  if (out.list) return rows::syntax_problem(source_, 0, {"列表只能写在 in 后面", "a list can only stand behind in"});
  return {};
}

Result<ColumnPtr> RowExpression::column(const Table& table, const Variables& values) const {
  QUANJI_DO(check(table, values));
  rows::Evaluation evaluation(source_, table, values);
  const auto out = evaluation.run(*root_, {});
  if (evaluation.failed()) return std::move(evaluation).problem();
  if (!out.constant) return out.column;
  return gather(*out.column, std::vector<RowNumber>(table.rows(), 0));
}

Result<std::vector<std::uint8_t>> RowExpression::marks(const Table& table, const Variables& values) const {
  const auto empty = without_rows(table);
  for (const auto* one : {&empty, &table}) {
    rows::Evaluation evaluation(source_, *one, values);
    const auto condition = evaluation.run(*root_, {});
    if (evaluation.failed()) return std::move(evaluation).problem();
    auto marks = evaluation.truth(condition);
    if (evaluation.failed()) return std::move(evaluation).problem();
    if (one == &table) return marks;
  }
  return std::vector<std::uint8_t>();
}

bool is_bad_value(const Error& error) {
  return error.fields().size() == 1 && (error.fields().front().field == "rows" || error.fields().front().field.starts_with("rows/"));
}

Result<Table> filter_rows(const Table& table, const RowExpression& where, const Variables& values) {
  QUANJI_TRY(const auto marks, where.marks(table, values));
  const auto rows = rows_where(marks);
  return rows.size() == table.rows() ? table : rows_at(table, rows);
}

// ---- totals ----

namespace {

struct ReadTotal {
  Aggregate aggregate;
  std::string argument;  // empty: count()
};

Result<ReadTotal> read_total(const RowTotal& total) {
  const std::string_view source = total.source;
  QUANJI_TRY(const auto root, rows::parse(source));
  const auto wrong = [&](Text reason) { return rows::syntax_problem(source, root->from, std::move(reason)); };
  const auto fold = root->kind == rows::Kind::call ? fold_of(root->text) : std::nullopt;
  if (!fold) {
    const Text hint{
        "需要一个汇总，例如 sum(金额)、count()、mean(price * amount)；有 sum count count_distinct min max mean first last list concat",
        "one total is needed, like sum(amount), count(), mean(price * amount); there are sum count count_distinct min max mean "
        "first last list concat"};
    return wrong(hint);
  }
  ReadTotal out;
  out.aggregate.fold = *fold;
  out.aggregate.as = total.name;
  out.aggregate.places.reset();
  const auto most = *fold == Fold::mean || *fold == Fold::concat ? 2U : 1U;
  const auto least = *fold == Fold::count ? 0U : 1U;
  if (root->kids.size() < least || root->kids.size() > most)
    return wrong({fmt::format("{} 需要 {} 个参数，现有 {} 个", root->text, least == most ? "1" : fmt::format("{}–{}", least, most),
                              root->kids.size()),
                  fmt::format("{} takes {} arguments, not {}", root->text, least == most ? "1" : fmt::format("{}–{}", least, most),
                              root->kids.size())});
  const auto wanted_name = *fold == Fold::mean ? "places" : "separator";
  if (root->named.size() > 1 || (root->named.size() == 1 && (root->kids.size() != 2 || root->named[0] != wanted_name)))
    return wrong(
        {fmt::format("{} 没有参数 {}", root->text, root->named[0]), fmt::format("{} has no argument {}", root->text, root->named[0])});
  if (root->kids.size() == 2) {
    const auto& second = *root->kids[1];
    const bool fits = second.kind == rows::Kind::literal && second.value.is(*fold == Fold::mean ? Type::integer : Type::text);
    if (!fits || (*fold == Fold::mean && (second.value.integer() < 0 || second.value.integer() > 38)))
      return rows::syntax_problem(source, second.from,
                                  *fold == Fold::mean ? Text{"小数位是 0 到 38 的整数", "places are a whole number, 0 to 38"}
                                                      : Text{"分隔符是一个文本", "the separator is a text"});
    if (*fold == Fold::mean)
      out.aggregate.places = static_cast<std::int32_t>(second.value.integer());
    else
      out.aggregate.separator = second.value.text();
  }
  if (root->kids.empty()) return out;
  out.argument = std::string(source.substr(root->kids[0]->from, root->kids[0]->to - root->kids[0]->from));
  return out;
}

}  // namespace

Result<PreparedTotals> prepare_totals(const Table& table, std::span<const RowTotal> totals, const Variables& values) {
  std::vector<ReadTotal> read;
  std::vector<RowExpression> arguments;
  // All of them are read and checked before the first row is worked on.
  for (const auto& total : totals) {
    auto one = read_total(total);
    if (!one.ok()) return wrong_total(total, std::move(one).error());
    if (!one->argument.empty()) {
      auto argument = RowExpression::parse(one->argument);
      if (!argument.ok()) return wrong_total(total, std::move(argument).error());
      if (auto checked = argument->check(table, values); !checked.ok()) return wrong_total(total, std::move(checked).error());
      arguments.push_back(std::move(argument).value());
    }
    read.push_back(std::move(one).value());
  }
  PreparedTotals out{table, {}};
  std::size_t next = 0;
  for (std::size_t i = 0; i < read.size(); ++i) {
    auto aggregate = std::move(read[i].aggregate);
    if (!read[i].argument.empty()) {
      const auto& argument = arguments[next++];
      const auto name = argument.single_name();
      if (!name.empty() && table.find(name)) {
        aggregate.column = std::string(name);
      } else {
        auto column = argument.column(table, values);
        if (!column.ok()) return wrong_total(totals[i], std::move(column).error());
        aggregate.column = read[i].argument;
        while (out.table.find(aggregate.column)) aggregate.column += ' ';
        QUANJI_TRY(out.table, add_column(out.table, aggregate.column, std::move(column).value()));
      }
    }
    out.aggregates.push_back(std::move(aggregate));
  }
  return out;
}

}  // namespace quanji::values
