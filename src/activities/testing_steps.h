// For tests of groups: an activity run alone in a context whose stop comes at the n-th question, and what a step of a flow failed with.
#pragma once
#include "activities/testing.h"
#include "engine/bare_context.h"

namespace quanji::activities {

// Answers what an activity asks while it runs; `stops_at`: the question (go_on or sleep) that is answered with a stop.
class AloneContext final : public engine::ActivityContext {
 public:
  explicit AloneContext(std::string work_folder, int stops_at = -1) : work_folder_(std::move(work_folder)), stops_at_(stops_at) {}
  int asked = 0;
  std::function<void()> while_it_waits;
  std::string logged;

  base::Clock& clock() override { return clock_; }
  std::chrono::microseconds left() override { return std::chrono::microseconds::max(); }
  engine::Outcome<void> go_on() override {
    if (++asked != stops_at_) return {};
    auto failure = engine::system_failure("stopped", {"已停止", "stopped"});
    failure.ending = engine::Ending::stopped;
    return failure;
  }
  engine::Outcome<void> sleep(std::chrono::microseconds time) override {
    clock_.advance(time);
    if (while_it_waits) while_it_waits();
    return go_on();
  }
  engine::Outcome<short> wait_for(int, short events) override { return events; }
  int stop_descriptor() override { return -1; }
  const engine::RunFacts& facts() override { return facts_; }
  engine::RunContext& outside() override { return outside_; }
  base::Random& random() override { return random_; }
  const std::string& work_folder() override { return work_folder_; }
  std::string step_key() override { return "key"; }
  void log(engine::LogLevel, std::string_view message) override { logged += std::string(message) + "\n"; }
  engine::Outcome<std::string> evidence(std::string_view) override { return none(); }
  std::vector<values::Handle> open_handles(std::string_view) override { return {}; }
  engine::Outcome<void> close(const values::Handle&) override { return none(); }
  engine::Outcome<base::Secret> open_secret(const values::SecretRef&) override { return none(); }
  engine::Outcome<values::Value> evaluate(const std::string&, const values::Variables&) override { return none(); }
  engine::Outcome<values::ColumnPtr> evaluate_rows(const std::string&, const values::TablePtr&, values::ColumnType) override {
    return none();
  }

 protected:
  values::Handle take(std::unique_ptr<engine::Resource>) override { return {}; }
  engine::Outcome<std::shared_ptr<engine::Resource>> hold(const values::Handle&) override { return none(); }

 private:
  static engine::Failure none() { return engine::system_failure("none", {"没有", "there is none"}); }
  std::string work_folder_;
  int stops_at_;
  base::ManualClock clock_;
  base::SeededRandom random_{1};
  engine::RunFacts facts_;
  engine::BareContext outside_{clock_};
};

// A world whose steps need no list of outputs: every name of their last `return` is one.
class StepWorld : public ActivityWorld {
 public:
  using ActivityWorld::ActivityWorld;
  wire::Finished run_steps(std::string_view steps) { return ActivityWorld::run_steps(steps, returned(steps)); }

 private:
  // {"name": 0, …} of "- return: {name: …}" or of lines "    name: …" behind "- return:".
  static std::string returned(std::string_view steps) {
    const auto begin = steps.rfind("- return:");
    if (begin == std::string_view::npos) return "{}";
    auto rest = steps.substr(begin + 9);
    std::string names;
    const auto add = [&](std::string_view name) { names += (names.empty() ? "\"" : ",\"") + std::string(name) + "\":0"; };
    if (rest.starts_with("\n")) {
      while (rest.starts_with("\n    ")) {
        rest.remove_prefix(5);
        add(rest.substr(0, rest.find(':')));
        rest.remove_prefix(std::min(rest.find('\n'), rest.size()));
      }
    } else {
      int depth = 0;
      bool quoted = false;
      for (std::size_t i = 0; i < rest.size(); ++i) {
        const char c = rest[i];
        if (c == '"') quoted = !quoted;
        if (quoted) continue;
        const bool opens = c == '{' || c == '[';
        depth += opens ? 1 : c == '}' || c == ']' ? -1 : 0;
        if (depth != 1 || (!opens && c != ',')) continue;
        const auto name = rest.substr(i + 1, rest.find(':', i) - i - 1);
        add(name.substr(std::min(name.find_first_not_of(' '), name.size())));
      }
    }
    return "{" + names + "}";
  }
};

// "code: message" of a run that failed; the outputs of one that did not.
inline std::string said(const wire::Finished& finished) {
  return finished.error ? finished.error->code + ": " + finished.error->message : finished.outputs.text;
}

}  // namespace quanji::activities
