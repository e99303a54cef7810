// text: patterns, encodings, numbers and dates as people write them. What a Python string does itself is the language's.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "activities/column_inputs.h"
#include "activities/text/numbers.h"
#include "base/bytes.h"
#include "engine/activity.h"
#include "values/field_values.h"

namespace quanji::activities::text {

enum class IfBadBytes : std::uint8_t { fail, replace };
enum class Letters : std::uint8_t { half, full, keep };
enum class Spaces : std::uint8_t { single, trim, drop, keep };

struct TextOut {
  std::string text;
  static const base::FieldList& fields();
};

struct Find {
  struct Input {
    std::string text, pattern;
    bool ignore_case = false;
    static const base::FieldList& fields();
  };
  struct Output {
    std::vector<std::string> matches;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Replace {
  struct Input {
    std::string text, pattern, replacement;
    bool ignore_case = false;
    static const base::FieldList& fields();
  };
  using Output = TextOut;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Split {
  struct Input {
    std::string text, pattern;
    static const base::FieldList& fields();
  };
  struct Output {
    std::vector<std::string> parts;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Extract {
  struct Input {
    std::string text, pattern;
    bool ignore_case = false;
    static const base::FieldList& fields();
  };
  struct Output {
    values::TablePtr table;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Encode {
  struct Input {
    std::string text;
    TextEncoding encoding = TextEncoding::gb18030;
    static const base::FieldList& fields();
  };
  struct Output {
    base::Bytes bytes;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Decode {
  struct Input {
    base::Bytes bytes;
    ReadEncoding encoding = ReadEncoding::automatic;
    IfBadBytes if_bad = IfBadBytes::fail;
    static const base::FieldList& fields();
  };
  using Output = TextOut;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Normalize {
  struct Input {
    std::string text;
    Letters letters = Letters::half;
    Spaces spaces = Spaces::single;
    static const base::FieldList& fields();
  };
  using Output = TextOut;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct ParseNumber {
  struct Input {
    std::string text;
    static const base::FieldList& fields();
  };
  struct Output {
    values::Decimal number;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct ParseDate {
  struct Input {
    std::string text;
    DateOrder order = DateOrder::ymd;
    static const base::FieldList& fields();
  };
  struct Output {
    base::Date date;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct SpellAmount {
  struct Input {
    values::Decimal amount;
    static const base::FieldList& fields();
  };
  using Output = TextOut;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};

}  // namespace quanji::activities::text

QUANJI_ENUM(quanji::activities::text::IfBadBytes, "fail", "replace");
QUANJI_ENUM(quanji::activities::text::Letters, "half", "full", "keep");
QUANJI_ENUM(quanji::activities::text::Spaces, "single", "trim", "drop", "keep");
QUANJI_ENUM(quanji::activities::text::DateOrder, "ymd", "dmy", "mdy");
