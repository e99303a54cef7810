// calendar: open days, counted and found, and the market's phases. The same questions stand in expressions: =calendar.next_open(d, "sse").
#pragma once
#include <optional>

#include "calendar/days.h"
#include "engine/activity.h"
#include "values/field_values.h"

namespace quanji::activities::calendars {

struct IsOpen {
  struct Input {
    base::Date date;
    std::string calendar;
    static const base::FieldList& fields();
  };
  struct Output {
    bool open = false;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Next {
  struct Input {
    base::Date date;
    std::string calendar;
    static const base::FieldList& fields();
  };
  struct Output {
    base::Date date;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Previous {
  struct Input {
    base::Date date;
    std::string calendar;
    static const base::FieldList& fields();
  };
  struct Output {
    base::Date date;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct AddDays {
  struct Input {
    base::Date date;
    std::int64_t days = 0;
    std::string calendar;
    static const base::FieldList& fields();
  };
  struct Output {
    base::Date date;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Count {
  struct Input {
    base::Date first, last;
    std::string calendar;
    static const base::FieldList& fields();
  };
  struct Output {
    std::int64_t count = 0;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Nth {
  struct Input {
    base::Date date;
    std::int64_t index = 0;
    quanji::calendar::Period period = quanji::calendar::Period::month;
    std::string calendar;
    static const base::FieldList& fields();
  };
  struct Output {
    base::Date date;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct BusinessDate {
  using Input = base::Nothing;
  struct Output {
    base::Date date;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Phase {
  struct Input {
    std::optional<values::DateTime> at;
    std::string calendar;
    static const base::FieldList& fields();
  };
  struct Output {
    std::string phase;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};

}  // namespace quanji::activities::calendars
QUANJI_ENUM(quanji::calendar::Period, "week", "month", "quarter", "year");
