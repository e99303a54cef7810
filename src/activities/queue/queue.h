// queue: items of work that wait in the installation's queues; `each_item` is the usual way to take them.
//
// An item in a flow is a map: id, queue, reference, data, tries (this is the n-th).
#pragma once
#include <optional>

#include "activities/outside.h"
#include "engine/activity.h"
#include "values/field_values.h"

namespace quanji::activities::queue {

struct AddItem {
  struct Input {
    std::string queue;
    values::Map data;
    std::optional<std::string> reference;
    Priority priority = Priority::normal;
    std::optional<values::DateTime> due, after;
    static const base::FieldList& fields();
  };
  struct Output {
    std::string item;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct AddItems {
  struct Input {
    std::string queue;
    values::TablePtr table;
    std::optional<std::string> reference;
    Priority priority = Priority::normal;
    std::optional<values::DateTime> due, after;
    static const base::FieldList& fields();
  };
  struct Output {
    std::int64_t count = 0;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct TakeItem {
  struct Input {
    std::string queue;
    values::Duration wait;
    static const base::FieldList& fields();
  };
  struct Output {
    std::optional<values::Map> item;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct FinishItem {
  struct Input {
    values::Map item, result;
    static const base::FieldList& fields();
  };
  using Output = base::Nothing;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct FailItem {
  struct Input {
    values::Map item;
    flow::ErrorKind kind = flow::ErrorKind::business;
    std::string code, message;
    static const base::FieldList& fields();
  };
  struct Output {
    engine::ItemState state = engine::ItemState::failed;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct DeferItem {
  struct Input {
    values::Map item;
    values::DateTime after;
    static const base::FieldList& fields();
  };
  using Output = base::Nothing;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Count {
  struct Input {
    std::string queue;
    engine::ItemState state = engine::ItemState::fresh;
    static const base::FieldList& fields();
  };
  struct Output {
    std::int64_t count = 0;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};

}  // namespace quanji::activities::queue
