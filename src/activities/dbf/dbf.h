// dbf: dBASE III tables, as exchanges and counters exchange them.
#pragma once
#include <optional>
#include <vector>

#include "activities/column_inputs.h"
#include "activities/file_target.h"
#include "engine/activity.h"
#include "values/field_values.h"

namespace quanji::activities::dbf {

enum class Charset : std::uint8_t { gb18030, gbk, utf8 };
enum class Deleted : std::uint8_t { flag, skip, only };

enum class FieldType : std::uint8_t { C, N, D, L, F, I, B, Y, T };  // the letters of the format
// One field of a layout; read_schema answers the same four.
struct LayoutField {
  std::string name;
  FieldType type = FieldType::C;
  std::optional<std::int64_t> width;
  std::int64_t places = 0;
  static const base::FieldList& fields();
};

struct ReadTable {
  struct Input {
    values::FileRef file;
    std::optional<values::Value> columns;
    Charset encoding = Charset::gb18030;
    Deleted deleted_rows = Deleted::flag;
    IfBad if_bad = IfBad::fail;
    static const base::FieldList& fields();
  };
  struct Output {
    values::TablePtr table;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct ReadSchema {
  struct Input {
    values::FileRef file;
    static const base::FieldList& fields();
  };
  struct Output {
    values::Map schema;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct WriteTable {
  struct Input {
    values::TablePtr table;
    values::FileRef to;
    std::vector<LayoutField> layout;
    Charset encoding = Charset::gb18030;
    IfExists if_exists = IfExists::replace;
    static const base::FieldList& fields();
  };
  struct Output {
    values::FileRef file;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct AppendRows {
  struct Input {
    values::TablePtr table;
    values::FileRef file;
    Charset encoding = Charset::gb18030;
    static const base::FieldList& fields();
  };
  struct Output {
    std::int64_t count = 0;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};

}  // namespace quanji::activities::dbf
