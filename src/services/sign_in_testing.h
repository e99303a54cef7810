// For tests of this room and of the gate: a house whose people can sign in.
#pragma once
#include <optional>
#include <string>
#include <utility>

#include "services/api_clients.h"
#include "services/identity_testing.h"
#include "services/sign_in.h"
#include "services/totp.h"

namespace quanji::services::testing {

inline base::PasswordCost cheap() { return {.argon2_memory_kib = 64, .argon2_passes = 1, .pbkdf2_rounds = 1000}; }

inline std::vector<std::string> sign_in_permissions() {
  auto names = tested_permissions();
  for (const auto* name : {"api_client.disable", "api_client.enable", "api_client.rotate", "session.read", "user.reset_password",
                           "user.reset_totp", "user.sign_out", "user.unlock"})
    names.emplace_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

class Gatehouse : public House {
 public:
  explicit Gatehouse(std::string url = {}, const Tune& tune = {})
      : House(std::move(url), tune),
        desk(std::make_shared<const ProofDesk>(std::make_shared<KeyringBox>(keyring), clock, std::make_shared<base::SystemRandom>(),
                                               base::Suite::intl, cheap())) {
    domain::publish_permissions(sign_in_permissions());
  }

  static constexpr std::string_view good_password = "Mango-74-Tree";
  void password(const UserId& id, std::string_view text = good_password, NextSignIn next = NextSignIn::free) {
    const auto hash = base::hash_password(base::Suite::intl, base::Secret(text), *desk->random, desk->cost);
    EXPECT_TRUE(change([&](Change& c) { return set_password(c, id, hash, next); }).ok());
  }
  UserId person_with_password(std::string account) {
    const auto id = user(std::move(account));
    password(id);
    return id;
  }
  static std::shared_ptr<domain::Caller> stranger(std::string address = "192.0.2.1") {
    auto caller = std::make_shared<domain::Caller>();
    caller->address = std::move(address);
    return caller;
  }
  // Somebody in a session of his.
  std::shared_ptr<domain::Caller> in_session(const UserId& id, const SessionId& session, std::string_view permission = "-") {
    auto caller = as(id, permission);
    caller->session = session;
    caller->address = "192.0.2.1";
    return caller;
  }

  ProofAsk login_ask(std::string account, std::string_view text, std::string address, std::string code = {}) {
    ProofAsk ask;
    ask.need = ProofAsk::Need::password_and_code;
    ask.account = std::move(account);
    ask.address = std::move(address);
    ask.password = std::make_shared<const base::Secret>(text);
    ask.code = std::move(code);
    return ask;
  }
  Result<WithCookie<SignedIn>> enter(std::string account, std::string_view text = good_password, std::string address = "192.0.2.1",
                                     std::string code = {}, Want want = Want::cookie) {
    QUANJI_TRY(auto proof, proved(*store, login_ask(account, text, address, std::move(code)), *desk));
    Prepared<SignIn> in;
    in.value.account = account;
    in.value.want = want;
    in.proof = std::move(proof);
    return run(stranger(std::move(address)), &services::sign_in, in);
  }
  base::Code try_code(std::string account, std::string_view text, std::string address = "192.0.2.1") {
    return code_of(enter(std::move(account), text, std::move(address)));
  }

  ProofAsk own_ask(const UserId& id, ProofAsk::Need need, std::string_view text = {}, std::string code = {}) {
    ProofAsk ask;
    ask.need = need;
    ask.user = id;
    ask.address = "192.0.2.1";
    if (!text.empty()) ask.password = std::make_shared<const base::Secret>(text);
    ask.code = std::move(code);
    return ask;
  }
  std::shared_ptr<const Proof> made_key() {
    ProofAsk ask;
    ask.make_key = true;
    auto proof = proved(*store, ask, *desk);
    EXPECT_TRUE(proof.ok());
    return proof.ok() ? *proof : nullptr;
  }
  Result<NewApiKey> client(std::string name, std::vector<std::string> scopes, std::function<void(NewApiClient&)> more = {}) {
    Prepared<NewApiClient> in;
    in.value.name = std::move(name);
    in.value.department_id = domain::root_department;
    in.value.scopes = std::move(scopes);
    if (more) more(in.value);
    in.proof = made_key();
    return run(as(security, "api_client.create"), &create_api_client, in);
  }
  // Sets up a second factor; its key.
  base::Secret with_totp(const UserId& id, std::vector<std::string>* codes = nullptr) {
    auto ask = own_ask(id, ProofAsk::Need::password, good_password);
    ask.make_totp_for = id;
    Prepared<TotpEnrol> enrol;
    auto proof = proved(*store, ask, *desk);
    EXPECT_TRUE(proof.ok());
    if (proof) enrol.proof = *proof;
    auto key = run(as(id, "-"), &enrol_totp, enrol);
    EXPECT_TRUE(key.ok());
    base::Secret plain(std::span<const std::uint8_t>(base::from_base32(key->secret).value()));
    Prepared<TotpConfirm> confirm;
    auto confirmed = proved(*store, own_ask(id, ProofAsk::Need::pending_code, {}, base::totp(plain, clock->now())), *desk);
    EXPECT_TRUE(confirmed.ok());
    if (confirmed) confirm.proof = *confirmed;
    auto recovery = run(as(id, "-"), &confirm_totp, confirm);
    EXPECT_TRUE(recovery.ok());
    if (codes && recovery) *codes = recovery->codes;
    return plain;
  }
  void pass(std::chrono::seconds time) { clock->advance(time); }

  std::shared_ptr<const ProofDesk> desk;
};

}  // namespace quanji::services::testing
