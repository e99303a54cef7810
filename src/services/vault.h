// What credentials and assets share: how secrets are sealed before a change begins, who a task is when it asks, and who was granted what.
//
// A secret's way in: the door decodes it into a base::Secret; seal_secrets() (called by api/proof_work before the operation's transaction)
// seals it under the keyring and puts the envelope into the input's `sealed`, a field no caller may give. So the change itself, its
// re-runs, its approval by a second person, audit, events and idempotency store meet the envelope only. The place an envelope belongs to
// is bound in: table, (resource, version) as the row, column.
// Its way out: to the task that holds the lease, sealed to the key its robot made for the attempt (credential_use.h).
// Reads its own bytes only: sealed values are written and read by this file, and their envelopes are opened by the keyring.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/asset_rules.h"
#include "domain/credential_rules.h"
#include "domain/vault_ids.h"
#include "services/passwords.h"
#include "services/rights.h"

namespace quanji::services {

using domain::AssetId;
using domain::CredentialId;
using domain::CredentialVersionId;
using domain::DepartmentId;
using domain::UserId;

// An envelope on its way into a table.
struct SealedValue {
  base::Ulid resource{};  // of the credential or asset; of a new one the id it gets
  base::Ulid version{};   // id of the version's row
  std::vector<domain::SecretField> holds;
  std::string envelope;
  std::string text() const;  // as an input carries it
  static Result<SealedValue> from_input(std::string_view text);
};
base::SecretPlace vault_place(std::string_view table, const std::string& row);  // `row` outlives the place
std::string vault_row(const base::Ulid& resource, const base::Ulid& version);
// A request's body with a secret in it gives way to its MAC: what the idempotency store keeps a digest of must not let a PIN be guessed.
void hide_body(std::string& body);
// Inside a change: the same envelope for the same version and secret, whichever run of the change asks, so that runs do not differ.
Result<std::string> seal_once(const base::SecretPlace& place, const base::Ulid& version, const base::Secret& plain);
inline constexpr std::string_view credential_versions_table = "credential_versions", asset_values_table = "asset_values";

// A task as it stands before the vault.
struct TaskSeat {
  domain::TaskId task;
  domain::AttemptId attempt;
  std::int64_t token = 0;
};
struct TaskFacts {
  domain::TaskId task;
  domain::RobotId robot;
  std::optional<std::string> server;  // "srv_…" its robot stands on
  std::string flow;                   // id text of the bound flow, else the document's name
  DepartmentId department;
  std::optional<UserId> requested_by;
};

// What the vault needs of the process; set once before anything is served.
struct VaultPorts {
  std::shared_ptr<const SecretBox> box;
  std::shared_ptr<const base::MacKey> body_mac;  // for hide_body
  // The attempt is in the hands of the calling robot under this token: stale_token otherwise, wrong_state when it may not act any more.
  std::function<Result<TaskFacts>(const View&, const TaskSeat&)> lease;
  // Whether the holder of a check-out still works; without it he does.
  std::function<Result<domain::HolderLease>(const View&, const domain::CheckOut&)> holder;
  // Of a task that somebody asks to resolve an asset for: not_found when there is none.
  std::function<Result<TaskFacts>(const View&, const domain::TaskId&)> task;
};
// Also tells departments and users what stands in them or is theirs.
void set_vault_ports(VaultPorts ports);
const VaultPorts& vault_ports();
// Asks the port; refused with not_supported while tasks are not bound.
Result<TaskFacts> facts_of(const View& view, const TaskSeat& seat);

// ---- who may use it ----
enum class VaultGrantKind : std::uint8_t { user, role, department, robot, flow };
struct VaultGrant {
  domain::GrantId id;
  VaultGrantKind kind = VaultGrantKind::flow;
  std::string subject;  // id text; a department stands for all below it too
  base::Time created_at;
  std::string created_by;
  static const base::FieldList& fields();
};
struct VaultGrants {
  std::vector<VaultGrant> items;
  static const base::FieldList& fields();
};
Result<VaultGrants> vault_grants_of(const View& view, const base::Ulid& resource);
// invalid_field when the subject is not of that kind or there is none such; wrong_state when it is granted already.
Result<VaultGrant> add_vault_grant(Change& change, const base::Ulid& resource, VaultGrantKind kind, const std::string& subject);
// The grant as it was; not_found.
Result<VaultGrant> drop_vault_grant(Change& change, const base::Ulid& resource, const domain::GrantId& id);
std::string audit_of(const VaultGrant& grant);  // what the audit says was given or taken back
// The task, who asked for it, his roles where the task runs, its department and those above, its robot or its flow.
Result<bool> granted_to(const View& view, const base::Ulid& resource, const TaskFacts& facts);

// Its department and all above it, nearest first.
Result<std::vector<DepartmentId>> departments_upwards(const View& view, const DepartmentId& department);
Status check_holder(const View& view, const std::optional<UserId>& user, std::string_view field);  // an owner or deputy: there and not gone
// The owner a creation names, else the person who creates; invalid_field when it is neither.
Result<UserId> owner_of_new(const View& view, const std::optional<UserId>& given);

// The current moment's ids for what is sealed before its change.
SealedValue fresh_seal(const base::Ulid& resource, const ProofDesk& desk);  // an empty resource gets an id too

}  // namespace quanji::services
QUANJI_ENUM(quanji::services::VaultGrantKind, "user", "role", "department", "robot", "flow");
