// JSON of strangers: what is read is written and read again as the same; a path finds or is refused, and never crashes.
// Built with src/activities/json/json_text.cpp src/activities/json/json_path.cpp src/activities/failures.cpp src/engine/failure.cpp
#include "activities/json/json_text.h"

#include <cstdint>
#include <string>

#include "activities/json/json_path.h"
#include "base/bytes.h"
#include "flow/document.h"
#include "must.h"
#include "values/value.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quanji::activities;
  const auto text = quanji::base::text_of({data, size});
  const auto line = text.find('\n');
  const auto path = text.substr(0, line == std::string_view::npos ? 0 : line);
  const auto document = json::read_text(line == std::string_view::npos ? text : text.substr(line + 1), "f");
  if (!document) {
    must(!document.error().message.en.empty() && document.error().code == "unreadable");
    return 0;
  }
  for (const auto indent : {0, 2}) {
    const auto again = json::read_text(json::written(*document, indent), "f");
    must(again.ok() && *again == *document);
  }
  (void)json::find(*document, path);
  const auto changed = json::set(*document, path, quanji::values::Value::of(std::int64_t{1}));
  if (changed) {
    const auto found = json::find(*changed, path);
    must(!found.ok() || found->size() <= 1);
  }
  return 0;
}
