// log: what a run says to people.
#pragma once
#include <optional>

#include "engine/activity.h"
#include "values/field_values.h"

namespace quanji::activities::log {

struct Write {
  struct Input {
    std::string message;
    engine::LogLevel level = engine::LogLevel::info;
    static const base::FieldList& fields();
  };
  using Output = base::Nothing;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Progress {
  struct Input {
    std::int64_t done = 0;
    std::optional<std::int64_t> of;
    std::optional<std::string> message;
    static const base::FieldList& fields();
  };
  using Output = base::Nothing;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};

struct Attach {
  struct Input {
    values::FileRef file;
    std::optional<std::string> title;
    static const base::FieldList& fields();
  };
  using Output = base::Nothing;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};

}  // namespace quanji::activities::log
