// What a run did, as lines of JSON while it goes on: for the trace page and for whoever watches a run from outside. Not the truth about a
// run (that is its journal): a line may be missing after a crash, nothing is synced.
//
//   {"e":"run","t":µs,"flow":…,"attempt":…}                         an attempt begins
//   {"e":"begin","t":…,"at":position,"file":…,"line":…,"act":"do file.copy","title":…}
//   {"e":"end","t":…,"at":…,"how":"done"|"passed_over"|"failed"|"went_on","error":{"code","kind","zh","en"}}
//   {"e":"retry","t":…,"at":…,"times":n,"error":{…}}
//   {"e":"set","at":…,"name":…,"value":text}                        as people see it, cut after 2 000 characters
//   {"e":"log","t":…,"at":…,"level":…,"text":…}
//   {"e":"evidence","t":…,"at":…,"path":…}
//   {"e":"over","t":…,"outcome":…}
//   {"e":"left_out","count":n}                                       what was too much, before `over`
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "engine/observer.h"

namespace quanji::engine {

// "do file.copy", "for", "if": what a person calls a step.
std::string act_of(const flow::Step& step);

class TraceLines final : public RunObserver {
 public:
  // On a descriptor open for appending, which stays its owner's. `next` may be null: it is told the same.
  TraceLines(int fd, RunObserver* next) : fd_(fd), next_(next) {}
  ~TraceLines() override { flush(); }
  void run_begun(std::string_view flow, std::string_view attempt, base::Time at);
  void run_over(std::string_view outcome, base::Time at);

  void step_begun(const StepPlace& place, base::Time at) override;
  void step_ended(const StepPlace& place, base::Time at, StepEnd end, const Failure* failure) override;
  void step_retried(const StepPlace& place, base::Time at, const Failure& failure, int times) override;
  void variable_set(const StepPlace& place, std::string_view name, const values::Value& value) override;
  void logged(std::string_view at, base::Time time, LogLevel level, std::string_view message) override;
  void evidence(std::string_view at, base::Time time, const std::string& path) override;

  // More than that is not kept: failures and what is told of them always are.
  static constexpr std::size_t max_bytes = std::size_t{32} << 20;

 private:
  enum class Weight : std::uint8_t { ordinary, must };
  void add(std::string line, Weight weight);
  void flush();
  int fd_;
  RunObserver* next_;
  std::string buffer_;
  std::size_t written_ = 0, left_out_ = 0;
};

}  // namespace quanji::engine
