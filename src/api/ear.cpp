#include "api/ear.h"

#include <algorithm>
#include <condition_variable>
#include <deque>

#include "domain/caller.h"

namespace quanji::api {

namespace {

constexpr std::int64_t minute_micros = 60'000'000;
constexpr std::size_t shards = 16;      // more than there are threads that answer: their locks are practically never waited for
constexpr std::size_t path_kept = 200;  // bytes of a path in the log
constexpr std::size_t text_kept = 64;   // of account, address, request id
constexpr std::size_t clients_counted = 10'000;
constexpr std::string_view other = "other";

// Who called, in a form that costs nothing to compare.
enum class Who : std::uint8_t { nobody, user, client, robot, clock, folded };
struct Key {
  const door::Operation* operation = nullptr;
  std::int64_t minute = 0;
  base::Ulid actor;
  std::uint32_t code = 0;
  Who who = Who::nobody;
  bool operator==(const Key&) const = default;
};
struct KeyHash {
  std::size_t operator()(const Key& key) const {
    auto h = domain::UlidHash{}(key.actor);
    h ^= reinterpret_cast<std::uintptr_t>(key.operation) * 0x9E3779B97F4A7C15ULL;
    h ^= (static_cast<std::uint64_t>(key.minute) << 32 | key.code) * 0xC2B2AE3D27D4EB4FULL;
    return h ^ (h >> 29) ^ static_cast<std::size_t>(key.who);
  }
};
std::string actor_text(Who who, const base::Ulid& actor) {
  switch (who) {
    case Who::user:
      return base::id_text("usr", actor);
    case Who::client:
      return base::id_text("key", actor);
    case Who::robot:
      return base::id_text("rob", actor);
    case Who::clock:
      return "clock";
    case Who::folded:
      return std::string(other);
    case Who::nobody:
      break;
  }
  return {};
}

struct Heard {
  std::string account;
  domain::Histogram took;
  std::size_t successes = 0;  // since the last drain
};
// One call for the log; its texts stand one after the other in the shard's arena.
struct Line {
  std::int64_t at = 0, took = 0;
  const door::Operation* operation = nullptr;
  base::Ulid actor;
  std::uint32_t code = 0;
  std::uint16_t status = 0;
  Who who = Who::nobody;
  door::Verb verb{};
  std::uint8_t account = 0, path = 0, address = 0, request_id = 0;  // lengths
};
static_assert(path_kept <= 255 && text_kept <= 255);

std::string_view operation_id(const door::Operation* operation) { return operation ? operation->id : std::string_view{}; }

// Lines taken from a shard, with views into its arena.
struct Chunk {
  std::string text;
  std::vector<services::LoggedCall> calls;
  std::size_t bytes = 0;  // as counted in waiting_bytes
};

}  // namespace

struct CallEar::Shard {
  alignas(64) std::mutex mutex;
  std::unordered_map<Key, Heard, KeyHash> heard;  // guarded by mutex, as the others
  std::vector<Line> lines;
  std::string text;
};

struct CallEar::Core : std::enable_shared_from_this<CallEar::Core> {
  Core(base::Clock& the_clock, Settings the_settings) : clock(the_clock), settings(std::move(the_settings)) {}

  struct MinuteKey {
    std::int64_t minute = 0;
    std::string actor, operation;
    std::int64_t code = 0;
    auto operator<=>(const MinuteKey&) const = default;
  };
  struct Minute {
    std::string account;
    domain::Histogram took;
    bool dirty = false;
  };
  // What one change writes.
  struct Batch {
    std::vector<services::MinuteOfCalls> minutes;
    std::shared_ptr<Chunk> chunk;
    std::size_t from = 0, count = 0;
  };

  void drain();                 // holds mutex
  bool next_batch(Batch& out);  // holds mutex; false: nothing to write
  void written(const Batch& batch);
  void failed(const Batch& batch);
  base::Status write(storage::Change& change, const Batch& batch) const;
  void submit(storage::Store& store);  // the next batch, if any; `busy` is set by the caller

