// Whether the caller of a View or Change may do what the operation under way does, in the department of the thing it is done to.
#pragma once
#include <string_view>

#include "domain/caller.h"
#include "storage/change.h"

namespace quanji::services {

using base::Result;
using base::Status;
using storage::Change;
using storage::View;

// The operation's own permission in `department`: not_found for a caller who may not read such things there, else not_permitted.
Status allow(const View& view, const domain::DepartmentId& department);
// Another permission, by name.
Status allow(const View& view, std::string_view permission, const domain::DepartmentId& department);
bool may(const View& view, std::string_view permission, const domain::DepartmentId& department);
// Departments where the caller has the operation's permission: the scope of its lists.
struct Scope {
  enum class Reach : std::uint8_t { some, every } reach = Reach::some;
  std::vector<domain::DepartmentId> departments;  // of `some`: these and no other; none is nothing to see
  bool every() const { return reach == Reach::every; }
};
// Nothing for a caller without an authority, and under an operation that asks for no permission.
Scope scope(const View& view);
// changed_meanwhile when the caller sent If-Match and it is not `revision`.
Status expect_revision(const View& view, std::int64_t revision);

}  // namespace quanji::services
