#include "api/resources/assets.h"

#include "api/bind.h"
#include "services/asset_values.h"
#include "services/assets.h"

namespace quanji::api {

using namespace services;

void assets(Table& t) {
  t.add({.id = "asset.list", .verb = Verb::get, .path = "/assets", .summary = {"查询资产", "List assets"}, .permission = "asset.read"},
        list(asset_list_shape(), &list_assets));
  t.add({.id = "asset.resolve",
         .verb = Verb::get,
         .path = "/assets/resolve",
         .summary = {"按名称求值：任务 → 机器人 → 服务器 → 部门向上 → 全局",
                     "Resolve by name: task, robot, server, department upwards, global"},
         .permission = "asset.read",
         .example = R"({"name":"limit"})"},
        read(&resolve_asset));
  t.add({.id = "asset.read_many",
         .verb = Verb::post,
         .path = "/assets/read-many",
         .summary = {"按标识批量查看资产", "Read many assets by id"},
         .permission = "asset.read",
         .example = R"({"ids":["ast_01ARYZ6S41TSV4RRFFQ69G5FAV"]})"},
        read(&read_assets));
  t.add({.id = "asset.read", .verb = Verb::get, .path = "/assets/{id}", .summary = {"查看资产", "Read an asset"}, .point = true},
        read(&read_asset));
  t.add({.id = "asset.create",
         .verb = Verb::post,
         .path = "/assets",
         .summary = {"新建资产", "Create an asset"},
         .audit = "asset.created",
         .creates = true,
         .failures = {Code::name_taken, Code::wrong_state},
         .example =
             R"({"name":"limit","title":"单笔限额","type":"decimal","departmentId":"dep_00000000000000000000000001","value":"50000.00"})"},
        change(&create_asset));
  t.add({.id = "asset.change",
         .verb = Verb::patch,
         .path = "/assets/{id}",
         .summary = {"修改资产（类型不能改）", "Change an asset; its type stays"},
         .audit = "asset.changed",
         .failures = {Code::name_taken, Code::changed_meanwhile},
         .example = R"({"title":"单笔限额（元）"})"},
        change(&change_asset));
  t.add({.id = "asset.delete",
         .verb = Verb::del,
         .path = "/assets/{id}",
         .summary = {"删除资产及其全部值", "Delete an asset with all its values"},
         .audit = "asset.deleted",
         .failures = {Code::changed_meanwhile}},
        change(&delete_asset));
  t.add({.id = "asset.list_values",
         .verb = Verb::get,
         .path = "/assets/{id}/values",
         .summary = {"查询资产的历史值", "List the values of an asset, all that ever were"},
         .permission = "asset.read"},
        list(asset_value_list_shape(), &list_asset_values));
  t.add({.id = "asset.set_value",
         .verb = Verb::post,
         .path = "/assets/{id}/values",
         .summary = {"设置资产在某一作用范围的值", "Set the value of an asset in a scope"},
         .permission = "asset.set_value",
         .audit = "asset.value_set",
         .creates = true,
         .failures = {Code::changed_meanwhile},
         .example = R"({"scope":"department","scopeId":"dep_00000000000000000000000001","value":"80000.00"})"},
        change(&set_asset_value));
  t.add({.id = "asset.clear_value",
         .verb = Verb::post,
         .path = "/assets/{id}/clear-value",
         .summary = {"清除资产在某一作用范围的值", "Clear the value of an asset in a scope"},
         .permission = "asset.set_value",
         .audit = "asset.value_cleared",
         .failures = {Code::wrong_state, Code::changed_meanwhile},
         .example = R"({"scope":"global","reason":"改用部门值"})"},
        change(&clear_asset_value));
  t.add({.id = "asset.roll_back",
         .verb = Verb::post,
         .path = "/assets/{id}/roll-back",
         .summary = {"把资产的值回退到某一版本", "Roll a value back to one of its versions"},
         .permission = "asset.set_value",
         .audit = "asset.rolled_back",
         .failures = {Code::changed_meanwhile},
         .example = R"({"version":1,"reason":"录入错误"})"},
        change(&roll_back_asset));
  t.add({.id = "asset.list_grants",
         .verb = Verb::get,
         .path = "/assets/{id}/grants",
         .summary = {"查看资产授予了谁", "Read whom an asset is granted to"},
         .permission = "asset.read"},
        read(&list_asset_grants));
  t.add({.id = "asset.grant",
         .verb = Verb::post,
         .path = "/assets/{id}/grants",
         .summary = {"把资产授予其他部门、流程等", "Grant an asset beyond its department"},
         .audit = "asset.granted",
         .creates = true,
         .failures = {Code::wrong_state},
         .example = R"({"kind":"department","subject":"dep_00000000000000000000000001"})"},
        change(&grant_asset));
  t.add({.id = "asset.revoke",
         .verb = Verb::del,
         .path = "/assets/{id}/grants/{grant}",
         .summary = {"收回资产的授予", "Take a grant of an asset back"},
         .permission = "asset.grant",
         .audit = "asset.revoked",
         .example = R"({"reason":"不再需要"})"},
        change(&revoke_asset));
  t.add({.id = "asset.transfer",
         .verb = Verb::post,
         .path = "/assets/{id}/transfer",
         .summary = {"转移资产的部门或负责人", "Transfer an asset to another department or owner"},
         .audit = "asset.transferred",
         .failures = {Code::name_taken, Code::wrong_state, Code::changed_meanwhile},
         .example = R"({"departmentId":"dep_00000000000000000000000001","reason":"组织调整"})"},
        change(&transfer_asset));
}

}  // namespace quanji::api
