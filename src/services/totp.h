// The second factor: one-time codes by RFC 6238 (SHA-1, six digits, 30 s, one period either way; each code works once) and recovery codes.
#pragma once
#include <string>
#include <vector>

#include "services/passwords.h"

namespace quanji::services {

inline constexpr std::size_t recovery_code_count = 10;

struct TotpEnrol {
  base::Secret password;
  static const base::FieldList& fields();
};
struct TotpKey {
  std::string secret;  // base32, shown once
  std::string uri;     // otpauth://… for a QR code
  static const base::FieldList& fields();
};
// Begins, or begins anew while not confirmed; wrong_state when a second factor is on already.
Result<TotpKey> enrol_totp(Change&, const Prepared<TotpEnrol>&);

struct TotpConfirm {
  std::string code;
  static const base::FieldList& fields();
};
struct RecoveryCodes {
  std::vector<std::string> codes;  // shown once; each works once in place of a code
  static const base::FieldList& fields();
};
Result<RecoveryCodes> confirm_totp(Change&, const Prepared<TotpConfirm>&);

struct TotpProof {
  base::Secret password;
  std::string code;
  static const base::FieldList& fields();
};
Result<RecoveryCodes> renew_recovery_codes(Change&, const Prepared<TotpProof>&);
Status disable_totp(Change&, const Prepared<TotpProof>&);
// An administrator's act for a lost telephone, under the rule of reset_password.
Status reset_totp(Change&, const ActOnUser&);

// How a key is sealed: place of the sealed text.
base::SecretPlace totp_place(std::string_view user);
// "ABCD-EFGH-…" and back to what is hashed; empty when it is not the form of a recovery code.
std::string normal_recovery_code(std::string_view text);
// Proof's part: nothing of the store.
void check_second_factor(Proof&, std::string_view code, const ProofDesk&);

}  // namespace quanji::services
