#include "wire/robot_contract.h"

namespace quanji::wire {

QUANJI_FIELDS(SandboxReport, QF(level, "隔离程度", "How closely the run is shut in"),
              QF(missing, "缺少的隔离手段", "Means of isolation that are missing", .max = 32))

QUANJI_FIELDS(RobotFacts, QF(id, "机器人标识", "Id of the robot"), QF(name, "名称", "Name", .max = 63),
              QF(version, "程序版本", "Version of the program", .max = 32), QF(os, "操作系统", "Operating system", .max = 200),
              QF(arch, "处理器架构", "Processor architecture", .max = 32), QF(user, "运行账号", "Account it runs under", .max = 64),
              QF(state, "状态", "State"), QF(slots, "可同时执行的任务数", "Tasks it can run at once", .min = 1, .max = 64),
              QF(free_slots, "空闲数", "Free slots", .min = 0, .max = 64), QF(capabilities, "能力", "Capabilities", .max = 100),
              QF(sandbox, "隔离程度", "Sandbox reached"), QF(at, "机器人时钟", "By its own clock"))

QUANJI_FIELDS(HeldAttempt, QF(task, "任务", "Task"), QF(attempt, "执行", "Attempt"), QF(token, "持有令牌号", "Fencing token", .min = 0))

QUANJI_FIELDS(Beat, QF(number, "心跳序号", "Number of the beat", .min = 0), QF(state, "状态", "State"),
              QF(slots, "可同时执行的任务数", "Tasks it can run at once", .min = 1, .max = 64),
              QF(free_slots, "空闲数", "Free slots", .min = 0, .max = 64), QF(held, "手上的执行", "Attempts in hand", .max = 1000),
              QF(waiting_reports, "尚未确认的报告数", "Reports not yet acknowledged", .min = 0), QF(at, "机器人时钟", "By its own clock"))

QUANJI_FIELDS(BeatAnswer, QF(stale, "已失效的执行", "Attempts that are no longer the robot's", .max = 1000),
              QF(at, "平台时钟", "The platform's clock"))

QUANJI_FIELDS(TaskOffer, QF(task, "任务", "Task"), QF(attempt, "执行", "Attempt"), QF(token, "持有令牌号", "Fencing token", .min = 1),
              QF(document, "流程文档", "Flow document", .max = max_frame_bytes),
              QF(inputs, "输入参数", "Inputs", .max = max_frame_bytes, .fallback = "null"),
              QF(run_seconds, "执行时限（秒）", "Limit of the run in seconds", .min = 1, .max = 7 * 86400),
              QF(grace_seconds, "软停止宽限（秒）", "Grace after a soft stop in seconds", .min = 0, .max = 3600))

QUANJI_FIELDS(OfferAnswer, QF(decision, "接受或拒绝", "Accepted or refused"), QF(reason, "拒绝原因", "Reason of a refusal", .max = 64))

QUANJI_FIELDS(TaskStop, QF(task, "任务", "Task"), QF(attempt, "执行", "Attempt"), QF(mode, "停止方式", "How to stop"))

QUANJI_FIELDS(RunError, QF(code, "错误码", "Code", .max = 64), QF(message, "错误说明", "What happened", .max = 8192),
              QF(step, "步骤路径", "Path of the step", .max = 1024))

QUANJI_FIELDS(TaskReport, QF(task, "任务", "Task"), QF(attempt, "执行", "Attempt"), QF(token, "持有令牌号", "Fencing token", .min = 0),
              QF(seq, "序号", "Sequence number", .min = 1), QF(kind, "报告种类", "Kind of report"), QF(at, "时间", "When"),
              QF(steps_done, "已完成步骤数", "Steps done", .min = 0), QF(sandbox, "隔离程度", "Sandbox reached"),
              QF(outcome, "结果", "Outcome"), QF(outputs, "输出", "Outputs", .max = max_frame_bytes, .fallback = "null"),
              QF(error, "错误", "Error"), QF(unsettled, "是否完成待确认的步骤", "Steps whose effect is not settled", .max = 1000))

namespace {
constexpr Verb verbs[] = {
    {op::robot_read,
     Asker::platform,
     {"读取机器人自述", "Read what the robot says of itself"},
     &base::Nothing::fields,
     &RobotFacts::fields},
    {op::robot_beat, Asker::robot, {"心跳", "Beat"}, &Beat::fields, &BeatAnswer::fields},
    {op::task_offer, Asker::platform, {"派发任务", "Offer a task"}, &TaskOffer::fields, &OfferAnswer::fields},
    {op::task_stop, Asker::platform, {"停止任务", "Stop a task"}, &TaskStop::fields, &base::Nothing::fields},
    {op::task_report,
     Asker::robot,
     {"报告任务进展与结果", "Report a task's progress and result"},
     &TaskReport::fields,
     &base::Nothing::fields},
};
}  // namespace

std::span<const Verb> robot_contract() { return verbs; }

const Verb* find_verb(std::string_view op) {
  for (const auto& verb : verbs)
    if (verb.op == op) return &verb;
  return nullptr;
}

}  // namespace quanji::wire
