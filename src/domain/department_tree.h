// The tree of departments in memory: who stands below whom, and what grants with inheritance come to. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "domain/caller.h"

namespace quanji::domain {

// Levels below the root department, which is level 0.
inline constexpr std::int64_t max_depth = 8;

// What one grant (or the scopes of a client) gives and where.
struct Granted {
  PermissionSet permissions;
  DepartmentId department;
  bool inherit = false;  // also in every department below
};

class DepartmentTree {
 public:
  // `parent` is empty for the root. Departments may come in any order; a parent that never comes makes its child a root.
  void add(const DepartmentId& id, const DepartmentId& parent);
  // The department itself first, then all below it, each after its parent.
  std::vector<DepartmentId> subtree(const DepartmentId& id) const;
  bool contains(const DepartmentId& id) const { return children_.contains(id.ulid); }
  // `everywhere` of the answer is what every department added so far has.
  Authority resolve(const std::vector<Granted>& grants, std::uint64_t access_epoch) const;

 private:
  std::unordered_map<base::Ulid, std::vector<DepartmentId>, UlidHash> children_;
};

// What both may do: a client that acts for a person.
Authority intersection(const Authority& a, const Authority& b);

}  // namespace quanji::domain
