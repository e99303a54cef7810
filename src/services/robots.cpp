#include "services/robots.h"

#include <fmt/format.h>

#include "base/fields_json.h"
#include "services/authority.h"
#include "services/lists.h"
#include "storage/queries.h"

namespace quanji::services {
namespace {

using base::Code;
using base::Error;
namespace sql = storage::sql;

constexpr std::chrono::minutes code_life{15};
constexpr std::chrono::hours certificate_life{24 * 30};

RobotPorts& ports() {
  static RobotPorts the_ports;
  return the_ports;
}

const ResourceList& robots_list() {
  static const ResourceList list(
      storage::ListPlan{
          .name = "robots",
          .from = "robots",
          .columns = {"id", "name", "title", "department_id", "state", "certificate_until", "version", "os", "arch", "slots", "created_at",
                      "created_by", "updated_at", "updated_by", "revision"},
          .filters = {{"name", "name", storage::FilterOp::eq, storage::ColumnType::text, "robots_name"},
                      {"department_id", "department_id", storage::FilterOp::eq, storage::ColumnType::bytes, "robots_by_department"},
                      {"scope", "department_id", storage::FilterOp::in, storage::ColumnType::bytes, "robots_by_department"}},
          .sorts = {{"created_at", "created_at", storage::ColumnType::integer, "robots_by_created"}},
          .default_sort = "-created_at",
          .size = storage::ListPlan::Size::small},
      {{"name", &base::value_ops<std::string>, {"名称", "Name"}},
       {"department_id", &base::value_ops<domain::DepartmentId>, {"部门", "Department"}}});
  return list;
}

Result<Robot> load(const View& view, const domain::RobotId& id) {
  QUANJI_TRY(auto robot, view.maybe<Robot>(sql::robot_by_id, {{"id", id}}));
  if (!robot) return Error(Code::not_found);
  QUANJI_DO(allow(view, robot->department_id));
  if (ports().presence) ports().presence->fill(*robot);
  return std::move(*robot);
}

Result<Robot> set_state(Change& change, const domain::RobotId& id, RobotEntry state) {
  QUANJI_TRY(auto robot, load(change, id));
  QUANJI_DO(expect_revision(change, robot.revision));
  if (robot.state == RobotEntry::revoked)
    return Error(Code::wrong_state, base::Text("机器人已吊销，需要重新注册", "the robot is revoked: it has to be enrolled again"));
  auto& note = change.note();
  note = {
      .target = id.text(), .name = robot.name, .department = robot.department_id.ulid, .before = base::to_json(robot, base::Side::stored)};
  QUANJI_TRY(const auto rows,
             change.run(sql::robot_set_state,
                        {{"id", id}, {"state", state}, {"now", change.now()}, {"actor", actor(change)}, {"revision", robot.revision}}));
  if (rows != 1) return Error(Code::changed_meanwhile);
  robot.state = state;
  robot.updated_at = change.now();
  robot.updated_by = actor(change);
  ++robot.revision;
  note.after = base::to_json(robot, base::Side::stored);
  if (state == RobotEntry::enabled) {
    // Its certificate is learnt again from the row, which this change has not committed yet.
    QUANJI_TRY(const auto row, change.row(sql::robot_fingerprint, {{"id", id}}));
    if (row)
      change.after_commit([print = std::string(row->text("fingerprint")), known = Presence::Known{id, robot.name, robot.department_id}] {
        if (ports().presence) ports().presence->learn(print, known);
      });
  } else {
    change.after_commit([id] {
      if (ports().presence) ports().presence->forget(id);
      if (ports().cut_off) ports().cut_off(id);
    });
  }
  return robot;
}

// One statement a report on purpose: both databases run them in one transaction with one commit, which is what a batch is for; a statement
// over arrays would be another one on each of them and saves what the commit costs a hundred times over.
void run_reports(Change& change, std::span<storage::BatchCall* const> calls) {
  for (auto* call : calls) {
    const auto& report = *static_cast<const wire::TaskReport*>(call->in);
    const auto body = base::to_json(report, base::Side::stored);
    const auto written = change.run(sql::report_insert, {{"task", report.task},
                                                         {"attempt", report.attempt},
                                                         {"seq", report.seq},
                                                         {"robot_id", call->caller->robot},
                                                         {"token", report.token},
                                                         {"kind", report.kind},
                                                         {"body", body},
                                                         {"at", report.at},
                                                         {"received_at", change.now()}});
    if (!written) {
      call->result = written.error().clone();
      continue;
    }
    static_cast<ReportAnswer*>(call->out)->repeated = *written == 0;
    if (*written == 1 && report.kind == wire::ReportKind::finished) {
      const auto finished = change.run(sql::trial_finished, {{"attempt", report.attempt}});
      if (!finished) call->result = finished.error().clone();
    }
  }
}

}  // namespace

const storage::BatchOperation take_reports{"task.report", &run_reports, storage::Priority::finish};

void set_robot_ports(RobotPorts given) { ports() = std::move(given); }
const RobotPorts& robot_ports() { return ports(); }

void Presence::learn(const std::string& fingerprint, Known known) {
  const std::scoped_lock lock(mutex_);
  by_fingerprint_[fingerprint] = std::move(known);
}
void Presence::forget(const domain::RobotId& robot) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(by_fingerprint_, [&](const auto& entry) { return entry.second.robot == robot; });
  live_.erase(robot.ulid);
}
std::optional<Presence::Known> Presence::by_certificate(const std::string& fingerprint) const {
  const std::scoped_lock lock(mutex_);
  const auto found = by_fingerprint_.find(fingerprint);
  if (found == by_fingerprint_.end()) return std::nullopt;
  return found->second;
}
void Presence::connected(const domain::RobotId& robot) {
  const std::scoped_lock lock(mutex_);
  live_[robot.ulid].connected = true;
}
void Presence::disconnected(const domain::RobotId& robot) {
  const std::scoped_lock lock(mutex_);
  if (const auto found = live_.find(robot.ulid); found != live_.end()) found->second.connected = false;
}
void Presence::beat(const domain::RobotId& robot, base::Time at) {
  const std::scoped_lock lock(mutex_);
  live_[robot.ulid].beat_at = at;
}
void Presence::answered(const domain::RobotId& robot, wire::RobotFacts facts) {
  const std::scoped_lock lock(mutex_);
  live_[robot.ulid].facts = std::move(facts);
}
void Presence::fill(Robot& robot) const {
  const std::scoped_lock lock(mutex_);
  const auto found = live_.find(robot.id.ulid);
  robot.connected = found != live_.end() && found->second.connected;
  if (found == live_.end()) return;
  robot.last_beat_at = found->second.beat_at;
  robot.facts = found->second.facts;
}
std::size_t Presence::connected_count() const {
  const std::scoped_lock lock(mutex_);
  return static_cast<std::size_t>(std::count_if(live_.begin(), live_.end(), [](const auto& entry) { return entry.second.connected; }));
}

