// The outside world of a run that was given none: calendars and a log, nothing else.
#pragma once
#include "engine/run_context.h"

namespace quanji::engine {

// Log lines go to standard error: "2026-11-20T15:30:00.000+08:00 info steps/3: text".
class BareContext : public RunContext {
 public:
  explicit BareContext(base::Clock& clock) : clock_(clock) {}
  base::Result<values::Value> asset(std::string_view name) override;
  base::Status set_asset(std::string_view name, const values::Value& value, std::string_view key) override;
  base::Result<CredentialView> credential(std::string_view name) override;
  base::Result<base::Secret> open_secret(const values::SecretRef& secret) override;
  base::Status set_secret(std::string_view name, std::string_view field, const values::SecretRef& value, std::string_view key) override;
  base::Result<std::string> add_item(std::string_view queue, const NewItem& item, std::string_view key) override;
  base::Result<std::int64_t> add_items(std::string_view queue, const std::vector<NewItem>& items, std::string_view key) override;
  base::Result<std::int64_t> count_items(std::string_view queue, ItemState state) override;
  base::Result<std::optional<QueueItem>> take_item(std::string_view queue, std::string_view key) override;
  base::Status finish_item(std::string_view id, const values::Map& output) override;
  base::Result<ItemState> fail_item(std::string_view id, const ItemFailure& failure) override;
  base::Status defer_item(std::string_view id, base::Time until) override;
  base::Result<std::optional<Answer>> ask(const Question& question, std::string_view key) override;
  base::Status withdraw_question(std::string_view key) override;
  base::Result<StoredFile> store_file(std::string_view name, const std::string& from) override;
  base::Result<StoredFile> fetch_file(std::string_view name, const std::string& to) override;
  base::Result<std::vector<StoredFile>> list_files(std::string_view prefix) override;
  base::Status delete_file(std::string_view name) override;
  base::Result<std::string> start_task(const NewTask& task, std::string_view key) override;
  base::Result<TaskView> look_at_task(std::string_view id) override;
  base::Status stop_task(std::string_view id, StopWay way, std::string_view reason) override;
  base::Result<const calendar::Calendar*> calendar(std::string_view id) override;
  void log(LogLevel level, std::string_view step, std::string_view message) override;

 private:
  base::Clock& clock_;
};

}  // namespace quanji::engine
