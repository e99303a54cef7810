#include "services/files.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "base/encodings.h"
#include "base/fields_json.h"
#include "domain/caller.h"
#include "domain/file_names.h"
#include "services/audit.h"
#include "services/authority.h"
#include "services/departments.h"
#include "services/folders.h"
#include "services/given_fields.h"
#include "services/lists.h"
#include "services/settings.h"
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
constexpr std::int64_t type_length = 127;
constexpr std::int64_t read_many = 200;
constexpr std::string_view blob_of = "file";
constexpr std::string_view unknown_type = "application/octet-stream";

std::atomic<std::int64_t>& upload_limit() {
  static std::atomic<std::int64_t> bytes{std::int64_t{200} << 20};
  return bytes;
}

// RFC 9110 8.3.1 without parameters: what stands in an answer's head is never more than this.
bool is_content_type(std::string_view text) {
  const auto slash = text.find('/');
  const auto token = [](std::string_view t) {
    return !t.empty() && std::all_of(t.begin(), t.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             std::string_view("!#$&-^_.+").find(c) != std::string_view::npos;
    });
  };
  return slash != std::string_view::npos && token(text.substr(0, slash)) && token(text.substr(slash + 1));
}
bool is_digest(std::string_view text) { return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos; }

const ResourceList& every_file() {
  static const ResourceList list(
      {.name = "files",
       .from = "files",
       .columns = {"id", "department_id", "folder_id", "name", "kind", "size", "sha256", "sm3", "content_type", "business_date", "task_id",
                   "expires_at", "remark", "created_at", "created_by", "updated_at", "updated_by", "revision"},
       .filters = {{"department_id", "department_id", FilterOp::eq, ColumnType::bytes, "files_by_department"},
                   {"folder_id", "folder_id", FilterOp::eq, ColumnType::bytes, "files_by_folder"},
                   {"task_id", "task_id", FilterOp::eq, ColumnType::bytes, "files_by_task"},
                   {"business_date", "business_date", FilterOp::eq, ColumnType::integer, "files_by_business_date"},
                   {"kind", "kind", FilterOp::eq, ColumnType::text, "files_by_kind"},
                   {"name", "name", FilterOp::eq, ColumnType::text, "files_by_name"},
                   {"sha256", "sha256", FilterOp::eq, ColumnType::text, "files_by_digest"},
                   {"created", "created_at", FilterOp::range, ColumnType::integer, "files_by_created"},
                   {"scope", "department_id", FilterOp::in, ColumnType::bytes, ""}},
       .sorts = {{"created_at", "created_at", ColumnType::integer, "files_by_created"}},
       .default_sort = "-created_at",
       .keyword_columns = {"name"},
       .keyword_window = "created"},
      {{"department_id", &base::value_ops<DepartmentId>, {"部门", "Department"}},
       {"folder_id", &base::value_ops<FolderId>, {"文件夹", "Folder"}},
       {"task_id", &base::value_ops<TaskId>, {"任务", "Task"}},
       {"business_date", &base::value_ops<base::Date>, {"业务日期", "Business date"}},
       {"kind", &base::value_ops<std::string>, {"种类", "Kind"}},
       {"name", &base::value_ops<std::string>, {"文件名", "Name"}},
       {"sha256", &base::value_ops<std::string>, {"SHA-256 摘要", "SHA-256 digest"}}});
  return list;
}

std::string stored(const File& file) { return base::to_json(file, base::Side::stored); }
void tell(Change& change, const File& file, std::string before, std::string after) {
  change.note() = {.target = file.id.text(),
                   .name = file.name,
                   .department = file.department_id.ulid,
                   .before = std::move(before),
                   .after = std::move(after)};
}

Result<File> file_for_act(const View& view, const FileId& id) {
  QUANJI_TRY(auto found, find_file(view, id));
  if (!found) return Error(Code::not_found);
  QUANJI_DO(allow(view, found->department_id));
  return std::move(*found);
}

