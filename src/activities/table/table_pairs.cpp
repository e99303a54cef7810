// Two tables: joined, looked up, compared.
#include <fmt/format.h>

#include <algorithm>

#include "activities/failures.h"
#include "activities/table/table.h"
#include "values/names.h"
#include "values/table_differences.h"
#include "values/table_join.h"
#include "values/table_problems.h"
#include "values/table_shape.h"

QUANJI_ENUM(quanji::activities::table::JoinHow, "inner", "left", "right", "full", "semi", "anti");
QUANJI_ENUM(quanji::activities::table::IfMissing, "nothing", "fail");
QUANJI_ENUM(quanji::activities::table::IfMany, "fail", "first");

namespace quanji::activities::table {

using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;
using values::Table;
using values::Type;
using values::Value;

#define QUANJI_TWO_TABLES                                                       \
  QF(table, "我方的表", "Our table"), QF(other, "另一个表", "The other table"), \
      QF(keys, "键：列名的列表，或 我方列→对方列", "Keys: a list of names, or our column → their column")
QUANJI_FIELDS(Join::Input, QUANJI_TWO_TABLES, QF(how, "连接方式", "Which rows", .fallback = "\"inner\""),
              QF(columns, "对方的哪些列；不写是全部", "Which of the other's columns; all without"),
              QF(suffix, "对方重名列的后缀", "Added to names of the other table that clash", .min = 1, .fallback = "\"_other\""))
QUANJI_FIELDS(LookUp::Input, QUANJI_TWO_TABLES,
              QF(columns, "取哪些列：列表，或 对方列→新列名", "What is fetched: a list, or their column → new name"),
              QF(if_missing, "对方没有这个键时：留空或失败", "When the key is not there: nothing or fail", .fallback = "\"nothing\""),
              QF(if_many, "对方有多行时：失败或取第一行", "When there are several rows: fail or the first", .fallback = "\"fail\""))
QUANJI_FIELDS(Compare::Input, QUANJI_TWO_TABLES,
              QF(columns, "比哪些列：列表，或 我方列→对方列；不写是两边同名的全部",
                 "What is compared: a list, or our column → their column; all of one name without"),
              QF(tolerance, "容差：一个数（给所有数值列），或 列→数", "Tolerance: a number for all columns of numbers, or column → number",
                 .fallback = "0"))
QUANJI_FIELDS(Compare::Output,
              QF(differences,
                 "键、state（only_ours 只有我方，only_theirs 只有对方，differs 值不同）、column、ours、theirs、difference（我方减对方）",
                 "The keys, state (only_ours, only_theirs, differs), column, ours, theirs, difference (ours - theirs)"),
              QF(matched, "两边都有且没有差异的行数", "Rows of both sides without any difference"))

namespace {

constexpr base::Sentence in_other = {"另一个表中", "in the other table "};

struct Keys {
  std::vector<values::JoinKey> pairs;
  std::vector<std::string> ours, theirs;
};
Outcome<Keys> keys_of(const Table& table, const Table& other, const Value& said) {
  QUANJI_TRY(const auto pairs, key_pairs(said));
  Keys keys;
  for (const auto& [ours, theirs] : pairs) {
    keys.pairs.push_back({ours, theirs});
    keys.ours.push_back(ours);
    keys.theirs.push_back(theirs);
  }
  QUANJI_DO(need_columns(table, keys.ours));
  QUANJI_DO(need_columns(other, keys.theirs, in_other));
  return keys;
}

bool is_duplicate(const base::Error& error) {
  return std::ranges::any_of(error.fields(),
                             [](const auto& f) { return f.field == "left" || f.field == "right" || f.field.ends_with("duplicates"); });
}

// Some pairs of names: a list of names, or a map from → to.
Outcome<std::vector<std::pair<std::string, std::string>>> name_pairs(const Value& said, std::string_view input) {
  std::vector<std::pair<std::string, std::string>> pairs;
  if (said.is(Type::map)) {
    for (const auto& [from, to] : said.map()) {
      if (!to.is(Type::text) || to.text().empty())
        return wrong_argument(input, fmt::format("“{}”后面应是列名", values::quoted(from)),
                              fmt::format("\"{}\" is followed by a column's name", values::quoted(from)));
      pairs.emplace_back(from, to.text());
    }
  } else {
    QUANJI_TRY(const auto names, name_list(said, input));
    for (const auto& name : names) pairs.emplace_back(name, name);
  }
  if (pairs.empty()) return wrong_argument(input, "至少要一列", "at least one column is needed");
  return pairs;
}

Outcome<values::Decimal> tolerance_of(const Value& said, std::string_view where) {
  std::optional<values::Decimal> number;
  if (said.is(Type::integer)) number = values::Decimal::of(said.integer());
  if (said.is(Type::decimal)) number = said.decimal();
  if (number && !(*number < values::Decimal())) return *number;
  return wrong_argument(where, fmt::format("容差应是不小于 0 的数，现为 {}", values::told(said)),
                        fmt::format("a tolerance is a number of 0 or more, but this is {}", values::told(said)));
}

}  // namespace

ActivityInfo Join::info() {
  ActivityInfo info;
  info.id = "table.join";
  info.title = {"两表连接", "Join tables"};
  info.sentence = {"两表按键连接。", "Joins two tables by keys."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"not_found", "bad_value", "too_large", "name_taken"});
  info.examples = {{{"带上名称，没有名称的也留下", "With names, and without where there is none"},
                    R"~(- do: table.join
  with:
    table: [{code: "000001", amount: 1}, {code: "600000", amount: 2}]
    other: [{证券代码: "000001", 名称: 平安银行}]
    keys: {code: 证券代码}
    how: left
  save: joined
- return: {rows: =joined}
)~",
                    R"~({"rows":[{"code":"000001","amount":1,"名称":"平安银行"},{"code":"600000","amount":2,"名称":null}]})~"}};
  return info;
}
Outcome<Join::Output> Join::run(ActivityContext&, const Input& input) {
  QUANJI_TRY(const auto keys, keys_of(*input.table, *input.other, input.keys));
  values::Join how;
  how.kind = static_cast<values::JoinKind>(input.how);
  how.keys = keys.pairs;
  how.right_suffix = input.suffix;
  auto other = *input.other;
  if (input.columns && !input.columns->is(Type::nothing)) {
    QUANJI_TRY(const auto wanted, name_list(*input.columns, "columns"));
    QUANJI_DO(need_columns(other, wanted, in_other));
    auto kept = keys.theirs;
    for (const auto& name : wanted)
      if (std::ranges::find(kept, name) == kept.end()) kept.push_back(name);
    auto selected = values::select_columns(other, kept);
    if (!selected.ok()) return failure("invalid_argument", selected.error());
    other = std::move(*selected);
  }
  // Their keys under our names stand once, with a value on each side that has a row.
  std::vector<values::NewName> renamed;
  for (auto& key : how.keys) {
    if (key.left == key.right || other.find(key.left)) continue;
    renamed.push_back({key.right, key.left});
    key.right = key.left;
  }
  auto same_names = values::rename_columns(other, renamed);
  if (!same_names.ok()) return failure("invalid_argument", same_names.error());
  auto made = values::join(*input.table, *same_names, how);
  if (!made.ok()) {
    const auto& error = made.error();
    if (error.code() == base::Code::too_large) return failure("too_large", error);
    const bool suffix = std::ranges::any_of(error.fields(), [](const auto& f) { return f.field.ends_with("suffix"); });
    return failure(suffix ? "name_taken" : "bad_value", error);
  }
  return Output{shared(std::move(*made))};
}
static_assert(static_cast<int>(JoinHow::anti) == static_cast<int>(values::JoinKind::anti) &&
              static_cast<int>(JoinHow::right) == static_cast<int>(values::JoinKind::right));

