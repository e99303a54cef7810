#include "api/resources/files.h"

#include "api/bind.h"
#include "services/archive_check.h"
#include "services/downloads.h"
#include "services/file_uploads.h"
#include "services/files.h"

namespace quanji::api {

using namespace services;

namespace {
// Archives that would do harm where they are unpacked do not come in.
base::Status no_harm(const storage::Staging& staging, const Received&) {
  return check_archive(staging.size(), [&](std::int64_t offset, std::int64_t most) { return staging.read(offset, most); });
}
}  // namespace

void files(Table& t) {
  t.add({.id = "file.list",
         .verb = Verb::get,
         .path = "/files",
         .summary = {"查询文件", "List files"},
         .permission = "file.read",
         .example = R"({"kind":"evidence"})"},
        list(file_list_shape(), &list_files));
  t.add({.id = "file.read", .verb = Verb::get, .path = "/files/{id}", .summary = {"查看文件", "Read about a file"}, .point = true},
        read(&services::read_file));
  t.add({.id = "file.read_many",
         .verb = Verb::post,
         .path = "/files/read-many",
         .summary = {"按标识批量查看文件", "Read about many files by id"},
         .permission = "file.read",
         .example = R"({"ids":["fil_01ARYZ6S41TSV4RRFFQ69G5FAV"]})"},
        read(&read_files));
  t.add({.id = "file.create",
         .verb = Verb::post,
         .path = "/files",
         .summary = {"上传文件（原始字节或表单）", "Upload a file, as bytes or in a form"},
         .audit = "file.created",
         .creates = true,
         .failures = {Code::name_taken, Code::too_large, Code::wrong_state},
         .example = R"({"name":"对账单.csv","kind":"input"})"},
        upload(&create_file, &no_harm));
  t.add({.id = "file.change",
         .verb = Verb::patch,
         .path = "/files/{id}",
         .summary = {"修改文件的名称、种类、业务日期、任务、到期时间", "Change a file's name, kind, business date, task, expiry"},
         .audit = "file.changed",
         .failures = {Code::name_taken, Code::changed_meanwhile},
         .example = R"({"name":"对账单-复核.csv","businessDate":"2026-11-20"})"},
        change(&change_file));
  t.add({.id = "file.move",
         .verb = Verb::post,
         .path = "/files/{id}/move",
         .summary = {"移动文件到另一文件夹或部门", "Move a file to another folder or department"},
         .audit = "file.moved",
         .failures = {Code::name_taken, Code::changed_meanwhile, Code::wrong_state},
         .example = R"({"departmentId":"dep_00000000000000000000000001"})"},
        change(&move_file));
  t.add({.id = "file.delete",
         .verb = Verb::del,
         .path = "/files/{id}",
         .summary = {"删除文件", "Delete a file"},
         .audit = "file.deleted",
         .failures = {Code::changed_meanwhile}},
        change(&delete_file));
  t.add({.id = "file.download",
         .verb = Verb::get,
         .path = "/files/{id}/content",
         .summary = {"下载文件（支持 Range）", "Download a file; Range is honoured"},
         .audit = "file.downloaded",
         .failures = {Code::not_found, Code::store_unavailable}},
        download(&download_file));
  t.add({.id = "file.download_zip",
         .verb = Verb::post,
         .path = "/files/zip",
         .summary = {"把多个文件打成一个 zip 下载", "Download several files as one zip archive"},
         .permission = "file.download",
         .audit = "file.zip_downloaded",
         .failures = {Code::not_found, Code::too_large},
         .example = R"({"ids":["fil_01ARYZ6S41TSV4RRFFQ69G5FAV"]})"},
        download(&download_zip));
  t.add({.id = "file.create_ticket",
         .verb = Verb::post,
         .path = "/files/{id}/tickets",
         .summary = {"申请一次性下载票据（免登录、限时、一次）", "Make a one-time ticket: one download without signing in, soon"},
         .permission = "file.download",
         .audit = "file.ticket_created",
         .creates = true,
         .example = "{}"},
        change(&create_ticket));
  t.add({.id = "file.use_ticket",
         .verb = Verb::post,
         .path = "/files/use-ticket",
         .summary = {"凭一次性票据下载", "Download by a one-time ticket"},
         .permission = "-",
         .audit = "file.ticket_used",
         .entry = Entry::open,
         .failures = {Code::wrong_credentials},
         .example = R"({"ticket":"qjd_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})"},
        download(&use_ticket));
  t.add({.id = "file.start_upload",
         .verb = Verb::post,
         .path = "/files/uploads",
         .summary = {"开始分段上传", "Begin an upload in parts"},
         .permission = "file.create",
         .audit = "file.upload_started",
         .creates = true,
         .failures = {Code::name_taken, Code::too_large, Code::waiting_limit, Code::wrong_state},
         .example = R"({"name":"行情.dbf","size":104857600,"partBytes":8388608})"},
        change(&start_upload));
  t.add({.id = "file.read_upload",
         .verb = Verb::get,
         .path = "/files/uploads/{id}",
         .summary = {"查看分段上传：已到与所缺的段", "Read an upload in parts: which are there, which are missing"},
         .permission = "file.create"},
        read(&read_upload));
  t.add({.id = "file.put_part",
         .verb = Verb::post,
         .path = "/files/uploads/{id}/parts/{number}",
         .summary = {"上传一段（可重复）", "Bring one part, as often as it takes"},
         .permission = "file.create",
         .audit = "file.part_received",
         .failures = {Code::too_large, Code::changed_meanwhile}},
        upload(&put_upload_part));
  t.add({.id = "file.complete_upload",
         .verb = Verb::post,
         .path = "/files/uploads/{id}/complete",
         .summary = {"完成分段上传（核对摘要）", "Complete an upload in parts; its digests are checked"},
         .permission = "file.create",
         .audit = "file.created",
         .creates = true,
         .failures = {Code::wrong_state, Code::name_taken, Code::changed_meanwhile},
         .example = "{}"},
        gather<&pieces_of_upload>(&complete_upload, &no_harm));
  t.add({.id = "file.cancel_upload",
         .verb = Verb::del,
         .path = "/files/uploads/{id}",
         .summary = {"取消分段上传", "Cancel an upload in parts"},
         .permission = "file.create",
         .audit = "file.upload_cancelled"},
        change(&cancel_upload));
}

}  // namespace quanji::api