Status check_name(const View& view, const std::optional<FolderId>& folder, const std::string& name, const FileId& self) {
  if (!folder) return {};
  QUANJI_TRY(const auto row, view.row(sql::file_named, {{"folder_id", *folder}, {"name", name}}));
  if (row && row->id<FileId>("id") != self)
    return Error(Code::name_taken, Text(fmt::format("文件夹内已有名为“{}”的文件，请换一个名称", name),
                                        fmt::format("the folder has a file named \"{}\": take another name", name)))
        .with_field("name", Text("文件夹内名称重复", "taken in its folder"));
  return {};
}
Status check_type(const View& view, const std::string& name) {
  const auto type = domain::extension(name);
  QUANJI_TRY(const auto allowed, settings::list(view, "files.types"));
  QUANJI_TRY(const auto refused, settings::list(view, "files.refused_types"));
  const auto has = [&](const std::vector<std::string>& list) { return std::find(list.begin(), list.end(), type) != list.end(); };
  if ((!allowed.empty() && !has(allowed)) || has(refused))
    return Error(Code::invalid_field)
        .with_field("name", Text(fmt::format("不接受扩展名为“{}”的文件（设置 files.types、files.refused_types）", type),
                                 fmt::format("files ending in \"{}\" are not taken (settings files.types, files.refused_types)", type)));
  return {};
}
Status check_expiry(const View& view, const std::optional<base::Time>& at) {
  if (at && *at <= view.now()) return Error(Code::invalid_field).with_field("expiresAt", Text("应晚于现在", "must lie ahead"));
  return {};
}

Status write(Change& change, File& file) {
  file.updated_at = change.now();
  file.updated_by = actor(change);
  QUANJI_TRY(const auto n, change.run_with(sql::file_update, file));
  if (n != 1) return Error(Code::changed_meanwhile);
  ++file.revision;
  return {};
}
Status remove(Change& change, const File& file) {
  QUANJI_TRY(const auto digest, storage::digest_from_hex(file.sha256));
  QUANJI_DO(change.run(sql::file_tickets_delete, {{"file_id", file.id}}));
  QUANJI_TRY(const auto n, change.run_with(sql::file_delete, file));
  if (n != 1) return Error(Code::changed_meanwhile);
  return storage::unname_blob(change, digest, blob_of, file.id.ulid);
}

}  // namespace

const base::Pattern content_type_pattern{"^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+$",
                                         is_content_type,
                                         {"应为 类型/子类型，不带参数", "a type and a subtype, without parameters"}};
const base::Pattern hex_digest_pattern{"^[0-9a-f]{64}$", is_digest, {"应为 64 位小写十六进制", "64 lower-case hexadecimal digits"}};

QUANJI_FIELDS(File,  //
              QF(id, "文件标识", "File id"), QF(department_id, "部门", "Department"), QF(folder_id, "文件夹", "Folder"),
              QF(name, "文件名", "Name"), QF(kind, "种类", "Kind"), QF(size, "字节数", "Bytes"),
              QF(sha256, "SHA-256 摘要", "SHA-256 digest"), QF(sm3, "SM3 摘要", "SM3 digest"), QF(content_type, "内容类型", "Content type"),
              QF(business_date, "业务日期", "Business date"), QF(task_id, "所属任务", "Task it belongs to"),
              QF(expires_at, "到期时间，届时删除", "When it is deleted"), QF(remark, "备注", "Remark"),
              QF(created_at, "创建时间", "When it was made"), QF(created_by, "创建人", "Who made it"),
              QF(updated_at, "更新时间", "When it last changed"), QF(updated_by, "更新人", "Who changed it last"),
              QF(revision, "版本号", "Revision"))
QUANJI_FIELDS(NewFile,  //
              QF(name, "文件名；多段表单可不填", "Name; a multipart body may leave it to its file", .min = 1, .max = name_length,
                 .pattern = &domain::file_name_pattern),
              QF(folder_id, "文件夹；不填则不在文件夹内", "Folder; absent: loose"),
              QF(department_id, "部门；不填为自己的部门，有文件夹时随文件夹", "Department; absent: one's own, or that of the folder"),
              QF(kind, "种类，如 input、output、evidence、report", "Kind: input, output, evidence, report …",
                 .pattern = &base::name_pattern, .fallback = "\"other\""),
              QF(business_date, "业务日期", "Business date"), QF(task_id, "所属任务", "Task it belongs to"),
              QF(expires_at, "到期时间，届时删除", "When it is deleted"),
              QF(content_type, "内容类型", "Content type", .max = type_length, .pattern = &content_type_pattern),
              QF(remark, "备注", "Remark", .max = remark_length, .pattern = &base::printable_pattern),
              QF(sha256, "应有的 SHA-256 摘要；不符则拒绝", "SHA-256 it must have; anything else is refused",
                 .pattern = &hex_digest_pattern),
              QF(sm3, "应有的 SM3 摘要；不符则拒绝", "SM3 it must have; anything else is refused", .pattern = &hex_digest_pattern))
