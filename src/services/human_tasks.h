// Human tasks: a form that a flow waits on, answered by a person.
//
// Who may: the user that is named; else who holds the role that is named, in the task's department; else anybody with the right there.
// Only a person signed in as himself claims and answers: no client, also when it acts for a person, and no robot. Claiming keeps others
// away; it is not needed to answer. Answers are checked by the form, so a run never gets a value of another type than it asked for.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/list_query.h"
#include "domain/form_fields.h"
#include "domain/human_task_states.h"
#include "domain/ids.h"
#include "services/queue_runs.h"
#include "services/rights.h"
#include "storage/listing.h"

namespace quanji::services {

using domain::HumanTaskId;
using domain::RoleId;
using domain::UserId;

// confirm: its form is confirmed (bool) and note (text).
enum class HumanTaskKind : std::uint8_t { form, confirm };

struct HumanTask {
  HumanTaskId id;
  HumanTaskKind kind = HumanTaskKind::form;
  std::string title;
  std::optional<std::string> text;
  base::JsonText shown;  // an object: values and files the person sees
  base::JsonText form;   // of domain/form_fields.h
  domain::HumanTaskState state = domain::HumanTaskState::open;
  DepartmentId department_id;
  std::optional<RoleId> role_id;
  std::optional<UserId> user_id;
  base::Time expires_at;
  std::optional<std::string> task;  // the task whose run asked
  std::optional<UserId> claimed_by_id;
  std::optional<std::string> claimed_by;
  std::optional<base::Time> claimed_at;
  std::optional<base::JsonText> answers;
  std::optional<std::string> ended_by;
  std::optional<base::Time> ended_at;
  std::optional<std::string> reason;  // why it was withdrawn or given to others
  base::Time created_at;
  std::string created_by;
  base::Time updated_at;
  std::string updated_by;
  std::int64_t revision = 0;
  static const base::FieldList& fields();
};
struct NewHumanTask {
  HumanTaskKind kind = HumanTaskKind::form;
  std::string title;
  std::optional<std::string> text;
  base::JsonText shown, form;
  std::optional<DepartmentId> department_id;  // absent: the root department
  std::optional<RoleId> role_id;
  std::optional<UserId> user_id;
  std::optional<base::Time> expires_at;  // absent: in 30 days
  static const base::FieldList& fields();
};
struct HumanTaskRef {
  HumanTaskId id;
  static const base::FieldList& fields();
};
struct HumanTaskAnswers {
  HumanTaskId id;
  base::JsonText answers;
  static const base::FieldList& fields();
};
struct HumanTaskReason {
  HumanTaskId id;
  std::string reason;
  static const base::FieldList& fields();
};
struct HumanTaskReassign {
  HumanTaskId id;
  std::optional<DepartmentId> department_id;  // absent: as before
  std::optional<RoleId> role_id;              // with the user, what is absent is nobody in particular
  std::optional<UserId> user_id;
  std::string reason;
  static const base::FieldList& fields();
};
struct MyHumanTasks {
  std::vector<HumanTask> items;  // the oldest in front
  bool more = false;             // there are others than the first 200
  static const base::FieldList& fields();
};

const base::ListShape& human_task_list_shape();
const storage::Listing& human_task_listing();
Result<Page<HumanTask>> list_human_tasks(const View&, const base::ListQuery&);
// What the caller has claimed or may claim now.
Result<MyHumanTasks> my_human_tasks(const View&, const base::Nothing&);
Result<HumanTask> read_human_task(const View&, const HumanTaskRef&);
Result<HumanTask> create_human_task(Change&, const NewHumanTask&);
Result<HumanTask> claim_human_task(Change&, const HumanTaskRef&);
Result<HumanTask> give_back_human_task(Change&, const HumanTaskRef&);
Result<HumanTask> complete_human_task(Change&, const HumanTaskAnswers&);
Result<HumanTask> withdraw_human_task(Change&, const HumanTaskReason&);
Result<HumanTask> reassign_human_task(Change&, const HumanTaskReassign&);

// ---- for runs: the caller has looked that the attempt is alive and the robot's ----
struct HumanQuestion {
  HumanTaskKind kind = HumanTaskKind::form;
  std::string title, text;
  base::JsonText shown, form;
  std::string for_whom;  // an account or a role's name; empty: anybody with the right in the run's department
  std::optional<base::Time> expires_at;
};
// The same key of the same task again answers what was asked the first time, however it stands now. not_found: no such account or role.
Result<HumanTask> ask_for_run(Change&, const QueueRun& run, std::string_view key, const HumanQuestion& question);
Result<std::optional<HumanTask>> asked_by_run(const View&, const domain::TaskId& task, std::string_view key);
// What is over stays as it is.
Status withdraw_for_run(Change&, const QueueRun& run, std::string_view key);

// Called in the change that ended a task (done, expired, withdrawn): a run that waits for it goes on. Set once before anything is served.
using HumanTaskEnded = Status (*)(Change&, const HumanTask&);
void on_human_task_end(HumanTaskEnded ended);

// Once before anything is served: departments and users learn what open tasks they have.
void join_human_tasks();

// The clock: how many there were.
Result<std::int64_t> expire_human_tasks(Change&, std::int64_t limit = 100);

}  // namespace quanji::services
QUANJI_ENUM(quanji::services::HumanTaskKind, "form", "confirm");
