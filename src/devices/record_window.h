// The part of a file of records that is looked at: it goes forward only.
// Reads foreign bytes: fuzz/fixed_width.cpp
#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "devices/record_file.h"

namespace quanji::devices {

// A window over the file that always holds the whole of the record it stands at.
class RecordWindow {
 public:
  RecordWindow(const RecordFile& file, std::size_t longest, const GoOn& go_on) : file_(file), longest_(longest), go_on_(go_on) {}
  // Only the bytes from `begin` up to `end`; before the first fill.
  void narrow(std::uint64_t begin, std::uint64_t end) {
    read_ = begin;
    end_ = end;
  }
  // At least `longest` bytes from here on, or all there are.
  base::Status fill() {
    if (buffer_.size() - at_ >= longest_ || ended_) return {};
    if (go_on_) QUANJI_DO(go_on_());
    buffer_.erase(0, at_);
    at_ = 0;
    const auto have = buffer_.size();
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(block + longest_, end_ - read_));
    buffer_.resize(have + wanted);
    QUANJI_TRY(const auto got, file_.read(read_, std::span(buffer_).subspan(have)));
    ended_ = got < block + longest_;
    buffer_.resize(have + got);
    read_ += got;
    return {};
  }
  std::string_view rest() const { return std::string_view(buffer_).substr(at_); }
  std::uint64_t offset() const { return read_ - (buffer_.size() - at_); }
  bool all_here() const { return ended_; }  // rest() is the rest of the file
  void take(std::size_t count) {
    for (const char c : rest().substr(0, count)) sum_ += static_cast<std::uint8_t>(c);
    at_ += count;
  }
  std::uint64_t sum() const { return sum_; }  // of all bytes taken

 private:
  static constexpr std::size_t block = 256 * 1024;
  const RecordFile& file_;
  std::size_t longest_;
  const GoOn& go_on_;
  std::uint64_t end_ = UINT64_MAX;
  std::string buffer_;
  std::size_t at_ = 0;
  std::uint64_t read_ = 0, sum_ = 0;
  bool ended_ = false;
};

}  // namespace quanji::devices
