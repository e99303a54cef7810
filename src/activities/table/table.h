// table: work on whole tables, column by column, in C++. All are pure: the table that is given stays as it is.
#pragma once
#include <optional>
#include <vector>

#include "activities/column_inputs.h"
#include "engine/activity.h"
#include "values/field_values.h"

namespace quanji::activities::table {

struct TableOut {
  values::TablePtr table;
  static const base::FieldList& fields();
};
struct TotalsOut {
  values::Map totals;
  static const base::FieldList& fields();
};

#define QUANJI_TABLE_RUN              \
  static engine::ActivityInfo info(); \
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input)

// ---- rows in and out, columns (table_columns.cpp) ----

struct FromRows {
  struct Input {
    std::vector<values::Value> rows;
    std::optional<values::Value> columns;
    static const base::FieldList& fields();
  };
  using Output = TableOut;
  QUANJI_TABLE_RUN;
};
enum class RowShape : std::uint8_t { maps, lists };
struct ToRows {
  struct Input {
    values::TablePtr table;
    RowShape shape = RowShape::maps;
    static const base::FieldList& fields();
  };
  struct Output {
    std::vector<values::Value> rows;
    static const base::FieldList& fields();
  };
  QUANJI_TABLE_RUN;
};
struct Select {
  struct Input {
    values::TablePtr table;
    std::optional<values::Value> columns;
    std::optional<std::vector<std::string>> without;
    static const base::FieldList& fields();
  };
  using Output = TableOut;
  QUANJI_TABLE_RUN;
};
struct Rename {
  struct Input {
    values::TablePtr table;
    values::Map names;
    static const base::FieldList& fields();
  };
  using Output = TableOut;
  QUANJI_TABLE_RUN;
};
enum class IfThere : std::uint8_t { fail, replace };
struct AddColumn {
  struct Input {
    values::TablePtr table;
    std::string column, expression;
    std::optional<std::string> type;
    values::Map values;
    IfThere if_exists = IfThere::fail;
    static const base::FieldList& fields();
  };
  using Output = TableOut;
  QUANJI_TABLE_RUN;
};
struct Convert {
  struct Input {
    values::TablePtr table;
    values::Value columns;
    std::optional<std::string> format;
    IfBad if_bad = IfBad::fail;
    static const base::FieldList& fields();
  };
  using Output = TableOut;
  QUANJI_TABLE_RUN;
};
enum class FillFrom : std::uint8_t { value, previous, next };
struct Fill {
  struct Input {
    values::TablePtr table;
    std::optional<values::Value> columns;
    FillFrom how = FillFrom::value;
    std::optional<values::Value> value;
    static const base::FieldList& fields();
  };
  using Output = TableOut;
  QUANJI_TABLE_RUN;
};
struct Clean {
  struct Input {
    values::TablePtr table;
    bool trim = true, empty_rows = true, trim_names = true;
    static const base::FieldList& fields();
  };
  using Output = TableOut;
  QUANJI_TABLE_RUN;
};

// ---- rows (table_rows.cpp) ----

struct Filter {
  struct Input {
    values::TablePtr table;
    std::string where;
    values::Map values;
    static const base::FieldList& fields();
  };
  using Output = TableOut;
  QUANJI_TABLE_RUN;
};
enum class Keep : std::uint8_t { first, last };
struct Distinct {
  struct Input {
    values::TablePtr table;
    std::optional<std::vector<std::string>> by;
    Keep keep = Keep::first;
    static const base::FieldList& fields();
  };
  using Output = TableOut;
  QUANJI_TABLE_RUN;
};
struct Sort {
  struct Input {
    values::TablePtr table;
    std::vector<std::string> by;
    Keep nothing = Keep::first;
    static const base::FieldList& fields();
  };
  using Output = TableOut;
  QUANJI_TABLE_RUN;
};
struct Append {
  struct Input {
    std::vector<values::TablePtr> tables;
    static const base::FieldList& fields();
  };
  using Output = TableOut;
  QUANJI_TABLE_RUN;
};
struct Split {
  struct Input {
    values::TablePtr table;
    std::vector<std::string> by;
    static const base::FieldList& fields();
  };
  struct Output {
    std::vector<values::Value> groups;
    static const base::FieldList& fields();
  };
  QUANJI_TABLE_RUN;
};

