#include "apps/quanji/package_sources.h"

#include <algorithm>

namespace quanji::apps {

using base::Code;
using base::Error;
using base::Result;
using base::Text;

namespace {

// Larger than any document may be: what is larger still is refused.
constexpr std::size_t most_bytes = std::size_t{8} << 20;

bool is_flow(std::string_view path) { return path.starts_with("flows/") && path.ends_with(".yaml"); }
bool is_module(std::string_view path) { return path.starts_with("python/") && path.ends_with(".py"); }
// python/reports/daily.py is reports.daily, python/reports/__init__.py is reports.
std::string module_of(std::string path) {
  path = path.substr(7, path.size() - 10);
  std::replace(path.begin(), path.end(), '/', '.');
  constexpr std::string_view own = ".__init__";
  return path.ends_with(own) ? path.substr(0, path.size() - own.size()) : path;
}

}  // namespace

Result<flow::PackageSources> read_package_archive(const std::string& path) {
  QUANJI_TRY(const auto file, flow::ArchiveFile::open(path));
  QUANJI_TRY(const auto archive, flow::PackageArchive::open(file));
  flow::PackageSources sources;
  for (const auto& entry : archive.entries()) {
    if (is_module(entry.path)) sources.python_modules.push_back(module_of(entry.path));
    const bool named = entry.path == flow::package_file;
    if (!named && !is_flow(entry.path)) continue;
    QUANJI_TRY(auto text, archive.read_whole(entry, most_bytes));
    if (named)
      sources.package.text = std::move(text);
    else
      sources.flows.push_back({entry.path, std::move(text)});
  }
  return sources;
}

Result<flow::PackageName> name_in_package_file(std::string_view package_yaml) {
  const auto reading = flow::read_package_file(package_yaml);
  if (reading.ok()) return flow::PackageName{reading.package.name.text, reading.package.version.text()};
  // Whoever packs prints one sentence: all problems stand in it.
  Text all("package.yaml 有错误", "package.yaml has errors");
  for (const auto& problem : reading.problems) {
    if (problem.severity() != flow::Severity::error) continue;
    all.zh += "\n  " + flow::to_line(problem, flow::Language::zh);
    all.en += "\n  " + flow::to_line(problem, flow::Language::en);
  }
  return Error(Code::package_refused, std::move(all));
}

}  // namespace quanji::apps
