// What moves whole files and folders about.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include "activities/failures.h"
#include "activities/file/file.h"
#include "activities/group.h"
#include "base/files.h"
#include "workbook/new_file.h"

namespace quanji::activities {
namespace file {

namespace fs = std::filesystem;
using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;

QUANJI_FIELDS(Copy::Input, QF(file, "文件或文件夹", "A file or folder"), QF(to, "新位置", "The new place"),
              QF(if_exists, "已存在时：失败（内容相同不算）、替换、跳过", "If it is there: fail (not when it is the same), replace, skip",
                 .fallback = "\"fail\""))
QUANJI_FIELDS(Move::Input, QF(file, "文件或文件夹", "A file or folder"), QF(to, "新位置", "The new place"),
              QF(if_exists, "已存在时：失败、替换、跳过", "If it is there: fail, replace, skip", .fallback = "\"fail\""))
QUANJI_FIELDS(Delete::Input, QF(file, "文件或文件夹", "A file or folder"),
              QF(recursive, "连同文件夹里的一切", "With all a folder holds", .fallback = "false"),
              QF(if_missing, "没有时：跳过、失败", "If it is not there: skip, fail", .fallback = "\"skip\""))
QUANJI_FIELDS(Delete::Answer, QF(deleted, "是否删了什么", "Whether anything was deleted"))

namespace {

engine::Failure refused(std::string_view act, const std::string& path) { return file_failure(workbook::file_error(act, path)); }
engine::Failure refused(const std::error_code& why, std::string_view act, const std::string& path) {
  errno = why.value();
  return refused(act, path);
}
engine::Failure exists(const std::string& path) {
  return failure("file_exists", {fmt::format("{} 已存在；换一个名字，或用 if_exists: replace", path),
                                 fmt::format("{} is there already; take another name, or say if_exists: replace", path)});
}
bool is_folder(const std::string& path) {
  struct stat what = {};
  return ::stat(path.c_str(), &what) == 0 && S_ISDIR(what.st_mode);
}
bool is_there(const std::string& path) {
  struct stat what = {};
  return ::lstat(path.c_str(), &what) == 0;
}
// Into itself, a folder would grow for ever.
Outcome<void> not_inside(const std::string& from, const std::string& to) {
  std::error_code failed;
  const auto a = fs::weakly_canonical(from, failed).string() + "/", b = fs::weakly_canonical(to, failed).string() + "/";
  if (!b.starts_with(a)) return {};
  return failure("invalid_argument", {fmt::format("不能把 {} 放进它自己里面（{}）", from, to),
                                      fmt::format("{} cannot be put inside of itself ({})", from, to)});
}

Outcome<void> copy_bytes(ActivityContext& context, const std::string& from, const std::string& to) {
  const base::Descriptor in(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (in.get() < 0) return refused("open", from);
  struct stat what = {};
  if (::fstat(in.get(), &what) != 0) return refused("read", from);
  const base::Descriptor out(::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, what.st_mode & 0777U));
  if (out.get() < 0) return refused("create", to);
  std::string piece(std::size_t{1} << 20, '\0');
  for (;;) {
    QUANJI_DO(context.go_on());
    const auto got = ::read(in.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refused("read", from);
    if (got == 0) break;
    if (auto written = workbook::write_all(out.get(), std::string_view(piece).substr(0, static_cast<std::size_t>(got)), to); !written)
      return file_failure(written.error());
  }
  // The time of change goes along: it says how old what is in it is.
  const timespec times[2] = {what.st_atim, what.st_mtim};
  if (::futimens(out.get(), times) != 0 || ::fsync(out.get()) != 0) return refused("write", to);
  return {};
}
// Links are copied as links.
Outcome<void> copy_tree(ActivityContext& context, const std::string& from, const std::string& to) {
  std::error_code failed;
  fs::create_directories(to, failed);
  if (failed) return refused(failed, "mkdir", to);
  auto entries = fs::recursive_directory_iterator(from, failed);
  for (; !failed && entries != fs::recursive_directory_iterator(); entries.increment(failed)) {
    QUANJI_DO(context.go_on());
    const auto target = (fs::path(to) / entries->path().lexically_relative(from)).string();
    if (entries->is_symlink(failed)) {
      fs::copy_symlink(entries->path(), target, failed);
    } else if (entries->is_directory(failed)) {
      fs::create_directory(target, failed);
    } else if (entries->is_regular_file(failed)) {
      QUANJI_DO(copy_bytes(context, entries->path().string(), target));
    }
    if (failed) return refused(failed, "copy", target);
  }
  if (failed) return refused(failed, "copy", from);
  return {};
}
std::string beside(const std::string& path) {
  const auto slash = path.rfind('/') + 1;
  return fmt::format("{}.{}.{}.draft", path.substr(0, slash), path.substr(slash), ::getpid());
}
// A new folder takes its place: the old one is moved aside first, and comes back when that fails.
Outcome<void> place_folder(const std::string& draft, const std::string& to) {
  const auto aside = beside(to) + ".old";
  const bool there = is_there(to);
  if (there && ::rename(to.c_str(), aside.c_str()) != 0) return refused("rename", to);
  if (::rename(draft.c_str(), to.c_str()) != 0) {
    const int why = errno;
    if (there) (void)::rename(aside.c_str(), to.c_str());
    errno = why;
    return refused("rename", to);
  }
  std::error_code ignored;
  if (there) fs::remove_all(aside, ignored);
  return {};
}

Outcome<FileOut> copy_folder(ActivityContext& context, const std::string& from, const std::string& to, IfExists if_exists) {
  QUANJI_DO(not_inside(from, to));
  if (is_there(to) && if_exists == IfExists::skip) return FileOut{{to, {}}};
  if (is_there(to) && if_exists == IfExists::fail) return exists(to);
  const auto draft = beside(to);
  std::error_code ignored;
  fs::remove_all(draft, ignored);
  auto copied = copy_tree(context, from, draft);
  auto placed = copied ? place_folder(draft, to) : Outcome<void>();
  if (!copied || !placed) {
    fs::remove_all(draft, ignored);
    return copied ? std::move(placed).error() : std::move(copied).error();
  }
  return FileOut{{to, {}}};
}

}  // namespace

ActivityInfo Copy::info() {
  ActivityInfo info;
  info.id = "file.copy";
  info.title = {"复制文件", "Copy a file"};
  info.sentence = {"把文件或整个文件夹复制到新位置；目标完整出现。",
                   "Copies a file, or a folder with all it holds, to a new place, where it appears whole."};
  info.effect = flow::Effect::repeatable;
  info.errors = errors(writing_codes, {"file_busy", "invalid_argument"});
  info.examples = {{{"一个文件", "A file"},
                    R"(- do: file.write_text
  with: {text: 对账单, to: a.txt}
- do: file.make_folder
  with: {folder: out}
- do: file.copy
  with: {file: a.txt, to: out/b.txt}
  save: copy
- do: file.read_text
  with: {file: =copy}
  save: text
- return: {text: =text}
)",
                    R"({"text":"对账单"})"}};
  return info;
}
Outcome<Copy::Output> Copy::run(ActivityContext& context, const Input& input) {
  const auto from = context.path_of(input.file.path);
  if (!is_there(from)) {
    errno = ENOENT;
    return refused("copy", from);
  }
  if (is_folder(from)) return copy_folder(context, from, context.path_of(input.to.path), input.if_exists);
  QUANJI_TRY(auto target, FileTarget::of(context, input.to, input.if_exists));
  if (target.stays()) return Output{target.file()};
  QUANJI_DO(copy_bytes(context, from, target.draft()));
  QUANJI_TRY(auto file, std::move(target).place());
  return Output{std::move(file)};
}

ActivityInfo Move::info() {
  ActivityInfo info;
  info.id = "file.move";
  info.title = {"移动文件", "Move a file"};
  info.sentence = {"移动或改名；目标立即完整可见。", "Moves or renames a file or folder; the target appears whole."};
  info.effect = flow::Effect::once;
  info.errors = errors(writing_codes, {"file_busy", "invalid_argument"});
  info.examples = {{{"改名", "Rename"},
                    R"(- do: file.write_text
  with: {text: a, to: a.txt}
- do: file.move
  with: {file: a.txt, to: b.txt}
- do: file.exists
  with: {file: a.txt}
  save: old
- do: file.exists
  with: {file: b.txt}
  save: new
- return: {old: =old, new: =new}
)",
                    R"({"old":false,"new":true})"}};
  return info;
}
Outcome<Move::Output> Move::run(ActivityContext& context, const Input& input) {
  const auto from = context.path_of(input.file.path), to = context.path_of(input.to.path);
  if (!is_there(from)) {
    errno = ENOENT;
    return refused("move", from);
  }
  if (is_folder(from)) QUANJI_DO(not_inside(from, to));
  if (is_there(to)) {
    if (input.if_exists == IfExists::skip) return Output{{to, {}}};
    if (input.if_exists == IfExists::fail || is_folder(to) != is_folder(from)) return exists(to);
  }
  const unsigned flags = input.if_exists == IfExists::replace ? 0 : RENAME_NOREPLACE;
  if (!(is_folder(from) && is_there(to)) && ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), flags) == 0) {
    if (auto synced = base::sync_folder(base::folder_of(to)); !synced.ok()) return file_failure(synced.error());
    return Output{{to, {}}};
  }
  if (errno == EEXIST && input.if_exists != IfExists::replace) return exists(to);
  if (errno != EXDEV && !(is_folder(from) && is_there(to))) return refused("move", to);
  // To another disk, or in the place of a folder: copied whole, then taken away.
  QUANJI_TRY(auto copied, Copy::run(context, {input.file, input.to, input.if_exists}));
  std::error_code failed;
  fs::remove_all(from, failed);
  if (failed) return refused(failed, "delete", from);
  return Output{std::move(copied.file)};
}

