// What an activity may ask while it runs, answered by the walker of its step.
#pragma once
#include <string>

#include "engine/activity.h"
#include "engine/walker.h"

namespace quanji::engine {

class StepContext final : public ActivityContext {
 public:
  explicit StepContext(Walker& walker) : walker_(walker), run_(walker.run()) {}
  base::Clock& clock() override { return run_.around.clock; }
  std::chrono::microseconds left() override;
  Outcome<void> go_on() override;
  Outcome<void> sleep(std::chrono::microseconds time) override;
  Outcome<short> wait_for(int fd, short events) override;
  int stop_descriptor() override { return walker_.halt().descriptor(); }
  const RunFacts& facts() override { return run_.around.facts; }
  RunContext& outside() override { return run_.around.outside; }
  base::Random& random() override { return run_.around.random; }
  const std::string& work_folder() override { return run_.around.work_folder; }
  std::string step_key() override;
  void log(LogLevel level, std::string_view message) override { run_.log(level, walker_.now().at, message); }
  Outcome<std::string> evidence(std::string_view name) override;
  std::vector<values::Handle> open_handles(std::string_view kind) override;
  Outcome<void> close(const values::Handle& handle) override { return run_.resources.close(*this, handle); }
  Outcome<base::Secret> open_secret(const values::SecretRef& secret) override;
  Outcome<values::Value> evaluate(const std::string& expression, const values::Variables& variables) override;
  Outcome<values::ColumnPtr> evaluate_rows(const std::string& expression, const values::TablePtr& table, values::ColumnType type) override;

 protected:
  values::Handle take(std::unique_ptr<Resource> resource) override { return run_.resources.take(std::move(resource)); }
  Outcome<std::shared_ptr<Resource>> hold(const values::Handle& handle) override { return run_.resources.hold(*this, handle); }

 private:
  Walker& walker_;
  Run& run_;
};

}  // namespace quanji::engine
