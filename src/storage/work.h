// Inside of the room: what a View or Change stands on. One job's memory (for its re-runs) and one connection's way to run a query.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/random.h"
#include "storage/query.h"

namespace quanji::domain {
struct Caller;
}

namespace quanji::storage::detail {

// The rows of an answer in one piece of memory.
struct RowsBody {
  enum class Type : std::uint8_t { null, integer, text, bytes };
  struct Cell {
    Type type = Type::null;
    std::uint32_t length = 0;
    std::int64_t value = 0;  // the integer, or where text and bytes begin in `bytes`
  };
  std::shared_ptr<const std::vector<std::string>> columns;
  std::vector<Cell> cells;
  std::string bytes;
  std::size_t count = 0;

  void add_null() { cells.push_back({}); }
  void add(std::int64_t v) { cells.push_back({Type::integer, 0, v}); }
  void add(Type type, std::string_view v) {
    cells.push_back({type, static_cast<std::uint32_t>(v.size()), static_cast<std::int64_t>(bytes.size())});
    bytes.append(v);
  }
  std::string_view view(const Cell& cell) const {
    return std::string_view(bytes).substr(static_cast<std::size_t>(cell.value), cell.length);
  }
};

// Why a statement or a commit failed, as far as the store must know.
enum class Trouble : std::uint8_t {
  none,
  refused,  // a rule of the schema: unique, foreign key
  again,    // not this one's fault (serialization, deadlock, the whole transaction was rolled back): run it again
  no_space,
  unreachable,  // the connection is gone
  broken,       // anything else
  fatal,        // the disk failed under a commit: what was written is unknown
};

// What comes out of a statement: rows, and how many were changed.
struct Outcome {
  std::shared_ptr<RowsBody> rows;
  std::int64_t changed = 0;
};

// One connection inside a transaction. One thread at a time.
class Session {
 public:
  virtual ~Session() = default;
  virtual Result<Outcome> execute(const Query& query, std::span<const Scalar> values) = 0;
  virtual const Query::Form& form(const Query& query) const = 0;
  // Of the last failure of execute.
  virtual Trouble trouble() const = 0;
};

// Gives the same numbers again on a re-run.
class ReplayRandom final : public base::Random {
 public:
  explicit ReplayRandom(base::Random& source) : source_(source) {}
  void fill(std::span<std::uint8_t> bytes) override;
  void rewind() { at_ = 0; }

 private:
  base::Random& source_;
  std::string given_;
  std::size_t at_ = 0;
};

// The memory of one job, over all its runs.
struct Work {
  Work(base::Clock& the_clock, base::UlidSource& the_ulids, base::Random& the_random, std::shared_ptr<const domain::Caller> who)
      : clock(the_clock), ulids(the_ulids), random(the_random), caller(std::move(who)) {}
  void rewind();  // before another run of the body

  base::Clock& clock;
  base::UlidSource& ulids;
  ReplayRandom random;
  std::shared_ptr<const domain::Caller> caller;
  std::optional<base::Time> now;
  std::vector<base::Ulid> given_ulids;
  std::size_t next_ulid = 0;
  std::vector<std::function<void()>> effects;
  std::optional<Error> failed;      // the first failure of a statement in this run
  Trouble trouble = Trouble::none;  // and what it was
  std::string* trace = nullptr;     // test mode: everything that was said to the database
};

// Runs `body` and turns an exception (a bug) into Code::bug.
Status guarded(const std::function<Status()>& body);

}  // namespace quanji::storage::detail
