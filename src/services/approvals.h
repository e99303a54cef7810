// Two persons (经办–复核): a change that raises risk is held until another human agrees to exactly what was held.
//
// How an operation is held: the platform runs it, so that everything wrong with it is said to its maker at once; then rolls back and calls
// hold() with what the change told its audit note. The approval carries the input, what the change would make of what stands (before,
// after) and a digest over all of it. Approving runs the operation again, as its maker and with the rights he has then, in the transaction
// of the approval: it fails as a whole when the thing has changed since it was held, when the maker's rights are gone, or when the
// operation itself is refused; the approval then stays pending. So an operation's note names in `before` what stood when it ran, and
// nothing that moves by itself (time of the last sign-in, of the last use).
//
// Who checks: a human signed in as himself, never the maker, never a client or robot, never the person a client acted for; with
// approval.decide in the department of the thing. For what belongs to the system or security side (roles, grants, settings, users …) he
// must also be of one of these sides there, so that a business checker does not sign it; for the rest he must be allowed to read what he
// signs. What lowers risk never comes here. Refusals and everything else are kept.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/list_query.h"
#include "domain/approval_states.h"
#include "domain/ids.h"
#include "services/passwords.h"
#include "services/rights.h"
#include "storage/listing.h"

namespace quanji::services {

using base::Page;
using domain::ApprovalId;
using domain::ApprovalState;
using domain::DepartmentId;
using domain::UserId;

enum class AfterCheckOutcome : std::uint8_t { accepted, objected };
// Of an emergency act: still to be checked, not checked in time, or what the check came to.
enum class AfterCheckState : std::uint8_t { due, overdue, accepted, objected };

struct Approval {
  ApprovalId id;
  std::string operation;
  std::string permission;  // that the operation asks for
  base::JsonText input;
  std::string digest;  // lower hex SHA-256: what the checker signs
  std::string target;  // id of the thing, when there is one
  std::string target_name;
  DepartmentId department_id;
  base::JsonText before, after;
  std::optional<UserId> maker_id;     // always a person: a client asks on behalf of one
  std::string maker;                  // account
  std::optional<std::string> client;  // the client that carried the maker's call
  std::optional<std::string> request_reason;
  ApprovalState state = ApprovalState::pending;
  base::Time expires_at;
  std::optional<UserId> checker_id;  // who decided; of an emergency act: who acted alone
  std::optional<std::string> checker;
  std::optional<std::string> decision_reason;
  std::optional<base::Time> decided_at;
  base::JsonText result;
  std::optional<std::string> incident;  // an emergency act: its incident number
  std::optional<base::Time> after_check_due;
  std::optional<base::Time> after_checked_at;
  std::optional<std::string> after_checked_by;
  std::optional<AfterCheckState> after_check;  // only of an emergency act
  std::optional<std::string> after_check_note;
  base::Time created_at;
  std::string created_by;
  base::Time updated_at;
  std::string updated_by;
  std::int64_t revision = 0;
  static const base::FieldList& fields();
};

// ---- for the platform's unit of work ----
// Whether the operation (marked when_set in the table) waits for a second person now, by the settings approvals.required and .operations.
Result<bool> asks_second_person(const View&, std::string_view operation);
struct Held {
  std::string operation;
  std::string permission;  // that the operation asks for
  std::string input;       // JSON, path parameters included; never with a secret in it
  domain::AuditNote note;  // of the run that was rolled back
};
// What a held operation answers, with 202.
struct HeldAnswer {
  ApprovalId approval_id;
  ApprovalState state = ApprovalState::pending;
  base::Time expires_at;
  static const base::FieldList& fields();
};
// Refused for robots and for a client that acts for nobody: the maker is a person.
Result<HeldAnswer> hold(Change&, const Held&);

// Runs the held operation inside the approving change, as its maker with the maker's rights of now and Caller::second_person set, and
// writes the operation's own audit row; leaves what the operation said in change.note() and its answer, without secrets, in `result_json`.
using CarryOut = std::function<Status(Change&, const Approval&, std::string& result_json)>;
struct ApprovalPorts {
  CarryOut carry_out;
  std::function<Status(Change&, const Proof&)> proof_holds = &still_holds;  // tests of the rules alone give their own
};
// Before anything is served. What has no port is refused with not_supported.
void set_approval_ports(ApprovalPorts ports);
// Writes down what has expired, at most `most` in one change; answers how many. For the ticker.
Result<std::int64_t> expire_approvals(Change&, std::int64_t most);

// Emergency acts whose after-check was not made in time: each is told once, as the event approval.after_check_overdue. For the ticker.
Result<std::int64_t> tell_overdue_after_checks(Change&, std::int64_t most);

// ---- operations ----
struct ApprovalRef {
  ApprovalId id;
  static const base::FieldList& fields();
};
struct ApprovalDecision {
  ApprovalId id;
  std::string digest;  // of what was read: another one is changed_meanwhile
  std::optional<std::string> reason;
  static const base::FieldList& fields();
};
struct ApprovalRefusal {
  ApprovalId id;
  std::string reason;
  static const base::FieldList& fields();
};
struct ApprovalChange {
  ApprovalId id;
  std::string request_reason;
  static const base::FieldList& fields();
};
struct EmergencyAct {
  ApprovalId id;
  std::string digest;
  std::string incident;
  std::string reason;
  std::string totp;
  static const base::FieldList& fields();
};
struct AfterCheck {
  ApprovalId id;
  AfterCheckOutcome outcome = AfterCheckOutcome::accepted;
  std::string note;
  static const base::FieldList& fields();
};

const base::ListShape& approval_list_shape();
const storage::Listing& approval_listing();
// Those in departments where the caller may read approvals.
Result<Page<Approval>> list_approvals(const View&, const base::ListQuery&);
// By who may read approvals in its department, and by its maker.
Result<Approval> read_approval(const View&, const ApprovalRef&);
Result<Approval> approve(Change&, const ApprovalDecision&);
Result<Approval> refuse_approval(Change&, const ApprovalRefusal&);
// By the maker.
Result<Approval> withdraw_approval(Change&, const ApprovalRefusal&);
// The maker's reason only; the digest changes with it.
Result<Approval> change_approval(Change&, const base::Patch<ApprovalChange>&);
// Emergency act (应急操作): no checker could be reached for approvals.emergency_wait_minutes. For operations named in
// approvals.emergency_operations, never for what is of the system or security side (roles, grants, users, settings, access keys,
// credentials) or a payment; one-time password again;
// all acts of an incident within approvals.emergency_minutes of its first. Told at once, to be checked afterwards by another person.
// The one-time password is proved before this runs (passwords.h), so that wrong ones are counted although the act is refused.
Result<Approval> act_alone(Change&, const Prepared<EmergencyAct>&);
Result<Approval> check_after(Change&, const AfterCheck&);

}  // namespace quanji::services
QUANJI_ENUM(quanji::services::AfterCheckOutcome, "accepted", "objected");
QUANJI_ENUM(quanji::services::AfterCheckState, "due", "overdue", "accepted", "objected");