QUANJI_FIELDS(FileChange,  //
              QF(id, "文件标识", "File id", .flags = base::in_path),
              QF(name, "文件名", "Name", .min = 1, .max = name_length, .pattern = &domain::file_name_pattern),
              QF(kind, "种类", "Kind", .pattern = &base::name_pattern), QF(business_date, "业务日期", "Business date"),
              QF(task_id, "所属任务", "Task it belongs to"), QF(expires_at, "到期时间，届时删除", "When it is deleted"),
              QF(remark, "备注", "Remark", .max = remark_length, .pattern = &base::printable_pattern))
QUANJI_FIELDS(FileRef, QF(id, "文件标识", "File id", .flags = base::in_path))
QUANJI_FIELDS(FileMove,  //
              QF(id, "文件标识", "File id", .flags = base::in_path),
              QF(folder_id, "新的文件夹；不填为移出文件夹", "The new folder; absent: loose"),
              QF(department_id, "新的部门；不填为原部门", "The new department of a loose one; absent: where it is"))
QUANJI_FIELDS(FileIds, QF(ids, "标识，最多 200 个", "Ids, 200 at most", .min = 1, .max = read_many))
QUANJI_FIELDS(FileItems, QF(items, "可见的那些，按给出的次序", "Those you may see, in the order asked for"))

const base::ListShape& file_list_shape() { return every_file().shape(); }
const storage::Listing& file_listing() { return every_file().listing(); }
Result<base::Page<File>> list_files(const View& view, const base::ListQuery& query) { return every_file().read<File>(view, query); }
Result<File> read_file(const View& view, const FileRef& ref) { return file_for_act(view, ref.id); }
Result<FileItems> read_files(const View& view, const FileIds& ask) {
  FileItems answer;
  for (const auto& id : ask.ids) {
    QUANJI_TRY(auto found, find_file(view, id));
    if (found && allow(view, found->department_id)) answer.items.push_back(std::move(*found));
  }
  return answer;
}

Result<std::optional<File>> find_file(const View& view, const FileId& id) {
  QUANJI_TRY(auto found, view.maybe<File>(sql::file_by_id, {{"id", id}}));
  if (found && found->expires_at && *found->expires_at <= view.now()) found.reset();
  return found;
}
Result<std::vector<File>> files_of_task(const View& view, const TaskId& task) {
  return view.all<File>(sql::files_of_task, {{"task_id", task}});
}

std::int64_t largest_file() { return std::min(upload_limit().load(), settings::known_integer("files.max_mb") << 20); }
void set_largest_upload(std::int64_t bytes) { upload_limit() = bytes; }

Result<DepartmentId> check_new_file(const View& view, const NewFile& in, const std::string& name, std::int64_t size) {
  if (!domain::is_file_name(name))
    return Error(Code::invalid_field)
        .with_field("name", Text(std::string(domain::file_name_pattern.sentence.zh), std::string(domain::file_name_pattern.sentence.en)));
  if (const auto most = largest_file(); size > most)
    return Error(Code::too_large, Text(fmt::format("文件超过上限 {} MB（设置 files.max_mb）", most >> 20),
                                       fmt::format("the file is larger than {} MB (setting files.max_mb)", most >> 20)));
  QUANJI_DO(check_type(view, name));
  QUANJI_DO(check_expiry(view, in.expires_at));
  QUANJI_TRY(const auto place, place_of(view, in.folder_id, in.department_id));
  QUANJI_DO(check_name(view, in.folder_id, name, {}));
  return place;
}

