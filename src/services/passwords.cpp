#include "services/passwords.h"

#include <algorithm>

#include "base/bytes.h"
#include "domain/caller.h"
#include "domain/permissions.h"
#include "domain/role_rules.h"
#include "services/api_clients.h"
#include "services/authority.h"
#include "services/sessions.h"
#include "services/settings.h"
#include "services/tokens.h"
#include "services/totp.h"
#include "storage/queries.h"
#include "storage/store.h"

namespace quanji::services {
namespace {
namespace sql = storage::sql;
using base::Code;
using base::Error;
using base::Secret;
using base::Text;

constexpr std::int64_t reason_length = 500;
constexpr std::int64_t password_bytes = 512;
constexpr std::size_t link_bytes = 128;
constexpr std::size_t totp_key_bytes = 20;  // RFC 4226: the length of the hash

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}
Status same_password(Change& change, const UserId& user, std::string_view stored) {
  QUANJI_TRY(const auto row, change.row(sql::password_of, {{"user_id", user}}));
  if (row ? row->text("hash") != stored : !stored.empty()) return Error(Code::wrong_credentials);
  return {};
}

// Whether the caller may hold the other's way in: whoever resets a password could use the account.
Status may_take_over(const View& view, const UserId& user) {
  const auto& caller = view.caller();
  if (caller.kind == domain::CallerKind::clock || caller.kind == domain::CallerKind::setup) return {};
  QUANJI_TRY(const auto theirs, load_authority(view, user));
  std::vector<std::string> own, other;
  const auto& names = domain::permission_names();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (caller.authority && caller.authority->anywhere.test(i)) own.push_back(names[i]);
    if (theirs->anywhere.test(i)) other.push_back(names[i]);
  }
  if (const auto clash = domain::find_clash(own, other)) return Error(Code::not_permitted, domain::say(*clash));
  return {};
}

Status policy(const NewPassword& wanted, const Proof& proof, bool own) {
  const auto account = own && proof.user ? std::string_view(proof.user->account) : std::string_view(wanted.account);
  const auto name = own && proof.user ? std::string_view(proof.user->name) : std::string_view(wanted.name);
  return domain::check_new_password(*wanted.password, account, name, wanted.field, password_rule());
}
Result<bool> used_before(const Secret& password, const Proof& proof) {
  std::vector<std::string_view> former;
  if (!proof.stored.empty()) former.push_back(proof.stored);
  former.insert(former.end(), proof.history.begin(), proof.history.end());
  for (const auto hash : former) {
    QUANJI_TRY(const auto verdict, base::check_password(hash, password));
    if (verdict == base::Verdict::right) return true;
  }
  return false;
}

Status prove_person(const ProofAsk& ask, Proof& proof, const ProofDesk& desk) {
  using Need = ProofAsk::Need;
  if (ask.need == Need::nothing) return {};
  if (ask.need == Need::pending_code) {
    if (!proof.totp_pending)
      return Error(Code::wrong_state,
                   Text("没有待确认的动态口令，请先开始绑定", "there is no second factor to confirm: begin with enrolment"));
    check_second_factor(proof, ask.code, desk);
    return proof.totp_counter ? Status{} : Status(Error(Code::wrong_credentials, Text("动态口令不正确", "the code is not right")));
  }
  const bool may = proof.user && proof.user->may_come_in(desk.clock->now());
  if (ask.password) {
    const bool stored = !proof.stored.empty();
    QUANJI_TRY(const auto verdict,
               base::check_password(stored ? std::string_view(proof.stored) : std::string_view(desk.nobodys_hash), *ask.password));
    proof.password_right = verdict == base::Verdict::right && stored && may;
    if (!proof.password_right) return Error(Code::wrong_credentials);
    if (base::needs_rehash(proof.stored, desk.suite, desk.cost))
      proof.rehashed = base::hash_password(desk.suite, *ask.password, *desk.random, desk.cost);
    if (ask.need == Need::password || ask.need == Need::password_or_code || !proof.totp_on) return {};
    if (ask.code.empty()) return Error(Code::totp_required);
  } else if (ask.need != Need::password_or_code || ask.code.empty() || !proof.totp_on || !may) {
    return Error(Code::wrong_credentials);
  }
  check_second_factor(proof, ask.code, desk);
  if (!proof.totp_counter && !proof.recovery_used) return Error(Code::wrong_credentials);
  return {};
}

