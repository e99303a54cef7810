#include "storage/run.h"

#include "base/log.h"

namespace quanji::storage::detail {

Status run_once(Session& session, Running& running) {
  Change change(session, running.work);
  Status result = guarded([&]() -> Status {
    if (running.item.job) return running.item.job->body(change);
    for (auto* call : running.item.calls) call->result = Status();
    running.item.operation->run(change, running.item.calls);
    return {};
  });
  if (result.ok() && running.work.failed) return running.work.failed->clone();
  return result;
}

Status run_twice(Session& session, Running& running, const std::function<Status()>& undo) {
  auto& work = running.work;
  std::string first, second;
  work.trace = &first;
  Status before = run_once(session, running);
  work.trace = nullptr;
  if (work.trouble != Trouble::none && work.trouble != Trouble::refused) return before;
  QUANJI_DO(undo());
  work.rewind();
  work.trace = &second;
  Status after = run_once(session, running);
  work.trace = nullptr;
  if (work.trouble != Trouble::none && work.trouble != Trouble::refused) return after;
  if (first != second || before.ok() != after.ok() || (!before.ok() && before.error().code() != after.error().code()))
    return Error(base::Code::bug, "two runs of one change differ; the first said\n" + first + "and the second\n" + second);
  return after;
}

bool is_refusal(const Running& running) {
  return running.item.job && running.item.job->refused &&
         (running.work.trouble == Trouble::none || running.work.trouble == Trouble::refused);
}

Status run_refused(Session& session, Running& running, const Error& why) {
  auto& work = running.work;
  work.failed.reset();
  work.trouble = Trouble::none;
  work.effects.clear();
  Change change(session, work);
  Status result = guarded([&] { return running.item.job->refused(change, why); });
  if (result.ok() && work.failed) return work.failed->clone();
  return result;
}

void answer(Running& running, Durable durable) {
  const auto safely = [](std::string_view what, const std::function<void()>& act) {
    const auto acted = guarded([&]() -> Status {
      act();
      return {};
    });
    if (!acted.ok()) base::log::failure(base::log::Level::error, what, acted.error());
  };
  if (durable == Durable::yes)
    for (auto& effect : running.work.effects) safely("after_commit_failed", effect);
  if (running.item.job) {
    if (running.item.job->done) safely("done_failed", [&] { running.item.job->done(std::move(running.result)); });
    return;
  }
  for (auto* call : running.item.calls) {
    if (!running.result.ok()) call->result = running.result.error().clone();
    if (call->done) safely("done_failed", [&] { call->done(*call); });
  }
}

}  // namespace quanji::storage::detail
