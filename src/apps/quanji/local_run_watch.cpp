#include "apps/quanji/local_run_watch.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <variant>

#include "engine/position.h"
#include "wire/runner.h"

namespace quanji::apps {
namespace {

constexpr int most_lines = 200;
std::atomic<int> signals{0};
void on_signal(int) {
  // The second one does not wait for anything that might hang: the journal is whole at any moment.
  if (signals.fetch_add(1) >= 1) ::_exit(wire::runner_exit::stopped);
}

const flow::Step* find_step(const flow::Steps& steps, std::string_view path);
struct Inner {
  std::string_view path;
  const flow::Step* operator()(const flow::If& act) const {
    for (const auto& branch : act.branches)
      if (const auto* found = find_step(branch.steps, path)) return found;
    return find_step(act.otherwise, path);
  }
  const flow::Step* operator()(const flow::Try& act) const {
    if (const auto* found = find_step(act.steps, path)) return found;
    for (const auto& one : act.catches)
      if (const auto* found = find_step(one.steps, path)) return found;
    return find_step(act.finally, path);
  }
  const flow::Step* operator()(const flow::Parallel& act) const {
    for (const auto& branch : act.branches)
      if (const auto* found = find_step(branch.steps, path)) return found;
    return nullptr;
  }
  const flow::Step* operator()(const flow::For& act) const { return find_step(act.steps, path); }
  const flow::Step* operator()(const flow::While& act) const { return find_step(act.steps, path); }
  const flow::Step* operator()(const flow::With& act) const { return find_step(act.steps, path); }
  const flow::Step* operator()(const flow::EachItem& act) const { return find_step(act.steps, path); }
  template <class Other>
  const flow::Step* operator()(const Other&) const {
    return nullptr;
  }
};
// Every step has the path of its document; those inside stand somewhere below.
const flow::Step* find_inside(const flow::Step& step, std::string_view path) {
  if (step.path == path) return &step;
  if (!path.starts_with(step.path)) return nullptr;
  return std::visit(Inner{path}, step.act);
}
const flow::Step* find_step(const flow::Steps& steps, std::string_view path) {
  for (const auto& step : steps)
    if (const auto* found = find_inside(step, path)) return found;
  return nullptr;
}

}  // namespace

Place find_place(const engine::Flows& flows, const std::string& at) {
  if (at.empty() || flows.all().empty()) return {};
  const auto position = engine::read_position(at);
  Place place{flows.all().front().get(), nullptr};
  for (const auto& level : position.levels) {
    place.step = find_step(place.document->steps, level.path);
    if (!place.step) return {};
    if (&level == &position.levels.back()) return place;
    const auto* call = std::get_if<flow::Call>(&place.step->act);
    place.document = call ? flows.find(call->flow.text) : nullptr;
    if (!place.document) return {};
  }
  return {};
}
std::string place_of(const engine::Flows& flows, const std::string& at) {
  const auto place = find_place(flows, at);
  return place.step ? fmt::format("{}:{}  {}", place.document->file, place.step->at.line, at) : at;
}

void Progress::step_begun(const engine::StepPlace& place, base::Time at) {
  if (std::holds_alternative<flow::Do>(place.step.act)) begun_[place.at] = at;
}
void Progress::step_ended(const engine::StepPlace& place, base::Time at, engine::StepEnd end, const engine::Failure* failure) {
  const auto begun = begun_.find(place.at);
  const auto took = begun == begun_.end() ? std::chrono::microseconds(0) : at.since(begun->second);
  if (begun != begun_.end()) begun_.erase(begun);
  const bool act = std::holds_alternative<flow::Do>(place.step.act);
  if (quiet_ || (!failure && (!act || end == engine::StepEnd::passed_over || told_ > most_lines))) return;
  if (!failure && ++told_ > most_lines) {
    std::fprintf(to_, "… 其余步骤见 trace / further steps stand in the trace\n");
    return;
  }
  std::fprintf(to_, "%s %s %s  %s  %.1f ms%s\n", base::to_text(at).substr(11, 12).c_str(), failure ? "✗" : "✓", place.at.c_str(),
               engine::act_of(place.step).c_str(), static_cast<double>(took.count()) / 1000, failure ? ("  " + failure->code).c_str() : "");
}
void Progress::step_retried(const engine::StepPlace& place, base::Time at, const engine::Failure& failure, int times) {
  if (!quiet_)
    std::fprintf(to_, "%s ↻ %s  %s  %d\n", base::to_text(at).substr(11, 12).c_str(), place.at.c_str(), failure.code.c_str(), times);
}

SignalWatch::SignalWatch(engine::RunControl& control, engine::Python& python, std::FILE* err) {
  signals = 0;
  struct sigaction action = {};
  action.sa_handler = on_signal;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  thread_ = std::thread([this, &control, &python, err] { watch(control, python, err); });
}
SignalWatch::~SignalWatch() {
  over_ = true;
  thread_.join();
  ::signal(SIGINT, SIG_DFL);
  ::signal(SIGTERM, SIG_DFL);
}
void SignalWatch::watch(engine::RunControl& control, engine::Python& python, std::FILE* err) const {
  bool asked = false;
  while (!over_) {
    if (!asked && signals > 0) {
      asked = true;
      std::fputs("正在停止；再按一次立即结束 / stopping softly; once more ends it at once\n", err);
      control.halt.ask();
    }
    python.look_after(asked || control.halt.asked());  // a debugger's client asks too
    ::poll(nullptr, 0, 20);
  }
}

}  // namespace quanji::apps
