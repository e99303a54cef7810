#include "domain/role_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace quanji::domain {
namespace {

// What one permission is, where its group says something else.
constexpr std::pair<std::string_view, Side> exact[] = {
    {"approval.act_alone", Side::work},
    {"approval.read", Side::read},
    {"asset.grant", Side::security},  // who may see whose is the security administrator's, as with credentials
    {"audit.read", Side::audit},
    // An operator sees whether a credential works and cuts one off that leaked: lowering risk is nobody's side alone.
    {"credential.disable", Side::check},
    {"credential.test", Side::check},
    {"credential.use", Side::work},
    // Each administrator resets those of his own side only (who may be taken over is judged person by person), so either may hold it.
    {"user.reset_password", Side::check},
    {"user.reset_totp", Side::check},
};
constexpr std::pair<std::string_view, Side> groups[] = {
    {"access_review", Side::security}, {"api_client", Side::security}, {"approval", Side::check},      {"audit", Side::audit},
    {"backup", Side::system},          {"channel", Side::system},      {"credential", Side::security}, {"department", Side::system},
    {"enrolment", Side::system},       {"federation", Side::system},   {"grant", Side::security},      {"legal_hold", Side::security},
    {"license", Side::system},         {"node", Side::system},         {"robot", Side::system},        {"robot_group", Side::system},
    {"role", Side::security},          {"server", Side::system},       {"setting", Side::system},      {"user", Side::system},
    {"webhook", Side::system},
};
constexpr std::pair<Side, Side> clashing[] = {
    {Side::audit, Side::check},    {Side::audit, Side::work},    {Side::audit, Side::system},
    {Side::audit, Side::security}, {Side::security, Side::work}, {Side::security, Side::system},
};
constexpr std::size_t sides = 6;

}  // namespace

Side side_of(std::string_view permission) {
  for (const auto& [name, side] : exact)
    if (name == permission) return side;
  const auto dot = permission.find('.');
  if (dot != std::string_view::npos && permission.substr(dot + 1) == "read") return Side::read;
  const auto group = permission.substr(0, dot);
  for (const auto& [name, side] : groups)
    if (name == group) return side;
  return Side::work;
}

base::Sentence title_of(Side side) {
  switch (side) {
    case Side::read:
      return {"查看", "reading"};
    case Side::check:
      return {"复核", "checking"};
    case Side::work:
      return {"业务运行", "running"};
    case Side::system:
      return {"系统管理", "system administration"};
    case Side::security:
      return {"安全管理", "security administration"};
    case Side::audit:
      return {"审计", "audit"};
  }
  return {"", ""};
}

bool clash(Side a, Side b) {
  return std::any_of(std::begin(clashing), std::end(clashing),
                     [&](const auto& pair) { return (pair.first == a && pair.second == b) || (pair.first == b && pair.second == a); });
}

std::optional<Clash> find_clash(const std::vector<std::string>& permissions) { return find_clash({}, permissions); }

std::optional<Clash> find_clash(const std::vector<std::string>& held, const std::vector<std::string>& added) {
  std::array<const std::string*, sides> first{};
  std::optional<Clash> found;
  const auto take = [&](const std::string& permission) {
    const auto side = side_of(permission);
    for (std::size_t other = 0; other < sides && !found; ++other)
      if (first[other] && clash(static_cast<Side>(other), side)) found = Clash{*first[other], permission};
    if (!first[static_cast<std::size_t>(side)]) first[static_cast<std::size_t>(side)] = &permission;
  };
  for (const auto& permission : held) take(permission);
  for (const auto& permission : added) take(permission);
  return found;
}

base::Text say(const Clash& clash) {
  const auto a = title_of(side_of(clash.first)), b = title_of(side_of(clash.second));
  return {fmt::format("一个人不能同时拥有 {}（{}）与 {}（{}）：系统管理、安全管理与审计三员分立", clash.first, a.zh, clash.second, b.zh),
          fmt::format("nobody may hold both {} ({}) and {} ({}): system, security and audit are kept apart", clash.first, a.en,
                      clash.second, b.en)};
}

}  // namespace quanji::domain
