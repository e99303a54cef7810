// task: other tasks of the installation, started, waited for, read and stopped.
#pragma once
#include <optional>

#include "activities/outside.h"
#include "engine/activity.h"
#include "values/field_values.h"

namespace quanji::activities::task {

enum class IfFailed : std::uint8_t { fail, return_ };

struct Start {
  struct Input {
    std::string flow;
    values::Map inputs;
    Priority priority = Priority::normal;
    std::optional<base::Date> business_date;
    static const base::FieldList& fields();
  };
  struct Output {
    std::string task;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Wait {
  struct Input {
    std::string task;
    IfFailed if_failed = IfFailed::fail;
    static const base::FieldList& fields();
  };
  struct Output {
    std::string state;
    values::Map outputs;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Read {
  struct Input {
    std::string task;
    static const base::FieldList& fields();
  };
  struct Output {
    values::Map info;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Stop {
  struct Input {
    std::string task;
    engine::StopWay how = engine::StopWay::soft;
    std::string reason;
    static const base::FieldList& fields();
  };
  using Output = base::Nothing;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};

}  // namespace quanji::activities::task
QUANJI_ENUM(quanji::activities::task::IfFailed, "fail", "return");
