#include "apps/quanji/command_line.h"

#include <fcntl.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "api/platform.h"
#include "apps/quanji/flow_commands.h"
#include "apps/quanji/output.h"
#include "apps/quanji/package_commands.h"
#include "apps/quanji/request.h"
#include "apps/quanji/sign_in.h"
#include "apps/quanji/teaching.h"
#include "base/fields_json.h"
#include "base/files.h"

namespace quanji::apps {
namespace {

namespace json = boost::json;

// A generated command and what was given to it.
struct Command {
  const door::Operation* operation = nullptr;
  CLI::App* app = nullptr;
  Given given;
  std::string output = "table";
  std::string file;  // of an operation that takes one in
  bool all = false;
};

std::string both(const base::Sentence& s) { return std::string(s.zh) + " / " + std::string(s.en); }

void add_options(Command& command) {
  const auto& operation = *command.operation;
  auto& app = *command.app;
  const auto names = path_parameters(operation);
  command.given.path.resize(names.size());
  for (std::size_t i = 0; i < names.size(); ++i)
    app.add_option(names[i], command.given.path[i], path_parameter_help(operation, names[i]))->required();
  app.add_option("-o,--output", command.output, "表格或 JSON / What is printed (=table)")->check(CLI::IsMember({"table", "json"}));
  const bool takes_in = operation.binding.intake == door::Intake::body;
  if (takes_in) app.add_option("--file", command.file, "要上传的文件 / The file that is sent");
  const bool bodied = !takes_in && (operation.verb == door::Verb::post || operation.verb == door::Verb::patch);
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
  app.footer("例 / Example:\n  " + example_of(operation));
}

void generate(CLI::App& root, std::vector<std::unique_ptr<Command>>& commands) {
  std::map<std::string, CLI::App*> groups;
  for (const auto& operation : api::platform_table().all()) {
    const auto noun = noun_of(*operation);
    const auto verb = command_of(*operation);
    auto*& group = groups[noun];
    if (!group) {
      group = root.add_subcommand(noun);
      group->require_subcommand(1);
    }
    group->description(group->get_description() + (group->get_description().empty() ? "" : " ") + verb);
    auto& command = *commands.emplace_back(std::make_unique<Command>());
    command.operation = operation.get();
    command.app = group->add_subcommand(verb, both(operation->summary));
    add_options(command);
  }
}

// The answer's data, or nothing when the body is no envelope (an export).
json::value data_of(const net::ClientResponse& answer, bool& enveloped) {
  auto read = base::parse_json(answer.body);
  enveloped = read.ok() && read->is_object() && read->get_object().contains("code");
  if (!enveloped) return nullptr;
  auto* data = read->get_object().if_contains("data");
  return data ? *data : json::value(nullptr);
}

int run(Command& command, const std::string& profile_name, const std::string& on_behalf_of) {
  auto& given = command.given;
  if (given.json == "-") given.json = read_standard_input();
  if (command.operation->binding.intake == door::Intake::body) {
    const base::Descriptor file(::open(command.file.c_str(), O_RDONLY | O_CLOEXEC));
    auto content = file.get() < 0
                       ? base::Result<std::string>(base::Error(
                             base::Code::not_found, base::Text("不能读取文件 " + command.file, "cannot read the file " + command.file)))
                       : base::read_whole(file.get(), std::size_t{1} << 30);
    if (!content) return refuse(content.error());
    given.content = std::move(*content);
  }
  auto profile = load_profile(profile_name);
  if (!profile) return refuse(profile.error());
  auto session = Session::open(std::move(profile).value(), profile_name, on_behalf_of);
  if (!session) return refuse(session.error());
  json::value shown;
  for (;;) {
    auto ask = make_ask(api::platform_table(), *command.operation, given);
    if (!ask) {
      refuse(ask.error());
      return exit_usage;
    }
    const bool streams = !command.operation->binding.content_type.empty();
    if (streams)
      ask->take = [](std::string_view piece) -> base::Status {
        if (std::cout.write(piece.data(), static_cast<std::streamsize>(piece.size()))) return {};
        return base::Error(base::Code::store_unavailable, base::Text("写入失败，磁盘可能已满。", "Writing failed: the disk may be full."));
      };
    const auto answer = session->call(*ask);
    if (!answer) return refuse(answer.error());
    if (answer->status >= 300) return refuse(*answer);
    if (streams) return std::cout.flush() ? exit_done : exit_refused;
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

// The words of the command line, and where what was given goes.
struct CommandLine {
  CLI::App root{
      "券机命令行：平台的每个操作都是一条命令 / Quanji command line: every operation of the platform is a command\n"
      "离线核对审计日志 / Checks an audit log offline: quanji audit verify --help"};
  Place place;
  std::string account, on_behalf_of, contracts;
  ClientLogin client{"", "hmac-sha256", Caller::client};
  std::string calls = "signed";
  bool password_stdin = false, code_stdin = false, access_key_stdin = false;
  CLI::App *login = nullptr, *logout = nullptr, *setup = nullptr, *doctor = nullptr, *bash = nullptr, *zsh = nullptr, *contract = nullptr;
  std::optional<FlowCommands> flow;
  std::optional<PackageCommands> package;
  std::vector<std::unique_ptr<Command>> commands;

  CommandLine() {
    root.set_version_flag("--version", version);
    root.require_subcommand(1);
    root.fallthrough();
    root.add_option("--profile", place.profile, "配置名，可保存多个登录 / Name of the profile, one for each sign-in (=default)");
    root.add_option("--on-behalf-of", on_behalf_of,
                    "以访问密钥代某用户调用：用户标识或工号 / With an access key: call for this user (id or employee number)");
    root.footer(
        "先登录再使用 / Sign in, then work:\n"
        "  quanji login --url https://localhost:7443 --trust ca.pem --account system\n"
        "  quanji departments list\n"
        "  quanji departments create --help");
    add_sign_in();
    add_others();
    flow.emplace(root);
    package.emplace(root);
    generate(root, commands);
  }

 private:
  void reachable(CLI::App* app, bool needed) {
    auto* url = app->add_option("--url", place.url, "平台地址 / Address of the platform: https://host:7443");
    if (needed) url->required();
    app->add_option("--trust", place.trust_file, "平台 CA 证书（PEM），缺省用本机信任的 CA / The platform's authority; else the machine's")
        ->check(CLI::ExistingFile);
  }
  void add_sign_in() {
    login = root.add_subcommand("login", "登录：人用账号，程序用访问密钥；令牌与密钥保存为 0600 / Sign in, a person or an API client");
    reachable(login, true);
    auto* person = login->add_option("--account", account, "登录名，密码在终端输入 / Account; the password is asked for");
    login->add_flag("--password-stdin", password_stdin, "从标准输入读密码 / The password is a line of standard input")->needs(person);
    auto* key = login->add_flag("--access-key-stdin", access_key_stdin,
                                "从标准输入读两行：访问密钥标识与密钥 / Two lines of standard input: access key and secret");
    auto* file = login->add_option("--key-file", client.key_file,
                                   "同样两行的文件，0600，留在原处 / A file of these two lines, 0600, which stays where it is");
    key->excludes(person)->excludes(file);
    file->excludes(person);
    login->add_option("--signature", client.signature, "签名算法 / How requests are signed (=hmac-sha256)")
        ->check(CLI::IsMember({"hmac-sha256", "hmac-sm3"}));
    login->add_option("--calls", calls, "每次调用都签名，或用签名换令牌 / Each call signed, or by a token got for a signature (=signed)")
        ->check(CLI::IsMember({"signed", "token"}));
    login->footer(
        "例 / Examples:\n"
        "  quanji login --url https://localhost:7443 --trust ca.pem --account zhang.san\n"
        "  quanji --profile portal login --url https://localhost:7443 --trust ca.pem --access-key-stdin --signature hmac-sm3 < key.txt");
    logout = root.add_subcommand("logout", "退出，删除令牌与保存的密钥 / Sign out; tokens and the kept key are deleted");
    logout->footer("例 / Example:\n  quanji --profile portal logout");
  }
  void add_others() {
    setup = root.add_subcommand("setup", "首次初始化，建立三个管理员 / First set-up: makes the three administrators");
    reachable(setup, true);
    setup
        ->add_flag("--code-stdin", code_stdin,
                   "从标准输入读 JSON：初始化码与三人 / JSON on standard input, the set-up code and three persons; never as an argument")
        ->required();
    setup->footer(
        "例 / Example:\n  quanji setup --url https://localhost:7443 --trust ca.pem --code-stdin < setup.json\n"
        "# setup.json: " +
        std::string(api::outer_table().by_id("setup.run")->example));
    doctor = root.add_subcommand("doctor", "检查版本、可达、时钟 / Looks at versions, reachability, clocks");
    reachable(doctor, false);
    doctor->footer("例 / Example:\n  quanji doctor --url https://localhost:7443 --trust ca.pem");
    auto* completion = root.add_subcommand("completion", "补全脚本 / Completion script");
    completion->require_subcommand(1);
    bash = completion->add_subcommand("bash", "bash 的补全 / For bash");
    bash->footer("例 / Example:\n  source <(quanji completion bash)");
    zsh = completion->add_subcommand("zsh", "zsh 的补全 / For zsh");
    zsh->footer("例 / Example:\n  source <(quanji completion zsh)");
    contract = root.add_subcommand("contracts", "");
    contract->group("");
    contract->add_option("folder", contracts)->required();
  }
};

int sign_in(CommandLine& given) {
  if (!given.account.empty()) return login(given.place, given.account, given.password_stdin ? From::standard_input : From::terminal);
  if (!given.access_key_stdin && given.client.key_file.empty()) {
    std::cerr << (speaks_english() ? "Say who signs in: --account, --access-key-stdin or --key-file"
                                   : "请说明以何登录：--account、--access-key-stdin 或 --key-file")
              << "\n";
    return exit_usage;
  }
  if (given.calls == "token") given.client.caller = Caller::client_by_token;
  return login_client(given.place, given.client);
}

}  // namespace

int run_command_line(int argc, char** argv) {
  CommandLine given;
  try {
    given.root.parse(argc, argv);
  } catch (const CLI::ParseError& stopped) {
    return given.root.exit(stopped) == 0 ? exit_done : exit_usage;
  }
  if (*given.login) return sign_in(given);
  if (*given.logout) return logout(given.place);
  if (*given.setup) return set_up(given.place);
  if (*given.doctor) return doctor(given.place);
  if (*given.bash || *given.zsh) {
    if (*given.zsh) std::cout << "autoload -U +X bashcompinit && bashcompinit\n";
    std::cout << completion_script(given.root) << "complete -F _quanji quanji\n";
    return exit_done;
  }
  if (*given.contract) {
    std::ofstream page(given.contracts + "/cli.md", std::ios::binary);
    page << command_line_page(given.root) << std::flush;
    if (page.good()) return exit_done;
    return refuse(base::Error(base::Code::store_unavailable, base::system_detail("write", given.contracts + "/cli.md")));
  }
  // Not by return: threads a flow's Python left behind would be waited for.
  const auto leave = [](int code) {
    std::fflush(nullptr);
    std::_Exit(code);
  };
  if (const auto done = given.flow->run()) leave(*done);
  if (const auto done = given.package->run()) leave(*done);
  for (auto& command : given.commands)
    if (*command->app) return run(*command, given.place.profile, given.on_behalf_of);
  return exit_usage;
}

}  // namespace quanji::apps
