#include <algorithm>
#include <deque>
#include <exception>

#include "services/audit_check.h"
#include "services/rights.h"
#include "storage/queries.h"

namespace quanji::services {

namespace sql = storage::sql;

QUANJI_FIELDS(AuditExportAsk, QF(after_block, "从该封块之后开始", "Begin after this seal block", .min = 0))
QUANJI_FIELDS(AuditVerifyAsk, QF(from_block, "起始封块号", "First seal block", .min = 1),
              QF(to_block, "结束封块号（含）", "Last seal block, included", .min = 1))
QUANJI_FIELDS(AuditVerified, QF(clean, "是否完好", "Whether nothing was found"), QF(from_block, "起始封块号", "First seal block checked"),
              QF(to_block, "结束封块号", "Last seal block checked"), QF(rows, "审计行数", "Rows checked"),
              QF(blocks, "封块数", "Seal blocks checked"), QF(found, "问题数", "Faults found"),
              QF(faults, "问题（最多一千条）", "The faults, at most a thousand"))

// ---- from the database ----

StoredRow stored_row(const storage::Row& row) {
  StoredRow out;
  // Whoever changed the file may have changed types too: such a row is a finding, not an accident of this program.
  try {
    out.place = row.integer("place");
    out.seq = row.integer("seq");
    domain::AuditRow made;
    made.id = row.id<domain::AuditId>("id");
    out.id = made.id.text();
    made.at = row.time("at");
    made.operation = row.text("operation");
    made.audit = row.text("audit");
    made.result = row.integer("result");
    made.count = row.integer("count");
    made.caller_kind = row.text("caller_kind");
    made.channel = row.text("channel");
    made.actor = row.text("actor");
    made.account = row.text("account");
    made.on_behalf_of = row.text("on_behalf_of");
    made.address = row.text("address");
    made.request_id = row.text("request_id");
    made.target = row.text("target");
    made.target_name = row.text("target_name");
    if (!row.is_null("department")) made.department = row.id<domain::DepartmentId>("department");
    made.before_digest = row.text("before_digest");
    made.after_digest = row.text("after_digest");
    made.before = row.text("before_document");
    made.after = row.text("after_document");
    made.reason = row.text("reason");
    made.approval = row.text("approval");
    made.algorithm = row.text("algorithm");
    made.key_id = row.text("key_id");
    const auto mac = row.bytes("mac");
    out.mac.assign(mac.begin(), mac.end());
    out.algorithm = made.algorithm;
    out.key_id = made.key_id;
    out.canonical = domain::canonical_json(made);
  } catch (const std::exception& wrong) {
    out.trouble = std::string("the row cannot be read: ") + wrong.what();
  }
  return out;
}

Result<domain::SealBlock> stored_block(const storage::Row& row) {
  domain::SealBlock block;
  try {
    block.number = row.integer("number");
    block.first_place = row.integer("first_place");
    block.end_place = row.integer("end_place");
    block.count = row.integer("count");
    block.total = row.integer("total");
    block.at = row.time("at");
    const auto digest = [&](std::string_view column, base::Digest& into) {
      const auto bytes = row.bytes(column);
      // A digest of another length cannot be what the MAC was made over: leaving it zero makes the block invalid.
      if (bytes.size() == into.size()) std::copy(bytes.begin(), bytes.end(), into.begin());
    };
    digest("root", block.root);
    digest("previous", block.previous);
    digest("mac", block.mac);
    const auto members = row.bytes("members");
    block.members.assign(members.begin(), members.end());
    block.algorithm = row.text("algorithm");
    block.key_id = row.text("key_id");
  } catch (const std::exception&) {
    block.mac = {};
  }
  return block;
}

CheckSources stored_audit(const View& view, std::int64_t after_block, std::int64_t last_block, std::int64_t first_place,
                          std::int64_t end_place) {
  constexpr std::int64_t blocks_a_read = 50, rows_a_read = 1000;
  CheckSources sources;
  sources.next_block = [&view, after = after_block, last_block, read = std::vector<domain::SealBlock>(), at = std::size_t{0},
                        over = false]() mutable -> Result<std::optional<domain::SealBlock>> {
    if (at == read.size() && !over) {
      QUANJI_TRY(const auto rows, view.rows(sql::audit_seals_after, {{"number", after}, {"limit", blocks_a_read}}));
      read.clear();
      at = 0;
      for (const auto& row : rows) {
        QUANJI_TRY(auto block, stored_block(row));
        after = block.number;
        read.push_back(std::move(block));
      }
      over = read.empty();
    }
    if (at == read.size() || read[at].number > last_block) return std::optional<domain::SealBlock>{};
    return std::optional<domain::SealBlock>(std::move(read[at++]));
  };
  sources.next_row = [&view, place = first_place, seq = INT64_MIN, end_place, read = std::vector<StoredRow>(), at = std::size_t{0},
                      over = false]() mutable -> Result<std::optional<StoredRow>> {
    if (at == read.size() && !over) {
      QUANJI_TRY(const auto rows, view.rows(sql::audit_rows_after, {{"place", place}, {"seq", seq}, {"limit", rows_a_read}}));
      read.clear();
      at = 0;
      for (const auto& row : rows) {
        read.push_back(stored_row(row));
        place = read.back().place;
        seq = read.back().seq;
      }
      over = read.size() < static_cast<std::size_t>(rows_a_read);
    }
    if (at == read.size() || read[at].place >= end_place) return std::optional<StoredRow>{};
    return std::optional<StoredRow>(std::move(read[at++]));
  };
  return sources;
}

namespace {
// The two streams of an export, taken apart as far as they are asked for.
struct Apart {
  std::function<bool(std::string&)> next_line;
  std::shared_ptr<std::vector<std::string>> checkpoints;
  std::deque<domain::SealBlock> blocks;
  std::deque<StoredRow> rows;
  std::int64_t lines = 0;

