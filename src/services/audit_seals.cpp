#include "services/audit_seals.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <mutex>

#include "base/log.h"
#include "services/audit_check.h"
#include "storage/queries.h"

namespace quanji::services {

namespace sql = storage::sql;

namespace {

domain::AuditLeaf leaf_of(const storage::Row& row) {
  domain::AuditLeaf leaf{row.integer("place"), row.integer("seq"), {}};
  const auto mac = row.bytes("mac");
  // A row whose MAC was cut is sealed as it stands: what it lacks is found when it is checked.
  std::copy_n(mac.begin(), std::min(mac.size(), leaf.mac.size()), leaf.mac.begin());
  return leaf;
}

Result<std::vector<domain::AuditLeaf>> leaves(const View& view, std::int64_t from, std::int64_t limit, bool& more) {
  QUANJI_TRY(const auto rows, view.rows(sql::audit_leaves, {{"place", from}, {"limit", limit + 1}}));
  std::vector<domain::AuditLeaf> found;
  found.reserve(rows.size());
  for (const auto& row : rows) found.push_back(leaf_of(row));
  more = found.size() > static_cast<std::size_t>(limit);
  if (!more) return found;
  // A place is sealed whole: the last one may go on beyond the limit, so it waits, unless it is alone.
  const auto last = found.back().place;
  if (found.front().place != last) {
    while (found.back().place == last) found.pop_back();
    return found;
  }
  QUANJI_TRY(const auto all, view.rows(sql::audit_leaves_of_place, {{"place", last}}));
  found.clear();
  for (const auto& row : all) found.push_back(leaf_of(row));
  return found;
}

Result<std::optional<domain::Checkpoint>> due_checkpoint(Change& change, const AuditKeys& keys, const domain::SealBlock& newest,
                                                         const SealRules& rules) {
  QUANJI_TRY(const auto last, change.row(sql::audit_checkpoint_last));
  domain::Checkpoint made;
  if (last) {
    const bool many = newest.number - last->integer("block") >= rules.checkpoint_blocks;
    const bool old = newest.number > last->integer("block") && change.now().since(last->time("at")) >= rules.checkpoint_after;
    if (!many && !old) return std::optional<domain::Checkpoint>{};
    made.number = last->integer("number");
    made.previous = base::sha256(last->text("document"));
  }
  made.number += 1;
  made.block = newest.number;
  made.rows = newest.total;
  made.mac = newest.mac;
  made.at = change.now();
  made.key_id = keys.key_id();
  QUANJI_DO(domain::sign_checkpoint(made, *keys.checkpoint_key(), change.random()));
  const auto document = domain::checkpoint_text(made);
  QUANJI_TRY(
      [[maybe_unused]] const auto written,
      change.run(sql::audit_checkpoint_insert, {{"number", made.number}, {"block", made.block}, {"at", made.at}, {"document", document}}));
  return std::optional<domain::Checkpoint>(std::move(made));
}

}  // namespace

Result<SealOutcome> seal_audit(Change& change, const base::Ulid& node, const SealRules& rules) {
  const auto keys = audit_keys();
  if (!keys) return base::Error(base::Code::audit_unavailable, "audit keys are not in use yet");
  SealOutcome outcome;
  QUANJI_TRY(const auto taken,
             change.run(sql::audit_sealer_take, {{"holder", node}, {"until", change.now().plus(rules.lease)}, {"now", change.now()}}));
  if (taken == 0) {
    outcome.lease = SealOutcome::Lease::theirs;
    return outcome;
  }
  std::optional<domain::SealBlock> newest;
  QUANJI_TRY(const auto last, change.row(sql::audit_seal_last));
  if (last) {
    QUANJI_TRY(newest, stored_block(*last));
  }
  QUANJI_TRY(const auto found, leaves(change, newest ? newest->end_place : 0, rules.rows_a_block, outcome.more));
  if (!found.empty()) {
    auto block = domain::make_block(newest ? &*newest : nullptr, found.back().place + 1, change.now(), found, keys->hash());
    block.algorithm = keys->algorithm();
    block.key_id = keys->key_id();
    block.mac = keys->sign(AuditKeys::Purpose::seal, domain::mac_input(block));
    QUANJI_TRY([[maybe_unused]] const auto written, change.run(sql::audit_seal_insert, {{"number", block.number},
                                                                                        {"first_place", block.first_place},
                                                                                        {"end_place", block.end_place},
                                                                                        {"count", block.count},
                                                                                        {"total", block.total},
                                                                                        {"at", block.at},
                                                                                        {"root", storage::Bytes(block.root)},
                                                                                        {"members", storage::Bytes(block.members)},
                                                                                        {"previous", storage::Bytes(block.previous)},
                                                                                        {"algorithm", block.algorithm},
                                                                                        {"key_id", block.key_id},
                                                                                        {"mac", storage::Bytes(block.mac)}}));
    outcome.rows = block.count;
    newest = std::move(block);
  }
  if (newest) {
    outcome.block = newest->number;
    outcome.head = newest->mac;
    QUANJI_TRY(outcome.checkpoint, due_checkpoint(change, *keys, *newest, rules));
  }
  return outcome;
}

Status raise_places(Change& change) {
  QUANJI_TRY(const auto last, change.row(sql::audit_seal_last));
  if (!last) return {};
  QUANJI_TRY([[maybe_unused]] const auto raised, change.run(sql::audit_base_raise, {{"end_place", last->integer("end_place")}}));
  return {};
}

// ---- folders ----

namespace {
constexpr std::string_view checkpoint_suffix = ".checkpoint";

base::Error disk_error(const std::string& path, std::string_view what) {
  const std::string why = std::strerror(errno);
  return {base::Code::store_unavailable,
          base::Text("检查点无法写入 " + path + "：" + why, "The checkpoint cannot be written to " + path + ": " + why), std::string(what)};
}
}  // namespace

Result<std::int64_t> CheckpointFolder::newest() {
  std::error_code failed;
  std::int64_t newest = 0;
  auto entry = std::filesystem::directory_iterator(path_, failed);
  if (failed == std::errc::no_such_file_or_directory) return newest;
  for (; !failed && entry != std::filesystem::directory_iterator(); entry.increment(failed)) {
    const auto name = entry->path().filename().string();
    std::int64_t number = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), number);
    if (read.ec == std::errc() && std::string_view(read.ptr) == checkpoint_suffix) newest = std::max(newest, number);
  }
  if (failed) {
    errno = failed.value();
    return disk_error(path_, "list");
  }
  return newest;
}