ActivityInfo Delete::info() {
  ActivityInfo info;
  info.id = "file.delete";
  info.title = {"删除文件", "Delete a file"};
  info.sentence = {"删除文件或文件夹；本来就没有不算错。", "Deletes a file or folder; one that is not there is no error."};
  info.effect = flow::Effect::repeatable;
  info.errors = errors(reading_codes, {"not_empty"});
  info.examples = {{{"两次", "Twice"},
                    R"(- do: file.write_text
  with: {text: a, to: a.txt}
- do: file.delete
  with: {file: a.txt}
  save: first
- do: file.delete
  with: {file: a.txt}
  save: second
- return: {first: =first, second: =second}
)",
                    R"({"first":true,"second":false})"}};
  return info;
}
Outcome<Delete::Output> Delete::run(ActivityContext& context, const Input& input) {
  const auto path = context.path_of(input.file.path);
  if (!is_there(path)) {
    if (input.if_missing == IfMissing::skip) return Output{false};
    errno = ENOENT;
    return refused("delete", path);
  }
  std::error_code failed;
  const auto work = fs::weakly_canonical(context.work_folder(), failed).string() + "/";
  if (const auto real = fs::weakly_canonical(path, failed).string() + "/"; work.starts_with(real))
    return failure("not_permitted", {fmt::format("{} 是工作目录或它的上级，不能删除", path),
                                     fmt::format("{} is the work folder or above it and is not deleted", path)});
  if (input.recursive)
    fs::remove_all(path, failed);
  else
    fs::remove(path, failed);
  if (failed == std::errc::directory_not_empty)
    return failure("not_empty", {fmt::format("文件夹 {} 里还有东西；要一并删除就加 recursive: true", path),
                                 fmt::format("the folder {} holds something; say recursive: true to delete that too", path)});
  if (failed) return refused(failed, "delete", path);
  return Output{true};
}

}  // namespace file

void add_file(Activities& to) {
  using namespace file;
  to.insert(to.end(),
            {engine::activity<Copy>(), engine::activity<Move>(), engine::activity<Delete>(), engine::activity<Exists>(),
             engine::activity<Info>(), engine::activity<List>(), engine::activity<Wait>(), engine::activity<WaitStable>(),
             engine::activity<Hash>(), engine::activity<ReadText>(), engine::activity<WriteText>(), engine::activity<AppendText>(),
             engine::activity<ReadBytes>(), engine::activity<WriteBytes>(), engine::activity<MakeFolder>()});
}

}  // namespace quanji::activities
