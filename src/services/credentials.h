// Credentials: secrets for other systems. Written, rotated, granted, never read back; opened only by a task (credential_use.h).
//
// A credential has versions; in force is, of those whose time has come, the one that began last. Its breaker opens after refused sign-ins
// (domain/credential_rules.h) and is closed by a person. The ledger of robots' accounts in every system is the list by systemId.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/list_query.h"
#include "services/vault.h"
#include "storage/listing.h"

namespace quanji::services {

enum class CredentialState : std::uint8_t { enabled, disabled };

struct Credential {
  CredentialId id;
  std::string name;  // unique in the department
  std::optional<std::string> title;
  domain::CredentialType type = domain::CredentialType::account;
  DepartmentId department_id;
  UserId owner_id;
  std::optional<UserId> deputy_id;
  std::vector<std::string> tags;
  std::int64_t data_level = 3;
  std::optional<std::string> system_id;
  std::optional<std::string> operator_no;
  std::optional<std::string> username;
  std::optional<std::string> certificate;  // PEM, of the type certificate: not secret
  std::optional<std::string> rights_note;
  std::optional<std::string> remark;
  bool exclusive = false;
  CredentialState state = CredentialState::enabled;
  std::int64_t refusals = 0;
  bool breaker_open = false;
  std::optional<base::Time> expires_at;
  std::optional<base::Time> remind_at;
  std::optional<base::Date> review_due;
  std::int64_t latest_version = 1;
  std::optional<std::int64_t> version;                            // in force; not in lists, as all below until algorithm
  std::optional<std::vector<domain::SecretField>> secret_fields;  // of the version in force
  std::optional<base::Time> next_version_at;                      // a planned one takes over then
  std::optional<domain::TaskId> checked_out_by;
  std::optional<base::Time> checked_out_since;
  std::string algorithm;
  std::optional<base::Time> last_rotated_at;
  std::optional<base::Time> last_used_at;
  std::optional<std::string> last_used_by;  // robot and flow
  base::Time created_at;
  std::string created_by;
  base::Time updated_at;
  std::string updated_by;
  std::int64_t revision = 0;
  static const base::FieldList& fields();
};
struct NewCredential {
  std::string name;
  std::optional<std::string> title;
  domain::CredentialType type = domain::CredentialType::account;
  DepartmentId department_id;
  std::optional<UserId> owner_id;  // absent: who creates it
  std::optional<UserId> deputy_id;
  std::vector<std::string> tags;
  std::int64_t data_level = 3;
  std::optional<std::string> system_id;
  std::optional<std::string> operator_no;
  std::optional<std::string> username;
  std::optional<std::string> certificate;
  std::optional<std::string> rights_note;
  std::optional<std::string> remark;
  bool exclusive = false;
  std::optional<base::Time> expires_at;
  std::optional<base::Time> remind_at;
  std::optional<base::Date> review_due;
  std::optional<base::Secret> password, private_key, passphrase, seed, pin;
  std::optional<std::string> sealed;  // SealedValue::text(); no caller gives it
  static const base::FieldList& fields();
};
struct CredentialChange {
  CredentialId id;
  std::string name;
  std::optional<std::string> title;
  std::optional<UserId> deputy_id;
  std::vector<std::string> tags;
  std::int64_t data_level = 3;
  std::optional<std::string> system_id;
  std::optional<std::string> operator_no;
  std::optional<std::string> username;
  std::optional<std::string> certificate;
  std::optional<std::string> rights_note;
  std::optional<std::string> remark;
  bool exclusive = false;
  std::optional<base::Time> expires_at;
  std::optional<base::Time> remind_at;
  std::optional<base::Date> review_due;
  static const base::FieldList& fields();
};
struct CredentialRotation {
  CredentialId id;
  std::optional<base::Time> effective_from;  // absent: now
  std::optional<base::Time> expires_at;      // of the new version; absent: none
  std::optional<std::string> certificate;    // of the type certificate: its new one
  std::optional<base::Secret> password, private_key, passphrase, seed, pin;
  std::optional<std::string> sealed;
  static const base::FieldList& fields();
};
struct CredentialRef {
  CredentialId id;
  static const base::FieldList& fields();
};
struct CredentialAct {
  CredentialId id;
  std::string reason;
  static const base::FieldList& fields();
};
struct CredentialTransfer {
  CredentialId id;
  std::optional<DepartmentId> department_id;
  std::optional<UserId> owner_id;
  std::string reason;
  static const base::FieldList& fields();
};
struct CredentialIds {
  std::vector<CredentialId> ids;
  static const base::FieldList& fields();
};
struct CredentialItems {
  std::vector<Credential> items;
  static const base::FieldList& fields();
};
struct CredentialVersion {
  CredentialVersionId id;
  std::int64_t number = 0;
  std::vector<domain::SecretField> secret_fields;
  base::Time effective_from;
  base::Time created_at;
  std::string created_by;
  static const base::FieldList& fields();
};
enum class CredentialUseKind : std::uint8_t { opened, signed_in, sign_in_refused, system_not_ready, tested, written };
// One line of the use log.
struct CredentialUse {
  base::Time at;
  CredentialUseKind kind = CredentialUseKind::opened;
  std::int64_t version = 0;
  std::optional<std::string> field;
  std::optional<domain::TaskId> task;
  std::optional<domain::AttemptId> attempt;
  std::optional<domain::RobotId> robot_id;
  std::optional<std::string> flow;
  std::string actor;
  std::optional<std::string> detail;
  static const base::FieldList& fields();
};
struct CredentialCheck {
  std::string name;  // "opens", "form", "enabled", "breaker", "expiry"
  bool ok = false;
  std::string message;
  static const base::FieldList& fields();
};
struct CredentialTest {
  CredentialId id;
  std::int64_t version = 0;
  bool ok = false;
  std::vector<CredentialCheck> checks;
  static const base::FieldList& fields();
};
struct NewCredentialGrant {
  CredentialId id;
  VaultGrantKind kind = VaultGrantKind::flow;
  std::string subject;
  static const base::FieldList& fields();
};
struct CredentialGrantEnd {
  CredentialId id;
  domain::GrantId grant;
  std::string reason;
  static const base::FieldList& fields();
};

// Seals what the input holds and takes the plain text out of it; invalid_field when it does not fit the type. Before the change.
Status seal_secrets(NewCredential& in, const ProofDesk& desk);
// Which secrets the type wants is known inside the change only, and judged there.
Status seal_secrets(CredentialRotation& in, const ProofDesk& desk);

const base::ListShape& credential_list_shape();
const storage::Listing& credential_listing();
Result<base::Page<Credential>> list_credentials(const View&, const base::ListQuery&);
Result<CredentialItems> read_credentials(const View&, const CredentialIds&);
Result<Credential> read_credential(const View&, const CredentialRef&);
Result<Credential> create_credential(Change&, const NewCredential&);
Result<Credential> change_credential(Change&, const base::Patch<CredentialChange>&);
// Its secrets are gone with it. still_referenced while a task holds it.
Status delete_credential(Change&, const CredentialRef&);
Result<Credential> rotate_credential(Change&, const CredentialRotation&);
const base::ListShape& credential_version_list_shape();
const storage::Listing& credential_version_listing();
Result<base::Page<CredentialVersion>> list_credential_versions(const View&, const base::ListQuery&);
const base::ListShape& credential_use_list_shape();
const storage::Listing& credential_use_listing();
Result<base::Page<CredentialUse>> list_credential_uses(const View&, const base::ListQuery&);
Result<VaultGrants> list_credential_grants(const View&, const CredentialRef&);
Result<VaultGrant> grant_credential(Change&, const NewCredentialGrant&);
Status revoke_credential(Change&, const CredentialGrantEnd&);

// ---- acts (credential_acts.cpp) ----
// Whether it could be used now, without using it: it opens, has the form of its type, is enabled, its breaker closed, not expired.
Result<CredentialTest> test_credential(Change&, const CredentialRef&);
Result<Credential> enable_credential(Change&, const CredentialRef&);
// Handed to nobody from now on.
Result<Credential> disable_credential(Change&, const CredentialAct&);
Result<Credential> reset_credential_breaker(Change&, const CredentialAct&);
// Takes it from the task that holds it: for a holder that will not come back.
Result<Credential> release_credential(Change&, const CredentialAct&);
Result<Credential> transfer_credential(Change&, const CredentialTransfer&);
// One event credential.expiring each for those whose reminder is due, at most `most`; how many. For the ticker.
Result<std::int64_t> remind_of_credentials(Change&, std::int64_t most);

// ---- for the vault's other files ----
// Without asking for rights; with what stands in other tables.
Result<std::optional<Credential>> find_credential(const View&, const CredentialId&);
// Under the rights of the operation under way.
Result<Credential> credential_for_act(const View&, const CredentialId&);
Status write_credential(Change&, Credential&);
void tell_credential(Change&, const Credential&, std::string before, std::string after, std::string reason = {});
// For audit and approval: without what moves by itself.
std::string stored(const Credential&);
struct VersionInForce {
  CredentialVersionId id;
  std::int64_t number = 0;
  std::string sealed;
  std::vector<domain::SecretField> holds;
};
Result<std::optional<VersionInForce>> version_in_force(const View&, const CredentialId&);
// {"password":"…"}: opens the envelope; the fields by name.
Result<std::vector<std::pair<domain::SecretField, base::Secret>>> open_version(const CredentialId&, const VersionInForce&);
// The document that is sealed.
base::Secret secrets_document(const std::vector<std::pair<domain::SecretField, base::Secret>>&);
struct UseNote {
  CredentialUseKind kind = CredentialUseKind::opened;
  std::int64_t version = 0;
  std::optional<domain::SecretField> field;
  const TaskFacts* facts = nullptr;  // of a task's use
  std::optional<domain::AttemptId> attempt;
  std::optional<std::string> detail;
};
Status note_use(Change&, const CredentialId&, const UseNote&);

}  // namespace quanji::services
QUANJI_ENUM(quanji::services::CredentialState, "enabled", "disabled");
QUANJI_ENUM(quanji::services::CredentialUseKind, "opened", "signed_in", "sign_in_refused", "system_not_ready", "tested", "written");
