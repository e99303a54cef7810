// Credentials and assets as tasks meet them, through their robots: read, open, write, report. Each ask says which attempt it speaks for;
// the tasks' lease port (vault.h) says whether that is still so. What the task was not granted does not exist for it (not_found).
//
// A secret leaves sealed to the public key the robot made for the attempt:
//   seal_to "sm2.<point>" or "ecdsa-p256.<point>" (base/seal_to_key.h)  → "qjk1.…", bound to open_purpose()
//   seal_to "<point>" alone, base64url of an SM2 point (the treaty's)   → base64url of base::sm2_encrypt
// The operations have the forms that a table entry binds as they are.
#pragma once
#include "services/vault.h"
#include "wire/run_asks.h"

namespace quanji::services {

// What the answer is sealed for: "att_…/<token>/<name>/<version>/<field>".
std::string open_purpose(const wire::CredentialOpen& in, std::int64_t version);
// An asset that is a secret is opened by this name and the field "value".
inline constexpr std::string_view asset_name_mark = "asset:";

Result<wire::CredentialFacts> read_credential_facts(const View&, const wire::CredentialRead&);
// wrong_state: disabled, its breaker open, or checked out by another task (with a time to come back after); changed_meanwhile: the version
// is no longer in force; not_found: no such credential or field, or not granted.
Result<wire::SealedSecret> open_credential(Change&, const wire::CredentialOpen&);
Status write_credential_secret(Change&, const wire::CredentialWrite&);

// What became of a sign-in with it.
struct SignInReport {
  domain::TaskId task;
  domain::AttemptId attempt;
  std::int64_t token = 0;
  std::string name;
  domain::SignInOutcome outcome = domain::SignInOutcome::accepted;
  std::optional<std::string> detail;  // what the system said; never the secret
  static const base::FieldList& fields();
};
struct BreakerAnswer {
  std::int64_t refusals = 0;
  bool breaker_open = false;
  static const base::FieldList& fields();
};
Result<BreakerAnswer> report_sign_in(Change&, const SignInReport&);
// The same told by a person or another vendor's platform.
struct SignInResult {
  CredentialId id;
  domain::SignInOutcome outcome = domain::SignInOutcome::accepted;
  std::optional<std::string> detail;
  static const base::FieldList& fields();
};
Result<BreakerAnswer> note_sign_in(Change&, const SignInResult&);

// When an attempt has ended: what it had checked out is free. Part of the change that ends it.
Status give_back_credentials(Change&, const domain::AttemptId&);

Result<wire::AssetAnswer> read_asset_value(const View&, const wire::AssetRead&);
// The value that won gets a new version in its own scope. Of an asset above its department, or of another, only with a grant.
Status write_asset_value(Change&, const wire::AssetWrite&);

}  // namespace quanji::services
