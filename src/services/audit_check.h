// Finding what does not agree with the seals: the log checked row by row, from the database or from an export.
// Reads foreign bytes: fuzz/export_line.cpp
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/seal_block.h"
#include "services/audit.h"

namespace quanji::services {

struct StoredRow {
  std::int64_t place = 0, seq = 0;
  std::string canonical;  // what the MAC should be over
  std::string id, algorithm, key_id;
  base::Bytes mac;
  std::string trouble;  // why the row could not be read at all; then only place and seq count
};
enum class FaultKind : std::uint8_t { changed, missing, added, moved, seal_changed, seal_missing, truncated, checkpoint };
struct Fault {
  FaultKind kind{};
  std::int64_t seq = 0;    // of the row; 0: of none
  std::int64_t block = 0;  // 0: not sealed
  std::string id;          // id text of the row, when it is known
  std::string detail;      // English, for the report
  static const base::FieldList& fields();
};
struct CheckReport {
  std::int64_t rows = 0, blocks = 0, unsealed = 0, checkpoints = 0;
  std::int64_t found = 0;     // faults in all
  std::vector<Fault> faults;  // the first thousand
  bool clean() const { return found == 0; }
};
inline constexpr std::size_t faults_reported = 1000;

// What is checked, in order: blocks by number, rows by (place, seq). Nothing at the end.
struct CheckSources {
  std::function<Result<std::optional<domain::SealBlock>>()> next_block;
  std::function<Result<std::optional<StoredRow>>()> next_row;
};
struct CheckSettings {
  std::optional<domain::SealBlock> before;                         // a part of the log: the block before its first
  enum class End : std::uint8_t { open, closed } end = End::open;  // closed: the part ends with its last block
  enum class Numbers : std::uint8_t { may_have_gaps, without_gaps } numbers = Numbers::may_have_gaps;  // SQLite: without
  std::vector<domain::Checkpoint> checkpoints;                                                         // from outside of the database
};
// Reads everything once; memory: one block and the faults. Fails only when a source does.
Result<CheckReport> check_audit(const AuditKeys& keys, CheckSources sources, const CheckSettings& settings);

// From the database: blocks after `after_block` up to `last_block`, rows from `first_place` to before `end_place`.
CheckSources stored_audit(const View& view, std::int64_t after_block, std::int64_t last_block, std::int64_t first_place,
                          std::int64_t end_place);
// Never throws for a damaged row: its trouble says what is wrong.
StoredRow stored_row(const storage::Row& row);
Result<domain::SealBlock> stored_block(const storage::Row& row);

// ---- export ----
// NDJSON in pieces, for files and answers. Line kinds, each with exactly these bytes around their values:
//   {"kind":"block","mac":"<hex>","block":"<base64 of mac_input>"}
//   {"kind":"row","place":N,"seq":N,"mac":"<hex>","row":<canonical_json>}
//   {"kind":"checkpoint","document":"<text>"}
// Blocks stand before the rows they seal; rows that are not sealed yet come last.
std::string export_line(const domain::SealBlock& block);
std::string export_line(const StoredRow& row);
std::string export_line_of_checkpoint(std::string_view document);
// A line back; invalid ones are refused with what is wrong.
struct ExportLine {
  std::optional<domain::SealBlock> block;
  std::optional<StoredRow> row;
  std::optional<std::string> checkpoint;
};
Result<ExportLine> parse_export_line(std::string_view line);

// From the lines of an export, read once. A line that cannot be read is a row with trouble. Checkpoints are put into `checkpoints`.
CheckSources exported_audit(std::function<bool(std::string& line)> next_line, std::shared_ptr<std::vector<std::string>> checkpoints);

// The same piece by piece, each in a short read of its own: sealed blocks after `after_block` with their rows, then the checkpoints. What
// is sealed after the export began is not in it.
struct AuditExportAsk {
  std::optional<std::int64_t> after_block;  // 0 or absent: from the start
  static const base::FieldList& fields();
};
// Where an export stands between two pieces.
struct AuditExportPlace {
  std::int64_t block = 0, last_block = 0;          // given last or under way; the newest when it began
  std::int64_t place = 0, seq = 0, end_place = 0;  // of the rows of the block under way
  enum class In : std::uint8_t { blocks, rows } in = In::blocks;
  std::int64_t checkpoint = 0;  // number of the one given last
};
inline constexpr std::size_t export_piece_bytes = 128 * 1024;  // a piece is over it by one row at most
// not_found, not_permitted: as for every read of the root department's.
Result<AuditExportPlace> export_audit(const View& view, const AuditExportAsk& ask);
// Moves the place on; an empty piece is the end.
Result<std::string> export_audit_piece(const View& view, AuditExportPlace& at);

// ---- POST /audit/verify ----
struct AuditVerifyAsk {
  std::optional<std::int64_t> from_block, to_block;  // both included; absent: the newest 100 blocks
  static const base::FieldList& fields();
};
struct AuditVerified {
  bool clean = false;
  std::int64_t from_block = 0, to_block = 0, rows = 0, blocks = 0, found = 0;
  std::vector<Fault> faults;
  static const base::FieldList& fields();
};
inline constexpr std::int64_t verify_blocks = 500;    // a call checks at most so many blocks
inline constexpr std::int64_t verify_rows = 100'000;  // and so many rows
Result<AuditVerified> verify_audit_range(const View& view, const AuditVerifyAsk& ask);

}  // namespace quanji::services
QUANJI_ENUM(quanji::services::FaultKind, "changed", "missing", "added", "moved", "seal_changed", "seal_missing", "truncated", "checkpoint");
