#include "apps/quanji/teaching.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <string_view>
#include <vector>

#include "apps/quanji/audit_verify.h"
#include "apps/quanji/request.h"
#include "base/fields_json.h"
#include "flow/package_archive_rules.h"

namespace quanji::apps {
namespace {

namespace json = boost::json;

std::vector<const CLI::App*> under(const CLI::App& app) {
  auto found = app.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); });
  return found;
}

std::string shell_word(std::string_view text) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:,/@+=";
  if (!text.empty() && text.find_first_not_of(plain) == std::string_view::npos) return std::string(text);
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// A list of words goes with commas; what has an inside, or a comma, goes as JSON.
std::string as_option(const json::value& value) {
  if (value.is_string()) return {value.get_string().data(), value.get_string().size()};
  if (!value.is_array()) return json::serialize(value);
  std::string joined;
  for (const auto& item : value.get_array()) {
    if (!item.is_string() || item.get_string().find(',') != json::string::npos) return json::serialize(value);
    joined += (joined.empty() ? "" : ",") + std::string(item.get_string().data(), item.get_string().size());
  }
  return joined;
}

std::string placeholder(const door::Operation& operation, std::string_view name) {
  if (operation.binding.in) {
    const auto& fields = operation.binding.in->fields();
    if (const int i = fields.find_json(name); i >= 0) {
      const auto& type = *fields.all()[static_cast<std::size_t>(i)].ops;
      if (!type.id_prefix.empty()) return fmt::format("{}_00000000000000000000000001", type.id_prefix);
    }
  }
  std::string upper(name);
  for (auto& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return upper;
}

std::string parameters_of(const CLI::App& app) {
  std::string out;
  for (const auto* option : app.get_options()) {
    if (option->check_name("--help")) continue;
    auto help = option->get_description();
    bool needed = option->get_required();
    if (help.ends_with(" *")) {
      help.resize(help.size() - 2);
      needed = true;
    }
    out += fmt::format("- `{}`{}{}{}\n", option->get_positional() ? option->get_name(true) : option->get_name(false, true),
                       needed ? " **必填 required**" : "", help.empty() ? "" : " ", help);
  }
  return out;
}

void command(std::string& out, std::string_view level, const std::string& name, const CLI::App& app) {
  out += fmt::format("{} {}\n\n{}\n\n", level, name, app.get_description());
  if (const auto parameters = parameters_of(app); !parameters.empty()) out += parameters + "\n";
  if (auto footer = app.get_footer(); !footer.empty()) out += "```\n" + footer + "\n```\n\n";
}

}  // namespace

std::string example_of(const door::Operation& operation) {
  std::string line = "quanji " + noun_of(operation) + " " + command_of(operation);
  for (const auto& name : path_parameters(operation)) line += " " + placeholder(operation, name);
  if (operation.binding.list) return line + " --page-size 50 -o json";
  const auto body = operation.example.empty() ? json::value() : base::parse_json(operation.example).value();
  if (!body.is_object() || body.get_object().empty()) return line;
  const auto options = options_of(operation);
  std::string given;
  for (const auto& pair : body.get_object()) {
    const std::string_view key(pair.key().data(), pair.key().size());
    const Option* option = nullptr;
    for (const auto& one : options)
      if (one.json_name == key && one.flag != "--json" && one.flag != "--output") option = &one;
    // Secrets have no option; so nothing of this body stands on a command line.
    if (!option) return line + " --json - < body.json\n# body.json: " + std::string(operation.example);
    given += " " + option->flag + " " + shell_word(as_option(pair.value()));
  }
  return line + given;
}

std::string command_line_page(const CLI::App& root) {
  std::string out =
      "# 命令行 Command line\n\nGenerated from the operation table by `./do contracts`. `quanji NOUN VERB --help` says the same.\n\n"
      "退出码 Exit codes: 0 完成 done, 1 被拒绝 refused, 2 用法 usage, 3 需要登录或权限 needs a sign-in or rights, 4 平台不可达 "
      "unreachable.\n\n"
      "各命令通用 Everywhere:\n\n";
  out += parameters_of(root) + "\n";
  for (const auto* group : under(root)) {
    const auto verbs = under(*group);
    if (verbs.empty()) {
      command(out, "##", group->get_name(), *group);
      continue;
    }
    out += fmt::format("## {}\n\n", group->get_name());
    for (const auto* one : verbs) command(out, "###", group->get_name() + " " + one->get_name(), *one);
  }
  out += "## 离线 Without a platform\n\n```\n" + std::string(verify_usage) + "\n" + std::string(export_usage) + "```\n";
  out += "\n## 流程包归档的规则 Rules of package archives\n\n" + flow::archive_rules_page();
  return out;
}

std::string completion_script(const CLI::App& root) {
  const auto flags_of = [](const CLI::App& app) {
    std::string flags;
    for (const auto* option : app.get_options())
      for (const auto& name : option->get_lnames()) flags += (flags.empty() ? "--" : " --") + name;
    return flags;
  };
  std::string nouns = flags_of(root), cases;
  for (const auto* group : under(root)) {
    nouns += " " + group->get_name();
    const auto commands = under(*group);
    // `audit verify` and `audit export` work without a platform too.
    std::string verbs = group->get_name() == "audit" ? "verify" : "";
    for (const auto* one : commands) {
      verbs += (verbs.empty() ? "" : " ") + one->get_name();
      cases += fmt::format("    '{} {}') words='{}' ;;\n", group->get_name(), one->get_name(), flags_of(*one));
    }
    if (commands.empty()) verbs = flags_of(*group);
    cases += fmt::format("    '{} '{}) words='{}' ;;\n", group->get_name(), commands.empty() ? "*" : "", verbs);
  }
  // The noun and the verb are the first two words that are neither --profile nor --on-behalf-of nor what follows these.
  return "_quanji() {\n  local words='' noun='' verb='' i word\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n    word=${COMP_WORDS[i]}\n    case \"$word\" in\n"
         "      --profile|--on-behalf-of) i=$((i + 1)) ;;\n      -*) ;;\n"
         "      *) if [ -z \"$noun\" ]; then noun=$word; elif [ -z \"$verb\" ]; then verb=$word; fi ;;\n    esac\n  done\n"
         "  case \"$noun $verb\" in\n    ' ') words='" +
         nouns + "' ;;\n" + cases + "  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n}\n";
}

}  // namespace quanji::apps
