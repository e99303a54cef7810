// The published permissions: their names come from the operation table at start, their numbers are their places in the sorted list.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/caller.h"

namespace quanji::domain {

// Set once before anything is served, constant afterwards; any thread may read.
void publish_permissions(std::vector<std::string> sorted_names);
const std::vector<std::string>& permission_names();
// Nothing for a name that is not published (a role may still hold it after the operation was retired).
std::optional<std::size_t> permission_number(std::string_view name);
// The numbers of those names that are published.
PermissionSet permission_set(const std::vector<std::string>& names);

}  // namespace quanji::domain