ActivityInfo LookUp::info() {
  ActivityInfo info;
  info.id = "table.look_up";
  info.title = {"查列填入", "Look up"};
  info.sentence = {"从另一表查列填入，行数不变。", "Fetches columns from another table; rows never multiply."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"not_found", "duplicate_key", "no_match", "name_taken", "bad_value"});
  info.examples = {{{"按代码查名称", "A name by its code"},
                    R"~(- do: table.look_up
  with:
    table: [{code: "600000"}, {code: "000001"}, {code: "999999"}]
    other: [{代码: "000001", 名称: 平安银行}, {代码: "600000", 名称: 浦发银行}]
    keys: {code: 代码}
    columns: {名称: title}
  save: named
- return: {titles: "=[r.title for r in named]"}
)~",
                    R"~({"titles":["浦发银行","平安银行",null]})~"}};
  return info;
}
Outcome<LookUp::Output> LookUp::run(ActivityContext&, const Input& input) {
  const auto& table = *input.table;
  const auto& other = *input.other;
  QUANJI_TRY(const auto keys, keys_of(table, other, input.keys));
  QUANJI_TRY(const auto wanted, name_pairs(input.columns, "columns"));
  values::Lookup how;
  how.keys = keys.pairs;
  how.duplicates = input.if_many == IfMany::fail ? values::Duplicates::refuse : values::Duplicates::allow;
  std::vector<std::string> names;
  for (const auto& [from, as] : wanted) {
    names.push_back(from);
    if (table.find(as))
      return failure("name_taken", {fmt::format("已有列“{}”；用 columns: {{{}: 新名字}} 换一个", values::quoted(as), values::quoted(from)),
                                    fmt::format("there is a column \"{}\" already; say columns: {{{}: another name}}", values::quoted(as),
                                                values::quoted(from))});
    how.columns.push_back({from, as, {}});
  }
  QUANJI_DO(need_columns(other, names, in_other));
  if (input.if_missing == IfMissing::fail) {
    values::Join without;
    without.kind = values::JoinKind::anti;
    without.keys = keys.pairs;
    const auto missing = values::join(table, other, without);
    if (!missing.ok()) return failure("bad_value", missing.error());
    if (missing->rows() > 0) {
      std::string key;
      for (const auto& name : keys.ours) key += (key.empty() ? "" : ", ") + values::told(missing->at(0, *missing->find(name)));
      return failure("no_match", {fmt::format("{} 行的键在另一个表中没有，第一个：{}", missing->rows(), key),
                                  fmt::format("{} rows have a key that is not in the other table, the first: {}", missing->rows(), key)});
    }
  }
  auto made = values::look_up(table, other, how);
  if (!made.ok()) return failure(is_duplicate(made.error()) ? "duplicate_key" : "bad_value", made.error());
  return Output{shared(std::move(*made))};
}

