// Where the bytes of a CSV file come from.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/files.h"
#include "workbook/csv.h"

namespace quanji::workbook {
namespace {

class FileSource final : public ByteSource {
 public:
  FileSource(base::Descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  base::Result<std::size_t> read(std::span<char> room) override {
    for (;;) {
      const auto got = ::read(fd_.get(), room.data(), room.size());
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) return file_error("read", path_);
    }
  }

 private:
  base::Descriptor fd_;
  std::string path_;
};

class TextSource final : public ByteSource {
 public:
  explicit TextSource(std::string_view text) : text_(text) {}
  base::Result<std::size_t> read(std::span<char> room) override {
    const auto count = std::min(room.size(), text_.size());
    std::memcpy(room.data(), text_.data(), count);
    text_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view text_;
};

}  // namespace

base::Result<std::unique_ptr<ByteSource>> open_file(const std::string& path) {
  base::Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (fd.get() < 0) return file_error("open", path);
  struct stat what = {};
  if (::fstat(fd.get(), &what) != 0) return file_error("stat", path);
  if (!S_ISREG(what.st_mode))
    return base::Error(base::Code::invalid_field,
                       base::Text(fmt::format("{} 是文件夹或设备，不是文件。", base::repair_utf8(name_of(path))),
                                  fmt::format("{} is a folder or a device, not a file.", base::repair_utf8(name_of(path)))));
  return std::unique_ptr<ByteSource>(std::make_unique<FileSource>(std::move(fd), path));
}

std::unique_ptr<ByteSource> source_of(std::string_view text) { return std::make_unique<TextSource>(text); }

}  // namespace quanji::workbook
