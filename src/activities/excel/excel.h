// excel: XLSX workbooks, read, made and changed. `file` is a path or a workbook opened by excel.open_workbook.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "activities/documents.h"
#include "engine/activity.h"
#include "values/field_values.h"

namespace quanji::activities::excel {

using values::FileRef;
using values::Value;

enum class IfMissing : std::uint8_t { fail, make };
enum class IfSheetThere : std::uint8_t { fail, skip };
enum class IfSheetMissing : std::uint8_t { skip, fail };
enum class IfBad : std::uint8_t { fail, nothing };
enum class What : std::uint8_t { value, formula, shown, style };
enum class RangeWhat : std::uint8_t { value, formula, shown };
enum class Clearing : std::uint8_t { value, style, all };
enum class ChartShape : std::uint8_t { column, bar, line, pie, area, scatter };

// What every activity is: a type with this inside.
#define EXCEL_ACTIVITY                \
  static engine::ActivityInfo info(); \
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input)

struct ChangedFile {
  FileRef file;
  static const base::FieldList& fields();
};

struct OpenWorkbook {
  struct Input {
    FileRef file;
    IfMissing if_missing = IfMissing::fail;
    static const base::FieldList& fields();
  };
  struct Output {
    values::Handle workbook;
    static const base::FieldList& fields();
  };
  EXCEL_ACTIVITY;
};
struct ListSheets {
  struct Input {
    Value file;
    static const base::FieldList& fields();
  };
  struct Output {
    values::TablePtr sheets;
    static const base::FieldList& fields();
  };
  EXCEL_ACTIVITY;
};
struct ReadTable {
  struct Input {
    Value file;
    std::optional<std::string> sheet, range;
    bool header = true;
    std::optional<Value> columns;
    std::int64_t skip = 0;
    IfBad if_bad = IfBad::fail;
    static const base::FieldList& fields();
  };
  struct Output {
    values::TablePtr table;
    static const base::FieldList& fields();
  };
  EXCEL_ACTIVITY;
};
struct ReadRange {
  struct Input {
    Value file;
    std::optional<std::string> sheet, range;
    RangeWhat what = RangeWhat::value;
    static const base::FieldList& fields();
  };
  struct Output {
    std::vector<Value> rows;
    static const base::FieldList& fields();
  };
  EXCEL_ACTIVITY;
};
struct ReadCell {
  struct Input {
    Value file;
    std::optional<std::string> sheet;
    std::string cell;
    What what = What::value;
    static const base::FieldList& fields();
  };
  struct Output {
    Value value;
    static const base::FieldList& fields();
  };
  EXCEL_ACTIVITY;
};
struct FindCells {
  struct Input {
    Value file;
    std::optional<std::string> sheet, range;
    Value value;
    bool whole = true;
    static const base::FieldList& fields();
  };
  struct Output {
    values::TablePtr cells;
    static const base::FieldList& fields();
  };
  EXCEL_ACTIVITY;
};
struct WriteWorkbook {
  struct Input {
    values::Map sheets;
    FileRef to;
    values::Map look;
    IfExists if_exists = IfExists::replace;
    static const base::FieldList& fields();
  };
  using Output = ChangedFile;
  EXCEL_ACTIVITY;
};
struct WriteTable {
  struct Input {
    values::TablePtr table;
    Value file;
    std::optional<std::string> sheet;
    std::string cell = "A1";
    bool header = true;
    values::Map look;
    static const base::FieldList& fields();
  };
  using Output = ChangedFile;
  EXCEL_ACTIVITY;
};
struct WriteRange {
  struct Input {
    std::vector<Value> rows;
    Value file;
    std::optional<std::string> sheet;
    std::string cell = "A1";
    static const base::FieldList& fields();
  };
  using Output = ChangedFile;
  EXCEL_ACTIVITY;
};
struct WriteCell {
  struct Input {
    Value file;
    std::optional<std::string> sheet;
    std::string cell;
    std::optional<Value> value;
    std::optional<std::string> formula;
    static const base::FieldList& fields();
  };
  using Output = ChangedFile;
  EXCEL_ACTIVITY;
};
struct AppendRows {
  struct Input {
    values::TablePtr table;
    Value file;
    std::optional<std::string> sheet;
    bool header = true;
    static const base::FieldList& fields();
  };
  struct Output {
    std::int64_t count = 0;
    static const base::FieldList& fields();
  };
  EXCEL_ACTIVITY;
};
struct ClearRange {
  struct Input {
    Value file;
    std::optional<std::string> sheet, range;
    Clearing what = Clearing::value;
    static const base::FieldList& fields();
  };
  using Output = ChangedFile;
  EXCEL_ACTIVITY;
};
struct AddSheet {
  struct Input {
    Value file;
    std::string sheet;
    std::optional<std::string> before;
    IfSheetThere if_exists = IfSheetThere::fail;
    static const base::FieldList& fields();
  };
  using Output = ChangedFile;
  EXCEL_ACTIVITY;
};
struct RenameSheet {
  struct Input {
    Value file;
    std::string sheet, name;
    static const base::FieldList& fields();
  };
  using Output = ChangedFile;
  EXCEL_ACTIVITY;
};
struct CopySheet {
  struct Input {
    Value file;
    std::string sheet, name;
    static const base::FieldList& fields();
  };
  using Output = ChangedFile;
  EXCEL_ACTIVITY;
};
struct DeleteSheet {
  struct Input {
    Value file;
    std::string sheet;
    IfSheetMissing if_missing = IfSheetMissing::skip;
    static const base::FieldList& fields();
  };
  using Output = ChangedFile;
  EXCEL_ACTIVITY;
};
struct SetStyle {
  struct Input {
    Value file;
    std::optional<std::string> sheet;
    std::string range;
    values::Map style;
    static const base::FieldList& fields();
  };
  using Output = ChangedFile;
  EXCEL_ACTIVITY;
};
struct AddChart {
  struct Input {
    Value file;
    std::optional<std::string> sheet;
    std::string cell, name;
    ChartShape kind = ChartShape::column;
    std::string range;
    std::optional<std::string> title;
    static const base::FieldList& fields();
  };
  using Output = ChangedFile;
  EXCEL_ACTIVITY;
};
struct AddImage {
  struct Input {
    FileRef picture;
    Value file;
    std::optional<std::string> sheet;
    std::string cell, name;
    values::Decimal scale;
    static const base::FieldList& fields();
  };
  using Output = ChangedFile;
  EXCEL_ACTIVITY;
};
struct Compute {
  struct Input {
    FileRef file;
    std::optional<FileRef> to;
    static const base::FieldList& fields();
  };
  using Output = ChangedFile;
  EXCEL_ACTIVITY;
};
struct Convert {
  struct Input {
    FileRef file, to;
    std::optional<std::string> sheet;
    IfExists if_exists = IfExists::replace;
    static const base::FieldList& fields();
  };
  using Output = ChangedFile;
  EXCEL_ACTIVITY;
};
#undef EXCEL_ACTIVITY

}  // namespace quanji::activities::excel
QUANJI_ENUM(quanji::activities::excel::IfMissing, "fail", "make");
QUANJI_ENUM(quanji::activities::excel::IfSheetThere, "fail", "skip");
QUANJI_ENUM(quanji::activities::excel::IfSheetMissing, "skip", "fail");
QUANJI_ENUM(quanji::activities::excel::IfBad, "fail", "nothing");
QUANJI_ENUM(quanji::activities::excel::What, "value", "formula", "shown", "style");
QUANJI_ENUM(quanji::activities::excel::RangeWhat, "value", "formula", "shown");
QUANJI_ENUM(quanji::activities::excel::Clearing, "value", "style", "all");
QUANJI_ENUM(quanji::activities::excel::ChartShape, "column", "bar", "line", "pie", "area", "scatter");
