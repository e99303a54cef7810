#include "engine/resources.h"

#include <fmt/format.h>

namespace quanji::engine {

using base::Text;
using values::Handle;

Handle Resources::take(std::unique_ptr<Resource> resource) {
  const std::lock_guard lock(mutex_);
  Handle handle{std::string(resource->kind()), next_++};
  auto open = std::make_shared<Open>();
  open->resource = std::move(resource);
  open_.emplace(handle.number, std::move(open));
  return handle;
}
Failure Resources::closed(const Handle& handle) const {
  return system_failure(
      "resource_closed",
      Text(fmt::format("资源 {} 没有打开：可能已经关闭，或执行是从中途恢复的；请把用到它的步骤放进打开它的 with 里", handle.kind),
           fmt::format("the {} is not open: it was closed, or the run was resumed; put the steps that use it inside the "
                       "`with` that opens it",
                       handle.kind)));
}
Outcome<std::shared_ptr<Resource>> Resources::hold(ActivityContext& context, const Handle& handle) {
  std::shared_ptr<Open> open;
  const auto take = [&] {
    const std::lock_guard lock(mutex_);
    const auto found = open_.find(handle.number);
    if (found == open_.end()) return true;
    if (found->second->used) return false;
    open = found->second;
    open->used = true;
    return true;
  };
  QUANJI_DO(context.wait_until(take, std::chrono::milliseconds(5)));
  if (!open) return closed(handle);
  auto* resource = open->resource.get();
  return std::shared_ptr<Resource>(resource, [this, open](Resource*) {
    const std::lock_guard lock(mutex_);
    open->used = false;
  });
}
Outcome<void> Resources::close(ActivityContext& context, const Handle& handle) {
  {
    auto held = hold(context, handle);
    if (!held && held.error().code == "resource_closed") return {};
    if (!held) return std::move(held).error();
  }
  std::shared_ptr<Open> open;
  {
    const std::lock_guard lock(mutex_);
    const auto found = open_.find(handle.number);
    if (found == open_.end()) return {};
    open = std::move(found->second);
    open_.erase(found);
  }
  return open->resource->close(context);
}
std::uint64_t Resources::mark() const {
  const std::lock_guard lock(mutex_);
  return next_;
}
std::vector<Handle> Resources::since(std::uint64_t mark) const {
  const std::lock_guard lock(mutex_);
  std::vector<Handle> found;
  for (auto it = open_.rbegin(); it != open_.rend() && it->first >= mark; ++it)
    found.push_back({std::string(it->second->resource->kind()), it->first});
  return found;
}

}  // namespace quanji::engine
