// The journal of one run: what the runner has done, written before it goes on; what a resume starts from.
//
// Records of base/record_log, by wire::JournalRecord (JSON; `at` is a position (position.h), `t` microseconds since 1970, `set` what
// changed among the variables since the last record of the same thread of control, by name):
//   begin     {"v":2,"attempt":"att_…","document":"<sha256 of its text>","flow":"name","t":…,"inputs":{…}}
//   step      {"at":"steps/3","t":…,"set":{…}}       a step that ended; of an iteration of each_item: "steps/3[17]"
//   intent    {"at":"steps/4","t":…}                 before a step with effect `once`; synced
//   receipt   {"at":"steps/4","t":…,"set":{…}}       after it, in the place of `step`; synced
//   enter     {"at":…,"t":…,"kind":"loop","over":value,"item":name,"index":name,"set":{…}}
//             kinds: call (inputs), caught ("…/catch/0"), finally (way, failure, outputs), with, parallel (branches), item (over)
//   failed    {"at":…,"t":…,"error":{code,kind,zh,en,data,ending,step},"unknown":true,"set":{…}}
//             stay: a resume goes on behind the last step that ended
//             unknown: the intent of a `once` step stays open, nobody knows whether it acted; `handled` in step and enter closes those
//   suspended {"at":…,"t":…,"error":{…},"set":{…}}   synced
//   again     {"at":…,"t":…}                         a step with steps inside is tried once more
//   resumed   {"attempt":…,"t":…,"settled":[{"at":…,"done":true,"set":{…}}]}
//   finished  {"t":…,"finished":{wire::Finished}}    synced
// Values in the form of Value::append_json, or {"$stored":"<sha256>"} (value_store.h). A type a reader does not know is refused: it may
// carry a change of variables.
#pragma once
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/record_log.h"
#include "base/result.h"
#include "engine/run_state.h"
#include "engine/slots.h"
#include "engine/value_store.h"
#include "wire/runner.h"

namespace quanji::engine {

inline constexpr std::size_t max_journal = std::size_t{1} << 30;

struct Settled {
  std::string at;
  bool done = false;  // what the person said
  values::Variables set;
};

// Any thread (branches write too), one record at a time.
class Journal {
 public:
  // On an open descriptor, readable and append-only, which stays its owner's; `store` may be null and must outlive it. Reads what is
  // there, cuts a torn tail; a corrupt record, an unknown type or a record that makes no sense is a failure and nothing is written.
  static base::Result<std::unique_ptr<Journal>> open(int fd, base::Clock& clock, ValueStore* store);
  const RunState& state() const { return state_; }  // as it was read: what is written later does not change it

  // Each returns when the record is written (one write); those that are synced when it is on the disk. Code::too_large: the record, or
  // the whole journal, and nothing was written. What changed in `slots` is written and forgotten.
  base::Status begin(std::string_view attempt, std::string_view document_digest, std::string_view flow, const values::Variables& inputs);
  base::Status step(std::string_view at, Slots& slots, std::span<const std::string> handled = {});
  base::Status intent(std::string_view at);
  base::Status receipt(std::string_view at, Slots& slots);
  struct Enter {
    EnterKind kind = EnterKind::loop;
    const values::Value* over = nullptr;
    std::string_view item, index;
    Way way = Way::next;
    const Failure* failure = nullptr;
    const values::Map* outputs = nullptr;
    const values::Variables* inputs = nullptr;
    std::size_t branches = 0;
    std::span<const std::string> handled;
  };
  base::Status enter(std::string_view at, const Enter& what, Slots& slots);
  enum class Acted : std::uint8_t { settled, unknown };
  enum class Back : std::uint8_t { to_step, to_last };  // where a resume begins: with the step that failed, or after the last that ended
  base::Status failed(std::string_view at, const Failure& failure, Acted acted, Back back, Slots& slots);
  base::Status suspended(std::string_view at, const Failure& failure, Slots& slots);
  base::Status again(std::string_view at);
  base::Status resumed(std::string_view attempt, std::span<const Settled> settled);
  base::Status finished(const wire::Finished& finished);
  base::Status sync();

 private:
  Journal(base::RecordWriter writer, RunState state, base::Clock& clock, ValueStore* store)
      : writer_(std::move(writer)), state_(std::move(state)), clock_(clock), store_(store) {}
  std::string head(std::string_view at) const;
  base::Status add_changes(std::string& json, Slots& slots);
  base::Status append(wire::JournalRecord type, std::string_view json, bool synced);

  std::mutex mutex_;
  base::RecordWriter writer_;  // guarded by mutex_
  RunState state_;
  base::Clock& clock_;
  ValueStore* store_;
};

}  // namespace quanji::engine