// ---- another shape (table_shapes.cpp) ----

struct Group {
  struct Input {
    values::TablePtr table;
    std::vector<std::string> by;
    values::Map totals;
    static const base::FieldList& fields();
  };
  using Output = TableOut;
  QUANJI_TABLE_RUN;
};
struct Pivot {
  struct Input {
    values::TablePtr table;
    std::vector<std::string> by;
    std::string column, total;
    std::optional<values::Value> value;
    static const base::FieldList& fields();
  };
  using Output = TableOut;
  QUANJI_TABLE_RUN;
};
struct Unpivot {
  struct Input {
    values::TablePtr table;
    std::vector<std::string> by;
    std::optional<values::Value> columns;
    std::string name_column = "name", value_column = "value";
    static const base::FieldList& fields();
  };
  using Output = TableOut;
  QUANJI_TABLE_RUN;
};
struct Transpose {
  struct Input {
    values::TablePtr table;
    std::optional<std::string> column;
    static const base::FieldList& fields();
  };
  using Output = TableOut;
  QUANJI_TABLE_RUN;
};
struct Total {
  struct Input {
    values::TablePtr table;
    values::Map totals;
    static const base::FieldList& fields();
  };
  using Output = TotalsOut;
  QUANJI_TABLE_RUN;
};

// ---- two tables (table_pairs.cpp) ----

enum class JoinHow : std::uint8_t { inner, left, right, full, semi, anti };
struct Join {
  struct Input {
    values::TablePtr table, other;
    values::Value keys;
    JoinHow how = JoinHow::inner;
    std::optional<values::Value> columns;
    std::string suffix = "_other";
    static const base::FieldList& fields();
  };
  using Output = TableOut;
  QUANJI_TABLE_RUN;
};
enum class IfMissing : std::uint8_t { nothing, fail };
enum class IfMany : std::uint8_t { fail, first };
struct LookUp {
  struct Input {
    values::TablePtr table, other;
    values::Value keys, columns;
    IfMissing if_missing = IfMissing::nothing;
    IfMany if_many = IfMany::fail;
    static const base::FieldList& fields();
  };
  using Output = TableOut;
  QUANJI_TABLE_RUN;
};
struct Compare {
  struct Input {
    values::TablePtr table, other;
    values::Value keys;
    std::optional<values::Value> columns;
    values::Value tolerance = values::Value::of(std::int64_t{0});
    static const base::FieldList& fields();
  };
  struct Output {
    values::TablePtr differences;
    std::int64_t matched = 0;
    static const base::FieldList& fields();
  };
  QUANJI_TABLE_RUN;
};

// ---- for people (table_reports.cpp) ----

struct Check {
  struct Input {
    values::TablePtr table;
    std::optional<values::Value> columns;
    std::vector<std::string> required;
    std::vector<values::Value> unique;
    values::Map rules;
    static const base::FieldList& fields();
  };
  struct Output {
    values::TablePtr problems;
    static const base::FieldList& fields();
  };
  QUANJI_TABLE_RUN;
};
enum class Form : std::uint8_t { plain, markdown, html, csv };
struct ToText {
  struct Input {
    values::TablePtr table;
    Form format = Form::plain;
    std::int64_t limit = 1'000;
    static const base::FieldList& fields();
  };
  struct Output {
    std::string text;
    static const base::FieldList& fields();
  };
  QUANJI_TABLE_RUN;
};

inline values::TablePtr shared(values::Table table) { return std::make_shared<const values::Table>(std::move(table)); }

}  // namespace quanji::activities::table
