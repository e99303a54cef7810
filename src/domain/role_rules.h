// Separation of duties (三员分立): which permissions one person must never hold together.
//
// Every permission has a side, by data over its name (role_rules.cpp): the exact name first, then its group, then `read`, else work.
//   read      looks at things; anybody may hold it
//   check     decides approvals (复核)
//   work      runs and changes flows, tasks, queues, files …
//   system    departments, users, settings, robots, servers, licences, backups
//   security  roles, grants, access keys, vault
//   audit     reads, verifies and exports the audit log
// A person's permissions over all departments together, and those of one role, must not join sides that clash:
//   audit with check, work, system or security;  security with work or system.
// So the system administrator cannot grant, the security administrator cannot run, the auditor cannot change anything,
// whatever roles are made and in whatever order they are given.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "base/result.h"

namespace quanji::domain {

enum class Side : std::uint8_t { read, check, work, system, security, audit };

Side side_of(std::string_view permission);
base::Sentence title_of(Side side);
bool clash(Side a, Side b);

struct Clash {
  std::string first, second;  // two permissions that one person must not hold together
};
// The first clash in the list, in the order given; nothing when there is none.
std::optional<Clash> find_clash(const std::vector<std::string>& permissions);
// The same for what somebody holds already and what would be added.
std::optional<Clash> find_clash(const std::vector<std::string>& held, const std::vector<std::string>& added);
// The sentence of a refusal.
base::Text say(const Clash& clash);

}  // namespace quanji::domain
QUANJI_ENUM(quanji::domain::Side, "read", "check", "work", "system", "security", "audit");
