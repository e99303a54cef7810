// bench_row_expression: row expressions over a million rows, each beside a plain loop over the same columns written by hand. Least
// processor time of five runs; one JSON line.
//   row_expression [ROWS]     default 1000000
#include "values/row_expression.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>

#include "values/column_parts.h"
#include "values/table_filter.h"

namespace {

using namespace quanji::values;

double least(const std::function<std::size_t()>& work, std::size_t& answer) {
  double best = 1e9;
  for (int i = 0; i < 5; ++i) {
    const auto used = std::clock();
    answer = work();
    best = std::min(best, static_cast<double>(std::clock() - used) / CLOCKS_PER_SEC);
  }
  return best;
}
void measure(const char* what, const std::function<std::size_t()>& expression, const std::function<std::size_t()>& loop) {
  std::size_t ours = 0, plain = 0;
  const auto expression_s = least(expression, ours), loop_s = least(loop, plain);
  if (ours != plain) std::exit(1);
  std::printf(",\"%s\":{\"expression_s\":%.4f,\"loop_s\":%.4f,\"ratio\":%.2f}", what, expression_s, loop_s, expression_s / loop_s);
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t rows = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  ColumnBuilder kind(ColumnType::text), amount(ColumnType::decimal, 2), price(ColumnType::decimal, 3), quantity(ColumnType::integer);
  std::uint64_t state = 20261128;
  for (std::size_t i = 0; i < rows; ++i) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    kind.add_text(state % 3 == 0 ? "JY00" : "JY01");
    amount.add_units(state % 7 == 0 ? 0 : static_cast<std::int64_t>(state % 10'000'000));
    price.add_units(static_cast<std::int64_t>(state % 100'000) + 1);
    quantity.add_integer(static_cast<std::int64_t>(state % 100 + 1) * 100);
  }
  const auto table = Table::make({"MXYWLB", "MXSFJE", "price", "quantity"}, {std::move(kind).finish(), std::move(amount).finish(),
                                                                             std::move(price).finish(), std::move(quantity).finish()})
                         .value();
  const auto where = RowExpression::parse("MXYWLB == \"JY00\" and MXSFJE != 0").value();
  const auto product = RowExpression::parse("price * quantity").value();
  const auto ratio = RowExpression::parse("price / 3").value();
  const auto &kinds = *table.column(0), &amounts = *table.column(1), &prices = *table.column(2), &quantities = *table.column(3);
  std::printf("{\"bench\":\"row_expression\",\"rows\":%zu", rows);
  measure(
      "filter", [&] { return rows_where(where.marks(table).value()).size(); },
      [&] {
        std::vector<RowNumber> found;
        for (RowNumber row = 0; row < rows; ++row)
          if (kinds.text(row) == "JY00" && amounts.numbers()[row] != 0) found.push_back(row);
        return found.size();
      });
  measure(
      "product", [&] { return static_cast<std::size_t>(product.column(table).value()->numbers()[rows - 1]); },
      [&] {
        std::vector<std::int64_t> out(rows);
        for (std::size_t row = 0; row < rows; ++row) out[row] = prices.numbers()[row] * quantities.numbers()[row];
        return static_cast<std::size_t>(out[rows - 1]);
      });
  measure(
      "quotient", [&] { return ratio.column(table).value()->size(); },
      [&] {
        std::vector<Decimal> out(rows);
        for (std::size_t row = 0; row < rows; ++row) out[row] = *quotient(prices.decimal(row), Decimal::of(3));
        return out.size();
      });
  std::printf("}\n");
  return 0;
}
