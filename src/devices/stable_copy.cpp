#include "devices/stable_copy.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace quanji::devices {
namespace {

constexpr std::size_t block_size = 1 << 20;

base::Result<base::Descriptor> open_scratch(const std::string& folder) {
  base::Descriptor fd(folder.empty() ? ::memfd_create("quanji-copy", MFD_CLOEXEC)
                                     : ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  // Not every file system has files without a name.
  if (fd.get() < 0 && !folder.empty() && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) return open_scratch({});
  if (fd.get() < 0) return file_error("scratch file", folder.empty() ? "memfd" : folder);
  return fd;
}

// One look at the file: a copy, or nothing when it moved meanwhile.
class Attempt {
 public:
  Attempt(const RecordFile& file, const StableCopyOptions& options) : file_(file), options_(options), one_(block_size), two_(block_size) {}

  base::Result<std::optional<RecordFile>> copy(const FileState& before) {
    QUANJI_TRY(auto scratch, open_scratch(options_.scratch_folder));
    for (std::uint64_t at = 0; at < before.size;) {
      QUANJI_TRY(const auto got, file_.read(at, one_));
      if (got == 0) return moved();
      QUANJI_DO(write_at(scratch.get(), file_.name(), at, {one_.data(), got}));
      at += got;
      if (at > before.size) return moved();
    }
    QUANJI_TRY(const auto after, file_.state());
    if (after != before) return moved();
    auto made = RecordFile::of_descriptor(file_.name(), std::move(scratch));
    QUANJI_TRY(const bool same, reads_the_same(made, before.size));
    if (!same) return moved();
    QUANJI_TRY(const auto last, file_.state());
    if (last != before) return moved();
    return std::optional<RecordFile>(std::move(made));
  }

 private:
  static std::optional<RecordFile> moved() { return std::nullopt; }
  base::Result<bool> reads_the_same(const RecordFile& made, std::uint64_t size) {
    for (std::uint64_t at = 0; at < size; at += block_size) {
      QUANJI_TRY(const auto ours, made.read(at, one_));
      QUANJI_TRY(const auto theirs, file_.read(at, two_));
      if (ours != theirs || std::memcmp(one_.data(), two_.data(), ours) != 0) return false;
    }
    return true;
  }

  const RecordFile& file_;
  const StableCopyOptions& options_;
  std::vector<char> one_, two_;
};

base::Error too_large(const std::string& path, std::uint64_t size, std::uint64_t most) {
  return base::Error(base::Code::too_large, base::Text(fmt::format("文件 {} 有 {} 字节，超过上限 {} 字节。", path, size, most),
                                                       fmt::format("The file {} has {} bytes, more than {}.", path, size, most)));
}
base::Error never_still(const std::string& path, int tries, std::chrono::microseconds deadline) {
  const auto seconds = static_cast<double>(deadline.count()) / 1e6;
  return base::Error(
      base::Code::changed_meanwhile,
      base::Text(fmt::format("文件 {} 在 {:.1f} 秒内一直被改写（试了 {} 次），没有取得完整的副本。请在写入间隙重试，或延长等待时间。", path,
                             seconds, tries),
                 fmt::format("The file {} was rewritten all the time for {:.1f} s ({} tries): no whole copy was got. Try again between two "
                             "rewritings, or allow more time.",
                             path, seconds, tries)));
}

}  // namespace

base::Result<RecordFile> stable_copy(const std::string& path, const StableCopyOptions& options, base::Clock& clock, const Wait& wait,
                                     const JudgeCopy& judge) {
  const auto started = clock.monotonic();
  const auto elapsed = [&] { return clock.monotonic() - started; };
  std::unique_ptr<base::Error> refused;  // what the judge said of the copy before
  bool seen = false;
  for (int tries = 1;; ++tries) {
    if (tries > 1 && elapsed() >= options.deadline) return refused ? std::move(*refused) : never_still(path, tries - 1, options.deadline);
    auto file = RecordFile::open(path);
    if (!file) {
      // A program that rewrites by deleting and making anew leaves a moment without a file.
      const auto patience = seen ? options.deadline : 4 * options.settle;
      if (file.error().code() != base::Code::not_found || elapsed() >= patience) return std::move(file).error();
      QUANJI_DO(wait(options.settle));
      continue;
    }
    seen = true;
    QUANJI_TRY(const auto first, file->state());
    if (first.size > options.most_bytes) return too_large(path, first.size, options.most_bytes);
    QUANJI_DO(wait(options.settle));
    QUANJI_TRY(const auto before, file->state());
    refused.reset();
    if (before != first) continue;
    QUANJI_TRY(auto copy, Attempt(*file, options).copy(before));
    if (!copy) continue;
    auto verdict = judge(*copy);
    if (verdict.ok()) return std::move(*copy);
    refused = std::make_unique<base::Error>(std::move(verdict).error());
  }
}

}  // namespace quanji::devices
