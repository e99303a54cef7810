// Where a debugged run is held, and what the client sees and does there.
#pragma once
#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "apps/quanji/debug_wire.h"
#include "engine/observer.h"
#include "engine/run.h"

namespace quanji::apps {

// The steps of a document by line, those inside others included.
std::vector<const flow::Step*> all_steps(const flow::Document& document);

class DebugStops final : public engine::Debugger, public engine::RunObserver {
 public:
  DebugStops(DebugWire& wire, DebugRequests& requests) : wire_(wire), requests_(requests) { requests_.shut(); }

  // ---- the reader's thread ----
  // The flows there are, and where their files stand.
  void use(const engine::Flows& flows, std::map<const flow::Document*, std::string> paths);
  void set_breakpoints(const DebugRequest& request);
  void set_exception_breakpoints(const DebugRequest& request);
  void pause() { pause_ = true; }
  void stop_on_entry() { entry_ = true; }
  // Hold nowhere any more.
  void let_go() { gone_ = true; }

  // ---- the run's threads ----
  Order at_border(engine::Pause& pause) override;
  Order at_failure(engine::Pause& pause, const engine::Failure& failure) override;
  void logged(std::string_view at, base::Time time, engine::LogLevel level, std::string_view message) override;

 private:
  struct Breakpoint {
    std::string condition, log;
  };
  enum class Mode : std::uint8_t { run, over, in, out };
  Order hold(engine::Pause& pause, std::string_view reason, const engine::Failure* failure);
  bool caught(const engine::Pause& pause, const engine::Failure& failure) const;                   // by something the flow says around it
  bool handle(engine::Pause& pause, const DebugRequest& request, const engine::Failure* failure);  // true: it may go on
  boost::json::object stack(engine::Pause& pause) const;
  boost::json::object variables(engine::Pause& pause, const DebugRequest& request);
  boost::json::object shown(const values::Value& value);
  boost::json::object source_of(const flow::Document& document) const;
  void evaluate(engine::Pause& pause, const DebugRequest& request);
  void set_variable(engine::Pause& pause, const DebugRequest& request);

  DebugWire& wire_;
  DebugRequests& requests_;
  std::mutex mutex_;
  const engine::Flows* flows_ = nullptr;                // guarded by mutex_, as the three below
  std::map<const flow::Document*, std::string> paths_;  // absolute
  std::map<const flow::Step*, Breakpoint> breakpoints_;
  std::atomic<bool> any_breakpoint_{false}, failures_{false}, uncaught_{false}, pause_{false}, entry_{false}, gone_{false};
  // of the held run
  Mode mode_ = Mode::run;
  std::uint32_t depth_ = 0;
  std::vector<values::Value> opened_;  // what a variablesReference names, from 2 on
};

}  // namespace quanji::apps
