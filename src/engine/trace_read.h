// A trace's lines as a tree of what ran in what.
// Reads foreign bytes: fuzz/trace_page.cpp
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace quanji::engine {

struct TraceError {
  std::string code, kind, zh, en;
};
struct TraceSaid {
  std::int64_t at = 0;
  std::string level, text;
};
// A step the n-th time it ran, or one round of a loop.
struct TraceNode {
  std::string at;  // its position
  std::string act, title, file;
  std::int64_t line = 0;
  std::optional<std::int64_t> round;  // of a loop, from 1: no step itself
  std::int64_t begun = 0, ended = 0;  // microseconds since 1970; 0: not told
  std::string how;                    // "done", "passed_over", "failed", "went_on"; empty: it was not ended
  std::optional<TraceError> error;
  int tried_again = 0;
  std::vector<std::pair<std::string, std::string>> set;
  std::vector<TraceSaid> said;
  std::vector<std::string> evidence;
  std::vector<std::unique_ptr<TraceNode>> inside;

  bool failed() const { return how == "failed" || how == "went_on"; }
};
struct TraceTree {
  std::string flow, outcome;
  std::int64_t begun = 0, ended = 0;
  std::size_t attempts = 0, left_out = 0, unreadable = 0, steps = 0;
  TraceNode root;
};
TraceTree read_trace(std::string_view lines);

}  // namespace quanji::engine
