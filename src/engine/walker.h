// The inside of the engine: one thread of control that walks the steps of a document; a parallel has one for each branch.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/log.h"
#include "engine/position.h"
#include "engine/resources.h"
#include "engine/run.h"

namespace quanji::engine {

// What all walkers of a run share.
struct Run {
  Run(const RunRequest& asked, const Surroundings& around_it, RunControl& controlled, Journal* kept);
  const RunRequest& request;
  const Surroundings& around;
  RunControl& control;
  Journal* journal;
  Resources resources;
  Halt never;  // nobody asks it
  std::map<const flow::Document*, std::unique_ptr<PythonProgram>> programs;
  std::map<std::string, const Activity*, std::less<>> activities;
  // `once` steps a person said are done.
  std::map<std::string, values::Variables, std::less<>> promised;

  std::mutex watching;  // one call of observer or debugger at a time
  std::mutex guard;
  std::optional<base::Error> broken;                // guarded by guard: the journal could not be written
  std::vector<base::log::LiveSecret> live_secrets;  // guarded by guard
  std::int64_t evidence_count = 0;                  // guarded by guard

  // Keeps the first; everything stops.
  void journal_broke(base::Error error);
  void log(LogLevel level, std::string_view at, std::string_view message);
};

// Where a resumed walker has to go; see run_state.h.
struct Cursor {
  explicit Cursor(const Strand& goal) : strand(goal), position(read_position(goal.at)) {}
  const Strand& strand;
  Position position;
  const Entered* entered(std::string_view at, EnterKind kind) const;
};

// What an activity's call needs to know of its step.
struct StepNow {
  const flow::Step* step = nullptr;
  std::string at;
  std::vector<values::FileRef> evidence;
};

class Walker {
 public:
  Walker(Run& run, const flow::Document& document, Slots slots, Halt& halt);
  // A branch of another one: its variables are copies.
  Walker(Walker& parent, Halt& halt);

  // The steps of a whole flow (or branch). Way::failed: failure().
  Way walk(const flow::Steps& steps);
  void resume_at(const Strand& strand);  // which must outlive the walk
  // Resources nobody closed, the newest first; whatever way the flow ended.
  void close_rest();
  // The variables as the journal left them.
  void restore_scope(const values::Variables& variables);
  // Inputs, and defaults for those not given; what was taken is added to `inputs`.
  Outcome<void> take(values::Variables& inputs);
  void limit(std::chrono::microseconds until) { push_scope(until, 0); }
  Failure& failure() { return *failure_; }
  const values::Map& returned() const { return returned_; }
  Slots& slots() { return frames_.back()->slots; }

  // ---- for StepContext ----
  Run& run() { return run_; }
  Halt& halt() { return *halt_; }
  const StepNow& now() const { return now_; }
  StepNow& now() { return now_; }
  std::optional<Failure> must_leave();
  std::chrono::microseconds deadline() const { return deadline_; }
  PythonLimit python_limit() const;
  PythonProgram& program() { return *frames_.back()->program; }
  const flow::Document& document() const { return *frames_.back()->document; }

 private:
  struct Frame {  // one flow: the main one, then those called
    const flow::Document* document;
    PythonProgram* program;
    Slots slots;
    std::string prefix;  // of all positions in it: "", "steps/2/call/"
    struct Mark {
      std::size_t length;
      std::int64_t iteration;
    };
    std::vector<Mark> marks;
    std::string head;             // positions begin with it: prefix and path up to the innermost mark
    std::size_t head_length = 0;  // how much of a path it covers
  };
  struct Scope {  // a time limit
    std::chrono::microseconds until;
    std::uint32_t depth;  // of the step it belongs to; 0: the run
  };
  // Steps of a `finally`, and closing: after an ending they get time of their own and are not stopped.
  class Cleanup {
   public:
    Cleanup(Walker& walker, bool ending);
    ~Cleanup();

   private:
    Walker& walker_;
    bool on_;
    Halt* halt_;
    std::vector<Scope> scopes_;
    std::chrono::microseconds deadline_;
  };

