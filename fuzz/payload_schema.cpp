// A queue's payload schema and the payloads of strangers: two JSON texts, one a line.
#include <boost/json.hpp>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/encodings.h"
#include "domain/payload_schema.h"
#include "must.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quanji;
  const auto text = base::text_of({data, size});
  const auto end = text.find('\n');
  const auto schema = domain::read_payload_schema(text.substr(0, end));
  if (!schema) {
    for (const auto& one : schema.error().fields()) must(base::is_utf8(one.field) && !one.reason.en.empty());
    return 0;
  }
  const auto payload = base::parse_json(end == std::string_view::npos ? std::string_view("{}") : text.substr(end + 1));
  if (!payload) return 0;
  base::Problems once, again;
  schema->check(*payload, once, "payload");
  schema->check(*payload, again, "payload");
  must(once.found.size() <= 20 && once.found.size() == again.found.size());
  for (const auto& one : once.found) must(one.field.starts_with("payload") && !one.reason.en.empty() && !one.reason.zh.empty());
  return 0;
}
