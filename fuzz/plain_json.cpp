// JSON of other programs as values: what is read is a value of the flow's own, written and read again it is the same.
#include "values/plain_json.h"

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/encodings.h"
#include "must.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quanji;
  const auto value = values::parse_plain_json(base::text_of({data, size}));
  if (!value) {
    must(base::is_utf8(value.error().message().en));
    return 0;
  }
  std::string plain;
  value->append_plain_json(plain);
  const auto again = values::parse_plain_json(plain);
  must(again.ok() && *again == *value);
  return 0;
}
