// Files: named contents in a department, in a folder or loose, of a task or not. The bytes are blobs (storage/blobs.h); a file names one.
// Names are unique in a folder; loose files may share one.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/list_query.h"
#include "domain/file_ids.h"
#include "domain/ids.h"
#include "services/rights.h"
#include "services/uploaded.h"
#include "storage/listing.h"

namespace quanji::services {

using domain::DepartmentId;
using domain::FileId;
using domain::FolderId;
using domain::TaskId;

// "text/csv": a type and a subtype, nothing that could say more in an answer's head. 64 lower-case hexadecimal digits.
extern const base::Pattern content_type_pattern, hex_digest_pattern;

struct File {
  FileId id;
  DepartmentId department_id;
  std::optional<FolderId> folder_id;
  std::string name;
  std::string kind;  // a word of the user's: "input", "output", "evidence", "report"
  std::int64_t size = 0;
  std::string sha256, sm3;  // lower hex
  std::string content_type;
  std::optional<base::Date> business_date;
  std::optional<TaskId> task_id;
  std::optional<base::Time> expires_at;  // deleted then
  std::optional<std::string> remark;
  base::Time created_at;
  std::string created_by;
  base::Time updated_at;
  std::string updated_by;
  std::int64_t revision = 0;
  static const base::FieldList& fields();
};
struct NewFile {
  std::optional<std::string> name;  // absent: the file name of a multipart body
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
struct FileChange {
  FileId id;
  std::string name;
  std::string kind;
  std::optional<base::Date> business_date;
  std::optional<TaskId> task_id;
  std::optional<base::Time> expires_at;
  std::optional<std::string> remark;
  static const base::FieldList& fields();
};
struct FileRef {
  FileId id;
  static const base::FieldList& fields();
};
struct FileMove {
  FileId id;
  std::optional<FolderId> folder_id;          // absent: loose
  std::optional<DepartmentId> department_id;  // of a loose one; absent: where it is
  static const base::FieldList& fields();
};
struct FileIds {
  std::vector<FileId> ids;  // at most 200
  static const base::FieldList& fields();
};
struct FileItems {
  std::vector<File> items;  // those the caller may see, in the order asked for
  static const base::FieldList& fields();
};

const base::ListShape& file_list_shape();
const storage::Listing& file_listing();
Result<base::Page<File>> list_files(const View&, const base::ListQuery&);
Result<File> read_file(const View&, const FileRef&);
Result<FileItems> read_files(const View&, const FileIds&);
// invalid_field when a digest was promised and another content came; too_large, or invalid_field on `name`, by the settings files.*.
Result<File> create_file(Change&, const Uploaded<NewFile>&);
Result<File> change_file(Change&, const base::Patch<FileChange>&);
// Into another department only for who may do so in both.
Result<File> move_file(Change&, const FileMove&);
Status delete_file(Change&, const FileRef&);

// ---- for other services ----
// Without asking for rights: nothing when there is none, or it has expired.
Result<std::optional<File>> find_file(const View&, const FileId&);
Result<std::vector<File>> files_of_task(const View&, const TaskId&);  // the oldest 1 000
// Names, types, size, place, expiry: everything that can be said of a file before its content is there. Where it is to stand.
Result<DepartmentId> check_new_file(const View&, const NewFile&, const std::string& name, std::int64_t size);
// Writes the row and names the blob. Rights are the caller's affair.
Result<File> put_file(Change&, const NewFile&, const std::string& name, const DepartmentId&, const storage::BlobFacts&);
// Deletes what has expired, at most `limit`; by the clock, with an audit row each.
Result<std::int64_t> expire_files(Change&, std::int64_t limit);
// The largest content that may come, by settings and configuration.
std::int64_t largest_file();
void set_largest_upload(std::int64_t bytes);  // limits.upload_mb, once before anything is served

}  // namespace quanji::services
