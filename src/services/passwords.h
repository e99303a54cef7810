// Proofs that a person gives (password, one-time code) and what is made for one (hashes, sealed keys), in three steps, so that no
// transaction waits for Argon2id and no secret is made inside a body that may run again:
//   1. open_proof(Change)   a change of its own: lock-outs asked and charged, hashes and the sealed key read into the Proof
//   2. prove(Proof)         on the slow pool, without a store: the same work whether or not the account exists
//   3. the operation's own change takes the Proof and asks with still_holds() whether what was proved is still so;
//      or close_proof(Change) notes the failure.
// api/proof_work does this for every operation that needs it; proved() does it at once for start-up and tests.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.h"
#include "base/fields.h"
#include "base/keyring.h"
#include "base/secret.h"
#include "domain/password_policy.h"
#include "services/lock_out.h"
#include "services/users.h"

namespace quanji::storage {
class Store;
}

namespace quanji::services {

// Where secrets that must be read again are sealed: the keyring, or a test's.
class SecretBox {
 public:
  virtual ~SecretBox() = default;
  virtual Result<std::string> seal(const base::SecretPlace& place, const base::Secret& plain) const = 0;
  virtual Result<base::Secret> open(const base::SecretPlace& place, std::string_view envelope) const = 0;
};
class KeyringBox final : public SecretBox {
 public:
  explicit KeyringBox(std::shared_ptr<const base::Keyring> keyring) : keyring_(std::move(keyring)) {}
  Result<std::string> seal(const base::SecretPlace& place, const base::Secret& plain) const override {
    return keyring_->seal(place, plain);
  }
  Result<base::Secret> open(const base::SecretPlace& place, std::string_view envelope) const override {
    return keyring_->open(place, envelope);
  }

 private:
  std::shared_ptr<const base::Keyring> keyring_;
};

// What prove() works with; constant after construction, any thread.
struct ProofDesk {
  ProofDesk(std::shared_ptr<const SecretBox> the_box, std::shared_ptr<base::Clock> the_clock, std::shared_ptr<base::Random> the_random,
            base::Suite the_suite = base::Suite::intl, base::PasswordCost the_cost = {});
  std::shared_ptr<const SecretBox> box;
  std::shared_ptr<base::Clock> clock;
  std::shared_ptr<base::Random> random;  // any thread
  base::Suite suite;
  base::PasswordCost cost;
  std::string nobodys_hash;  // what a password for an unknown account is held against
};

// What an operation asks of its caller.
using SecretPtr = std::shared_ptr<const base::Secret>;
inline SecretPtr keep_secret(const base::Secret& secret) { return std::make_shared<const base::Secret>(secret.clone()); }
struct NewPassword {
  SecretPtr password;
  std::string account, name, field;  // field: where a refusal points
};
struct ProofAsk {
  enum class Need : std::uint8_t {
    nothing,
    password,           // and no second factor
    password_and_code,  // the code when a second factor is on
    password_or_code,
    pending_code,  // of the second factor being set up
  };
  Need need = Need::nothing;
  std::string account;  // or:
  std::optional<UserId> user;
  std::string address;
  std::string agent;  // what the caller's program calls itself
  SecretPtr password;
  std::string code;  // one-time or recovery
  std::vector<NewPassword> new_passwords;
  bool new_is_own = false;  // the one new password is the proved person's: his account, name and history count
  bool make_key = false;    // an API client's key
  std::optional<UserId> make_totp_for;
};
struct MadeKey {
  std::string access_key, secret, sealed;
};
struct MadeTotp {
  std::string secret, uri, sealed;  // secret: base32 for typing in
};
struct Proof {
  std::string agent;
  ProofAsk::Need need = ProofAsk::Need::nothing;
  // read by open_proof
  TryAt at;
  std::optional<Standing> user;
  std::string stored;  // hash of the password; empty: there is none
  std::vector<std::string> history;
  bool totp_on = false, totp_pending = false;
  std::string totp_sealed;
  std::int64_t totp_last = -1;
  std::vector<base::Digest> recovery;  // unused codes
  bool charged = false;
  // found by prove
  Status outcome;  // ok, wrong_credentials, totp_required, invalid_field (new password)
  bool password_right = false;
  std::optional<std::int64_t> totp_counter;
  std::optional<base::Digest> recovery_used;
  std::string rehashed;  // the right password in today's form
  std::vector<std::string> new_hashes;
  std::optional<MadeKey> key;
  std::optional<MadeTotp> totp;
};

// An input together with what was proved or made for it; decodes as the input alone.
template <class T>
struct Prepared {
  using Wrapped = T;
  T value{};
  std::shared_ptr<const Proof> proof;
  static const base::FieldList& fields() { return T::fields(); }
};

Status open_proof(Change&, const ProofAsk&, Proof&);
void prove(const ProofAsk&, Proof&, const ProofDesk&);
// After prove() said no: counts a wrong proof, takes the charge back when it was not wrong.
Status close_proof(Change&, const Proof&);
// In the operation's change: the password and second factor are still those proved, the code is used up now, the account may come in;
// lock-out counts are cleared, an outdated hash is replaced. wrong_credentials or locked_out otherwise.
Status still_holds(Change&, const Proof&);
// All steps at once, blocking; refused as the operation would be.
Result<std::shared_ptr<const Proof>> proved(storage::Store&, const ProofAsk&, const ProofDesk&);

// ---- passwords ----
enum class NextSignIn : std::uint8_t { free, must_change };
// The present password goes into the history, of which remembered ones are kept.
Status set_password(Change&, const UserId&, std::string_view hash, NextSignIn next);
domain::PasswordRule password_rule();  // by the settings security.password_…
// What a person must do before anything else: a new password (asked for, or the present one is too old), a second factor (when all need
// one).
enum class Owed : std::uint8_t { nothing, new_password, second_factor };
Result<Owed> owed_by(const View&, const UserId&);
struct PasswordChange {
  std::optional<base::Secret> old_password;   // signed in: the present one
  std::optional<base::Secret> one_time_code;  // or a one-time link's code
  base::Secret new_password;
  static const base::FieldList& fields();
};
struct PasswordChanged {
  UserId user_id;
  std::string account;
  std::int64_t ended_sessions = 0;  // all others of this person
  static const base::FieldList& fields();
};
Result<PasswordChanged> change_password(Change&, const Prepared<PasswordChange>&);
// Step 0 for a change by one-time link: whose it is; wrong_credentials when used up, expired or unknown.
Result<Standing> owner_of_link(const View&, const base::Secret& code);

// ---- one-time links ----
struct PasswordLink {
  UserId user_id;
  std::string one_time_code;  // "qjl_…", shown once
  base::Time expires_at;
  static const base::FieldList& fields();
};
// Without asking for rights; former links of the person stop working.
Result<PasswordLink> make_password_link(Change&, const UserId&);
struct ActOnUser {
  UserId id;
  std::string reason;
  static const base::FieldList& fields();
};
// The person's sessions end and the password stops working. Refused when his rights and the caller's must not be in one hand.
Result<PasswordLink> reset_password(Change&, const ActOnUser&);
Status unlock_user(Change&, const ActOnUser&);

}  // namespace quanji::services
QUANJI_ENUM(quanji::services::Owed, "nothing", "new_password", "second_factor");
