#include "engine/local_context.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/files.h"
#include "engine/local_lines.h"

namespace quanji::engine {

namespace files = std::filesystem;
using base::Code;
using base::Descriptor;
using base::Error;
using base::Result;
using base::Status;
using base::Text;
using values::Map;
using values::Value;

namespace {
constexpr std::string_view plain_keys[] = {"username", "host", "port", "url"};
}

Result<std::unique_ptr<LocalContext>> LocalContext::open(std::string folder, std::string run, base::Clock& clock, base::Random& random) {
  struct stat there {};
  if (::stat(folder.c_str(), &there) != 0 || !S_ISDIR(there.st_mode))
    return Error(Code::not_found, Text("没有运行环境文件夹 " + folder, "there is no context folder " + folder));
  for (const char* name : {"/credentials.toml", "/credentials.jsonl"}) {
    const auto credentials = folder + name;
    if (::stat(credentials.c_str(), &there) == 0 && (there.st_mode & 077) != 0)
      return Error(Code::not_permitted, Text(credentials + " 不能让其他用户读取：请执行 chmod 600 " + credentials,
                                             credentials + " may not be readable by others: chmod 600 " + credentials));
  }
  return std::unique_ptr<LocalContext>(new LocalContext(std::move(folder), std::move(run), clock, random));
}

// ---- assets and credentials ----

Result<Value> LocalContext::asset(std::string_view name) {
  // What a flow set stands in a file of its own and wins: people's comments in assets.toml stay as they are.
  QUANJI_TRY(const auto changed, LockedLines::open(path("assets.jsonl")));
  QUANJI_TRY(const auto lines, changed.lines());
  for (auto line = lines.rbegin(); line != lines.rend(); ++line)
    if (text_in(*line, "asset") == name)
      if (const auto* value = line->if_contains("value")) return Value::from_json(*value);
  QUANJI_TRY(const auto assets, toml_of(path("assets.toml")));
  const auto* found = assets.if_contains(name);
  if (!found) return no_such({"资产", "asset"}, name, names_in(assets));
  if (const auto* object = found->if_object(); object && object->size() == 1) {
    if (const auto text = text_in(*object, "decimal"); !text.empty()) {
      QUANJI_TRY(const auto decimal, values::Decimal::parse(text));
      return Value::of(decimal);
    }
    if (const auto text = text_in(*object, "date"); !text.empty()) {
      QUANJI_TRY(const auto date, values::parse_date(text));
      return Value::of(date);
    }
    if (const auto secret = text_in(*object, "secret"); !secret.empty()) {
      QUANJI_TRY(const auto view, credential(secret));
      const auto& fields = view.secret_fields;
      const bool usual = fields.empty() || std::find(fields.begin(), fields.end(), "password") != fields.end();
      return Value::of(values::SecretRef{view.name, view.version, usual ? "password" : fields.front()});
    }
  }
  return Value::from_json(*found);
}
Status LocalContext::set_asset(std::string_view name, const Value& value, std::string_view key) {
  QUANJI_TRY(auto changed, LockedLines::open(path("assets.jsonl")));
  QUANJI_TRY(const auto lines, changed.lines());
  const bool known = std::any_of(lines.begin(), lines.end(), [&](const auto& line) { return text_in(line, "asset") == name; });
  if (!known) {
    QUANJI_TRY(const auto assets, toml_of(path("assets.toml")));
    if (!assets.contains(name)) return no_such({"资产", "asset"}, name, names_in(assets));
  }
  for (const auto& line : lines)
    if (text_in(line, "key") == key && text_in(line, "asset") == name) return {};
  std::string line;
  put(line, "asset", name);
  put_json(line, "value", value.json());
  put(line, "key", key);
  return changed.append(std::move(line));
}

Result<CredentialView> LocalContext::credential(std::string_view name) {
  QUANJI_TRY(auto credentials, toml_of(path("credentials.toml")));
  const auto* found = credentials.if_contains(name);
  if (!found || !found->is_object()) return no_such({"凭据", "credential"}, name, names_in(credentials));
  CredentialView view;
  view.name = name;
  view.version = 1;
  for (const auto& [key, value] : found->get_object()) {
    if (key == "version" && value.is_int64()) {
      view.version = value.get_int64();
    } else if (key == "plain" && value.is_object()) {
      for (const auto& [inner, plain] : value.get_object()) {
        QUANJI_TRY(auto read, Value::from_json(plain));
        view.plain.emplace_back(std::string(inner), std::move(read));
      }
    } else if (std::find(std::begin(plain_keys), std::end(plain_keys), std::string_view(key)) != std::end(plain_keys)) {
      QUANJI_TRY(auto read, Value::from_json(value));
      view.plain.emplace_back(std::string(key), std::move(read));
    } else {
      view.secret_fields.emplace_back(key);
    }
  }
  std::sort(view.secret_fields.begin(), view.secret_fields.end());
  QUANJI_TRY(const auto changes, set_secrets(name));
  view.version += static_cast<std::int64_t>(changes.size());
  return view;
}
Result<std::vector<boost::json::object>> LocalContext::set_secrets(std::string_view credential) const {
  std::vector<boost::json::object> mine;
  if (::access(path("credentials.jsonl").c_str(), F_OK) != 0) return mine;
  QUANJI_TRY(const auto changed, LockedLines::open(path("credentials.jsonl")));
  QUANJI_TRY(auto lines, changed.lines());
  for (auto& line : lines)
    if (text_in(line, "credential") == credential) mine.push_back(std::move(line));
  return mine;
}
Status LocalContext::set_secret(std::string_view name, std::string_view field, const values::SecretRef& value, std::string_view key) {
  QUANJI_TRY(const auto before, set_secrets(name));
  for (const auto& line : before)
    if (text_in(line, "key") == key) return {};
  QUANJI_TRY(const auto view, credential(name));
  if (std::find(view.secret_fields.begin(), view.secret_fields.end(), field) == view.secret_fields.end())
    return no_such({"凭据的字段", "field of the credential"}, field, view.secret_fields);
  QUANJI_TRY(const auto plain, open_secret(value));
  QUANJI_TRY(auto changed, LockedLines::open(path("credentials.jsonl")));
  std::string line;
  put(line, "credential", name);
  put(line, "field", field);
  put(line, "value", plain.reveal());
  put(line, "key", key);
  return changed.append(std::move(line));
}
Result<base::Secret> LocalContext::open_secret(const values::SecretRef& secret) {
  QUANJI_TRY(const auto view, credential(secret.credential));
  if (secret.version != 0 && secret.version != view.version)
    return Error(Code::changed_meanwhile, Text("凭据“" + secret.credential + "”已更换，请重新读取",
                                               "the credential “" + secret.credential + "” has changed: read it again"));
  if (std::find(view.secret_fields.begin(), view.secret_fields.end(), secret.field) == view.secret_fields.end())
    return no_such({"凭据的字段", "field of the credential"}, secret.field, view.secret_fields);
  QUANJI_TRY(const auto changes, set_secrets(secret.credential));
  for (auto change = changes.rbegin(); change != changes.rend(); ++change)
    if (text_in(*change, "field") == secret.field) {
      auto text = text_in(*change, "value");
      return base::Secret::take(text);
    }
  QUANJI_TRY(auto credentials, toml_of(path("credentials.toml")));
  auto& value = credentials.at(secret.credential).get_object().at(secret.field);
  if (!value.is_string()) return Error(Code::invalid_field, Text("秘密应为文本", "a secret is text"));
  std::string text(value.get_string());
  return base::Secret::take(text);
}

// ---- people ----

Result<std::optional<Answer>> LocalContext::ask(const Question& question, std::string_view key) {
  QUANJI_TRY(auto asked, LockedLines::open(path("questions.jsonl")));
  QUANJI_TRY(const auto before, asked.lines());
  bool known = false;
  auto expires = question.expires;
  for (const auto& line : before) {
    if (text_in(line, "key") != key) continue;
    if (!known) expires = time_in(line, "expires");
    known = true;
    if (line.contains("withdrawn")) return std::optional(Answer{{}, {}, clock_.now(), QuestionEnd::withdrawn});
    if (line.contains("answered")) {
      QUANJI_TRY(auto values, map_in(line, "answered"));
      return std::optional(
          Answer{std::move(values), text_in(line, "by"), time_in(line, "at").value_or(base::Time{}), QuestionEnd::answered});
    }
  }
  if (!known) {
    std::string line;
    put(line, "key", key);
    put(line, "t", base::to_text(clock_.now()));
    put(line, "kind", base::word(question.kind));
    put(line, "form", question.form);
    put(line, "title", question.title);
    put(line, "text", question.text);
    put_json(line, "shown", Value::of(question.shown).json());
    put_json(line, "fields", Value::of(question.fields).json());
    if (!question.for_whom.empty()) put(line, "for_whom", question.for_whom);
    if (expires) put(line, "expires", base::to_text(*expires));
    QUANJI_DO(asked.append(std::move(line)));
  }
  // The first answer that fits and was not used yet. What was used is told by the questions that were answered.
  QUANJI_TRY(const auto given, LockedLines::open(path("answers.jsonl")));
  QUANJI_TRY(const auto answers, given.lines());
  std::vector<std::int64_t> used;
  for (const auto& line : before)
    if (const auto* number = line.if_contains("answer"); number && number->is_int64()) used.push_back(number->get_int64());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto& answer = answers[i];
    const bool fits = text_in(answer, "key") == key || (!text_in(answer, "title").empty() && text_in(answer, "title") == question.title) ||
                      (!text_in(answer, "form").empty() && text_in(answer, "form") == question.form);
    const auto number = static_cast<std::int64_t>(i + 1);
    if (!fits || std::find(used.begin(), used.end(), number) != used.end()) continue;
    QUANJI_TRY(auto values, map_in(answer, "values"));
    std::string line;
    put(line, "key", key);
    put_json(line, "answer", std::to_string(number));
    put_json(line, "answered", Value::of(values).json());
    put(line, "by", text_in(answer, "by"));
    put(line, "at", base::to_text(clock_.now()));
    QUANJI_DO(asked.append(std::move(line)));
    return std::optional(Answer{std::move(values), text_in(answer, "by"), clock_.now(), QuestionEnd::answered});
  }
  // An answer that is there counts, however late it is looked for.
  if (expires && *expires <= clock_.now()) return std::optional(Answer{{}, {}, *expires, QuestionEnd::expired});
  return std::optional<Answer>();
}
Status LocalContext::withdraw_question(std::string_view key) {
  QUANJI_TRY(auto asked, LockedLines::open(path("questions.jsonl")));
  QUANJI_TRY(const auto before, asked.lines());
  bool known = false;
  for (const auto& line : before) {
    if (text_in(line, "key") != key) continue;
    known = true;
    if (line.contains("withdrawn")) return {};
  }
  if (!known) return Error(Code::not_found, Text("没有这个问题", "there is no such question"));
  std::string line;
  put(line, "key", key);
  put_json(line, "withdrawn", "true");
  return asked.append(std::move(line));
}

