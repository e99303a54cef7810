#include "apps/quanji/audit_verify.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/fields_json.h"
#include "base/keyring.h"
#include "base/random.h"
#include "services/audit_check.h"
#include "storage/offline.h"
#include "storage/queries.h"

namespace quanji::apps {

const std::string_view verify_usage =
    "quanji audit verify (--database URL [--password-file FILE] | --export FILE [--database URL]) --keys DIR [--checkpoint FILE|DIR]... "
    "[--json]\n"
    "  核对审计日志，离线、只读。Checks an audit log, offline and read-only.\n"
    "  --database    sqlite:/path/quanji.db 或 or postgres://user@host/db\n"
    "  --export      quanji audit export 或 or GET /audit/export 的文件，- 为标准输入 (- is standard input)\n"
    "  --keys        密钥目录（root.key；另有 keyring.json 时不读数据库中的密钥环）\n"
    "                the folder with root.key; keyring.json in it is taken instead of the keyring in the database\n"
    "  --checkpoint  保存在别处的检查点文件或目录，可多次给出。Checkpoints kept elsewhere: they find a log that was cut or written anew\n"
    "  退出码 exits: 0 完好 clean, 1 发现问题 something was found, 2 用法 usage, 4 无法读取 cannot be read\n";
const std::string_view export_usage =
    "quanji audit export --database URL [--password-file FILE] FILE|-\n"
    "  导出整个审计日志（NDJSON），离线、只读。Writes the whole audit log as NDJSON, offline and read-only.\n";

namespace {

using base::Result;
using base::Status;

constexpr int exit_clean = 0, exit_found = 1, exit_usage = 2, exit_unreadable = 4;

struct Given {
  std::string database, password_file, exported, keys, file;
  std::vector<std::string> checkpoints;
  bool json = false, help = false;
  std::string trouble;
};

Given read_args(std::span<const std::string> args) {
  Given given;
  for (std::size_t i = 0; i < args.size(); ++i) {
    auto name = args[i];
    std::optional<std::string> value;
    if (const auto equals = name.find('='); name.starts_with("--") && equals != std::string::npos) {
      value = name.substr(equals + 1);
      name.resize(equals);
    }
    const auto take = [&](std::string& into) {
      if (value)
        into = *value;
      else if (i + 1 < args.size())
        into = args[++i];
      else
        given.trouble = name + " 缺少取值 (needs a value)";
    };
    if (name == "--database")
      take(given.database);
    else if (name == "--password-file")
      take(given.password_file);
    else if (name == "--export")
      take(given.exported);
    else if (name == "--keys")
      take(given.keys);
    else if (name == "--checkpoint")
      take(given.checkpoints.emplace_back());
    else if (name == "--json")
      given.json = true;
    else if (name == "--help" || name == "-h")
      given.help = true;
    else if (!name.starts_with("--") && given.file.empty())
      given.file = name;
    else
      given.trouble = "无法识别的参数 unknown argument: " + name;
  }
  return given;
}

void say(std::FILE* to, std::string_view text) { std::fwrite(text.data(), 1, text.size(), to); }
int unreadable(std::FILE* err, const base::Error& error) {
  say(err, error.message().zh + "\n" + error.message().en + (error.detail().empty() ? "" : "\n" + error.detail()) + "\n");
  return exit_unreadable;
}

base::Error cannot_read(const std::string& path) {
  return {base::Code::not_found, base::Text("无法读取 " + path, "Cannot read " + path), path};
}
Result<std::string> whole_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) return cannot_read(path);
  return text.str();
}

Status read_checkpoint_files(const std::vector<std::string>& places, std::vector<domain::Checkpoint>& into) {
  for (const auto& place : places) {
    std::vector<std::string> files{place};
    std::error_code failed;
    if (std::filesystem::is_directory(place, failed)) {
      files.clear();
      for (const auto& entry : std::filesystem::directory_iterator(place, failed))
        if (entry.path().extension() == ".checkpoint") files.push_back(entry.path().string());
      std::sort(files.begin(), files.end());
    }
    if (failed) return cannot_read(place);
    for (const auto& file : files) {
      QUANJI_TRY(const auto text, whole_file(file));
      QUANJI_TRY(auto checkpoint, domain::parse_checkpoint(text));
      into.push_back(std::move(checkpoint));
    }
  }
  return {};
}

