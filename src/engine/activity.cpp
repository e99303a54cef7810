#include "engine/activity.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace quanji::engine {

using base::Text;

const Activity* find_activity(Catalogue catalogue, std::string_view id) {
  const auto found = std::find_if(catalogue.begin(), catalogue.end(), [&](const Activity* a) { return a->info.id == id; });
  return found == catalogue.end() ? nullptr : *found;
}

std::chrono::milliseconds ActivityContext::slice(std::chrono::milliseconds most) {
  const auto rest = left();
  if (rest <= std::chrono::microseconds(0)) return std::chrono::milliseconds(0);
  return rest >= most ? most : std::chrono::duration_cast<std::chrono::milliseconds>(rest) + std::chrono::milliseconds(1);
}
Outcome<void> ActivityContext::wait_until(const std::function<bool()>& ready, std::chrono::microseconds every) {
  while (!ready()) QUANJI_DO(sleep(every));
  return {};
}
std::string ActivityContext::path_of(std::string_view path) {
  const auto whole = std::filesystem::path(work_folder()) / std::filesystem::path(path);
  return whole.lexically_normal().string();
}
Failure ActivityContext::suspend(Text waiting_for) {
  auto failure = system_failure("suspended", std::move(waiting_for));
  failure.ending = Ending::suspended;
  return failure;
}
Failure ActivityContext::wrong_kind(const values::Handle& handle) {
  return system_failure("wrong_resource",
                        Text(fmt::format("这一步不能使用资源 {}", handle.kind), fmt::format("this step cannot use a {}", handle.kind)));
}

}  // namespace quanji::engine
