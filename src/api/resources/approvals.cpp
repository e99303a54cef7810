#include "api/resources/approvals.h"

#include "api/bind.h"
#include "services/approvals.h"

namespace quanji::api {

using namespace services;

void approvals(Table& t) {
  t.add({.id = "approval.list",
         .verb = Verb::get,
         .path = "/approvals",
         .summary = {"查询复核事项", "List what waits, or waited, for a second person"},
         .permission = "approval.read"},
        list(approval_list_shape(), &list_approvals));
  // The maker sees his own whatever else he may read; the service judges the others.
  t.add({.id = "approval.read",
         .verb = Verb::get,
         .path = "/approvals/{id}",
         .summary = {"查看复核事项", "Read an approval"},
         .permission = "-",
         .point = true},
        read(&read_approval));
  t.add({.id = "approval.approve",
         .verb = Verb::post,
         .path = "/approvals/{id}/approve",
         .summary = {"复核同意并执行", "Approve, and carry it out"},
         .permission = "approval.decide",
         .audit = "approval.approved",
         .failures = {Code::wrong_state, Code::changed_meanwhile},
         .example = R"({"digest":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"})"},
        change(&approve));
  t.add({.id = "approval.refuse",
         .verb = Verb::post,
         .path = "/approvals/{id}/refuse",
         .summary = {"复核拒绝", "Refuse"},
         .permission = "approval.decide",
         .audit = "approval.refused",
         .failures = {Code::wrong_state, Code::changed_meanwhile},
         .example = R"({"reason":"范围过大"})"},
        change(&refuse_approval));
  t.add({.id = "approval.withdraw",
         .verb = Verb::post,
         .path = "/approvals/{id}/withdraw",
         .summary = {"经办人撤回", "The maker withdraws"},
         .permission = "-",
         .audit = "approval.withdrawn",
         .failures = {Code::wrong_state, Code::changed_meanwhile},
         .example = R"({"reason":"填错部门"})"},
        change(&withdraw_approval));
  t.add({.id = "approval.change",
         .verb = Verb::patch,
         .path = "/approvals/{id}",
         .summary = {"经办人修改原因", "The maker changes the reason"},
         .permission = "-",
         .audit = "approval.changed",
         .failures = {Code::wrong_state, Code::changed_meanwhile},
         .example = R"({"requestReason":"组织调整，见通知 12 号"})"},
        change(&change_approval));
  t.add(
      {.id = "approval.act_alone",
       .verb = Verb::post,
       .path = "/approvals/{id}/act-alone",
       .summary = {"应急操作：单人执行，事后补做复核", "Emergency act: carried out by one, checked afterwards"},
       .audit = "approval.acted_alone",
       .failures = {Code::wrong_state, Code::changed_meanwhile, Code::totp_required, Code::wrong_credentials},
       .example =
           R"({"digest":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","incident":"INC-2026-0113","reason":"复核人均无法联系","totp":"123456"})"},
      change(&act_alone));
  t.add({.id = "approval.check_after",
         .verb = Verb::post,
         .path = "/approvals/{id}/after-check",
         .summary = {"对应急操作补做复核", "Check an emergency act afterwards"},
         .permission = "approval.decide",
         .audit = "approval.checked_after",
         .failures = {Code::wrong_state, Code::changed_meanwhile},
         .example = R"({"outcome":"accepted","note":"情况属实"})"},
        change(&check_after));
}

}  // namespace quanji::api
