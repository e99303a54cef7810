#include "activities/log/log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "activities/failures.h"
#include "activities/group.h"
#include "base/files.h"
#include "workbook/new_file.h"

namespace quanji::activities {
namespace log {

using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;

QUANJI_FIELDS(Write::Input, QF(message, "要写的话", "What to say", .max = 65'536),
              QF(level, "级别", "debug, info, warn, error", .fallback = "\"info\""))
QUANJI_FIELDS(Progress::Input, QF(done, "已完成数", "How many are done", .min = 0), QF(of, "总数", "Out of how many", .min = 0),
              QF(message, "消息", "A sentence for a person", .max = 1'024))
QUANJI_FIELDS(Attach::Input, QF(file, "文件", "The file"), QF(title, "这是什么", "What it is", .max = 1'024))

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

namespace {

constexpr std::int64_t most_attached = std::int64_t{100} << 20;
engine::Failure refused(std::string_view act, const std::string& path) { return file_failure(workbook::file_error(act, path)); }

}  // namespace

ActivityInfo Attach::info() {
  ActivityInfo info;
  info.id = "log.attach";
  info.title = {"附上证据", "Attach evidence"};
  info.sentence = {"把文件作为证据附到这一步；附的是此刻的副本。", "Attaches a file to the step as evidence, a copy of what it is now."};
  info.effect = flow::Effect::repeatable;
  info.errors = errors(reading_codes, {"too_large", "disk_full"});
  info.examples = {{{"一份差异报告", "A report of breaks"},
                    R"(- do: file.write_text
  with: {text: "无差异", to: breaks.txt}
- do: log.attach
  with: {file: breaks.txt, title: 差异报告}
- return: {}
)",
                    "{}"}};
  return info;
}
Outcome<Attach::Output> Attach::run(ActivityContext& context, const Input& input) {
  const auto path = context.path_of(input.file.path);
  const base::Descriptor in(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (in.get() < 0) return refused("open", path);
  struct stat what = {};
  if (::fstat(in.get(), &what) != 0) return refused("read", path);
  if (!S_ISREG(what.st_mode)) {
    errno = S_ISDIR(what.st_mode) ? EISDIR : EINVAL;
    return refused("read", path);
  }
  const auto too_large = [&] {
    return failure("too_large",
                   {fmt::format("{} 超过 {} MiB，不能作为证据；先打包，或存到文件库", path, most_attached >> 20),
                    fmt::format("{} has more than {} MiB and is no evidence; pack it, or store it as a file", path, most_attached >> 20)});
  };
  if (what.st_size > most_attached) return too_large();
  const auto name = base::repair_utf8(workbook::name_of(path));
  QUANJI_TRY(const auto place, context.evidence(name));
  const base::Descriptor out(::open(place.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (out.get() < 0) return refused("create", place);
  std::string piece(std::size_t{1} << 18, '\0');
  for (std::int64_t total = 0;;) {
    QUANJI_DO(context.go_on());
    const auto got = ::read(in.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refused("read", path);
    if (got == 0) break;
    if ((total += got) > most_attached) return too_large();
    if (auto done = workbook::write_all(out.get(), std::string_view(piece).substr(0, static_cast<std::size_t>(got)), place); !done)
      return file_failure(done.error());
  }
  if (::fsync(out.get()) != 0) return refused("write", place);
  context.log(engine::LogLevel::info, input.title ? fmt::format("{} ({})", *input.title, name) : name);
  return Output{};
}

}  // namespace log

void add_log(Activities& to) {
  to.insert(to.end(), {engine::activity<log::Write>(), engine::activity<log::Progress>(), engine::activity<log::Attach>()});
}

}  // namespace quanji::activities
