#include "domain/permissions.h"

#include <algorithm>
#include <cstdlib>

namespace quanji::domain {
namespace {
std::vector<std::string>& published() {
  static std::vector<std::string> names;
  return names;
}
}  // namespace

void publish_permissions(std::vector<std::string> sorted_names) {
  if (sorted_names.size() > PermissionSet().size() || !std::is_sorted(sorted_names.begin(), sorted_names.end())) std::abort();
  published() = std::move(sorted_names);
}
const std::vector<std::string>& permission_names() { return published(); }
std::optional<std::size_t> permission_number(std::string_view name) {
  const auto& names = published();
  const auto found = std::lower_bound(names.begin(), names.end(), name);
  if (found == names.end() || *found != name) return std::nullopt;
  return static_cast<std::size_t>(found - names.begin());
}
PermissionSet permission_set(const std::vector<std::string>& names) {
  PermissionSet set;
  for (const auto& name : names)
    if (const auto number = permission_number(name)) set.set(*number);
  return set;
}

}  // namespace quanji::domain
