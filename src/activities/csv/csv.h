// csv: separated values, files and texts, in and out.
#pragma once
#include <optional>

#include "activities/column_inputs.h"
#include "activities/file_target.h"
#include "engine/activity.h"
#include "values/field_values.h"

namespace quanji::activities::csv {

struct TableOut {
  values::TablePtr table;
  static const base::FieldList& fields();
};
struct FileOut {
  values::FileRef file;
  static const base::FieldList& fields();
};

struct ReadTable {
  struct Input {
    values::FileRef file;
    ReadEncoding encoding = ReadEncoding::automatic;
    std::string delimiter = "auto";
    bool header = true;
    std::optional<values::Value> columns;
    std::int64_t skip = 0;
    IfBad if_bad = IfBad::fail;
    static const base::FieldList& fields();
  };
  using Output = TableOut;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct ParseTable {
  struct Input {
    std::string text;
    std::string delimiter = "auto";
    bool header = true;
    std::optional<values::Value> columns;
    std::int64_t skip = 0;
    IfBad if_bad = IfBad::fail;
    static const base::FieldList& fields();
  };
  using Output = TableOut;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct WriteTable {
  struct Input {
    values::TablePtr table;
    values::FileRef to;
    TextEncoding encoding = TextEncoding::utf8;
    std::string delimiter = ",";
    bool header = true;
    IfExists if_exists = IfExists::replace;
    static const base::FieldList& fields();
  };
  using Output = FileOut;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct AppendRows {
  struct Input {
    values::TablePtr table;
    values::FileRef file;
    ReadEncoding encoding = ReadEncoding::automatic;
    std::string delimiter = "auto";
    static const base::FieldList& fields();
  };
  struct Output {
    std::int64_t count = 0;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};

}  // namespace quanji::activities::csv
