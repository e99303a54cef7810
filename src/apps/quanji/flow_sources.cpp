#include "apps/quanji/flow_sources.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "activities/catalogue.h"
#include "base/files.h"
#include "engine/python_grammar.h"

namespace quanji::apps {
namespace {

namespace fs = std::filesystem;
using base::Error;
using base::Result;
using base::Text;

constexpr std::size_t largest_document = std::size_t{8} << 20;
constexpr std::size_t most_flows = 1'000;

Result<std::string> text_of(const fs::path& path) {
  const base::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0)
    return Error(base::Code::not_found,
                 Text(fmt::format("读不到文件 {}。", path.string()), fmt::format("cannot read the file {}.", path.string())),
                 base::system_detail("open", path.string()));
  return base::read_whole(file.get(), largest_document);
}

std::vector<fs::path> files_below(const fs::path& folder, std::string_view ending) {
  std::vector<fs::path> found;
  std::error_code failed;
  for (const auto& entry : fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied, failed))
    if (entry.is_regular_file(failed) && entry.path().string().ends_with(ending)) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

Result<FlowSources> read_package(const fs::path& folder) {
  FlowSources out;
  std::error_code failed;
  out.folder = fs::absolute(folder, failed).lexically_normal().string();
  QUANJI_TRY(out.package.package.text, text_of(folder / "package.yaml"));
  const auto flows = files_below(folder / "flows", ".yaml");
  if (flows.size() > most_flows)
    return Error(base::Code::too_large,
                 Text(fmt::format("一个包最多 {} 个流程。", most_flows), fmt::format("a package has at most {} flows.", most_flows)));
  for (const auto& path : flows) {
    QUANJI_TRY(auto text, text_of(path));
    out.package.flows.push_back({path.lexically_relative(folder).string(), std::move(text)});
  }
  if (fs::is_directory(folder / "python", failed)) {
    out.python_path = (fs::path(out.folder) / "python").string();
    for (const auto& path : files_below(folder / "python", ".py")) {
      auto module = path.lexically_relative(folder / "python").string();
      module.resize(module.size() - 3);
      if (module.ends_with("/__init__")) module.resize(module.size() - 9);
      std::replace(module.begin(), module.end(), '/', '.');
      out.package.python_modules.push_back(std::move(module));
    }
  }
  return out;
}

}  // namespace

Result<FlowSources> read_flow_sources(const std::string& path) {
  const fs::path given(path);
  std::error_code failed;
  if (fs::is_directory(given, failed)) {
    if (fs::exists(given / "package.yaml", failed)) return read_package(given);
    return Error(base::Code::not_found,
                 Text(fmt::format("目录 {} 里没有 package.yaml；请给出流程文件，或建一个 package.yaml。", path),
                      fmt::format("the folder {} has no package.yaml: give a flow's file, or write a package.yaml.", path)));
  }
  const auto above = fs::absolute(given, failed).parent_path();
  if (above.filename() == "flows" && fs::exists(above.parent_path() / "package.yaml", failed)) {
    QUANJI_TRY(auto package, read_package(above.parent_path()));
    const auto name = (fs::path("flows") / given.filename()).string();
    const auto main =
        std::find_if(package.package.flows.begin(), package.package.flows.end(), [&](const auto& one) { return one.path == name; });
    if (main != package.package.flows.end()) {
      std::rotate(package.package.flows.begin(), main, main + 1);
      return package;
    }
  }
  FlowSources out;
  QUANJI_TRY(auto text, text_of(given));
  out.package.flows.push_back({path, std::move(text)});
  return out;
}

CheckedFlows check_flows(const FlowSources& sources, engine::Python& python) {
  engine::InterpreterGrammar grammar(python);
  CheckedFlows out;
  if (!sources.folder.empty()) {
    auto checked = flow::check_package_sources(sources.package, &activities::described(), &grammar);
    out.package = checked.package.name.text;
    out.version = checked.package.version.text();
    for (const auto& entry : checked.package.entry) out.entry.push_back(entry.text);
    out.flows = std::move(checked.flows);
    out.problems = std::move(checked.problems);
    return out;
  }
  flow::Surroundings around;
  around.activities = &activities::described();
  around.python = &grammar;
  const auto& file = sources.package.flows.front();
  auto reading = flow::check_source(file.text, file.path, around);
  out.problems = std::move(reading.problems);
  out.flows.push_back(std::move(reading.document));
  return out;
}

}  // namespace quanji::apps
