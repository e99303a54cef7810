// Text in any encoding from files, terminals and other programs; the first byte chooses the encoding.
#include "base/encodings.h"

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "must.h"

using namespace quanji::base;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = text_of({data + 1, size - 1});
  const auto charset = static_cast<Charset>(data[0] % 3);
  const auto repaired = repair_utf8(text);
  must(is_utf8(repaired));
  must(is_utf8(text) == (repaired == text));
  if (const auto read = to_utf8(charset, text); read.ok()) {
    must(is_utf8(*read));
    const auto written = from_utf8(charset, *read);
    must(written.ok());
    // Old spellings of GB18030 are read too, so the bytes may differ; what they mean may not.
    must(*to_utf8(charset, *written) == *read);
    if (charset != Charset::gb18030) must(*written == text);
  }
  if (const auto written = from_utf8(charset, repaired); written.ok()) must(to_utf8(charset, *written).ok());
  if (const auto bytes = from_hex(text); bytes.ok()) must(*from_hex(hex(*bytes)) == *bytes);
  for (const auto& [decode, encode] :
       {std::pair{&from_base64, &base64}, std::pair{&from_base64url, &base64url}, std::pair{&from_base32, &base32}})
    if (const auto bytes = decode(text); bytes.ok()) must(encode(*bytes) == text);
  return 0;
}
