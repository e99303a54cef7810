// What looks at files and changes nothing.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <functional>

#include "activities/failures.h"
#include "activities/file/file.h"
#include "activities/path_pattern.h"
#include "base/content_digest.h"
#include "base/encodings.h"
#include "base/files.h"
#include "values/table.h"
#include "workbook/new_file.h"

namespace quanji::activities::file {

namespace fs = std::filesystem;
using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;
using values::Value;

QUANJI_FIELDS(FileOut, QF(file, "文件", "The file"))
QUANJI_FIELDS(FilesOut, QF(files, "文件表：path、name、kind、size、modified", "Table of path, name, kind, size, modified"))
QUANJI_FIELDS(Exists::Input, QF(file, "文件或文件夹", "A file or folder"), QF(kind, "种类", "any, file or folder", .fallback = "\"any\""))
QUANJI_FIELDS(Exists::Answer, QF(exists, "是否存在", "Whether it is there"))
QUANJI_FIELDS(Info::Input, QF(file, "文件或文件夹", "A file or folder"))
QUANJI_FIELDS(Info::Answer, QF(info, "path、name、kind、size、modified", "path, name, kind, size, modified"))
QUANJI_FIELDS(List::Input, QF(folder, "文件夹", "The folder"),
              QF(pattern, "模式：* ? ** [abc]", "Pattern: * ? ** [abc]", .max = 1'000, .fallback = "\"*\""),
              QF(recursive, "含下级", "With everything below", .fallback = "false"),
              QF(kind, "种类", "file, folder or any", .fallback = "\"file\""))
QUANJI_FIELDS(Wait::Input, QF(folder, "文件夹", "The folder"),
              QF(pattern, "模式：* ? **", "Pattern: * ? **", .max = 1'000, .fallback = "\"*\""),
              QF(count, "至少几个", "How many at least", .min = 1, .fallback = "1"))
QUANJI_FIELDS(WaitStable::Input, QF(file, "要等的文件", "The file to wait for"),
              QF(quiet, "静默时长：大小与时间不变多久才算写完", "How long size and time must rest", .fallback = "\"5s\""),
              QF(size, "至少多少字节", "At least so many bytes", .min = 0, .fallback = "1"),
              QF(flag, "标志文件：到了才算写完", "A file that says the other is whole"))
QUANJI_FIELDS(Hash::Input, QF(file, "文件", "The file"), QF(algorithm, "算法", "sha256, sha512, sm3 or md5", .fallback = "\"sha256\""))
QUANJI_FIELDS(Hash::Answer, QF(digest, "摘要，小写十六进制", "The digest in lower hexadecimal"))
QUANJI_FIELDS(ReadText::Input, QF(file, "文件", "The file"),
              QF(encoding, "编码；auto：有 BOM 按 BOM，合 UTF-8 按 UTF-8，否则 GB18030",
                 "Encoding; auto: by its mark, UTF-8 if it is that, else GB18030", .fallback = "\"auto\""))
QUANJI_FIELDS(ReadText::Answer, QF(text, "文本", "The text"))
QUANJI_FIELDS(ReadBytes::Input, QF(file, "文件", "The file"))
QUANJI_FIELDS(ReadBytes::Answer, QF(bytes, "字节", "The bytes"))

namespace {

constexpr std::size_t most_files = 1'000'000;

engine::Failure refused(std::string_view act, const std::string& path) { return file_failure(workbook::file_error(act, path)); }

struct Found {
  std::string path;
  struct stat what = {};
};
values::DateTime modified(const struct stat& what) {
  // Wall time of the trade's place (UTC+8), as everywhere in a flow.
  return {what.st_mtim.tv_sec * 1'000'000 + what.st_mtim.tv_nsec / 1'000 + 8LL * 3'600'000'000};
}
std::string_view kind_of(const struct stat& what) { return S_ISDIR(what.st_mode) ? "folder" : S_ISREG(what.st_mode) ? "file" : "other"; }

// Sorted by path. Links are looked at, not gone into; what vanishes meanwhile is not there.
Outcome<std::vector<Found>> list(ActivityContext& context, const std::string& folder, std::string_view pattern, bool recursive,
                                 ListKind kind) {
  struct stat there = {};
  if (::stat(folder.c_str(), &there) != 0) return refused("open", folder);
  if (!S_ISDIR(there.st_mode)) {
    errno = ENOTDIR;
    return refused("list", folder);
  }
  const bool deep = recursive || pattern.find('/') != std::string_view::npos || pattern.find("**") != std::string_view::npos;
  std::vector<Found> found;
  std::vector<std::string> open{""};
  while (!open.empty()) {
    const auto below = std::move(open.back());
    open.pop_back();
    QUANJI_DO(context.go_on());
    std::error_code failed;
    auto entries = fs::directory_iterator(fs::path(folder) / below, failed);
    if (failed && below.empty()) {
      errno = failed.value();
      return refused("list", folder);
    }
    for (; !failed && entries != fs::directory_iterator(); entries.increment(failed)) {
      const auto relative = below.empty() ? entries->path().filename().string() : below + "/" + entries->path().filename().string();
      Found one{folder + (folder.ends_with('/') ? "" : "/") + relative, {}};
      if (::lstat(one.path.c_str(), &one.what) != 0) continue;
      if (S_ISDIR(one.what.st_mode) && deep) open.push_back(relative);
      if (S_ISLNK(one.what.st_mode) && ::stat(one.path.c_str(), &one.what) != 0) continue;
      const bool wanted = kind == ListKind::any || (kind == ListKind::folder) == S_ISDIR(one.what.st_mode);
      if (wanted && matches_path(pattern, relative)) found.push_back(std::move(one));
      if (found.size() > most_files)
        return failure("too_large", {fmt::format("{} 中匹配的文件超过 {} 个；用更窄的 pattern", folder, most_files),
                                     fmt::format("more than {} files match in {}; say a narrower pattern", most_files, folder)});
    }
  }
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.path < b.path; });
  return found;
}
values::TablePtr table_of(const std::vector<Found>& found) {
  values::ColumnBuilder path(values::ColumnType::text), name(values::ColumnType::text), kind(values::ColumnType::text),
      size(values::ColumnType::integer), time(values::ColumnType::datetime);
  for (const auto& one : found) {
    // Names are bytes to the system; a text of the flow is UTF-8.
    const auto shown = base::repair_utf8(one.path);
    path.add_text(shown);
    name.add_text(workbook::name_of(shown));
    kind.add_text(kind_of(one.what));
    size.add_integer(one.what.st_size);
    time.add_integer(modified(one.what).micros);
  }
  auto made = values::Table::make(
      {"path", "name", "kind", "size", "modified"},
      {std::move(path).finish(), std::move(name).finish(), std::move(kind).finish(), std::move(size).finish(), std::move(time).finish()});
  return std::make_shared<const values::Table>(std::move(*made));
}

Outcome<base::Descriptor> opened(const std::string& path) {
  base::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return refused("open", path);
  struct stat what = {};
  if (::fstat(file.get(), &what) != 0) return refused("read", path);
  if (S_ISDIR(what.st_mode)) {
    errno = EISDIR;
    return refused("read", path);
  }
  return file;
}
// Piece by piece, with questions in between.
Outcome<void> each_piece(ActivityContext& context, const std::string& path, const std::function<Outcome<void>(std::string_view)>& take) {
  QUANJI_TRY(const auto file, opened(path));
  std::string piece(std::size_t{1} << 20, '\0');
  for (;;) {
    QUANJI_DO(context.go_on());
    const auto got = ::read(file.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refused("read", path);
    if (got == 0) return {};
    QUANJI_DO(take(std::string_view(piece).substr(0, static_cast<std::size_t>(got))));
  }
}
Outcome<std::string> whole(ActivityContext& context, const std::string& path) {
  std::string all;
  QUANJI_DO(each_piece(context, path, [&](std::string_view piece) -> Outcome<void> {
    all += piece;
    if (all.size() <= most_read) return {};
    return failure("too_large", {fmt::format("{} 超过 {} MiB，不能整个读入；用按行或按表的活动", path, most_read >> 20),
                                 fmt::format("{} has more than {} MiB and is not read whole; use an activity that reads tables", path,
                                             most_read >> 20)});
  }));
  return all;
}

}  // namespace

ActivityInfo Exists::info() {
  ActivityInfo info;
  info.id = "file.exists";
  info.title = {"是否存在", "Is it there"};
  info.sentence = {"说明文件或文件夹是否存在。", "Says whether a file or folder is there."};
  info.effect = flow::Effect::none;
  info.examples = {{{"一个还没有的文件", "A file that is not there yet"},
                    R"(- do: file.exists
  with: {file: in/trades.csv}
  save: there
- return: {there: =there}
)",
                    R"({"there":false})"}};
  return info;
}
Outcome<Exists::Output> Exists::run(ActivityContext& context, const Input& input) {
  struct stat what = {};
  if (::stat(context.path_of(input.file.path).c_str(), &what) != 0) return Output{false};
  return Output{input.kind == Kind::any || (input.kind == Kind::folder) == S_ISDIR(what.st_mode)};
}

ActivityInfo Info::info() {
  ActivityInfo info;
  info.id = "file.info";
  info.title = {"文件信息", "About a file"};
  info.sentence = {"大小、修改时间、种类。", "Tells size, time of last change and kind."};
  info.effect = flow::Effect::none;
  info.errors = errors(reading_codes, {});
  info.examples = {{{"大小", "Size"},
                    R"(- do: file.write_text
  with: {text: 券机, to: a.txt}
- do: file.info
  with: {file: a.txt}
  save: about
- return: {size: =about.size, kind: =about.kind}
)",
                    R"({"size":6,"kind":"file"})"}};
  return info;
}
Outcome<Info::Output> Info::run(ActivityContext& context, const Input& input) {
  const auto path = context.path_of(input.file.path);
  struct stat what = {};
  if (::stat(path.c_str(), &what) != 0) return refused("open", path);
  const auto shown = base::repair_utf8(path);
  return Output{{{"path", Value::of(shown)},
                 {"name", Value::of(workbook::name_of(shown))},
                 {"kind", Value::of(std::string(kind_of(what)))},
                 {"size", Value::of(static_cast<std::int64_t>(what.st_size))},
                 {"modified", Value::of(modified(what))}}};
}