  // ---- walker.cpp ----
  Way steps(const flow::Steps& steps);
  Way step(const flow::Step& step);
  Way attempts(const flow::Step& step);
  Way act(const flow::Step& step);
  std::size_t seek(const flow::Steps& steps);
  bool resuming() const { return cursor_ != nullptr; }
  // The cursor's path within the present flow.
  const Position::Level& target() const;
  void resume_over() { cursor_.reset(); }
  std::string position(const flow::Step& step) const { return position(step.path); }
  std::string position(std::string_view path) const;
  void enter_iteration(const flow::Step& loop, std::int64_t iteration);
  void leave_loop();
  void rebuild_head();
  Way fail(Failure failure);  // sets it
  Way fail_at(const flow::Step& step, Failure failure, Journal::Acted acted = Journal::Acted::settled,
              Journal::Back back = Journal::Back::to_step);
  void hold(const flow::Step& step, const std::function<Debugger::Order(Pause&)>& ask);
  bool is_meant(const Failure& failure) const { return failure.ending == Ending::none; }
  void push_scope(std::chrono::microseconds until, std::uint32_t depth);
  void pop_scope();
  // Journals the end of a leaf step; a value that does not fit is the step's failure.
  Way done(const flow::Step& step, bool once);
  bool written(base::Status status);
  // Pictures of the resources an activity was given.
  void leave_evidence(const values::Map& arguments);
  void mask_secrets(Failure& failure);

  // ---- walker_values.cpp ----
  Outcome<values::Value> value_of(const flow::Operand& operand);
  Outcome<values::Map> values_of(const flow::Arguments& arguments);
  Outcome<bool> holds(const flow::Operand& operand);
  void save(const flow::Save& save, const values::Map& outputs, std::vector<Slots::Before>& before);
  void assign(std::uint32_t slot, values::Value value);
  void put_back(std::vector<Slots::Before>& before);

  // ---- walker_acts.cpp: acts without steps inside ----
  Way act_set(const flow::Step& step, const flow::Set& set);
  Way act_do(const flow::Step& step, const flow::Do& act);
  Way act_fail(const flow::Step& step, const flow::Fail& act);
  Way act_return(const flow::Step& step, const flow::Return& act);
  Way act_python(const flow::Step& step, const flow::PythonBlock& act);
  Way act_checkpoint(const flow::Step& step);
  // Runs an activity; the arguments are read before anything is journalled.
  Outcome<values::Map> call_activity(const flow::Step& step, const Activity& activity, const flow::Arguments& with, bool once,
                                     Journal::Acted& acted);
  bool is_once(const flow::Step& step, flow::Effect declared) const { return step.effect.value_or(declared) == flow::Effect::once; }
  // A person said it is done.
  std::optional<Way> passed_as_promised(const flow::Step& step);

  // ---- walker_blocks.cpp, walker_loops.cpp: acts with steps inside ----
  Way act_if(const flow::Step& step, const flow::If& act);
  Way act_for(const flow::Step& step, const flow::For& act);
  Way act_while(const flow::Step& step, const flow::While& act);
  Way act_try(const flow::Step& step, const flow::Try& act);
  Way act_call(const flow::Step& step, const flow::Call& act);
  Way act_with(const flow::Step& step, const flow::With& act);
  Way act_parallel(const flow::Step& step, const flow::Parallel& act);
  Way act_each_item(const flow::Step& step, const flow::EachItem& act);
  Way finally_of(const flow::Step& step, const flow::Try& act, Way way);
  void close_resource(const flow::Step& step, const values::Handle& handle, Way& way);

  Run& run_;
  std::vector<std::unique_ptr<Frame>> frames_;
  Halt* halt_;
  std::vector<Scope> scopes_;
  std::chrono::microseconds deadline_ = for_ever;  // the earliest of scopes_
  std::uint32_t depth_ = 0;
  std::uint32_t outer_frames_ = 0;  // of the walker this one is a branch of
  std::unique_ptr<Cursor> cursor_;
  std::optional<Failure> failure_;
  std::vector<std::string> unknown_;  // `once` steps whose outcome is unknown, until a catch takes it on itself
  values::Map returned_;
  StepNow now_;
  bool staying_ = false;  // in cleanup after an ending
};

void restore_slots(Slots& slots, const values::Variables& variables, const flow::Document& document);
// The inputs that were given, as the types they are declared with.
Outcome<values::Variables> take_inputs(const flow::Document& document, const values::Variables& given);

}  // namespace quanji::engine
