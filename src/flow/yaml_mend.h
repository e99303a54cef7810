// What is behind a failure of YAML: the mistakes people make, told from the lines around it.
// Reads its own bytes only: the lines come from read_yaml, whose target is fuzz/flow_source.cpp
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flow/problem.h"

namespace quanji::flow {

struct YamlFailure {
  std::string_view problem;  // libyaml's words
  std::string_view context;
  Position at;
  Position context_at;  // where what failed began; line 0 when there is none
};

// A line with its expression put in quotes, which lets reading go on.
struct MendedLine {
  std::size_t line = 0;  // from 0
  std::string text;
};
// Says what is wrong. Lines are without their ends.
std::optional<MendedLine> explain_failure(const YamlFailure& failure, const std::vector<std::string_view>& lines, Problems& problems);

// The first character that looks like ASCII punctuation but is full-width (：，（）“”＝ …), with its ASCII form; offset is in bytes.
struct FullWidth {
  std::size_t offset = 0;
  std::string_view wide;
  std::string_view ascii;
};
std::optional<FullWidth> full_width_in(std::string_view text);
// Characters (code points) in the first `bytes` bytes.
std::uint32_t characters_before(std::string_view text, std::size_t bytes);

}  // namespace quanji::flow
