// human: what a run asks of people. The run is suspended and its robot freed until somebody answers; the activity is then run again.
#pragma once
#include <optional>

#include "engine/activity.h"
#include "values/field_values.h"

namespace quanji::activities::human {

struct Ask {
  struct Input {
    values::Value form;
    std::string title;
    std::optional<std::string> text;
    std::optional<values::FileRef> picture;
    std::optional<std::string> who;
    std::optional<values::Duration> within;
    static const base::FieldList& fields();
  };
  struct Output {
    values::Map answer;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Confirm {
  struct Input {
    std::string text, title;
    std::optional<values::FileRef> picture;
    std::optional<std::string> who;
    std::optional<values::Duration> within;
    static const base::FieldList& fields();
  };
  struct Output {
    bool confirmed = false;
    std::string answered_by, note;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};

}  // namespace quanji::activities::human
