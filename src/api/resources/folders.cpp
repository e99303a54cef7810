#include "api/resources/folders.h"

#include "api/bind.h"
#include "services/folders.h"

namespace quanji::api {

using namespace services;

void folders(Table& t) {
  t.add(
      {.id = "folder.list", .verb = Verb::get, .path = "/folders", .summary = {"查询文件夹", "List folders"}, .permission = "folder.read"},
      list(folder_list_shape(), &list_folders));
  t.add({.id = "folder.read", .verb = Verb::get, .path = "/folders/{id}", .summary = {"查看文件夹", "Read a folder"}, .point = true},
        read(&read_folder));
  t.add({.id = "folder.create",
         .verb = Verb::post,
         .path = "/folders",
         .summary = {"新建文件夹", "Create a folder"},
         .audit = "folder.created",
         .creates = true,
         .failures = {Code::name_taken, Code::wrong_state},
         .example = R"({"departmentId":"dep_00000000000000000000000001","name":"清算文件"})"},
        change(&create_folder));
  t.add({.id = "folder.change",
         .verb = Verb::patch,
         .path = "/folders/{id}",
         .summary = {"修改文件夹", "Change a folder"},
         .audit = "folder.changed",
         .failures = {Code::name_taken, Code::changed_meanwhile},
         .example = R"({"name":"对账文件"})"},
        change(&change_folder));
  t.add({.id = "folder.move",
         .verb = Verb::post,
         .path = "/folders/{id}/move",
         .summary = {"在本部门内移动文件夹", "Move a folder inside of its department"},
         .audit = "folder.moved",
         .failures = {Code::name_taken, Code::changed_meanwhile},
         .example = "{}"},
        change(&move_folder));
  t.add({.id = "folder.delete",
         .verb = Verb::del,
         .path = "/folders/{id}",
         .summary = {"删除空文件夹", "Delete a folder that holds nothing"},
         .audit = "folder.deleted",
         .failures = {Code::still_referenced, Code::changed_meanwhile}},
        change(&delete_folder));
}

}  // namespace quanji::api
