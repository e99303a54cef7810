#include "services/rights.h"

#include "domain/permissions.h"

namespace quanji::services {
namespace {
// Work that nobody asked for over an interface (timers, start-up) is bounded by the code that does it, not by grants.
bool unbounded(const domain::Caller& caller) {
  return caller.kind == domain::CallerKind::clock || caller.kind == domain::CallerKind::setup;
}

bool has(const domain::Caller& caller, std::size_t permission, const domain::DepartmentId& department) {
  if (permission == SIZE_MAX) return true;
  return caller.authority && caller.authority->may(permission, department);
}
}  // namespace

Status allow(const View& view, const domain::DepartmentId& department) {
  const auto& caller = view.caller();
  if (unbounded(caller) || has(caller, caller.permission, department)) return {};
  if (!has(caller, caller.read_permission, department)) return base::Error(base::Code::not_found);
  return base::Error(base::Code::not_permitted);
}

Status allow(const View& view, std::string_view permission, const domain::DepartmentId& department) {
  if (may(view, permission, department)) return {};
  return base::Error(base::Code::not_permitted);
}

bool may(const View& view, std::string_view permission, const domain::DepartmentId& department) {
  const auto& caller = view.caller();
  if (unbounded(caller)) return true;
  const auto number = domain::permission_number(permission);
  return number && has(caller, *number, department);
}

Scope scope(const View& view) {
  const auto& caller = view.caller();
  if (unbounded(caller)) return {Scope::Reach::every, {}};
  if (caller.permission == SIZE_MAX || !caller.authority) return {};
  if (caller.authority->may_everywhere(caller.permission)) return {Scope::Reach::every, {}};
  Scope found;
  for (const auto& [department, set] : caller.authority->by_department)
    if (set.test(caller.permission)) found.departments.push_back({department});
  return found;
}

Status expect_revision(const View& view, std::int64_t revision) {
  const auto& wanted = view.caller().if_match;
  if (wanted && *wanted != revision) return base::Error(base::Code::changed_meanwhile);
  return {};
}

}  // namespace quanji::services
