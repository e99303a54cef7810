#include "services/human_tasks.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/fields_json.h"
#include "services/authority.h"
#include "services/departments.h"
#include "services/events.h"
#include "services/lists.h"
#include "services/users.h"
#include "storage/queries.h"

namespace quanji::services {

using base::Code;
using base::Error;
using base::Text;
using domain::HumanTaskAct;
using domain::HumanTaskState;

namespace {
namespace sql = storage::sql;
constexpr std::int64_t title_length = 256, text_length = 65'536, reason_length = 500, shown_bytes = 256 << 10, form_bytes = 64 << 10,
                       answers_bytes = 64 << 10;
constexpr std::chrono::hours open_for{24 * 30};
constexpr std::string_view confirm_form =
    R"([{"name":"confirmed","title":"是否确认","type":"bool"},{"name":"note","title":"附言","type":"text","required":false}])";

HumanTaskEnded& ended() {
  static HumanTaskEnded the_one = nullptr;
  return the_one;
}
}  // namespace

QUANJI_FIELDS(HumanTask, QF(id, "人工任务标识", "Human task id"), QF(kind, "种类：填表或确认", "Kind: a form, or yes and no"),
              QF(title, "标题：问什么", "What is asked"), QF(text, "正文", "More about it"),
              QF(shown, "给人看的内容", "What the person sees"), QF(form, "表单字段", "Fields of the form"), QF(state, "状态", "State"),
              QF(department_id, "部门", "Department"), QF(role_id, "由此角色处理", "Role that is to do it"),
              QF(user_id, "由此人处理", "User who is to do it"), QF(expires_at, "时限", "When it expires"),
              QF(task, "发起的任务", "Task that asked"), QF(claimed_by_id, "领取人", "Who claimed it"),
              QF(claimed_by, "领取人账号", "Account of who claimed it"), QF(claimed_at, "领取时间", "When it was claimed"),
              QF(answers, "答复", "Answers"), QF(ended_by, "由谁结束", "Who ended it"), QF(ended_at, "结束时间", "When it ended"),
              QF(reason, "原因", "Why it was withdrawn or given to others"), QF(created_at, "创建时间", "When it was made"),
              QF(created_by, "创建人", "Who made it"), QF(updated_at, "更新时间", "When it last changed"),
              QF(updated_by, "更新人", "Who changed it last"), QF(revision, "版本号", "Revision"))
QUANJI_FIELDS(NewHumanTask, QF(kind, "种类：填表或确认", "Kind: a form, or yes and no", .fallback = "\"form\""),
              QF(title, "标题：问什么", "What is asked", .min = 1, .max = title_length, .pattern = &base::printable_pattern),
              QF(text, "正文", "More about it", .max = text_length, .pattern = &base::printable_pattern),
              QF(shown, "给人看的内容：JSON 对象", "What the person sees: a JSON object", .max = shown_bytes, .fallback = "{}"),
              QF(form, "表单字段：{name, title, type, required, choices} 的数组；确认不用给",
                 "Fields: an array of {name, title, type, required, choices}; none for yes and no", .max = form_bytes, .fallback = "[]"),
              QF(department_id, "部门；缺省为根部门", "Department; the root when not given"),
              QF(role_id, "由此角色处理", "Role that is to do it"), QF(user_id, "由此人处理", "User who is to do it"),
              QF(expires_at, "时限；缺省 30 天", "When it expires; in 30 days when not given"))
QUANJI_FIELDS(HumanTaskRef, QF(id, "人工任务标识", "Human task id", .flags = base::in_path))
QUANJI_FIELDS(HumanTaskAnswers, QF(id, "人工任务标识", "Human task id", .flags = base::in_path),
              QF(answers, "答复：字段到值", "Answers: field to value", .max = answers_bytes))
QUANJI_FIELDS(HumanTaskReason, QF(id, "人工任务标识", "Human task id", .flags = base::in_path),
              QF(reason, "原因", "Why", .min = 1, .max = reason_length, .pattern = &base::printable_pattern))
QUANJI_FIELDS(HumanTaskReassign, QF(id, "人工任务标识", "Human task id", .flags = base::in_path),
              QF(department_id, "改到此部门", "Department it goes to"), QF(role_id, "改由此角色处理", "Role that is to do it"),
              QF(user_id, "改由此人处理", "User who is to do it"),
              QF(reason, "原因", "Why", .min = 1, .max = reason_length, .pattern = &base::printable_pattern))
QUANJI_FIELDS(MyHumanTasks, QF(items, "我已领取或可领取的，先到的在前", "Those I claimed or may claim, the oldest in front", .max = 200),
              QF(more, "是否还有更多", "Whether there are others"))

namespace {

const ResourceList& tasks_list() {
  using storage::ColumnType;
  using storage::FilterOp;
  static const ResourceList list(
      storage::ListPlan{
          .name = "human_tasks",
          .from = "human_tasks",
          .columns = {"id",       "kind",     "title",      "text",       "shown",         "form",       "state",      "department_id",
                      "role_id",  "user_id",  "expires_at", "task",       "claimed_by_id", "claimed_by", "claimed_at", "answers",
                      "ended_by", "ended_at", "reason",     "created_at", "created_by",    "updated_at", "updated_by", "revision"},
          .filters = {{"state", "state", FilterOp::eq, ColumnType::text, "human_tasks_by_state"},
                      {"department_id", "department_id", FilterOp::eq, ColumnType::bytes, "human_tasks_by_department"},
                      {"user_id", "user_id", FilterOp::eq, ColumnType::bytes, "human_tasks_by_user"},
                      {"task", "task", FilterOp::eq, ColumnType::text, "human_tasks_by_task"},
                      {"kind", "kind", FilterOp::eq, ColumnType::text, ""},
                      {"created", "created_at", FilterOp::range, ColumnType::integer, "human_tasks_by_created"},
                      {"scope", "department_id", FilterOp::in, ColumnType::bytes, ""}},
          .sorts = {{"created_at", "created_at", ColumnType::integer, "human_tasks_by_created"}},
          .default_sort = "-created_at"},
      {{"state", &base::value_ops<HumanTaskState>, {"状态", "State"}},
       {"department_id", &base::value_ops<DepartmentId>, {"部门", "Department"}},
       {"user_id", &base::value_ops<UserId>, {"由此人处理", "User who is to do it"}},
       {"task", &base::value_ops<std::string>, {"发起的任务", "Task that asked"}},
       {"kind", &base::value_ops<HumanTaskKind>, {"种类", "Kind"}}});
  return list;
}

Result<std::optional<HumanTask>> find(const View& view, const HumanTaskId& id) {
  QUANJI_TRY(auto found, view.maybe<HumanTask>(sql::human_task_by_id, {{"id", id}}));
  if (found) found->state = domain::at(found->state, found->expires_at, view.now());
  return found;
}
bool named(const View& view, const HumanTask& task) {
  const auto& me = view.caller().user;
  return view.caller().kind == domain::CallerKind::user && !me.empty() && (task.user_id == me || task.claimed_by_id == me);
}
// As the caller may see it: who is named sees it wherever it belongs.
Result<HumanTask> seen(const View& view, const HumanTaskId& id) {
  QUANJI_TRY(auto found, find(view, id));
  if (!found || !(named(view, *found) || may(view, "human_task.read", found->department_id))) return Error(Code::not_found);
  return std::move(*found);
}

// Only a person signed in as himself: no client, also when it acts for him, and no robot decides.
Status human(const View& view) {
  const auto& caller = view.caller();
  if (caller.kind == domain::CallerKind::user && !caller.user.empty()) return {};
  return Error(Code::not_permitted, Text("人工任务只能由本人登录后领取和答复，接入方和机器人不能",
                                         "only a person signed in as himself claims and answers a human task: no client and no robot"));
}
Status may_do(const View& view, const HumanTask& task) {
  QUANJI_DO(human(view));
  const auto& me = view.caller().user;
  if (task.user_id) {
    if (*task.user_id == me) return {};
    return Error(Code::not_permitted, Text("此任务指定由他人处理", "this task is for somebody else"));
  }
  QUANJI_DO(allow(view, task.department_id));
  if (!task.role_id) return {};
  QUANJI_TRY(const auto row,
             view.row(sql::human_task_role_held, {{"department_id", task.department_id}, {"user_id", me}, {"role_id", *task.role_id}}));
  if (row && row->integer("n") > 0) return {};
  return Error(Code::not_permitted,
               Text("此任务由指定角色处理，您在该部门没有这个角色", "this task is for a role that you do not hold there"));
}
Status not_anothers(const View& view, const HumanTask& task) {
  if (!task.claimed_by_id || *task.claimed_by_id == view.caller().user) return {};
  return Error(Code::wrong_state, Text(fmt::format("已由 {} 领取", task.claimed_by.value_or("")),
                                       fmt::format("{} has claimed it", task.claimed_by.value_or(""))));
}

std::string stored(const HumanTask& task) { return base::to_json(task, base::Side::stored); }
void tell(Change& change, const HumanTask& task, std::string before, std::string reason = {}) {
  change.note() = {task.id.text(), task.title, task.department_id.ulid, std::move(before), stored(task), std::move(reason)};
}
Status announce(Change& change, std::string_view what, const HumanTask& task) {
  std::string body = R"({"title":)";
  base::append_json_string(body, task.title);
  body += fmt::format(R"(,"state":"{}","departmentId":"{}","task":)", base::word(task.state), task.department_id.text());
  base::append_json_string(body, task.task.value_or(""));
  body += R"(,"by":)";
  base::append_json_string(body, task.updated_by);
  body += '}';
  QUANJI_DO(emit(change, what, task.id.text(), body));
  return {};
}

Status write(Change& change, HumanTask& task) {
  task.updated_at = change.now();
  task.updated_by = actor(change);
  QUANJI_TRY(const auto n, change.run_with(sql::human_task_update, task));
  if (n != 1) return Error(Code::changed_meanwhile);
  ++task.revision;
  return {};
}
void end_by(Change& change, HumanTask& task) {
  task.ended_by = actor(change);
  task.ended_at = change.now();
}
Status tell_end(Change& change, std::string_view what, const HumanTask& task) {
  QUANJI_DO(announce(change, what, task));
  if (ended()) QUANJI_DO(ended()(change, task));
  return {};
}

Status check_people(const View& view, const std::optional<RoleId>& role, const std::optional<UserId>& user) {
  if (user) {
    QUANJI_TRY(const auto who, standing(view, *user));
    if (!who) return Error(Code::invalid_field).with_field("userId", Text("没有这个用户", "there is no such user"));
  }
  if (role) {
    QUANJI_TRY(const auto row, view.row(sql::role_by_id, {{"id", *role}}));
    if (!row) return Error(Code::invalid_field).with_field("roleId", Text("没有这个角色", "there is no such role"));
  }
  return {};
}

// The form and what is shown, as they are kept.
Status check_content(HumanTask& task, base::Time now) {
  if (task.kind == HumanTaskKind::confirm) {
    if (!task.form.text.empty() && task.form.text != "null" && task.form.text != "[]")
      return Error(Code::invalid_field).with_field("form", Text("确认不带表单", "yes and no has a form of its own"));
    task.form.text = confirm_form;
  }
  QUANJI_TRY(const auto form, domain::read_form(task.form.text, "form"));
  if (form.empty()) return Error(Code::invalid_field).with_field("form", Text("至少一个字段", "a form has a field at least"));
  if (task.shown.text.empty() || task.shown.text == "null") task.shown.text = "{}";
  QUANJI_TRY(const auto shown, base::parse_json(task.shown.text));
  if (!shown.is_object()) return Error(Code::invalid_field).with_field("shown", Text("应为 JSON 对象", "a JSON object is expected"));
  if (task.expires_at <= now) return Error(Code::invalid_field).with_field("expiresAt", Text("已经过去", "is over already"));
  return {};
}

Status insert(Change& change, HumanTask& task, const std::optional<std::string>& key) {
  task.id = change.new_id<HumanTaskId>();
  task.created_at = task.updated_at = change.now();
  task.created_by = task.updated_by = actor(change);
  task.revision = 1;
  const storage::Param extra[] = {{"ask_key", key}};
  QUANJI_DO(change.run_with(sql::human_task_insert, task, storage::Params(extra)));
  return announce(change, "human_task.created", task);
}

}  // namespace

const base::ListShape& human_task_list_shape() { return tasks_list().shape(); }
const storage::Listing& human_task_listing() { return tasks_list().listing(); }
Result<Page<HumanTask>> list_human_tasks(const View& view, const base::ListQuery& query) {
  QUANJI_TRY(auto page, tasks_list().read<HumanTask>(view, query));
  for (auto& task : page.items) task.state = domain::at(task.state, task.expires_at, view.now());
  return page;
}

Result<MyHumanTasks> my_human_tasks(const View& view, const base::Nothing&) {
  QUANJI_DO(human(view));
  MyHumanTasks mine;
  base::Time after_at;
  HumanTaskId after_id;
  for (;;) {
    QUANJI_TRY(auto some,
               view.all<HumanTask>(sql::human_tasks_maybe_of,
                                   {{"now", view.now()}, {"user_id", view.caller().user}, {"after_at", after_at}, {"after_id", after_id}}));
    if (some.empty()) return mine;
    after_at = some.back().created_at;
    after_id = some.back().id;
    for (auto& task : some) {
      if (task.claimed_by_id != view.caller().user && !may_do(view, task)) continue;
      if (mine.items.size() == 200) {
        mine.more = true;
        return mine;
      }
      mine.items.push_back(std::move(task));
    }
  }
}

Result<HumanTask> read_human_task(const View& view, const HumanTaskRef& ref) { return seen(view, ref.id); }

Result<HumanTask> create_human_task(Change& change, const NewHumanTask& in) {
  HumanTask task;
  task.kind = in.kind;
  task.title = in.title;
  task.text = in.text;
  task.shown = in.shown;
  task.form = in.form;
  task.department_id = in.department_id.value_or(domain::root_department);
  QUANJI_DO(allow(change, task.department_id));
  QUANJI_DO(takes_new(change, task.department_id, "departmentId"));
  task.role_id = in.role_id;
  task.user_id = in.user_id;
  QUANJI_DO(check_people(change, task.role_id, task.user_id));
  task.expires_at = in.expires_at.value_or(change.now().plus(open_for));
  QUANJI_DO(check_content(task, change.now()));
  QUANJI_DO(insert(change, task, {}));
  tell(change, task, {});
  return task;
}

Result<HumanTask> claim_human_task(Change& change, const HumanTaskRef& ref) {
  QUANJI_TRY(auto task, seen(change, ref.id));
  QUANJI_DO(may_do(change, task));
  QUANJI_DO(expect_revision(change, task.revision));
  QUANJI_DO(not_anothers(change, task));
  const auto before = stored(task);
  QUANJI_TRY(task.state, domain::after(task.state, HumanTaskAct::claim));
  task.claimed_by_id = change.caller().user;
  task.claimed_by = actor(change);
  task.claimed_at = change.now();
  QUANJI_DO(write(change, task));
  QUANJI_DO(announce(change, "human_task.claimed", task));
  tell(change, task, before);
  return task;
}

Result<HumanTask> give_back_human_task(Change& change, const HumanTaskRef& ref) {
  QUANJI_TRY(auto task, seen(change, ref.id));
  QUANJI_DO(human(change));
  QUANJI_DO(expect_revision(change, task.revision));
  QUANJI_DO(not_anothers(change, task));
  const auto before = stored(task);
  QUANJI_TRY(task.state, domain::after(task.state, HumanTaskAct::give_back));
  task.claimed_by_id.reset();
  task.claimed_by.reset();
  task.claimed_at.reset();
  QUANJI_DO(write(change, task));
  QUANJI_DO(announce(change, "human_task.given_back", task));
  tell(change, task, before);
  return task;
}

Result<HumanTask> complete_human_task(Change& change, const HumanTaskAnswers& in) {
  QUANJI_TRY(auto task, seen(change, in.id));
  QUANJI_DO(may_do(change, task));
  QUANJI_DO(expect_revision(change, task.revision));
  QUANJI_DO(not_anothers(change, task));
  const auto before = stored(task);
  QUANJI_TRY(task.state, domain::after(task.state, HumanTaskAct::complete));
  QUANJI_TRY(const auto form, domain::read_form(task.form.text, "form"));
  QUANJI_TRY(auto answers, domain::check_answers(form, in.answers.text, "answers"));
  task.answers = base::JsonText{std::move(answers)};
  end_by(change, task);
  QUANJI_DO(write(change, task));
  QUANJI_DO(tell_end(change, "human_task.done", task));
  tell(change, task, before);
  return task;
}

Result<HumanTask> withdraw_human_task(Change& change, const HumanTaskReason& in) {
  QUANJI_TRY(auto task, seen(change, in.id));
  QUANJI_DO(allow(change, task.department_id));
  QUANJI_DO(expect_revision(change, task.revision));
  const auto before = stored(task);
  QUANJI_TRY(task.state, domain::after(task.state, HumanTaskAct::withdraw));
  task.reason = in.reason;
  end_by(change, task);
  QUANJI_DO(write(change, task));
  QUANJI_DO(tell_end(change, "human_task.withdrawn", task));
  tell(change, task, before, in.reason);
  return task;
}

Result<HumanTask> reassign_human_task(Change& change, const HumanTaskReassign& in) {
  QUANJI_TRY(auto task, seen(change, in.id));
  QUANJI_DO(allow(change, task.department_id));
  QUANJI_DO(expect_revision(change, task.revision));
  const auto before = stored(task);
  QUANJI_TRY(task.state, domain::after(task.state, HumanTaskAct::reassign));
  if (in.department_id) {
    QUANJI_DO(allow(change, *in.department_id));
    QUANJI_DO(takes_new(change, *in.department_id, "departmentId"));
    task.department_id = *in.department_id;
  }
  QUANJI_DO(check_people(change, in.role_id, in.user_id));
  task.role_id = in.role_id;
  task.user_id = in.user_id;
  task.claimed_by_id.reset();
  task.claimed_by.reset();
  task.claimed_at.reset();
  task.reason = in.reason;
  QUANJI_DO(write(change, task));
  QUANJI_DO(announce(change, "human_task.reassigned", task));
  tell(change, task, before, in.reason);
  return task;
}

Result<HumanTask> ask_for_run(Change& change, const QueueRun& run, std::string_view key, const HumanQuestion& question) {
  QUANJI_TRY(auto earlier, asked_by_run(change, run.task, key));
  if (earlier) return std::move(*earlier);
  HumanTask task;
  task.kind = question.kind;
  task.title = question.title;
  if (!question.text.empty()) task.text = question.text;
  task.shown = question.shown;
  task.form = question.form;
  task.department_id = run.department;
  task.task = run.task.text();
  if (!question.for_whom.empty()) {
    QUANJI_TRY(const auto who, standing_of_account(change, question.for_whom));
    if (who) {
      task.user_id = who->id;
    } else {
      QUANJI_TRY(const auto role, change.row(sql::role_named, {{"name", question.for_whom}}));
      if (!role)
        return Error(Code::not_found, Text(fmt::format("没有账号或角色“{}”", question.for_whom),
                                           fmt::format("there is no account and no role \"{}\"", question.for_whom)));
      task.role_id = role->id<RoleId>("id");
    }
  }
  task.expires_at = question.expires_at.value_or(change.now().plus(open_for));
  // A run that asks late still asks: the answer is that nobody answered in time.
  QUANJI_DO(check_content(task, base::Time{task.expires_at.micros - 1}));
  QUANJI_DO(insert(change, task, std::string(key)));
  return task;
}

Result<std::optional<HumanTask>> asked_by_run(const View& view, const domain::TaskId& task, std::string_view key) {
  const auto text = task.text();
  QUANJI_TRY(const auto row, view.row(sql::human_task_by_key, {{"task", text}, {"ask_key", key}}));
  if (!row) return std::optional<HumanTask>();
  return find(view, row->id<HumanTaskId>("id"));
}

Status withdraw_for_run(Change& change, const QueueRun& run, std::string_view key) {
  QUANJI_TRY(auto task, asked_by_run(change, run.task, key));
  if (!task || domain::is_over(task->state)) return {};
  QUANJI_TRY(task->state, domain::after(task->state, HumanTaskAct::withdraw));
  end_by(change, *task);
  QUANJI_DO(write(change, *task));
  return tell_end(change, "human_task.withdrawn", *task);
}

void on_human_task_end(HumanTaskEnded hook) { ended() = hook; }

namespace {
Result<std::int64_t> open_in(const View& view, const DepartmentId& id) {
  QUANJI_TRY(const auto row, view.row(sql::human_task_department_count, {{"id", id}}));
  return row ? row->integer("n") : 0;
}
Result<std::int64_t> open_of(const View& view, const UserId& id) {
  QUANJI_TRY(const auto row, view.row(sql::human_tasks_of_user_count, {{"user_id", id}}));
  return row ? row->integer("n") : 0;
}
Status hand_over(Change& change, const UserId& from, const UserId& to) {
  QUANJI_DO(change.run(sql::human_tasks_hand_over, {{"from", from}, {"to", to}, {"now", change.now()}, {"actor", actor(change)}}));
  return {};
}
}  // namespace

void join_human_tasks() {
  static const bool joined = [] {
    register_department_contents({{"未结束的人工任务", "open human tasks"}, &open_in});
    register_ownership({{"指定由其处理的人工任务", "human tasks that name him"}, &open_of, &hand_over});
    return true;
  }();
  (void)joined;
}

Result<std::int64_t> expire_human_tasks(Change& change, std::int64_t limit) {
  QUANJI_TRY(const auto rows, change.rows(sql::human_tasks_past, {{"now", change.now()}, {"limit", limit}}));
  for (const auto row : rows) {
    QUANJI_TRY(auto task, change.maybe<HumanTask>(sql::human_task_by_id, {{"id", row.id<HumanTaskId>("id")}}));
    if (!task) continue;
    QUANJI_TRY(task->state, domain::after(task->state, HumanTaskAct::expire));
    end_by(change, *task);
    QUANJI_DO(write(change, *task));
    QUANJI_DO(tell_end(change, "human_task.expired", *task));
  }
  return static_cast<std::int64_t>(rows.size());
}

}  // namespace quanji::services
