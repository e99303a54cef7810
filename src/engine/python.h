// The embedded Python interpreter: evaluates one expression at a time over flow variables. One per process, started and used by one
// thread; the GIL is held only while an expression runs. Python.h stays in python.cpp.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "engine/value.h"

namespace quanji::engine {

// Why a step did not succeed. `code` is what `catch` will match: expression_failed, expression_wrong (syntax), expression_timed_out,
// value_not_storable, out_of_memory, stopped, or the code of a `fail` step.
struct Failure {
  std::string code;
  base::Text message;
};
using Evaluated = std::variant<Value, Failure>;

enum class Interrupt : std::uint8_t { time_limit, stop };

class Python {
 public:
  struct Options {
    std::string package_path;  // a package's python/ folder, first on the path; empty: none
  };
  static base::Result<std::unique_ptr<Python>> start(const Options& options);
  ~Python();                    // leaves the interpreter as it is: the process is about to end
  std::string version() const;  // "3.11.2"

  // On the thread that started it. Names are looked up among the variables, Python's builtins, `Decimal`, and the standard library's
  // modules. Integers beyond 64 bits, floats and objects that are no flow type are value_not_storable.
  Evaluated evaluate(const std::string& expression, const Variables& variables);

  // Any thread, never takes the GIL. The number of the evaluation at work, 0 when there is none.
  std::uint64_t at_work() const { return at_work_.load(std::memory_order_acquire); }
  // Raises inside evaluation `number`, by a signal (SIGUSR2) to Python's thread: at its next byte code, and inside what looks for signals
  // by itself (a regular expression, a sleep, a read). Does nothing when that evaluation is over. Code that swallows the exception is
  // asked again by calling again; C code that never looks does not notice and is ended from outside.
  void interrupt(std::uint64_t number, Interrupt why);

  struct State;  // of python.cpp

 private:
  explicit Python(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
  std::atomic<std::uint64_t> at_work_{0};
  std::uint64_t count_ = 0;
  std::atomic<Interrupt> why_{Interrupt::time_limit};
};

}  // namespace quanji::engine
