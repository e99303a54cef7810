#include "engine/step_context.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/digest.h"

namespace quanji::engine {

using base::Text;

std::chrono::microseconds StepContext::left() {
  if (walker_.deadline() == for_ever) return for_ever;
  return std::max(std::chrono::microseconds(0), walker_.deadline() - run_.around.clock.monotonic());
}
Outcome<void> StepContext::go_on() {
  if (auto leave = walker_.must_leave()) return std::move(*leave);
  return {};
}
Outcome<void> StepContext::sleep(std::chrono::microseconds time) {
  QUANJI_DO(go_on());
  const auto now = run_.around.clock.monotonic();
  const auto until = time >= for_ever - now ? for_ever : now + time;
  run_.around.waiting.sleep(walker_.halt(), std::min(until, walker_.deadline()));
  return go_on();
}
Outcome<short> StepContext::wait_for(int fd, short events) {
  for (;;) {
    QUANJI_DO(go_on());
    if (const auto got = run_.around.waiting.poll(walker_.halt(), fd, events, walker_.deadline()); got != 0) return got;
  }
}
std::string StepContext::step_key() {
  // Journal positions may be long and hold any characters; a key is short and of letters and digits.
  const auto digest = base::sha256(run_.around.facts.task + "\n" + walker_.now().at);
  return base::hex(std::span(digest).first(16));
}
Outcome<std::string> StepContext::evidence(std::string_view name) {
  if (run_.around.evidence_folder.empty()) return system_failure("no_evidence", Text("本次执行不保存证据", "this run keeps no evidence"));
  std::string plain;
  for (const char c : name) plain += c == '/' || c == '\0' ? '_' : c;
  std::int64_t number = 0;
  {
    const std::lock_guard lock(run_.guard);
    number = ++run_.evidence_count;
  }
  auto path = fmt::format("{}/{:04}-{}", run_.around.evidence_folder, number, plain);
  auto& evidence = walker_.now().evidence;
  // Pictures first: they are what a person looks at.
  const bool picture = path.ends_with(".png") || path.ends_with(".jpg");
  evidence.insert(picture ? evidence.begin() : evidence.end(), values::FileRef{path, ""});
  if (run_.around.observer) {
    const std::lock_guard lock(run_.watching);
    run_.around.observer->evidence(walker_.now().at, run_.around.clock.now(), path);
  }
  return path;
}
std::vector<values::Handle> StepContext::open_handles(std::string_view kind) {
  auto open = run_.resources.since(0);
  std::erase_if(open, [&](const values::Handle& handle) { return handle.kind != kind; });
  return open;
}
Outcome<base::Secret> StepContext::open_secret(const values::SecretRef& secret) {
  QUANJI_TRY(auto opened, run_.around.outside.open_secret(secret));
  const std::lock_guard lock(run_.guard);
  run_.live_secrets.emplace_back(opened);
  if (run_.live_secrets.size() > 256) run_.live_secrets.erase(run_.live_secrets.begin());
  return opened;
}
Outcome<values::Value> StepContext::evaluate(const std::string& expression, const values::Variables& variables) {
  return run_.around.python.evaluate_text(expression, variables, &walker_.slots(), walker_.python_limit());
}
Outcome<values::ColumnPtr> StepContext::evaluate_rows(const std::string& expression, const values::TablePtr& table,
                                                      values::ColumnType type) {
  return run_.around.python.evaluate_rows(
      expression, table, type, &walker_.slots(), [&] { return go_on(); }, walker_.python_limit());
}

}  // namespace quanji::engine
