// run, start, wait: what a program is given, and what becomes of its end.
#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <string_view>

#include "activities/group.h"
#include "activities/process/process.h"
#include "base/encodings.h"

namespace quanji::activities {
namespace process {

using base::Sentence;
using base::Text;
using devices::Program;
using engine::ActivityContext;
using engine::ActivityInfo;
using engine::ErrorCode;
using engine::Failure;
using engine::Outcome;
using flow::ErrorKind;
using values::Type;
using values::Value;

#define QUANJI_PROGRAM_FIELDS                                                                                                      \
  QF(program, "程序名（在 PATH 里找）或路径", "A program's name (looked for in PATH) or path", .min = 1, .max = 4'096),            \
      QF(arguments, "参数，一项一个，不经过 shell", "Its arguments, one each, through no shell", .max = 10'000, .fallback = "[]"), \
      QF(input, "标准输入：文本、字节，或凭据里的机密", "Its standard input: text, bytes, or a secret of a credential"),           \
      QF(folder, "在哪个文件夹里运行；默认为工作文件夹", "Where it works; the work folder when not given"),                        \
      QF(environment, "增加的环境变量", "Variables added to the run's own", .fallback = "{}")
QUANJI_FIELDS(ProgramEnd, QF(exit_code, "退出码；被信号结束时为 128 + 信号", "Exit code; 128 + signal when a signal ended it"),
              QF(output, "标准输出", "Standard output"), QF(error_output, "标准错误输出", "Error output"))
QUANJI_FIELDS(Run::Input, QUANJI_PROGRAM_FIELDS, QF(encoding, "输出的编码", "The output's encoding", .fallback = "\"auto\""),
              QF(accept, "算成功的退出码", "Exit codes that count as success", .fallback = "[0]"))
QUANJI_FIELDS(Start::Input, QUANJI_PROGRAM_FIELDS)
QUANJI_FIELDS(Start::Output, QF(process, "已启动的程序", "The program that was started"))
QUANJI_FIELDS(Wait::Input, QF(process, "已启动的程序", "A program that was started"),
              QF(encoding, "输出的编码", "The output's encoding", .fallback = "\"auto\""),
              QF(accept, "算成功的退出码", "Exit codes that count as success", .fallback = "[0]"))

namespace {

Failure wrong(std::string zh, std::string en) { return engine::system_failure("invalid_argument", Text(std::move(zh), std::move(en))); }
Failure no_secret_here(std::string_view where) {
  return wrong(fmt::format("{} 里不能放机密：其他人看得到进程的参数和环境；请从标准输入交给程序（input: =…）", where),
               fmt::format("`{}` holds no secrets: others can see a process's arguments and environment; give it by standard input "
                           "(input: =…)",
                           where));
}
// What one argument or variable is as text.
Outcome<std::string> word_of(const Value& value, std::string_view where) {
  std::string text;
  switch (value.type()) {
    case Type::secret:
      return no_secret_here(where);
    case Type::text:
    case Type::integer:
    case Type::decimal:
    case Type::date:
    case Type::time:
    case Type::datetime:
      text = value.display();
      break;
    case Type::boolean:
      text = value.boolean() ? "true" : "false";
      break;
    case Type::file:
      text = value.file().path;
      break;
    default:
      return wrong(fmt::format("{} 的每一项应为文本、数、日期或文件，有一项是 {}", where, values::word_of(value.type())),
                   fmt::format("each of `{}` is a text, number, date or file; one is {}", where, values::word_of(value.type())));
  }
  if (text.find('\0') != std::string::npos) return wrong(fmt::format("{} 里有零字节", where), fmt::format("`{}` holds a zero byte", where));
  return text;
}
Failure start_failure(const base::Error& error) {
  using base::Code;
  auto failure = engine::failure_of(error);
  if (error.code() == Code::not_found) failure.kind = ErrorKind::business;
  return failure;
}

template <class Input>
Outcome<std::shared_ptr<Program>> start(ActivityContext& context, const Input& input) {
  devices::ProgramOptions options;
  options.output_limit = output_limit;
  if (input.program.find('\0') != std::string::npos) return wrong("program 里有零字节", "`program` holds a zero byte");
  options.program = input.program.find('/') == std::string::npos ? input.program : context.path_of(input.program);
  for (const auto& argument : input.arguments) {
    QUANJI_TRY(auto word, word_of(argument, "arguments"));
    options.arguments.push_back(std::move(word));
  }
  options.folder = input.folder ? context.path_of(input.folder->path) : context.work_folder();
  for (const auto& [name, value] : input.environment) {
    if (name.empty() || name.find_first_of(std::string_view("=\0", 2)) != std::string::npos)
      return wrong("环境变量的名字不能为空，也不能含等号", "a variable's name is not empty and holds no equals sign");
    QUANJI_TRY(auto word, word_of(value, "environment"));
    options.environment.emplace_back(name, std::move(word));
  }
  if (input.input) {
    const auto& given = *input.input;
    if (given.is(Type::text))
      options.input = base::Secret(std::string_view(given.text()));
    else if (given.is(Type::bytes))
      options.input = base::Secret(std::span<const std::uint8_t>(given.bytes()));
    else if (given.is(Type::secret)) {
      QUANJI_TRY(options.input, context.open_secret(given.secret()));
    } else {
      return wrong(fmt::format("input 应为文本、字节或机密，现为 {}", values::word_of(given.type())),
                   fmt::format("`input` is text, bytes or a secret, but is {}", values::word_of(given.type())));
    }
  }
  QUANJI_DO(context.go_on());
  auto started = Program::start(std::move(options));
  if (!started) return start_failure(started.error());
  return std::shared_ptr<Program>(std::move(*started));
}

// Until it has ended or written too much.
Outcome<void> settle(ActivityContext& context, const Program& program) {
  QUANJI_TRY([[maybe_unused]] const auto got, context.wait_for(program.settled_descriptor(), POLLIN));
  return {};
}

constexpr ErrorCode not_found{"not_found",
                              ErrorKind::business,
                              {"没有这个程序或工作文件夹：请安装程序、写出完整路径，或先建立文件夹",
                               "no such program or folder: install it, write its whole path, or make the folder first"}};
constexpr ErrorCode not_permitted{
    "not_permitted",
    ErrorKind::system,
    {"文件没有执行权限：chmod +x，或以解释器为 program", "the file may not be executed: chmod +x, or make its interpreter the program"}};
constexpr ErrorCode not_supported{
    "not_supported",
    ErrorKind::system,
    {"文件不是程序，也没有 #! 行：以解释器为 program，文件为参数",
     "the file is no program and has no #! line: make the interpreter the program and the file its argument"}};
constexpr ErrorCode program_failed{"program_failed",
                                   ErrorKind::system,
                                   {"退出码不在 accept 里；错误输出的末尾在消息里，全部在 data 里：按它改正，或把该退出码写进 accept",
                                    "the exit code is not in `accept`; the end of its error output is in the message and in `data`: mend "
                                    "what it says, or accept that code"}};
constexpr ErrorCode too_large{"too_large",
                              ErrorKind::business,
                              {"输出超过 64 MiB：让程序把结果写到文件", "it writes more than 64 MiB: let it write its result to a file"}};
constexpr ErrorCode bad_encoding{
    "bad_encoding",
    ErrorKind::business,
    {"输出不是所说的编码：改 encoding，或用 auto", "the output is not of the encoding that was said: say another, or auto"}};
constexpr ErrorCode store_unavailable{
    "store_unavailable",
    ErrorKind::system,
    {"系统不让再启动进程或打开文件：稍后重试，或减少同时运行的程序",
     "the system lets no process be started or no file be opened: try again later, or run fewer at once"}};

std::string_view end_of(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  auto from = text.size() - most;
  while (from < text.size() && (static_cast<unsigned char>(text[from]) & 0xC0U) == 0x80U) ++from;
  return text.substr(from);
}

}  // namespace

Outcome<std::string> text_of_output(const std::string& bytes, OutputEncoding encoding, Sentence which) {
  std::string_view text = bytes;
  const bool marked = text.starts_with("\xEF\xBB\xBF");
  if (marked && encoding != OutputEncoding::gbk && encoding != OutputEncoding::gb18030) text.remove_prefix(3);
  if (encoding == OutputEncoding::automatic) {
    if (base::is_utf8(text)) return std::string(text);
    if (!marked)
      if (auto read = base::to_utf8(base::Charset::gb18030, text)) return std::move(*read);
    return base::repair_utf8(text);
  }
  const auto charset = encoding == OutputEncoding::utf8  ? base::Charset::utf8
                       : encoding == OutputEncoding::gbk ? base::Charset::gbk
                                                         : base::Charset::gb18030;
  auto read = base::to_utf8(charset, text);
  if (read) return std::move(*read);
  return engine::business_failure(
      "bad_encoding",
      Text(fmt::format("{}不是 {}：{}；可把 encoding 改为 auto", which.zh, base::word(encoding), read.error().message().zh),
           fmt::format("the {} is not {}: {}; encoding: auto takes any", which.en, base::word(encoding), read.error().message().en)));
}

Outcome<ProgramEnd> ended(const Program& program, OutputEncoding encoding, const std::vector<std::int64_t>& accept) {
  const auto end = program.end();
  if (!end || program.too_much_output())
    return engine::business_failure(
        "too_large", Text(fmt::format("程序 {} 的输出超过 {} MiB：请让它把结果写到文件，再读文件", program.name(), output_limit >> 20),
                          fmt::format("{} wrote more than {} MiB: let it write its result to a file and read that", program.name(),
                                      output_limit >> 20)));
  const bool good = std::find(accept.begin(), accept.end(), end->exit_code) != accept.end();
  // A program that failed is told by its exit code, whatever the bytes it wrote.
  const auto how = good ? encoding : OutputEncoding::automatic;
  ProgramEnd out;
  out.exit_code = end->exit_code;
  QUANJI_TRY(out.output, text_of_output(program.output(), how, {"标准输出", "output"}));
  QUANJI_TRY(out.error_output, text_of_output(program.error_output(), how, {"错误输出", "error output"}));
  if (good) return out;
  std::string_view last = out.error_output.empty() ? out.output : out.error_output;
  while (!last.empty() && (last.back() == '\n' || last.back() == '\r' || last.back() == ' ')) last.remove_suffix(1);
  const std::string told(end_of(last, 500));
  const auto zh = end->signal != 0 ? fmt::format("程序 {} 被信号 {} 结束", program.name(), end->signal)
                                   : fmt::format("程序 {} 的退出码是 {}，不在 accept 里", program.name(), end->exit_code);
  const auto en = end->signal != 0 ? fmt::format("{} was ended by signal {}", program.name(), end->signal)
                                   : fmt::format("{} ended with {}, which is not in `accept`", program.name(), end->exit_code);
  values::Map data{{"exit_code", Value::of(out.exit_code)},
                   {"output", Value::of(std::string(end_of(out.output, 4'096)))},
                   {"error_output", Value::of(std::string(end_of(out.error_output, 4'096)))}};
  return engine::system_failure("program_failed", Text(told.empty() ? zh : zh + "：" + told, told.empty() ? en : en + ": " + told),
                                Value::of(std::move(data)));
}

ActivityInfo Run::info() {
  ActivityInfo info;
  info.id = "process.run";
  info.title = {"运行程序", "Run a program"};
  info.sentence = {"运行程序并等它结束，不经过 shell。", "Runs a program, through no shell, and waits for its end."};
  info.effect = flow::Effect::once;
  info.capabilities = {"process"};
  info.errors = {not_found, not_permitted, not_supported, program_failed, too_large, bad_encoding, store_unavailable};
  info.examples = {{{"给标准输入，取输出", "Given standard input, its output taken"},
                    R"(- do: process.run
  with:
    program: sort
    arguments: [-n]
    input: "10\n9\n"
  save: {sorted: output}
- return: {sorted: =sorted.split()}
)",
                    R"({"sorted":["9","10"]})"},
                   {{"退出码 1 也算成功：grep 没有找到", "Exit code 1 is fine too: grep found nothing"},
                    R"(- do: process.run
  with:
    program: grep
    arguments: [-c, 失败]
    input: 全部成功
    accept: [0, 1]
  save: {code: exit_code, count: output}
- return: {code: =code, count: =int(count)}
)",
                    R"({"code":1,"count":0})"}};
  return info;
}
Outcome<Run::Output> Run::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(auto program, start(context, input));
  // Stopped or out of time: the whole tree is ended as the program goes.
  QUANJI_DO(settle(context, *program));
  auto out = ended(*program, input.encoding, input.accept);
  // What it left running (a launcher's program) belongs to the run and ends with it.
  if (program->end() && !program->tree().empty()) context.open(std::make_unique<RunningProgram>(std::move(program)));
  return out;
}

ActivityInfo Start::info() {
  ActivityInfo info;
  info.id = "process.start";
  info.title = {"启动程序", "Start a program"};
  info.sentence = {"启动程序，不等待；with 结束或执行结束时它和它启动的进程一起结束。",
                   "Starts a program and does not wait; it and what it starts end with the `with`, or with the run."};
  info.effect = flow::Effect::once;
  info.capabilities = {"process"};
  info.opens = "process";
  info.errors = {not_found, not_permitted, not_supported, store_unavailable};
  info.examples = {{{"边做别的边等", "Other work meanwhile"},
                    R"(- do: process.start
  with:
    program: sh
    arguments: [-c, "echo 算完了"]
  as: calculation
  steps:
    - do: log.write
      with: {message: 程序在算，流程做别的}
    - do: process.wait
      with:
        process: =calculation
      save: {said: output}
- return: {said: =said.strip()}
)",
                    R"({"said":"算完了"})"}};
  return info;
}
Outcome<Start::Output> Start::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(auto program, start(context, input));
  return Output{context.open(std::make_unique<RunningProgram>(std::move(program)))};
}

ActivityInfo Wait::info() {
  ActivityInfo info;
  info.id = "process.wait";
  info.title = {"等程序结束", "Wait for a program"};
  info.sentence = {"等已启动的程序结束，得退出码和输出。", "Waits for the end of a program that was started; gives exit code and outputs."};
  info.effect = flow::Effect::none;
  info.capabilities = {"process"};
  info.errors = {program_failed, too_large, bad_encoding};
  info.examples = {{{"退出码 3 表示没有数据", "Exit code 3 says there is no data"},
                    R"(- do: process.start
  with:
    program: sh
    arguments: [-c, exit 3]
  as: export
  steps:
    - do: process.wait
      with:
        process: =export
        accept: [0, 3]
      save: {code: exit_code}
- return: {code: =code}
)",
                    R"({"code":3})"}};
  return info;
}
Outcome<Wait::Output> Wait::run(ActivityContext& context, const Input& input) {
  std::shared_ptr<Program> program;
  {
    QUANJI_TRY(const auto running, context.find<RunningProgram>(input.process));
    program = running->program();
  }
  QUANJI_DO(settle(context, *program));
  return ended(*program, input.encoding, input.accept);
}

}  // namespace process

void add_process(Activities& to) {
  using namespace process;
  to.insert(to.end(), {engine::activity<Run>(), engine::activity<Start>(), engine::activity<Wait>(), engine::activity<Stop>(),
                       engine::activity<process::List>()});
}

}  // namespace quanji::activities
