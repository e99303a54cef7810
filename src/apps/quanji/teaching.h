// What teaches the command line: an example of every command, and the page of all of them.
#pragma once
#include <string>

#include "door/operation.h"

namespace CLI {
class App;
}

namespace quanji::apps {

// A line that works but for its ids: the operation's own example as options; what holds a secret comes by --json -.
std::string example_of(const door::Operation& operation);
// Markdown: every command of `root` with its parameters and example, in the order of the table; the same table always gives the same bytes.
std::string command_line_page(const CLI::App& root);
// For `source`: words by position. bash; zsh by its bashcompinit.
std::string completion_script(const CLI::App& root);

}  // namespace quanji::apps
