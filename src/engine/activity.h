// Activities once: what a flow can say with `do:` is one struct; checker, designer form, reference page and run log follow from it.
//
//   namespace quanji::activities::file {
//   struct Copy {
//     struct Input {
//       std::string from, to;
//       bool overwrite = false;
//       static const base::FieldList& fields();      // in the .cpp: QUANJI_FIELDS(Copy::Input, QF(from, "源文件", "File to copy"), …)
//     };
//     struct Output {
//       values::FileRef file;                        // flow types in fields: values/field_values.h
//       static const base::FieldList& fields();
//     };
//     static engine::ActivityInfo info();            // {.id = "file.copy", .title = {"复制文件", "Copy a file"}, …}
//     static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
//   };
//   }
//   … and one line in activities/catalogue.cpp: engine::activity<file::Copy>(),
//
// Nothing to take or to give: base::Nothing. With one output field `save: x` keeps its value, with several a map of them.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/fields.h"
#include "base/random.h"
#include "base/secret.h"
#include "engine/failure.h"
#include "engine/run_context.h"
#include "flow/activity_info.h"
#include "flow/document.h"
#include "values/table.h"
#include "values/value.h"

namespace quanji::engine {

class ActivityContext;

// ---- what is said about an activity ----

struct ErrorCode {
  std::string_view code;  // "element_not_found"
  flow::ErrorKind kind = flow::ErrorKind::system;
  base::Sentence sentence;  // when it comes and what to do
};
// A piece of a flow that stands in the reference and that a test runs in an empty work folder.
struct Example {
  base::Sentence title;
  std::string_view steps;    // YAML, the items of `steps:` from column 1; earlier steps make the files they need; ends with return
  std::string_view returns;  // plain JSON of the outputs; empty: not compared
};
struct ActivityInfo {
  std::string_view id;  // group.verb_noun
  base::Sentence title;
  base::Sentence sentence;  // what it does and gives, one sentence
  // Of a step that says nothing itself. none: reads only. repeatable: doing it twice does no harm. once: anything else.
  flow::Effect effect = flow::Effect::once;
  std::vector<std::string_view> capabilities;  // of files, network, process, desktop, browser
  std::vector<ErrorCode> errors;               // beyond invalid_argument, stopped, timed_out
  std::vector<Example> examples;               // at least one
  std::string_view opens;                      // the kind of resource it opens ("database"); then it can stand with `as` and `steps`
  // Inputs whose text names something a flow declares in `needs`: {{"queue", flow::Names::queue}}.
  std::vector<std::pair<std::string_view, flow::Names>> names;
  // It may be inside a library that cannot be asked to leave: stop waits for the grace period and then kills; its outcome is unknown.
  bool unstoppable = false;
  // The run may leave its robot here and go on later (human.ask): its run() may return context.suspend().
  bool suspends = false;
};

// ---- an activity whose types are no longer known ----

struct ErasedType {
  const base::FieldList& (*fields)() = nullptr;
  void* (*make)() = nullptr;  // a T{}
  void (*drop)(void* object) = nullptr;
};
template <class T>
inline constexpr ErasedType erased_type{&T::fields, []() -> void* { return new T{}; },
                                        [](void* object) { delete static_cast<T*>(object); }};

struct Activity {
  ActivityInfo info;
  ErasedType input, output;
  Outcome<void> (*run)(ActivityContext& context, const void* input, void* output) = nullptr;  // fills the output
};
// The record of an activity, living as long as the program.
template <class A>
const Activity* activity() {
  static const Activity record{A::info(), erased_type<typename A::Input>, erased_type<typename A::Output>,
                               [](ActivityContext& context, const void* input, void* output) -> Outcome<void> {
                                 auto outcome = A::run(context, *static_cast<const typename A::Input*>(input));
                                 if (!outcome) return std::move(outcome).error();
                                 *static_cast<typename A::Output*>(output) = std::move(*outcome);
                                 return {};
                               }};
  return &record;
}
// What a program offers its flows, in the order of the reference; given to the engine by whoever starts it.
using Catalogue = std::span<const Activity* const>;
const Activity* find_activity(Catalogue catalogue, std::string_view id);  // null when there is none

// ---- open resources ----

// Something open between steps: a connection, a browser, a workbook. The destructor lets go of it at once whatever its state.
class Resource {
 public:
  virtual ~Resource() = default;
  virtual std::string_view kind() const = 0;  // as ActivityInfo::opens
  // In good order (save, log out, disconnect), by the context's deadline. Its failure is the step's failure when nothing else failed.
  virtual Outcome<void> close(ActivityContext&) { return {}; }
  // Leaves among the evidence what it looks like now (a picture of a window), for a step that failed while using it.
  virtual void show(ActivityContext&) {}
};
// The use of a resource by one activity; another branch that wants it waits until this goes.
template <class R>
class Lease {
 public:
  Lease(std::shared_ptr<void> hold, R* resource) : hold_(std::move(hold)), resource_(resource) {}
  R* operator->() const { return resource_; }
  R& operator*() const { return *resource_; }