  base::Clock& clock;
  const Settings settings;
  std::array<Shard, shards> parts;
  std::atomic<std::size_t> waiting{0}, waiting_bytes{0};
  std::atomic<std::uint64_t> lost{0}, thinned{0};

  std::mutex mutex;
  std::condition_variable idle;
  bool busy = false;  // guarded by mutex, as all below
  std::map<MinuteKey, Minute> minutes;
  std::int64_t open_from = 0;  // minutes before are written for good: what comes late is counted in this one
  std::deque<std::shared_ptr<Chunk>> chunks;
  std::size_t first_from = 0;  // calls of the first chunk that are written already
  std::map<std::pair<std::string, std::int64_t>, std::uint64_t> totals;
  std::map<std::string, domain::Histogram> durations;
  std::unordered_map<std::string, std::uint64_t> clients;
  std::uint64_t heard = 0, folded = 0;
};

CallEar::CallEar(base::Clock& clock, Settings settings) : core_(std::make_shared<Core>(clock, std::move(settings))) {}
CallEar::~CallEar() {
  std::unique_lock lock(core_->mutex);
  core_->idle.wait(lock, [this] { return !core_->busy; });
}

CallEar::Shard& CallEar::shard() {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t mine = next.fetch_add(1, std::memory_order_relaxed) % shards;
  return core_->parts[mine];
}

void CallEar::answered(const door::Call& call, int status, std::chrono::microseconds took) {
  auto& core = *core_;
  Line line;
  line.at = core.clock.now().micros;
  line.took = std::max<std::int64_t>(0, took.count());
  line.operation = call.operation;
  line.code = call.result.ok() ? 0 : static_cast<std::uint32_t>(call.result.error().code());
  line.status = static_cast<std::uint16_t>(status);
  line.verb = call.ask.verb;
  std::string_view account;
  if (const auto* caller = static_cast<const domain::Caller*>(call.caller.get())) {
    account = caller->account;
    switch (caller->kind) {
      case domain::CallerKind::user:
        line.who = Who::user, line.actor = caller->user.ulid;
        break;
      case domain::CallerKind::client:
        line.who = Who::client, line.actor = caller->client.ulid;
        break;
      case domain::CallerKind::robot:
        line.who = Who::robot, line.actor = caller->robot.ulid;
        break;
      case domain::CallerKind::clock:
        line.who = Who::clock;
        break;
      default:
        break;
    }
  }
  const auto path = std::string_view(call.ask.path).substr(0, path_kept);
  const auto address = std::string_view(call.ask.address).substr(0, text_kept);
  const auto request_id = std::string_view(call.request_id).substr(0, text_kept);
  account = account.substr(0, text_kept);
  const auto bytes = account.size() + path.size() + address.size() + request_id.size() + sizeof(Line);

  Key key{line.operation, line.at / minute_micros, line.actor, line.code, line.who};
  auto& part = shard();
  const std::lock_guard lock(part.mutex);
  auto found = part.heard.find(key);
  if (found == part.heard.end()) {
    if (part.heard.size() >= core.settings.series) key.who = Who::folded, key.actor = {};
    found = part.heard.try_emplace(key).first;
    if (key.who != Who::folded) found->second.account = account;
  }
  found->second.took.add(static_cast<std::uint64_t>(line.took));
  if (line.operation && line.code == 0 && ++found->second.successes > core.settings.successes_logged) {
    core.thinned.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  // What is counted as waiting is exactly what stands in shards and chunks: taken back here when it found no room, else once written.
  if (core.waiting.fetch_add(1, std::memory_order_relaxed) >= core.settings.log_entries) {
    core.waiting.fetch_sub(1, std::memory_order_relaxed);
    core.lost.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  if (core.waiting_bytes.fetch_add(bytes, std::memory_order_relaxed) + bytes > core.settings.log_bytes) {
    core.waiting.fetch_sub(1, std::memory_order_relaxed);
    core.waiting_bytes.fetch_sub(bytes, std::memory_order_relaxed);
    core.lost.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  line.account = static_cast<std::uint8_t>(account.size());
  line.path = static_cast<std::uint8_t>(path.size());
  line.address = static_cast<std::uint8_t>(address.size());
  line.request_id = static_cast<std::uint8_t>(request_id.size());
  part.text.append(account).append(path).append(address).append(request_id);
  part.lines.push_back(line);
}

void CallEar::Core::drain() {
  std::unordered_map<Key, Heard, KeyHash> taken;
  std::vector<Line> lines;
  std::string text;
  for (auto& part : parts) {
    taken.clear();
    lines.clear();
    text.clear();
    {
      const std::lock_guard lock(part.mutex);
      taken.swap(part.heard);
      lines.swap(part.lines);
      text.swap(part.text);
    }
    for (auto& [key, about] : taken) {
      const auto count = about.took.count();
      heard += count;
      const std::string operation(operation_id(key.operation));
      auto actor = actor_text(key.who, key.actor);
      totals[{operation, key.code}] += count;
      durations[operation].merge(about.took);
      if (clients.size() >= clients_counted && !clients.contains(actor))
        clients[std::string(other)] += count;
      else
        clients[actor] += count;
      MinuteKey place{std::max(key.minute, open_from), std::move(actor), operation, key.code};
      auto found = minutes.find(place);
      if (found == minutes.end()) {
        if (minutes.size() >= settings.series && place.actor != other) {
          folded += count;
          place.actor = other;
          about.account.clear();
        }
        found = minutes.try_emplace(std::move(place)).first;
      }
      found->second.account = std::move(about.account);
      found->second.took.merge(about.took);
      found->second.dirty = true;
    }
    if (lines.empty()) continue;
    auto chunk = std::make_shared<Chunk>();
    // Ids are spelled here, not where calls are answered; views are made when the arena no longer grows.
    std::vector<std::string> actors;
    const auto texts = text.size();
    chunk->bytes = texts + lines.size() * sizeof(Line);
    actors.reserve(lines.size());
    for (const auto& line : lines) {
      actors.push_back(actor_text(line.who, line.actor));
      text += actors.back();
    }
    chunk->text = std::move(text);
    chunk->calls.reserve(lines.size());
    std::size_t at = 0, actor_at = texts;
    const std::string_view all = chunk->text;
    const auto take = [&](std::size_t& from, std::size_t size) {
      const auto part_of = all.substr(from, size);
      from += size;
      return part_of;
    };
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const auto& line = lines[i];
      services::LoggedCall call;
      call.at = {line.at};
      call.account = take(at, line.account);
      call.path = take(at, line.path);
      call.address = take(at, line.address);
      call.request_id = take(at, line.request_id);
      call.actor = take(actor_at, actors[i].size());
      call.operation = operation_id(line.operation);
      call.verb = door::word(line.verb);
      call.status = line.status;
      call.code = line.code;
      call.took_micros = line.took;
      chunk->calls.push_back(call);
    }
    text = {};
    chunks.push_back(std::move(chunk));
  }
}

bool CallEar::Core::next_batch(Batch& out) {
  constexpr std::size_t minutes_a_change = 500;
  for (auto& [key, about] : minutes) {
    if (!about.dirty) continue;
    if (out.minutes.size() == minutes_a_change) break;
    out.minutes.push_back({key.minute, key.actor, about.account, key.operation, key.code, about.took});
    about.dirty = false;
  }
  if (!chunks.empty()) {
    out.chunk = chunks.front();
    out.from = first_from;
    out.count = std::min(settings.rows_a_change, out.chunk->calls.size() - first_from);
  }
  return !out.minutes.empty() || out.count > 0;
}

base::Status CallEar::Core::write(storage::Change& change, const Batch& batch) const {
  for (const auto& minute : batch.minutes) QUANJI_DO(services::write_minute(change, settings.run, minute));
  if (batch.count > 0) QUANJI_DO(services::write_calls(change, std::span(batch.chunk->calls).subspan(batch.from, batch.count)));
  return {};
}

void CallEar::Core::written(const Batch& batch) {
  if (batch.count > 0) {
    first_from += batch.count;
    waiting.fetch_sub(batch.count, std::memory_order_relaxed);
    if (first_from == chunks.front()->calls.size()) {
      waiting_bytes.fetch_sub(chunks.front()->bytes, std::memory_order_relaxed);
      chunks.pop_front();
      first_from = 0;
    }
  }
  // A minute that is over and written is forgotten; the one before the present stays for answers that are drained late.
  const auto now = clock.now().micros / minute_micros;
  open_from = std::max(open_from, now - 1);
  std::erase_if(minutes, [&](const auto& entry) { return entry.first.minute < open_from && !entry.second.dirty; });
}

void CallEar::Core::failed(const Batch& batch) {
  for (const auto& minute : batch.minutes)
    if (const auto found = minutes.find({minute.minute, minute.actor, minute.operation, minute.code}); found != minutes.end())
      found->second.dirty = true;
}

void CallEar::Core::submit(storage::Store& store) {
  auto batch = std::make_shared<Batch>();
  {
    const std::lock_guard lock(mutex);
    if (!next_batch(*batch)) {
      busy = false;
      idle.notify_all();
      return;
    }
  }
  storage::ChangeJob job;
  job.priority = storage::Priority::logs;
  job.caller = settings.caller;
  job.body = [self = shared_from_this(), batch](storage::Change& change) { return self->write(change, *batch); };
  job.done = [self = shared_from_this(), batch, &store](base::Status status) {
    {
      const std::lock_guard lock(self->mutex);
      if (status.ok()) {
        self->written(*batch);
      } else {
        // Memory stays as it was; the next tick tries again.
        self->failed(*batch);
        self->busy = false;
        self->idle.notify_all();
        return;
      }
    }
    self->submit(store);
  };
  store.submit(std::move(job));
}

void CallEar::tick(storage::Store& store) {
  {
    const std::lock_guard lock(core_->mutex);
    core_->drain();
    if (core_->busy) return;
    core_->busy = true;
  }
  core_->submit(store);
}

base::Status CallEar::flush(storage::Store& store) {
  {
    std::unique_lock lock(core_->mutex);
    core_->idle.wait(lock, [this] { return !core_->busy; });
    core_->busy = true;
    core_->drain();
  }
  base::Status done;
  while (done.ok()) {
    Core::Batch batch;
    {
      const std::lock_guard lock(core_->mutex);
      if (!core_->next_batch(batch)) break;
    }
    done = store.change([&](storage::Change& change) { return core_->write(change, batch); }, core_->settings.caller);
    const std::lock_guard lock(core_->mutex);
    if (done.ok())
      core_->written(batch);
    else
      core_->failed(batch);
  }
  const std::lock_guard lock(core_->mutex);
  core_->busy = false;
  core_->idle.notify_all();
  return done;
}

CallEar::Snapshot CallEar::snapshot() {
  const std::lock_guard lock(core_->mutex);
  core_->drain();
  Snapshot out;
  for (const auto& [key, count] : core_->totals) out.totals.push_back({key.first, key.second, count});
  for (const auto& [operation, took] : core_->durations) out.durations.emplace_back(operation, took);
  for (const auto& [client, count] : core_->clients) out.clients.emplace_back(client, count);
  out.heard = core_->heard;
  out.log_lost = core_->lost.load(std::memory_order_relaxed);
  out.log_thinned = core_->thinned.load(std::memory_order_relaxed);
  out.log_waiting = core_->waiting.load(std::memory_order_relaxed);
  out.series_folded = core_->folded;
  return out;
}

}  // namespace quanji::api