Status learn_robots(const View& view) {
  domain::RobotId after;
  for (;;) {
    QUANJI_TRY(const auto rows, view.rows(sql::robot_fingerprints, {{"after", after}}));
    for (const auto row : rows) {
      after = row.id<domain::RobotId>("id");
      if (ports().presence)
        ports().presence->learn(std::string(row.text("fingerprint")),
                                {after, std::string(row.text("name")), row.id<domain::DepartmentId>("department_id")});
    }
    if (rows.empty()) return {};
  }
}

const base::ListShape& robot_list_shape() { return robots_list().shape(); }
const storage::Listing& robot_listing() { return robots_list().listing(); }
Result<base::Page<Robot>> list_robots(const View& view, const base::ListQuery& query) {
  QUANJI_TRY(auto page, robots_list().read<Robot>(view, query));
  if (ports().presence)
    for (auto& robot : page.items) ports().presence->fill(robot);
  return page;
}
Result<Robot> read_robot(const View& view, const RobotRef& ref) { return load(view, ref.id); }

Result<Enrolment> create_enrolment(Change& change, const NewEnrolment& in) {
  const auto department = in.department_id.value_or(domain::root_department);
  QUANJI_DO(allow(change, department));
  QUANJI_TRY(const auto taken, change.row(sql::robot_by_name, {{"name", in.name}}));
  if (taken) return Error(Code::name_taken, base::Text("已有同名机器人：" + in.name, "there is a robot of this name: " + in.name));
  const auto code = wire::EnrolmentCode::make(change.random(), ports().authority_spki);
  Enrolment made;
  made.id = change.new_id<domain::EnrolmentId>();
  made.expires_at = change.now().plus(code_life);
  const auto digest = base::sha256(code.secret.reveal());
  QUANJI_TRY(const auto rows, change.run(sql::enrolment_insert, {{"id", made.id},
                                                                 {"secret_digest", storage::Bytes(digest)},
                                                                 {"robot_name", in.name},
                                                                 {"department_id", department},
                                                                 {"expires_at", made.expires_at},
                                                                 {"now", change.now()},
                                                                 {"actor", actor(change)}}));
  if (rows != 1) return Error(Code::bug, "enrolment code was not stored");
  change.note() = {.target = made.id.text(), .name = in.name, .department = department.ulid};
  const auto text = code.text();
  made.code = text.reveal();
  return made;
}

