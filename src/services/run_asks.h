// What a run asks of queues and people, in the words of the treaty (wire/run_asks.h). The caller has looked that the attempt is alive, the
// robot's, and its token the newest, and says so by the QueueRun; a batch of such asks is for who binds them to make.
#pragma once
#include "services/human_tasks.h"
#include "services/queue_runs.h"
#include "wire/run_asks.h"

namespace quanji::services {

Result<wire::QueueAddAnswer> answer_queue_add(Change&, const QueueRun&, const wire::QueueAdd&);
Result<wire::QueueCountAnswer> answer_queue_count(const View&, const QueueRun&, const wire::QueueCount&);
Result<wire::QueueTakeAnswer> answer_queue_take(Change&, const QueueRun&, const wire::QueueTake&);
Result<wire::QueueRenewAnswer> answer_queue_renew(Change&, const QueueRun&, const wire::QueueRenew&);
Status answer_queue_complete(Change&, const QueueRun&, const wire::QueueComplete&);
Result<wire::QueueFailAnswer> answer_queue_fail(Change&, const QueueRun&, const wire::QueueFail&);
Status answer_queue_postpone(Change&, const QueueRun&, const wire::QueuePostpone&);

// `form` names a form of the flow's package: the caller has put its fields into `questions`, or refuses.
Result<wire::HumanTaskAnswer> answer_human_task_ask(Change&, const QueueRun&, const wire::HumanTaskAsk&);
// not_found: nothing was asked by that key.
Result<wire::HumanTaskAnswer> answer_human_task_read(const View&, const QueueRun&, const wire::HumanTaskRead&);
Status answer_human_task_withdraw(Change&, const QueueRun&, const wire::HumanTaskRead&);

}  // namespace quanji::services
