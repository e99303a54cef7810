#include "services/totp.h"

#include <algorithm>

#include "base/bytes.h"
#include "domain/caller.h"
#include "services/sessions.h"
#include "services/tokens.h"
#include "storage/queries.h"

namespace quanji::services {
namespace {
namespace sql = storage::sql;
using base::Code;
using base::Error;
using base::Text;

constexpr std::int64_t password_bytes = 512;
constexpr std::int64_t code_length = 32;
constexpr std::size_t recovery_bytes = 10;  // 80 bits, 16 characters
constexpr std::size_t group = 4;

Result<RecoveryCodes> make_recovery_codes(Change& change, const UserId& user) {
  QUANJI_DO(change.run(sql::recovery_codes_drop, {{"user_id", user}}));
  RecoveryCodes out;
  for (std::size_t i = 0; i < recovery_code_count; ++i) {
    std::array<std::uint8_t, recovery_bytes> bytes{};
    change.random().fill(bytes);
    const auto plain = base::base32(bytes);
    const auto hash = token_hash(plain);
    QUANJI_DO(change.run(sql::recovery_code_add, {{"user_id", user}, {"hash", storage::Bytes(hash)}}));
    std::string shown;
    for (std::size_t at = 0; at < plain.size(); at += group) {
      if (!shown.empty()) shown += '-';
      shown += plain.substr(at, group);
    }
    out.codes.push_back(std::move(shown));
  }
  return out;
}

Status only_people(const View& view) {
  if (view.caller().kind == domain::CallerKind::user) return {};
  return Error(Code::not_permitted, Text("只有本人登录后才能设置动态口令", "only a signed-in person has a second factor"));
}
void tell(Change& change, const Standing& user) { change.note() = {user.id.text(), user.account, user.department_id.ulid, {}, {}, {}}; }

}  // namespace

QUANJI_FIELDS(TotpEnrol, QF(password, "现在的密码", "The present password", .max = password_bytes))
QUANJI_FIELDS(TotpKey,  //
              QF(secret, "密钥（base32），只显示一次", "The key in base32, shown once", .flags = base::secret_once),
              QF(uri, "二维码内容，只显示一次", "What the QR code holds, shown once", .flags = base::secret_once))
QUANJI_FIELDS(TotpConfirm, QF(code, "手机上的 6 位口令", "The six digits the telephone shows", .min = 1, .max = code_length))
QUANJI_FIELDS(RecoveryCodes,
              QF(codes, "恢复码，每个可用一次，只显示一次", "Recovery codes, each works once; shown once", .flags = base::secret_once))
QUANJI_FIELDS(TotpProof,  //
              QF(password, "现在的密码", "The present password", .max = password_bytes),
              QF(code, "动态口令或恢复码", "A code or a recovery code", .min = 1, .max = code_length))

base::SecretPlace totp_place(std::string_view user) { return {"totp", user, "sealed", 1}; }

std::string normal_recovery_code(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '-' || c == ' ') continue;
    const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    if (!((upper >= 'A' && upper <= 'Z') || (upper >= '2' && upper <= '7'))) return {};
    out += upper;
  }
  constexpr std::size_t length = recovery_bytes * 8 / 5;
  return out.size() == length ? out : std::string{};
}

void check_second_factor(Proof& proof, std::string_view code, const ProofDesk& desk) {
  if (!proof.user || proof.totp_sealed.empty()) return;
  const auto user = proof.user->id.text();
  if (const auto key = desk.box->open(totp_place(user), proof.totp_sealed); key)
    proof.totp_counter = base::check_totp(*key, code, desk.clock->now(), proof.totp_last);
  if (proof.totp_counter || proof.totp_pending) return;
  const auto plain = normal_recovery_code(code);
  if (plain.empty()) return;
  const auto hash = token_hash(plain);
  for (const auto& stored : proof.recovery)
    if (base::equal_in_constant_time(stored, hash)) proof.recovery_used = stored;
}

Result<TotpKey> enrol_totp(Change& change, const Prepared<TotpEnrol>& in) {
  QUANJI_DO(only_people(change));
  if (!in.proof || !in.proof->totp) return Error(Code::bug, "a second factor is set up without its key");
  QUANJI_DO(still_holds(change, *in.proof));
  const auto& user = *in.proof->user;
  QUANJI_TRY(const auto n, change.run(sql::totp_put, {{"user_id", user.id}, {"sealed", in.proof->totp->sealed}, {"now", change.now()}}));
  if (n == 0)
    return Error(Code::wrong_state,
                 Text("动态口令已启用；要更换请先停用", "a second factor is on already: turn it off first to replace it"));
  tell(change, user);
  return TotpKey{in.proof->totp->secret, in.proof->totp->uri};
}

Result<RecoveryCodes> confirm_totp(Change& change, const Prepared<TotpConfirm>& in) {
  QUANJI_DO(only_people(change));
  if (!in.proof || !in.proof->totp_counter) return Error(Code::bug, "a second factor is confirmed without its proof");
  const auto& user = *in.proof->user;
  QUANJI_TRY(
      const auto n,
      change.run(sql::totp_confirm,
                 {{"user_id", user.id}, {"counter", *in.proof->totp_counter}, {"sealed", in.proof->totp_sealed}, {"now", change.now()}}));
  if (n == 0)
    return Error(Code::wrong_state,
                 Text("没有待确认的动态口令，请先开始绑定", "there is no second factor to confirm: begin with enrolment"));
  tell(change, user);
  return make_recovery_codes(change, user.id);
}

Result<RecoveryCodes> renew_recovery_codes(Change& change, const Prepared<TotpProof>& in) {
  QUANJI_DO(only_people(change));
  if (!in.proof || !in.proof->user) return Error(Code::bug, "recovery codes are renewed without a proof");
  if (!in.proof->totp_on) return Error(Code::wrong_state, Text("尚未启用动态口令", "there is no second factor"));
  QUANJI_DO(still_holds(change, *in.proof));
  tell(change, *in.proof->user);
  return make_recovery_codes(change, in.proof->user->id);
}

Status disable_totp(Change& change, const Prepared<TotpProof>& in) {
  QUANJI_DO(only_people(change));
  if (!in.proof || !in.proof->user) return Error(Code::bug, "a second factor is turned off without a proof");
  if (!in.proof->totp_on) return Error(Code::wrong_state, Text("尚未启用动态口令", "there is no second factor"));
  QUANJI_DO(still_holds(change, *in.proof));
  const auto& user = *in.proof->user;
  QUANJI_DO(change.run(sql::recovery_codes_drop, {{"user_id", user.id}}));
  QUANJI_DO(change.run(sql::totp_drop, {{"user_id", user.id}}));
  tell(change, user);
  return {};
}

}  // namespace quanji::services
