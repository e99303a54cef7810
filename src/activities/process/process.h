// process: other programs, started without a shell, each with everything it starts in turn under the run's control.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "devices/program.h"
#include "engine/activity.h"
#include "values/field_values.h"

namespace quanji::activities::process {

// How a program's output is read as text. automatic: UTF-8 when it is, else GB18030, else UTF-8 with U+FFFD in the place of what is wrong
// (what a program did is not undone because one byte of its output is odd). The others are strict.
enum class OutputEncoding : std::uint8_t { automatic, utf8, gbk, gb18030 };
inline constexpr std::size_t output_limit = std::size_t{64} << 20;

struct ProgramEnd {
  std::int64_t exit_code = 0;
  std::string output, error_output;
  static const base::FieldList& fields();
};

struct Run {
  struct Input {
    std::string program;
    std::vector<values::Value> arguments;
    std::optional<values::Value> input;
    std::optional<values::FileRef> folder;
    values::Map environment;
    OutputEncoding encoding = OutputEncoding::automatic;
    std::vector<std::int64_t> accept;
    static const base::FieldList& fields();
  };
  using Output = ProgramEnd;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Start {
  struct Input {
    std::string program;
    std::vector<values::Value> arguments;
    std::optional<values::Value> input;
    std::optional<values::FileRef> folder;
    values::Map environment;
    static const base::FieldList& fields();
  };
  struct Output {
    values::Handle process;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Wait {
  struct Input {
    values::Handle process;
    OutputEncoding encoding = OutputEncoding::automatic;
    std::vector<std::int64_t> accept;
    static const base::FieldList& fields();
  };
  using Output = ProgramEnd;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Stop {
  struct Input {
    std::optional<values::Handle> process;
    std::optional<std::string> name;
    values::Duration grace;
    static const base::FieldList& fields();
  };
  struct Output {
    std::int64_t stopped = 0;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct List {
  struct Input {
    std::optional<std::string> name;
    static const base::FieldList& fields();
  };
  struct Output {
    values::TablePtr processes;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};

// ---- what the activities share ----

// A program of the run. Closing asks it to end, gives it five seconds and then ends its tree.
class RunningProgram final : public engine::Resource {
 public:
  explicit RunningProgram(std::shared_ptr<devices::Program> program) : program_(std::move(program)) {}
  ~RunningProgram() override { program_->kill(); }
  std::string_view kind() const override { return "process"; }
  engine::Outcome<void> close(engine::ActivityContext& context) override;
  // Used after the lease is given back, so that one branch can stop what another waits for.
  const std::shared_ptr<devices::Program>& program() const { return program_; }

 private:
  std::shared_ptr<devices::Program> program_;
};
// All programs of the run that are still open, the newest first.
engine::Outcome<std::vector<std::shared_ptr<devices::Program>>> programs_of(engine::ActivityContext& context);
// Its text in the encoding; bad_encoding names the output and the place.
engine::Outcome<std::string> text_of_output(const std::string& bytes, OutputEncoding encoding, base::Sentence which);
// What it ended with, as outputs or as program_failed.
engine::Outcome<ProgramEnd> ended(const devices::Program& program, OutputEncoding encoding, const std::vector<std::int64_t>& accept);

}  // namespace quanji::activities::process

QUANJI_ENUM(quanji::activities::process::OutputEncoding, "auto", "utf-8", "gbk", "gb18030");