ActivityInfo List::info() {
  ActivityInfo info;
  info.id = "file.list";
  info.title = {"列出文件", "List files"};
  info.sentence = {"列出文件夹中的文件，一行一个，按路径排序。", "Lists a folder, one row a file, sorted by path."};
  info.effect = flow::Effect::none;
  info.errors = errors(reading_codes, {"too_large"});
  info.examples = {{{"按模式", "By a pattern"},
                    R"(- do: file.write_text
  with: {text: a, to: b.csv}
- do: file.write_text
  with: {text: a, to: a.csv}
- do: file.write_text
  with: {text: a, to: a.txt}
- do: file.list
  with: {folder: ., pattern: "*.csv"}
  save: files
- return: {names: '=[row["name"] for row in files]'}
)",
                    R"({"names":["a.csv","b.csv"]})"}};
  return info;
}
Outcome<List::Output> List::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto found, list(context, context.path_of(input.folder.path), input.pattern, input.recursive, input.kind));
  return Output{table_of(found)};
}

ActivityInfo Wait::info() {
  ActivityInfo info;
  info.id = "file.wait";
  info.title = {"等文件出现", "Wait for files"};
  info.sentence = {"等到至少有 count 个匹配的文件出现；时限由步骤的 timeout 定。",
                   "Waits until at least `count` files match; the step's timeout bounds it."};
  info.effect = flow::Effect::none;
  info.errors = errors(reading_codes, {"too_large"});
  info.examples = {{{"已经到了的", "One that is there"},
                    R"(- do: file.write_text
  with: {text: a, to: a.flag}
- do: file.wait
  with: {folder: ., pattern: "*.flag"}
  timeout: 1m
  save: files
- return: {count: =len(files)}
)",
                    R"({"count":1})"}};
  return info;
}
Outcome<Wait::Output> Wait::run(ActivityContext& context, const Input& input) {
  const auto folder = context.path_of(input.folder.path);
  for (;;) {
    std::vector<Found> found;
    struct stat there = {};
    if (::stat(folder.c_str(), &there) == 0) {  // a folder that is not there yet may come as well
      QUANJI_TRY(found, list(context, folder, input.pattern, false, ListKind::file));
    }
    if (static_cast<std::int64_t>(found.size()) >= input.count) return Output{table_of(found)};
    QUANJI_DO(context.sleep(std::chrono::milliseconds(500)));
  }
}