Result<std::shared_ptr<services::AuditKeys>> open_keys(const Given& given, base::Random& random) {
  QUANJI_TRY(auto root, base::load_root_key_file(given.keys + "/root.key"));
  std::string document;
  std::error_code failed;
  if (std::filesystem::exists(given.keys + "/keyring.json", failed)) {
    QUANJI_TRY(document, whole_file(given.keys + "/keyring.json"));
  } else if (!given.database.empty()) {
    QUANJI_DO(storage::read_offline(given.database, given.password_file, [&](const storage::View& view) -> Status {
      QUANJI_TRY(const auto row, view.row(storage::sql::installation_read));
      if (row) document = row->text("keyring");
      return {};
    }));
  }
  if (document.empty())
    return base::Error(base::Code::not_found,
                       base::Text("没有密钥环：请把 keyring.json 放入密钥目录，或同时给出 --database。",
                                  "There is no keyring: put keyring.json into the folder of the keys, or give --database too."),
                       "no keyring document");
  QUANJI_TRY(auto keyring, base::Keyring::load(std::move(root), document, random));
  return services::AuditKeys::from(std::make_shared<const base::Keyring>(std::move(keyring)));
}

Status take_stored_checkpoints(const storage::View& view, std::vector<domain::Checkpoint>& into, std::vector<std::string>& broken) {
  for (std::int64_t number = 0;;) {
    QUANJI_TRY(const auto rows, view.rows(storage::sql::audit_checkpoints_after, {{"number", number}, {"limit", 500}}));
    if (rows.empty()) return {};
    for (const auto& row : rows) {
      number = row.integer("number");
      if (auto checkpoint = domain::parse_checkpoint(row.text("document")))
        into.push_back(std::move(checkpoint).value());
      else
        broken.push_back("checkpoint " + std::to_string(number) + " in the database cannot be read");
    }
  }
}

Result<services::CheckReport> check_database(const Given& given, const services::AuditKeys& keys, services::CheckSettings settings) {
  std::optional<services::CheckReport> report;
  QUANJI_DO(storage::read_offline(given.database, given.password_file, [&](const storage::View& view) -> Status {
    std::vector<std::string> broken;
    QUANJI_DO(take_stored_checkpoints(view, settings.checkpoints, broken));
    if (given.database.starts_with("sqlite:")) settings.numbers = services::CheckSettings::Numbers::without_gaps;
    QUANJI_TRY(report, services::check_audit(keys, services::stored_audit(view, 0, INT64_MAX, INT64_MIN, INT64_MAX), settings));
    for (auto& what : broken) {
      ++report->found;
      report->faults.push_back({services::FaultKind::checkpoint, 0, 0, {}, std::move(what)});
    }
    return {};
  }));
  return std::move(*report);
}

// Checkpoints stand at the end of an export, so the file is read twice; standard input only once, without them.
Result<services::CheckReport> check_export(const Given& given, const services::AuditKeys& keys, services::CheckSettings settings) {
  std::ifstream file;
  const bool standard_input = given.exported == "-";
  const auto lines = [&]() -> std::function<bool(std::string&)> {
    if (standard_input)
      return [](std::string& line) {
        line.clear();
        int c = 0;
        while ((c = std::getchar()) != EOF && c != '\n') line += static_cast<char>(c);
        return c != EOF || !line.empty();
      };
    return [&file](std::string& line) { return static_cast<bool>(std::getline(file, line)); };
  };
  std::vector<std::string> broken;
  if (!standard_input) {
    file.open(given.exported, std::ios::binary);
    if (!file) return cannot_read(given.exported);
    std::string line;
    while (std::getline(file, line)) {
      if (!line.starts_with(R"({"kind":"checkpoint")")) continue;
      auto read = services::parse_export_line(line);
      auto checkpoint = read.ok() && read->checkpoint ? domain::parse_checkpoint(*read->checkpoint)
                                                      : Result<domain::Checkpoint>(cannot_read("checkpoint"));
      if (checkpoint.ok())
        settings.checkpoints.push_back(std::move(checkpoint).value());
      else
        broken.emplace_back("a checkpoint of the export cannot be read");
    }
    file.clear();
    file.seekg(0);
  }
  QUANJI_TRY(auto report, services::check_audit(keys, services::exported_audit(lines(), nullptr), settings));
  for (auto& what : broken) {
    ++report.found;
    report.faults.push_back({services::FaultKind::checkpoint, 0, 0, {}, std::move(what)});
  }
  return report;
}

std::string_view kind_in_chinese(services::FaultKind kind) {
  static constexpr std::string_view words[] = {"被修改", "缺失", "多出", "被移动", "封块被修改", "封块缺失", "被截断", "与检查点不符"};
  return words[static_cast<std::size_t>(kind)];
}

