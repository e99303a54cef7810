#include "api/resources/api_clients.h"

#include "api/bind.h"
#include "services/api_clients.h"
#include "services/sessions.h"

namespace quanji::api {

using namespace services;

void api_clients(Table& t) {
  t.add({.id = "api_client.list",
         .verb = Verb::get,
         .path = "/api-clients",
         .summary = {"查询应用", "List API clients"},
         .permission = "api_client.read"},
        list(api_client_list_shape(), &list_api_clients));
  t.add({.id = "api_client.read",
         .verb = Verb::get,
         .path = "/api-clients/{id}",
         .summary = {"查看应用", "Read an API client"},
         .point = true},
        read(&read_api_client));
  t.add({.id = "api_client.create",
         .verb = Verb::post,
         .path = "/api-clients",
         .summary = {"新建应用，密钥只显示一次", "Create an API client; its secret is shown once"},
         .audit = "api_client.created",
         .creates = true,
         .failures = {Code::name_taken},
         .example =
             R"({"name":"portal","departmentId":"dep_00000000000000000000000001","scopes":["user.read"],"addresses":["10.8.0.0/16"]})"},
        change(&create_api_client));
  t.add({.id = "api_client.change",
         .verb = Verb::patch,
         .path = "/api-clients/{id}",
         .summary = {"修改应用", "Change an API client"},
         .audit = "api_client.changed",
         .failures = {Code::name_taken, Code::changed_meanwhile},
         .example = R"({"scopes":["user.read","department.read"]})"},
        change(&change_api_client));
  t.add({.id = "api_client.delete",
         .verb = Verb::del,
         .path = "/api-clients/{id}",
         .summary = {"删除应用及其密钥", "Delete an API client and its keys"},
         .audit = "api_client.deleted",
         .failures = {Code::changed_meanwhile}},
        change(&delete_api_client));
  t.add({.id = "api_client.enable",
         .verb = Verb::post,
         .path = "/api-clients/{id}/enable",
         .summary = {"启用应用", "Enable an API client"},
         .audit = "api_client.enabled",
         .failures = {Code::wrong_state},
         .example = "{}"},
        change(&enable_api_client));
  t.add({.id = "api_client.disable",
         .verb = Verb::post,
         .path = "/api-clients/{id}/disable",
         .summary = {"立即停用应用", "Cut an API client off at once"},
         .audit = "api_client.disabled",
         .failures = {Code::wrong_state},
         .example = R"({"reason":"密钥疑似泄露"})"},
        change(&disable_api_client));
  t.add({.id = "api_client.rotate",
         .verb = Verb::post,
         .path = "/api-clients/{id}/rotate",
         .summary = {"更换密钥，旧密钥可并行一段时间", "Replace the key; the former may go on working for a while"},
         .audit = "api_client.rotated",
         .creates = true,
         .failures = {Code::changed_meanwhile},
         .example = R"({"overlapSeconds":86400})"},
        change(&rotate_api_key));
}

}  // namespace quanji::api
