// Runs a flow from where its journal stands to its end.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "engine/activity.h"
#include "engine/control.h"
#include "engine/journal.h"
#include "engine/observer.h"
#include "engine/python.h"
#include "engine/run_context.h"
#include "flow/document.h"
#include "values/value.h"
#include "wire/runner.h"

namespace quanji::engine {

// The flows of a package; `call` finds them by name.
class Flows {
 public:
  void add(flow::Document document);
  const flow::Document* find(std::string_view name) const;  // null when there is none
  const std::vector<std::unique_ptr<const flow::Document>>& all() const { return documents_; }

 private:
  std::vector<std::unique_ptr<const flow::Document>> documents_;
};

// Answers in the place of activities, for tests of flows. Any thread.
class Fakes {
 public:
  virtual ~Fakes() = default;
  // The outputs of the activity (by name), or its failure; nothing: the activity itself is run. Asked for every step with `do` and `with`.
  virtual std::optional<Outcome<values::Map>> answer(const flow::Step& step, const Activity& activity, const values::Map& arguments) = 0;
};

// What a run works with. Everything outlives the run.
struct Surroundings {
  base::Clock& clock;
  base::Random& random;
  Waiting& waiting;
  Python& python;
  RunContext& outside;
  Catalogue catalogue;
  std::string work_folder;      // absolute
  std::string evidence_folder;  // absolute; empty: evidence is not kept
  RunFacts facts;
  flow::Evidence evidence = flow::Evidence::on_error;  // of steps that say nothing
  std::chrono::milliseconds expression_limit{5000};
  // What `finally` and the closing of resources may take after a stop or a time-out.
  std::chrono::milliseconds cleanup_limit{30'000};
  RunObserver* observer = nullptr;
  Debugger* debugger = nullptr;
  Fakes* fakes = nullptr;
};

struct RunRequest {
  const Flows& flows;
  std::string flow;  // the one to run
  std::string attempt;
  std::string document_digest;  // of the texts the flows were read from
  values::Variables inputs;     // a value given as text is read as the input's type
  std::vector<Settled> settled;
  std::optional<std::chrono::microseconds> time;  // how long the task may take from now on
  // A failure of an attempt that has ended: go on where it failed. Else what has ended stays so.
  enum class After : std::uint8_t { stay, go_on } after_end = After::stay;
  // Run from here: the step to begin with (its path) and the variables it finds; for debugging, without a journal.
  struct From {
    std::string at;
    values::Variables variables;
  };
  std::optional<From> from = std::nullopt;
};

// What others may ask of a run and see of it while it goes on. Any thread.
struct RunControl {
  Halt halt;  // asked: soft stop
  std::atomic<const flow::Step*> step{nullptr};
  std::atomic<std::int64_t> steps_done{0};
};

// On Python's thread. Each step is journalled before the next begins; finished steps are not run again. Where the journal has `once` steps
// nobody answered for, the run ends at once (unsettled_steps) without running anything. The outcome stands in the journal when this
// returns. `journal` may be null: nothing is kept. A failure here means the journal itself could not be written or belongs to another
// run, or that the flow does not exist.
base::Result<wire::Finished> run(const RunRequest& request, const Surroundings& surroundings, RunControl& control, Journal* journal);

}  // namespace quanji::engine
