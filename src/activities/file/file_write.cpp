// What makes and changes single files.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "activities/failures.h"
#include "activities/file/file.h"
#include "base/encodings.h"
#include "base/files.h"
#include "workbook/new_file.h"

namespace quanji::activities::file {

using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;

QUANJI_FIELDS(WriteText::Input, QF(text, "文本", "The text"), QF(to, "写到哪个文件", "The file to write"),
              QF(encoding, "编码", "Encoding", .fallback = "\"utf-8\""),
              QF(if_exists, "已存在时：替换、失败、跳过", "If it is there: replace, fail, skip", .fallback = "\"replace\""))
QUANJI_FIELDS(AppendText::Input, QF(text, "文本", "The text"), QF(file, "文件，没有就新建", "The file, made if it is not there"),
              QF(encoding, "编码", "Encoding", .fallback = "\"utf-8\""),
              QF(new_line, "末尾加换行", "End it with a line end", .fallback = "true"))
QUANJI_FIELDS(WriteBytes::Input, QF(bytes, "字节", "The bytes"), QF(to, "写到哪个文件", "The file to write"),
              QF(if_exists, "已存在时：替换、失败、跳过", "If it is there: replace, fail, skip", .fallback = "\"replace\""))
QUANJI_FIELDS(MakeFolder::Input, QF(folder, "文件夹", "The folder"))
QUANJI_FIELDS(MakeFolder::Answer, QF(folder, "文件夹", "The folder"))

namespace {

engine::Failure refused(std::string_view act, const std::string& path) { return file_failure(workbook::file_error(act, path)); }

Outcome<FileOut> write(ActivityContext& context, const values::FileRef& to, IfExists if_exists, std::string_view bytes) {
  QUANJI_TRY(auto target, FileTarget::of(context, to, if_exists));
  if (target.stays()) return FileOut{target.file()};
  {
    const base::Descriptor file(::open(target.draft().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (file.get() < 0) return refused("create", target.file().path);
    while (!bytes.empty()) {
      QUANJI_DO(context.go_on());
      const auto piece = bytes.substr(0, std::size_t{8} << 20);
      if (auto written = workbook::write_all(file.get(), piece, target.file().path); !written) return file_failure(written.error());
      bytes.remove_prefix(piece.size());
    }
    if (::fsync(file.get()) != 0) return refused("write", target.file().path);
  }
  QUANJI_TRY(auto file, std::move(target).place());
  return FileOut{std::move(file)};
}
Outcome<std::string> encoded(TextEncoding encoding, std::string_view text) {
  auto bytes = base::from_utf8(charset_of(encoding), text);
  if (!bytes) return failure("bad_encoding", {bytes.error().message().zh, bytes.error().message().en});
  return std::move(*bytes);
}

}  // namespace

ActivityInfo WriteText::info() {
  ActivityInfo info;
  info.id = "file.write_text";
  info.title = {"写文本文件", "Write a text file"};
  info.sentence = {"写文本文件；旧文件保持到新文件写完。", "Writes a text file; the old one stands until the new one is whole."};
  info.effect = flow::Effect::repeatable;
  info.errors = errors(writing_codes, {"bad_encoding"});
  info.examples = {{{"写了再读", "Written and read again"},
                    R"(- do: file.write_text
  with: {text: "第一行\n第二行\n", to: report.txt}
  save: file
- do: file.read_text
  with: {file: =file}
  save: text
- return: {lines: =len(text.splitlines())}
)",
                    R"({"lines":2})"}};
  return info;
}
Outcome<WriteText::Output> WriteText::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(auto bytes, encoded(input.encoding, input.text));
  if (input.encoding == TextEncoding::utf8_mark) bytes.insert(0, "\xEF\xBB\xBF");
  return write(context, input.to, input.if_exists, bytes);
}

ActivityInfo WriteBytes::info() {
  ActivityInfo info;
  info.id = "file.write_bytes";
  info.title = {"写字节", "Write bytes"};
  info.sentence = {"把字节写成文件；旧文件保持到新文件写完。", "Writes bytes to a file; the old one stands until the new one is whole."};
  info.effect = flow::Effect::repeatable;
  info.errors = errors(writing_codes, {});
  info.examples = {{{"两个字节", "Two bytes"},
                    R"(- do: file.write_bytes
  with: {bytes: '=b"ok"', to: a.bin}
- do: file.read_text
  with: {file: a.bin}
  save: text
- return: {text: =text}
)",
                    R"({"text":"ok"})"}};
  return info;
}
Outcome<WriteBytes::Output> WriteBytes::run(ActivityContext& context, const Input& input) {
  return write(context, input.to, input.if_exists, base::text_of(input.bytes));
}

ActivityInfo AppendText::info() {
  ActivityInfo info;
  info.id = "file.append_text";
  info.title = {"追加文本", "Add to a text file"};
  info.sentence = {"在文本文件末尾追加；没有就新建。", "Adds text at the end of a text file, which is made if it is not there."};
  info.effect = flow::Effect::once;
  info.errors = errors(writing_codes, {"bad_encoding"});
  info.examples = {{{"两行", "Two lines"},
                    R"(- do: file.append_text
  with: {text: a, file: log.txt}
- do: file.append_text
  with: {text: b, file: log.txt}
- do: file.read_text
  with: {file: log.txt}
  save: text
- return: {text: =text}
)",
                    R"({"text":"a\nb\n"})"}};
  return info;
}
Outcome<AppendText::Output> AppendText::run(ActivityContext& context, const Input& input) {
  const auto path = context.path_of(input.file.path);
  QUANJI_TRY(auto bytes, encoded(input.encoding, input.text));
  if (input.new_line) bytes += '\n';
  const base::Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (file.get() < 0) return refused("open", path);
  struct stat what = {};
  if (::fstat(file.get(), &what) != 0) return refused("write", path);
  if (what.st_size == 0 && input.encoding == TextEncoding::utf8_mark) bytes.insert(0, "\xEF\xBB\xBF");
  if (auto written = workbook::write_all(file.get(), bytes, path); !written) {
    (void)!::ftruncate(file.get(), what.st_size);  // no half line
    return file_failure(written.error());
  }
  if (::fsync(file.get()) != 0) return refused("write", path);
  return Output{{path, {}}};
}

ActivityInfo MakeFolder::info() {
  ActivityInfo info;
  info.id = "file.make_folder";
  info.title = {"建文件夹", "Make a folder"};
  info.sentence = {"建立文件夹及其上级；已有不算错。", "Makes a folder and those above it; one that is there is no error."};
  info.effect = flow::Effect::repeatable;
  info.errors = errors(writing_codes, {});
  info.examples = {{{"两级", "Two levels"},
                    R"(- do: file.make_folder
  with: {folder: out/2026}
- do: file.exists
  with: {file: out/2026, kind: folder}
  save: there
- return: {there: =there}
)",
                    R"({"there":true})"}};
  return info;
}
Outcome<MakeFolder::Output> MakeFolder::run(ActivityContext& context, const Input& input) {
  const auto path = context.path_of(input.folder.path);
  std::error_code failed;
  std::filesystem::create_directories(path, failed);
  if (failed) {
    errno = failed.value();
    if (errno == ENOTDIR || errno == EEXIST)
      return failure("file_exists", {fmt::format("{} 或它的上级已是文件，建不了文件夹；换一个名字", path),
                                     fmt::format("{} or a part of it is a file, no folder can be made there; take another name", path)});
    return refused("mkdir", path);
  }
  return Output{{path, {}}};
}

}  // namespace quanji::activities::file
