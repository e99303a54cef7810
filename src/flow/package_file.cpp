#include "flow/package_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "flow/closest_word.h"
#include "flow/document_reader.h"
#include "flow/yaml_tree.h"
#include "values/names.h"

namespace quanji::flow {

using values::quoted;

namespace {

std::optional<std::uint32_t> number_of(std::string_view text) {
  if (text.empty() || text.size() > 9 || (text.size() > 1 && text[0] == '0') ||
      text.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  std::uint32_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

std::vector<std::string_view> split(std::string_view text, char mark) {
  std::vector<std::string_view> out;
  while (true) {
    const auto end = text.find(mark);
    out.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

// How many of major.minor.patch are there; nothing when it is no version at all.
std::optional<int> read_version(std::string_view text, Version& out) {
  const auto dash = text.find('-');
  if (dash != std::string_view::npos) {
    if (text.size() > 128) return std::nullopt;
    for (const auto part : split(text.substr(dash + 1), '.')) {
      const bool digits = part.find_first_not_of("0123456789") == std::string_view::npos;
      if (part.empty() || (digits && !number_of(part)) ||
          part.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") != std::string_view::npos)
        return std::nullopt;
      out.pre.emplace_back(part);
    }
  }
  const auto parts = split(text.substr(0, dash), '.');
  if (parts.size() > 3 || (dash != std::string_view::npos && parts.size() != 3)) return std::nullopt;
  const std::array<std::uint32_t*, 3> numbers{&out.major, &out.minor, &out.patch};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto number = number_of(parts[i]);
    if (!number) return std::nullopt;
    *numbers.at(i) = *number;
  }
  return static_cast<int>(parts.size());
}

std::strong_ordering compare_pre(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  if (a.empty() || b.empty()) return b.size() <=> a.size();  // without is more than with
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const auto x = number_of(a[i]), y = number_of(b[i]);
    if (x && y) {
      if (*x != *y) return *x <=> *y;
    } else if (x || y) {
      return x ? std::strong_ordering::less : std::strong_ordering::greater;
    } else if (a[i] != b[i]) {
      return a[i].compare(b[i]) <=> 0;
    }
  }
  return a.size() <=> b.size();
}

constexpr std::array<std::string_view, 5> op_words{"=", "<", "<=", ">", ">="};

class PackageReader : public FormReader {
 public:
  using FormReader::FormReader;
  void read(const YamlNode& root, PackageFile& out) {
    if (root.is_broken()) return;
    if (root.is_scalar() && root.text.empty()) {
      problems().add(ProblemCode::empty_document, root.at, {"文件是空的", "the file is empty"},
                     {"至少要有 quanji: 1、name、version 和 entry", "It needs at least quanji: 1, name, version and entry"});
      return;
    }
    read_map(root, {"包文件", "a package file"},
             {{"quanji", true, [&](const YamlEntry& e) { version(e.value); }},
              {"name", true,
               [&](const YamlEntry& e) {
                 if (auto word = name(e.value, {"包名", "the package's name"}, is_resource_name, resource_name_rule))
                   out.name = std::move(*word);
               }},
              {"version", true, [&](const YamlEntry& e) { version_number(e.value, out); }},
              {"title", false,
               [&](const YamlEntry& e) {
                 out.title = text(e.value, {"title", "title"}).value_or("");
               }},
              {"description", false,
               [&](const YamlEntry& e) {
                 out.description = text(e.value, {"description", "description"}).value_or("");
               }},
              {"entry", true, [&](const YamlEntry& e) { entries(e.value, out); }},
              {"robot", false, [&](const YamlEntry& e) { robot(e.value, out); }},
              {"needs", false, [&](const YamlEntry& e) { out.needs = needs(e.value); }}});
  }

 private:
  void version_number(const YamlNode& node, PackageFile& out) {
    out.version_at = node.at;
    if (node.is_scalar())
      if (const auto version = Version::parse(node.text)) {
        out.version = *version;
        return;
      }
    problems().add(ProblemCode::bad_version, node.at,
                   {fmt::format("版本号应为 1.2.0 这样的三段数字，这里是“{}”", quoted(node.text)),
                    fmt::format("a version is three numbers like 1.2.0; this is “{}”", quoted(node.text))},
                   node.text.starts_with('v') || node.text.starts_with('V')
                       ? base::Text{"去掉开头的 v", "Leave out the v"}
                       : base::Text{"先行版写成 1.2.0-rc.1", "A pre-release is 1.2.0-rc.1"});
  }
  void entries(const YamlNode& node, PackageFile& out) {
    const auto& items = list(node, {"entry", "entry"});
    if (node.is_list() && items.empty())
      problems().add(ProblemCode::wrong_form, node.at, {"entry 至少要有一个流程", "entry names at least one flow"},
                     {"写成 entry: [流程名]", "Write entry: [flow]"});
    for (const auto& item : items) {
      auto word = name(item, {"入口流程", "an entry"}, is_document_name, document_name_rule);
      if (!word) continue;
      if (std::any_of(out.entry.begin(), out.entry.end(), [&](const Word& w) { return w.text == word->text; }))
        problems().add(ProblemCode::duplicate_key, item.at,
                       {fmt::format("“{}”已经在 entry 里", word->text), fmt::format("“{}” is in entry already", word->text)},
                       {"删去其中一个", "Leave one of them out"});
      else
        out.entry.push_back(std::move(*word));
    }
  }
  void robot(const YamlNode& node, PackageFile& out) {
    if (node.is_scalar()) out.robot = Requirement::parse(node.text);
    if (!out.robot)
      problems().add(
          ProblemCode::bad_requirement, node.at,
          {fmt::format("“{}”不是版本要求", quoted(node.text)), fmt::format("“{}” is no requirement of versions", quoted(node.text))},
          {"写成 \">=0.3\" 或 \">=0.3 <2\"，加引号", "Write \">=0.3\" or \">=0.3 <2\", in quotes"});
  }
};

}  // namespace

std::optional<Version> Version::parse(std::string_view text) {
  Version out;
  const auto parts = read_version(text, out);
  if (parts != 3) return std::nullopt;
  return out;
}
std::string Version::text() const {
  std::string out = fmt::format("{}.{}.{}", major, minor, patch);
  for (std::size_t i = 0; i < pre.size(); ++i) out += (i == 0 ? "-" : ".") + pre[i];
  return out;
}
std::strong_ordering operator<=>(const Version& a, const Version& b) {
  if (const auto c = a.major <=> b.major; c != 0) return c;
  if (const auto c = a.minor <=> b.minor; c != 0) return c;
  if (const auto c = a.patch <=> b.patch; c != 0) return c;
  return compare_pre(a.pre, b.pre);
}

std::optional<Requirement> Requirement::parse(std::string_view text) {
  Requirement out;
  if (text.size() > 256) return std::nullopt;
  while (true) {
    const auto begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) break;
    text.remove_prefix(begin);
    Condition condition;
    std::size_t size = 0;
    for (std::size_t i = 0; i < op_words.size(); ++i)
      if (text.starts_with(op_words.at(i)) && op_words.at(i).size() > size) condition.op = static_cast<Op>(i), size = op_words.at(i).size();
    text.remove_prefix(size);
    if (size > 0) text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const auto end = std::min(text.find_first_of(" <>="), text.size());
    const auto parts = read_version(text.substr(0, end), condition.version);
    if (!parts) return std::nullopt;
    condition.parts = *parts;
    text.remove_prefix(end);
    out.conditions.push_back(std::move(condition));
  }
  if (out.conditions.empty()) return std::nullopt;
  return out;
}
std::string Requirement::text() const {
  std::string out;
  for (const auto& condition : conditions) {
    auto version = condition.version.text();
    for (int parts = 3; parts > condition.parts; --parts) version.resize(version.rfind('.'));
    out += (out.empty() ? "" : " ") + std::string(op_words.at(static_cast<std::size_t>(condition.op))) + version;
  }
  return out;
}
bool Requirement::holds_for(const Version& version) const {
  return std::all_of(conditions.begin(), conditions.end(), [&](const Condition& c) {
    switch (c.op) {
      case Op::less:
        return version < c.version;
      case Op::at_most:
        return version <= c.version;
      case Op::greater:
        return version > c.version;
      case Op::at_least:
        return version >= c.version;
      default:
        return c.parts == 3 ? version == c.version
                            : version.pre.empty() && version.major == c.version.major && (c.parts == 1 || version.minor == c.version.minor);
    }
  });
}

PackageReading read_package_file(std::string_view text, std::string file) {
  Problems problems(file);
  PackageReading out;
  out.package.file = std::move(file);
  const YamlNode root = read_yaml(text, problems);
  PackageReader(problems).read(root, out.package);
  out.problems = std::move(problems).take();
  return out;
}

std::vector<Problem> check_package(const PackageFile& package, const std::vector<const Document*>& flows) {
  Problems problems(package.file);
  if (flows.empty())
    problems.add(ProblemCode::no_flows, package.name.at, {"包里没有流程（flows/*.yaml）", "the package has no flows (flows/*.yaml)"},
                 {"在 flows/ 下放至少一个流程文件", "Put at least one flow document into flows/"});
  std::vector<std::string> names;
  names.reserve(flows.size());
  for (const auto* flow : flows) names.push_back(flow->flow.text);
  for (const auto& entry : package.entry) {
    if (flows.empty() || std::find(names.begin(), names.end(), entry.text) != names.end()) continue;
    auto mend = did_you_mean(closest_word(entry.text, std::span<const std::string>(names)));
    if (mend.en.empty())
      mend = {"现有：" + listed(std::span<const std::string>(names)), "There are: " + listed(std::span<const std::string>(names))};
    problems.add(ProblemCode::unknown_entry, entry.at,
                 {fmt::format("包里没有流程“{}”", entry.text), fmt::format("the package has no flow “{}”", entry.text)}, std::move(mend));
  }
  auto out = std::move(problems).take();

  std::map<std::string, const Document*> first;
  for (const auto* flow : flows) {
    Problems own(flow->file);
    if (const auto [other, fresh] = first.try_emplace(flow->flow.text, flow); !fresh && !flow->flow.text.empty())
      own.add(ProblemCode::duplicate_flow, flow->flow.at,
              {fmt::format("{} 里已有流程“{}”", other->second->file, flow->flow.text),
               fmt::format("{} holds the flow “{}” already", other->second->file, flow->flow.text)},
              {"改名", "Rename one of them"});
    const auto compare = [&](std::string_view kind, const std::vector<Word>& needed, const std::vector<Word>& declared) {
      for (const auto& word : needed)
        if (std::none_of(declared.begin(), declared.end(), [&](const Word& w) { return w.text == word.text; }))
          own.add(ProblemCode::package_need_missing, word.at,
                  {fmt::format("“{}”没有在 package.yaml 的 needs.{} 里", word.text, kind),
                   fmt::format("“{}” is not in needs.{} of package.yaml", word.text, kind)},
                  {"在 package.yaml 里补上", "Add it to package.yaml"});
    };
    compare("assets", flow->needs.assets, package.needs.assets);
    compare("credentials", flow->needs.credentials, package.needs.credentials);
    compare("queues", flow->needs.queues, package.needs.queues);
    compare("capabilities", flow->needs.capabilities, package.needs.capabilities);
    if (flow->needs.network == Network::all && package.needs.network != Network::all)
      own.add(ProblemCode::package_need_missing, flow->flow.at,
              {"流程需要网络，package.yaml 没有声明 network: all", "the flow needs the network; package.yaml does not say network: all"},
              {"在 package.yaml 的 needs 里写 network: all", "Write network: all into the needs of package.yaml"});
    auto found = std::move(own).take();
    out.insert(out.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
  }
  return out;
}

CheckedPackage check_package_sources(const PackageSources& sources, const Catalogue* activities, PythonGrammar* python) {
  CheckedPackage out;
  auto package = read_package_file(sources.package.text, sources.package.path);
  out.package = std::move(package.package);
  out.problems = std::move(package.problems);
  std::vector<Reading> readings;
  readings.reserve(sources.flows.size());
  for (const auto& flow : sources.flows) readings.push_back(read_document(flow.text, flow.path));
  std::vector<const Document*> flows;
  for (const auto& reading : readings)
    if (!reading.document.flow.text.empty()) flows.push_back(&reading.document);
  const Surroundings surroundings{.activities = activities, .flows = flows, .python_modules = sources.python_modules, .python = python};
  const auto add = [&](std::vector<Problem> more) {
    out.problems.insert(out.problems.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  };
  const bool nothing_read = out.package.name.text.empty() && out.package.entry.empty();
  if (!nothing_read) add(check_package(out.package, flows));
  for (auto& reading : readings) {
    add(std::move(reading.problems));
    add(check_document(reading.document, surroundings, reading.doubtful));
  }
  std::map<std::string, std::size_t> order{{sources.package.path, 0}};
  for (const auto& flow : sources.flows) order.emplace(flow.path, order.size());
  std::stable_sort(out.problems.begin(), out.problems.end(), [&](const Problem& a, const Problem& b) {
    const auto x = order[a.file], y = order[b.file];
    return x != y ? x < y : a.at < b.at;
  });
  for (auto& reading : readings) out.flows.push_back(std::move(reading.document));
  return out;
}

}  // namespace quanji::flow
