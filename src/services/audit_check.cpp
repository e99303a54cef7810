#include "services/audit_check.h"

#include <algorithm>
#include <tuple>

namespace quanji::services {

QUANJI_FIELDS(Fault, QF(kind, "问题种类", "What is wrong"), QF(seq, "审计行序号，0 为无", "Number of the row; 0: none"),
              QF(block, "封块号，0 为未封", "Number of the seal block; 0: none"), QF(id, "审计标识", "Id of the row, where known"),
              QF(detail, "说明", "In words"))

namespace {

// One check from its first block to its last row.
class Check {
 public:
  Check(const AuditKeys& keys, CheckSources sources, const CheckSettings& settings)
      : keys_(keys), sources_(std::move(sources)), settings_(settings) {
    if (settings_.before) {
      expected_ = settings_.before->number + 1;
      last_valid_ = settings_.before;
    }
  }

  Result<CheckReport> run() {
    trust_checkpoints();
    QUANJI_DO(pull_row());
    while (true) {
      QUANJI_TRY(auto block, sources_.next_block());
      if (!block) break;
      QUANJI_DO(check_block(*block));
    }
    if (settings_.end == CheckSettings::End::open) {
      QUANJI_DO(check_tail());
    }
    pair_moved();
    find_copies();
    for (const auto& checkpoint : trusted_)
      if (settings_.end == CheckSettings::End::open && checkpoint.block >= expected_)
        fault(FaultKind::truncated, 0, checkpoint.block, {},
              "checkpoint " + std::to_string(checkpoint.number) + " names block " + std::to_string(checkpoint.block) + " and " +
                  std::to_string(checkpoint.rows) + " rows, but the log ends with block " + std::to_string(expected_ - 1));
    return std::move(report_);
  }

 private:
  struct Missing {
    domain::SealMember member;
    std::int64_t block = 0;
    base::Hash hash{};
  };
  struct Extra {
    StoredRow row;
    std::int64_t block = 0;
  };

  void fault(FaultKind kind, std::int64_t seq, std::int64_t block, std::string id, std::string detail) {
    ++report_.found;
    if (report_.faults.size() < faults_reported) report_.faults.push_back({kind, seq, block, std::move(id), std::move(detail)});
  }

  void trust_checkpoints() {
    for (const auto& checkpoint : settings_.checkpoints) {
      ++report_.checkpoints;
      const auto* key = keys_.checkpoint_key(checkpoint.key_id);
      if (key && domain::check_checkpoint(checkpoint, key->public_key()).ok())
        trusted_.push_back(checkpoint);
      else
        fault(FaultKind::checkpoint, 0, checkpoint.block, {},
              "the signature of checkpoint " + std::to_string(checkpoint.number) + " does not hold");
    }
  }

  // The next row into row_; rows that cannot be read at all, or stand before their turn, are dealt with here.
  Status pull_row() {
    while (true) {
      QUANJI_TRY(row_, sources_.next_row());
      if (!row_) return {};
      ++report_.rows;
      if (row_->seq == 0 && !row_->trouble.empty()) {
        fault(FaultKind::changed, 0, 0, {}, row_->trouble);
        continue;
      }
      const std::pair key{row_->place, row_->seq};
      if (last_key_ && key <= *last_key_) {
        extra_.push_back({std::move(*row_), 0});
        continue;
      }
      last_key_ = key;
      return {};
    }
  }

  bool mac_holds(const StoredRow& row) const {
    return row.trouble.empty() && keys_.verify(AuditKeys::Purpose::row, row.algorithm, row.key_id, base::bytes_of(row.canonical), row.mac);
  }
  std::string why(const StoredRow& row) const { return row.trouble.empty() ? "the row's MAC does not hold" : row.trouble; }
  static domain::AuditLeaf leaf_of(const StoredRow& row, std::int64_t place, std::int64_t seq) {
    domain::AuditLeaf leaf{place, seq, {}};
    std::copy_n(row.mac.begin(), std::min(row.mac.size(), leaf.mac.size()), leaf.mac.begin());
    return leaf;
  }
  void seen(const StoredRow& row) {
    std::uint64_t start = 0;
    for (std::size_t i = 0; i < 8; ++i) start = start << 8 | row.mac[i];
    seen_.emplace_back(start, row.seq);
  }

  Status check_block(const domain::SealBlock& block) {
    ++report_.blocks;
    const bool holds = keys_.verify(AuditKeys::Purpose::seal, block.algorithm, block.key_id, domain::mac_input(block), block.mac);
    if (!holds) fault(FaultKind::seal_changed, 0, block.number, {}, "the MAC of the seal block does not hold");
    if (block.number < expected_) {
      fault(FaultKind::seal_changed, 0, block.number, {}, "the seal block stands a second time or out of order");
      return {};
    }
    if (block.number > expected_) {
      const auto last = block.number - 1;
      fault(FaultKind::seal_missing, 0, expected_, {},
            "seal blocks " + std::to_string(expected_) + " to " + std::to_string(last) + " are missing" +
                (holds && last_valid_ ? ", with " + std::to_string(block.total - block.count - last_valid_->total) + " rows" : ""));
    }
    // What a block says is believed only when its MAC holds; the rows of another are checked by their own MACs alone.
    const bool follows = last_valid_ && last_valid_->number + 1 == block.number;
    expected_ = block.number + 1;
    if (!holds) return {};
    if (follows && block.previous != last_valid_->mac)
      fault(FaultKind::seal_changed, 0, block.number, {}, "the seal block does not follow the one before it");
    for (const auto& checkpoint : trusted_)
      if (checkpoint.block == block.number && (checkpoint.mac != block.mac || checkpoint.rows != block.total))
        fault(FaultKind::checkpoint, 0, block.number, {},
              "the block is not the one that checkpoint " + std::to_string(checkpoint.number) + " was made over: the log was written anew");
    while (row_ && row_->place < block.first_place) QUANJI_DO(check_alone());
    QUANJI_DO(check_members(block));
    last_valid_ = block;
    last_valid_->members.clear();
    return {};
  }

