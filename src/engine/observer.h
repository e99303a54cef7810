// Who looks at a run: traces, the command line's progress, debuggers. The engine calls, they never call back.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "engine/control.h"
#include "engine/failure.h"
#include "engine/run_context.h"
#include "engine/slots.h"
#include "flow/document.h"

namespace quanji::engine {

// Where a run stands: a step of a document, the n-th time.
struct StepPlace {
  const flow::Document& document;
  const flow::Step& step;
  const std::string& at;  // the position in the journal's words: "steps/3[17]/steps/0"
  std::uint32_t depth;    // of steps around it, called flows included
};
enum class StepEnd : std::uint8_t { done, passed_over, failed, went_on };  // went_on: it failed and on_error says continue

// Called on the run's own threads, of branches too: any thread, one call at a time. Must be quick.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void step_begun(const StepPlace&, base::Time) {}
  virtual void step_ended(const StepPlace&, base::Time, StepEnd, const Failure*) {}
  // A step is tried once more.
  virtual void step_retried(const StepPlace&, base::Time, const Failure&, int) {}
  virtual void variable_set(const StepPlace&, std::string_view, const values::Value&) {}
  virtual void logged(std::string_view /*at*/, base::Time, LogLevel, std::string_view) {}
  virtual void evidence(std::string_view /*at*/, base::Time, const std::string& /*path*/) {}
};

// A run that is held at a step's border.
struct Pause {
  const StepPlace& place;
  struct Frame {
    const flow::Document& document;
    std::string at;  // of the step that called it; empty for the main flow
  };
  std::vector<Frame> frames;  // the main flow first
  Slots& variables;           // of the innermost; may be read and set
  // An expression as text over these variables.
  std::function<Outcome<values::Value>(const std::string& expression)> evaluate;
  Halt& halt;  // its descriptor is readable when the run was asked to stop: then nobody may be waited for
};
// Holds a run where a person wants to look. The calls come back when the run may go on; other branches wait meanwhile.
class Debugger {
 public:
  virtual ~Debugger() = default;
  enum class Order : std::uint8_t { go_on, stop };
  // Before a step. Called for every step: must be quick when there is nothing to hold.
  virtual Order at_border(Pause& pause) = 0;
  // After a step has failed, before anything is unwound.
  virtual Order at_failure(Pause&, const Failure&) { return Order::go_on; }
};

}  // namespace quanji::engine
