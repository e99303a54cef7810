// Inside of the room: running the body of a waiting item on a session, and telling its submitter.
#pragma once
#include "storage/work.h"
#include "storage/write_queue.h"

namespace quanji::storage::detail {

// An item on its way: what it is, what it remembers over its runs, what came out.
struct Running {
  Running(WriteItem waiting, Work its_work) : item(std::move(waiting)), work(std::move(its_work)) {}
  WriteItem item;
  Work work;
  Status result;
};

// One run of the body. An error of a statement is the result even when the body did not pass it on.
Status run_once(Session& session, Running& running);
// Runs the body, `undo`, the body again, and refuses with a bug when the two runs did not say the same to the database.
Status run_twice(Session& session, Running& running, const std::function<Status()>& undo);
// Runs the `refused` of a job. The body has been rolled back.
Status run_refused(Session& session, Running& running, const Error& why);
// True when the refusal is the service's word, not the database's trouble: it deserves its audit row.
bool is_refusal(const Running& running);

enum class Durable : std::uint8_t { yes, no };
// Effects (only when durable), then done. For a batch that failed as a whole each call gets the error.
void answer(Running& running, Durable durable);

}  // namespace quanji::storage::detail
