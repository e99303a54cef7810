#include "engine/bare_context.h"

#include <fmt/format.h>
#include <unistd.h>

#include "calendar/shipped.h"

namespace quanji::engine {

using base::Code;
using base::Error;
using base::Result;
using base::Status;
using base::Text;

namespace {
Error none(std::string_view zh, std::string_view en) {
  return Error(Code::not_supported, Text(fmt::format("这次执行没有连接{}", zh), fmt::format("this run has no {}", en)));
}
Error no_assets() { return none("资产", "assets"); }
Error no_credentials() { return none("凭据", "credentials"); }
Error no_queues() { return none("队列", "queues"); }
Error no_people() { return none("人工任务", "people to ask"); }
Error no_files() { return none("文件存储", "stored files"); }
Error no_tasks() { return none("任务", "tasks to start"); }
}  // namespace

Result<values::Value> BareContext::asset(std::string_view) { return no_assets(); }
Status BareContext::set_asset(std::string_view, const values::Value&, std::string_view) { return no_assets(); }
Result<CredentialView> BareContext::credential(std::string_view) { return no_credentials(); }
Result<base::Secret> BareContext::open_secret(const values::SecretRef&) { return no_credentials(); }
Status BareContext::set_secret(std::string_view, std::string_view, const values::SecretRef&, std::string_view) { return no_credentials(); }
Result<std::string> BareContext::add_item(std::string_view, const NewItem&, std::string_view) { return no_queues(); }
Result<std::int64_t> BareContext::add_items(std::string_view, const std::vector<NewItem>&, std::string_view) { return no_queues(); }
Result<std::int64_t> BareContext::count_items(std::string_view, ItemState) { return no_queues(); }
Result<std::optional<QueueItem>> BareContext::take_item(std::string_view, std::string_view) { return no_queues(); }
Status BareContext::finish_item(std::string_view, const values::Map&) { return no_queues(); }
Result<ItemState> BareContext::fail_item(std::string_view, const ItemFailure&) { return no_queues(); }
Status BareContext::defer_item(std::string_view, base::Time) { return no_queues(); }
Result<std::optional<Answer>> BareContext::ask(const Question&, std::string_view) { return no_people(); }
Status BareContext::withdraw_question(std::string_view) { return no_people(); }
Result<StoredFile> BareContext::store_file(std::string_view, const std::string&) { return no_files(); }
Result<StoredFile> BareContext::fetch_file(std::string_view, const std::string&) { return no_files(); }
Result<std::vector<StoredFile>> BareContext::list_files(std::string_view) { return no_files(); }
Status BareContext::delete_file(std::string_view) { return no_files(); }
Result<std::string> BareContext::start_task(const NewTask&, std::string_view) { return no_tasks(); }
Result<TaskView> BareContext::look_at_task(std::string_view) { return no_tasks(); }
Status BareContext::stop_task(std::string_view, StopWay, std::string_view) { return no_tasks(); }
Result<const calendar::Calendar*> BareContext::calendar(std::string_view id) {
  if (const auto* found = calendar::shipped_calendar(id)) return found;
  std::string names;
  for (const auto& calendar : calendar::shipped_calendars()) names += (names.empty() ? "" : ", ") + calendar.id();
  return Error(Code::not_found,
               Text(fmt::format("没有日历“{}”；现有：{}", id, names), fmt::format("there is no calendar “{}”; there are: {}", id, names)));
}
void BareContext::log(LogLevel level, std::string_view step, std::string_view message) {
  const auto line = fmt::format("{} {} {}{}{}\n", base::to_text(clock_.now()), base::word(level), step, step.empty() ? "" : ": ", message);
  (void)!::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace quanji::engine
