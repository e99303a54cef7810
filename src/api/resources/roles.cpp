#include "api/resources/roles.h"

#include "api/bind.h"
#include "services/roles.h"

namespace quanji::api {

using namespace services;

void roles(Table& t) {
  t.add({.id = "role.list", .verb = Verb::get, .path = "/roles", .summary = {"查询角色", "List roles"}, .permission = "role.read"},
        list(role_list_shape(), &list_roles));
  t.add({.id = "role.read", .verb = Verb::get, .path = "/roles/{id}", .summary = {"查看角色", "Read a role"}, .point = true},
        read(&read_role));
  t.add({.id = "role.create",
         .verb = Verb::post,
         .path = "/roles",
         .summary = {"新建角色", "Create a role"},
         .audit = "role.created",
         .creates = true,
         .failures = {Code::name_taken},
         .example = R"({"name":"duty_viewer","title":"值班查看","permissions":["department.read","user.read"]})"},
        change(&create_role));
  t.add({.id = "role.change",
         .verb = Verb::patch,
         .path = "/roles/{id}",
         .summary = {"修改角色", "Change a role"},
         .audit = "role.changed",
         .second_person = SecondPerson::when_set,
         .failures = {Code::name_taken, Code::wrong_state, Code::changed_meanwhile},
         .example = R"({"title":"值班查看","permissions":["department.read"]})"},
        change(&change_role));
  // Lowers risk: one person and a reason.
  t.add({.id = "role.restrict",
         .verb = Verb::post,
         .path = "/roles/{id}/restrict",
         .summary = {"去掉角色的若干权限", "Take permissions away from a role"},
         .audit = "role.restricted",
         .failures = {Code::wrong_state, Code::changed_meanwhile},
         .example = R"({"permissions":["user.read"],"reason":"最小权限"})"},
        change(&restrict_role));
  t.add({.id = "role.delete",
         .verb = Verb::del,
         .path = "/roles/{id}",
         .summary = {"删除无人持有的角色", "Delete a role that nobody holds"},
         .audit = "role.deleted",
         .failures = {Code::still_referenced, Code::wrong_state, Code::changed_meanwhile}},
        change(&delete_role));
}

}  // namespace quanji::api
