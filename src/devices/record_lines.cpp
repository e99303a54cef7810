#include "devices/record_lines.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace quanji::devices {
namespace {

constexpr std::uint64_t block_bytes = 256 * 1024;
constexpr char old_end_mark = 0x1A;

class LineSearch {
 public:
  LineSearch(const RecordFile& file, std::uint64_t size, const GoOn& go_on) : file_(file), size_(size), go_on_(go_on) {}

  // Behind the end of the n-th line from `0`.
  base::Result<std::uint64_t> behind(std::uint64_t lines) {
    for (std::uint64_t at = 0; lines > 0 && at < size_;) {
      QUANJI_TRY(const auto bytes, block(at, std::min(block_bytes, size_ - at)));
      if (bytes.empty()) return size_;
      for (std::size_t i = 0; i < bytes.size(); ++i)
        if (bytes[i] == '\n' && --lines == 0) return at + i + 1;
      at += bytes.size();
    }
    return lines == 0 ? 0 : size_;
  }
  // Where the n-th line from the end begins.
  base::Result<std::uint64_t> before(std::uint64_t lines) {
    auto end = size_;
    if (lines == 0) return end;
    QUANJI_TRY(auto tail, block(size_ - std::min<std::uint64_t>(size_, 2), std::min<std::uint64_t>(size_, 2)));
    if (!tail.empty() && tail.back() == old_end_mark) {
      --end;
      tail.pop_back();
    }
    // The last line's own end is not counted.
    if (!tail.empty() && tail.back() == '\n') --end;
    while (end > 0) {
      const auto length = std::min(block_bytes, end);
      QUANJI_TRY(const auto bytes, block(end - length, length));
      if (bytes.size() < length) return size_;  // it became shorter; the reader says so
      for (auto i = bytes.size(); i > 0; --i)
        if (bytes[i - 1] == '\n' && --lines == 0) return end - length + i;
      end -= length;
    }
    return 0;
  }

 private:
  base::Result<std::string> block(std::uint64_t at, std::uint64_t length) {
    if (go_on_) QUANJI_DO(go_on_());
    std::string bytes(static_cast<std::size_t>(length), '\0');
    QUANJI_TRY(const auto got, file_.read(at, bytes));
    bytes.resize(got);
    return bytes;
  }
  const RecordFile& file_;
  std::uint64_t size_;
  const GoOn& go_on_;
};

}  // namespace

base::Result<FileRange> lines_between(const RecordFile& file, std::uint64_t size, std::uint64_t first, std::uint64_t last,
                                      const GoOn& go_on) {
  LineSearch search(file, size, go_on);
  QUANJI_TRY(const auto begin, search.behind(first));
  QUANJI_TRY(const auto end, search.before(last));
  return FileRange{std::min(begin, end), end};
}

}  // namespace quanji::devices
