// The embedded Python interpreter: expressions, blocks and functions of flows over flow variables. One per process. Python runs on the
// thread that started it and on no other: branches hand their expressions over, so that every one of them can be interrupted. The GIL is
// held only while an expression or block runs. Python.h stays in python*.cpp.
//
// Decisions: a float is not exact and is refused as a value (calculating with floats inside an expression is Python's own business);
// integers are of 64 bits; decimals have 38 digits (Python's context is set to that); times with a zone are refused; lists and maps of the
// flow are real lists and dicts that refuse to be changed, tables are seen without copying; m.key is m["key"].
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "engine/failure.h"
#include "engine/run_context.h"
#include "engine/slots.h"
#include "flow/document.h"
#include "values/table.h"
#include "values/value.h"

namespace quanji::engine {

enum class Interrupt : std::uint8_t { time_limit, stop };

// What Python makes of one document's expressions, each compiled when it is first met. Lives no longer than the document.
class PythonProgram {
 public:
  explicit PythonProgram(const flow::Document& document);
  ~PythonProgram();  // any thread
  struct Compiled;   // of python_compile.cpp
  struct Cache;

 private:
  friend class Python;
  const flow::Document& document_;
  std::unique_ptr<Cache> cache_;
};

// What `for` runs over.
struct Sequence {
  values::TablePtr table;  // its rows, or …
  values::Value list;      // … the elements of a list
  std::size_t size() const { return table ? table->rows() : list.list().size(); }
};

// What expressions see of the outside: calendar, asset(…), task. It must outlive every evaluation.
struct PythonWorld {
  RunContext* outside = nullptr;
  base::Clock* clock = nullptr;
  RunFacts facts;
};

// Whether an evaluation leaves when the run is asked to stop; those of `finally` do not.
enum class OnStop : std::uint8_t { leave, stay };
struct PythonLimit {
  std::chrono::milliseconds time{5000};
  OnStop on_stop = OnStop::leave;
};

class Python {
 public:
  struct Options {
    std::string package_path;  // a package's python/ folder, first on the path; empty: none
    base::Clock* clock = nullptr;
  };
  static base::Result<std::unique_ptr<Python>> start(const Options& options);
  ~Python();                    // leaves the interpreter as it is: the process is about to end
  std::string version() const;  // "3.11.2"
  // For a runner that was started ahead: modules of the package are found there from now on.
  void add_package_path(const std::string& folder);
  void set_world(PythonWorld world);

  // Failures: expression_wrong (not Python), expression_failed, expression_timed_out, value_not_storable, out_of_memory, the code of
  // a quanji.Fail that was raised, or an ending (stopped). Names are looked up among the variables, Python's builtins, Decimal, Fail,
  // calendar, asset, task and the standard library's modules.
  Outcome<values::Value> evaluate(PythonProgram& program, const flow::Expression& expression, Slots& slots, PythonLimit limit = {});
  // As Python's `if` takes it.
  Outcome<bool> holds(PythonProgram& program, const flow::Expression& expression, Slots& slots, PythonLimit limit = {});
  Outcome<Sequence> sequence(PythonProgram& program, const flow::Expression& expression, Slots& slots, PythonLimit limit = {});
  // What a block returns, or a function of a module. The failures' code is python_failed. `limit.time` is the step's, not 5 s.
  Outcome<values::Value> run(PythonProgram& program, std::uint32_t step, const flow::PythonBlock& block, const values::Variables& with,
                             Slots& slots, PythonLimit limit);
  // An expression as text. `slots` may be null.
  Outcome<values::Value> evaluate_text(const std::string& expression, const values::Variables& variables, Slots* slots,
                                       PythonLimit limit = {});
  // ActivityContext::evaluate_rows. `go_on` is asked every 10 000 rows.
  Outcome<values::ColumnPtr> evaluate_rows(const std::string& expression, const values::TablePtr& table, values::ColumnType type,
                                           Slots* slots, const std::function<Outcome<void>()>& go_on, PythonLimit limit = {});

  // On Python's thread: runs what other threads hand over until `over` says so; wake() makes it ask again.
  void serve_until(const std::function<bool()>& over);
  void wake();
  bool on_own_thread() const { return std::this_thread::get_id() == home_; }

  // ---- any thread, never takes the GIL ----
  struct AtWork {
    std::uint64_t number = 0;  // 0: nothing is evaluated
    std::chrono::microseconds since{0};
    PythonLimit limit;
  };
  AtWork at_work() const;
  // Raises inside evaluation `number`, by a signal (SIGUSR2) to Python's thread: at its next byte code, and inside what looks for signals
  // by itself (a regular expression, a sleep, a read). Does nothing when that evaluation is over. Code that swallows the exception is
  // asked again by calling again; C code that never looks does not notice and is ended from outside.
  void interrupt(std::uint64_t number, Interrupt why);
  // Interrupts what is overdue. True while there is an evaluation that was asked to leave and has not yet.
  bool look_after(bool stop_asked);

  struct State;  // of python*.cpp
  // Runs f(State&) as one evaluation; for what knows python_state.h.
  template <class F>
  auto with_state(F f, PythonLimit limit = {}) {
    return in_python(limit, [&] { return f(*state_); });
  }

 private:
  explicit Python(std::unique_ptr<State> state, base::Clock& clock);
  template <class F>
  auto in_python(PythonLimit limit, F f) -> decltype(f());
  template <class T, class Take>
  Outcome<T> of_expression(PythonProgram& program, const flow::Expression& expression, Slots& slots, PythonLimit limit, Take take);
  void hand_over(const std::function<void()>& work);

  std::unique_ptr<State> state_;
  base::Clock& clock_;
  const std::thread::id home_;
  std::uint64_t count_ = 0;
  std::atomic<std::uint64_t> number_{0};
  std::atomic<std::int64_t> since_{0}, limit_ms_{5000};
  std::atomic<OnStop> on_stop_{OnStop::leave};
  std::atomic<Interrupt> why_{Interrupt::time_limit};

  struct Work {
    const std::function<void()>* run;
    bool done = false;
  };
  std::mutex mutex_;
  std::condition_variable news_, done_;
  std::deque<Work*> waiting_;  // guarded by mutex_
  std::uint64_t woken_ = 0;    // guarded by mutex_
};

}  // namespace quanji::engine
