// Where a run stands, told by the records of its journal; what a resume starts from.
// Reads foreign bytes: fuzz/run_journal.cpp
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/record_log.h"
#include "base/result.h"
#include "engine/failure.h"
#include "engine/value_store.h"
#include "values/value.h"
#include "wire/runner.h"

namespace quanji::engine {

// What a run went into and has not left: what cannot be told from the path alone.
enum class EnterKind : std::uint8_t { loop, call, caught, finally, with, parallel, item };
std::string_view word_of(EnterKind kind);

// How the steps before a `finally` were left, or a flow.
enum class Way : std::uint8_t { next, break_loop, continue_loop, returned, failed };
std::string_view word_of(Way way);

using Scopes = std::vector<values::Variables>;  // of the flow and those it called, the innermost last

struct Entered {
  std::string at;
  EnterKind kind = EnterKind::loop;
  values::Value over;       // loop: what it runs over; item: the item
  std::string item, index;  // loop, item: the variables' names
  Way way = Way::next;      // finally: what happens after it
  std::optional<Failure> failure;
  values::Map outputs;                   // finally after return
  std::int64_t branches = 0;             // parallel
  std::shared_ptr<const Scopes> before;  // with: the variables at its head
};

// One thread of control: the run itself, or one branch of a parallel.
struct Strand {
  // before: the step at `at` is next; inside: what was entered at `at` begins; done: the step at `at` was the last that ended.
  enum class Stands : std::uint8_t { nowhere, before, inside, done };
  Stands stands = Stands::nowhere;
  std::string at;
  std::vector<Entered> open;  // around `at`, the outermost first
  Scopes scopes;
  std::map<std::string, Strand, std::less<>> branches;  // of the innermost open parallel, by "…/parallel/0"
  // Where a failure, a stop or a suspension left it first: what a resume goes back to. Gone when the failure was caught.
  std::shared_ptr<const Strand> left;
};

struct Doubt {
  std::string at;
  bool repeats = false;  // it was done, inside a `with` that has to begin again; else: it was begun and nobody knows
};
struct RunState {
  bool begun = false;
  std::string attempt, document_digest, flow;
  values::Variables inputs;
  Strand main;
  std::vector<std::string> unsettled;  // intents without receipt, in order
  // `once` steps that were done inside a `with` that is open still (and would begin again), by place, with what they set.
  std::map<std::string, values::Variables, std::less<>> receipts;
  // `once` steps a person said are done: passed over when the run comes to them.
  std::map<std::string, values::Variables, std::less<>> promised;
  std::int64_t steps_done = 0;
  std::optional<wire::Finished> finished;
  bool resumed = false;  // after it had finished
};

// Applies the record; a record that makes no sense is a failure (store_unavailable) that names its place.
base::Status apply(RunState& state, const base::Record& record, const ValueStore* store);
// All records of a journal, as bytes: for tools and tests.
base::Result<RunState> read_journal(std::string_view bytes, const ValueStore* store = nullptr);

// The strand a resume begins with: back where it was left, `with`s begun anew.
Strand resume_point(const Strand& strand);
// What a person has to say before the run goes on, in order.
std::vector<Doubt> doubts(const RunState& state);

}  // namespace quanji::engine