void print(std::FILE* out, const services::CheckReport& report, double seconds) {
  for (const auto& fault : report.faults) {
    std::string where;
    if (fault.seq) where += fmt::format(" 行 row {}", fault.seq);
    if (fault.block) where += fmt::format(" 封块 block {}", fault.block);
    if (!fault.id.empty()) where += " " + fault.id;
    say(out, fmt::format("{} {}{}: {}\n", kind_in_chinese(fault.kind), base::word(fault.kind), where, fault.detail));
  }
  if (report.found > static_cast<std::int64_t>(report.faults.size())) say(out, fmt::format("… 共 {} 处 in all\n", report.found));
  say(out, fmt::format(
               "{}：{} 行 rows，{} 封块 blocks，{} 行未封 not sealed yet，{} 检查点 checkpoints，{} 处问题 faults，{:.0f} 行/秒 rows/s\n",
               report.clean() ? "完好 clean" : "有问题 NOT clean", report.rows, report.blocks, report.unsealed, report.checkpoints,
               report.found, seconds > 0 ? static_cast<double>(report.rows) / seconds : 0.0));
}

}  // namespace

int verify_audit(std::span<const std::string> args, std::FILE* out, std::FILE* err) {
  const auto given = read_args(args);
  if (given.help) {
    say(out, verify_usage);
    return exit_clean;
  }
  if (!given.trouble.empty() || given.keys.empty() || (given.database.empty() && given.exported.empty()) || !given.file.empty()) {
    if (!given.trouble.empty()) say(err, given.trouble + "\n");
    say(err, verify_usage);
    return exit_usage;
  }
  base::SystemRandom random;
  base::SystemClock clock;
  auto keys = open_keys(given, random);
  if (!keys) return unreadable(err, keys.error());
  services::CheckSettings settings;
  if (auto done = read_checkpoint_files(given.checkpoints, settings.checkpoints); !done.ok()) return unreadable(err, done.error());
  const auto started = clock.monotonic();
  auto report =
      given.exported.empty() ? check_database(given, **keys, std::move(settings)) : check_export(given, **keys, std::move(settings));
  if (!report) return unreadable(err, report.error());
  const auto seconds = static_cast<double>((clock.monotonic() - started).count()) / 1e6;
  if (given.json) {
    std::string faults;
    for (const auto& fault : report->faults) faults += (faults.empty() ? "" : ",") + base::to_json(fault);
    say(out,
        fmt::format(R"({{"clean":{},"rows":{},"blocks":{},"unsealed":{},"checkpoints":{},"found":{},"seconds":{:.3f},"faults":[{}]}})"
                    "\n",
                    report->clean(), report->rows, report->blocks, report->unsealed, report->checkpoints, report->found, seconds, faults));
  } else {
    print(out, *report, seconds);
  }
  return report->clean() ? exit_clean : exit_found;
}

int export_audit(std::span<const std::string> args, std::FILE* out, std::FILE* err) {
  const auto given = read_args(args);
  if (given.help) {
    say(out, export_usage);
    return exit_clean;
  }
  if (!given.trouble.empty() || given.database.empty() || given.file.empty()) {
    if (!given.trouble.empty()) say(err, given.trouble + "\n");
    say(err, export_usage);
    return exit_usage;
  }
  std::FILE* file = out;
  if (given.file != "-") {
    // It holds what persons did: readable by its owner only.
    const int opened = ::open(given.file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    file = opened < 0 ? nullptr : ::fdopen(opened, "w");
    if (!file)
      return unreadable(err,
                        base::Error(base::Code::store_unavailable, base::Text("无法写入 " + given.file, "Cannot write " + given.file), {}));
  }
  const auto done = storage::read_offline(given.database, given.password_file, [&](const storage::View& view) -> Status {
    auto sources = services::stored_audit(view, 0, INT64_MAX, INT64_MIN, INT64_MAX);
    QUANJI_TRY(auto block, sources.next_block());
    QUANJI_TRY(auto row, sources.next_row());
    while (block || row) {
      if (block) say(file, services::export_line(*block));
      while (row && (!block || row->place < block->end_place)) {
        say(file, services::export_line(*row));
        QUANJI_TRY(row, sources.next_row());
      }
      if (block) {
        QUANJI_TRY(block, sources.next_block());
      }
    }
    for (std::int64_t number = 0;;) {
      QUANJI_TRY(const auto rows, view.rows(storage::sql::audit_checkpoints_after, {{"number", number}, {"limit", 500}}));
      if (rows.empty()) break;
      for (const auto& found : rows) {
        number = found.integer("number");
        say(file, services::export_line_of_checkpoint(found.text("document")));
      }
    }
    return {};
  });
  const bool wrote = std::fflush(file) == 0 && !std::ferror(file);
  if (file != out) std::fclose(file);
  if (!done.ok()) return unreadable(err, done.error());
  if (!wrote)
    return unreadable(err, base::Error(base::Code::store_unavailable,
                                       base::Text("写入失败，磁盘可能已满。", "Writing failed: the disk may be full."), {}));
  return exit_clean;
}

}  // namespace quanji::apps
