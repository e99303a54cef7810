#include "apps/quanji/package_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <utility>

#include "activities/catalogue.h"
#include "apps/quanji/flow_sources.h"
#include "apps/quanji/flow_tests.h"
#include "apps/quanji/package_sources.h"
#include "base/clock.h"
#include "base/random.h"
#include "engine/python_grammar.h"
#include "flow/package_archive.h"
#include "flow/package_signature.h"

namespace quanji::apps {
namespace {

constexpr int exit_done = 0, exit_refused = 1, exit_usage = 2, exit_rights = 3, exit_unreachable = 4;

void say(std::FILE* to, std::string_view text) { std::fwrite(text.data(), 1, text.size(), to); }

int refuse(std::FILE* err, const base::Error& error) {
  say(err, error.message().zh + "\n" + error.message().en + "\n");
  if (!error.detail().empty()) say(err, "  " + error.detail() + "\n");
  switch (error.code()) {
    case base::Code::not_permitted:
      return exit_rights;
    case base::Code::not_found:
    case base::Code::store_unavailable:
      return exit_unreachable;
    default:
      return exit_refused;
  }
}

// One interpreter a process; from now on modules of this folder are found, too.
base::Result<engine::Python*> python_with(const std::string& path) {
  static base::SystemClock clock;
  static const auto python = engine::Python::start({"", &clock});
  if (!python) return python.error().clone();
  if (!path.empty()) (*python)->add_package_path(path);
  return python->get();
}

// An archive's Python is read, never run: its syntax is checked, and that a module has a function is taken for granted.
class GrammarOnly final : public flow::PythonGrammar {
 public:
  explicit GrammarOnly(engine::Python& python) : grammar_(python) {}
  std::optional<Complaint> check(Form form, std::string_view python) override { return grammar_.check(form, python); }
  Function look_for(std::string_view, std::string_view) override { return Function::there; }

