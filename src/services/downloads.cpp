#include "services/downloads.h"

#include <fmt/format.h>

#include "base/encodings.h"
#include "domain/caller.h"
#include "domain/file_names.h"
#include "services/authority.h"
#include "services/settings.h"
#include "services/tokens.h"
#include "storage/queries.h"

namespace quanji::services {

using base::Code;
using base::Error;
using base::Text;

namespace {
namespace sql = storage::sql;

constexpr std::int64_t zip_limit = 0xF000'0000;  // below what needs the wider records of zip64
constexpr std::int64_t micros = 1'000'000, zone_seconds = 8 * 3600;

Result<storage::BlobFacts> blob_of(const View& view, const File& file) {
  QUANJI_TRY(const auto digest, storage::digest_from_hex(file.sha256));
  QUANJI_TRY(const auto facts, storage::blob_facts(view, digest));
  if (!facts) return Error(Code::bug, "a file names no blob: " + file.id.text());
  return *facts;
}
Result<Download> of_file(const View& view, const File& file) {
  QUANJI_TRY(const auto blob, blob_of(view, file));
  Download out;
  out.pieces.push_back({{}, blob});
  out.file_name = file.name;
  out.content_type = file.content_type;
  out.etag = "\"" + file.sha256 + "\"";
  out.sha256 = file.sha256;
  out.sm3 = file.sm3;
  return out;
}
Error no_good() {
  return Error(Code::wrong_credentials,
               Text("票据无效、已用过或已过期，请重新申请", "the ticket is wrong, used or too old: ask for another"));
}

void put16(std::string& out, std::uint64_t v) {
  out += static_cast<char>(v & 255);
  out += static_cast<char>((v >> 8) & 255);
}
void put32(std::string& out, std::uint64_t v) {
  put16(out, v & 0xFFFF);
  put16(out, (v >> 16) & 0xFFFF);
}
// What the two headers of an entry share, from "version needed" to the length of its name.
std::string shared_header(const ZipEntry& entry) {
  // DOS time: local, two seconds fine, from 1980.
  const auto seconds = entry.at.micros / micros + zone_seconds;
  const base::Date day{static_cast<std::int32_t>(seconds / 86'400)};
  const auto text = base::to_text(day);  // 2026-11-20
  const auto of_day = static_cast<std::uint64_t>(seconds % 86'400);
  const auto digits = [&](std::size_t from, std::size_t n) {
    std::uint64_t value = 0;
    for (const char c : text.substr(from, n)) value = value * 10 + static_cast<std::uint64_t>(c - '0');
    return value;
  };
  std::string out;
  put16(out, 20);      // 2.0
  put16(out, 0x0800);  // names are UTF-8
  put16(out, 0);       // stored
  put16(out, (of_day / 3600) << 11 | (of_day / 60 % 60) << 5 | (of_day % 60) / 2);
  put16(out, (std::max<std::uint64_t>(digits(0, 4), 1980) - 1980) << 9 | digits(5, 2) << 5 | digits(8, 2));
  put32(out, static_cast<std::uint64_t>(entry.blob.crc32));
  put32(out, static_cast<std::uint64_t>(entry.blob.size));
  put32(out, static_cast<std::uint64_t>(entry.blob.size));
  put16(out, entry.name.size());
  put16(out, 0);  // no extra field
  return out;
}

}  // namespace

const base::FieldList& Download::fields() { return base::Nothing::fields(); }
QUANJI_FIELDS(FileTicket,
              QF(ticket, "一次性票据，只显示一次；放在 POST /files/use-ticket 的请求体中",
                 "One-time ticket, shown once; goes into the body of POST /files/use-ticket", .flags = base::secret_once),
              QF(expires_at, "有效期至", "Good until"))
QUANJI_FIELDS(TicketUse, QF(ticket, "票据", "The ticket", .max = 256))

std::int64_t Download::size() const {
  std::int64_t all = 0;
  for (const auto& piece : pieces) all += piece.size();
  return all;
}

std::vector<Download::Piece> zip_of(const std::vector<ZipEntry>& entries) {
  std::vector<Download::Piece> pieces;
  std::string directory;
  std::int64_t at = 0;
  for (const auto& entry : entries) {
    const auto shared = shared_header(entry);
    put32(directory, 0x02014b50);
    put16(directory, 0x031e);  // made by: Unix
    directory += shared;
    put16(directory, 0);                             // no comment
    put16(directory, 0);                             // disk
    put16(directory, 0);                             // internal attributes
    put32(directory, std::uint64_t{0100600} << 16);  // a regular file, its owner's
    put32(directory, static_cast<std::uint64_t>(at));
    directory += entry.name;
    std::string local;
    put32(local, 0x04034b50);
    local += shared;
    local += entry.name;
    at += static_cast<std::int64_t>(local.size()) + entry.blob.size;
    pieces.push_back({std::move(local), {}});
    pieces.push_back({{}, entry.blob});
  }
  const auto length = directory.size();
  put32(directory, 0x06054b50);
  put16(directory, 0);
  put16(directory, 0);
  put16(directory, entries.size());
  put16(directory, entries.size());
  put32(directory, length);
  put32(directory, static_cast<std::uint64_t>(at));
  put16(directory, 0);
  pieces.push_back({std::move(directory), {}});
  return pieces;
}

Result<Download> download_file(const View& view, const FileRef& ref) {
  QUANJI_TRY(const auto file, read_file(view, ref));
  return of_file(view, file);
}

Result<Download> download_zip(const View& view, const FileIds& ask) {
  std::vector<std::string> names;
  std::vector<ZipEntry> entries;
  std::string all;
  std::int64_t size = 0;
  for (std::size_t i = 0; i < ask.ids.size(); ++i) {
    const auto field = fmt::format("ids[{}]", i);
    QUANJI_TRY(const auto file, find_file(view, ask.ids[i]));
    if (!file) return Error(Code::not_found).with_field(field, Text("没有这个文件", "there is no such file"));
    if (auto allowed = allow(view, file->department_id); !allowed)
      return std::move(allowed).error().with_field(field, Text("不能下载这个文件", "you may not have this file"));
    // Names are checked when files are made; what does not pass today's rule goes into no archive either.
    if (!domain::is_file_name(file->name))
      return Error(Code::invalid_field)
          .with_field(field, Text("文件名不能放入压缩包，请先改名", "its name cannot stand in an archive: rename it first"));
    QUANJI_TRY(const auto blob, blob_of(view, *file));
    size += file->size;
    all += file->sha256 + file->name + "\n";
    names.push_back(file->name);
    entries.push_back({{}, file->created_at, blob});
  }
  if (size > zip_limit)
    return Error(Code::too_large, Text("压缩包超过 4 GB，请分几次下载", "the archive is larger than 4 GB: take fewer files"));
  names = domain::without_repeats(names);
  for (std::size_t i = 0; i < entries.size(); ++i) entries[i].name = names[i];
  Download out;
  out.pieces = zip_of(entries);
  out.file_name = "files.zip";
  out.content_type = "application/zip";
  out.etag = "\"" + base::hex(base::sha256(all)) + "\"";
  return out;
}

Result<FileTicket> create_ticket(Change& change, const FileRef& ref) {
  QUANJI_TRY(const auto file, read_file(change, ref));
  QUANJI_TRY(const auto minutes, settings::integer(change, "files.ticket_minutes"));
  FileTicket made;
  made.ticket = new_token(change.random(), "qjd_");
  made.expires_at = change.now().plus(std::chrono::minutes(minutes));
  const auto hash = token_hash(made.ticket);
  QUANJI_DO(change.run(sql::file_ticket_insert, {{"secret_digest", storage::Bytes(hash)},
                                                 {"file_id", file.id},
                                                 {"expires_at", made.expires_at},
                                                 {"now", change.now()},
                                                 {"actor", actor(change)}}));
  change.note() = {.target = file.id.text(), .name = file.name, .department = file.department_id.ulid};
  return made;
}

Result<Download> use_ticket(Change& change, const TicketUse& in) {
  const auto hash = token_hash(in.ticket.reveal());
  QUANJI_TRY(const auto row, change.row(sql::file_ticket_take, {{"secret_digest", storage::Bytes(hash)}, {"now", change.now()}}));
  if (!row) return no_good();
  QUANJI_TRY(const auto file, find_file(change, row->id<FileId>("file_id")));
  if (!file) return no_good();
  change.note() = {.target = file->id.text(), .name = file->name, .department = file->department_id.ulid};
  change.note().reason = fmt::format("ticket of {}", row->text("created_by"));
  return of_file(change, *file);
}

Status sweep_tickets(Change& change) {
  QUANJI_DO(change.run(sql::file_tickets_sweep, {{"before", change.now().plus(-std::chrono::hours(24))}}));
  return {};
}

}  // namespace quanji::services
