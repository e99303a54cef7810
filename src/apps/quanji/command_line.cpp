#include "apps/quanji/command_line.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <memory>
#include <vector>

#include "api/platform.h"
#include "apps/quanji/output.h"
#include "apps/quanji/request.h"
#include "apps/quanji/sign_in.h"
#include "base/fields_json.h"

namespace quanji::apps {
namespace {

namespace json = boost::json;

// A generated command and what was given to it.
struct Command {
  const door::Operation* operation = nullptr;
  CLI::App* app = nullptr;
  Given given;
  std::string output = "table";
  bool all = false;
};

std::string both(const base::Sentence& s) { return std::string(s.zh) + " / " + std::string(s.en); }

void add_options(Command& command) {
  const auto& operation = *command.operation;
  auto& app = *command.app;
  const auto names = path_parameters(operation);
  command.given.path.resize(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) app.add_option(names[i], command.given.path[i])->required();
  app.add_option("-o,--output", command.output, "table|json")->check(CLI::IsMember({"table", "json"}));
  const bool bodied = operation.verb == door::Verb::post || operation.verb == door::Verb::patch;
  if (bodied)
    app.add_option("--json", command.given.json,
                   "请求体，- 为标准输入；密码等只能由此传入 / The body, - is standard input; secrets come this way only");
  if (operation.verb == door::Verb::patch || operation.verb == door::Verb::del)
    app.add_option("--if-match", command.given.if_match, "只改此版本 / Only when still at this revision");
  if (operation.creates) app.add_option("--idempotency-key", command.given.idempotency_key, "重试不会重复 / A retry does nothing twice");
  if (operation.binding.list) app.add_flag("--all", command.all, "取全部页 / All pages");
  for (const auto& option : options_of(operation)) {
    if (app.get_option_no_throw(option.flag)) continue;  // by --json, then
    app.add_option_function<std::string>(
        option.flag, [&command, name = option.json_name](const std::string& text) { command.given.fields[name] = text; }, option.help);
  }
  if (bodied && !operation.example.empty()) app.footer("例 / Example: --json '" + std::string(operation.example) + "'");
}

void generate(CLI::App& root, std::vector<std::unique_ptr<Command>>& commands) {
  std::map<std::string, CLI::App*> groups;
  for (const auto& operation : api::platform_table().all()) {
    const auto noun = noun_of(*operation);
    auto verb = verb_of(*operation);
    // `audit verify` is the offline check of a log.
    if (noun == "audit" && verb == "verify") verb = "verify-remote";
    auto*& group = groups[noun];
    if (!group) {
      group = root.add_subcommand(noun, "/" + noun);
      group->require_subcommand(1);
    }
    auto& command = *commands.emplace_back(std::make_unique<Command>());
    command.operation = operation.get();
    command.app = group->add_subcommand(verb, both(operation->summary));
    add_options(command);
  }
}

std::vector<CLI::App*> under(CLI::App& app) {
  return app.get_subcommands([](CLI::App*) { return true; });
}

// Words by position: nouns, verbs, then the options of the command.
std::string completion(CLI::App& root) {
  std::string nouns = "audit", cases;
  for (auto* group : under(root)) {
    if (group->get_name() != "audit") nouns += " " + group->get_name();
    std::string verbs = group->get_name() == "audit" ? "verify" : "";
    for (auto* command : under(*group)) {
      verbs += (verbs.empty() ? "" : " ") + command->get_name();
      std::string flags;
      for (const auto* option : command->get_options())
        for (const auto& name : option->get_lnames()) flags += (flags.empty() ? "--" : " --") + name;
      cases += "    '" + group->get_name() + " " + command->get_name() + "') words='" + flags + "' ;;\n";
    }
    if (!verbs.empty()) cases += "    '" + group->get_name() + " ') words='" + verbs + "' ;;\n";
  }
  return "_quanji() {\n  local words=''\n  local key=\"${COMP_WORDS[1]} \"\n"
         "  [ \"$COMP_CWORD\" -gt 2 ] && key=\"${COMP_WORDS[1]} ${COMP_WORDS[2]}\"\n"
         "  [ \"$COMP_CWORD\" -lt 2 ] && key=' '\n  case \"$key\" in\n    ' ') words='" +
         nouns + "' ;;\n" + cases +
         "  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n}\ncomplete -F _quanji quanji\n";
}

// The answer's data, or nothing when the body is no envelope (an export).
json::value data_of(const net::ClientResponse& answer, bool& enveloped) {
  auto read = base::parse_json(answer.body);
  enveloped = read.ok() && read->is_object() && read->get_object().contains("code");
  if (!enveloped) return nullptr;
  auto* data = read->get_object().if_contains("data");
  return data ? *data : json::value(nullptr);
}

int run(Command& command, const std::string& profile_name) {
  auto& given = command.given;
  if (given.json == "-") given.json = read_standard_input();
  auto profile = load_profile(profile_name);
  if (!profile) return refuse(profile.error());
  auto session = Session::open(std::move(profile).value(), profile_name);
  if (!session) return refuse(session.error());
  json::value shown;
  for (;;) {
    const auto ask = make_ask(api::platform_table(), *command.operation, given);
    if (!ask) {
      refuse(ask.error());
      return exit_usage;
    }
    const auto answer = session->call(*ask);
    if (!answer) return refuse(answer.error());
    if (answer->status >= 300) return refuse(*answer);
    bool enveloped = false;
    auto data = data_of(*answer, enveloped);
    if (!enveloped) {
      std::cout << answer->body;
      return exit_done;
    }
    std::string cursor;
    auto* items = data.is_object() ? data.get_object().if_contains("items") : nullptr;
    if (command.all && items && items->is_array()) {
      if (const auto* next = data.get_object().if_contains("nextCursor"); next && next->is_string())
        cursor.assign(next->get_string().data(), next->get_string().size());
      if (shown.is_null()) {
        shown = std::move(data);
        shown.get_object().erase("nextCursor");
      } else {
        auto& kept = shown.get_object().at("items").get_array();
        for (auto& item : items->get_array()) kept.push_back(std::move(item));
      }
    } else {
      shown = std::move(data);
    }
    if (cursor.empty()) break;
    given.fields["cursor"] = cursor;
    given.fields.erase("page");
  }
  std::cout << (command.output == "json" ? json::serialize(shown) + "\n" : as_table(shown));
  return exit_done;
}

}  // namespace

int run_command_line(int argc, char** argv) {
  CLI::App root{"券机命令行 / Quanji command line\n  quanji audit verify --help: 离线核对审计日志 / checks an audit log offline"};
  root.set_version_flag("--version", version);
  root.require_subcommand(1);
  root.fallthrough();
  Place place;
  std::string account;
  bool password_stdin = false, code_stdin = false;
  root.add_option("--profile", place.profile, "配置名 / Name of the profile");
  const auto reachable = [&](CLI::App* app, bool needed) {
    auto* url = app->add_option("--url", place.url, "https://host:7443");
    if (needed) url->required();
    app->add_option("--trust", place.trust_file, "平台 CA 证书（PEM） / The platform's authority")->check(CLI::ExistingFile);
  };
  auto* login_command = root.add_subcommand("login", "登录并保存令牌（0600） / Sign in and keep the tokens");
  reachable(login_command, true);
  login_command->add_option("--account", account, "登录名 / Account")->required();
  login_command->add_flag("--password-stdin", password_stdin, "从标准输入读密码 / The password is a line of standard input");
  auto* logout_command = root.add_subcommand("logout", "退出并删除令牌 / Sign out and forget the tokens");
  auto* setup_command =
      root.add_subcommand("setup", "首次初始化：标准输入为 JSON {code, persons} / First set-up from JSON on standard input");
  reachable(setup_command, true);
  setup_command->add_flag("--code-stdin", code_stdin, "代码与密码只从标准输入读 / Code and passwords come by standard input only")
      ->required();
  auto* doctor_command = root.add_subcommand("doctor", "版本、可达、时钟 / Versions, reachability, clocks");
  reachable(doctor_command, false);
  auto* completion_command = root.add_subcommand("completion", "补全脚本 / Completion script");
  completion_command->require_subcommand(1);
  completion_command->add_subcommand("bash", "source <(quanji completion bash)");
  std::vector<std::unique_ptr<Command>> commands;
  generate(root, commands);
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& stopped) {
    return root.exit(stopped) == 0 ? exit_done : exit_usage;
  }
  if (*login_command) return login(place, account, password_stdin ? From::standard_input : From::terminal);
  if (*logout_command) return logout(place);
  if (*setup_command) return set_up(place);
  if (*doctor_command) return doctor(place);
  if (*completion_command) {
    std::cout << completion(root);
    return exit_done;
  }
  for (auto& command : commands)
    if (*command->app) return run(*command, place.profile);
  return exit_usage;
}

}  // namespace quanji::apps
