#include "api/resources/departments.h"

#include "api/bind.h"
#include "services/departments.h"
#include "services/users.h"

namespace quanji::api {

using namespace services;

void departments(Table& t) {
  t.add({.id = "department.list",
         .verb = Verb::get,
         .path = "/departments",
         .summary = {"查询部门", "List departments"},
         .permission = "department.read"},
        list(department_list_shape(), &list_departments));
  t.add({.id = "department.tree",
         .verb = Verb::get,
         .path = "/departments/tree",
         .summary = {"查看部门树", "Read the tree of departments"},
         .permission = "department.read"},
        read(&department_tree));
  t.add({.id = "department.read_many",
         .verb = Verb::post,
         .path = "/departments/read-many",
         .summary = {"按标识批量查看部门", "Read many departments by id"},
         .permission = "department.read",
         .example = R"({"ids":["dep_00000000000000000000000001"]})"},
        read(&read_departments));
  t.add({.id = "department.read",
         .verb = Verb::get,
         .path = "/departments/{id}",
         .summary = {"查看部门", "Read a department"},
         .point = true},
        read(&read_department));
  t.add({.id = "department.list_children",
         .verb = Verb::get,
         .path = "/departments/{id}/children",
         .summary = {"查询直接下级部门", "List the departments directly below"},
         .permission = "department.read"},
        list(child_list_shape(), &list_children));
  t.add({.id = "department.list_users",
         .verb = Verb::get,
         .path = "/departments/{id}/users",
         .summary = {"查询部门成员", "List the members of a department"},
         .permission = "user.read"},
        list(member_list_shape(), &list_members));
  t.add({.id = "department.create",
         .verb = Verb::post,
         .path = "/departments",
         .summary = {"新建部门", "Create a department"},
         .audit = "department.created",
         .creates = true,
         .failures = {Code::name_taken, Code::wrong_state},
         .example = R"({"parentId":"dep_00000000000000000000000001","name":"清算部","code":"QS","order":10})"},
        change(&create_department));
  t.add({.id = "department.change",
         .verb = Verb::patch,
         .path = "/departments/{id}",
         .summary = {"修改部门", "Change a department"},
         .audit = "department.changed",
         .failures = {Code::name_taken, Code::changed_meanwhile},
         .example = R"({"name":"清算中心","region":"上海"})"},
        change(&change_department));
  // Inherited grants reach what is moved below them: as much a matter of rights as a grant is.
  t.add({.id = "department.move",
         .verb = Verb::post,
         .path = "/departments/{id}/move",
         .summary = {"移动部门到另一个上级之下", "Move a department below another"},
         .audit = "department.moved",
         .second_person = SecondPerson::when_set,
         .failures = {Code::name_taken, Code::wrong_state, Code::changed_meanwhile},
         .example = R"({"parentId":"dep_00000000000000000000000001","reason":"组织调整"})"},
        change(&move_department));
  t.add({.id = "department.disable",
         .verb = Verb::post,
         .path = "/departments/{id}/disable",
         .summary = {"停用部门", "Disable a department: it takes nothing new"},
         .audit = "department.disabled",
         .failures = {Code::wrong_state, Code::changed_meanwhile},
         .example = R"({"reason":"部门撤并"})"},
        change(&disable_department));
  t.add({.id = "department.enable",
         .verb = Verb::post,
         .path = "/departments/{id}/enable",
         .summary = {"启用部门", "Enable a department"},
         .audit = "department.enabled",
         .failures = {Code::wrong_state, Code::changed_meanwhile},
         .example = "{}"},
        change(&enable_department));
  t.add({.id = "department.delete",
         .verb = Verb::del,
         .path = "/departments/{id}",
         .summary = {"删除空部门", "Delete a department that holds nothing"},
         .audit = "department.deleted",
         .failures = {Code::still_referenced, Code::wrong_state, Code::changed_meanwhile}},
        change(&delete_department));
}

}  // namespace quanji::api
