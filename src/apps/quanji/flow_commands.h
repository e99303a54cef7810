// `quanji flow check|run|resume|trace|debug|edit`: flows on this machine, without a platform.
#pragma once
#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

namespace quanji::apps {

// The commands as part of a command line. `check` exits 0 without errors, 1 with; `run` and `resume` as wire::runner_exit says (0 success,
// 10 business failure, 11 system failure, 12 stopped, 13 timed out, 14 waits for a person, 21 refused); usage 2.
class FlowCommands {
 public:
  explicit FlowCommands(CLI::App& root);
  // Runs the command that was given; nothing when none of these was.
  std::optional<int> run(std::FILE* out = stdout, std::FILE* err = stderr);

 private:
  struct Given {
    std::vector<std::string> subjects;
    std::string subject, output = "table", language, into;
    std::vector<std::string> inputs, settled;
    std::string edits, inputs_file, context, work, state;
    bool quiet = false;
  };
  int check(std::FILE* out, std::FILE* err) const;
  int start(std::FILE* out, std::FILE* err) const;
  int resume(std::FILE* out, std::FILE* err) const;
  int trace(std::FILE* out, std::FILE* err) const;

  Given given_;
  CLI::App *check_ = nullptr, *run_ = nullptr, *resume_ = nullptr, *trace_ = nullptr, *debug_ = nullptr, *edit_ = nullptr;
};

}  // namespace quanji::apps
