#include "wire/runner.h"

#include <fmt/format.h>

namespace quanji::wire {

using base::Code;
using base::Error;
using base::Result;

QUANJI_FIELDS(RunnerMessage, QF(v, "协议版本", "Version of the protocol"), QF(type, "种类", "Type"),
              QF(body, "内容", "Content", .max = max_runner_message, .fallback = "null"))
QUANJI_FIELDS(Hello, QF(pid, "进程号", "Process id"), QF(python, "Python 版本", "Version of Python", .max = 32),
              QF(sandbox, "隔离程度", "Sandbox reached"))
QUANJI_FIELDS(FlowText, QF(file, "文件", "File", .max = 1024), QF(text, "流程文档", "Flow document", .max = max_runner_message))
QUANJI_FIELDS(Start, QF(task, "任务", "Task"), QF(attempt, "执行", "Attempt"), QF(flows, "流程文档", "Flow documents", .min = 1),
              QF(inputs, "输入参数", "Inputs", .max = max_runner_message, .fallback = "null"),
              QF(folders, "文件夹", "Folders", .fallback = "[]"),
              QF(settled, "人工确认", "What a person said about steps", .fallback = "[]"),
              QF(after_end, "执行失败之后", "After a run that has failed", .fallback = "\"stay\""),
              QF(expression_milliseconds, "表达式时限（毫秒）", "Limit of an expression in milliseconds", .min = 1, .max = 3600000),
              QF(cpu_seconds, "处理器时限（秒）", "Limit of processor time in seconds", .min = 1),
              QF(run_seconds, "执行时限（秒）", "Limit of the run in seconds", .min = 1), QF(package, "包", "Package", .fallback = "\"\""),
              QF(version, "版本", "Version", .fallback = "\"\""), QF(robot, "机器人", "Robot", .fallback = "\"\""),
              QF(business_date, "业务日期", "Business date"),
              QF(outside, "流程的外部环境", "The outside world of the flow", .fallback = "\"none\""))
QUANJI_FIELDS(Stop, QF(reason, "原因", "Reason", .max = 64))
QUANJI_FIELDS(Progress, QF(steps_done, "已完成步骤数", "Steps done", .min = 0), QF(step, "当前步骤", "Step at work", .max = 1024),
              QF(steps_known, "步骤总数", "Steps of the flow", .min = 0, .fallback = "0"))
QUANJI_FIELDS(Held, QF(step, "停在哪一步之前", "Step it is held before", .max = 4096))
QUANJI_FIELDS(Line, QF(at, "时间", "When"), QF(level, "级别", "Level"), QF(step, "步骤位置", "Position of the step", .max = 4096),
              QF(text, "内容", "Text", .max = 65536))
QUANJI_FIELDS(Evidence, QF(file, "文件", "File", .max = 1024), QF(step, "步骤位置", "Position of the step", .max = 4096))
QUANJI_FIELDS(RunnerAsk, QF(id, "编号", "Number", .min = 1), QF(op, "操作", "Operation", .max = 64),
              QF(body, "内容", "Content", .max = max_runner_message, .fallback = "null"))
QUANJI_FIELDS(RunnerAnswer, QF(id, "编号", "Number", .min = 1), QF(code, "错误码", "Code", .min = 0),
              QF(zh, "中文说明", "In Chinese", .max = 8192), QF(en, "英文说明", "In English", .max = 8192),
              QF(data, "内容", "Content", .max = max_runner_message, .fallback = "null"))
QUANJI_FIELDS(Overrun, QF(step, "当前步骤", "Step at work", .max = 1024), QF(limit_milliseconds, "时限（毫秒）", "Limit in milliseconds"))
QUANJI_FIELDS(Finished, QF(outcome, "结果", "Outcome"), QF(steps_done, "已完成步骤数", "Steps done", .min = 0),
              QF(outputs, "输出", "Outputs", .max = max_runner_message, .fallback = "null"), QF(error, "错误", "Error"),
              QF(unsettled, "是否完成待确认的步骤", "Steps whose effect is not settled", .max = 1000),
              QF(waiting, "等待的事情", "What a suspended run waits for"))

int exit_code_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::success:
      return runner_exit::success;
    case Outcome::business_failure:
      return runner_exit::business_failure;
    case Outcome::system_failure:
      return runner_exit::system_failure;
    case Outcome::stopped:
      return runner_exit::stopped;
    case Outcome::timed_out:
      return runner_exit::timed_out;
  }
  return runner_exit::system_failure;
}

Result<std::string> write_runner_message(const RunnerMessage& message) {
  const auto text = base::to_json(message);
  if (text.size() > max_runner_message) return Error(Code::too_large, "runner message of " + std::to_string(text.size()) + " bytes");
  std::string out(4, '\0');
  for (int i = 0; i < 4; ++i) out[static_cast<std::size_t>(i)] = static_cast<char>((text.size() >> (8 * i)) & 0xff);
  return out + text;
}

Result<std::optional<RunnerMessage>> RunnerMessageReader::next() {
  if (broken_) return Error(Code::unreadable_body, "the stream broke off before");
  const auto left = buffer_.size() - at_;
  if (left < 4) return std::optional<RunnerMessage>{};
  std::size_t length = 0;
  for (int i = 0; i < 4; ++i)
    length |= static_cast<std::size_t>(static_cast<unsigned char>(buffer_[at_ + static_cast<std::size_t>(i)])) << (8 * i);
  if (length == 0 || length > max_runner_message) {
    broken_ = true;
    return Error(Code::too_large, fmt::format("length {} of a runner message", length));
  }
  if (left < 4 + length) return std::optional<RunnerMessage>{};
  auto message = base::from_json_text<RunnerMessage>(std::string_view(buffer_).substr(at_ + 4, length));
  at_ += 4 + length;
  if (at_ == buffer_.size())
    buffer_.clear(), at_ = 0;
  else if (at_ > 64 * 1024)
    buffer_.erase(0, at_), at_ = 0;
  if (!message) {
    broken_ = true;
    return std::move(message).error();
  }
  if (message->v != runner_version) {
    broken_ = true;
    return Error(Code::invalid_field)
        .with_field("v", base::Text("执行程序与机器人版本不一致，请一起升级", "runner and robot are of different versions: upgrade both"));
  }
  return std::optional<RunnerMessage>(std::move(*message));
}

}  // namespace quanji::wire
