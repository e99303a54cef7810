// Another program and everything it starts: run without a shell, its output kept within a limit, its whole tree of processes ended
// together.
//
// A program gets a session of its own, /dev/null or the text given as its standard input, no open file but the three standard ones, and
// the variable QUANJI_PROGRAM, by which those are found that left the session. It ends with the process that started it. The tree is
// what is in its session, descends from it or carries its variable.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"

namespace quanji::devices {

struct ProgramOptions {
  std::string program;                                           // absolute path, or a name that is looked for in PATH
  std::vector<std::string> arguments;                            // without the program's own name
  std::string folder;                                            // absolute; where it works
  std::vector<std::pair<std::string, std::string>> environment;  // added to this process's own
  std::optional<base::Secret> input;                             // its standard input
  std::size_t output_limit = std::size_t{64} << 20;              // bytes, of output and of error output each
};

// A process of a tree, as /proc tells.
struct ProcessView {
  pid_t number = 0;
  std::string name;     // last part of the program's path
  std::string command;  // with arguments
  base::Time started;   // to a hundredth of a second
  bool operator==(const ProcessView& other) const { return number == other.number && started == other.started; }
};

// Any thread.
class Program {
 public:
  // not_found: no such program or folder; not_permitted: it may not be executed; not_supported: it is neither a program nor a script
  // with a #! line; store_unavailable: the system has no process left.
  static base::Result<std::unique_ptr<Program>> start(ProgramOptions options);
  Program(const Program&) = delete;
  ~Program();  // kills what is left of the tree

  pid_t number() const { return pid_; }
  const std::string& name() const { return name_; }
  // Readable, and stays so, once the program has ended and what it had written is read, or has written more than the limit.
  int settled_descriptor() const;

  struct End {
    int exit_code = 0;  // 128 + signal when a signal ended it
    int signal = 0;     // 0: it ended by itself
  };
  std::optional<End> end() const;
  bool too_much_output() const;
  // What was written so far, at most the limit.
  std::string output() const;
  std::string error_output() const;

  // What lives of the tree, the program itself first.
  std::vector<ProcessView> tree() const;
  void ask_to_end();  // SIGTERM to the whole tree
  // SIGKILL, until nothing of the tree is left. Comes back at once when nothing is.
  void kill();

 private:
  Program() = default;
  struct State;
  std::unique_ptr<State> state_;
  pid_t pid_ = -1;
  std::string name_, token_;
  std::size_t limit_ = 0;
};

// Signals one process of a tree, if it is still the one that was seen.
void signal_process(const ProcessView& process, int signal);

}  // namespace quanji::devices