Result<wire::EnrolAnswer> enrol_robot(Change& change, const wire::EnrolRequest& in) {
  const auto digest = base::sha256(in.code.reveal());
  QUANJI_TRY(const auto row, change.row(sql::enrolment_take, {{"secret_digest", storage::Bytes(digest)}, {"now", change.now()}}));
  if (!row)
    return Error(Code::wrong_credentials,
                 base::Text("注册码不正确、已使用或已过期，请重新生成", "the enrolment code is wrong, used or too old: make a new one"));
  const auto department = row->id<domain::DepartmentId>("department_id");
  const std::string name(row->text("robot_name"));
  QUANJI_TRY(const auto taken, change.row(sql::robot_by_name, {{"name", name}}));
  if (taken) return Error(Code::name_taken, base::Text("已有同名机器人：" + name, "there is a robot of this name: " + name));

  wire::EnrolAnswer answer;
  const auto id = change.new_id<domain::RobotId>();
  answer.robot.ulid = id.ulid;
  answer.name = name;
  const base::Validity life{change.now().plus(-std::chrono::minutes(5)), change.now().plus(certificate_life)};
  QUANJI_TRY(answer.certificate,
             base::issue_client_certificate(*ports().authority, in.request, {id.text(), "Quanji robot"}, life, change.random()));
  answer.authority = ports().authority->certificate_pem;
  answer.renew_after = change.now().plus(certificate_life * 2 / 3);
  QUANJI_TRY(const auto facts, base::read_certificate(answer.certificate));
  const auto fingerprint = base::hex(facts.fingerprint);
  QUANJI_TRY(const auto rows, change.run(sql::robot_insert, {{"id", id},
                                                             {"name", name},
                                                             {"department_id", department},
                                                             {"fingerprint", fingerprint},
                                                             {"certificate_until", life.until},
                                                             {"version", in.version},
                                                             {"os", in.os},
                                                             {"arch", in.arch},
                                                             {"slots", in.slots},
                                                             {"now", change.now()},
                                                             {"actor", name}}));
  if (rows != 1) return Error(Code::bug, "robot was not stored");
  change.note() = {.target = id.text(), .name = name, .department = department.ulid};
  change.after_commit([fingerprint, known = Presence::Known{id, name, department}] {
    if (ports().presence) ports().presence->learn(fingerprint, known);
  });
  return answer;
}

Result<Robot> disable_robot(Change& change, const RobotRef& ref) { return set_state(change, ref.id, RobotEntry::disabled); }
Result<Robot> enable_robot(Change& change, const RobotRef& ref) { return set_state(change, ref.id, RobotEntry::enabled); }
Result<Robot> revoke_robot(Change& change, const RobotRef& ref) { return set_state(change, ref.id, RobotEntry::revoked); }

Result<Trial> create_trial(Change& change, const NewTrial& in) {
  QUANJI_TRY(const auto robot, load(change, in.id));
  if (robot.state != RobotEntry::enabled) return Error(Code::wrong_state, base::Text("机器人未启用", "the robot is not enabled"));
  Trial trial;
  trial.task = change.new_id<domain::TaskId>();
  trial.attempt = change.new_id<domain::AttemptId>();
  trial.robot_id = in.id;
  trial.state = "waiting";
  trial.created_at = change.now();
  trial.created_by = actor(change);
  std::string document = R"({"quanji":1,"flow":"trial","outputs":{"result":{}},"steps":[{"set":{"result":)";
  base::append_json_string(document, "=" + in.expression);
  document += R"(}},{"return":{"result":"=result"}}]})";
  QUANJI_TRY(const auto rows, change.run(sql::trial_insert, {{"task", trial.task},
                                                             {"attempt", trial.attempt},
                                                             {"robot_id", in.id},
                                                             {"document", document},
                                                             {"now", change.now()},
                                                             {"actor", trial.created_by}}));
  if (rows != 1) return Error(Code::bug, "trial was not stored");
  change.note() = {.target = trial.task.text(), .name = robot.name, .department = robot.department_id.ulid};
  change.after_commit([id = in.id] {
    if (ports().work_waits) ports().work_waits(id);
  });
  return trial;
}

