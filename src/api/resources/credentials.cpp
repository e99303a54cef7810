#include "api/resources/credentials.h"

#include "api/bind.h"
#include "services/credential_use.h"
#include "services/credentials.h"

namespace quanji::api {

using namespace services;

// What raises risk (a changed, rotated, granted, enabled or transferred credential, a closed breaker) waits for a second person when the
// setting says so; what lowers it (disable, revoke, release) is one person's, with a reason.
void credentials(Table& t) {
  t.add({.id = "credential.list",
         .verb = Verb::get,
         .path = "/credentials",
         .summary = {"查询凭据", "List credentials"},
         .permission = "credential.read"},
        list(credential_list_shape(), &list_credentials));
  t.add({.id = "credential.read_many",
         .verb = Verb::post,
         .path = "/credentials/read-many",
         .summary = {"按标识批量查看凭据", "Read many credentials by id"},
         .permission = "credential.read",
         .example = R"({"ids":["cre_01ARYZ6S41TSV4RRFFQ69G5FAV"]})"},
        read(&read_credentials));
  t.add({.id = "credential.read",
         .verb = Verb::get,
         .path = "/credentials/{id}",
         .summary = {"查看凭据（不含密文）", "Read a credential, never its secret"},
         .point = true},
        read(&read_credential));
  t.add(
      {.id = "credential.create",
       .verb = Verb::post,
       .path = "/credentials",
       .summary = {"新建凭据", "Create a credential"},
       .audit = "credential.created",
       .creates = true,
       .failures = {Code::name_taken, Code::wrong_state},
       .example =
           R"({"name":"counter-01","type":"account","departmentId":"dep_00000000000000000000000001","systemId":"o32","operatorNo":"8001","username":"rpa01","exclusive":true,"password":"only-an-example"})"},
      change(&create_credential));
  t.add({.id = "credential.change",
         .verb = Verb::patch,
         .path = "/credentials/{id}",
         .summary = {"修改凭据（密文用更换）", "Change a credential; its secret is rotated instead"},
         .audit = "credential.changed",
         .second_person = SecondPerson::when_set,
         .failures = {Code::name_taken, Code::changed_meanwhile},
         .example = R"({"title":"柜台操作员","rightsNote":"只查询","reviewDue":"2027-03-31"})"},
        change(&change_credential));
  t.add({.id = "credential.delete",
         .verb = Verb::del,
         .path = "/credentials/{id}",
         .summary = {"删除凭据及其密文", "Delete a credential and its secrets"},
         .audit = "credential.deleted",
         .failures = {Code::still_referenced, Code::changed_meanwhile}},
        change(&delete_credential));
  t.add({.id = "credential.rotate",
         .verb = Verb::post,
         .path = "/credentials/{id}/rotate",
         .summary = {"更换密文，可定生效时间", "Rotate its secret, at once or from a time on"},
         .audit = "credential.rotated",
         .second_person = SecondPerson::when_set,
         .failures = {Code::changed_meanwhile},
         .example = R"({"password":"only-an-example","expiresAt":"2036-12-31T00:00:00.000+08:00"})"},
        change(&rotate_credential));
  t.add({.id = "credential.list_versions",
         .verb = Verb::get,
         .path = "/credentials/{id}/versions",
         .summary = {"查询凭据的版本", "List the versions of a credential"},
         .permission = "credential.read"},
        list(credential_version_list_shape(), &list_credential_versions));
  t.add({.id = "credential.list_uses",
         .verb = Verb::get,
         .path = "/credentials/{id}/uses",
         .summary = {"查询凭据的使用记录", "List the uses of a credential"},
         .permission = "credential.read"},
        list(credential_use_list_shape(), &list_credential_uses));
  t.add({.id = "credential.list_grants",
         .verb = Verb::get,
         .path = "/credentials/{id}/grants",
         .summary = {"查看凭据授予了谁", "Read whom a credential is granted to"},
         .permission = "credential.read"},
        read(&list_credential_grants));
  t.add({.id = "credential.grant",
         .verb = Verb::post,
         .path = "/credentials/{id}/grants",
         .summary = {"授予凭据（用户、角色、部门、机器人、流程）", "Grant a credential to a user, role, department, robot or flow"},
         .audit = "credential.granted",
         .second_person = SecondPerson::when_set,
         .creates = true,
         .failures = {Code::wrong_state},
         .example = R"({"kind":"department","subject":"dep_00000000000000000000000001"})"},
        change(&grant_credential));
  t.add({.id = "credential.revoke",
         .verb = Verb::del,
         .path = "/credentials/{id}/grants/{grant}",
         .summary = {"收回凭据的授予", "Take a grant of a credential back"},
         .permission = "credential.grant",
         .audit = "credential.revoked",
         .example = R"({"reason":"不再需要"})"},
        change(&revoke_credential));
  t.add({.id = "credential.test",
         .verb = Verb::post,
         .path = "/credentials/{id}/test",
         .summary = {"检查凭据可否使用", "Test whether a credential could be used"},
         .audit = "credential.tested",
         .example = "{}"},
        change(&test_credential));
  t.add({.id = "credential.enable",
         .verb = Verb::post,
         .path = "/credentials/{id}/enable",
         .summary = {"启用凭据", "Enable a credential"},
         .audit = "credential.enabled",
         .second_person = SecondPerson::when_set,
         .failures = {Code::wrong_state, Code::changed_meanwhile},
         .example = "{}"},
        change(&enable_credential));
  t.add({.id = "credential.disable",
         .verb = Verb::post,
         .path = "/credentials/{id}/disable",
         .summary = {"停用凭据：不再借给任何任务", "Disable a credential: it is handed to no task"},
         .audit = "credential.disabled",
         .failures = {Code::wrong_state, Code::changed_meanwhile},
         .example = R"({"reason":"疑似泄露"})"},
        change(&disable_credential));
  t.add({.id = "credential.reset_breaker",
         .verb = Verb::post,
         .path = "/credentials/{id}/reset-breaker",
         .summary = {"复位凭据的熔断", "Reset the breaker of a credential"},
         .audit = "credential.breaker_reset",
         .second_person = SecondPerson::when_set,
         .failures = {Code::wrong_state, Code::changed_meanwhile},
         .example = R"({"reason":"口令已核实"})"},
        change(&reset_credential_breaker));
  t.add({.id = "credential.release",
         .verb = Verb::post,
         .path = "/credentials/{id}/release",
         .summary = {"从占用它的任务收回凭据", "Take a credential back from the task that has it checked out"},
         .permission = "credential.disable",
         .audit = "credential.released",
         .failures = {Code::wrong_state},
         .example = R"({"reason":"任务已失联"})"},
        change(&release_credential));
  t.add({.id = "credential.transfer",
         .verb = Verb::post,
         .path = "/credentials/{id}/transfer",
         .summary = {"转移凭据的部门或负责人", "Transfer a credential to another department or owner"},
         .audit = "credential.transferred",
         .second_person = SecondPerson::when_set,
         .failures = {Code::name_taken, Code::wrong_state, Code::changed_meanwhile},
         .example = R"({"departmentId":"dep_00000000000000000000000001","reason":"组织调整"})"},
        change(&transfer_credential));
  t.add({.id = "credential.report_sign_in",
         .verb = Verb::post,
         .path = "/credentials/{id}/sign-in-results",
         .summary = {"上报一次登录的结果", "Report what became of a sign-in"},
         .permission = "credential.use",
         .audit = "credential.sign_in_reported",
         .example = R"({"outcome":"bad_secret","detail":"口令错误"})"},
        change(&note_sign_in));
}

}  // namespace quanji::api
