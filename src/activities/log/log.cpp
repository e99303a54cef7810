#include "activities/log/log.h"

#include <fmt/format.h>

#include "activities/group.h"

namespace quanji::activities {
namespace log {

using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;

QUANJI_FIELDS(Write::Input, QF(message, "要写的话", "What to say", .max = 65'536),
              QF(level, "级别", "debug, info, warn, error", .fallback = "\"info\""))
QUANJI_FIELDS(Progress::Input, QF(done, "已完成数", "How many are done", .min = 0), QF(of, "总数", "Out of how many", .min = 0),
              QF(message, "消息", "A sentence for a person", .max = 1'024))

ActivityInfo Write::info() {
  ActivityInfo info;
  info.id = "log.write";
  info.title = {"写日志", "Write to the log"};
  info.sentence = {"写一条运行日志。", "Writes a line into the run's log."};
  info.effect = flow::Effect::none;
  info.examples = {{{"写一行", "A line"},
                    R"(- do: log.write
  with:
    message: =f"共 {1 + 1} 笔"
    level: warn
- return: {said: true}
)",
                    R"({"said":true})"}};
  return info;
}
Outcome<Write::Output> Write::run(ActivityContext& context, const Input& input) {
  context.log(input.level, input.message);
  return Output{};
}

ActivityInfo Progress::info() {
  ActivityInfo info;
  info.id = "log.progress";
  info.title = {"报告进度", "Tell progress"};
  info.sentence = {"报告进度，操作员看得见。", "Tells progress, where an operator sees it."};
  info.effect = flow::Effect::none;
  info.examples = {{{"三十份中的第三份", "The third of thirty"},
                    R"(- do: log.progress
  with: {done: 3, of: 30, message: 清算文件}
- return: {}
)",
                    "{}"}};
  return info;
}
Outcome<Progress::Output> Progress::run(ActivityContext& context, const Input& input) {
  auto line = input.of ? fmt::format("{}/{}", input.done, *input.of) : std::to_string(input.done);
  if (input.message) line += " " + *input.message;
  context.log(engine::LogLevel::info, line);
  return Output{};
}

}  // namespace log

void add_log(Activities& to) { to.insert(to.end(), {engine::activity<log::Write>(), engine::activity<log::Progress>()}); }

}  // namespace quanji::activities