ActivityInfo WaitStable::info() {
  ActivityInfo info;
  info.id = "file.wait_stable";
  info.title = {"等文件写完", "Wait until a file is whole"};
  info.sentence = {"等到文件写完：大小与时间不再变化，标志文件已到；时限由步骤的 timeout 定。",
                   "Waits until a file is written whole: size and time rest, its flag file is there; the step's timeout bounds it."};
  info.effect = flow::Effect::none;
  info.errors = errors(reading_codes, {});
  info.examples = {{{"静默半秒就算写完", "Half a second of rest is enough"},
                    R"(- do: file.write_text
  with: {text: "1", to: a.dat}
- do: file.wait_stable
  with: {file: a.dat, quiet: 500ms}
  timeout: 1m
  save: file
- return: {whole: true}
)",
                    R"({"whole":true})"}};
  return info;
}
Outcome<WaitStable::Output> WaitStable::run(ActivityContext& context, const Input& input) {
  const auto path = context.path_of(input.file.path);
  const auto quiet = std::chrono::microseconds(input.quiet.micros);
  const auto every = std::clamp<std::chrono::microseconds>(quiet / 5, std::chrono::milliseconds(20), std::chrono::seconds(1));
  struct stat before = {};
  bool known = false;
  auto since = context.clock().monotonic();
  for (;;) {
    struct stat now = {};
    const bool there = ::stat(path.c_str(), &now) == 0 && S_ISREG(now.st_mode);
    const bool same = there && known && now.st_size == before.st_size && now.st_ino == before.st_ino &&
                      now.st_mtim.tv_sec == before.st_mtim.tv_sec && now.st_mtim.tv_nsec == before.st_mtim.tv_nsec;
    if (!same) since = context.clock().monotonic();
    known = there;
    before = now;
    struct stat flag = {};
    const bool said = !input.flag || ::stat(context.path_of(input.flag->path).c_str(), &flag) == 0;
    if (same && said && now.st_size >= input.size && context.clock().monotonic() - since >= quiet) return Output{{path, {}}};
    QUANJI_DO(context.sleep(every));
  }
}