Status prove_all(const ProofAsk& ask, Proof& proof, const ProofDesk& desk) {
  QUANJI_DO(prove_person(ask, proof, desk));
  for (const auto& wanted : ask.new_passwords) QUANJI_DO(policy(wanted, proof, ask.new_is_own));
  for (const auto& wanted : ask.new_passwords) {
    if (ask.new_is_own) {
      QUANJI_TRY(const bool again, used_before(*wanted.password, proof));
      if (again)
        return Error(Code::invalid_field)
            .with_field(wanted.field, Text("不能使用现在或最近用过的密码", "must not be the present password or one of the last"));
    }
    proof.new_hashes.push_back(base::hash_password(desk.suite, *wanted.password, *desk.random, desk.cost));
  }
  if (ask.make_key) {
    QUANJI_TRY(proof.key, make_key(*desk.box, *desk.random));
  }
  if (ask.make_totp_for) {
    const auto key = Secret::random(*desk.random, totp_key_bytes);
    const auto user = ask.make_totp_for->text();
    QUANJI_TRY(auto sealed, desk.box->seal(totp_place(user), key));
    proof.totp = MadeTotp{base::base32(key.reveal_bytes()),
                          std::string(base::totp_uri(key, "Quanji", proof.user ? proof.user->account : user).reveal()), std::move(sealed)};
  }
  return {};
}

}  // namespace

QUANJI_FIELDS(PasswordChange,  //
              QF(old_password, "现在的密码（已登录时）", "The present password, when signed in", .max = password_bytes),
              QF(one_time_code, "一次性链接中的代码（未登录时）", "The code of a one-time link, when not", .max = link_bytes),
              QF(new_password, "新密码", "The new password", .max = password_bytes))
QUANJI_FIELDS(PasswordChanged,  //
              QF(user_id, "用户标识", "User id"), QF(account, "登录名", "Account"),
              QF(ended_sessions, "被结束的其他会话数", "How many other sessions ended"))
QUANJI_FIELDS(PasswordLink,  //
              QF(user_id, "用户标识", "User id"),
              QF(one_time_code, "一次性代码，只显示一次", "One-time code, shown once", .flags = base::secret_once),
              QF(expires_at, "失效时间", "Works until"))
QUANJI_FIELDS(ActOnUser,  //
              QF(id, "用户标识", "User id", .flags = base::in_path),
              QF(reason, "原因", "Why", .min = 1, .max = reason_length, .pattern = &base::printable_pattern))

ProofDesk::ProofDesk(std::shared_ptr<const SecretBox> the_box, std::shared_ptr<base::Clock> the_clock,
                     std::shared_ptr<base::Random> the_random, base::Suite the_suite, base::PasswordCost the_cost)
    : box(std::move(the_box)),
      clock(std::move(the_clock)),
      random(std::move(the_random)),
      suite(the_suite),
      cost(the_cost),
      nobodys_hash(base::hash_of_nobody(suite, *random, cost)) {}

Status open_proof(Change& change, const ProofAsk& ask, Proof& proof) {
  using Need = ProofAsk::Need;
  proof = Proof{};
  proof.need = ask.need;
  proof.agent = ask.agent;
  if (ask.user) {
    QUANJI_TRY(proof.user, standing(change, *ask.user));
    if (!proof.user) return Error(Code::wrong_credentials);
  } else if (!ask.account.empty()) {
    QUANJI_TRY(proof.user, standing_of_account(change, ask.account));
  }
  proof.at = {lower(proof.user ? std::string_view(proof.user->account) : std::string_view(ask.account)), {}, ask.address};
  if (proof.user) proof.at.user = proof.user->id;
  if (ask.need == Need::password || ask.need == Need::password_and_code || ask.need == Need::password_or_code) {
    QUANJI_DO(charge_try(change, proof.at));
    proof.charged = true;
  }
  if (!proof.user) return {};
  QUANJI_TRY(const auto password, change.row(sql::password_of, {{"user_id", proof.user->id}}));
  if (password) proof.stored = password->text("hash");
  if (ask.new_is_own) {
    QUANJI_TRY(const auto rows, change.rows(sql::password_history_of, {{"user_id", proof.user->id}}));
    for (const auto row : rows) proof.history.emplace_back(row.text("hash"));
  }
  QUANJI_TRY(const auto totp, change.row(sql::totp_of, {{"user_id", proof.user->id}}));
  if (!totp) return {};
  proof.totp_on = totp->text("state") == "on";
  proof.totp_pending = !proof.totp_on;
  proof.totp_sealed = totp->text("sealed");
  proof.totp_last = totp->integer("last_used");
  QUANJI_TRY(const auto codes, change.rows(sql::recovery_codes_of, {{"user_id", proof.user->id}}));
  for (const auto row : codes) {
    const auto bytes = row.bytes("hash");
    std::copy(bytes.begin(), bytes.end(), proof.recovery.emplace_back().begin());
  }
  return {};
}

