#include "services/folders.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/fields_json.h"
#include "domain/caller.h"
#include "domain/file_names.h"
#include "services/authority.h"
#include "services/departments.h"
#include "services/given_fields.h"
#include "services/lists.h"
#include "storage/queries.h"

namespace quanji::services {

using base::Code;
using base::Error;
using base::Text;

namespace {
namespace sql = storage::sql;
using storage::ColumnType;
using storage::FilterOp;

constexpr std::int64_t name_length = 255;
constexpr std::int64_t remark_length = 500;

const ResourceList& every_folder() {
  static const ResourceList list({.name = "folders",
                                  .from = "folders",
                                  .columns = {"id", "department_id", "parent_id", "name", "path", "depth", "remark", "created_at",
                                              "created_by", "updated_at", "updated_by", "revision"},
                                  .filters = {{"department_id", "department_id", FilterOp::eq, ColumnType::bytes, "folders_by_department"},
                                              {"parent_id", "parent_id", FilterOp::eq, ColumnType::bytes, "folders_by_parent"},
                                              {"name", "name", FilterOp::eq, ColumnType::text, ""},
                                              {"scope", "department_id", FilterOp::in, ColumnType::bytes, ""}},
                                  .sorts = {{"path", "path", ColumnType::text, "folders_by_path"},
                                            {"created_at", "created_at", ColumnType::integer, "folders_by_created"}},
                                  .default_sort = "path",
                                  .keyword_columns = {"name", "path"},
                                  .size = storage::ListPlan::Size::small},
                                 {{"department_id", &base::value_ops<DepartmentId>, {"部门", "Department"}},
                                  {"parent_id", &base::value_ops<FolderId>, {"上级文件夹", "Folder above"}},
                                  {"name", &base::value_ops<std::string>, {"名称", "Name"}}});
  return list;
}

Result<Folder> folder_for_act(const View& view, const FolderId& id) {
  QUANJI_TRY(auto found, find_folder(view, id));
  if (!found) return Error(Code::not_found);
  QUANJI_DO(allow(view, found->department_id));
  return std::move(*found);
}

Status check_name(const View& view, const Folder& folder) {
  const auto taken = [&]() -> Result<std::optional<storage::Row>> {
    if (folder.parent_id) return view.row(sql::folder_named_below, {{"parent_id", *folder.parent_id}, {"name", folder.name}});
    return view.row(sql::folder_named_at_top, {{"department_id", folder.department_id}, {"name", folder.name}});
  };
  QUANJI_TRY(const auto row, taken());
  if (row && row->id<FolderId>("id") != folder.id)
    return Error(Code::name_taken, Text(fmt::format("此处已有名为“{}”的文件夹，请换一个名称", folder.name),
                                        fmt::format("there is a folder named \"{}\" here: take another name", folder.name)))
        .with_field("name", Text("同级名称重复", "taken among its siblings"));
  return {};
}

Error too_deep() {
  return Error(Code::invalid_field)
      .with_field("parentId",
                  Text(fmt::format("文件夹最多 {} 级", folder_depth), fmt::format("folders stand at most {} levels deep", folder_depth)));
}

std::string stored(const Folder& folder) { return base::to_json(folder, base::Side::stored); }
void tell(Change& change, const Folder& folder, std::string before, std::string after) {
  change.note() = {.target = folder.id.text(),
                   .name = folder.path,
                   .department = folder.department_id.ulid,
                   .before = std::move(before),
                   .after = std::move(after)};
}

Status write(Change& change, Folder& folder) {
  folder.updated_at = change.now();
  folder.updated_by = actor(change);
  QUANJI_TRY(const auto n, change.run_with(sql::folder_update, folder));
  if (n != 1) return Error(Code::changed_meanwhile);
  ++folder.revision;
  return {};
}
Status repath_below(Change& change, const Folder& folder, const std::string& old_path, std::int64_t levels) {
  const auto old_length =
      std::count_if(old_path.begin(), old_path.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
  QUANJI_DO(
      change.run(sql::folder_repath_below, {{"id", folder.id}, {"new_path", folder.path}, {"old_length", old_length}, {"levels", levels}}));
  return {};
}

Result<std::int64_t> folders_in(const View& view, const DepartmentId& id) {
  QUANJI_TRY(const auto row, view.row(sql::department_folder_count, {{"id", id}}));
  return row ? row->integer("n") : 0;
}
Result<std::int64_t> files_in(const View& view, const DepartmentId& id) {
  QUANJI_TRY(const auto row, view.row(sql::department_file_count, {{"id", id}}));
  return row ? row->integer("n") : 0;
}

}  // namespace

QUANJI_FIELDS(Folder,  //
              QF(id, "文件夹标识", "Folder id"), QF(department_id, "部门", "Department"),
              QF(parent_id, "上级文件夹；顶层没有", "Folder above; none at the top"),
              QF(name, "名称，同级唯一", "Name, unique among siblings"),
              QF(path, "从部门顶层起的名称，以 / 分隔", "Names from the top of the department down, joined by /"),
              QF(depth, "层级，顶层为 0", "Level, 0 at the top"), QF(remark, "备注", "Remark"),
              QF(created_at, "创建时间", "When it was made"), QF(created_by, "创建人", "Who made it"),
              QF(updated_at, "更新时间", "When it last changed"), QF(updated_by, "更新人", "Who changed it last"),
              QF(revision, "版本号", "Revision"))
QUANJI_FIELDS(NewFolder,  //
              QF(department_id, "部门；不填为自己的部门，有上级文件夹时随上级",
                 "Department; absent: one's own, or that of the folder above"),
              QF(parent_id, "上级文件夹；不填为顶层", "Folder above; absent: the top"),
              QF(name, "名称，同级唯一", "Name, unique among siblings", .min = 1, .max = name_length,
                 .pattern = &domain::file_name_pattern),
              QF(remark, "备注", "Remark", .max = remark_length, .pattern = &base::printable_pattern))
QUANJI_FIELDS(FolderChange,  //
              QF(id, "文件夹标识", "Folder id", .flags = base::in_path),
              QF(name, "名称，同级唯一", "Name, unique among siblings", .min = 1, .max = name_length,
                 .pattern = &domain::file_name_pattern),
              QF(remark, "备注", "Remark", .max = remark_length, .pattern = &base::printable_pattern))
QUANJI_FIELDS(FolderRef, QF(id, "文件夹标识", "Folder id", .flags = base::in_path))
QUANJI_FIELDS(FolderMove,  //
              QF(id, "文件夹标识", "Folder id", .flags = base::in_path),
              QF(parent_id, "新的上级文件夹；不填为部门顶层", "The new folder above; absent: the top of its department"))

const base::ListShape& folder_list_shape() { return every_folder().shape(); }
const storage::Listing& folder_listing() { return every_folder().listing(); }
Result<base::Page<Folder>> list_folders(const View& view, const base::ListQuery& query) { return every_folder().read<Folder>(view, query); }
Result<Folder> read_folder(const View& view, const FolderRef& ref) { return folder_for_act(view, ref.id); }

Result<std::optional<Folder>> find_folder(const View& view, const FolderId& id) {
  return view.maybe<Folder>(sql::folder_by_id, {{"id", id}});
}

Result<DepartmentId> place_of(const View& view, const std::optional<FolderId>& folder_id, const std::optional<DepartmentId>& department) {
  if (folder_id) {
    QUANJI_TRY(const auto folder, find_folder(view, *folder_id));
    if (!folder) return Error(Code::invalid_field).with_field("folderId", Text("没有这个文件夹", "there is no such folder"));
    if (department && *department != folder->department_id)
      return Error(Code::invalid_field).with_field("departmentId", Text("与文件夹所属部门不同", "is not the department of the folder"));
    QUANJI_DO(takes_new(view, folder->department_id, "folderId"));
    return folder->department_id;
  }
  auto place = department.value_or(view.caller().department);
  if (place.empty()) place = domain::root_department;
  QUANJI_DO(takes_new(view, place, "departmentId"));
  return place;
}

Result<Folder> create_folder(Change& change, const NewFolder& in) {
  Folder made;
  if (in.parent_id) {
    QUANJI_TRY(const auto parent, find_folder(change, *in.parent_id));
    if (!parent || !allow(change, parent->department_id))
      return Error(Code::invalid_field).with_field("parentId", Text("没有这个文件夹", "there is no such folder"));
    if (parent->depth + 1 >= folder_depth) return too_deep();
    made.path = parent->path + "/";
    made.depth = parent->depth + 1;
  }
  QUANJI_TRY(made.department_id, place_of(change, in.parent_id, in.department_id));
  QUANJI_DO(allow(change, made.department_id));
  made.id = change.new_id<FolderId>();
  made.parent_id = in.parent_id;
  made.name = in.name;
  made.path += in.name;
  made.remark = in.remark;
  made.created_at = made.updated_at = change.now();
  made.created_by = made.updated_by = actor(change);
  made.revision = 1;
  QUANJI_DO(check_name(change, made));
  QUANJI_DO(change.run_with(sql::folder_insert, made));
  tell(change, made, {}, stored(made));
  return made;
}

Result<Folder> change_folder(Change& change, const base::Patch<FolderChange>& patch) {
  QUANJI_TRY(auto folder, folder_for_act(change, patch.value.id));
  QUANJI_DO(expect_revision(change, folder.revision));
  const auto before = stored(folder);
  const auto old_name = folder.name, old_path = folder.path;
  take_given(patch, folder);
  if (folder.name != old_name) {
    QUANJI_DO(check_name(change, folder));
    folder.path = old_path.substr(0, old_path.size() - old_name.size()) + folder.name;
  }
  QUANJI_DO(write(change, folder));
  if (folder.path != old_path) QUANJI_DO(repath_below(change, folder, old_path, 0));
  tell(change, folder, before, stored(folder));
  return folder;
}

Result<Folder> move_folder(Change& change, const FolderMove& in) {
  QUANJI_TRY(auto folder, folder_for_act(change, in.id));
  QUANJI_DO(expect_revision(change, folder.revision));
  const auto before = stored(folder);
  const auto old_path = folder.path;
  std::int64_t depth = 0;
  std::string above;
  if (in.parent_id) {
    QUANJI_TRY(const auto parent, find_folder(change, *in.parent_id));
    if (!parent || !allow(change, parent->department_id))
      return Error(Code::invalid_field).with_field("parentId", Text("没有这个文件夹", "there is no such folder"));
    if (parent->department_id != folder.department_id)
      return Error(Code::invalid_field)
          .with_field("parentId", Text("文件夹只能在本部门内移动；跨部门请移动文件", "a folder stays in its department: move its files"));
    depth = parent->depth + 1;
    above = parent->path + "/";
  }
  QUANJI_TRY(const auto below, change.rows(sql::folder_subtree, {{"id", folder.id}}));
  std::int64_t height = 0;
  for (const auto row : below) {
    height = std::max(height, row.integer("level"));
    if (in.parent_id && row.id<FolderId>("id") == *in.parent_id)
      return Error(Code::invalid_field)
          .with_field("parentId", Text("不能移到自己或自己的下级之下", "a folder cannot be moved below itself"));
  }
  if (depth + height >= folder_depth) return too_deep();
  const auto levels = depth - folder.depth;
  folder.parent_id = in.parent_id;
  folder.path = above + folder.name;
  folder.depth = depth;
  QUANJI_DO(check_name(change, folder));
  QUANJI_DO(write(change, folder));
  QUANJI_DO(repath_below(change, folder, old_path, levels));
  tell(change, folder, before, stored(folder));
  return folder;
}

Status delete_folder(Change& change, const FolderRef& ref) {
  QUANJI_TRY(const auto folder, folder_for_act(change, ref.id));
  QUANJI_DO(expect_revision(change, folder.revision));
  QUANJI_TRY(const auto row, change.row(sql::folder_contents, {{"id", folder.id}}));
  if (row && row->integer("folders") + row->integer("files") > 0)
    return Error(Code::still_referenced,
                 Text(fmt::format("文件夹“{}”内还有 {} 个文件夹、{} 个文件，请先移走或删除", folder.path, row->integer("folders"),
                                  row->integer("files")),
                      fmt::format("the folder \"{}\" still holds {} folders and {} files: move or delete them first", folder.path,
                                  row->integer("folders"), row->integer("files"))));
  QUANJI_TRY(const auto n, change.run_with(sql::folder_delete, folder));
  if (n != 1) return Error(Code::changed_meanwhile);
  tell(change, folder, stored(folder), {});
  return {};
}

void join_files() {
  register_department_contents({{"文件夹", "folders"}, &folders_in});
  register_department_contents({{"文件", "files"}, &files_in});
}

}  // namespace quanji::services