ActivityInfo Compare::info() {
  ActivityInfo info;
  info.id = "table.compare";
  info.title = {"比对两表", "Compare tables"};
  info.sentence = {"按键比对两表：单边行、差异格，可设容差。",
                   "Compares two tables by keys: rows of one side, cells that differ, with tolerance."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"not_found", "duplicate_key", "bad_value"});
  info.examples = {{{"清算金额与账面金额", "Amounts settled and amounts booked"},
                    R"~(- do: table.compare
  with:
    table: [{code: "000001", amount: 1.00}, {code: "600000", amount: 2.00}, {code: "600036", amount: 3.00}]
    other: [{代码: "000001", 金额: 1.005}, {代码: "600000", 金额: 2.50}, {代码: "688001", 金额: 4.00}]
    keys: {code: 代码}
    columns: {amount: 金额}
    tolerance: 0.01
  save: {breaks: differences, same: matched}
- return: {breaks: =breaks, same: =same}
)~",
                    R"~({"breaks":[
  {"code":"600000","state":"differs","column":"amount","ours":2.00,"theirs":2.50,"difference":-0.50},
  {"code":"600036","state":"only_ours","column":"amount","ours":3.00,"theirs":null,"difference":null},
  {"code":"688001","state":"only_theirs","column":"amount","ours":null,"theirs":4.00,"difference":null}],"same":1})~"}};
  return info;
}
Outcome<Compare::Output> Compare::run(ActivityContext&, const Input& input) {
  const auto& table = *input.table;
  const auto& other = *input.other;
  QUANJI_TRY(const auto keys, keys_of(table, other, input.keys));
  values::Comparing how;
  how.keys = keys.pairs;
  std::vector<std::pair<std::string, std::string>> compared;
  if (input.columns && !input.columns->is(Type::nothing)) {
    QUANJI_TRY(compared, name_pairs(*input.columns, "columns"));
  } else {
    for (const auto& name : table.names())
      if (other.find(name) && std::ranges::find(keys.ours, name) == keys.ours.end() &&
          std::ranges::find(keys.theirs, name) == keys.theirs.end())
        compared.emplace_back(name, name);
  }
  const auto* tolerances = input.tolerance.is(Type::map) ? &input.tolerance.map() : nullptr;
  if (tolerances)
    for (const auto& [name, said] : *tolerances)
      if (std::ranges::none_of(compared, [&](const auto& pair) { return pair.first == name; }))
        return failure("not_found", {fmt::format("容差中的列“{}”不在比对的列中", values::quoted(name)),
                                     fmt::format("the column \"{}\" of tolerance is not compared", values::quoted(name))});
  for (const auto& [ours, theirs] : compared) {
    const std::string our_names[] = {ours}, their_names[] = {theirs};
    QUANJI_DO(need_columns(table, our_names));
    QUANJI_DO(need_columns(other, their_names, in_other));
    const auto numbers = [](const values::Column& c) { return values::is_numeric(c) || values::is_blank(c); };
    values::ComparedColumn column{ours, theirs, {}};
    if (tolerances) {
      const auto found = std::ranges::find(*tolerances, ours, [](const auto& pair) { return pair.first; });
      if (found != tolerances->end()) {
        QUANJI_TRY(column.tolerance, tolerance_of(found->second, fmt::format("tolerance/{}", ours)));
      }
    } else {
      QUANJI_TRY(const auto tolerance, tolerance_of(input.tolerance, "tolerance"));
      // One for all is for the numbers among them.
      if (numbers(*table.column(*table.find(ours))) && numbers(*other.column(*other.find(theirs)))) column.tolerance = tolerance;
    }
    how.columns.push_back(std::move(column));
  }
  auto made = values::differences(table, other, how);
  if (!made.ok()) return failure(is_duplicate(made.error()) ? "duplicate_key" : "bad_value", made.error());
  return Output{shared(std::move(made->table)), static_cast<std::int64_t>(made->same)};
}

}  // namespace quanji::activities::table