ActivityInfo Hash::info() {
  ActivityInfo info;
  info.id = "file.hash";
  info.title = {"文件摘要", "A file's digest"};
  info.sentence = {"计算文件摘要。", "Computes a file's digest."};
  info.effect = flow::Effect::none;
  info.errors = errors(reading_codes, {});
  info.examples = {{{"SM3", "SM3"},
                    R"(- do: file.write_text
  with: {text: abc, to: a.txt}
- do: file.hash
  with: {file: a.txt, algorithm: sm3}
  save: digest
- return: {digest: =digest}
)",
                    R"({"digest":"66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"})"}};
  return info;
}
Outcome<Hash::Output> Hash::run(ActivityContext& context, const Input& input) {
  base::ContentHasher hash(*base::content_hash_of(base::word(input.algorithm)));
  QUANJI_DO(each_piece(context, context.path_of(input.file.path), [&](std::string_view piece) -> Outcome<void> {
    hash.add(base::bytes_of(piece));
    return {};
  }));
  return Output{base::hex(hash.finish())};
}

ActivityInfo ReadText::info() {
  ActivityInfo info;
  info.id = "file.read_text";
  info.title = {"读文本文件", "Read a text file"};
  info.sentence = {"读整个文本文件。", "Reads a text file whole."};
  info.effect = flow::Effect::none;
  info.errors = errors(reading_codes, {"bad_encoding", "too_large"});
  info.examples = {{{"GBK 写的也认得", "One in GBK is known too"},
                    R"(- do: file.write_text
  with: {text: 清算, to: a.txt, encoding: gbk}
- do: file.read_text
  with: {file: a.txt}
  save: text
- return: {text: =text}
)",
                    R"({"text":"清算"})"}};
  return info;
}
Outcome<ReadText::Output> ReadText::run(ActivityContext& context, const Input& input) {
  const auto path = context.path_of(input.file.path);
  QUANJI_TRY(auto bytes, whole(context, path));
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  const bool marked = bytes.starts_with(mark);
  if (marked) bytes.erase(0, mark.size());
  auto charset = charset_of(input.encoding);
  if (!charset) charset = marked || base::is_utf8(bytes) ? base::Charset::utf8 : base::Charset::gb18030;
  auto text = base::to_utf8(*charset, bytes);
  if (!text)
    return failure("bad_encoding", {fmt::format("{} 不是 {}：{}", path, base::to_text(*charset), text.error().message().zh),
                                    fmt::format("{} is not {}: {}", path, base::to_text(*charset), text.error().message().en)});
  return Output{std::move(*text)};
}

ActivityInfo ReadBytes::info() {
  ActivityInfo info;
  info.id = "file.read_bytes";
  info.title = {"读字节", "Read bytes"};
  info.sentence = {"读整个文件的字节。", "Reads a file's bytes."};
  info.effect = flow::Effect::none;
  info.errors = errors(reading_codes, {"too_large"});
  info.examples = {{{"三个字节", "Three bytes"},
                    R"(- do: file.write_text
  with: {text: abc, to: a.bin}
- do: file.read_bytes
  with: {file: a.bin}
  save: bytes
- return: {count: =len(bytes)}
)",
                    R"({"count":3})"}};
  return info;
}
Outcome<ReadBytes::Output> ReadBytes::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto bytes, whole(context, context.path_of(input.file.path)));
  const auto view = base::bytes_of(bytes);
  return Output{base::Bytes(view.begin(), view.end())};
}

}  // namespace quanji::activities::file
