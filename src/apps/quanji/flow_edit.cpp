#include "apps/quanji/flow_edit.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <set>

#include "activities/catalogue.h"
#include "base/fields_json.h"
#include "base/files.h"
#include "devices/program.h"
#include "flow/checker.h"

namespace quanji::apps {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
constexpr int exit_done = 0, exit_refused = 1, exit_usage = 2, exit_unreachable = 4;
constexpr std::size_t largest = std::size_t{8} << 20;

int refuse(std::FILE* err, std::string_view zh, std::string_view en, int code) {
  std::fprintf(err, "%s\n%s\n", std::string(zh).c_str(), std::string(en).c_str());
  return code;
}
base::Result<std::string> contents(const std::string& path) {
  const base::Descriptor file(path == "-" ? ::dup(0) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0)
    return base::Error(base::Code::not_found, base::Text(fmt::format("读不到 {}。", path), fmt::format("cannot read {}.", path)));
  return base::read_whole(file.get(), largest);
}
// Beside the program, as it is built and installed.
std::string module_path() {
  std::error_code failed;
  const auto program = fs::read_symlink("/proc/self/exe", failed);
  return (program.parent_path() / "quanji-flow-edit.mjs").string();
}
// Errors by code and sentence: places move with an edit.
std::multiset<std::string> errors_of(std::string_view text, const std::string& file, std::vector<flow::Problem>* problems) {
  flow::Surroundings around;
  around.activities = &activities::described();
  auto reading = flow::check_source(text, file, around);
  std::multiset<std::string> errors;
  for (const auto& problem : reading.problems)
    if (problem.severity() == flow::Severity::error) errors.insert(std::string(flow::row_of(problem.code).word) + problem.message.en);
  if (problems) *problems = std::move(reading.problems);
  return errors;
}
bool place(const std::string& named, std::string_view text) {
  struct stat what = {};
  std::error_code failed;
  const auto file = fs::canonical(named, failed).string();  // a link stays one
  if (::stat(file.c_str(), &what) != 0) return false;
  const auto draft = fmt::format("{}.{}.draft", file, ::getpid());
  {
    const base::Descriptor made(::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, what.st_mode & 0777U));
    while (made.get() >= 0 && !text.empty()) {
      const auto n = ::write(made.get(), text.data(), text.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    if (made.get() >= 0 && text.empty() && ::fsync(made.get()) == 0 && ::rename(draft.c_str(), file.c_str()) == 0) return true;
  }
  ::unlink(draft.c_str());
  return false;
}

}  // namespace

int edit_flow(const std::string& file, const std::string& edits, flow::Language language, std::FILE* out, std::FILE* err) {
  const auto text = contents(file);
  if (!text) return refuse(err, text.error().message().zh, text.error().message().en, exit_refused);
  const auto given = contents(edits);
  if (!given) return refuse(err, given.error().message().zh, given.error().message().en, exit_refused);
  const auto list = base::parse_json(*given);
  if (!list || !list->is_array())
    return refuse(err, "改动应是 JSON 列表：[{\"op\":\"set\",\"at\":\"title\",\"value\":\"…\"}]",
                  "the edits are a JSON list: [{\"op\":\"set\",\"at\":\"title\",\"value\":\"…\"}]", exit_usage);
  if (!fs::exists(module_path()))
    return refuse(err, fmt::format("没有编辑模块 {}；请重新安装 quanji。", module_path()),
                  fmt::format("the edit module {} is not there; install quanji again.", module_path()), exit_unreachable);
  devices::ProgramOptions options;
  options.program = "node";
  options.arguments = {module_path()};
  options.folder = fs::current_path().string();
  options.input = base::Secret(json::serialize(json::object{{"text", *text}, {"edits", *list}}));
  const auto node = devices::Program::start(std::move(options));
  if (!node)
    return refuse(err, "flow edit 需要 node（apt-get install nodejs）：" + node.error().message().zh,
                  "flow edit needs node (apt-get install nodejs): " + node.error().message().en, exit_unreachable);
  pollfd ready{(*node)->settled_descriptor(), POLLIN, 0};
  while (::poll(&ready, 1, 60'000) < 0 && errno == EINTR) {
  }
  const auto end = (*node)->end();
  const auto answer = base::parse_json((*node)->output());
  const auto* object = answer ? answer->if_object() : nullptr;
  if (!end || end->exit_code != 0 || !object)
    return refuse(err, "编辑模块没有给出结果：" + (*node)->error_output(), "the edit module gave no result: " + (*node)->error_output(),
                  exit_refused);
  if (const auto* problem = object->if_contains("problem"); problem && problem->is_object()) {
    const auto& what = problem->get_object();
    const auto number = what.at("edit").to_number<std::int64_t>() + 1;
    return refuse(err, fmt::format("第 {} 处改动：{}", number, std::string(what.at("zh").as_string())),
                  fmt::format("edit {}: {}", number, std::string(what.at("en").as_string())), exit_refused);
  }
  const std::string edited(object->at("text").as_string());
  const auto before = errors_of(*text, file, nullptr);
  std::vector<flow::Problem> problems;
  const auto after = errors_of(edited, file, &problems);
  if (!std::includes(before.begin(), before.end(), after.begin(), after.end())) {
    for (const auto& problem : problems)
      if (problem.severity() == flow::Severity::error) std::fprintf(err, "%s\n", flow::to_line(problem, language).c_str());
    return refuse(err, "改后会有上面的错误，文件没有改。", "the edited flow would have the errors above; the file was not changed.",
                  exit_refused);
  }
  if (edited != *text && !place(file, edited))
    return refuse(err, fmt::format("无法写入 {}。", file), fmt::format("cannot write {}.", file), exit_refused);
  std::fprintf(out, "%s\n", file.c_str());
  return exit_done;
}

}  // namespace quanji::apps
