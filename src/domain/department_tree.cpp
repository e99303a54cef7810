#include "domain/department_tree.h"

namespace quanji::domain {

void DepartmentTree::add(const DepartmentId& id, const DepartmentId& parent) {
  children_[id.ulid];
  if (!parent.empty()) children_[parent.ulid].push_back(id);
}

std::vector<DepartmentId> DepartmentTree::subtree(const DepartmentId& id) const {
  std::vector<DepartmentId> found;
  if (!contains(id)) return found;
  found.push_back(id);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto& below = children_.at(found[i].ulid);
    found.insert(found.end(), below.begin(), below.end());
  }
  return found;
}

Authority DepartmentTree::resolve(const std::vector<Granted>& grants, std::uint64_t access_epoch) const {
  Authority authority;
  authority.access_epoch = access_epoch;
  for (const auto& grant : grants) {
    if (!contains(grant.department) || grant.permissions.none()) continue;
    authority.anywhere |= grant.permissions;
    if (!grant.inherit) {
      authority.by_department[grant.department.ulid] |= grant.permissions;
      continue;
    }
    for (const auto& department : subtree(grant.department)) authority.by_department[department.ulid] |= grant.permissions;
  }
  if (authority.by_department.size() < children_.size())
    for (const auto& [department, unused] : children_)
      if (authority.by_department.try_emplace(department).second) break;
  return authority;
}

Authority intersection(const Authority& a, const Authority& b) {
  Authority both;
  both.access_epoch = std::min(a.access_epoch, b.access_epoch);
  // Departments with nothing left stay, so that nobody takes the rest for all there are.
  for (const auto& [department, set] : a.by_department) {
    const auto other = b.by_department.find(department);
    const auto shared = other == b.by_department.end() ? PermissionSet{} : set & other->second;
    both.by_department.emplace(department, shared);
    both.anywhere |= shared;
  }
  return both;
}

}  // namespace quanji::domain