Status CheckpointFolder::put(std::int64_t number, std::string_view document) {
  std::error_code failed;
  std::filesystem::create_directories(path_, failed);
  char name[32];
  std::snprintf(name, sizeof name, "%010lld", static_cast<long long>(number));
  const auto path = path_ + "/" + name + std::string(checkpoint_suffix);
  const auto staged = path + ".new";
  const int file = ::open(staged.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (file < 0) return disk_error(path, "open");
  const auto wrote = ::write(file, document.data(), document.size());
  const bool whole = wrote == static_cast<ssize_t>(document.size()) && ::fsync(file) == 0;
  if (::close(file) != 0 || !whole) return disk_error(path, "write");
  if (::rename(staged.c_str(), path.c_str()) != 0) return disk_error(path, "rename");
  const int folder = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return disk_error(path_, "open folder");
  const bool kept = ::fsync(folder) == 0;
  ::close(folder);
  if (!kept) return disk_error(path_, "fsync folder");
  return {};
}

// ---- the loop ----

struct AuditSealer::Shared {
  explicit Shared(storage::Store& the_store) : store(the_store) {}
  storage::Store& store;
  mutable std::mutex mutex;
  std::condition_variable idle;
  bool busy = false;        // guarded by mutex, as all below
  bool undelivered = true;  // also what an earlier life of the process left
  State state;
};

AuditSealer::AuditSealer(storage::Store& store, Settings settings)
    : shared_(std::make_shared<Shared>(store)), settings_(std::move(settings)) {}

AuditSealer::~AuditSealer() {
  std::unique_lock lock(shared_->mutex);
  shared_->idle.wait(lock, [this] { return !shared_->busy; });
}

AuditSealer::State AuditSealer::state() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->state;
}

