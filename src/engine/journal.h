// The journal of one run: what the runner has done, on the disk before it goes on; what a resume starts from.
//
// Records of base/record_log, by type (JSON, keys as written here):
//   1 begin    {"v":1,"attempt":"att_…","document":"<sha256 of the document's compact JSON>","inputs":{…}}
//   2 step     {"at":"steps/3","t":<microseconds since 1970>,"set":{name: value}}   a finished step and what it changed
//   3 intent   {"at":"steps/4","t":…}                                               before a step with effect `once`; synced
//   4 receipt  {"at":"steps/4","t":…,"set":{…}}                                     after it, in the place of type 2; synced
//   5 finished {"t":…,"finished":{wire::Finished}}                                  the last; synced
// Values in the form of Value::append_json. A type a reader does not know is refused: it may carry a change of variables.
// Reads foreign bytes: fuzz/run_journal.cpp
#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/record_log.h"
#include "base/result.h"
#include "engine/value.h"
#include "wire/runner.h"

namespace quanji::engine {

using RecordType = wire::JournalRecord;

// Where a run stands, told by its journal.
struct RunState {
  bool begun = false;
  std::string attempt, document_digest;
  Variables inputs;
  Variables variables;                      // after the last finished step
  std::set<std::string, std::less<>> done;  // paths of finished steps
  std::vector<std::string> unsettled;       // intents without receipt, in order
  std::optional<wire::Finished> finished;
};

class Journal {
 public:
  // On an open descriptor, readable and append-only, which stays its owner's. Reads what is there, cuts a torn tail; a corrupt record,
  // an unknown type or a record that makes no sense is a failure and nothing is written.
  static base::Result<Journal> open(int fd, base::Clock& clock);
  const RunState& state() const { return state_; }

  // Each returns when the record is written (one write); intent, receipt and finished also when it is synced.
  base::Status begin(std::string_view attempt, std::string_view document_digest, const Variables& inputs);
  base::Status step(std::string_view at, const Variables& set);
  base::Status intent(std::string_view at);
  base::Status receipt(std::string_view at, const Variables& set);
  base::Status finished(const wire::Finished& finished);

 private:
  Journal(base::RecordWriter writer, RunState state, base::Clock& clock)
      : writer_(std::move(writer)), state_(std::move(state)), clock_(&clock) {}
  base::Status append(RecordType type, std::string_view json);
  base::RecordWriter writer_;
  RunState state_;
  base::Clock* clock_;
};

// The same reading without a writer, for the robot's tools and for tests: of the bytes of a journal.
base::Result<RunState> read_journal(std::string_view bytes);

}  // namespace quanji::engine
