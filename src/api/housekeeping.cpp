#include "api/housekeeping.h"

#include "base/log.h"
#include "services/approvals.h"
#include "services/call_log.h"
#include "services/credentials.h"
#include "services/downloads.h"
#include "services/events.h"
#include "services/file_uploads.h"
#include "services/files.h"
#include "services/human_tasks.h"
#include "services/idempotency.h"
#include "services/queue_items.h"
#include "services/sessions.h"
#include "services/tokens.h"

namespace quanji::api {
namespace {
using base::Result;
using base::Status;
using storage::Change;
using storage::Priority;

Status plain(Result<std::int64_t> counted) { return counted ? Status() : Status(std::move(counted).error()); }

constexpr Chore each_second[] = {
    {"queue_leases_not_watched", Priority::beats, [](Change& c) { return plain(services::abandon_overdue_items(c)); }},
    {"queue_deadlines_not_watched", Priority::beats, [](Change& c) { return plain(services::expire_items(c)); }},
    {"queue_counts_not_folded", Priority::beats, [](Change& c) { return plain(services::fold_queue_counts(c)); }},
    {"human_tasks_not_watched", Priority::beats, [](Change& c) { return plain(services::expire_human_tasks(c)); }},
};
constexpr Chore each_half_minute[] = {
    {"idempotency_not_swept", Priority::logs, [](Change& c) { return plain(services::sweep_idempotent(c)); }},
    {"nonces_not_swept", Priority::logs, [](Change& c) { return plain(services::sweep_nonces(c)); }},
    {"sessions_not_swept", Priority::logs, [](Change& c) { return plain(services::sweep_sessions(c)); }},
    {"approvals_not_expired", Priority::logs, [](Change& c) { return plain(services::expire_approvals(c, 100)); }},
    {"after_checks_not_told", Priority::logs, [](Change& c) { return plain(services::tell_overdue_after_checks(c, 100)); }},
    {"calls_not_swept", Priority::logs, [](Change& c) { return plain(services::sweep_calls(c)); }},
    {"events_not_swept", Priority::logs, [](Change& c) { return plain(services::sweep_events(c)); }},
    {"credentials_not_reminded_of", Priority::logs, [](Change& c) { return plain(services::remind_of_credentials(c, 100)); }},
    {"files_not_expired", Priority::logs, [](Change& c) { return plain(services::expire_files(c, 100)); }},
    {"uploads_not_swept", Priority::logs, [](Change& c) { return plain(services::sweep_uploads(c, 5)); }},
    {"tickets_not_swept", Priority::logs, [](Change& c) { return services::sweep_tickets(c); }},
};
}  // namespace

std::span<const Chore> chores_of_a_second() { return each_second; }
std::span<const Chore> chores_of_half_a_minute() { return each_half_minute; }

void do_chores(storage::Store& store, std::shared_ptr<const domain::Caller> clock, std::span<const Chore> chores) {
  for (const auto& chore : chores) {
    storage::ChangeJob job;
    job.caller = clock;
    job.priority = chore.priority;
    job.body = [work = chore.work](Change& change) { return work(change); };
    job.done = [name = chore.name](Status done) {
      if (!done) base::log::failure(base::log::Level::warn, name, done.error());
    };
    store.submit(std::move(job));
  }
}

}  // namespace quanji::api
