#include "services/credential_use.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/fields_json.h"
#include "base/seal_to_key.h"
#include "domain/caller.h"
#include "services/asset_values.h"
#include "services/authority.h"
#include "services/credentials.h"
#include "services/events.h"
#include "storage/queries.h"

namespace quanji::services {

namespace sql = storage::sql;
using base::Code;
using base::Error;
using base::Secret;
using base::Text;
using domain::SecretField;

namespace {

constexpr std::int64_t seconds_until_free = 5;
constexpr std::int64_t name_length = 63, detail_length = 500;

Error unknown_credential(std::string_view name) {
  return Error(Code::not_found, Text(fmt::format("没有凭据“{}”，或未授予此任务", name),
                                     fmt::format("there is no credential \"{}\", or it was not granted to this task", name)));
}
std::optional<SecretField> field_of(std::string_view name) {
  const auto& words = base::Spelling<SecretField>::words;
  const auto found = std::find(std::begin(words), std::end(words), name);
  if (found == std::end(words)) return std::nullopt;
  return static_cast<SecretField>(found - std::begin(words));
}

// The credential of that name which the task was granted: its own department's first, then upwards, then what others share with it.
Result<Credential> granted_credential(const View& view, const TaskFacts& facts, const std::string& name) {
  QUANJI_TRY(const auto rows, view.rows(sql::credentials_called, {{"name", name}}));
  QUANJI_TRY(const auto above, departments_upwards(view, facts.department));
  std::vector<std::pair<std::ptrdiff_t, CredentialId>> candidates;
  for (const auto row : rows) {
    const auto place = std::find(above.begin(), above.end(), row.id<DepartmentId>("department_id")) - above.begin();
    candidates.emplace_back(place, row.id<CredentialId>("id"));
  }
  std::stable_sort(candidates.begin(), candidates.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [place, id] : candidates) {
    QUANJI_TRY(const bool granted, granted_to(view, id.ulid, facts));
    if (!granted) continue;
    QUANJI_TRY(auto found, find_credential(view, id));
    if (found) return std::move(*found);
  }
  return unknown_credential(name);
}

Status usable(const Credential& credential) {
  if (credential.state == CredentialState::disabled)
    return Error(Code::wrong_state,
                 Text(fmt::format("凭据“{}”已停用", credential.name), fmt::format("the credential \"{}\" is disabled", credential.name)));
  if (credential.breaker_open)
    return Error(Code::wrong_state,
                 Text(fmt::format("凭据“{}”因登录被拒已熔断，须由人员核实并复位", credential.name),
                      fmt::format("the breaker of the credential \"{}\" is open after refused sign-ins: a person has to look and reset it",
                                  credential.name)));
  return {};
}

Status take_out(Change& change, const Credential& credential, const TaskFacts& facts, const TaskSeat& seat) {
  if (!credential.exclusive) return {};
  const domain::CheckOut wanted{seat.task, seat.attempt, seat.token};
  QUANJI_TRY(const auto row, change.row(sql::credential_check_out, {{"credential_id", credential.id}}));
  std::optional<domain::CheckOut> current;
  auto lease = domain::HolderLease::live;
  if (row) {
    current = domain::CheckOut{row->id<domain::TaskId>("task"), row->id<domain::AttemptId>("attempt"), row->integer("token")};
    if (vault_ports().holder) {
      QUANJI_TRY(lease, vault_ports().holder(change, *current));
    }
  }
  switch (domain::check_out(domain::Sharing::exclusive, current, lease, wanted)) {
    case domain::CheckOutVerdict::stale:
      return Error(Code::stale_token);
    case domain::CheckOutVerdict::held_by_another:
      return Error(Code::wrong_state, Text(fmt::format("凭据“{}”正被任务 {} 独占，请稍后再取", credential.name, current->task.text()),
                                           fmt::format("the credential \"{}\" is checked out by the task {}: come back later",
                                                       credential.name, current->task.text())))
          .with_retry_after(seconds_until_free);
    case domain::CheckOutVerdict::granted:
      break;
  }
  QUANJI_DO(change.run(sql::credential_check_out_put, {{"credential_id", credential.id},
                                                       {"task", seat.task},
                                                       {"attempt", seat.attempt},
                                                       {"token", seat.token},
                                                       {"robot_id", facts.robot},
                                                       {"now", change.now()}}));
  return {};
}

Result<wire::SealedSecret> sealed_for_robot(Change& change, const wire::CredentialOpen& in, std::int64_t version, const Secret& secret) {
  if (in.seal_to.find('.') != std::string::npos) {
    QUANJI_TRY(const auto key, base::sealing_key_from_text(in.seal_to));
    QUANJI_TRY(auto sealed, base::seal_to_key(key, secret, open_purpose(in, version), change.random()));
    return wire::SealedSecret{std::move(sealed)};
  }
  const auto bad = [] { return Error(Code::invalid_field).with_field("sealTo", Text("不是可用的公钥", "is no key to seal to")); };
  const auto raw = base::from_base64url(in.seal_to);
  if (!raw) return bad();
  const auto key = base::PublicKey::from_raw(base::KeyKind::sm2, *raw);
  if (!key) return bad();
  QUANJI_TRY(const auto sealed, base::sm2_encrypt(*key, secret.reveal_bytes(), change.random()));
  return wire::SealedSecret{base::base64url(sealed)};
}

// What the audit row of a use says: which task, which field, never the secret.
std::string told_use(const TaskFacts& facts, const wire::CredentialOpen& in, std::int64_t version) {
  return fmt::format(R"({{"attempt":"{}","field":"{}","flow":"{}","robot":"{}","task":"{}","version":{}}})", in.attempt.text(),
                     field_of(in.field) ? in.field : "value", facts.flow, facts.robot.text(), in.task.text(), version);
}

Result<wire::SealedSecret> open_asset(Change& change, const wire::CredentialOpen& in, const TaskFacts& facts) {
  const auto name = in.name.substr(asset_name_mark.size());
  QUANJI_TRY(const auto found, resolve_for(change, name, facts));
  if (!found || found->type != domain::AssetType::secret || in.field != "value") return unknown_credential(in.name);
  if (in.version != 0 && in.version != found->version) return Error(Code::changed_meanwhile);
  QUANJI_TRY(const auto secret, open_asset_value(*found));
  QUANJI_TRY(auto sealed, sealed_for_robot(change, in, found->version, secret));
  change.note() = {found->asset_id.text(), found->name, found->department_id.ulid, {}, told_use(facts, in, found->version), {}};
  return sealed;
}

// Counts it, and says so to who listens when the breaker opens.
Result<BreakerAnswer> counted(Change& change, const Credential& credential, domain::SignInOutcome outcome,
                              const std::optional<std::string>& detail, const TaskFacts* facts,
                              const std::optional<domain::AttemptId>& attempt) {
  const domain::Breaker before{credential.refusals, credential.breaker_open};
  const auto after = domain::after_sign_in(before, credential.type, outcome);
  if (after != before)
    QUANJI_DO(change.run(sql::credential_breaker, {{"id", credential.id}, {"refusals", after.refusals}, {"breaker_open", after.open}}));
  auto kind = CredentialUseKind::sign_in_refused;
  if (outcome == domain::SignInOutcome::accepted) kind = CredentialUseKind::signed_in;
  if (outcome == domain::SignInOutcome::system_not_ready) kind = CredentialUseKind::system_not_ready;
  UseNote note{.kind = kind, .version = credential.version.value_or(0), .facts = facts, .attempt = attempt, .detail = detail};
  if (!note.detail && kind == CredentialUseKind::sign_in_refused) note.detail = base::word(outcome);
  QUANJI_DO(note_use(change, credential.id, note));
  if (after.open && !before.open) {
    std::string body = R"({"name":)";
    base::append_json_string(body, credential.name);
    body += fmt::format(R"(,"departmentId":"{}","ownerId":"{}"}})", credential.department_id.text(), credential.owner_id.text());
    QUANJI_DO(emit(change, "credential.breaker_opened", credential.id.text(), body));
  }
  tell_credential(change, credential, fmt::format(R"({{"breakerOpen":{},"refusals":{}}})", before.open, before.refusals),
                  fmt::format(R"({{"breakerOpen":{},"outcome":"{}","refusals":{}}})", after.open, base::word(outcome), after.refusals));
  return BreakerAnswer{after.refusals, after.open};
}

}  // namespace

QUANJI_FIELDS(SignInReport,  //
              QF(task, "任务", "Task"), QF(attempt, "尝试", "Attempt"), QF(token, "令牌", "Fencing token"),
              QF(name, "凭据名称", "Name of the credential", .min = 1, .max = name_length),
              QF(outcome, "登录结果", "What became of the sign-in"),
              QF(detail, "目标系统的提示", "What the system said", .max = detail_length))
QUANJI_FIELDS(BreakerAnswer,  //
              QF(refusals, "连续被拒的次数", "Sign-ins refused in a row"), QF(breaker_open, "已熔断", "The breaker is open"))
QUANJI_FIELDS(SignInResult,  //
              QF(id, "凭据标识", "Credential id", .flags = base::in_path), QF(outcome, "登录结果", "What became of the sign-in"),
              QF(detail, "目标系统的提示", "What the system said", .max = detail_length, .pattern = &base::printable_pattern))

std::string open_purpose(const wire::CredentialOpen& in, std::int64_t version) {
  return fmt::format("{}/{}/{}/{}/{}", in.attempt.text(), in.token, in.name, version, in.field);
}

Result<wire::CredentialFacts> read_credential_facts(const View& view, const wire::CredentialRead& in) {
  QUANJI_TRY(const auto facts, facts_of(view, {in.task, in.attempt, in.token}));
  QUANJI_TRY(const auto credential, granted_credential(view, facts, in.name));
  wire::CredentialFacts answer;
  answer.name = credential.name;
  answer.version = credential.version.value_or(0);
  for (const auto field : credential.secret_fields.value_or(std::vector<SecretField>{}))
    answer.secret_fields.emplace_back(base::word(field));
  std::sort(answer.secret_fields.begin(), answer.secret_fields.end());
  auto& plain = answer.plain.text;
  plain = "{";
  const auto add = [&](std::string_view key, const std::optional<std::string>& value) {
    if (!value) return;
    if (plain.size() > 1) plain += ',';
    base::append_json_string(plain, key);
    plain += ':';
    base::append_json_string(plain, *value);
  };
  add("username", credential.username);
  add("operator_no", credential.operator_no);
  add("certificate", credential.certificate);
  add("system_id", credential.system_id);
  plain += '}';
  return answer;
}

Result<wire::SealedSecret> open_credential(Change& change, const wire::CredentialOpen& in) {
  const TaskSeat seat{in.task, in.attempt, in.token};
  QUANJI_TRY(const auto facts, facts_of(change, seat));
  if (in.name.starts_with(asset_name_mark)) return open_asset(change, in, facts);
  QUANJI_TRY(const auto credential, granted_credential(change, facts, in.name));
  tell_credential(change, credential, {}, told_use(facts, in, credential.version.value_or(0)));
  QUANJI_DO(usable(credential));
  QUANJI_TRY(const auto version, version_in_force(change, credential.id));
  const auto field = field_of(in.field);
  if (!version || !field || std::find(version->holds.begin(), version->holds.end(), *field) == version->holds.end())
    return Error(Code::not_found, Text(fmt::format("凭据“{}”没有这一项密文", credential.name),
                                       fmt::format("the credential \"{}\" holds no such secret", credential.name)));
  if (in.version != 0 && in.version != version->number)
    return Error(Code::changed_meanwhile, Text(fmt::format("凭据“{}”已更换，请重新读取", credential.name),
                                               fmt::format("the credential \"{}\" was rotated: read it again", credential.name)));
  QUANJI_DO(take_out(change, credential, facts, seat));
  QUANJI_TRY(const auto secrets, open_version(credential.id, *version));
  const auto found = std::find_if(secrets.begin(), secrets.end(), [&](const auto& one) { return one.first == *field; });
  QUANJI_TRY(auto sealed, sealed_for_robot(change, in, version->number, found->second));
  QUANJI_DO(note_use(change, credential.id, {.version = version->number, .field = field, .facts = &facts, .attempt = in.attempt}));
  QUANJI_DO(change.run(sql::credential_used,
                       {{"id", credential.id}, {"now", change.now()}, {"by", fmt::format("{} {}", facts.robot.text(), facts.flow)}}));
  return sealed;
}

Status write_credential_secret(Change& change, const wire::CredentialWrite& in) {
  const TaskSeat seat{in.task, in.attempt, in.token};
  QUANJI_TRY(const auto facts, facts_of(change, seat));
  QUANJI_TRY(auto credential, granted_credential(change, facts, in.name));
  const auto write_key = fmt::format("{}/{}", in.task.text(), in.key);
  QUANJI_TRY(const auto done, change.row(sql::credential_version_written, {{"credential_id", credential.id}, {"write_key", write_key}}));
  if (done) {
    tell_credential(change, credential, {}, {});
    return {};
  }
  QUANJI_DO(usable(credential));
  QUANJI_TRY(const auto source, granted_credential(change, facts, in.from_name));
  QUANJI_DO(usable(source));
  QUANJI_TRY(const auto version, version_in_force(change, credential.id));
  QUANJI_TRY(const auto from, version_in_force(change, source.id));
  const auto field = field_of(in.field), from_field = field_of(in.from_field);
  if (!version || !from || !field || !from_field) return unknown_credential(in.name);
  if (in.from_version != from->number) return Error(Code::changed_meanwhile);
  QUANJI_TRY(auto secrets, open_version(credential.id, *version));
  QUANJI_TRY(auto others, open_version(source.id, *from));
  const auto target = std::find_if(secrets.begin(), secrets.end(), [&](const auto& one) { return one.first == *field; });
  const auto taken = std::find_if(others.begin(), others.end(), [&](const auto& one) { return one.first == *from_field; });
  if (target == secrets.end() || taken == others.end()) return unknown_credential(in.name);
  target->second = std::move(taken->second);
  const auto before = stored(credential);
  const auto id = change.new_id<CredentialVersionId>();
  const auto row = vault_row(credential.id.ulid, id.ulid);
  QUANJI_TRY(const auto envelope, seal_once(vault_place(credential_versions_table, row), id.ulid, secrets_document(secrets)));
  ++credential.latest_version;
  credential.last_rotated_at = change.now();
  QUANJI_DO(write_credential(change, credential));
  std::string fields;
  base::encode_value(base::value_ops<std::vector<SecretField>>, &version->holds, fields);
  QUANJI_DO(change.run(sql::credential_version_insert, {{"id", id},
                                                        {"credential_id", credential.id},
                                                        {"number", credential.latest_version},
                                                        {"sealed", envelope},
                                                        {"secret_fields", fields},
                                                        {"effective_from", change.now()},
                                                        {"write_key", write_key},
                                                        {"now", change.now()},
                                                        {"actor", actor(change)}}));
  QUANJI_DO(note_use(
      change, credential.id,
      {.kind = CredentialUseKind::written, .version = credential.latest_version, .field = field, .facts = &facts, .attempt = in.attempt}));
  tell_credential(change, credential, before, stored(credential));
  return {};
}

Result<BreakerAnswer> report_sign_in(Change& change, const SignInReport& in) {
  QUANJI_TRY(const auto facts, facts_of(change, {in.task, in.attempt, in.token}));
  QUANJI_TRY(const auto credential, granted_credential(change, facts, in.name));
  return counted(change, credential, in.outcome, in.detail, &facts, in.attempt);
}
Result<BreakerAnswer> note_sign_in(Change& change, const SignInResult& in) {
  QUANJI_TRY(const auto credential, credential_for_act(change, in.id));
  return counted(change, credential, in.outcome, in.detail, nullptr, std::nullopt);
}

Status give_back_credentials(Change& change, const domain::AttemptId& attempt) {
  QUANJI_DO(change.run(sql::credential_check_outs_drop_of_attempt, {{"attempt", attempt}}));
  return {};
}

Result<wire::AssetAnswer> read_asset_value(const View& view, const wire::AssetRead& in) {
  QUANJI_TRY(const auto facts, facts_of(view, {in.task, in.attempt, in.token}));
  QUANJI_TRY(const auto found, resolve_for(view, in.name, facts));
  if (!found) return no_such_asset(in.name);
  if (found->type == domain::AssetType::secret)
    return wire::AssetAnswer{
        {fmt::format(R"({{"$secret":{{"credential":"{}{}","field":"value","version":{}}}}})", asset_name_mark, in.name, found->version)}};
  return wire::AssetAnswer{{domain::to_flow(found->type, found->value)}};
}

Status write_asset_value(Change& change, const wire::AssetWrite& in) {
  QUANJI_TRY(const auto facts, facts_of(change, {in.task, in.attempt, in.token}));
  return write_for(change, in.name, in.value.text, fmt::format("{}/{}", in.task.text(), in.key), facts);
}

}  // namespace quanji::services
