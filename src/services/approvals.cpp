#include "services/approvals.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/digest.h"
#include "base/fields_json.h"
#include "domain/caller.h"
#include "domain/role_rules.h"
#include "services/authority.h"
#include "services/events.h"
#include "services/given_fields.h"
#include "services/settings.h"
#include "services/users.h"
#include "storage/queries.h"

namespace quanji::services {

using base::Code;
using base::Error;
using base::Text;
using domain::ApprovalAct;
using domain::Side;

namespace {
namespace sql = storage::sql;

ApprovalPorts& ports() {
  static ApprovalPorts set;
  return set;
}

// What is signed: everything the checker is shown of the act, keys sorted.
std::string digest_of(const Approval& approval) {
  std::string text = R"({"after":)";
  const auto json = [&](const base::JsonText& value) { text += value.text.empty() ? "null" : value.text; };
  const auto word = [&](std::string_view key, std::string_view value) {
    text += fmt::format(R"(,"{}":)", key);
    base::append_json_string(text, value);
  };
  json(approval.after);
  text += R"(,"before":)";
  json(approval.before);
  word("client", approval.client.value_or(""));
  word("department", approval.department_id.text());
  text += R"(,"input":)";
  json(approval.input);
  word("maker", approval.maker_id ? approval.maker_id->text() : approval.maker);
  word("operation", approval.operation);
  word("reason", approval.request_reason.value_or(""));
  word("target", approval.target);
  text += '}';
  return base::hex(base::sha256(text));
}

// Only a person signed in as himself decides; a client that acts for him is not him.
Status human(const View& view) {
  const auto& caller = view.caller();
  if (caller.kind == domain::CallerKind::user && !caller.user.empty()) return {};
  return Error(Code::not_permitted, Text("复核只能由本人登录后进行，接入方和机器人不能复核",
                                         "only a person signed in as himself decides: no client and no robot"));
}

std::string read_permission(std::string_view operation) { return fmt::format("{}.read", operation.substr(0, operation.find('.'))); }

// An administrator of the system or security side in that department: holds something of either.
bool administers(const View& view, const DepartmentId& department) {
  static constexpr std::string_view marks[] = {"user.change", "setting.change", "department.change",
                                               "role.change", "grant.create",   "api_client.create"};
  return std::any_of(std::begin(marks), std::end(marks), [&](std::string_view permission) { return may(view, permission, department); });
}

// Whether the caller is one who may check this operation there.
Status may_check(const View& view, const Approval& approval) {
  QUANJI_DO(human(view));
  const auto& caller = view.caller();
  if (!may(view, "approval.decide", approval.department_id)) return Error(Code::not_permitted);
  if (approval.maker_id && *approval.maker_id == caller.user)
    return Error(Code::not_permitted,
                 Text("经办人不能复核自己的事项，请由另一个人复核", "the maker cannot check his own act: another person must"));
  const auto side = domain::side_of(approval.permission);
  const bool fit = side == Side::system || side == Side::security ? administers(view, approval.department_id)
                                                                  : may(view, read_permission(approval.operation), approval.department_id);
  if (!fit)
    return Error(Code::not_permitted,
                 side == Side::system || side == Side::security
                     ? Text("此事项须由系统管理员或安全管理员复核", "a system or security administrator must check this")
                     : Text("您无权查看所复核的内容，不能复核", "you may not read what is to be signed, so you cannot check it"));
  return {};
}

Result<std::optional<Approval>> find(const View& view, const ApprovalId& id) {
  QUANJI_TRY(auto found, view.maybe<Approval>(sql::approval_by_id, {{"id", id}}));
  if (found) found->state = domain::at(found->state, found->expires_at, view.now());
  return found;
}

bool is_maker(const View& view, const Approval& approval) { return approval.maker_id && *approval.maker_id == view.caller().user; }

// The approval as the caller may see it, else not_found.
Result<Approval> seen(const View& view, const ApprovalId& id) {
  QUANJI_TRY(auto found, find(view, id));
  if (!found ||
      !(is_maker(view, *found) || may(view, "approval.read", found->department_id) || may(view, "approval.decide", found->department_id)))
    return Error(Code::not_found);
  return std::move(*found);
}

// What is shown and signed: another digest, or a row that no longer fits its own, is not approved.
Status same_content(const Approval& approval, std::string_view digest) {
  if (approval.digest == digest && digest_of(approval) == approval.digest) return {};
  return Error(Code::changed_meanwhile,
               Text("内容与您所见的不同，请重新查看后再决定", "the content is not what you read: read it again and decide then"));
}

void tell(Change& change, const Approval& approval, std::string before, std::string reason) {
  change.note() = {approval.id.text(),
                   fmt::format("{} {}", approval.operation, approval.target_name),
                   approval.department_id.ulid,
                   std::move(before),
                   base::to_json(approval, base::Side::stored),
                   std::move(reason)};
}

Status announce(Change& change, std::string_view type, const Approval& approval) {
  std::string body = R"({"operation":)";
  base::append_json_string(body, approval.operation);
  const auto word = [&](std::string_view key, std::string_view value) {
    body += fmt::format(R"(,"{}":)", key);
    base::append_json_string(body, value);
  };
  word("departmentId", approval.department_id.text());
  word("target", approval.target);
  word("maker", approval.maker);
  if (approval.checker) word("checker", *approval.checker);
  if (approval.incident) word("incident", *approval.incident);
  if (approval.after_check_due) word("afterCheckDue", base::to_text(*approval.after_check_due));
  word("state", base::word(approval.state));
  body += '}';
  QUANJI_DO(emit(change, type, approval.id.text(), body));
  return {};
}

Status write(Change& change, Approval& approval) {
  approval.updated_at = change.now();
  approval.updated_by = actor(change);
  QUANJI_TRY(const auto n, change.run_with(sql::approval_update, approval));
  if (n != 1) return Error(Code::changed_meanwhile);
  ++approval.revision;
  return {};
}

// Runs what was held and sees that it still is what was signed.
Status carry_out(Change& change, Approval& approval) {
  if (!ports().carry_out) return Error(Code::not_supported);
  if (approval.maker_id) {
    QUANJI_TRY(const auto maker, standing(change, *approval.maker_id));
    if (!maker || !maker->may_come_in(change.now()))
      return Error(Code::wrong_state,
                   Text(fmt::format("经办人 {} 已停用或过期，该事项不能再执行", approval.maker),
                        fmt::format("the maker {} is disabled or has expired: this can no longer be carried out", approval.maker)));
  }
  change.note() = {};
  QUANJI_DO(ports().carry_out(change, approval, approval.result.text));
  const auto& note = change.note();
  // What is created gets another id than when it was held; the input of a change names its thing.
  const bool created = approval.input.text.find('"' + approval.target + '"') == std::string::npos;
  if (note.before != approval.before.text || note.department != approval.department_id.ulid || (!created && approval.target != note.target))
    return Error(Code::changed_meanwhile, Text("该对象在提交复核后已被改变，须撤回后重新提交",
                                               "the thing has changed since it was held: withdraw this and ask again"));
  return {};
}

void decide(const View& view, Approval& approval, ApprovalState state, std::string reason) {
  approval.state = state;
  approval.checker_id = view.caller().user;
  approval.checker = view.caller().account;
  approval.decided_at = view.now();
  if (!reason.empty()) approval.decision_reason = std::move(reason);
}

std::chrono::microseconds hours(std::int64_t n) { return std::chrono::hours(n); }
std::chrono::microseconds minutes(std::int64_t n) { return std::chrono::minutes(n); }

// Whether the operation may be done alone in an emergency at all.
Status named_for_emergency(const View& view, const Approval& approval) {
  const auto side = domain::side_of(approval.permission);
  QUANJI_TRY(const auto named, settings::list(view, "approvals.emergency_operations"));
  const bool barred = side == Side::system || side == Side::security || approval.operation.starts_with("payment.") ||
                      approval.operation.starts_with("credential.");
  if (!barred && std::find(named.begin(), named.end(), approval.operation) != named.end()) return {};
  return Error(Code::not_permitted, Text(fmt::format("操作 {} 不在应急操作之列", approval.operation),
                                         fmt::format("{} is not among the emergency operations", approval.operation)));
}

// The acts of one incident end a set time after its first.
Status incident_still_open(const View& view, const std::string& incident) {
  QUANJI_TRY(const auto first, view.row(sql::approval_incident_start, {{"incident", incident}}));
  if (!first) return {};
  QUANJI_TRY(const auto limit, settings::integer(view, "approvals.emergency_minutes"));
  if (view.now() <= first->time("decided_at").plus(minutes(limit))) return {};
  return Error(Code::wrong_state, Text(fmt::format("事件 {} 的应急时限（{} 分钟）已过，请等待复核", incident, limit),
                                       fmt::format("the {} minutes of incident {} are over: wait for a checker", limit, incident)));
}

}  // namespace

void set_approval_ports(ApprovalPorts set) { ports() = std::move(set); }

Result<bool> asks_second_person(const View& view, std::string_view operation) {
  QUANJI_TRY(const auto required, settings::truth(view, "approvals.required"));
  if (!required) return false;
  QUANJI_TRY(const auto named, settings::list(view, "approvals.operations"));
  return named.empty() || std::find(named.begin(), named.end(), operation) != named.end();
}

Result<HeldAnswer> hold(Change& change, const Held& held) {
  const auto& caller = change.caller();
  const bool client = caller.kind == domain::CallerKind::client;
  if (caller.kind != domain::CallerKind::user && !client)
    return Error(Code::not_permitted, Text("此操作须双人复核，只能由用户或接入方提出",
                                           "this waits for a second person: only a user or a client can ask for it"));
  if (caller.user.empty())
    return Error(Code::not_permitted,
                 Text("此操作须双人复核，经办须是人：接入方请用 X-On-Behalf-Of 代某个用户提出",
                      "this waits for a second person, and its maker must be one too: a client asks for a person by X-On-Behalf-Of"));
  QUANJI_TRY(const auto lasts, settings::integer(change, "approvals.expiry_hours"));
  Approval made;
  made.id = change.new_id<ApprovalId>();
  made.operation = held.operation;
  made.permission = held.permission;
  made.input.text = held.input;
  made.target = held.note.target;
  made.target_name = held.note.name;
  made.department_id = DepartmentId{held.note.department.empty() ? domain::root_department.ulid : held.note.department};
  made.before.text = held.note.before;
  made.after.text = held.note.after;
  made.maker_id = caller.user;
  made.maker = caller.on_behalf_of.empty() ? caller.account : caller.on_behalf_of;
  if (client) made.client = caller.client.text();
  if (!held.note.reason.empty()) made.request_reason = held.note.reason;
  made.expires_at = change.now().plus(hours(lasts));
  made.created_at = made.updated_at = change.now();
  made.created_by = made.updated_by = actor(change);
  made.revision = 1;
  made.digest = digest_of(made);
  QUANJI_DO(change.run_with(sql::approval_insert, made));
  QUANJI_DO(announce(change, "approval.created", made));
  tell(change, made, {}, held.note.reason);
  return HeldAnswer{made.id, made.state, made.expires_at};
}

Result<std::int64_t> expire_approvals(Change& change, std::int64_t most) {
  QUANJI_TRY(const auto rows, change.rows(sql::approvals_expired, {{"now", change.now()}, {"most", most}}));
  std::int64_t n = 0;
  for (const auto row : rows) {
    QUANJI_TRY(const auto changed,
               change.run(sql::approval_expire, {{"id", row.ulid("id")}, {"now", change.now()}, {"actor", actor(change)}}));
    n += changed;
    if (changed == 0) continue;
    QUANJI_TRY(const auto expired, find(change, row.id<ApprovalId>("id")));
    if (expired) QUANJI_DO(announce(change, "approval.expired", *expired));
  }
  return n;
}

Result<std::int64_t> tell_overdue_after_checks(Change& change, std::int64_t most) {
  QUANJI_TRY(const auto rows, change.rows(sql::after_checks_overdue, {{"now", change.now()}, {"most", most}}));
  std::int64_t n = 0;
  for (const auto row : rows) {
    QUANJI_TRY(auto approval, find(change, row.id<ApprovalId>("id")));
    if (!approval) continue;
    approval->after_check = AfterCheckState::overdue;
    QUANJI_DO(write(change, *approval));
    QUANJI_DO(announce(change, "approval.after_check_overdue", *approval));
    ++n;
  }
  return n;
}

Result<Approval> read_approval(const View& view, const ApprovalRef& ref) { return seen(view, ref.id); }

Result<Approval> approve(Change& change, const ApprovalDecision& in) {
  QUANJI_TRY(auto approval, seen(change, in.id));
  QUANJI_DO(expect_revision(change, approval.revision));
  QUANJI_DO(may_check(change, approval));
  QUANJI_TRY(const auto next, domain::after(approval.state, ApprovalAct::approve));
  QUANJI_DO(same_content(approval, in.digest));
  const auto before = base::to_json(approval, base::Side::stored);
  QUANJI_DO(carry_out(change, approval));
  decide(change, approval, next, in.reason.value_or(""));
  QUANJI_DO(write(change, approval));
  QUANJI_DO(announce(change, "approval.approved", approval));
  tell(change, approval, before, in.reason.value_or(""));
  return approval;
}

Result<Approval> refuse_approval(Change& change, const ApprovalRefusal& in) {
  QUANJI_TRY(auto approval, seen(change, in.id));
  QUANJI_DO(expect_revision(change, approval.revision));
  QUANJI_DO(may_check(change, approval));
  QUANJI_TRY(const auto next, domain::after(approval.state, ApprovalAct::refuse));
  const auto before = base::to_json(approval, base::Side::stored);
  decide(change, approval, next, in.reason);
  QUANJI_DO(write(change, approval));
  QUANJI_DO(announce(change, "approval.refused", approval));
  tell(change, approval, before, in.reason);
  return approval;
}

Result<Approval> withdraw_approval(Change& change, const ApprovalRefusal& in) {
  QUANJI_TRY(auto approval, seen(change, in.id));
  QUANJI_DO(expect_revision(change, approval.revision));
  if (!is_maker(change, approval))
    return Error(Code::not_permitted, Text("只有经办人可以撤回；复核人请用拒绝", "only the maker withdraws: a checker refuses"));
  QUANJI_TRY(const auto next, domain::after(approval.state, ApprovalAct::withdraw));
  const auto before = base::to_json(approval, base::Side::stored);
  approval.state = next;
  approval.decided_at = change.now();
  approval.decision_reason = in.reason;
  QUANJI_DO(write(change, approval));
  QUANJI_DO(announce(change, "approval.withdrawn", approval));
  tell(change, approval, before, in.reason);
  return approval;
}

Result<Approval> change_approval(Change& change, const base::Patch<ApprovalChange>& patch) {
  QUANJI_TRY(auto approval, seen(change, patch.value.id));
  QUANJI_DO(expect_revision(change, approval.revision));
  if (!is_maker(change, approval)) return Error(Code::not_permitted, Text("只有经办人可以更改", "only the maker changes it"));
  // Editing is allowed exactly while withdrawing is.
  QUANJI_DO(domain::after(approval.state, ApprovalAct::withdraw));
  const auto before = base::to_json(approval, base::Side::stored);
  if (was_given(patch, "request_reason")) approval.request_reason = patch.value.request_reason;
  approval.digest = digest_of(approval);
  QUANJI_DO(write(change, approval));
  tell(change, approval, before, approval.request_reason.value_or(""));
  return approval;
}

Result<Approval> act_alone(Change& change, const Prepared<EmergencyAct>& prepared) {
  const auto& in = prepared.value;
  QUANJI_TRY(auto approval, seen(change, in.id));
  QUANJI_DO(human(change));
  QUANJI_DO(allow(change, "approval.act_alone", approval.department_id));
  QUANJI_DO(allow(change, approval.permission, approval.department_id));
  QUANJI_DO(named_for_emergency(change, approval));
  QUANJI_TRY(const auto next, domain::after(approval.state, ApprovalAct::act_alone));
  QUANJI_TRY(const auto wait, settings::integer(change, "approvals.emergency_wait_minutes"));
  const auto from = approval.created_at.plus(minutes(wait));
  if (change.now() < from)
    return Error(Code::wrong_state,
                 Text(fmt::format("须先等待复核人 {} 分钟，{} 起才可应急", wait, base::to_text(from)),
                      fmt::format("a checker is to be waited for {} minutes first: from {} on", wait, base::to_text(from))));
  QUANJI_DO(incident_still_open(change, in.incident));
  QUANJI_DO(same_content(approval, in.digest));
  if (!prepared.proof || !prepared.proof->totp_on) return Error(Code::totp_required);
  QUANJI_DO(ports().proof_holds(change, *prepared.proof));
  const auto before = base::to_json(approval, base::Side::stored);
  QUANJI_DO(carry_out(change, approval));
  QUANJI_TRY(const auto due, settings::integer(change, "approvals.after_check_hours"));
  decide(change, approval, next, in.reason);
  approval.incident = in.incident;
  approval.after_check_due = change.now().plus(hours(due));
  approval.after_check = AfterCheckState::due;
  QUANJI_DO(write(change, approval));
  QUANJI_DO(announce(change, "approval.acted_alone", approval));
  tell(change, approval, before, fmt::format("{}: {}", in.incident, in.reason));
  return approval;
}

Result<Approval> check_after(Change& change, const AfterCheck& in) {
  QUANJI_TRY(auto approval, seen(change, in.id));
  QUANJI_DO(expect_revision(change, approval.revision));
  QUANJI_DO(may_check(change, approval));
  if (approval.after_check != AfterCheckState::due && approval.after_check != AfterCheckState::overdue)
    return Error(Code::wrong_state, Text("此事项没有待补做的复核", "there is no after-check to be made of this"));
  if (approval.checker_id && *approval.checker_id == change.caller().user)
    return Error(Code::not_permitted, Text("单人执行者不能自己补做复核", "who acted alone cannot check it afterwards"));
  const auto before = base::to_json(approval, base::Side::stored);
  approval.after_check = in.outcome == AfterCheckOutcome::accepted ? AfterCheckState::accepted : AfterCheckState::objected;
  approval.after_checked_at = change.now();
  approval.after_checked_by = actor(change);
  approval.after_check_note = in.note;
  QUANJI_DO(write(change, approval));
  QUANJI_DO(announce(change, "approval.checked_after", approval));
  tell(change, approval, before, in.note);
  return approval;
}

}  // namespace quanji::services
