// asset: named values of the installation that flows read and set.
#pragma once
#include <optional>

#include "engine/activity.h"
#include "values/field_values.h"

namespace quanji::activities::asset {

struct Get {
  struct Input {
    std::string name;
    std::optional<values::Value> fallback;
    static const base::FieldList& fields();
  };
  struct Output {
    values::Value value;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Set {
  struct Input {
    std::string name;
    values::Value value;
    static const base::FieldList& fields();
  };
  using Output = base::Nothing;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};

}  // namespace quanji::activities::asset