void prove(const ProofAsk& ask, Proof& proof, const ProofDesk& desk) { proof.outcome = prove_all(ask, proof, desk); }

Status close_proof(Change& change, const Proof& proof) {
  if (!proof.charged) return {};
  const bool wrong = !proof.outcome && proof.outcome.error().code() == Code::wrong_credentials;
  return wrong ? fail_try(change, proof.at) : release_try(change, proof.at);
}

Status still_holds(Change& change, const Proof& proof) {
  if (!proof.user) return Error(Code::wrong_credentials);
  QUANJI_TRY(const auto user, standing(change, proof.user->id));
  if (!user || !user->may_come_in(change.now())) return Error(Code::wrong_credentials);
  QUANJI_DO(same_password(change, user->id, proof.stored));
  if (proof.totp_counter && proof.totp_on) {
    QUANJI_TRY(const auto n,
               change.run(sql::totp_use, {{"user_id", user->id}, {"counter", *proof.totp_counter}, {"sealed", proof.totp_sealed}}));
    if (n == 0) return Error(Code::wrong_credentials);
  }
  if (proof.recovery_used) {
    QUANJI_TRY(const auto n, change.run(sql::recovery_code_use,
                                        {{"user_id", user->id}, {"hash", storage::Bytes(*proof.recovery_used)}, {"now", change.now()}}));
    if (n == 0) return Error(Code::wrong_credentials);
  }
  if (!proof.rehashed.empty())
    QUANJI_DO(change.run(sql::password_rehash, {{"user_id", user->id}, {"hash", proof.rehashed}, {"former", proof.stored}}));
  if (proof.charged) QUANJI_DO(succeed_try(change, proof.at));
  return {};
}

Result<std::shared_ptr<const Proof>> proved(storage::Store& store, const ProofAsk& ask, const ProofDesk& desk) {
  auto proof = std::make_shared<Proof>();
  QUANJI_DO(store.change([&](Change& change) { return open_proof(change, ask, *proof); }));
  prove(ask, *proof, desk);
  if (!proof->outcome) {
    QUANJI_DO(store.change([&](Change& change) { return close_proof(change, *proof); }));
    return std::move(proof->outcome).error();
  }
  return std::shared_ptr<const Proof>(std::move(proof));
}

Status set_password(Change& change, const UserId& user, std::string_view hash, NextSignIn next) {
  QUANJI_TRY(const auto present, change.row(sql::password_of, {{"user_id", user}}));
  if (present) {
    QUANJI_DO(change.run(sql::password_history_add, {{"user_id", user}, {"now", change.now()}, {"hash", present->text("hash")}}));
    QUANJI_TRY(const auto former, change.rows(sql::password_history_of, {{"user_id", user}}));
    // The present one counts as one of those remembered.
    const auto remembered = password_rule().remembered;
    if (former.size() >= remembered) {
      const auto before = remembered > 1 ? former[remembered - 2].time("changed_at") : change.now().plus(std::chrono::microseconds(1));
      QUANJI_DO(change.run(sql::password_history_trim, {{"user_id", user}, {"before", before}}));
    }
  }
  QUANJI_DO(change.run(sql::password_set,
                       {{"user_id", user}, {"hash", hash}, {"must_change", next == NextSignIn::must_change}, {"now", change.now()}}));
  return {};
}

domain::PasswordRule password_rule() {
  domain::PasswordRule rule;
  rule.min = static_cast<std::size_t>(settings::known_integer("security.password_length"));
  rule.kinds = static_cast<int>(settings::known_integer("security.password_classes"));
  rule.remembered = static_cast<std::size_t>(settings::known_integer("security.password_history"));
  return rule;
}

Result<Owed> owed_by(const View& view, const UserId& user) {
  QUANJI_TRY(const auto password, view.row(sql::password_of, {{"user_id", user}}));
  const auto days = settings::known_integer("security.password_days");
  if (password &&
      (password->truth("must_change") || (days > 0 && view.now().since(password->time("changed_at")) > std::chrono::hours(24 * days))))
    return Owed::new_password;
  if (!settings::known_truth("security.totp_required")) return Owed::nothing;
  QUANJI_TRY(const auto totp, view.row(sql::totp_of, {{"user_id", user}}));
  return totp && totp->text("state") == "on" ? Owed::nothing : Owed::second_factor;
}

