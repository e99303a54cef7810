#include "activities/storage/storage.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "activities/group.h"
#include "activities/outside.h"
#include "activities/path_pattern.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/files.h"
#include "values/table.h"

namespace quanji::activities {
namespace storage {

namespace files = std::filesystem;
using base::Text;
using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Failure;
using engine::Outcome;

QUANJI_FIELDS(Put::Input, QF(file, "要存的文件", "The file to store"),
              QF(name, "文件库里的名字，可含 /：reports/2026-11-20.xlsx", "Its name there, with / if need be: reports/2026-11-20.xlsx"),
              QF(if_exists, "已有同名时：替换、失败（内容相同不算）、不动",
                 "When the name is there: replace, fail (not when the content is the same), skip", .fallback = "\"replace\""))
QUANJI_FIELDS(Put::Output, QF(file, "存入的文件，含摘要", "The file that was stored, with its digest"))
QUANJI_FIELDS(Get::Input, QF(name, "文件库里的名字", "Its name there"),
              QF(to, "取到哪里；缺省为工作目录下同名文件", "Where it goes; else a file of that name in the work folder"),
              QF(if_exists, "目标已存在时：替换、失败（内容相同不算）、不动",
                 "When the target is there: replace, fail (not when the content is the same), skip", .fallback = "\"replace\""))
QUANJI_FIELDS(Get::Output, QF(file, "取到的文件", "The file that was got"))
QUANJI_FIELDS(List::Input, QF(pattern, "模式：* 一级内任意，? 一个字符，** 任意",
                              "* anything within a part of the path, ? one character, ** anything", .fallback = "\"**\""))
QUANJI_FIELDS(List::Output, QF(files, "表：name、size、digest（SHA-256）、stored（北京时间）",
                               "A table: name, size, digest (SHA-256), stored (Beijing time)"))
QUANJI_FIELDS(Delete::Input, QF(name, "文件库里的名字", "Its name there"),
              QF(if_missing, "没有时：不理会，或失败", "When there is none: skip it, or fail", .fallback = "\"skip\""))
QUANJI_FIELDS(Delete::Output, QF(deleted, "是否删了", "Whether it was there and is deleted"))

namespace {

constexpr std::size_t largest = std::size_t{4} << 30;

Failure disk(std::string_view act, const std::string& path) {
  const int number = errno;
  if (number == ENOENT) return outside_failure("not_found", Text("没有文件：" + path, "there is no file " + path));
  const auto why = base::system_detail(act, path);
  return outside_failure("io_failed", Text("文件读写失败：" + why, "the file cannot be read or written: " + why));
}
// Lower hex.
Outcome<std::string> digest_of(const std::string& path) {
  const base::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return disk("open", path);
  auto bytes = base::read_whole(file.get(), largest);
  if (!bytes) return disk("read", path);
  return base::hex(base::sha256(*bytes));
}
Outcome<std::optional<engine::StoredFile>> stored(ActivityContext& context, const std::string& name) {
  QUANJI_TRY(auto all, from_outside(context.outside().list_files(name)));
  for (auto& file : all)
    if (file.name == name) return std::optional(std::move(file));
  return std::optional<engine::StoredFile>();
}

}  // namespace

ActivityInfo Put::info() {
  ActivityInfo info;
  info.id = "storage.put";
  info.title = {"存入文件", "Store a file"};
  info.sentence = {"把文件存入文件库。", "Stores a file outside of the run."};
  info.effect = flow::Effect::repeatable;
  info.errors = outside_errors({"not_found", "name_taken", "io_failed"});
  info.examples = {{{"换个名字再存一份", "Stored under another name"},
                    R"(- do: storage.get
  with: {name: template.txt, to: today.txt}
  save: file
- do: storage.put
  with: {file: =file, name: reports/today.txt}
- do: storage.list
  with: {pattern: "reports/*"}
  save: files
- return: {names: '=[row["name"] for row in files.rows]'}
)",
                    R"({"names":["reports/today.txt"]})"}};
  return info;
}
Outcome<Put::Output> Put::run(ActivityContext& context, const Input& input) {
  const auto from = context.path_of(input.file.path);
  if (input.if_exists != IfExists::replace) {
    QUANJI_TRY(const auto there, stored(context, input.name));
    if (there && input.if_exists == IfExists::skip) return Output{{from, there->digest}};
    if (there) {
      QUANJI_TRY(const auto digest, digest_of(from));
      if (digest == there->digest) return Output{{from, digest}};
      return outside_failure(
          "name_taken", Text(fmt::format("文件库里已有内容不同的“{}”：换个名字，或 if_exists: replace", input.name),
                             fmt::format("“{}” is stored already with other content: another name, or if_exists: replace", input.name)));
    }
  }
  if (::access(from.c_str(), R_OK) != 0) return disk("open", from);
  QUANJI_TRY(const auto file, from_outside(context.outside().store_file(input.name, from)));
  return Output{{from, file.digest}};
}

ActivityInfo Get::info() {
  ActivityInfo info;
  info.id = "storage.get";
  info.title = {"取出文件", "Get a stored file"};
  info.sentence = {"从文件库取出文件，核对摘要；目标要么完整，要么不变。",
                   "Gets a stored file and checks its digest; the target is whole, or as it was."};
  info.effect = flow::Effect::repeatable;
  info.errors = outside_errors({"not_found", "file_exists", "digest_mismatch", "io_failed"});
  info.examples = {{{"取模板", "A template"},
                    R"(- do: storage.get
  with: {name: template.txt}
  save: file
- return: {name: '=file.path.split("/")[-1]'}
)",
                    R"({"name":"template.txt"})"}};
  return info;
}
Outcome<Get::Output> Get::run(ActivityContext& context, const Input& input) {
  const auto own_name = files::path(input.name).filename().string();
  QUANJI_TRY(auto target, FileTarget::of(context, input.to.value_or(values::FileRef{own_name, {}}), input.if_exists));
  if (target.stays()) {
    QUANJI_TRY(const auto digest, digest_of(target.file().path));
    return Output{{target.file().path, digest}};
  }
  std::error_code failed;
  files::create_directories(files::path(target.draft()).parent_path(), failed);
  QUANJI_TRY(const auto file, from_outside(context.outside().fetch_file(input.name, target.draft())));
  QUANJI_TRY(const auto digest, digest_of(target.draft()));
  if (digest != file.digest)
    return outside_failure("digest_mismatch",
                           Text(fmt::format("“{}”取到的内容摘要为 {}，登记的为 {}", input.name, digest, file.digest),
                                fmt::format("what came of “{}” has the digest {}, what was stored {}", input.name, digest, file.digest)));
  if (const base::Descriptor draft(::open(target.draft().c_str(), O_RDONLY | O_CLOEXEC)); draft.get() < 0 || ::fsync(draft.get()) != 0)
    return disk("sync", target.draft());
  QUANJI_TRY(const auto placed, std::move(target).place());
  return Output{{placed.path, digest}};
}

