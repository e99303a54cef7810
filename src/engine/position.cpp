#include "engine/position.h"

#include <charconv>

namespace quanji::engine {

const Position::Mark* Position::Level::mark_of(std::string_view loop) const {
  for (const auto& mark : marks)
    if (mark.length == loop.size() && std::string_view(path).starts_with(loop)) return &mark;
  return nullptr;
}

Position read_position(std::string_view text) {
  Position position;
  position.levels.emplace_back();
  std::size_t i = 0;
  while (i < text.size()) {
    auto& level = position.levels.back();
    if (text.substr(i).starts_with("/call/")) {
      i += 6;
      position.levels.emplace_back();
      continue;
    }
    if (text[i] == '[') {
      const auto close = text.find(']', i);
      std::int64_t number = 0;
      if (close != std::string_view::npos) {
        const auto read = std::from_chars(text.data() + i + 1, text.data() + close, number);
        if (read.ec == std::errc() && read.ptr == text.data() + close) {
          level.marks.push_back({level.path.size(), number});
          i = close + 1;
          continue;
        }
      }
    }
    level.path += text[i++];
  }
  return position;
}

bool is_within(std::string_view at, std::string_view of) {
  return at.starts_with(of) && (at.size() == of.size() || at[of.size()] == '/' || at[of.size()] == '[');
}

}  // namespace quanji::engine
