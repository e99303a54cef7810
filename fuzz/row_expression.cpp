// Row expressions of strangers against a small table of every kind of column: what is taken has a value for each row and reads the same
// again, what is refused is said in a sentence; totals likewise.
#include "values/row_expression.h"

#include <cstdint>

#include "base/bytes.h"
#include "base/encodings.h"
#include "must.h"
#include "values/row_syntax.h"
#include "values/row_tokens.h"

using namespace quanji;

namespace {

const values::Table& table() {
  static const values::Table all = [] {
    using values::Value;
    values::List rows;
    for (std::int64_t i = 0; i < 6; ++i) {
      const auto or_nothing = [&](Value value) { return i == 4 ? Value() : std::move(value); };
      rows.push_back(Value::of(values::Map{{"n", or_nothing(Value::of(i == 5 ? INT64_MIN : i - 2))},
                                           {"d", or_nothing(Value::of(*values::Decimal::make(i * 125, -2)))},
                                           {"t", or_nothing(Value::of(std::string(i % 2 == 0 ? "600000" : "金额")))},
                                           {"b", or_nothing(Value::of(i % 2 == 0))},
                                           {"日期", or_nothing(Value::of(base::Date{20000 + static_cast<std::int32_t>(i)}))},
                                           {"m", i % 2 == 0 ? Value::of(i) : Value::of(std::string("x"))},
                                           {"u", or_nothing(Value::of(values::Duration{i * 86'400'000'000}))}}));
    }
    return values::Table::of_rows(rows).value();
  }();
  return all;
}

void must_be_told(const base::Error& error) {
  must(base::is_utf8(error.message().zh) && base::is_utf8(error.message().en));
  must(!error.message().zh.empty() && error.message().en.size() < 4000 && error.fields().size() == 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto source = base::text_of({data, size});
  const auto& rows = table();
  static const values::Variables given{{"v", values::Value::of(std::int64_t{3})},
                                       {"all", values::Value::of(values::List{values::Value::of(std::int64_t{1})})}};
  if (const auto read = values::RowExpression::parse(source); read.ok()) {
    const auto checked = read->check(rows, given);
    const auto column = read->column(rows, given);
    if (column.ok()) {
      must(checked.ok() && (*column)->size() == rows.rows());
      must(values::Table::make({"c"}, {*column}).ok());
      for (std::size_t row = 0; row < rows.rows(); ++row) (void)(*column)->value(row).display();
    } else {
      must_be_told(column.error());
      must(checked.ok() ? values::is_bad_value(column.error()) : column.error().message().en == checked.error().message().en);
    }
    if (const auto marks = read->marks(rows, given); marks.ok())
      must(marks->size() == rows.rows());
    else
      must_be_told(marks.error());
  } else {
    must_be_told(read.error());
  }
  const values::RowTotal total{"x", std::string(source)};
  if (const auto ready = values::prepare_totals(rows, {&total, 1}, given); ready.ok()) {
    const std::vector<std::string> keys{"b"};
    (void)values::group_by(ready->table, keys, ready->aggregates);
  } else {
    must_be_told(ready.error());
  }
  return 0;
}
