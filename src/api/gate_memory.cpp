#include "api/gate_parts.h"
#include "base/log.h"
#include "services/authority.h"

namespace quanji::api {

using base::Status;
using storage::View;
namespace settings = services::settings;

namespace {
constexpr std::int64_t seen_step = 30'000'000;  // activity is written down no more often than this
}  // namespace

bool PlatformGate::fresh(const Identity& identity) const {
  return identity.generation == generation_.load(std::memory_order_acquire) && identity.authority->access_epoch >= services::access_epoch();
}

void PlatformGate::forget(const services::SignInChange& what) {
  ++forgotten_;
  {
    // Epochs of this process's own changes are not news of another node.
    const std::lock_guard lock(epoch_mutex_);
    if (what.epoch == seen_epoch_ + 1) seen_epoch_ = what.epoch;
  }
  const auto meant = [&](const Identity& who) {
    return (what.session && who.session == *what.session) || (what.user && who.user == *what.user) ||
           (what.client && who.client == *what.client);
  };
  for (auto& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    std::erase_if(shard.tokens, [&](const auto& entry) { return meant(*entry.second); });
    std::erase_if(shard.keys, [&](const auto& entry) { return meant(*entry.second->identity); });
  }
}

void PlatformGate::collect(std::vector<services::Seen>& seen, std::vector<services::Used>& used) {
  std::unordered_map<base::Ulid, std::int64_t, domain::UlidHash> clients;
  const auto look = [&](Identity& who) {
    const auto at = who.seen_at.load(std::memory_order_relaxed);
    if (who.kind == domain::CallerKind::client) {
      if (at > who.written_at.exchange(at)) clients[who.client.ulid] = std::max(clients[who.client.ulid], at);
      return;
    }
    if (at >= who.written_at.load() + seen_step) {
      who.written_at = at;
      seen.push_back({who.session, {at}});
    }
  };
  for (auto& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (const auto& [hash, who] : shard.tokens) look(*who);
    for (const auto& [name, key] : shard.keys) look(*key->identity);
  }
  for (const auto& [client, at] : clients) used.push_back({{client}, {at}});
}

void PlatformGate::tick() {
  person_rate_ = settings::known_integer("limits.person_per_second");
  client_rate_ = settings::known_integer("limits.client_per_second");
  report_rate_ = settings::known_integer("limits.report_per_second");
  robot_rate_ = settings::known_integer("limits.robot_per_second");
  rates_.sweep(clock_.monotonic());

  auto epoch = std::make_shared<std::uint64_t>(0);
  storage::ViewJob reading;
  reading.body = [epoch](const View& view) -> Status {
    QUANJI_TRY(*epoch, services::sign_in_epoch(view));
    return {};
  };
  reading.done = [epoch, reaches = reaches_](const Status& status) {
    const std::lock_guard alive(reaches->mutex);
    if (!status || !reaches->gate) return;
    auto& gate = *reaches->gate;
    const std::lock_guard lock(gate.epoch_mutex_);
    if (*epoch <= gate.seen_epoch_) return;
    gate.generation_.fetch_add(1, std::memory_order_acq_rel);
    gate.seen_epoch_ = *epoch;
  };
  store_.submit(std::move(reading));

  auto seen = std::make_shared<std::vector<services::Seen>>();
  auto used = std::make_shared<std::vector<services::Used>>();
  collect(*seen, *used);
  if (seen->empty() && used->empty()) return;
  storage::ChangeJob writing;
  writing.priority = storage::Priority::logs;
  writing.body = [seen, used](storage::Change& change) -> Status {
    QUANJI_DO(services::note_seen(change, *seen));
    return services::note_used(change, *used);
  };
  writing.done = [](const Status& status) {
    if (!status) base::log::failure(base::log::Level::warn, "activity_not_written", status.error());
  };
  store_.submit(std::move(writing));
}

Status PlatformGate::flush() {
  std::vector<services::Seen> seen;
  std::vector<services::Used> used;
  collect(seen, used);
  if (seen.empty() && used.empty()) return {};
  return store_.change([&](storage::Change& change) -> Status {
    QUANJI_DO(services::note_seen(change, seen));
    return services::note_used(change, used);
  });
}

std::size_t PlatformGate::remembered() const {
  std::size_t all = 0;
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    all += shard.tokens.size() + shard.keys.size();
  }
  return all;
}

}  // namespace quanji::api