namespace {
// One round, and another at once while blocks are full.
struct Round : std::enable_shared_from_this<Round> {
  SealOutcome outcome;
  base::Time now{};
};
}  // namespace

void AuditSealer::tick() {
  {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->busy) return;
    shared_->busy = true;
  }
  auto round = std::make_shared<Round>();
  // The job keeps what it uses alive: `done` may come after the tick that follows.
  auto submit = std::make_shared<std::function<void()>>();
  *submit = [shared = shared_, round, node = settings_.node, rules = settings_.rules, caller = settings_.caller,
             again = std::weak_ptr<std::function<void()>>(submit)] {
    storage::ChangeJob job;
    job.priority = storage::Priority::audit;
    job.caller = caller;
    job.body = [round, node, rules](Change& change) -> Status {
      QUANJI_DO(flush_refusals(change));
      QUANJI_TRY(round->outcome, seal_audit(change, node, rules));
      round->now = change.now();
      return {};
    };
    job.done = [shared, round, self = again.lock()](Status status) {
      const auto& outcome = round->outcome;
      const bool more = status.ok() && outcome.more;
      {
        const std::lock_guard lock(shared->mutex);
        auto& state = shared->state;
        if (status.ok()) {
          state.trouble.clear();
          state.sealed_at = round->now;
          state.rows += outcome.rows;
          state.block = std::max(state.block, outcome.block);
          if (outcome.checkpoint) {
            state.checkpoint = outcome.checkpoint->number;
            shared->undelivered = true;
          }
        } else {
          state.trouble = status.error().detail().empty() ? status.error().message().en : status.error().detail();
        }
        if (!more) {
          shared->busy = false;
          shared->idle.notify_all();
        }
      }
      // The newest MAC in the operators' log is one more witness outside of the database.
      if (status.ok() && outcome.rows > 0)
        base::log::info("audit_sealed", {{"block", outcome.block}, {"rows", outcome.rows}, {"mac", base::hex(outcome.head)}});
      if (more) (*self)();
    };
    shared->store.submit(std::move(job));
  };
  (*submit)();
}

Status AuditSealer::deliver() {
  {
    const std::lock_guard lock(shared_->mutex);
    if (!shared_->undelivered) return {};
    shared_->undelivered = false;
  }
  Status worst;
  for (const auto& path : settings_.folders) {
    CheckpointFolder folder(path);
    auto newest = folder.newest();
    Status done;
    if (!newest) done = newest.error().clone();
    while (done.ok()) {
      std::vector<std::pair<std::int64_t, std::string>> found;
      done = shared_->store.view(
          [&](const View& view) -> Status {
            found.clear();
            QUANJI_TRY(const auto rows, view.rows(sql::audit_checkpoints_after, {{"number", *newest}, {"limit", 100}}));
            for (const auto& row : rows) found.emplace_back(row.integer("number"), row.text("document"));
            return {};
          },
          settings_.caller);
      if (found.empty()) break;
      for (const auto& [number, document] : found) {
        if (done.ok()) done = folder.put(number, document);
        if (done.ok()) *newest = number;
      }
    }
    if (!done.ok()) worst = std::move(done);
  }
  if (!worst.ok()) {
    const std::lock_guard lock(shared_->mutex);
    shared_->undelivered = true;
  }
  return worst;
}

}  // namespace quanji::services
