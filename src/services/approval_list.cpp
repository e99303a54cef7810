// What stands in an approval and in the requests about one, and how approvals are listed.
#include "base/fields_json.h"
#include "services/approvals.h"
#include "services/lists.h"

namespace quanji::services {

namespace {

constexpr std::int64_t reason_length = 500;
constexpr std::int64_t incident_length = 64;
constexpr std::int64_t digest_length = 64;
constexpr std::int64_t totp_length = 16;

}  // namespace

QUANJI_FIELDS(Approval,  //
              QF(id, "复核事项标识", "Approval id"), QF(operation, "被暂存的操作", "The operation that was held"),
              QF(permission, "该操作所需权限", "The permission it asks for"), QF(input, "操作的输入", "Input of the operation"),
              QF(digest, "复核人所签内容的 SHA-256", "SHA-256 of what the checker signs"), QF(target, "对象标识", "Id of the thing"),
              QF(target_name, "对象名称", "Its name"), QF(department_id, "对象所属部门", "Its department"),
              QF(before, "改变前", "Before the change"), QF(after, "改变后", "After the change"), QF(maker_id, "经办人", "Who made it"),
              QF(maker, "经办人登录名", "Account of the maker"), QF(client, "转呈的接入方", "Client that carried the call"),
              QF(request_reason, "经办原因", "Why it was asked for"), QF(state, "状态", "State"),
              QF(expires_at, "失效时间", "When it expires"),
              QF(checker_id, "决定人；应急操作为单人执行者", "Who decided; of an emergency act, who acted alone"),
              QF(checker, "决定人登录名", "Account of who decided"), QF(decision_reason, "决定原因", "Why it was decided so"),
              QF(decided_at, "决定时间", "When it was decided"), QF(result, "操作的结果", "Answer of the operation"),
              QF(incident, "应急操作的事件编号", "Incident number of an emergency act"),
              QF(after_check_due, "补做复核的期限", "When the after-check is due"),
              QF(after_checked_at, "补做复核时间", "When it was checked afterwards"),
              QF(after_checked_by, "补做复核人", "Who checked it afterwards"),
              QF(after_check, "补做复核的状态", "State of the after-check"),
              QF(after_check_note, "补做复核意见", "What the after-check found"), QF(created_at, "创建时间", "When it was made"),
              QF(created_by, "创建人", "Who made it"), QF(updated_at, "更新时间", "When it last changed"),
              QF(updated_by, "更新人", "Who changed it last"), QF(revision, "版本号", "Revision"))
QUANJI_FIELDS(HeldAnswer,  //
              QF(approval_id, "复核事项标识", "Approval id"), QF(state, "状态", "State"), QF(expires_at, "失效时间", "When it expires"))
QUANJI_FIELDS(ApprovalRef, QF(id, "复核事项标识", "Approval id", .flags = base::in_path))
QUANJI_FIELDS(ApprovalDecision,  //
              QF(id, "复核事项标识", "Approval id", .flags = base::in_path),
              QF(digest, "所见内容的摘要", "Digest of what was read", .min = digest_length, .max = digest_length),
              QF(reason, "意见", "Remark", .max = reason_length, .pattern = &base::printable_pattern))
QUANJI_FIELDS(ApprovalRefusal,  //
              QF(id, "复核事项标识", "Approval id", .flags = base::in_path),
              QF(reason, "原因", "Why", .min = 1, .max = reason_length, .pattern = &base::printable_pattern))
QUANJI_FIELDS(ApprovalChange,  //
              QF(id, "复核事项标识", "Approval id", .flags = base::in_path),
              QF(request_reason, "经办原因", "Why it is asked for", .min = 1, .max = reason_length, .pattern = &base::printable_pattern))
QUANJI_FIELDS(EmergencyAct,  //
              QF(id, "复核事项标识", "Approval id", .flags = base::in_path),
              QF(digest, "所见内容的摘要", "Digest of what was read", .min = digest_length, .max = digest_length),
              QF(incident, "事件编号", "Incident number", .min = 1, .max = incident_length, .pattern = &base::printable_pattern),
              QF(reason, "原因", "Why", .min = 1, .max = reason_length, .pattern = &base::printable_pattern),
              QF(totp, "动态口令", "One-time password", .min = 1, .max = totp_length, .flags = base::write_only))
QUANJI_FIELDS(AfterCheck,  //
              QF(id, "复核事项标识", "Approval id", .flags = base::in_path), QF(outcome, "结论", "Outcome"),
              QF(note, "意见", "What was found", .min = 1, .max = reason_length, .pattern = &base::printable_pattern))

namespace {

using storage::ColumnType;
using storage::FilterOp;
const ResourceList& approvals() {
  static const ResourceList list(
      {.name = "approvals",
       .from = "approvals",
       .columns = {"id",
                   "operation",
                   "permission",
                   "input",
                   "digest",
                   "target",
                   "target_name",
                   "department_id",
                   "before",
                   "after",
                   "maker_id",
                   "maker",
                   "client",
                   "request_reason",
                   "state",
                   "expires_at",
                   "checker_id",
                   "checker",
                   "decision_reason",
                   "decided_at",
                   "result",
                   "incident",
                   "after_check_due",
                   "after_checked_at",
                   "after_checked_by",
                   "after_check",
                   "after_check_note",
                   "created_at",
                   "created_by",
                   "updated_at",
                   "updated_by",
                   "revision"},
       .filters = {{"state", "state", FilterOp::eq, ColumnType::text, "approvals_by_state_created"},
                   {"operation", "operation", FilterOp::eq, ColumnType::text, "approvals_by_operation_created"},
                   {"maker_id", "maker_id", FilterOp::eq, ColumnType::bytes, "approvals_by_maker_created"},
                   {"department_id", "department_id", FilterOp::eq, ColumnType::bytes, "approvals_by_department_created"},
                   {"after_check", "after_check", FilterOp::eq, ColumnType::text, "approvals_by_after_check_created"},
                   {"created", "created_at", FilterOp::range, ColumnType::integer, "approvals_by_created"},
                   {"scope", "department_id", FilterOp::in, ColumnType::bytes, ""}},
       .sorts = {{"created_at", "created_at", ColumnType::integer, "approvals_by_created"}},
       .default_sort = "-created_at"},
      {{"state", &base::value_ops<ApprovalState>, {"状态", "State"}},
       {"operation", &base::value_ops<std::string>, {"操作", "Operation"}},
       {"maker_id", &base::value_ops<UserId>, {"经办人", "Maker"}},
       {"department_id", &base::value_ops<DepartmentId>, {"部门", "Department"}},
       {"after_check", &base::value_ops<AfterCheckState>, {"补做复核的状态", "State of the after-check"}}});
  return list;
}

}  // namespace

const base::ListShape& approval_list_shape() { return approvals().shape(); }
const storage::Listing& approval_listing() { return approvals().listing(); }
Result<Page<Approval>> list_approvals(const View& view, const base::ListQuery& query) {
  QUANJI_TRY(auto page, approvals().read<Approval>(view, query));
  for (auto& approval : page.items) approval.state = domain::at(approval.state, approval.expires_at, view.now());
  return page;
}

}  // namespace quanji::services
