// The trace of a run as one page of HTML that needs nothing else: time line, variables, pictures, errors, log.
// Reads foreign bytes: fuzz/trace_page.cpp
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace quanji::engine {

struct TracePageOptions {
  // The bytes of a picture by the path a line names; nothing: it is named only. Files beyond 4 MB are named only.
  std::function<std::optional<std::string>(const std::string& path)> picture;
};
// From the lines of trace_lines.h; a line that makes no sense is passed over and counted on the page. Of the rounds of a loop the first
// and the last hundred are shown and those that failed; the page says how many were left out. Whatever stands in the lines, the page
// holds no script, loads nothing and shows texts as texts.
std::string trace_page(std::string_view lines, const TracePageOptions& options);

}  // namespace quanji::engine
