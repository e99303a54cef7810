// fixed_width: texts whose fields stand at fixed bytes, or between separators.
#pragma once
#include <optional>
#include <vector>

#include "activities/column_inputs.h"
#include "activities/file_target.h"
#include "engine/activity.h"
#include "values/field_values.h"

namespace quanji::activities::fixed_width {

enum class FieldType : std::uint8_t { text, integer, decimal, scaled, date, time, datetime, boolean };
enum class Align : std::uint8_t { automatic, left, right };
enum class Charset : std::uint8_t { gb18030, gbk, utf8 };

struct LayoutField {
  std::optional<std::string> name;
  FieldType type = FieldType::text;
  std::int64_t width = 0, places = 0;
  std::string format;
  Align align = Align::automatic;
  std::string pad = " ";
  static const base::FieldList& fields();
};

struct ReadTable {
  struct Input {
    values::FileRef file;
    std::vector<LayoutField> layout;
    Charset encoding = Charset::gb18030;
    std::optional<std::string> delimiter;
    std::int64_t skip = 0, skip_end = 0;
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
struct WriteTable {
  struct Input {
    values::TablePtr table;
    values::FileRef to;
    std::vector<LayoutField> layout;
    Charset encoding = Charset::gb18030;
    std::optional<std::string> delimiter;
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

}  // namespace quanji::activities::fixed_width
