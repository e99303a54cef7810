// Packing: what is to go in is listed first, then written beside its place.
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>

#include "activities/archive/archive.h"
#include "activities/archive/archive_reader.h"
#include "activities/failures.h"
#include "values/table.h"
#include "workbook/new_file.h"

namespace quanji::activities::archive {

namespace fs = std::filesystem;
using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;

QUANJI_FIELDS(Pack::Input,
              QF(files, "路径的列表，或有 path 列的表；文件夹连同其中一切",
                 "A list of paths, or a table with a column `path`; a "
                 "folder with all it holds"),
              QF(to, "压缩包", "The archive"),
              QF(folder, "包里的路径相对哪个文件夹", "The folder that paths in the archive are relative to"),
              QF(encoding, "文件名的编码：utf-8、gbk、gb18030", "Encoding of names: utf-8, gbk, gb18030", .fallback = "\"utf-8\""),
              QF(password, "口令（AES-256）", "The password (AES-256)"),
              QF(if_exists, "已存在时：替换、失败、加入", "If it is there: replace, fail, add to it", .fallback = "\"replace\""))
QUANJI_FIELDS(Pack::Output, QF(file, "压缩包", "The archive"))

namespace {

engine::Failure refused(std::string_view act, const std::string& path) { return file_failure(workbook::file_error(act, path)); }

using Contents = std::map<std::string, std::string>;  // path in the archive → path on the disk

// A file or a folder with all it holds.
Outcome<void> gather(ActivityContext& context, const std::string& path, const std::string& inside, Contents& into) {
  QUANJI_DO(context.go_on());
  struct stat what = {};
  if (::lstat(path.c_str(), &what) != 0) return refused("open", path);
  if (!S_ISREG(what.st_mode) && !S_ISDIR(what.st_mode))
    return failure("not_permitted", {fmt::format("{} 是链接或设备，不能打包；给出它指向的文件", path),
                                     fmt::format("{} is a link or a device and is not packed; name the file it points to", path)});
  if (!base::is_utf8(inside))
    return failure("bad_encoding", {fmt::format("文件名 {} 不是 UTF-8；先改名", base::repair_utf8(inside)),
                                    fmt::format("the name {} is not UTF-8; rename the file first", base::repair_utf8(inside))});
  into.emplace(inside, path);
  if (into.size() > Limits{}.members)
    return failure("too_large", {fmt::format("要打包的文件超过 {} 个；分成几个包", Limits{}.members),
                                 fmt::format("more than {} files are to be packed; make several archives", Limits{}.members)});
  if (!S_ISDIR(what.st_mode)) return {};
  std::error_code failed;
  for (auto one = fs::directory_iterator(path, failed); !failed && one != fs::directory_iterator(); one.increment(failed)) {
    const auto name = one->path().filename().string();
    QUANJI_DO(gather(context, fmt::format("{}/{}", path, name), fmt::format("{}/{}", inside, name), into));
  }
  if (!failed) return {};
  errno = failed.value();
  return refused("list", path);
}

Outcome<std::vector<std::string>> paths_of(const values::Value& files) {
  std::vector<std::string> paths;
  const auto add = [&paths](const values::Value& one) {
    if (one.is(values::Type::text)) paths.push_back(one.text());
    if (one.is(values::Type::file)) paths.push_back(one.file().path);
    return one.is(values::Type::text) || one.is(values::Type::file);
  };
  const auto wrong = [] {
    return wrong_argument("files", "要一个路径的列表，或有 path 列的表", "is to be a list of paths, or a table with a column `path`");
  };
  if (files.is(values::Type::table)) {
    const auto& table = files.table();
    const auto at = table.find("path");
    if (!at) return wrong();
    for (std::size_t row = 0; row < table.rows(); ++row)
      if (!add(table.at(row, *at))) return wrong();
  } else if (files.is(values::Type::list)) {
    for (const auto& one : files.list())
      if (!add(one)) return wrong();
  } else if (!add(files)) {
    return wrong();
  }
  if (paths.empty()) return wrong_argument("files", "没有文件可打包", "names no file to pack");
  return paths;
}

class Writer {
 public:
  Writer(int fd, NameEncoding encoding, std::string shown)
      : encoding_(encoding), shown_(std::move(shown)), fd_(fd), writing_(::archive_write_new()) {
    if (writing_ == nullptr) throw std::bad_alloc();
  }
  ~Writer() { ::archive_write_free(writing_); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  Outcome<void> begin(const base::Secret* password) {
    bool ok = ::archive_write_set_format_zip(writing_) == ARCHIVE_OK;
    if (password != nullptr) {
      std::string plain(password->reveal());
      if (plain.empty() || plain.find('\0') != std::string::npos)
        return wrong_argument("password", "不能为空，也不能含零字节", "cannot be empty and cannot hold a zero byte");
      ok = ok && ::archive_write_set_options(writing_, "zip:encryption=aes256") == ARCHIVE_OK &&
           ::archive_write_set_passphrase(writing_, plain.c_str()) == ARCHIVE_OK;
      base::wipe(plain);
    }
    if (!ok || ::archive_write_open_fd(writing_, fd_) != ARCHIVE_OK) return failed();
    return {};
  }
  Outcome<void> member(const Member& member) {
    const auto charset = encoding_ == NameEncoding::utf8  ? base::Charset::utf8
                         : encoding_ == NameEncoding::gbk ? base::Charset::gbk
                                                          : base::Charset::gb18030;
    const bool folder = member.kind == Member::Kind::folder;
    auto name = base::from_utf8(charset, member.path + (folder ? "/" : ""));
    if (!name)
      return failure("bad_encoding",
                     {fmt::format("文件名 {} 里有 {} 没有的字；改名，或用 encoding: utf-8", member.path, base::to_text(charset)),
                      fmt::format("the name {} has characters that {} has not; rename the file, or say encoding: utf-8", member.path,
                                  base::to_text(charset))});
    const NameLocale locale(encoding_ == NameEncoding::utf8 ? NameLocale::Names::utf8 : NameLocale::Names::bytes);
    auto* entry = ::archive_entry_new();
    if (entry == nullptr) throw std::bad_alloc();
    ::archive_entry_set_pathname(entry, name->c_str());
    ::archive_entry_set_filetype(entry, folder ? AE_IFDIR : AE_IFREG);
    ::archive_entry_set_perm(entry, folder ? 0755 : 0644);
    ::archive_entry_set_size(entry, folder ? 0 : member.size);
    if (member.modified) ::archive_entry_set_mtime(entry, *member.modified, 0);
    const int code = ::archive_write_header(writing_, entry);
    ::archive_entry_free(entry);
    if (code != ARCHIVE_OK && code != ARCHIVE_WARN) return failed();
    return {};
  }
  Outcome<void> write(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto done = ::archive_write_data(writing_, bytes.data(), bytes.size());
      if (done <= 0) return failed();
      bytes.remove_prefix(static_cast<std::size_t>(done));
    }
    return {};
  }
  Outcome<void> finish() {
    if (::archive_write_close(writing_) != ARCHIVE_OK) return failed();
    return {};
  }

