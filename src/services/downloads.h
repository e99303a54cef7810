// What goes out as bytes: a file, several as one zip archive, and tickets that let one download happen without signing in.
//
// A ticket is a secret: it is answered once, kept as its digest, and comes back in the body of a POST, never in an address. It works once,
// within minutes (setting files.ticket_minutes), also when the transfer breaks off.
#pragma once
#include <string>
#include <vector>

#include "services/files.h"

namespace quanji::services {

// One body made of pieces in a row, each some bytes or a whole blob; encodes as nothing, its bytes are sent instead (api/file_work.h).
struct Download {
  struct Piece {
    std::string bytes;
    std::optional<storage::BlobFacts> blob;  // instead of bytes
    std::int64_t size() const { return blob ? blob->size : static_cast<std::int64_t>(bytes.size()); }
  };
  std::vector<Piece> pieces;
  std::string file_name, content_type;
  std::string etag;         // quoted
  std::string sha256, sm3;  // lower hex; empty when they are not known
  std::int64_t size() const;
  static const base::FieldList& fields();
};

struct FileTicket {
  std::string ticket;  // "qjd_…", shown once
  base::Time expires_at;
  static const base::FieldList& fields();
};
struct TicketUse {
  base::Secret ticket;
  static const base::FieldList& fields();
};

Result<Download> download_file(const View&, const FileRef&);
// All or nothing: a file the caller may not have is not_found, named. Stored without compression; at most 4 GB.
Result<Download> download_zip(const View&, const FileIds&);
Result<FileTicket> create_ticket(Change&, const FileRef&);
// By nobody in particular. wrong_credentials for a ticket that is wrong, used or too old.
Result<Download> use_ticket(Change&, const TicketUse&);
Status sweep_tickets(Change&);

// A zip archive (APPNOTE 6.3.3) of stored entries. `names` are file names, none twice.
struct ZipEntry {
  std::string name;
  base::Time at;
  storage::BlobFacts blob;
};
std::vector<Download::Piece> zip_of(const std::vector<ZipEntry>& entries);

}  // namespace quanji::services