Result<File> put_file(Change& change, const NewFile& in, const std::string& name, const DepartmentId& place,
                      const storage::BlobFacts& blob) {
  File made;
  made.id = change.new_id<FileId>();
  made.department_id = place;
  made.folder_id = in.folder_id;
  made.name = name;
  made.kind = in.kind;
  made.size = blob.size;
  made.sha256 = base::hex(blob.sha256);
  made.sm3 = base::hex(blob.sm3);
  for (const auto& [promised, came, field] : {std::tuple{&in.sha256, &made.sha256, "sha256"}, std::tuple{&in.sm3, &made.sm3, "sm3"}})
    if (*promised && **promised != *came)
      return Error(Code::invalid_field)
          .with_field(field, Text(fmt::format("与收到的内容不符：收到的是 {}，请重新上传", *came),
                                  fmt::format("another content arrived, with {}: upload it again", *came)));
  made.content_type = in.content_type.value_or(std::string(unknown_type));
  made.business_date = in.business_date;
  made.task_id = in.task_id;
  made.expires_at = in.expires_at;
  if (!made.expires_at) {
    QUANJI_TRY(const auto days, settings::integer(change, "files.days"));
    if (days > 0) made.expires_at = change.now().plus(std::chrono::hours(24) * days);
  }
  made.remark = in.remark;
  made.created_at = made.updated_at = change.now();
  made.created_by = made.updated_by = actor(change);
  made.revision = 1;
  QUANJI_DO(change.run_with(sql::file_insert, made, {{"digest", storage::Bytes(blob.sha256)}}));
  QUANJI_DO(storage::name_blob(change, blob.sha256, blob_of, made.id.ulid));
  tell(change, made, {}, stored(made));
  return made;
}

Result<File> create_file(Change& change, const Uploaded<NewFile>& in) {
  if (!in.content) return Error(Code::bug, "a file without its content");
  auto wanted = in.value;
  const auto name = wanted.name.value_or(in.content->file_name);
  if (name.empty()) return Error(Code::invalid_field).with_field("name", Text("必填", "is required"));
  if (!wanted.content_type && is_content_type(in.content->content_type) && in.content->content_type.size() <= type_length)
    wanted.content_type = in.content->content_type;
  QUANJI_TRY(const auto place, check_new_file(change, wanted, name, in.content->blob.size));
  QUANJI_DO(allow(change, place));
  return put_file(change, wanted, name, place, in.content->blob);
}

Result<File> change_file(Change& change, const base::Patch<FileChange>& patch) {
  QUANJI_TRY(auto file, file_for_act(change, patch.value.id));
  QUANJI_DO(expect_revision(change, file.revision));
  const auto before = stored(file);
  const auto old_name = file.name;
  take_given(patch, file);
  if (file.name != old_name) {
    QUANJI_DO(check_type(change, file.name));
    QUANJI_DO(check_name(change, file.folder_id, file.name, file.id));
  }
  if (was_given(patch, "expires_at")) QUANJI_DO(check_expiry(change, file.expires_at));
  QUANJI_DO(write(change, file));
  tell(change, file, before, stored(file));
  return file;
}

Result<File> move_file(Change& change, const FileMove& in) {
  QUANJI_TRY(auto file, file_for_act(change, in.id));
  QUANJI_DO(expect_revision(change, file.revision));
  const auto before = stored(file);
  auto department = in.department_id;
  if (!in.folder_id && !department) department = file.department_id;
  QUANJI_TRY(const auto place, place_of(change, in.folder_id, department));
  QUANJI_DO(allow(change, place));
  QUANJI_DO(check_name(change, in.folder_id, file.name, file.id));
  file.folder_id = in.folder_id;
  file.department_id = place;
  QUANJI_DO(write(change, file));
  tell(change, file, before, stored(file));
  return file;
}

Status delete_file(Change& change, const FileRef& ref) {
  QUANJI_TRY(const auto file, file_for_act(change, ref.id));
  QUANJI_DO(expect_revision(change, file.revision));
  QUANJI_DO(remove(change, file));
  tell(change, file, stored(file), {});
  return {};
}

Result<std::int64_t> expire_files(Change& change, std::int64_t limit) {
  QUANJI_TRY(const auto expired, change.all<File>(sql::files_expired, {{"now", change.now()}, {"limit", limit}}));
  for (const auto& file : expired) {
    QUANJI_DO(remove(change, file));
    tell(change, file, stored(file), {});
    change.note().reason = "expired";
    QUANJI_DO(write_audit(change, {.operation = "file.expire", .audit = "file.expired", .note = change.note()}));
  }
  return static_cast<std::int64_t>(expired.size());
}

}  // namespace quanji::services
