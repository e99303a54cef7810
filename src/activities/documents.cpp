#include "activities/documents.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "activities/failures.h"
#include "base/encodings.h"
#include "base/files.h"
#include "workbook/new_file.h"

namespace quanji::activities::documents {

using base::Code;
using base::Text;
using engine::business_failure;
using engine::ErrorCode;
using engine::Failure;
using engine::Outcome;
using engine::system_failure;

Failure document_failure(const base::Error& error) {
  if (error.code() == Code::invalid_field && error.detail() != "bad_value") return failure("unreadable", error);
  return file_failure(error);
}
Failure wrong_argument(std::string zh, std::string en) { return system_failure("invalid_argument", Text(std::move(zh), std::move(en))); }

std::vector<ErrorCode> reading_errors() { return errors(reading_codes, {}); }
std::vector<ErrorCode> writing_errors() { return errors(writing_codes, {}); }
std::vector<ErrorCode> operator+(std::vector<ErrorCode> first, const std::vector<ErrorCode>& second) {
  for (const auto& one : second)
    if (std::ranges::find(first, one.code, &ErrorCode::code) == first.end()) first.push_back(one);
  return first;
}

std::string place_of(engine::ActivityContext& context, const values::FileRef& file) { return context.path_of(file.path); }
std::string shown_name(std::string_view path) { return base::repair_utf8(workbook::name_of(std::string(path))); }

Outcome<std::string> read_whole_file(engine::ActivityContext& context, const std::string& path, std::uint64_t most) {
  const base::Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat before = {}, after = {};
  if (fd.get() < 0 || ::fstat(fd.get(), &before) != 0) return file_failure(workbook::file_error("open", path));
  const auto name = shown_name(path);
  if (!S_ISREG(before.st_mode))
    return business_failure("unreadable", Text(fmt::format("{} 不是普通文件", name), fmt::format("{} is no ordinary file", name)));
  if (static_cast<std::uint64_t>(before.st_size) > most)
    return business_failure("too_large", Text(fmt::format("文件 {} 有 {} 字节，上限 {}", name, before.st_size, most),
                                              fmt::format("the file {} has {} bytes, more than {}", name, before.st_size, most)));
  std::string bytes(static_cast<std::size_t>(before.st_size), '\0');
  for (std::size_t got = 0; got < bytes.size();) {
    QUANJI_DO(context.go_on());
    const auto piece = ::pread(fd.get(), bytes.data() + got, std::min<std::size_t>(bytes.size() - got, 8U << 20U), static_cast<off_t>(got));
    if (piece < 0 && errno == EINTR) continue;
    if (piece < 0) return file_failure(workbook::file_error("read", path));
    if (piece == 0) bytes.resize(got);
    got += static_cast<std::size_t>(piece);
  }
  if (::fstat(fd.get(), &after) != 0 || after.st_size != before.st_size || after.st_mtim.tv_sec != before.st_mtim.tv_sec ||
      after.st_mtim.tv_nsec != before.st_mtim.tv_nsec)
    return system_failure("file_busy", Text(fmt::format("文件 {} 在读取时被改动；等它写完再来", name),
                                            fmt::format("the file {} was changed while it was read; try again when it is whole", name)));
  return bytes;
}

Outcome<values::FileRef> place_bytes(FileTarget target, std::string_view bytes) {
  if (target.stays()) return target.file();
  auto file = workbook::NewFile::begin(target.draft(), workbook::Existing::replace);
  if (!file.ok()) return file_failure(file.error());
  if (auto written = file->write(bytes); !written.ok()) return file_failure(written.error());
  if (auto placed = file->place(); !placed.ok()) return file_failure(placed.error());
  return std::move(target).place();
}

}  // namespace quanji::activities::documents
