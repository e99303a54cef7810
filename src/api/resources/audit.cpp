#include "api/resources/audit.h"

#include "api/bind.h"
#include "services/audit.h"
#include "services/audit_check.h"

namespace quanji::api {

void audit(Table& t) {
  t.add({.id = "audit.list",
         .verb = Verb::get,
         .path = "/audit",
         .summary = {"查询审计记录", "List the audit log"},
         .permission = "audit.read",
         .rate = Rate::report,
         .example = R"({"audit":"user.created"})"},
        list(services::audit_list_shape(), &services::list_audit));
  t.add({.id = "audit.export",
         .verb = Verb::get,
         .path = "/audit/export",
         .summary = {"导出已封存的审计记录（NDJSON，供 quanji audit verify 核对）",
                     "Export the sealed audit log, as NDJSON that quanji audit verify reads"},
         .permission = "audit.export",
         .audit = "audit.exported",
         .rate = Rate::report,
         .example = R"({"afterBlock":0})"},
        stream<&services::export_audit, &services::export_audit_piece>("application/x-ndjson"));
  t.add({.id = "audit.read",
         .verb = Verb::get,
         .path = "/audit/{id}",
         .summary = {"查看一条审计记录", "Read one row of the audit log"},
         .rate = Rate::report,
         .point = true,
         .failures = {Code::not_found, Code::wrong_id_type}},
        read(&services::read_audit));
  t.add({.id = "audit.verify",
         .verb = Verb::post,
         .path = "/audit/verify",
         .summary = {"核对一段审计记录（每次最多 500 个封块、10 万行）",
                     "Check a part of the audit log, at most 500 seal blocks and 100 000 rows"},
         .audit = "audit.verified",
         .rate = Rate::report,
         .example = R"({"fromBlock":1,"toBlock":100})"},
        read(&services::verify_audit_range));
}

}  // namespace quanji::api