 private:
  engine::Failure failed() const {
    if (const int why = ::archive_errno(writing_); why > 0) {
      errno = why;
      return refused("write", shown_);
    }
    const char* why = ::archive_error_string(writing_);
    const auto said = base::repair_utf8(why == nullptr ? "" : why);
    return failure("io_failed",
                   {fmt::format("压缩包 {} 写不出来：{}", shown_, said), fmt::format("the archive {} is not written: {}", shown_, said)});
  }
  NameEncoding encoding_;
  std::string shown_;
  int fd_;
  struct ::archive* writing_;
};

Outcome<void> pack_one(ActivityContext& context, Writer& writer, const std::string& inside, const std::string& path) {
  const base::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (file.get() < 0) return refused("open", path);
  struct stat what = {};
  if (::fstat(file.get(), &what) != 0) return refused("read", path);
  Member member{inside, S_ISDIR(what.st_mode) ? Member::Kind::folder : Member::Kind::file, what.st_size, what.st_mtim.tv_sec};
  QUANJI_DO(writer.member(member));
  if (member.kind == Member::Kind::folder) return {};
  std::string piece(std::size_t{1} << 18, '\0');
  for (auto left = member.size;;) {
    QUANJI_DO(context.go_on());
    const auto got = ::read(file.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refused("read", path);
    left -= got;
    if (left < 0 || (got == 0 && left > 0))
      return failure("file_busy",
                     {fmt::format("{} 在打包时变了长度；等它写完（file.wait_stable）再打包", path),
                      fmt::format("{} changed its length while it was packed; wait until it is written (file.wait_stable)", path)});
    if (got == 0) return {};
    QUANJI_DO(writer.write(std::string_view(piece).substr(0, static_cast<std::size_t>(got))));
  }
}

// What an archive that is there holds goes first; what is packed now takes the place of its namesake.
Outcome<void> keep_old(ActivityContext& context, Writer& writer, const std::string& path, const Contents& contents,
                       const base::Secret* password) {
  base::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    if (errno == ENOENT) return {};
    return refused("open", path);
  }
  QUANJI_TRY(auto reader, Reader::of(std::move(file), workbook::name_of(path), {}, password));
  std::string piece(std::size_t{1} << 18, '\0');
  for (;;) {
    QUANJI_DO(context.go_on());
    QUANJI_TRY(const auto one, reader.next());
    if (!one) return {};
    if (contents.contains(one->path)) continue;
    if (one->kind != Member::Kind::file && one->kind != Member::Kind::folder)
      return failure("not_supported", {fmt::format("{} 里的 {} 是链接，不能加入这样的包", path, one->path),
                                       fmt::format("{} in {} is a link; nothing is added to such an archive", one->path, path)});
    QUANJI_DO(writer.member(*one));
    if (one->kind == Member::Kind::folder) continue;
    for (std::int64_t left = one->size;;) {
      QUANJI_DO(context.go_on());
      QUANJI_TRY(const auto got, reader.read(piece));
      if (got == 0) break;
      if ((left -= static_cast<std::int64_t>(got)) < 0)
        return failure("unreadable", {fmt::format("{} 里的 {} 比声明的长", path, one->path),
                                      fmt::format("{} in {} is longer than it says", one->path, path)});
      QUANJI_DO(writer.write(std::string_view(piece).substr(0, got)));
    }
  }
}

}  // namespace

ActivityInfo Pack::info() {
  ActivityInfo info;
  info.id = "archive.pack";
  info.title = {"打包", "Pack an archive"};
  info.sentence = {"把文件和文件夹打成压缩包（zip）；整个写完才出现。",
                   "Packs files and folders into an archive (zip), which appears whole."};
  info.effect = flow::Effect::repeatable;
  info.errors = errors({}, {"not_found", "not_permitted", "file_busy", "io_failed", "file_exists", "disk_full", "bad_encoding", "too_large",
                            "unreadable", "wrong_password", "not_supported"});
  info.examples = {{{"一个文件夹，路径相对于它", "A folder, with paths relative to it"},
                    R"(- do: file.make_folder
  with: {folder: day/in}
- do: file.write_text
  with: {text: "1", to: day/in/a.csv}
- do: archive.pack
  with: {files: [day/in], folder: day, to: day.zip, encoding: gbk}
- do: archive.list
  with: {file: day.zip}
  save: files
- return: {paths: '=[row["path"] for row in files]'}
)",
                    R"({"paths":["in","in/a.csv"]})"}};
  return info;
}
Outcome<Pack::Output> Pack::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto paths, paths_of(input.files));
  const auto folder = context.path_of((input.folder ? input.folder->path : std::string(".")) + "/");
  std::optional<base::Secret> password;
  if (input.password) {
    QUANJI_TRY(auto opened, context.open_secret(*input.password));
    password = std::move(opened);
  }
  const auto* secret = password ? &*password : nullptr;
  Contents contents;
  for (const auto& one : paths) {
    auto path = context.path_of(one);
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    // What lies outside of the folder goes in by its name alone.
    const auto inside = path.starts_with(folder) && path.size() > folder.size() ? path.substr(folder.size()) : workbook::name_of(path);
    QUANJI_DO(gather(context, path, inside, contents));
  }
  const auto goal = context.path_of(input.to.path);
  std::erase_if(contents, [&](const auto& one) { return one.second == goal; });  // it may lie in a folder that is packed
  for (const auto& [inside, path] : contents)
    if (const auto wrong = wrong_name(inside))
      return wrong_argument("files", fmt::format("里的 {} 不能放进压缩包：{}", inside, wrong->zh),
                            fmt::format("holds {}, which cannot be put in an archive: {}", inside, wrong->en));
  QUANJI_TRY(auto target, FileTarget::of(context, input.to, input.if_exists == IfPacked::fail ? IfExists::fail : IfExists::replace));
  {
    const auto shown = workbook::name_of(goal);
    const base::Descriptor out(::open(target.draft().c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (out.get() < 0) return refused("create", goal);
    Writer writer(out.get(), input.encoding, shown);
    QUANJI_DO(writer.begin(secret));
    if (input.if_exists == IfPacked::add) QUANJI_DO(keep_old(context, writer, goal, contents, secret));
    for (const auto& [inside, path] : contents) QUANJI_DO(pack_one(context, writer, inside, path));
    QUANJI_DO(writer.finish());
    if (::fsync(out.get()) != 0) return refused("write", goal);
  }
  QUANJI_TRY(auto file, std::move(target).place());
  return Output{std::move(file)};
}

}  // namespace quanji::activities::archive
