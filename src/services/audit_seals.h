// Seals over the audit log: blocks, checkpoints, and the loop that makes them.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/seal_block.h"
#include "services/audit.h"
#include "storage/store.h"

namespace quanji::services {

struct SealRules {
  std::int64_t rows_a_block = 2000;  // a transaction that wrote more makes a larger block
  std::chrono::seconds lease{5};
  std::chrono::minutes checkpoint_after{60};
  std::int64_t checkpoint_blocks = 1000;
};
struct SealOutcome {
  enum class Lease : std::uint8_t { ours, theirs } lease = Lease::ours;
  std::int64_t rows = 0;                         // sealed now
  bool more = false;                             // the block was full: call again
  std::int64_t block = 0;                        // newest block; 0: none yet
  base::Digest head{};                           // its MAC
  std::optional<domain::Checkpoint> checkpoint;  // made now
};
// One block over what may be sealed, and a checkpoint when one is due. `node` holds the lease; any node may try. Other nodes' sealing at
// the same moment ends in one block of each number: the number is unique, and it holds the MAC of the block before.
Result<SealOutcome> seal_audit(Change& change, const base::Ulid& node, const SealRules& rules = {});
// Once at start: after a restore into another PostgreSQL cluster transaction numbers may begin again; places must not.
Status raise_places(Change& change);

// Writes checkpoints into folders (audit/checkpoints/ and a second place), one file each: NNNNNNNNNN.checkpoint, whole or not at all.
class CheckpointFolder {
 public:
  explicit CheckpointFolder(std::string path) : path_(std::move(path)) {}
  const std::string& path() const { return path_; }
  Result<std::int64_t> newest();  // 0: none
  Status put(std::int64_t number, std::string_view document);

 private:
  std::string path_;
};

// Seals once a second. tick() and deliver() from one thread each; never from a storage thread.
class AuditSealer {
 public:
  struct Settings {
    base::Ulid node;
    std::vector<std::string> folders;  // where checkpoints go
    SealRules rules;
    std::shared_ptr<const domain::Caller> caller;  // the clock
  };
  AuditSealer(storage::Store& store, Settings settings);
  ~AuditSealer();  // waits for the job under way
  // Starts one round of flush_refusals and seal_audit unless one is under way; does not wait.
  void tick();
  // Writes the checkpoints that a folder does not have yet; waits for disks, so on the slow pool. A folder that fails is tried again.
  Status deliver();
  struct State {
    std::int64_t block = 0, rows = 0, checkpoint = 0;  // rows: sealed by this process
    base::Time sealed_at{};                            // of the last round that went well
    std::string trouble;                               // of the last round, or empty
  };
  State state() const;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
  Settings settings_;
};

}  // namespace quanji::services
