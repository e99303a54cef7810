// Traces of strangers become pages that hold no script and load nothing.
// Built with src/engine/trace_read.cpp src/engine/trace_page.cpp
#include "engine/trace_page.h"

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/encodings.h"
#include "engine/trace_read.h"
#include "must.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quanji;
  const auto text = base::text_of({data, size});
  const auto tree = engine::read_trace(text);
  must(tree.steps <= size);
  engine::TracePageOptions options;
  options.picture = [](const std::string& path) -> std::optional<std::string> {
    if (path.size() % 2 == 0) return std::nullopt;
    return path;
  };
  const auto page = engine::trace_page(text, options);
  must(base::is_utf8(page));
  must(page.find("<script") == std::string::npos);
  return 0;
}
