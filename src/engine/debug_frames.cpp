#include "engine/debug_frames.h"

#include <charconv>

namespace quanji::engine {
namespace {

constexpr std::size_t longest_head = 4'096;

base::Error broken(std::string_view zh, std::string_view en) {
  return base::Error(base::Code::unreadable_body, base::Text(std::string(zh), std::string(en)));
}
bool same_word(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if ((a[i] >= 'A' && a[i] <= 'Z' ? a[i] + 32 : a[i]) != b[i]) return false;
  return true;
}

}  // namespace

base::Result<std::optional<std::string>> DebugFrameReader::next() {
  if (broken_) return broken("调试会话的字节流已损坏。", "the stream of the debug session is broken.");
  const auto end = buffer_.find("\r\n\r\n");
  if (end == std::string::npos) {
    if (buffer_.size() <= longest_head) return std::optional<std::string>();
    broken_ = true;
    return broken("没有找到消息头的结尾。", "a frame's head has no end.");
  }
  std::optional<std::size_t> length;
  for (auto head = std::string_view(buffer_).substr(0, end); !head.empty();) {
    const auto line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(std::min(head.size(), line.size() + 2));
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !same_word(line.substr(0, colon), "content-length")) continue;
    auto digits = line.substr(colon + 1);
    while (!digits.empty() && digits.front() == ' ') digits.remove_prefix(1);
    std::size_t number = 0;
    const auto [last, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (problem == std::errc() && last == digits.data() + digits.size()) length = number;
  }
  if (!length || *length > max_debug_frame) {
    broken_ = true;
    return broken("消息头没有 Content-Length，或消息超过 16 MiB。", "a frame has no Content-Length, or more than 16 MiB.");
  }
  if (buffer_.size() - end - 4 < *length) return std::optional<std::string>();
  std::string json = buffer_.substr(end + 4, *length);
  buffer_.erase(0, end + 4 + *length);
  return std::optional<std::string>(std::move(json));
}

std::string debug_frame(std::string_view json) { return "Content-Length: " + std::to_string(json.size()) + "\r\n\r\n" + std::string(json); }

}  // namespace quanji::engine
