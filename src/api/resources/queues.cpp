#include "api/resources/queues.h"

#include "api/bind.h"
#include "services/queue_items.h"
#include "services/queues.h"

namespace quanji::api {

using namespace services;

namespace {

void queue_resources(Table& t) {
  t.add({.id = "queue.list",
         .verb = Verb::get,
         .path = "/queues",
         .summary = {"查询数据队列", "List data queues"},
         .permission = "queue.read"},
        list(queue_list_shape(), &list_queues));
  t.add({.id = "queue.read", .verb = Verb::get, .path = "/queues/{id}", .summary = {"查看数据队列", "Read a data queue"}, .point = true},
        read(&read_queue));
  t.add({.id = "queue.counts",
         .verb = Verb::get,
         .path = "/queues/{id}/counts",
         .summary = {"查看各状态的项数", "Count the items by state"},
         .permission = "queue.read"},
        read(&count_queue));
  t.add(
      {.id = "queue.create",
       .verb = Verb::post,
       .path = "/queues",
       .summary = {"新建数据队列", "Create a data queue"},
       .audit = "queue.created",
       .creates = true,
       .failures = {Code::name_taken, Code::wrong_state},
       .example =
           R"({"name":"reconcile","title":"待对账","order":"priority_then_age","leaseSeconds":600,"retries":3,"referencesUnique":"per_business_date","payloadSchema":{"type":"object","required":["account"],"properties":{"account":{"type":"string"}}}})"},
      change(&create_queue));
  t.add({.id = "queue.change",
         .verb = Verb::patch,
         .path = "/queues/{id}",
         .summary = {"修改数据队列", "Change a data queue"},
         .audit = "queue.changed",
         .failures = {Code::name_taken, Code::changed_meanwhile},
         .example = R"({"leaseSeconds":1800,"retries":5})"},
        change(&change_queue));
  t.add({.id = "queue.pause",
         .verb = Verb::post,
         .path = "/queues/{id}/pause",
         .summary = {"暂停：不再取出", "Pause: nothing is handed out"},
         .audit = "queue.paused",
         .failures = {Code::wrong_state, Code::changed_meanwhile},
         .example = R"({"reason":"对方系统维护"})"},
        change(&pause_queue));
  t.add({.id = "queue.drain",
         .verb = Verb::post,
         .path = "/queues/{id}/drain",
         .summary = {"排空：不再接收，已有的照常取出", "Drain: nothing is taken in, what is there is handed out"},
         .audit = "queue.drained",
         .failures = {Code::wrong_state, Code::changed_meanwhile},
         .example = R"({"reason":"准备下线"})"},
        change(&drain_queue));
  t.add({.id = "queue.resume",
         .verb = Verb::post,
         .path = "/queues/{id}/resume",
         .summary = {"恢复使用", "Resume"},
         .audit = "queue.resumed",
         .failures = {Code::wrong_state, Code::changed_meanwhile},
         .example = "{}"},
        change(&resume_queue));
  t.add({.id = "queue.delete",
         .verb = Verb::del,
         .path = "/queues/{id}",
         .summary = {"删除没有未结束项的队列", "Delete a queue in which nothing is open"},
         .audit = "queue.deleted",
         .failures = {Code::still_referenced, Code::changed_meanwhile},
         .example = R"({"reason":"不再使用"})"},
        change(&delete_queue));
}

void items_by_programs(Table& t) {
  t.add({.id = "queue.add",
         .verb = Verb::post,
         .path = "/queues/{id}/items",
         .summary = {"加入一项", "Add an item"},
         .audit = "queue.item_added",
         .audit_kind = AuditKind::history,
         .rate = Rate::client,
         .creates = true,
         .failures = {Code::name_taken, Code::wrong_state, Code::too_large},
         .example = R"({"reference":"A-600000","payload":{"account":"600000"},"priority":10,"businessDate":"2026-11-20"})"},
        batch<AddItem, QueueItem>(add_item));
  t.add(
      {.id = "queue.add_many",
       .verb = Verb::post,
       .path = "/queues/{id}/items/batch-add",
       .summary = {"批量加入，逐行给出结果", "Add many items; each row is answered"},
       .permission = "queue.add",
       .audit = "queue.items_added",
       .audit_kind = AuditKind::history,
       .rate = Rate::client,
       .creates = true,
       .failures = {Code::wrong_state},
       .example =
           R"({"items":[{"reference":"A-600000","payload":{"account":"600000"}},{"reference":"A-600001","payload":{"account":"600001"}}]})"},
      batch<AddItems, BulkAnswer>(add_items));
  t.add({.id = "queue.take",
         .verb = Verb::post,
         .path = "/queues/{id}/take",
         .summary = {"按次序取出若干项，附租约", "Take items in the queue's order, each with a lease"},
         .audit = "queue.items_taken",
         .audit_kind = AuditKind::history,
         .rate = Rate::client,
         .example = R"({"max":10,"leaseSeconds":600})"},
        batch<TakeItems, TakenItems>(take_items));
  t.add({.id = "queue.renew",
         .verb = Verb::post,
         .path = "/queues/{id}/items/{item}/renew",
         .summary = {"续租", "Renew the lease of an item"},
         .permission = "queue.take",
         .audit = "queue.item_renewed",
         .audit_kind = AuditKind::history,
         .rate = Rate::client,
         .failures = {Code::stale_token, Code::wrong_state},
         .example = R"({"leaseToken":1})"},
        batch<RenewItem, ItemEnd>(renew_item));
  t.add({.id = "queue.complete",
         .verb = Verb::post,
         .path = "/queues/{id}/items/{item}/complete",
         .summary = {"完成一项", "Complete an item"},
         .permission = "queue.take",
         .audit = "queue.item_completed",
         .audit_kind = AuditKind::history,
         .rate = Rate::client,
         .failures = {Code::stale_token, Code::wrong_state},
         .example = R"({"leaseToken":1,"output":{"matched":12}})"},
        batch<CompleteItem, ItemEnd>(complete_item));
  t.add(
      {.id = "queue.fail",
       .verb = Verb::post,
       .path = "/queues/{id}/items/{item}/fail",
       .summary = {"报告一项失败：业务异常不再尝试，系统异常按规则重试", "Report a failure: business is final, application is tried again"},
       .permission = "queue.take",
       .audit = "queue.item_failed",
       .audit_kind = AuditKind::history,
       .rate = Rate::client,
       .failures = {Code::stale_token, Code::wrong_state},
       .example = R"({"leaseToken":1,"kind":"application","code":"timeout","message":"对方系统无响应"})"},
      batch<FailItem, ItemEnd>(fail_item));
  t.add({.id = "queue.postpone",
         .verb = Verb::post,
         .path = "/queues/{id}/items/{item}/postpone",
         .summary = {"推迟一项", "Postpone an item"},
         .permission = "queue.take",
         .audit = "queue.item_postponed",
         .audit_kind = AuditKind::history,
         .rate = Rate::client,
         .failures = {Code::stale_token, Code::wrong_state},
         .example = R"({"leaseToken":1,"until":"2026-11-20T17:30:00.000+08:00","reason":"文件未到"})"},
        batch<PostponeItem, ItemEnd>(postpone_item));
}

void items_by_people(Table& t) {
  t.add({.id = "queue.list_items",
         .verb = Verb::get,
         .path = "/queues/{id}/items",
         .summary = {"查询队列项", "List the items of a queue"},
         .permission = "queue.read"},
        list(queue_item_list_shape(), &list_queue_items));
  t.add({.id = "queue.read_item",
         .verb = Verb::get,
         .path = "/queues/{id}/items/{item}",
         .summary = {"查看队列项", "Read an item"},
         .permission = "queue.read"},
        read(&read_queue_item));
  t.add({.id = "queue.read_item_history",
         .verb = Verb::get,
         .path = "/queues/{id}/items/{item}/history",
         .summary = {"查看队列项的经过与各次尝试", "Read what was done to an item, and its tries"},
         .permission = "queue.read"},
        read(&read_item_history));
  t.add({.id = "queue.hold",
         .verb = Verb::post,
         .path = "/queues/{id}/items/{item}/hold",
         .summary = {"搁置一项", "Keep an item back"},
         .audit = "queue.item_held",
         .failures = {Code::wrong_state, Code::changed_meanwhile},
         .example = R"({"reason":"客户资料待核"})"},
        change(&hold_item));
  t.add({.id = "queue.release",
         .verb = Verb::post,
         .path = "/queues/{id}/items/{item}/release",
         .summary = {"放行搁置的项", "Release an item that was kept back"},
         .permission = "queue.hold",
         .audit = "queue.item_released",
         .failures = {Code::wrong_state, Code::changed_meanwhile},
         .example = "{}"},
        change(&release_item));
  t.add({.id = "queue.retry",
         .verb = Verb::post,
         .path = "/queues/{id}/items/{item}/retry",
         .summary = {"重新尝试失败、放弃或过期的项", "Try again what failed, was abandoned or expired"},
         .audit = "queue.item_retried",
         .creates = true,
         .failures = {Code::wrong_state, Code::changed_meanwhile},
         .example = R"({"reason":"对方系统已恢复"})"},
        change(&retry_item));
  t.add({.id = "queue.delete_item",
         .verb = Verb::del,
         .path = "/queues/{id}/items/{item}",
         .summary = {"删除一项（内容清除，记录保留）", "Delete an item: its content goes, its record stays"},
         .audit = "queue.item_deleted",
         .failures = {Code::wrong_state, Code::changed_meanwhile},
         .example = R"({"reason":"重复录入"})"},
        change(&delete_item));
}

}  // namespace

void queues(Table& t) {
  queue_resources(t);
  items_by_programs(t);
  items_by_people(t);
}

}  // namespace quanji::api
