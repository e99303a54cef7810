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
              QF(waiting_reports, "尚未确认的报告数", "Reports not yet acknowledged", .min = 0), QF(at, "机器人时钟", "By its own clock"),
              QF(draining, "正在排空", "Takes nothing new"),
              QF(clock_offset_milliseconds, "时钟偏差（毫秒）", "Its clock less the platform's"),
              QF(disk_free_bytes, "磁盘剩余字节", "Free bytes of its disk", .min = 0),
              QF(cached_bytes, "包缓存字节", "Bytes of cached packages", .min = 0))

QUANJI_FIELDS(BeatAnswer, QF(stale, "已失效的执行", "Attempts that are no longer the robot's", .max = 1000),
              QF(at, "平台时钟", "The platform's clock"))

QUANJI_FIELDS(PackageRef, QF(name, "包", "Package", .min = 1, .max = 200), QF(version, "版本", "Version", .min = 1, .max = 64),
              QF(sha256, "包摘要", "Digest of the package", .min = 64, .max = 64), QF(size, "字节数", "Bytes", .min = 1))
QUANJI_FIELDS(SettledStep, QF(step, "步骤", "Step", .max = 4096), QF(done, "是否已完成", "Whether it was done"),
              QF(set, "保存的变量", "Variables it would have saved", .max = 4 << 20, .fallback = "null"))
QUANJI_FIELDS(TaskOffer, QF(task, "任务", "Task"), QF(attempt, "执行", "Attempt"), QF(token, "持有令牌号", "Fencing token", .min = 1),
              QF(document, "流程文档", "Flow document", .max = max_frame_bytes, .fallback = "null"),
              QF(inputs, "输入参数", "Inputs", .max = max_frame_bytes, .fallback = "null"),
              QF(run_seconds, "执行时限（秒）", "Limit of the run in seconds", .min = 1, .max = 7 * 86400),
              QF(grace_seconds, "软停止宽限（秒）", "Grace after a soft stop in seconds", .min = 0, .max = 3600),
              QF(package, "包", "Package"), QF(flow, "流程", "Flow", .max = 200),
              QF(profile, "可访问范围", "What a runner may reach", .fallback = "\"closed\""),
              QF(resume, "从哪里开始", "Where to begin", .fallback = "\"start\""),
              QF(resume_of, "接续的执行", "Attempt whose journal goes on"),
              QF(settled, "人工确认", "What a person said about steps", .fallback = "[]"),
              QF(attempt_number, "第几次执行", "Which attempt", .min = 1), QF(business_date, "业务日期", "Business date"))

QUANJI_FIELDS(OfferAnswer, QF(decision, "接受或拒绝", "Accepted or refused"), QF(reason, "拒绝原因", "Reason of a refusal", .max = 64))

QUANJI_FIELDS(TaskStop, QF(task, "任务", "Task"), QF(attempt, "执行", "Attempt"), QF(mode, "停止方式", "How to stop"))
QUANJI_FIELDS(TaskHold, QF(task, "任务", "Task"), QF(attempt, "执行", "Attempt"))

QUANJI_FIELDS(RunError, QF(code, "错误码", "Code", .max = 64), QF(message, "错误说明", "What happened", .max = 8192),
              QF(step, "步骤路径", "Path of the step", .max = 1024))

QUANJI_FIELDS(TaskReport, QF(task, "任务", "Task"), QF(attempt, "执行", "Attempt"), QF(token, "持有令牌号", "Fencing token", .min = 0),
              QF(seq, "序号", "Sequence number", .min = 1), QF(kind, "报告种类", "Kind of report"), QF(at, "时间", "When"),
              QF(steps_done, "已完成步骤数", "Steps done", .min = 0), QF(sandbox, "隔离程度", "Sandbox reached"),
              QF(outcome, "结果", "Outcome"), QF(outputs, "输出", "Outputs", .max = max_frame_bytes, .fallback = "null"),
              QF(error, "错误", "Error"), QF(unsettled, "是否完成待确认的步骤", "Steps whose effect is not settled", .max = 1000),
              QF(steps_known, "已知步骤总数", "Steps of the flow", .min = 0), QF(step, "当前步骤", "Step at work", .max = 4096),
              QF(until, "挂起到", "Suspended until"), QF(human_task, "等待的人工任务", "Human task it waits for", .max = 200))