Result<Standing> owner_of_link(const View& view, const Secret& code) {
  const auto hash = token_hash(code.reveal());
  QUANJI_TRY(const auto row, view.row(sql::password_link_by_hash, {{"hash", storage::Bytes(hash)}}));
  const auto gone = [] {
    return Error(Code::wrong_credentials, Text("一次性链接无效、已用过或已过期，请联系管理员重新发放",
                                               "the one-time link is wrong, used or expired: ask an administrator for another"));
  };
  if (!row || !row->is_null("used_at") || row->time("expires_at") <= view.now()) return gone();
  QUANJI_TRY(auto user, standing(view, row->id<UserId>("user_id")));
  if (!user || !user->may_come_in(view.now())) return gone();
  return std::move(*user);
}

Result<PasswordChanged> change_password(Change& change, const Prepared<PasswordChange>& in) {
  if (!in.proof || !in.proof->user || in.proof->new_hashes.size() != 1) return Error(Code::bug, "a password is changed without its proof");
  const auto& caller = change.caller();
  if (in.value.one_time_code) {
    QUANJI_TRY(const auto owner, owner_of_link(change, *in.value.one_time_code));
    if (owner.id != in.proof->user->id) return Error(Code::wrong_credentials);
    const auto hash = token_hash(in.value.one_time_code->reveal());
    QUANJI_TRY(const auto n, change.run(sql::password_link_use, {{"hash", storage::Bytes(hash)}, {"now", change.now()}}));
    if (n == 0) return Error(Code::wrong_credentials);
    QUANJI_DO(same_password(change, owner.id, in.proof->stored));
  } else {
    QUANJI_DO(still_holds(change, *in.proof));
  }
  const auto& user = *in.proof->user;
  QUANJI_DO(set_password(change, user.id, in.proof->new_hashes.front(), NextSignIn::free));
  std::optional<SessionId> kept;
  if (!caller.session.empty()) kept = caller.session;
  PasswordChanged out;
  out.user_id = user.id;
  out.account = user.account;
  QUANJI_TRY(out.ended_sessions, end_sessions_of(change, user.id, "password_changed", kept));
  // The kept session learns that nothing is asked of it any more.
  QUANJI_DO(raise_sign_in_epoch(change, {.user = user.id}));
  change.note() = {user.id.text(), user.account, user.department_id.ulid, {}, {}, {}};
  return out;
}

Result<PasswordLink> make_password_link(Change& change, const UserId& user) {
  QUANJI_DO(change.run(sql::password_links_drop, {{"user_id", user}}));
  PasswordLink link;
  link.user_id = user;
  link.one_time_code = new_token(change.random(), "qjl_");
  link.expires_at = change.now().plus(std::chrono::minutes(settings::known_integer("security.one_time_link_minutes")));
  const auto hash = token_hash(link.one_time_code);
  QUANJI_DO(change.run(sql::password_link_add, {{"hash", storage::Bytes(hash)},
                                                {"user_id", user},
                                                {"expires_at", link.expires_at},
                                                {"now", change.now()},
                                                {"created_by", actor(change)}}));
  return link;
}

Result<PasswordLink> reset_password(Change& change, const ActOnUser& in) {
  QUANJI_TRY(const auto user, user_for_act(change, in.id));
  QUANJI_DO(may_take_over(change, in.id));
  QUANJI_DO(change.run(sql::password_drop, {{"user_id", in.id}}));
  QUANJI_DO(end_sessions_of(change, in.id, "password_reset"));
  QUANJI_DO(unlock_account(change, lower(user.account)));
  QUANJI_TRY(auto link, make_password_link(change, in.id));
  change.note() = {user.id.text(), user.account, user.department_id.ulid, {}, {}, in.reason};
  return link;
}

Status unlock_user(Change& change, const ActOnUser& in) {
  QUANJI_TRY(const auto user, user_for_act(change, in.id));
  change.note() = {user.id.text(), user.account, user.department_id.ulid, {}, {}, in.reason};
  return unlock_account(change, lower(user.account));
}

Status reset_totp(Change& change, const ActOnUser& in) {
  QUANJI_TRY(const auto user, user_for_act(change, in.id));
  QUANJI_DO(may_take_over(change, in.id));
  QUANJI_DO(change.run(sql::recovery_codes_drop, {{"user_id", in.id}}));
  QUANJI_DO(change.run(sql::totp_drop, {{"user_id", in.id}}));
  QUANJI_DO(end_sessions_of(change, in.id, "totp_reset"));
  change.note() = {user.id.text(), user.account, user.department_id.ulid, {}, {}, in.reason};
  return {};
}

}  // namespace quanji::services
