// Who looks at a run: traces, the command line's progress, debuggers. The engine calls, they never call back.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
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

// Holds a run at step borders. The call comes back when the run may go on; `halted` turns true when nobody will come any more.
class Debugger {
 public:
  virtual ~Debugger() = default;
  enum class Order : std::uint8_t { go_on, stop };
  // Before a step. The variables may be read and set.
  virtual Order at_border(const StepPlace& place, Slots& variables, const std::atomic<bool>& halted) = 0;
  // After a step has failed, before anything is unwound.
  virtual Order at_failure(const StepPlace&, Slots&, const Failure&, const std::atomic<bool>&) { return Order::go_on; }
};

}  // namespace quanji::engine