namespace {
constexpr Verb asked_by_robot(std::string_view op, base::Sentence sentence, const base::FieldList& (*input)(),
                              const base::FieldList& (*output)() = &base::Nothing::fields) {
  return {op, Asker::robot, sentence, input, output};
}
constexpr Verb verbs[] = {
    {op::robot_read,
     Asker::platform,
     {"读取机器人自述", "Read what the robot says of itself"},
     &base::Nothing::fields,
     &RobotFacts::fields},
    {op::robot_beat, Asker::robot, {"心跳", "Beat"}, &Beat::fields, &BeatAnswer::fields},
    {op::task_offer, Asker::platform, {"派发任务", "Offer a task"}, &TaskOffer::fields, &OfferAnswer::fields},
    {op::task_stop, Asker::platform, {"停止任务", "Stop a task"}, &TaskStop::fields, &base::Nothing::fields},
    {op::task_pause, Asker::platform, {"暂停任务", "Pause a task"}, &TaskHold::fields, &base::Nothing::fields},
    {op::task_resume, Asker::platform, {"继续任务", "Let a task go on"}, &TaskHold::fields, &base::Nothing::fields},
    asked_by_robot(op::task_report, {"报告任务进展与结果", "Report a task's progress and result"}, &TaskReport::fields),
    asked_by_robot(op::package_read_part, {"读取包的一段", "Read a part of a package"}, &PackagePart::fields, &PartAnswer::fields),
    asked_by_robot(op::log_lines, {"上报日志行", "Hand over log lines"}, &LogLines::fields, &LogLinesAnswer::fields),
    asked_by_robot(op::file_write_part, {"写入文件的一段", "Write a part of a file"}, &FilePart::fields, &FilePartAnswer::fields),
    asked_by_robot(op::file_read_part, {"读取文件的一段", "Read a part of a file"}, &FileRead::fields, &FileReadAnswer::fields),
    asked_by_robot(op::file_list, {"列出文件", "List files"}, &FileList::fields, &FileListAnswer::fields),
    asked_by_robot(op::file_delete, {"删除文件", "Delete a file"}, &FileDelete::fields),
    asked_by_robot(op::asset_read, {"读取资产", "Read an asset"}, &AssetRead::fields, &AssetAnswer::fields),
    asked_by_robot(op::asset_write, {"写入资产", "Write an asset"}, &AssetWrite::fields),
    asked_by_robot(op::credential_read, {"读取凭据的明文部分", "Read the plain parts of a credential"}, &CredentialRead::fields,
                   &CredentialFacts::fields),
    asked_by_robot(op::credential_open, {"打开凭据的密文字段", "Open a secret field of a credential"}, &CredentialOpen::fields,
                   &SealedSecret::fields),
    asked_by_robot(op::credential_write, {"更换凭据的密文字段", "Change a secret field of a credential"}, &CredentialWrite::fields),
    asked_by_robot(op::queue_add, {"加入队列项", "Add items to a queue"}, &QueueAdd::fields, &QueueAddAnswer::fields),
    asked_by_robot(op::queue_count, {"统计队列项", "Count items of a queue"}, &QueueCount::fields, &QueueCountAnswer::fields),
    asked_by_robot(op::queue_take, {"领取队列项", "Take an item of a queue"}, &QueueTake::fields, &QueueTakeAnswer::fields),
    asked_by_robot(op::queue_renew, {"续租队列项", "Renew the lease of items"}, &QueueRenew::fields, &QueueRenewAnswer::fields),
    asked_by_robot(op::queue_complete, {"完成队列项", "Complete an item"}, &QueueComplete::fields),
    asked_by_robot(op::queue_fail, {"队列项失败", "Fail an item"}, &QueueFail::fields, &QueueFailAnswer::fields),
    asked_by_robot(op::queue_postpone, {"推迟队列项", "Postpone an item"}, &QueuePostpone::fields),
    asked_by_robot(op::human_task_ask, {"向人提问", "Ask a person"}, &HumanTaskAsk::fields, &HumanTaskAnswer::fields),
    asked_by_robot(op::human_task_read, {"读取人的答复", "Read a person's answer"}, &HumanTaskRead::fields, &HumanTaskAnswer::fields),
    asked_by_robot(op::human_task_withdraw, {"收回提问", "Take a question back"}, &HumanTaskRead::fields),
    asked_by_robot(op::task_create, {"启动另一个任务", "Start another task"}, &TaskCreate::fields, &TaskCreateAnswer::fields),
    asked_by_robot(op::task_read, {"读取另一个任务", "Read another task"}, &TaskRead::fields, &TaskFacts::fields),
    asked_by_robot(op::task_end, {"停止另一个任务", "Stop another task"}, &TaskEnd::fields),
};
}  // namespace

std::span<const Verb> robot_contract() { return verbs; }

const Verb* find_verb(std::string_view op) {
  for (const auto& verb : verbs)
    if (verb.op == op) return &verb;
  return nullptr;
}

}  // namespace quanji::wire
