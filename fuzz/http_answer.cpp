// Heads of answers: header lines, Content-Type and Content-Range of strangers. What is read is text, and a range lies within its whole.
#include <cstdint>

#include "base/bytes.h"
#include "base/encodings.h"
#include "devices/http_head.h"
#include "must.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quanji;
  const auto text = base::text_of({data, size});
  if (const auto header = devices::parse_header_line(text)) {
    must(!header->first.empty() && base::is_utf8(header->first) && base::is_utf8(header->second));
  }
  const auto type = devices::parse_content_type(text);
  must(base::is_utf8(type.media) && base::is_utf8(type.charset));
  if (const auto range = devices::parse_content_range(text))
    must(range->first <= range->last && (!range->whole || range->last < *range->whole));
  return 0;
}