 private:
  std::shared_ptr<void> hold_;
  R* resource_;
};

// ---- what an activity may ask while it runs ----

// One step's view of its run. All waiting is done by these functions: they come back as soon as the run is stopped or the step's deadline
// has passed, with the failure to return (`stopped`, `timed_out`). One thread, without the GIL. No activity owns a time-out constant.
class ActivityContext {
 public:
  virtual ~ActivityContext() = default;

  // -- time --
  virtual base::Clock& clock() = 0;
  // Until the step's deadline; microseconds::max() when there is none. For libraries that want a time-out of their own: give them at most
  // slice() at a time and ask go_on() in between.
  virtual std::chrono::microseconds left() = 0;
  std::chrono::milliseconds slice(std::chrono::milliseconds most = std::chrono::milliseconds(200));
  // Asked in every loop that may take long.
  virtual Outcome<void> go_on() = 0;
  bool stopped() { return !go_on().ok(); }
  virtual Outcome<void> sleep(std::chrono::microseconds time) = 0;
  // Until `ready` says true; asked at once and then every so often.
  Outcome<void> wait_until(const std::function<bool()>& ready, std::chrono::microseconds every = std::chrono::milliseconds(50));
  // Until a descriptor is ready; `events` and the answer as in poll(2).
  virtual Outcome<short> wait_for(int fd, short events) = 0;
  // Readable once the run is stopped: for libraries that poll by themselves. It knows nothing of the deadline.
  virtual int stop_descriptor() = 0;

  // -- place --
  virtual const RunFacts& facts() = 0;
  virtual RunContext& outside() = 0;
  virtual base::Random& random() = 0;
  virtual const std::string& work_folder() = 0;  // absolute
  // Relative paths of flows are below the work folder; the answer is absolute and without "..".
  std::string path_of(std::string_view path);
  // The same for this step of this run, also after a resume; different for every iteration: what makes asking twice harmless
  // (idempotency keys, questions to people, items taken).
  virtual std::string step_key() = 0;

  // -- saying --
  // A line of the task's log. Live secrets are masked.
  virtual void log(LogLevel level, std::string_view message) = 0;
  // A file among the step's evidence: the absolute path to write it to. The name's ending says what it is ("after.png").
  virtual Outcome<std::string> evidence(std::string_view name) = 0;

  // -- resources --
  values::Handle open(std::unique_ptr<Resource> resource) { return take(std::move(resource)); }
  // resource_closed when it is open no longer, wrong_resource when it is of another kind; waits while another branch uses it.
  template <class R>
  Outcome<Lease<R>> find(const values::Handle& handle) {
    QUANJI_TRY(auto held, hold(handle));
    if (auto* resource = dynamic_cast<R*>(held.get())) return Lease<R>(std::move(held), resource);
    return wrong_kind(handle);
  }
  // What is open in this run of one kind, the newest first. Other branches may use it or close it at any moment.
  virtual std::vector<values::Handle> open_handles(std::string_view kind) = 0;
  // Closes it in good order before its `with` would. Closing twice is no failure.
  virtual Outcome<void> close(const values::Handle& handle) = 0;

  // -- secrets: plain text exists only between this call and the end of the Secret --
  virtual Outcome<base::Secret> open_secret(const values::SecretRef& secret) = 0;

  // -- Python, for activities that take an expression as text (`expression: price * amount`, without `=`) --
  // Sees the flow's variables and before them what is given here.
  virtual Outcome<values::Value> evaluate(const std::string& expression, const values::Variables& variables) = 0;
  // Once for each row of a table: the columns whose names are names of Python are variables, `row` is the whole row (row["成交金额"]), the
  // flow's variables are seen behind them. The column has the rows' order; a value that does not fit `type` (ColumnType::any takes all)
  // or fails is a failure that names the row (from 1). Stop and deadline are seen between rows, 5 s hold for each 10 000 of them.
  virtual Outcome<values::ColumnPtr> evaluate_rows(const std::string& expression, const values::TablePtr& table,
                                                   values::ColumnType type) = 0;

  // -- people --
  // Returned by an activity that cannot go on before something outside has happened (a person's answer): the run is suspended and its
  // robot freed. When it goes on, the activity is run again from its beginning with the same step_key().
  Failure suspend(base::Text waiting_for);

 protected:
  virtual values::Handle take(std::unique_ptr<Resource> resource) = 0;
  virtual Outcome<std::shared_ptr<Resource>> hold(const values::Handle& handle) = 0;
  static Failure wrong_kind(const values::Handle& handle);
};

// What the checker and the designer read of a catalogue (contracts/activities.json): activity_values.h, flow_catalogue().

}  // namespace quanji::engine
