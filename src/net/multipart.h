// multipart/form-data (RFC 7578) read piece by piece, pure: bytes in, parts out, nothing kept but a boundary's length.
// Reads foreign bytes: fuzz/multipart.cpp
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace quanji::net {

struct Part {
  std::string name;          // of the form field
  std::string file_name;     // empty: not a file; only the last path component, never "." or ".."
  std::string content_type;  // empty if not given
};
struct MultipartLimits {
  std::size_t parts = 64;
  std::size_t head_bytes = 8 * 1024;  // of one part
  std::uint64_t part_bytes = 200ULL * 1024 * 1024;
};

class MultipartReader {
 public:
  // What is found, in order: begin, data…, end for each part. A failure returned by a callback is feed()'s result.
  struct Events {
    std::function<base::Status(const Part&)> begin;
    std::function<base::Status(std::string_view)> data;
    std::function<base::Status()> end;
  };
  // `content_type` is the request's header; invalid_field if it is not multipart/form-data with a boundary.
  static base::Result<MultipartReader> make(std::string_view content_type, Events events, MultipartLimits limits = {});

  // Takes the next bytes, in pieces of any size. After a failure every further call fails.
  base::Status feed(std::string_view bytes);
  // To be called at the end of the body: unreadable_body unless the last boundary was seen.
  base::Status finish();

 private:
  enum class At { preamble, after_boundary, head, body, epilogue, broken };
  MultipartReader() = default;
  base::Status read_head(std::string_view head);
  base::Status step(bool& moved);

  At at_ = At::preamble;
  std::string delimiter_;  // "\r\n--boundary"
  std::string held_;       // not yet understood, bounded by the delimiter or the head limit
  Events events_;
  MultipartLimits limits_;
  std::size_t parts_ = 0;
  std::uint64_t part_bytes_ = 0;
};

}  // namespace quanji::net
