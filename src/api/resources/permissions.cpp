#include "api/resources/permissions.h"

#include <map>

#include "api/bind.h"
#include "api/platform.h"

namespace quanji::api {

using namespace services;

namespace {
// The same for everybody as long as the program runs.
base::Result<PermissionList> published(const domain::Caller&, const base::Nothing&) {
  static const PermissionList list{described_permissions(platform_table())};
  return list;
}
}  // namespace

void permissions(Table& t) {
  t.add({.id = "permission.list",
         .verb = Verb::get,
         .path = "/permissions",
         .summary = {"查看全部公布的权限", "List every published permission"},
         .permission = "-"},
        memory(&published));
  t.add(
      {.id = "permission.explain",
       .verb = Verb::post,
       .path = "/permissions/explain",
       .summary = {"解释某人为何能或不能做某事", "Explain why somebody may or may not do something"},
       .permission = "-",
       .failures = {Code::not_found},
       .example =
           R"({"userId":"usr_01ARYZ6S41TSV4RRFFQ69G5FAV","permission":"department.read","departmentId":"dep_00000000000000000000000001"})"},
      read(&explain));
}

std::vector<Permission> described_permissions(const Table& table) {
  std::map<std::string_view, Permission> found;
  for (const auto& operation : table.all()) {
    const auto name = operation->needs();
    if (name == "-") continue;
    auto& permission = found[name];
    permission.name = name;
    permission.group = name.substr(0, name.find('.'));
    permission.side = domain::side_of(name);
    if (!permission.zh.empty()) permission.zh += "；";
    if (!permission.en.empty()) permission.en += "; ";
    permission.zh += operation->summary.zh;
    permission.en += operation->summary.en;
    permission.operations.emplace_back(operation->id);
  }
  std::vector<Permission> sorted;
  sorted.reserve(found.size());
  for (auto& [name, permission] : found) sorted.push_back(std::move(permission));
  return sorted;
}

}  // namespace quanji::api
