// Acts of people on credentials: testing, enabling, disabling, the breaker, taking back, transferring, and reminding of those that expire.
#include <fmt/format.h>

#include "base/crypto.h"
#include "base/fields_json.h"
#include "domain/caller.h"
#include "services/authority.h"
#include "services/credentials.h"
#include "services/departments.h"
#include "services/events.h"
#include "storage/queries.h"

namespace quanji::services {
namespace {

namespace sql = storage::sql;
using base::Code;
using base::Error;
using base::Text;
using domain::SecretField;

Result<Credential> set_state(Change& change, const CredentialId& id, CredentialState state, std::string reason) {
  QUANJI_TRY(auto credential, credential_for_act(change, id));
  QUANJI_DO(expect_revision(change, credential.revision));
  if (credential.state == state)
    return Error(Code::wrong_state, state == CredentialState::enabled ? Text("凭据已启用", "the credential is enabled already")
                                                                      : Text("凭据已停用", "the credential is disabled already"));
  const auto before = stored(credential);
  credential.state = state;
  QUANJI_DO(write_credential(change, credential));
  tell_credential(change, credential, before, stored(credential), std::move(reason));
  return credential;
}

// What can be seen of a secret's form without the system it is for.
bool has_form(domain::CredentialType type, SecretField field, const base::Secret& secret) {
  if (secret.empty()) return false;
  if (field == SecretField::seed) return base::from_base32(secret.reveal()).ok();
  if (type == domain::CredentialType::certificate && field == SecretField::private_key)
    return secret.reveal().starts_with("-----BEGIN ") && secret.reveal().find("PRIVATE KEY-----") != std::string_view::npos;
  return true;
}

}  // namespace

Result<CredentialTest> test_credential(Change& change, const CredentialRef& ref) {
  QUANJI_TRY(const auto credential, credential_for_act(change, ref.id));
  CredentialTest out{.id = ref.id, .ok = true};
  const bool english = change.caller().english;
  const auto check = [&](std::string name, bool ok, Text good, Text bad) {
    const auto& said = ok ? good : bad;
    out.checks.push_back({std::move(name), ok, english ? said.en : said.zh});
    out.ok = out.ok && ok;
  };
  QUANJI_TRY(const auto version, version_in_force(change, ref.id));
  bool opens = false, form = true;
  if (version) {
    out.version = version->number;
    if (const auto secrets = open_version(ref.id, *version); secrets) {
      opens = true;
      for (const auto& [field, secret] : *secrets) form = form && has_form(credential.type, field, secret);
    }
  }
  check("opens", opens, Text("密文可以解开", "its secret opens"), Text("密文无法解开：请更换", "its secret does not open: rotate it"));
  check("form", opens && form, Text("形式正确", "it has the form of its type"),
        Text("形式不对：请更换", "it has not the form of its type: rotate it"));
  check("enabled", credential.state == CredentialState::enabled, Text("已启用", "it is enabled"), Text("已停用", "it is disabled"));
  check("breaker", !credential.breaker_open, Text("未熔断", "its breaker is closed"),
        Text("已熔断：核实后复位", "its breaker is open: find out why, then reset it"));
  check("expiry", !credential.expires_at || *credential.expires_at > change.now(), Text("未到期", "it has not expired"),
        Text("已到期：请更换", "it has expired: rotate it"));
  QUANJI_DO(note_use(change, ref.id, {.kind = CredentialUseKind::tested, .version = out.version, .detail = out.ok ? "ok" : "not ok"}));
  tell_credential(change, credential, {}, fmt::format(R"({{"ok":{}}})", out.ok));
  return out;
}

Result<Credential> enable_credential(Change& change, const CredentialRef& ref) {
  return set_state(change, ref.id, CredentialState::enabled, {});
}
Result<Credential> disable_credential(Change& change, const CredentialAct& act) {
  return set_state(change, act.id, CredentialState::disabled, act.reason);
}

Result<Credential> reset_credential_breaker(Change& change, const CredentialAct& act) {
  QUANJI_TRY(auto credential, credential_for_act(change, act.id));
  QUANJI_DO(expect_revision(change, credential.revision));
  if (!credential.breaker_open) return Error(Code::wrong_state, Text("凭据没有熔断", "the breaker of this credential is not open"));
  credential.breaker_open = false;
  credential.refusals = 0;
  QUANJI_DO(write_credential(change, credential));
  tell_credential(change, credential, R"({"breakerOpen":true})", R"({"breakerOpen":false})", act.reason);
  return credential;
}

Result<Credential> release_credential(Change& change, const CredentialAct& act) {
  QUANJI_TRY(auto credential, credential_for_act(change, act.id));
  if (!credential.checked_out_by) return Error(Code::wrong_state, Text("没有任务占用此凭据", "no task has this credential checked out"));
  const auto held = fmt::format(R"({{"checkedOutBy":"{}"}})", credential.checked_out_by->text());
  QUANJI_DO(change.run(sql::credential_check_out_drop, {{"credential_id", act.id}}));
  credential.checked_out_by.reset();
  credential.checked_out_since.reset();
  tell_credential(change, credential, held, "{}", act.reason);
  return credential;
}

Result<Credential> transfer_credential(Change& change, const CredentialTransfer& in) {
  QUANJI_TRY(auto credential, credential_for_act(change, in.id));
  QUANJI_DO(expect_revision(change, credential.revision));
  if (!in.department_id && !in.owner_id)
    return Error(Code::invalid_field).with_field("ownerId", Text("请给出新的部门或负责人", "name the new department or the new owner"));
  const auto before = stored(credential);
  if (in.owner_id) {
    QUANJI_DO(check_holder(change, in.owner_id, "ownerId"));
    credential.owner_id = *in.owner_id;
  }
  if (in.department_id && *in.department_id != credential.department_id) {
    QUANJI_DO(allow(change, *in.department_id));
    QUANJI_DO(takes_new(change, *in.department_id, "departmentId"));
    QUANJI_TRY(const auto taken, change.row(sql::credential_named, {{"department_id", *in.department_id}, {"name", credential.name}}));
    if (taken)
      return Error(Code::name_taken, Text(fmt::format("新部门内已有凭据 {}，请先改名", credential.name),
                                          fmt::format("the new department has a credential {}: rename this one first", credential.name)));
    credential.department_id = *in.department_id;
  }
  QUANJI_DO(write_credential(change, credential));
  tell_credential(change, credential, before, stored(credential), in.reason);
  return credential;
}

Result<std::int64_t> remind_of_credentials(Change& change, std::int64_t most) {
  QUANJI_TRY(const auto rows, change.rows(sql::credentials_to_remind, {{"now", change.now()}, {"most", most}}));
  std::int64_t told = 0;
  for (const auto row : rows) {
    const auto id = row.id<CredentialId>("id");
    std::string body = R"({"name":)";
    base::append_json_string(body, row.text("name"));
    body += fmt::format(R"(,"departmentId":"{}","ownerId":"{}")", row.id<DepartmentId>("department_id").text(),
                        row.id<UserId>("owner_id").text());
    if (!row.is_null("expires_at")) body += fmt::format(R"(,"expiresAt":"{}")", base::to_text(row.time("expires_at")));
    body += '}';
    QUANJI_DO(emit(change, "credential.expiring", id.text(), body));
    QUANJI_DO(change.run(sql::credential_reminder, {{"id", id}, {"due", nullptr}}));
    ++told;
  }
  return told;
}

}  // namespace quanji::services
