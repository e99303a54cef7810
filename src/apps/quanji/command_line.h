// The command line: one command for every operation of the platform's table, and the few that are none.
#pragma once

namespace quanji::apps {

// Exit codes: 0 done, 1 refused, 2 usage, 3 needs rights, 4 unreachable.
int run_command_line(int argc, char** argv);

}  // namespace quanji::apps
