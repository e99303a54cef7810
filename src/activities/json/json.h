// json: documents of maps, lists and plain values. Numbers with a point are exact decimals.
#pragma once
#include <optional>
#include <string>

#include "activities/file_target.h"
#include "engine/activity.h"
#include "values/field_values.h"

namespace quanji::activities::json {

inline constexpr std::size_t most_bytes = std::size_t{64} << 20;
inline constexpr std::size_t most_depth = values::max_value_depth;

struct DocumentOut {
  values::Value document;
  static const base::FieldList& fields();
};

struct Read {
  struct Input {
    values::FileRef file;
    static const base::FieldList& fields();
  };
  using Output = DocumentOut;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Parse {
  struct Input {
    std::string text;
    static const base::FieldList& fields();
  };
  using Output = DocumentOut;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Write {
  struct Input {
    values::Value document;
    values::FileRef to;
    std::int64_t indent = 2;
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
struct Format {
  struct Input {
    values::Value document;
    std::int64_t indent = 0;
    static const base::FieldList& fields();
  };
  struct Output {
    std::string text;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Find {
  struct Input {
    values::Value document;
    std::string path;
    static const base::FieldList& fields();
  };
  struct Output {
    values::List found;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Set {
  struct Input {
    values::Value document;
    std::string path;
    std::optional<values::Value> value;
    static const base::FieldList& fields();
  };
  using Output = DocumentOut;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};

}  // namespace quanji::activities::json