ActivityInfo List::info() {
  ActivityInfo info;
  info.id = "storage.list";
  info.title = {"列出文件", "List stored files"};
  info.sentence = {"列出文件库里的文件，按名字排列。", "Lists stored files by name."};
  info.effect = flow::Effect::none;
  info.errors = outside_errors({});
  info.examples = {{{"所有文本", "All texts"},
                    R"(- do: storage.list
  with: {pattern: "**/*.txt"}
  save: files
- return: {count: =len(files)}
)",
                    R"({"count":1})"}};
  return info;
}
Outcome<List::Output> List::run(ActivityContext& context, const Input& input) {
  // The part before the first wildcard is the store's to look for; a pattern without a slash is held against last parts.
  const auto prefix =
      input.pattern.find('/') == std::string::npos ? std::string() : input.pattern.substr(0, input.pattern.find_first_of("*?["));
  QUANJI_TRY(const auto all, from_outside(context.outside().list_files(prefix)));
  using values::ColumnType;
  values::ColumnBuilder name(ColumnType::text), size(ColumnType::integer), digest(ColumnType::text), at(ColumnType::datetime);
  for (const auto& file : all) {
    QUANJI_DO(context.go_on());
    if (!matches_path(input.pattern, file.name)) continue;
    name.add_text(file.name);
    size.add_integer(file.size);
    digest.add_text(file.digest);
    at.add_integer(datetime_of(file.at).micros);
  }
  QUANJI_TRY(auto table, values::Table::make({"name", "size", "digest", "stored"}, {std::move(name).finish(), std::move(size).finish(),
                                                                                    std::move(digest).finish(), std::move(at).finish()}));
  return Output{std::make_shared<const values::Table>(std::move(table))};
}

ActivityInfo Delete::info() {
  ActivityInfo info;
  info.id = "storage.delete";
  info.title = {"删除文件", "Delete a stored file"};
  info.sentence = {"从文件库删除文件。", "Deletes a stored file."};
  info.effect = flow::Effect::repeatable;
  info.errors = outside_errors({"not_found"});
  info.examples = {{{"没有也无妨", "It may be missing"},
                    R"(- do: storage.delete
  with: {name: reports/old.txt}
  save: deleted
- return: {deleted: =deleted}
)",
                    R"({"deleted":false})"}};
  return info;
}
Outcome<Delete::Output> Delete::run(ActivityContext& context, const Input& input) {
  const auto done = context.outside().delete_file(input.name);
  if (done) return Output{true};
  if (done.error().code() == base::Code::not_found && input.if_missing == IfMissing::skip) return Output{false};
  return outside_failure(done.error());
}

}  // namespace storage

void add_storage(Activities& to) {
  to.insert(to.end(), {engine::activity<storage::Put>(), engine::activity<storage::Get>(), engine::activity<storage::List>(),
                       engine::activity<storage::Delete>()});
}

}  // namespace quanji::activities
