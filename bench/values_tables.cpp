// bench_values_tables: table operations over a million rows as trades look: group-by, join, look-up, sort, filter, compare of two tables by
// key, cast from texts. Best and median of five runs each, and the least
// processor time (what counts on a busy machine); one JSON line.
//   values_tables [ROWS]     default 1000000
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "values/table_cast.h"
#include "values/table_compare.h"
#include "values/table_filter.h"
#include "values/table_group.h"
#include "values/table_join.h"
#include "values/table_shape.h"
#include "values/table_sort.h"

namespace {

using namespace quanji::values;

// A small generator of its own: the same tables in every run.
std::uint64_t state = 20261120;
std::uint64_t chance(std::uint64_t below) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state % below;
}

template <class T>
T must(quanji::base::Result<T> result) {
  if (result.ok()) return std::move(result).value();
  std::fprintf(stderr, "%s\n", result.error().message().en.c_str());
  std::exit(1);
}

// trade number (text, unique), account (text, 50 000), security code (text, 5 000), quantity, price, amount, day
Table trades(std::size_t rows) {
  ColumnBuilder number(ColumnType::text), account(ColumnType::text), code(ColumnType::text), quantity(ColumnType::integer),
      price(ColumnType::decimal, 3), amount(ColumnType::decimal, 2), day(ColumnType::date);
  char text[32];
  for (std::size_t i = 0; i < rows; ++i) {
    std::snprintf(text, sizeof text, "T%010zu", (i * 7919) % 10'000'000'019U);
    number.add_text(text);
    std::snprintf(text, sizeof text, "A%09llu", static_cast<unsigned long long>(chance(50'000)));
    account.add_text(text);
    std::snprintf(text, sizeof text, "%06llu", static_cast<unsigned long long>(600'000 + chance(5'000)));
    code.add_text(text);
    const auto q = static_cast<std::int64_t>(chance(100) + 1) * 100;
    const auto p = static_cast<std::int64_t>(chance(100'000) + 1);
    quantity.add_integer(q);
    price.add_units(p);
    amount.add_units(q * p / 10);
    day.add(quanji::base::Date{20'000 + static_cast<std::int32_t>(chance(250))});
  }
  return must(Table::make({"number", "account", "code", "quantity", "price", "amount", "day"},
                          {std::move(number).finish(), std::move(account).finish(), std::move(code).finish(), std::move(quantity).finish(),
                           std::move(price).finish(), std::move(amount).finish(), std::move(day).finish()}));
}
// The same trades in another order, some missing, one in a hundred with another amount.
Table statement(const Table& ours) {
  const SortKey by[] = {{"price", Direction::ascending}};
  auto table = must(sort_rows(ours, by));
  ColumnBuilder amount(ColumnType::decimal, 2);
  const auto& column = *table.column(5);
  for (std::size_t row = 0; row < table.rows(); ++row) amount.add_units(column.numbers()[row] + (chance(100) == 0 ? 1 : 0));
  table = must(add_column(table, "amount", std::move(amount).finish(), IfThere::replace));
  return first_rows(table, table.rows() - table.rows() / 100);
}

void measure(const char* what, const std::function<std::size_t()>& work) {
  std::vector<double> runs, processor;
  std::size_t rows = 0;
  for (int i = 0; i < 5; ++i) {
    const auto used = std::clock();
    const auto start = std::chrono::steady_clock::now();
    rows = work();
    runs.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    processor.push_back(static_cast<double>(std::clock() - used) / CLOCKS_PER_SEC);
  }
  std::sort(runs.begin(), runs.end());
  std::sort(processor.begin(), processor.end());
  std::printf(",\"%s\":{\"best_s\":%.3f,\"median_s\":%.3f,\"processor_s\":%.3f,\"rows\":%zu}", what, runs[0], runs[2], processor[0], rows);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t rows = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const auto ours = trades(rows);
  const auto theirs = statement(ours);
  const std::vector<std::string> code{"code"}, account_code{"account", "code"}, days{"day"};
  const Aggregate sums[] = {{.fold = Fold::count},
                            {.fold = Fold::sum, .column = "amount"},
                            {.fold = Fold::sum, .column = "quantity"},
                            {.fold = Fold::max, .column = "price"},
                            {.fold = Fold::mean, .column = "price"}};
  const auto names = must(group_by(ours, code, {sums, 2}));
  const auto as_text = must(cast_columns(ours, std::vector<Cast>{{.column = "amount"}, {.column = "day", .format = "%Y%m%d"}}));

  std::printf("{\"bench\":\"values_tables\",\"table_rows\":%zu,\"bytes\":%zu", rows, ours.bytes_used());
  measure("group_by_text_key", [&] { return must(group_by(ours, code, sums)).rows(); });
  measure("group_by_two_text_keys", [&] { return must(group_by(ours, account_code, sums)).rows(); });
  measure("group_by_date", [&] { return must(group_by(ours, days, sums)).rows(); });
  measure("join_unique_text_key", [&] { return must(join(ours, theirs, {.keys = {{"number", ""}}})).rows(); });
  measure("join_many_to_one", [&] { return must(join(ours, names, {.kind = JoinKind::left, .keys = {{"code", ""}}})).rows(); });
  measure("look_up", [&] { return must(look_up(ours, names, {.keys = {{"code", ""}}, .columns = {{"amount_sum", "", {}}}})).rows(); });
  measure("sort_by_text", [&] { return must(sort_rows(ours, std::vector<SortKey>{{"number", Direction::ascending}})).rows(); });
  measure("sort_by_amount", [&] { return must(sort_rows(ours, std::vector<SortKey>{{"amount", Direction::descending}})).rows(); });
  measure("sort_by_three", [&] {
    return must(sort_rows(
                    ours,
                    std::vector<SortKey>{{"code", Direction::ascending}, {"day", Direction::ascending}, {"amount", Direction::descending}}))
        .rows();
  });
  Condition where;
  where.parts.resize(2);
  where.parts[0].column = "amount";
  where.parts[0].relation = Relation::gt;
  where.parts[0].value = Value::of(std::int64_t{100'000});
  where.parts[1].column = "code";
  where.parts[1].relation = Relation::starts_with;
  where.parts[1].value = Value::of(std::string("6000"));
  measure("filter_two_conditions", [&] { return must(filter_rows(ours, where)).rows(); });
  measure("compare_by_key", [&] {
    const auto result = must(compare_tables(ours, theirs, {.keys = {{"number", ""}}}));
    return result.cells.rows() + result.only_left.rows();
  });
  measure("cast_text_to_decimal_and_date", [&] {
    return must(cast_columns(as_text, std::vector<Cast>{{.column = "amount", .to = ColumnType::decimal},
                                                        {.column = "day", .to = ColumnType::date, .format = "%Y%m%d"}}))
        .rows();
  });
  measure("distinct_accounts", [&] { return must(distinct_rows(ours, std::vector<std::string>{"account"})).rows(); });
  std::printf("}\n");
  return 0;
}