  // A row that no believable block speaks of.
  Status check_alone() {
    if (mac_holds(*row_))
      seen(*row_);
    else
      fault(FaultKind::changed, row_->seq, 0, row_->id, why(*row_));
    last_seq_ = std::max(last_seq_, row_->seq);
    return pull_row();
  }

  Status check_members(const domain::SealBlock& block) {
    const auto members = domain::members_of(block);
    const auto before = report_.found + static_cast<std::int64_t>(missing_.size() + extra_.size());
    std::vector<base::Digest> digests;
    digests.reserve(members.size());
    std::size_t at = 0;
    const auto key = [](const auto& thing) { return std::pair{thing.place, thing.seq}; };
    while (at < members.size() || (row_ && row_->place < block.end_place)) {
      const bool have_row = row_ && row_->place < block.end_place;
      if (at < members.size()) last_seq_ = std::max(last_seq_, members[at].seq);
      if (!have_row || (at < members.size() && key(members[at]) < key(*row_))) {
        missing_.push_back({members[at++], block.number, keys_hash(block)});
        continue;
      }
      if (at == members.size() || key(*row_) < key(members[at])) {
        extra_.push_back({std::move(*row_), block.number});
        QUANJI_DO(pull_row());
        continue;
      }
      digests.push_back(domain::leaf_digest(keys_hash(block), leaf_of(*row_, row_->place, row_->seq)));
      if (!mac_holds(*row_)) {
        fault(FaultKind::changed, row_->seq, block.number, row_->id, why(*row_));
      } else if (domain::leaf_prefix(digests.back()) != members[at].leaf) {
        // A genuine row, but not the one that was sealed here.
        missing_.push_back({members[at], block.number, keys_hash(block)});
        extra_.push_back({*row_, block.number});
      } else {
        seen(*row_);
      }
      ++at;
      QUANJI_DO(pull_row());
    }
    const bool clean = before == report_.found + static_cast<std::int64_t>(missing_.size() + extra_.size());
    if (clean && base::merkle_root(keys_hash(block), digests) != block.root)
      fault(FaultKind::seal_changed, 0, block.number, {}, "the rows do not make the root of the seal block");
    return {};
  }
  static base::Hash keys_hash(const domain::SealBlock& block) {
    const auto mac = base::mac_from_text(block.algorithm);
    return domain::hash_of(mac ? *mac : base::Mac::hmac_sha256);
  }

  Status check_tail() {
    while (row_) {
      ++report_.unsealed;
      if (settings_.numbers == CheckSettings::Numbers::without_gaps && last_seq_ > 0 && row_->seq > last_seq_ + 1)
        fault(FaultKind::missing, last_seq_ + 1, 0, {},
              "rows " + std::to_string(last_seq_ + 1) + " to " + std::to_string(row_->seq - 1) + " are missing among those not sealed yet");
      QUANJI_DO(check_alone());
    }
    return {};
  }

  // A missing row that stands elsewhere was moved; the others are missing, or were added.
  void pair_moved() {
    std::vector<bool> placed(extra_.size());
    for (const auto& [member, block, hash] : missing_) {
      std::size_t found = extra_.size();
      for (std::size_t i = 0; i < extra_.size() && i < faults_reported && found == extra_.size(); ++i)
        if (!placed[i] && mac_holds(extra_[i].row) &&
            (domain::leaf_prefix(domain::leaf_digest(hash, leaf_of(extra_[i].row, member.place, member.seq))) == member.leaf))
          found = i;
      if (found == extra_.size()) {
        fault(FaultKind::missing, member.seq, block, {}, "the row was sealed here and is gone");
        continue;
      }
      placed[found] = true;
      const auto& row = extra_[found].row;
      fault(FaultKind::moved, member.seq, block, row.id, "the row stands as row " + std::to_string(row.seq) + " now");
      seen(row);
    }
    for (std::size_t i = 0; i < extra_.size(); ++i)
      if (!placed[i])
        fault(FaultKind::added, extra_[i].row.seq, extra_[i].block, extra_[i].row.id,
              mac_holds(extra_[i].row) ? "a copy of a genuine row where none was sealed"
                                       : "no such row was sealed here, and its MAC does not hold");
  }

  // A genuine row that stands twice.
  void find_copies() {
    std::sort(seen_.begin(), seen_.end());
    for (std::size_t i = 1; i < seen_.size(); ++i)
      if (seen_[i].first == seen_[i - 1].first)
        fault(FaultKind::added, seen_[i].second, 0, {}, "the row is a copy of row " + std::to_string(seen_[i - 1].second));
  }

  const AuditKeys& keys_;
  CheckSources sources_;
  const CheckSettings& settings_;
  CheckReport report_;
  std::vector<domain::Checkpoint> trusted_;
  std::int64_t expected_ = 1;
  std::optional<domain::SealBlock> last_valid_;  // without its members
  std::optional<StoredRow> row_;
  std::optional<std::pair<std::int64_t, std::int64_t>> last_key_;
  std::int64_t last_seq_ = 0;
  std::vector<Missing> missing_;
  std::vector<Extra> extra_;
  std::vector<std::pair<std::uint64_t, std::int64_t>> seen_;  // start of the MAC, seq: 16 bytes a row
};

}  // namespace

Result<CheckReport> check_audit(const AuditKeys& keys, CheckSources sources, const CheckSettings& settings) {
  return Check(keys, std::move(sources), settings).run();
}

}  // namespace quanji::services