  // One line further; false at the end.
  bool step() {
    std::string line;
    if (!next_line(line)) return false;
    ++lines;
    auto read = parse_export_line(line);
    if (!read) {
      StoredRow wrong;
      wrong.trouble = "line " + std::to_string(lines) + " of the export cannot be read: " + read.error().detail();
      rows.push_back(std::move(wrong));
    } else if (read->block) {
      blocks.push_back(std::move(*read->block));
    } else if (read->row) {
      rows.push_back(std::move(*read->row));
    } else if (read->checkpoint && checkpoints) {
      checkpoints->push_back(std::move(*read->checkpoint));
    }
    return true;
  }
  template <class T>
  std::optional<T> take(std::deque<T>& from) {
    while (from.empty())
      if (!step()) return std::nullopt;
    std::optional<T> first(std::move(from.front()));
    from.pop_front();
    return first;
  }
};
}  // namespace

CheckSources exported_audit(std::function<bool(std::string& line)> next_line, std::shared_ptr<std::vector<std::string>> checkpoints) {
  auto apart = std::make_shared<Apart>();
  apart->next_line = std::move(next_line);
  apart->checkpoints = std::move(checkpoints);
  CheckSources sources;
  sources.next_block = [apart]() -> Result<std::optional<domain::SealBlock>> { return apart->take(apart->blocks); };
  sources.next_row = [apart]() -> Result<std::optional<StoredRow>> { return apart->take(apart->rows); };
  return sources;
}

// ---- operations ----

// Seal blocks run across departments: both ask for the right in the root.
Result<AuditExportPlace> export_audit(const View& view, const AuditExportAsk& ask) {
  QUANJI_DO(allow(view, domain::root_department));
  AuditExportPlace at;
  at.block = ask.after_block.value_or(0);
  QUANJI_TRY(const auto last, view.row(sql::audit_seal_last));
  at.last_block = last ? last->integer("number") : 0;
  return at;
}

Result<std::string> export_audit_piece(const View& view, AuditExportPlace& at) {
  constexpr std::int64_t rows_a_read = 200, checkpoints_a_read = 50;
  std::string piece;
  while (piece.size() < export_piece_bytes) {
    if (at.in == AuditExportPlace::In::rows) {
      QUANJI_TRY(const auto rows, view.rows(sql::audit_rows_after, {{"place", at.place}, {"seq", at.seq}, {"limit", rows_a_read}}));
      bool over = rows.size() < static_cast<std::size_t>(rows_a_read);
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto row = stored_row(rows[i]);
        if (row.place >= at.end_place) {
          over = true;
          break;
        }
        piece += export_line(row);
        at.place = row.place;
        at.seq = row.seq;
        if (piece.size() >= export_piece_bytes) {
          over = over && i + 1 == rows.size();
          break;
        }
      }
      if (over) at.in = AuditExportPlace::In::blocks;
    } else if (at.block < at.last_block) {
      QUANJI_TRY(const auto rows, view.rows(sql::audit_seals_after, {{"number", at.block}, {"limit", std::int64_t{1}}}));
      if (rows.empty()) {
        at.block = at.last_block;
        continue;
      }
      QUANJI_TRY(const auto block, stored_block(rows[0]));
      at.block = std::max(at.block + 1, block.number);
      if (at.block > at.last_block) continue;
      piece += export_line(block);
      at.place = block.first_place;
      at.seq = INT64_MIN;
      at.end_place = block.end_place;
      at.in = AuditExportPlace::In::rows;
    } else {
      QUANJI_TRY(const auto rows, view.rows(sql::audit_checkpoints_after, {{"number", at.checkpoint}, {"limit", checkpoints_a_read}}));
      if (rows.empty()) break;
      for (const auto& row : rows) {
        piece += export_line_of_checkpoint(row.text("document"));
        at.checkpoint = row.integer("number");
      }
    }
  }
  return piece;
}

