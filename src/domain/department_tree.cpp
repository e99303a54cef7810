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
  // Only grants to departments of the tree were taken: as many entries as departments are all of them.
  if (!children_.empty() && authority.by_department.size() == children_.size()) {
    authority.everywhere = authority.anywhere;
    for (const auto& [department, set] : authority.by_department) authority.everywhere &= set;
  }
  return authority;
}

Authority intersection(const Authority& a, const Authority& b) {
  Authority both;
  both.access_epoch = std::min(a.access_epoch, b.access_epoch);
  both.everywhere = a.everywhere & b.everywhere;
  for (const auto& [department, set] : a.by_department) {
    const auto other = b.by_department.find(department);
    if (other == b.by_department.end()) continue;
    const auto shared = set & other->second;
    if (shared.none()) continue;
    both.by_department.emplace(department, shared);
    both.anywhere |= shared;
  }
  return both;
}

}  // namespace quanji::domain
