#include "api/resources/users.h"

#include "api/bind.h"
#include "services/grants.h"
#include "services/permissions.h"
#include "services/users.h"

namespace quanji::api {

using namespace services;

namespace {

void grants(Table& t) {
  t.add({.id = "grant.list",
         .verb = Verb::get,
         .path = "/users/{id}/grants",
         .summary = {"查询用户的授权", "List the grants of a user"},
         .permission = "grant.read"},
        list(grant_list_shape(), &list_grants));
  t.add({.id = "grant.create",
         .verb = Verb::post,
         .path = "/users/{id}/grants",
         .summary = {"授予用户一个角色", "Grant a role to a user"},
         .audit = "grant.created",
         .second_person = SecondPerson::when_set,
         .creates = true,
         .failures = {Code::wrong_state, Code::name_taken},
         .example = R"({"roleId":"rol_00000000000000000000000004","departmentId":"dep_00000000000000000000000001","inherit":true})"},
        change(&create_grant));
  // Taking away lowers risk: one person and a reason.
  t.add({.id = "grant.delete",
         .verb = Verb::del,
         .path = "/users/{id}/grants/{grant_id}",
         .summary = {"撤销授权", "Revoke a grant"},
         .audit = "grant.deleted",
         .failures = {Code::wrong_state, Code::changed_meanwhile},
         .example = R"({"reason":"岗位调整"})"},
        change(&delete_grant));
}

}  // namespace

void users(Table& t) {
  t.add({.id = "user.list", .verb = Verb::get, .path = "/users", .summary = {"查询用户", "List users"}, .permission = "user.read"},
        list(user_list_shape(), &list_users));
  t.add({.id = "user.read_many",
         .verb = Verb::post,
         .path = "/users/read-many",
         .summary = {"按标识批量查看用户", "Read many users by id"},
         .permission = "user.read",
         .example = R"({"ids":["usr_01ARYZ6S41TSV4RRFFQ69G5FAV"]})"},
        read(&read_users));
  t.add({.id = "user.read", .verb = Verb::get, .path = "/users/{id}", .summary = {"查看用户", "Read a user"}, .point = true},
        read(&read_user));
  t.add({.id = "user.create",
         .verb = Verb::post,
         .path = "/users",
         .summary = {"新建用户（不含密码）", "Create a user (without a password)"},
         .audit = "user.created",
         .creates = true,
         .failures = {Code::name_taken, Code::wrong_state},
         .example = R"({"account":"zhang.san","name":"张三","departmentId":"dep_00000000000000000000000001","employeeNo":"10086"})"},
        change(&create_user));
  t.add({.id = "user.change",
         .verb = Verb::patch,
         .path = "/users/{id}",
         .summary = {"修改用户", "Change a user"},
         .audit = "user.changed",
         .failures = {Code::name_taken, Code::wrong_state, Code::changed_meanwhile},
         .example = R"({"name":"张三","phone":"13800005678"})"},
        change(&change_user));
  // Whoever had rights has them again.
  t.add({.id = "user.enable",
         .verb = Verb::post,
         .path = "/users/{id}/enable",
         .summary = {"启用用户", "Enable a user"},
         .audit = "user.enabled",
         .second_person = SecondPerson::when_set,
         .failures = {Code::wrong_state, Code::changed_meanwhile},
         .example = "{}"},
        change(&enable_user));
  t.add({.id = "user.disable",
         .verb = Verb::post,
         .path = "/users/{id}/disable",
         .summary = {"停用用户并结束其会话", "Disable a user and end his sessions"},
         .audit = "user.disabled",
         .failures = {Code::wrong_state, Code::changed_meanwhile},
         .example = R"({"reason":"离职"})"},
        change(&disable_user));
  t.add({.id = "user.move",
         .verb = Verb::post,
         .path = "/users/{id}/move",
         .summary = {"将用户调到另一部门", "Move a user to another department"},
         .audit = "user.moved",
         .failures = {Code::wrong_state, Code::changed_meanwhile},
         .example = R"({"departmentId":"dep_00000000000000000000000001"})"},
        change(&move_user));
  t.add({.id = "user.delete",
         .verb = Verb::del,
         .path = "/users/{id}",
         .summary = {"删除用户并转交其名下内容", "Delete a user; what he owns goes to another"},
         .audit = "user.deleted",
         .failures = {Code::still_referenced, Code::wrong_state, Code::changed_meanwhile},
         .example = R"({"transferTo":"usr_01ARYZ6S41TSV4RRFFQ69G5FAV","reason":"离职"})"},
        change(&delete_user));
  t.add({.id = "user.read_effective_permissions",
         .verb = Verb::get,
         .path = "/users/{id}/effective-permissions",
         .summary = {"查看用户在各部门的有效权限", "Read the effective permissions of a user by department"},
         .permission = "grant.read"},
        read(&effective_permissions));
  grants(t);
}

}  // namespace quanji::api
