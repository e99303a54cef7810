// What a person at a terminal sees and can do while a flow runs in this process.
#pragma once
#include <atomic>
#include <cstdio>
#include <string>
#include <thread>

#include "engine/python.h"
#include "engine/run.h"
#include "engine/trace_lines.h"

namespace quanji::apps {

// The document and step of a position of the journal; null when it is not found.
struct Place {
  const flow::Document* document = nullptr;
  const flow::Step* step = nullptr;
};
Place find_place(const engine::Flows& flows, const std::string& at);
// "flows/a.yaml:12 steps/3[17]/steps/0": the document and line of a position, as far as they are found; else the position alone.
std::string place_of(const engine::Flows& flows, const std::string& at);

// A line for each activity that ended, the first two hundred; retries and failures always.
class Progress final : public engine::RunObserver {
 public:
  Progress(std::FILE* to, bool quiet) : to_(to), quiet_(quiet) {}
  void step_begun(const engine::StepPlace& place, base::Time at) override;
  void step_ended(const engine::StepPlace& place, base::Time at, engine::StepEnd end, const engine::Failure* failure) override;
  void step_retried(const engine::StepPlace& place, base::Time at, const engine::Failure& failure, int times) override;

 private:
  std::FILE* to_;
  bool quiet_;
  int told_ = 0;
  std::map<std::string, base::Time, std::less<>> begun_;  // of activities
};

// Looks after Python's limits and the terminal's signals on a thread of its own while it lives. One at a time.
class SignalWatch {
 public:
  SignalWatch(engine::RunControl& control, engine::Python& python, std::FILE* err);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  void watch(engine::RunControl& control, engine::Python& python, std::FILE* err) const;
  std::atomic<bool> over_{false};
  std::thread thread_;
};

}  // namespace quanji::apps
