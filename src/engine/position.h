// Where in a run something happened: the path of a step with the numbers of the iterations around it, through called flows:
// "steps/3[17]/steps/0", "steps/2/call/steps/1". The journal's words; the paths themselves are flow::Step::path.
// Reads foreign bytes: fuzz/run_journal.cpp
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace quanji::engine {

struct Position {
  struct Mark {
    std::size_t length;  // of the path of the loop's step
    std::int64_t iteration;
  };
  struct Level {  // one flow: the main one, then those called
    std::string path;
    std::vector<Mark> marks;
    // The iteration of the loop with that path, if it is one of those around.
    const Mark* mark_of(std::string_view loop) const;
  };
  std::vector<Level> levels;
};
// Any text gives some position; numbers that are none are no marks.
Position read_position(std::string_view text);
// Is `at` the place `of` or inside of it?
bool is_within(std::string_view at, std::string_view of);

}  // namespace quanji::engine