 private:
  engine::InterpreterGrammar grammar_;
};
std::vector<flow::Problem> check_unpacked_nowhere(const flow::PackageSources& sources, engine::Python& python) {
  GrammarOnly grammar(python);
  return flow::check_package_sources(sources, &activities::described(), &grammar).problems;
}

bool prefers_english() {
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"})
    if (const char* value = std::getenv(name); value && *value) return std::string_view(value).starts_with("en");
  return false;
}

// A line a fact, or one JSON object.
using Facts = std::vector<std::pair<std::string, boost::json::value>>;
int tell(std::FILE* out, const std::string& output, const Facts& facts) {
  if (output == "json") {
    boost::json::object object;
    for (const auto& [name, value] : facts) object[name] = value;
    say(out, boost::json::serialize(object) + "\n");
    return exit_done;
  }
  for (const auto& [name, value] : facts)
    say(out, fmt::format("{:<8} {}\n", name,
                         value.is_string() ? std::string(value.get_string())
                         : value.is_null() ? "-"
                                           : boost::json::serialize(value)));
  return exit_done;
}

base::Result<std::vector<base::PublicKey>> load_keys(const std::vector<std::string>& files) {
  std::vector<base::PublicKey> keys;
  for (const auto& file : files) {
    QUANJI_TRY(auto key, flow::load_trusted_key(file));
    keys.push_back(std::move(key));
  }
  return keys;
}

flow::UnpackRules rules_for(std::span<const base::PublicKey> keys) {
  flow::UnpackRules rules;
  rules.read_name = name_in_package_file;
  rules.signature = keys.empty() ? flow::SignatureRule::not_asked : flow::SignatureRule::required;
  rules.keys = keys;
  return rules;
}

Facts facts_of(const flow::PackageContent& content) {
  return {{"name", boost::json::value(content.name.name)},
          {"version", boost::json::value(content.name.version)},
          {"files", content.files},
          {"bytes", content.bytes},
          {"keyId", content.key_id ? boost::json::value(*content.key_id) : boost::json::value(nullptr)}};
}

}  // namespace

CLI::App* PackageCommands::add(CLI::App* group, const std::string& name, const std::string& summary, const std::string& subject,
                               const std::string& help) {
  auto* command = group->add_subcommand(name, summary);
  command->add_option(subject, given_.subject, help)->required();
  command->add_option("-o,--output", given_.output, "文字或 JSON / What is printed (=table)")->check(CLI::IsMember({"table", "json"}));
  return command;
}

void PackageCommands::add_signature_rule(CLI::App* command) {
  auto* trusted = command->add_option("--trusted", given_.trusted,
                                      "受信签名者的公钥（PEM），可多次给出 / Public key of a signer that is trusted; once or more often");
  command
      ->add_flag("--unsigned", given_.not_signed, "不问由谁签名 / Whoever signed it, or nobody: only the form and the content are checked")
      ->excludes(trusted);
}

PackageCommands::PackageCommands(CLI::App& root) {
  auto* group = root.add_subcommand("package", "流程包：打包、签名、核对、解包，无需平台 / Packages without a platform");
  group->require_subcommand(1);
  group->footer(
      "例 / From folder to folder:\n"
      "  quanji package check settlement\n"
      "  quanji package pack settlement --into dist\n"
      "  quanji package sign dist/settlement-1.2.0.rpa.zip --key release.pem\n"
      "  quanji package verify dist/settlement-1.2.0.rpa.zip --trusted release.pub.pem\n"
      "  quanji package unpack dist/settlement-1.2.0.rpa.zip --into there --trusted release.pub.pem");
  check_ = add(group, "check",
               "检查 package.yaml 和所有流程，列出全部问题及其位置 / Checks package.yaml and all flows; tells every problem with its place",
               "package", "目录、package.yaml 或归档 / A folder, its package.yaml, or an archive");
  given_.language = prefers_english() ? "en" : "zh";
  check_->add_option("--language", given_.language, "zh 或 en，缺省按 LANG / Language of the problems; else by LANG")
      ->check(CLI::IsMember({"zh", "en"}));
  check_->footer(
      "例 / Example:\n  quanji package check settlement\n"
      "# flows/reconcile.yaml:12:9: 错误 … [unknown_word]；没有错误则退出码为 0 / Exit code 0 when nothing is wrong but warnings\n"
      "# 目录里的 python/ 会被导入以找函数，归档里的只检查语法 / The python/ of a folder is imported to look for functions, an archive's "
      "never");

  test_ =
      group->add_subcommand("test", "执行包里的流程测试，活动可用替身 / Runs the tests of a package's flows, with fakes for activities");
  test_->add_option("package", given_.subject, "含 package.yaml 的目录 / The folder with package.yaml")->required();
  test_->add_option("--only", given_.only, "只执行文件名或名字含此文字的测试 / Only tests whose file or name holds this");
  test_->add_option("--language", given_.language, "zh 或 en，缺省按 LANG / Language; else by LANG")->check(CLI::IsMember({"zh", "en"}));
  test_->footer(
      "例 / Example:\n  quanji package test settlement\n"
      "# tests/breaks.yaml:\n"
      "#   quanji: 1\n#   test: 符号不一致\n#   flow: reconcile\n#   inputs: {trade_date: 2026-11-20}\n"
      "#   fakes:\n#     - {do: dbf.read_table, gives: [{code: '600000', amount: -1}]}\n#     - {step: pay, fails: {code: timeout, kind: "
      "system}, times: 1}\n"
      "#   expect: {error: sign_mismatch, log: ['600000'], calls: {dbf.read_table: 1}}");

  pack_ = add(group, "pack", "把目录打成 name-1.2.0.rpa.zip；同样的文件得到同样的字节 / Packs a folder; the same files give the same bytes",
              "folder", "含 package.yaml 的目录 / The folder with package.yaml");
  pack_->add_option("--into", given_.into, "归档写到哪个目录 / Folder the archive is written to (=.)");
  pack_->add_flag("--replace", given_.replace, "覆盖已有的归档 / Writes over an archive of that name");
  std::string left_out;
  for (const auto pattern : flow::left_out_of_packages()) left_out += " " + std::string(pattern);
  pack_->footer(
      "例 / Example:\n  quanji package pack settlement --into dist\n"
      "# 顶层只有 package.yaml、flows/、python/、resources/、tests/ / These stand at the top, nothing else\n"
      "# 不打包 / Left out:" +
      left_out + "; 顶层的 / at the top signature.json *.rpa.zip");

  sign_ = add(group, "sign", "签名；原有签名被替换 / Signs an archive; a signature it has is replaced", "file", "归档 / The archive");
  sign_
      ->add_option("--key", given_.key,
                   "私钥文件：未加密的 PKCS#8 PEM，Ed25519 或 SM2，权限 0600 / The signer's key, which nobody else may read")
      ->required();
  sign_->add_option("--into", given_.into, "写到另一文件，缺省为原处 / Another file to write to; else the archive itself");
  sign_->add_flag("--replace", given_.replace, "覆盖 --into 已有的文件 / Writes over the file of --into");
  sign_->footer(
      "例 / Example:\n  quanji package sign settlement-1.2.0.rpa.zip --key release.pem\n"
      "# 生成密钥 / A key and its public half:\n"
      "#   (umask 077; openssl genpkey -algorithm ED25519 -out release.pem)\n"
      "#   openssl pkey -in release.pem -pubout -out release.pub.pem\n"
      "# 国密 / SM2: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:SM2");

  verify_ = add(group, "verify", "核对归档：形式、每个文件、签名；不写任何文件 / Checks form, every file and the signature; writes nothing",
                "file", "归档 / The archive");
  add_signature_rule(verify_);
  verify_->footer(
      "例 / Example:\n  quanji package verify settlement-1.2.0.rpa.zip --trusted release.pub.pem\n"
      "# 被拒绝时说明哪个文件、哪条规则；规则见 / A refusal names the file and the rule; all of them: quanji package rules");

  unpack_ = add(group, "unpack", "核对并解包到新目录：完整出现，或什么也不留下 / Checks and unpacks into a new folder: whole, or nothing",
                "file", "归档 / The archive");
  unpack_->add_option("--into", given_.into, "新目录，不得已存在 / The folder to make; it must not exist")->required();
  add_signature_rule(unpack_);
  unpack_->footer("例 / Example:\n  quanji package unpack settlement-1.2.0.rpa.zip --into settlement --trusted release.pub.pem");

  rules_ = group->add_subcommand("rules", "归档会因何被拒绝，以及怎么办 / What an archive is refused for, and how to mend it");
  rules_->footer("例 / Example:\n  quanji package rules");
}

std::optional<int> PackageCommands::run(std::FILE* out, std::FILE* err) {
  if (*rules_) {
    say(out, flow::archive_rules_page());
    return exit_done;
  }
  if (*check_) return check(out, err);
  if (*test_) return test(out, err);
  if (*pack_) return pack(out, err);
  if (*sign_) return sign(out, err);
  if (*verify_ || *unpack_) {
    if (given_.trusted.empty() && !given_.not_signed) {
      say(err,
          "请给出 --trusted 公钥文件；若不问签名者，则给出 --unsigned\n"
          "Give --trusted with a public key, or --unsigned when it does not matter who signed it\n");
      return exit_usage;
    }
    return *verify_ ? verify(out, err) : unpack(out, err);
  }
  return std::nullopt;
}

int PackageCommands::check(std::FILE* out, std::FILE* err) const {
  FlowSources sources;
  const bool named = std::filesystem::path(given_.subject).filename() == flow::package_file;
  const bool folder = named || std::filesystem::is_directory(given_.subject);
  if (folder) {
    const auto parent = std::filesystem::path(given_.subject).parent_path().string();
    auto read = read_flow_sources(!named ? given_.subject : parent.empty() ? "." : parent);
    if (!read) return refuse(err, read.error());
    sources = std::move(read).value();
  } else {
    auto read = read_package_archive(given_.subject);
    if (!read) return refuse(err, read.error());
    sources.package = std::move(read).value();
  }
  const auto python = python_with(sources.python_path);
  if (!python) return refuse(err, python.error());
  const auto checked = folder ? check_flows(sources, **python).problems : check_unpacked_nowhere(sources.package, **python);
  const auto language = given_.language == "en" ? flow::Language::en : flow::Language::zh;
  const auto errors = static_cast<std::size_t>(
      std::count_if(checked.begin(), checked.end(), [](const auto& problem) { return problem.severity() == flow::Severity::error; }));
  const auto warnings = checked.size() - errors;
  if (given_.output == "json") {
    boost::json::array problems;
    for (const auto& problem : checked)
      problems.push_back({{"file", problem.file},
                          {"line", problem.at.line},
                          {"column", problem.at.column},
                          {"severity", problem.severity() == flow::Severity::error ? "error" : "warning"},
                          {"code", flow::row_of(problem.code).word},
                          {"message", {{"zh", problem.message.zh}, {"en", problem.message.en}}},
                          {"mend", {{"zh", problem.mend.zh}, {"en", problem.mend.en}}}});
    boost::json::object answer{{"ok", errors == 0}, {"flows", sources.package.flows.size()}, {"errors", errors}};
    answer["problems"] = std::move(problems);
    say(out, boost::json::serialize(answer) + "\n");
  } else {
    for (const auto& problem : checked) say(out, flow::to_line(problem, language) + "\n");
    say(out, language == flow::Language::en
                 ? fmt::format("{} flows, {} errors, {} warnings\n", sources.package.flows.size(), errors, warnings)
                 : fmt::format("{} 个流程，{} 个错误，{} 个警告\n", sources.package.flows.size(), errors, warnings));
  }
  return errors == 0 ? exit_done : exit_refused;
}

int PackageCommands::test(std::FILE* out, std::FILE* err) const {
  const auto sources = read_flow_sources(given_.subject);
  if (!sources) return refuse(err, sources.error());
  const auto python = python_with(sources->python_path);
  if (!python) return refuse(err, python.error());
  return test_package(*sources, **python, given_.only, given_.language == "en" ? flow::Language::en : flow::Language::zh, out);
}

int PackageCommands::pack(std::FILE* out, std::FILE* err) const {
  base::SystemRandom random;
  flow::PackRules rules;
  rules.read_name = name_in_package_file;
  rules.existing = given_.replace ? flow::Existing::replace : flow::Existing::keep;
  const auto packed = flow::pack_folder(given_.subject, given_.into.empty() ? "." : given_.into, rules, random);
  if (!packed) return refuse(err, packed.error());
  return tell(out, given_.output,
              {{"archive", boost::json::value(packed->path)},
               {"name", boost::json::value(packed->name.name)},
               {"version", boost::json::value(packed->name.version)},
               {"files", packed->files},
               {"bytes", packed->bytes},
               {"packed", packed->packed}});
}

int PackageCommands::sign(std::FILE* out, std::FILE* err) const {
  base::SystemRandom random;
  const auto key = flow::load_signing_key(given_.key);
  if (!key) return refuse(err, key.error());
  const auto file = flow::ArchiveFile::open(given_.subject);
  if (!file) return refuse(err, file.error());
  const bool in_place = given_.into.empty();
  const auto existing = in_place || given_.replace ? flow::Existing::replace : flow::Existing::keep;
  const auto& path = in_place ? given_.subject : given_.into;
  const auto key_id = flow::sign_archive(*file, path, *key, {}, existing, random);
  if (!key_id) return refuse(err, key_id.error());
  return tell(out, given_.output, {{"archive", boost::json::value(path)}, {"keyId", boost::json::value(*key_id)}});
}

int PackageCommands::verify(std::FILE* out, std::FILE* err) const {
  const auto keys = load_keys(given_.trusted);
  if (!keys) return refuse(err, keys.error());
  const auto file = flow::ArchiveFile::open(given_.subject);
  if (!file) return refuse(err, file.error());
  const auto content = flow::check_archive(*file, rules_for(*keys));
  if (!content) return refuse(err, content.error());
  return tell(out, given_.output, facts_of(*content));
}

int PackageCommands::unpack(std::FILE* out, std::FILE* err) const {
  base::SystemRandom random;
  const auto keys = load_keys(given_.trusted);
  if (!keys) return refuse(err, keys.error());
  const auto file = flow::ArchiveFile::open(given_.subject);
  if (!file) return refuse(err, file.error());
  const auto content = flow::unpack_archive(*file, given_.into, rules_for(*keys), random);
  if (!content) return refuse(err, content.error());
  auto facts = facts_of(*content);
  facts.insert(facts.begin(), {"folder", boost::json::value(given_.into)});
  return tell(out, given_.output, facts);
}

}  // namespace quanji::apps