// ---- files ----

Result<std::string> LocalContext::path_of_file(std::string_view name) const {
  const files::path inner(name);
  const bool inside =
      !name.empty() && inner.is_relative() && name.find("//") == std::string_view::npos && name.find('\0') == std::string_view::npos &&
      std::none_of(inner.begin(), inner.end(), [](const auto& part) { return part == ".." || part == "." || part.empty(); });
  if (!inside) return Error(Code::invalid_field, Text("文件名应为不含 .. 的相对路径", "a file's name is a relative path without .."));
  return path("files/" + std::string(name));
}
namespace {
Result<StoredFile> look(const std::string& path, std::string name) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat there {};
  if (file.get() < 0 || ::fstat(file.get(), &there) != 0 || !S_ISREG(there.st_mode))
    return Error(Code::not_found, Text("没有文件“" + name + "”", "there is no file “" + name + "”"));
  QUANJI_TRY(const auto bytes, base::read_whole(file.get(), std::size_t{4} << 30));
  return StoredFile{std::move(name),
                    base::hex(base::sha256(bytes)),
                    static_cast<std::int64_t>(bytes.size()),
                    {there.st_mtim.tv_sec * 1'000'000 + there.st_mtim.tv_nsec / 1000}};
}
Status copy(const std::string& from, const std::string& to) {
  std::error_code failed;
  files::create_directories(files::path(to).parent_path(), failed);
  const auto draft = to + ".new";
  files::copy_file(from, draft, files::copy_options::overwrite_existing, failed);
  if (!failed) files::rename(draft, to, failed);
  if (failed) return Error(Code::not_found, Text("无法复制文件 " + from, "the file cannot be copied: " + from), failed.message());
  return {};
}
}  // namespace
Result<StoredFile> LocalContext::store_file(std::string_view name, const std::string& from) {
  QUANJI_TRY(const auto to, path_of_file(name));
  QUANJI_DO(copy(from, to));
  return look(to, std::string(name));
}
Result<StoredFile> LocalContext::fetch_file(std::string_view name, const std::string& to) {
  QUANJI_TRY(const auto from, path_of_file(name));
  QUANJI_TRY(auto found, look(from, std::string(name)));
  QUANJI_DO(copy(from, to));
  return found;
}
Result<std::vector<StoredFile>> LocalContext::list_files(std::string_view prefix) {
  std::vector<StoredFile> out;
  std::error_code failed;
  const auto root = path("files");
  for (auto it = files::recursive_directory_iterator(root, failed); !failed && it != files::recursive_directory_iterator();
       it.increment(failed)) {
    if (!it->is_regular_file(failed)) continue;
    const auto name = files::relative(it->path(), root, failed).string();
    if (!name.starts_with(prefix)) continue;
    QUANJI_TRY(auto file, look(it->path().string(), name));
    out.push_back(std::move(file));
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}
Status LocalContext::delete_file(std::string_view name) {
  QUANJI_TRY(const auto file, path_of_file(name));
  if (::unlink(file.c_str()) == 0) return {};
  return Error(Code::not_found, Text("没有文件“" + std::string(name) + "”", "there is no file “" + std::string(name) + "”"));
}

// ---- tasks ----

Result<std::string> LocalContext::start_task(const NewTask& task, std::string_view key) {
  QUANJI_TRY(auto tasks, LockedLines::open(path("tasks.jsonl")));
  QUANJI_TRY(const auto lines, tasks.lines());
  for (const auto& line : lines)
    if (!key.empty() && text_in(line, "key") == key) return text_in(line, "task");
  const auto made = id("tsk");
  std::string line;
  put(line, "task", made);
  put(line, "t", base::to_text(clock_.now()));
  put(line, "flow", task.flow);
  put_json(line, "inputs", Value::of(task.inputs).json());
  if (task.priority != 0) put_json(line, "priority", std::to_string(task.priority));
  if (task.business_date) put(line, "business_date", base::to_text(*task.business_date));
  put(line, "state", "waiting");
  put(line, "key", key);
  QUANJI_DO(tasks.append(std::move(line)));
  return made;
}
Result<TaskView> LocalContext::look_at_task(std::string_view wanted) {
  QUANJI_TRY(const auto tasks, LockedLines::open(path("tasks.jsonl")));
  QUANJI_TRY(const auto lines, tasks.lines());
  TaskView view;
  for (const auto& line : lines) {
    if (text_in(line, "task") != wanted) continue;
    view.id = wanted;
    if (const auto state = text_in(line, "state"); !state.empty()) view.state = state;
    if (line.contains("outputs")) {
      QUANJI_TRY(view.outputs, map_in(line, "outputs"));
    }
    if (const auto code = text_in(line, "code"); !code.empty()) view.error_code = code, view.error_message = text_in(line, "message");
  }
  if (view.id.empty()) return Error(Code::not_found, Text("没有这个任务", "there is no such task"));
  if (view.state == "succeeded") view.outcome = TaskOutcome::success;
  if (view.state == "stopped") view.outcome = TaskOutcome::stopped;
  if (view.state == "timed_out") view.outcome = TaskOutcome::timed_out;
  if (view.state == "skipped" || view.state == "cancelled") view.outcome = TaskOutcome::skipped;
  if (view.state == "failed") view.outcome = view.error_code.empty() ? TaskOutcome::system_failure : TaskOutcome::business_failure;
  return view;
}
Status LocalContext::stop_task(std::string_view wanted, StopWay way, std::string_view reason) {
  QUANJI_TRY(const auto view, look_at_task(wanted));
  if (view.outcome) return {};
  QUANJI_TRY(auto tasks, LockedLines::open(path("tasks.jsonl")));
  std::string line;
  put(line, "task", wanted);
  put(line, "state", "stopped");
  put(line, "way", base::word(way));
  put(line, "reason", reason);
  return tasks.append(std::move(line));
}

}  // namespace quanji::engine
