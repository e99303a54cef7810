#include "api/resources/human_tasks.h"

#include "api/bind.h"
#include "services/human_tasks.h"

namespace quanji::api {

using namespace services;

void human_tasks(Table& t) {
  t.add({.id = "human_task.list",
         .verb = Verb::get,
         .path = "/human-tasks",
         .summary = {"查询人工任务", "List human tasks"},
         .permission = "human_task.read"},
        list(human_task_list_shape(), &list_human_tasks));
  // Who is named by a task may do it wherever it belongs; the service judges each.
  t.add({.id = "human_task.list_mine",
         .verb = Verb::get,
         .path = "/human-tasks/mine",
         .summary = {"查询我可处理的人工任务", "List the human tasks I may do"},
         .permission = "-"},
        read(&my_human_tasks));
  t.add({.id = "human_task.read",
         .verb = Verb::get,
         .path = "/human-tasks/{id}",
         .summary = {"查看人工任务", "Read a human task"},
         .point = true},
        read(&read_human_task));
  t.add(
      {.id = "human_task.create",
       .verb = Verb::post,
       .path = "/human-tasks",
       .summary = {"发起人工任务", "Ask a person"},
       .audit = "human_task.created",
       .creates = true,
       .failures = {Code::wrong_state},
       .example =
           R"({"title":"补录交收","text":"清单里缺交收日与金额","form":[{"name":"settle_date","title":"交收日","type":"date"},{"name":"amount","title":"金额","type":"decimal"},{"name":"remark","title":"备注","required":false}]})"},
      change(&create_human_task));
  t.add({.id = "human_task.claim",
         .verb = Verb::post,
         .path = "/human-tasks/{id}/claim",
         .summary = {"领取", "Claim: keep it for myself"},
         .permission = "human_task.complete",
         .audit = "human_task.claimed",
         .failures = {Code::wrong_state, Code::changed_meanwhile},
         .example = "{}"},
        change(&claim_human_task));
  t.add({.id = "human_task.give_back",
         .verb = Verb::post,
         .path = "/human-tasks/{id}/give-back",
         .summary = {"退回已领取的任务", "Give back what I claimed"},
         .permission = "human_task.complete",
         .audit = "human_task.given_back",
         .failures = {Code::wrong_state, Code::changed_meanwhile},
         .example = "{}"},
        change(&give_back_human_task));
  t.add({.id = "human_task.complete",
         .verb = Verb::post,
         .path = "/human-tasks/{id}/complete",
         .summary = {"答复，经核对后流程继续", "Answer: checked by the form, then the flow goes on"},
         .audit = "human_task.completed",
         .failures = {Code::wrong_state, Code::changed_meanwhile},
         .example = R"({"answers":{"settle_date":"2026-11-20","amount":"12.30"}})"},
        change(&complete_human_task));
  t.add({.id = "human_task.withdraw",
         .verb = Verb::post,
         .path = "/human-tasks/{id}/withdraw",
         .summary = {"撤回", "Withdraw"},
         .audit = "human_task.withdrawn",
         .failures = {Code::wrong_state, Code::changed_meanwhile},
         .example = R"({"reason":"已由他处补录"})"},
        change(&withdraw_human_task));
  t.add({.id = "human_task.reassign",
         .verb = Verb::post,
         .path = "/human-tasks/{id}/reassign",
         .summary = {"改派", "Give it to others"},
         .audit = "human_task.reassigned",
         .failures = {Code::wrong_state, Code::changed_meanwhile},
         .example = R"({"userId":"usr_01ARYZ6S41TSV4RRFFQ69G5FAV","reason":"原处理人休假"})"},
        change(&reassign_human_task));
}

}  // namespace quanji::api
