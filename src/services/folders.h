// Folders: a tree of names inside each department, at most `folder_depth` levels; files stand in them. Whoever may do something with files
// in a department may do it in all of its folders.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/list_query.h"
#include "domain/file_ids.h"
#include "domain/ids.h"
#include "services/rights.h"
#include "storage/listing.h"

namespace quanji::services {

using domain::DepartmentId;
using domain::FolderId;

inline constexpr std::int64_t folder_depth = 8;

struct Folder {
  FolderId id;
  DepartmentId department_id;
  std::optional<FolderId> parent_id;  // absent: at the top of its department
  std::string name;                   // unique among its siblings
  std::string path;                   // names from the top of the department down, joined by '/'
  std::int64_t depth = 0;             // 0: at the top
  std::optional<std::string> remark;
  base::Time created_at;
  std::string created_by;
  base::Time updated_at;
  std::string updated_by;
  std::int64_t revision = 0;
  static const base::FieldList& fields();
};
struct NewFolder {
  std::optional<DepartmentId> department_id;  // of a folder at the top; absent: the caller's own
  std::optional<FolderId> parent_id;
  std::string name;
  std::optional<std::string> remark;
  static const base::FieldList& fields();
};
struct FolderChange {
  FolderId id;
  std::string name;
  std::optional<std::string> remark;
  static const base::FieldList& fields();
};
struct FolderRef {
  FolderId id;
  static const base::FieldList& fields();
};
struct FolderMove {
  FolderId id;
  std::optional<FolderId> parent_id;  // absent: to the top of its department
  static const base::FieldList& fields();
};

const base::ListShape& folder_list_shape();
const storage::Listing& folder_listing();
Result<base::Page<Folder>> list_folders(const View&, const base::ListQuery&);
Result<Folder> read_folder(const View&, const FolderRef&);
Result<Folder> create_folder(Change&, const NewFolder&);
Result<Folder> change_folder(Change&, const base::Patch<FolderChange>&);
// Inside of its department; loops and what would stand too deep are refused.
Result<Folder> move_folder(Change&, const FolderMove&);
// still_referenced while it holds folders or files.
Status delete_folder(Change&, const FolderRef&);

// Without asking for rights: nothing when there is none.
Result<std::optional<Folder>> find_folder(const View&, const FolderId&);
// Where something new is to stand: the folder's department, else the one that was named, else the caller's own. A field problem, or what
// takes_new says, when that is no place; rights are the caller's affair.
Result<DepartmentId> place_of(const View&, const std::optional<FolderId>&, const std::optional<DepartmentId>&);
// So that departments with folders or files are not deleted. Once, before anything is served.
void join_files();

}  // namespace quanji::services