Result<AuditVerified> verify_audit_range(const View& view, const AuditVerifyAsk& ask) {
  QUANJI_DO(allow(view, domain::root_department));
  constexpr std::int64_t blocks_by_default = 100;
  const auto keys = audit_keys();
  if (!keys) return base::Error(base::Code::audit_unavailable, "audit keys are not in use yet");
  QUANJI_TRY(const auto last, view.row(sql::audit_seal_last));
  const auto newest = last ? last->integer("number") : 0;
  const auto to = std::min(ask.to_block.value_or(newest), newest);
  const auto from = ask.from_block.value_or(std::max<std::int64_t>(1, to - blocks_by_default + 1));
  AuditVerified answer;
  answer.from_block = from;
  answer.to_block = to;
  answer.clean = true;
  if (from > to) return answer;
  if (to - from >= verify_blocks)
    return base::Error(base::Code::invalid_field)
        .with_field("toBlock", {"一次最多核对 500 个封块，请分段。", "At most 500 seal blocks are checked by one call: ask for parts."});
  CheckSettings settings;
  settings.end = CheckSettings::End::closed;
  std::int64_t first_place = 0, end_place = INT64_MAX, before_total = 0;
  // The part begins where the block before it ends; without that block, where its first says.
  auto range = stored_audit(view, std::max<std::int64_t>(0, from - 2), to, 0, INT64_MAX).next_block;
  while (true) {
    QUANJI_TRY(auto block, range());
    if (!block) break;
    if (block->number == from - 1) {
      settings.before = block;
      first_place = block->end_place;
      before_total = block->total;
    } else if (block->number == from && !settings.before) {
      first_place = block->first_place;
      before_total = block->total - block->count;
    }
    if (block->number == to) {
      end_place = block->end_place;
      if (block->total - before_total > verify_rows)
        return base::Error(base::Code::invalid_field)
            .with_field("toBlock", {"范围内的审计行超过 10 万行，请缩小范围。", "More than 100 000 rows lie in the range: ask for less."});
    }
  }
  if (from > 1 && !settings.before) {
    // Nothing to hang the part on: the hole in front of it is itself a finding.
    settings.before.emplace();
    settings.before->number = from - 2;
  }
  QUANJI_TRY(auto report, check_audit(*keys, stored_audit(view, from - 1, to, first_place, end_place), settings));
  answer.clean = report.clean();
  answer.rows = report.rows;
  answer.blocks = report.blocks;
  answer.found = report.found;
  answer.faults = std::move(report.faults);
  return answer;
}

}  // namespace quanji::services
