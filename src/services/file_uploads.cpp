#include "services/file_uploads.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encodings.h"
#include "base/fields_json.h"
#include "domain/caller.h"
#include "domain/file_names.h"
#include "services/authority.h"
#include "services/given_fields.h"
#include "storage/queries.h"

namespace quanji::services {

using base::Code;
using base::Error;
using base::Text;

namespace {
namespace sql = storage::sql;

constexpr std::int64_t most_parts = 10'000;
constexpr std::int64_t smallest_part = 64 << 10, largest_part = 64 << 20;
constexpr std::string_view default_part = "8388608";
constexpr std::string_view blob_of = "upload_part";

struct UploadRow {
  UploadId id;
  DepartmentId department_id;
  NewUpload wanted;
  std::int64_t size = 0, part_bytes = 0;
  base::Time expires_at, created_at;
  std::string created_by;

  std::int64_t parts() const { return std::max<std::int64_t>(1, (size + part_bytes - 1) / part_bytes); }
  std::int64_t size_of(std::int64_t number) const { return number < parts() ? part_bytes : size - (parts() - 1) * part_bytes; }
};

Result<UploadRow> find(const View& view, const UploadId& id) {
  QUANJI_TRY(const auto row, view.row(sql::upload_by_id, {{"id", id}}));
  if (!row || row->time("expires_at") <= view.now() || row->text("created_by") != actor(view))
    return Error(Code::not_found, Text("没有这一上传，或已过期：请重新开始", "there is no such upload, or it has expired: begin again"));
  UploadRow upload;
  upload.id = id;
  upload.department_id = row->id<DepartmentId>("department_id");
  upload.size = row->integer("size");
  upload.part_bytes = row->integer("part_bytes");
  upload.expires_at = row->time("expires_at");
  upload.created_at = row->time("created_at");
  upload.created_by = row->text("created_by");
  QUANJI_TRY(const auto json, base::parse_json(row->text("wanted")));
  base::Problems problems;
  base::decode(NewUpload::fields(), &upload.wanted, json, problems, base::Side::stored);
  QUANJI_DO(std::move(problems).as_status());
  QUANJI_DO(allow(view, upload.department_id));
  return upload;
}

NewFile file_wanted(const NewUpload& in) {
  NewFile wanted;
  const auto all = (std::uint64_t{1} << NewUpload::fields().size()) - 1;
  take_given(NewUpload::fields(), &in, all, NewFile::fields(), &wanted);
  wanted.name = in.name;
  return wanted;
}

Result<Upload> shown(const View& view, const UploadRow& upload) {
  Upload out;
  out.id = upload.id;
  out.department_id = upload.department_id;
  out.name = upload.wanted.name;
  out.size = upload.size;
  out.part_bytes = upload.part_bytes;
  out.part_count = upload.parts();
  out.expires_at = upload.expires_at;
  out.created_at = upload.created_at;
  out.created_by = upload.created_by;
  QUANJI_TRY(const auto rows, view.rows(sql::upload_parts, {{"upload_id", upload.id}}));
  std::int64_t next = 1;
  for (const auto row : rows) {
    for (; next < row.integer("number"); ++next) out.missing.push_back(next);
    ++next;
    out.parts.push_back({row.integer("number"), row.integer("size"), base::hex(row.bytes("digest"))});
  }
  for (; next <= out.part_count; ++next) out.missing.push_back(next);
  return out;
}

Status drop(Change& change, const UploadId& id) {
  QUANJI_TRY(const auto rows, change.rows(sql::upload_parts, {{"upload_id", id}}));
  for (const auto row : rows) {
    QUANJI_DO(change.run(sql::upload_part_delete, {{"upload_id", id}, {"number", row.integer("number")}}));
    QUANJI_DO(storage::unname_blob(change, storage::digest_of(row.bytes("digest")), blob_of, row.ulid("id")));
  }
  QUANJI_DO(change.run(sql::upload_delete, {{"id", id}}));
  return {};
}

void tell(Change& change, const UploadRow& upload) {
  change.note() = {.target = upload.id.text(), .name = upload.wanted.name, .department = upload.department_id.ulid};
}

}  // namespace

QUANJI_FIELDS(NewUpload,  //
              QF(name, "文件名", "Name", .min = 1, .max = 255, .pattern = &domain::file_name_pattern),
              QF(size, "整个文件的字节数", "Bytes of the whole file", .min = 0, .max = std::int64_t{1} << 40),
              QF(part_bytes, "每一段的字节数（最后一段除外）", "Bytes of every part but the last", .min = smallest_part,
                 .max = largest_part, .fallback = default_part),
              QF(folder_id, "文件夹；不填则不在文件夹内", "Folder; absent: loose"),
              QF(department_id, "部门；不填为自己的部门，有文件夹时随文件夹", "Department; absent: one's own, or that of the folder"),
              QF(kind, "种类，如 input、output、evidence、report", "Kind: input, output, evidence, report …",
                 .pattern = &base::name_pattern, .fallback = "\"other\""),
              QF(business_date, "业务日期", "Business date"), QF(task_id, "所属任务", "Task it belongs to"),
              QF(expires_at, "到期时间，届时删除", "When it is deleted"),
              QF(content_type, "内容类型", "Content type", .max = 127, .pattern = &content_type_pattern),
              QF(remark, "备注", "Remark", .max = 500, .pattern = &base::printable_pattern),
              QF(sha256, "应有的 SHA-256 摘要；不符则拒绝", "SHA-256 it must have; anything else is refused",
                 .pattern = &hex_digest_pattern),
              QF(sm3, "应有的 SM3 摘要；不符则拒绝", "SM3 it must have; anything else is refused", .pattern = &hex_digest_pattern))
QUANJI_FIELDS(UploadPart, QF(number, "第几段，从 1 起", "Its number, from 1"), QF(size, "字节数", "Bytes"),
              QF(sha256, "SHA-256 摘要", "SHA-256 digest"))
QUANJI_FIELDS(Upload,  //
              QF(id, "上传标识", "Upload id"), QF(department_id, "部门", "Department"), QF(name, "文件名", "Name"),
              QF(size, "整个文件的字节数", "Bytes of the whole file"), QF(part_bytes, "每一段的字节数", "Bytes of a part"),
              QF(part_count, "段数", "How many parts"), QF(parts, "已收到的段", "The parts that are there", .max = most_parts),
              QF(missing, "还缺的段", "Numbers of the parts that are not", .max = most_parts),
              QF(expires_at, "此前须完成", "To be completed before"), QF(created_at, "开始时间", "When it began"),
              QF(created_by, "上传人", "Who uploads"))
QUANJI_FIELDS(UploadRef, QF(id, "上传标识", "Upload id", .flags = base::in_path))
QUANJI_FIELDS(PartRef,  //
              QF(id, "上传标识", "Upload id", .flags = base::in_path),
              QF(number, "第几段，从 1 起", "Its number, from 1", .min = 1, .max = most_parts, .flags = base::in_path),
              QF(sha256, "此段应有的 SHA-256 摘要；不符则拒绝", "SHA-256 the part must have; anything else is refused",
                 .pattern = &hex_digest_pattern))

Result<Upload> start_upload(Change& change, const NewUpload& in) {
  UploadRow upload;
  QUANJI_TRY(upload.department_id, check_new_file(change, file_wanted(in), in.name, in.size));
  QUANJI_DO(allow(change, upload.department_id));
  upload.size = in.size;
  upload.part_bytes = in.part_bytes;
  if (upload.parts() > most_parts)
    return Error(Code::invalid_field)
        .with_field("partBytes", Text(fmt::format("分段过多（最多 {} 段），请增大每段字节数", most_parts),
                                      fmt::format("more than {} parts: make them larger", most_parts)));
  QUANJI_TRY(const auto open, change.row(sql::uploads_open, {{"created_by", actor(change)}}));
  if (open && open->integer("n") >= uploads_of_one)
    return Error(Code::waiting_limit,
                 Text("未完成的上传过多，请先完成或取消", "too many uploads are not completed: complete or cancel some"));
  upload.id = change.new_id<UploadId>();
  upload.wanted = in;
  upload.created_at = change.now();
  upload.created_by = actor(change);
  upload.expires_at = change.now().plus(uploads_kept_for);
  const auto wanted = base::to_json(in, base::Side::stored);
  QUANJI_DO(change.run(sql::upload_insert, {{"id", upload.id},
                                            {"department_id", upload.department_id},
                                            {"wanted", wanted},
                                            {"size", upload.size},
                                            {"part_bytes", upload.part_bytes},
                                            {"expires_at", upload.expires_at},
                                            {"created_at", upload.created_at},
                                            {"created_by", upload.created_by}}));
  tell(change, upload);
  return shown(change, upload);
}

Result<Upload> read_upload(const View& view, const UploadRef& ref) {
  QUANJI_TRY(const auto upload, find(view, ref.id));
  return shown(view, upload);
}

Result<Upload> put_upload_part(Change& change, const Uploaded<PartRef>& in) {
  if (!in.content) return Error(Code::bug, "a part without its content");
  const auto& part = in.value;
  const auto& blob = in.content->blob;
  QUANJI_TRY(const auto upload, find(change, part.id));
  if (part.number > upload.parts())
    return Error(Code::invalid_field)
        .with_field("number",
                    Text(fmt::format("此上传只有 {} 段", upload.parts()), fmt::format("the upload has {} parts", upload.parts())));
  if (blob.size != upload.size_of(part.number))
    return Error(Code::invalid_field)
        .with_field("number", Text(fmt::format("此段应为 {} 字节，收到 {} 字节", upload.size_of(part.number), blob.size),
                                   fmt::format("this part has {} bytes, {} came", upload.size_of(part.number), blob.size)));
  if (part.sha256 && *part.sha256 != base::hex(blob.sha256))
    return Error(Code::invalid_field)
        .with_field("sha256", Text("与收到的内容不符，请重传此段", "another content arrived: send the part again"));
  QUANJI_TRY(const auto there, change.row(sql::upload_part, {{"upload_id", part.id}, {"number", part.number}}));
  if (!there || storage::digest_of(there->bytes("digest")) != blob.sha256) {
    if (there) {
      QUANJI_DO(change.run(sql::upload_part_delete, {{"upload_id", part.id}, {"number", part.number}}));
      QUANJI_DO(storage::unname_blob(change, storage::digest_of(there->bytes("digest")), blob_of, there->ulid("id")));
    }
    const auto id = change.new_ulid();
    QUANJI_DO(storage::name_blob(change, blob.sha256, blob_of, id));
    QUANJI_DO(change.run(
        sql::upload_part_insert,
        {{"upload_id", part.id}, {"number", part.number}, {"id", id}, {"digest", storage::Bytes(blob.sha256)}, {"size", blob.size}}));
  }
  tell(change, upload);
  return shown(change, upload);
}

Result<std::vector<storage::BlobFacts>> pieces_of_upload(const View& view, const UploadRef& ref) {
  QUANJI_TRY(const auto upload, find(view, ref.id));
  QUANJI_TRY(const auto rows, view.rows(sql::upload_parts, {{"upload_id", ref.id}}));
  if (static_cast<std::int64_t>(rows.size()) != upload.parts())
    return Error(Code::wrong_state, Text(fmt::format("还缺 {} 段，不能完成", upload.parts() - static_cast<std::int64_t>(rows.size())),
                                         fmt::format("{} parts are missing", upload.parts() - static_cast<std::int64_t>(rows.size()))));
  std::vector<storage::BlobFacts> pieces;
  for (const auto row : rows) {
    QUANJI_TRY(const auto facts, storage::blob_facts(view, storage::digest_of(row.bytes("digest"))));
    if (!facts) return Error(Code::bug, "a part of an upload names no blob");
    pieces.push_back(*facts);
  }
  return pieces;
}

Result<File> complete_upload(Change& change, const Uploaded<UploadRef>& in) {
  QUANJI_TRY(const auto upload, find(change, in.value.id));
  if (!in.content) return Error(Code::bug, "an upload is completed without its content");
  QUANJI_TRY(const auto now, pieces_of_upload(change, in.value));
  const auto& then = in.content->pieces;
  if (!std::equal(now.begin(), now.end(), then.begin(), then.end(),
                  [](const auto& facts, const auto& digest) { return facts.sha256 == digest; }))
    return Error(Code::changed_meanwhile);
  const auto wanted = file_wanted(upload.wanted);
  QUANJI_TRY(const auto place, check_new_file(change, wanted, upload.wanted.name, in.content->blob.size));
  QUANJI_DO(allow(change, place));
  QUANJI_TRY(auto file, put_file(change, wanted, upload.wanted.name, place, in.content->blob));
  QUANJI_DO(drop(change, upload.id));
  return file;
}

Status cancel_upload(Change& change, const UploadRef& ref) {
  QUANJI_TRY(const auto upload, find(change, ref.id));
  QUANJI_DO(drop(change, upload.id));
  tell(change, upload);
  return {};
}

Result<std::int64_t> sweep_uploads(Change& change, std::int64_t limit) {
  QUANJI_TRY(const auto rows, change.rows(sql::uploads_expired, {{"now", change.now()}, {"limit", limit}}));
  for (const auto row : rows) QUANJI_DO(drop(change, row.id<UploadId>("id")));
  return static_cast<std::int64_t>(rows.size());
}

}  // namespace quanji::services
