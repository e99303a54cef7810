// The roles every installation has, as data over permission names: "task.*" is every act of a group, "*.read" a verb of every group,
// "approval.decide" one permission. Patterns are resolved against the published list, so operations of later versions fall in by
// themselves.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/ids.h"

namespace quanji::domain {

enum class Preset : std::uint8_t {
  system_administrator = 1,
  security_administrator,
  auditor,
  operator_,
  flow_developer,
  department_head,
  business_user,
  checker,
  inspection_account
};
struct PresetRole {
  Preset preset;
  std::string_view name;  // as in the table of roles
  base::Sentence title;
  base::Sentence purpose;
  std::span<const std::string_view> permissions;  // patterns
};
std::span<const PresetRole> preset_roles();
const PresetRole& row_of(Preset preset);
// Its id, the same in every installation.
RoleId id_of(Preset preset);
// The preset with that id, or null for an own role.
const PresetRole* preset_of(const RoleId& id);
// The three administrators, of whom one person is at most one and of whom each kind must stay.
std::span<const Preset> exclusive_presets();

// Sorted names out of `published` that the patterns take.
std::vector<std::string> resolve(std::span<const std::string_view> patterns, const std::vector<std::string>& published);
std::vector<std::string> resolve(const std::vector<std::string>& patterns, const std::vector<std::string>& published);
// The published permissions of a preset.
std::vector<std::string> permissions_of(Preset preset);

}  // namespace quanji::domain
