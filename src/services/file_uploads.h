// Uploads in parts: begun with a size, brought in parts of one size in any order and as often as it takes, completed when all are there.
// Each part is a blob of its own, so what was acknowledged outlives the process. One that is not completed goes after a day.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "services/files.h"

namespace quanji::services {

using domain::UploadId;

inline constexpr std::chrono::hours uploads_kept_for{24};
inline constexpr std::int64_t uploads_of_one = 100;  // open at a time

struct NewUpload {
  std::string name;
  std::int64_t size = 0;        // of the whole file
  std::int64_t part_bytes = 0;  // of every part but the last
  std::optional<FolderId> folder_id;
  std::optional<DepartmentId> department_id;
  std::string kind;
  std::optional<base::Date> business_date;
  std::optional<TaskId> task_id;
  std::optional<base::Time> expires_at;
  std::optional<std::string> content_type;
  std::optional<std::string> remark;
  std::optional<std::string> sha256, sm3;  // what must have arrived
  static const base::FieldList& fields();
};
struct UploadPart {
  std::int64_t number = 0;  // from 1
  std::int64_t size = 0;
  std::string sha256;
  static const base::FieldList& fields();
};
struct Upload {
  UploadId id;
  DepartmentId department_id;
  std::string name;
  std::int64_t size = 0, part_bytes = 0, part_count = 0;
  std::vector<UploadPart> parts;      // those that are there
  std::vector<std::int64_t> missing;  // numbers of the others
  base::Time expires_at;
  base::Time created_at;
  std::string created_by;
  static const base::FieldList& fields();
};
struct UploadRef {
  UploadId id;
  static const base::FieldList& fields();
};
struct PartRef {
  UploadId id;
  std::int64_t number = 0;
  std::optional<std::string> sha256;  // what the part must be
  static const base::FieldList& fields();
};

// All of it is checked as create_file would: who may not complete it does not begin it.
Result<Upload> start_upload(Change&, const NewUpload&);
// An upload is its maker's own: not_found for everybody else.
Result<Upload> read_upload(const View&, const UploadRef&);
// The same part again is the same; another content takes its place.
Result<Upload> put_upload_part(Change&, const Uploaded<PartRef>&);
// The blobs to be put together, in their order; wrong_state while some are missing.
Result<std::vector<storage::BlobFacts>> pieces_of_upload(const View&, const UploadRef&);
// With them put together in `content`; changed_meanwhile when they are no longer those.
Result<File> complete_upload(Change&, const Uploaded<UploadRef>&);
Status cancel_upload(Change&, const UploadRef&);
// At most `limit` that were not completed in time.
Result<std::int64_t> sweep_uploads(Change&, std::int64_t limit);

}  // namespace quanji::services
