// What looks into archives and takes out of them.
#include "activities/archive/archive.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "activities/archive/archive_reader.h"
#include "activities/failures.h"
#include "activities/group.h"
#include "activities/path_pattern.h"
#include "base/bytes.h"
#include "values/table.h"
#include "workbook/new_file.h"

namespace quanji::activities {
namespace archive {

namespace fs = std::filesystem;
using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;

QUANJI_FIELDS(FilesOut, QF(files, "文件表：path、kind、size、modified", "Table of path, kind, size, modified"))
QUANJI_FIELDS(Unpack::Input, QF(file, "压缩包", "The archive"), QF(folder, "解到哪个文件夹", "The folder to unpack into"),
              QF(pattern, "只解匹配的：* ? **", "Only what matches: * ? **", .max = 1'000, .fallback = "\"**\""),
              QF(encoding, "文件名的编码；auto：合 UTF-8 按 UTF-8，否则 GB18030",
                 "Encoding of names; auto: UTF-8 if it is that, else GB18030", .fallback = "\"auto\""),
              QF(password, "口令", "The password"),
              QF(if_exists, "已存在时：失败（内容相同不算）、替换、跳过",
                 "If a file is there: fail (not when it is the same), replace, skip", .fallback = "\"fail\""))
QUANJI_FIELDS(List::Input, QF(file, "压缩包", "The archive"),
              QF(encoding, "文件名的编码；auto：合 UTF-8 按 UTF-8，否则 GB18030",
                 "Encoding of names; auto: UTF-8 if it is that, else GB18030", .fallback = "\"auto\""))

namespace {

engine::Failure refused(std::string_view act, const std::string& path) { return file_failure(workbook::file_error(act, path)); }

struct Opened {
  base::Descriptor file;
  std::int64_t size = 0;
};
Outcome<Opened> opened(const std::string& path) {
  Opened made{base::Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), 0};
  if (made.file.get() < 0) return refused("open", path);
  struct stat what = {};
  if (::fstat(made.file.get(), &what) != 0) return refused("read", path);
  if (!S_ISREG(what.st_mode)) {
    errno = S_ISDIR(what.st_mode) ? EISDIR : EINVAL;
    return refused("read", path);
  }
  made.size = what.st_size;
  return made;
}

std::string_view kind_of(const Member& member) {
  switch (member.kind) {
    case Member::Kind::file:
      return "file";
    case Member::Kind::folder:
      return "folder";
    case Member::Kind::link:
      return "link";
    case Member::Kind::other:
      break;
  }
  return "other";
}
// `below`: the folder they were put in; empty: paths as in the archive.
values::TablePtr table_of(const std::vector<Member>& members, const std::string& below) {
  values::ColumnBuilder path(values::ColumnType::text), kind(values::ColumnType::text), size(values::ColumnType::integer),
      time(values::ColumnType::datetime);
  for (const auto& member : members) {
    path.add_text(below.empty() ? member.path : base::repair_utf8(below) + "/" + member.path);
    kind.add_text(kind_of(member));
    size.add_integer(member.size);
    // Wall time of the trade's place (UTC+8); a year that no calendar has is no time.
    if (member.modified && *member.modified > -60'000'000'000 && *member.modified < 250'000'000'000)
      time.add_integer((*member.modified + 8 * 3'600) * 1'000'000);
    else
      time.add_nothing();
  }
  auto made = values::Table::make({"path", "kind", "size", "modified"},
                                  {std::move(path).finish(), std::move(kind).finish(), std::move(size).finish(), std::move(time).finish()});
  return std::make_shared<const values::Table>(std::move(*made));
}

// A folder beside what will stand in `folder`, taken away with all that is in it.
class Staging {
 public:
  static Outcome<Staging> in(const std::string& folder, base::Random& random) {
    std::array<std::uint8_t, 8> chance{};
    random.fill(chance);
    Staging made(folder + "/.unpacking-" + base::hex(chance));
    if (::mkdir(made.path_.c_str(), 0700) != 0) return refused("create", made.path_);
    return made;
  }
  Staging(Staging&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Staging& operator=(Staging&&) = delete;
  ~Staging() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  // Numbers, not names: nothing of the archive decides where a draft lies.
  std::string draft(std::size_t number) const { return path_ + "/" + std::to_string(number); }

 private:
  explicit Staging(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

Outcome<void> take_out(ActivityContext& context, Reader& reader, const Member& member, const std::string& draft) {
  const base::Descriptor out(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (out.get() < 0) return refused("create", draft);
  std::string piece(std::size_t{1} << 18, '\0');
  std::int64_t size = 0;
  for (;;) {
    QUANJI_DO(context.go_on());
    QUANJI_TRY(const auto got, reader.read(piece));
    if (got == 0) break;
    if ((size += static_cast<std::int64_t>(got)) > member.size)
      return failure("unsafe_archive",
                     {fmt::format("压缩包条目 {} 比它自己声明的 {} 字节长，像是压缩炸弹；整包拒绝", member.path, member.size),
                      fmt::format("the member {} is longer than the {} bytes it says, as bombs are; the archive is refused "
                                  "whole",
                                  member.path, member.size)});
    if (auto done = workbook::write_all(out.get(), std::string_view(piece).substr(0, got), member.path); !done)
      return file_failure(done.error());
  }
  if (size != member.size)
    return failure(
        "unreadable",
        {fmt::format("压缩包条目 {} 只有 {} 字节，声明是 {}；文件不完整，请重新取得", member.path, size, member.size),
         fmt::format("the member {} has {} bytes and says {}; the archive is not whole, get it again", member.path, size, member.size)});
  if (member.modified) {
    const ::timespec times[2] = {{*member.modified, 0}, {*member.modified, 0}};
    ::futimens(out.get(), times);  // a time the disk cannot hold stays the present one
  }
  if (::fsync(out.get()) != 0) return refused("write", member.path);
  return {};
}

// Each folder from `folder` down to the path's own: none is a link, which would lead out.
Outcome<void> make_folders(const std::string& folder, std::string_view path, bool itself) {
  for (std::size_t at = 0; at != std::string_view::npos;) {
    at = path.find('/', at + 1);
    if (at == std::string_view::npos && !itself) break;
    const auto one = folder + "/" + std::string(path.substr(0, at));
    struct stat what = {};
    if (::mkdir(one.c_str(), 0755) == 0) continue;
    if (errno != EEXIST) return refused("create", one);
    if (::lstat(one.c_str(), &what) != 0) return refused("open", one);
    if (S_ISLNK(what.st_mode))
      return failure("not_permitted", {fmt::format("{} 是链接，解包不会经过它；换一个文件夹", one),
                                       fmt::format("{} is a link, and unpacking goes through none; say another folder", one)});
    if (!S_ISDIR(what.st_mode))
      return failure("file_exists", {fmt::format("{} 已存在，而且不是文件夹；换一个文件夹", one),
                                     fmt::format("{} is there and is no folder; say another folder", one)});
  }
  return {};
}

// Says whether the draft is to be placed; file_exists when it must not.
Outcome<bool> placeable(const std::string& target, const std::string& draft, IfExists if_exists) {
  struct stat what = {};
  if (::lstat(target.c_str(), &what) != 0) return true;
  if (S_ISREG(what.st_mode)) {
    if (if_exists == IfExists::replace) return true;
    if (if_exists == IfExists::skip || same_content(target, draft)) return false;
  }
  return failure("file_exists", {fmt::format("{} 已存在，内容不同；什么也没有解出。换一个文件夹，或用 if_exists: replace", target),
                                 fmt::format("{} is there with other content; nothing was unpacked. Say another folder, or if_exists: "
                                             "replace",
                                             target)});
}

}  // namespace

ActivityInfo List::info() {
  ActivityInfo info;
  info.id = "archive.list";
  info.title = {"列出压缩包", "List an archive"};
  info.sentence = {"列出压缩包内容，不解包；不安全的条目也列出。", "Lists what an archive holds without unpacking, also what is not safe."};
  info.effect = flow::Effect::none;
  info.errors = errors(reading_codes, {"unreadable", "bad_encoding", "too_large"});
  info.examples = {{{"打包再看", "Packed, and looked at"},
                    R"(- do: file.make_folder
  with: {folder: out}
- do: file.write_text
  with: {text: 代码, to: out/明细.csv}
- do: archive.pack
  with: {files: [out], to: out.zip}
- do: archive.list
  with: {file: out.zip}
  save: files
- return: {paths: '=[row["path"] for row in files]'}
)",
                    R"({"paths":["out","out/明细.csv"]})"}};
  return info;
}
Outcome<List::Output> List::run(ActivityContext& context, const Input& input) {
  const auto path = context.path_of(input.file.path);
  QUANJI_TRY(auto file, opened(path));
  QUANJI_TRY(auto reader, Reader::of(std::move(file.file), workbook::name_of(path), charset_of(input.encoding)));
  std::vector<Member> members;
  for (;;) {
    QUANJI_DO(context.go_on());
    QUANJI_TRY(auto one, reader.next());
    if (!one) break;
    members.push_back(std::move(*one));
  }
  return Output{table_of(members, {})};
}

ActivityInfo Unpack::info() {
  ActivityInfo info;
  info.id = "archive.unpack";
  info.title = {"解包", "Unpack an archive"};
  info.sentence = {
      "解包到文件夹；越界路径、链接、炸弹包整包拒绝，内容全部读对之后才出现。",
      "Unpacks into a folder. Escaping paths, links or a bomb: it is refused whole. Files appear once all content was read right."};
  info.effect = flow::Effect::repeatable;
  info.errors = errors({}, {"not_found", "not_permitted", "file_busy", "io_failed", "file_exists", "disk_full", "unreadable",
                            "unsafe_archive", "wrong_password", "too_large", "bad_encoding"});
  info.examples = {{{"只解 CSV", "Only the CSV files"},
                    R"(- do: file.write_text
  with: {text: "1", to: a.csv}
- do: file.write_text
  with: {text: "2", to: b.txt}
- do: archive.pack
  with: {files: [a.csv, b.txt], to: both.zip}
- do: archive.unpack
  with: {file: both.zip, folder: in, pattern: "*.csv"}
  save: files
- do: file.read_text
  with: {file: in/a.csv}
  save: text
- return: {count: =len(files), text: =text}
)",
                    R"({"count":1,"text":"1"})"}};
  return info;
}
Outcome<Unpack::Output> Unpack::run(ActivityContext& context, const Input& input) {
  const auto path = context.path_of(input.file.path), shown = workbook::name_of(path);
  const auto names = charset_of(input.encoding);
  std::optional<base::Secret> password;
  if (input.password) {
    QUANJI_TRY(auto opened_secret, context.open_secret(*input.password));
    password = std::move(opened_secret);
  }
  const auto* secret = password ? &*password : nullptr;
  QUANJI_TRY(auto file, opened(path));
  const auto packed = file.size;
  const int again = ::fcntl(file.file.get(), F_DUPFD_CLOEXEC, 0);
  if (again < 0) return refused("open", path);
  base::Descriptor second(again);
  std::vector<Member> members;
  {
    QUANJI_TRY(auto reader, Reader::of(std::move(file.file), shown, names));
    QUANJI_TRY(members, safe_members(reader, packed, shown));
  }
  if (::lseek(second.get(), 0, SEEK_SET) != 0) return refused("read", path);

  auto folder = context.path_of(input.folder.path);
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) {
    errno = failed.value();
    return refused("create", folder);
  }
  QUANJI_TRY(const auto staging, Staging::in(folder, context.random()));
  QUANJI_TRY(auto reader, Reader::of(std::move(second), shown, names, secret));
  std::vector<Member> wanted;
  for (const auto& member : members) {
    QUANJI_DO(context.go_on());
    QUANJI_TRY(const auto now, reader.next());
    if (!now || now->path != member.path || now->size != member.size || now->kind != member.kind)
      return failure("file_busy", {fmt::format("压缩包 {} 在解包时被改动；等它写完再解", shown),
                                   fmt::format("the archive {} was changed while it was read; wait until it is written", shown)});
    if (!matches_path(input.pattern, member.path)) continue;
    if (member.kind == Member::Kind::file) QUANJI_DO(take_out(context, reader, member, staging.draft(wanted.size())));
    wanted.push_back(member);
  }
  // All of it is there and right; what stands in the way is found before the first file is placed.
  std::vector<bool> placed(wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto& member = wanted[i];
    QUANJI_DO(make_folders(folder, member.path, member.kind == Member::Kind::folder));
    if (member.kind == Member::Kind::folder) continue;
    QUANJI_TRY(const bool free, placeable(folder + "/" + member.path, staging.draft(i), input.if_exists));
    placed[i] = free;
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto target = folder + "/" + wanted[i].path;
    if (placed[i] && ::rename(staging.draft(i).c_str(), target.c_str()) != 0) return refused("rename", target);
  }
  for (const auto& member : wanted) {
    const auto below = member.path.rfind('/');
    const auto at = below == std::string::npos ? folder : folder + "/" + member.path.substr(0, below);
    if (auto synced = base::sync_folder(at); !synced.ok()) return file_failure(synced.error());
  }
  std::erase_if(wanted, [](const Member& member) { return member.kind != Member::Kind::file; });
  return Output{table_of(wanted, folder)};
}

}  // namespace archive

void add_archive(Activities& to) {
  using namespace archive;
  to.insert(to.end(), {engine::activity<Pack>(), engine::activity<Unpack>(), engine::activity<List>()});
}

}  // namespace quanji::activities
