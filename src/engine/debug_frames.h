// Frames of the Debug Adapter Protocol: "Content-Length: N\r\n\r\n" and N bytes of JSON.
// Source: the protocol's "Base Protocol" (microsoft.github.io/debug-adapter-protocol/overview).
// Reads foreign bytes: fuzz/debug_frames.cpp
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace quanji::engine {

inline constexpr std::size_t max_debug_frame = std::size_t{16} << 20;

class DebugFrameReader {
 public:
  void add(std::string_view bytes) { buffer_ += bytes; }
  // The next whole frame's JSON; nothing when more has to come. unreadable_body for a head that is none or a frame that is too large:
  // after it nothing more is read.
  base::Result<std::optional<std::string>> next();

 private:
  std::string buffer_;
  bool broken_ = false;
};
std::string debug_frame(std::string_view json);

}  // namespace quanji::engine