Result<Trial> read_trial(const View& view, const TrialRef& ref) {
  QUANJI_TRY(const auto row, view.row(sql::trial_by_task, {{"task", ref.task}}));
  if (!row) return Error(Code::not_found);
  QUANJI_DO(allow(view, row->id<domain::DepartmentId>("department_id")));
  Trial trial;
  trial.task = row->id<domain::TaskId>("task");
  trial.attempt = row->id<domain::AttemptId>("attempt");
  trial.robot_id = row->id<domain::RobotId>("robot_id");
  if (trial.robot_id != ref.id) return Error(Code::not_found);
  trial.state = row->text("state");
  if (!row->is_null("decision")) trial.decision = row->text("decision");
  trial.created_at = row->time("created_at");
  trial.created_by = row->text("created_by");
  QUANJI_TRY(trial.reports, view.all<Report>(sql::reports_of_task, {{"attempt", trial.attempt}}));
  return trial;
}

Result<std::vector<WaitingTrial>> waiting_trials(const View& view, const domain::RobotId& robot) {
  return view.all<WaitingTrial>(sql::trials_waiting, {{"robot_id", robot}});
}

Status decide_trial(Change& change, const domain::AttemptId& attempt, const wire::OfferAnswer& answer) {
  const bool accepted = answer.decision == wire::OfferDecision::accept;
  // Busy or stopping is no verdict: the offer waits for the robot's next connection or free slot.
  if (!accepted && answer.reason && (*answer.reason == "no_free_slot" || *answer.reason == "shutting_down")) return {};
  QUANJI_TRY(
      [[maybe_unused]] const auto rows,
      change.run(sql::trial_decided, {{"attempt", attempt}, {"state", accepted ? "accepted" : "refused"}, {"decision", answer.reason}}));
  return {};
}

Result<wire::BeatAnswer> take_beat(const domain::Caller& caller, const wire::Beat&) {
  wire::BeatAnswer answer;
  answer.at = ports().clock->now();
  if (ports().presence) ports().presence->beat(caller.robot, *answer.at);
  return answer;
}

QUANJI_FIELDS(Robot, QF(id, "标识", "Id", .flags = base::read_only), QF(name, "名称", "Name", .pattern = &base::name_pattern),
              QF(title, "显示名", "Title"), QF(department_id, "部门", "Department"), QF(state, "登记状态", "Whether it may work"),
              QF(certificate_until, "证书到期", "Certificate valid until"), QF(version, "程序版本", "Program version"),
              QF(os, "操作系统", "Operating system"), QF(arch, "架构", "Architecture"), QF(slots, "并行数", "Slots"),
              QF(connected, "是否在线", "Connected to this node now"), QF(last_beat_at, "最近心跳", "Last beat"),
              QF(facts, "机器人自述", "What it says of itself"), QF(created_at, "创建时间", "Created"),
              QF(created_by, "创建人", "Created by"), QF(updated_at, "修改时间", "Changed"), QF(updated_by, "修改人", "Changed by"),
              QF(revision, "修订号", "Revision"))
QUANJI_FIELDS(RobotRef, QF(id, "机器人标识", "Id of the robot", .flags = base::in_path))
QUANJI_FIELDS(NewEnrolment, QF(name, "机器人名称", "Name of the robot", .pattern = &base::name_pattern),
              QF(department_id, "部门", "Department"))
QUANJI_FIELDS(Enrolment, QF(id, "标识", "Id"),
              QF(code, "一次性注册码，只显示一次", "One-time code, shown once", .flags = base::secret_once),
              QF(expires_at, "有效期至", "Good until"))
QUANJI_FIELDS(NewTrial, QF(id, "机器人标识", "Id of the robot", .flags = base::in_path),
              QF(expression, "一个 Python 表达式", "One Python expression", .min = 1, .max = 2000))
QUANJI_FIELDS(Report, QF(seq, "序号", "Number within the attempt"), QF(token, "令牌", "Fencing token"), QF(kind, "种类", "Kind"),
              QF(body, "内容", "Content"), QF(at, "机器人时间", "Time at the robot"), QF(received_at, "收到时间", "Time received"))
QUANJI_FIELDS(Trial, QF(task, "任务", "Task"), QF(attempt, "尝试", "Attempt"), QF(robot_id, "机器人", "Robot"), QF(state, "状态", "State"),
              QF(decision, "拒绝原因", "Reason of a refusal"), QF(created_at, "创建时间", "Created"),
              QF(created_by, "创建人", "Created by"), QF(reports, "机器人上报", "What the robot reported"))
QUANJI_FIELDS(TrialRef, QF(id, "机器人标识", "Id of the robot", .flags = base::in_path),
              QF(task, "任务标识", "Id of the task", .flags = base::in_path))
QUANJI_FIELDS(WaitingTrial, QF(task, "任务", "Task"), QF(attempt, "尝试", "Attempt"), QF(document, "流程文档", "Flow document"))
QUANJI_FIELDS(ReportAnswer, QF(repeated, "此前已收到", "Was here already"))
}  // namespace quanji::services
