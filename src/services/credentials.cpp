#include "services/credentials.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/bytes.h"
#include "base/certificates.h"
#include "base/fields_json.h"
#include "domain/caller.h"
#include "services/authority.h"
#include "services/departments.h"
#include "services/given_fields.h"
#include "services/lists.h"
#include "storage/queries.h"

namespace quanji::services {

namespace sql = storage::sql;
using base::Code;
using base::Error;
using base::Page;
using base::Secret;
using base::Text;
using domain::CredentialType;
using domain::SecretField;
using storage::ColumnType;
using storage::FilterOp;

namespace {

constexpr std::size_t shortest_seed = 10;  // bytes: RFC 4226 wants 16, some systems give 10

// What a person types in groups and small letters is the same seed.
Status tidy_seed(std::optional<Secret>& seed) {
  if (!seed) return {};
  std::string tidy;
  for (const char c : seed->reveal())
    if (c != ' ' && c != '-' && c != '=') tidy += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  auto kept = Secret::take(tidy);
  const auto bytes = base::from_base32(kept.reveal());
  if (!bytes || bytes->size() < shortest_seed)
    return Error(Code::invalid_field).with_field("seed", Text("应为 base32 文本，至少 10 字节", "is to be base32 of at least 10 bytes"));
  seed = std::move(kept);
  return {};
}

// Takes the secrets out of an input, in the order of the fields.
template <class In>
std::vector<std::pair<SecretField, Secret>> taken(In& in) {
  std::vector<std::pair<SecretField, Secret>> found;
  const auto take = [&](SecretField field, std::optional<Secret>& secret) {
    if (secret) found.emplace_back(field, std::move(*secret));
    secret.reset();
  };
  take(SecretField::password, in.password);
  take(SecretField::private_key, in.private_key);
  take(SecretField::passphrase, in.passphrase);
  take(SecretField::seed, in.seed);
  take(SecretField::pin, in.pin);
  return found;
}

template <class In>
Status seal_into(In& in, const base::Ulid& resource, const ProofDesk& desk) {
  QUANJI_DO(tidy_seed(in.seed));
  const auto secrets = taken(in);
  if (secrets.empty()) return Error(Code::invalid_field).with_field("password", Text("没有给出任何密文", "no secret was given"));
  auto value = fresh_seal(resource, desk);
  for (const auto& [field, secret] : secrets) value.holds.push_back(field);
  const auto row = vault_row(value.resource, value.version);
  QUANJI_TRY(value.envelope, desk.box->seal(vault_place(credential_versions_table, row), secrets_document(secrets)));
  in.sealed = value.text();
  return {};
}

Result<SealedValue> sealed_of(const std::optional<std::string>& sealed) {
  if (!sealed) return Error(Code::bug, "a credential's secrets were not sealed before its change");
  return SealedValue::from_input(*sealed);
}
std::string algorithm_of(std::string_view envelope) {
  // "qj1.<cipher>.…"
  const auto first = envelope.find('.');
  const auto second = envelope.find('.', first + 1);
  return first == std::string_view::npos ? std::string() : std::string(envelope.substr(first + 1, second - first - 1));
}

Status name_is_free(const View& view, const DepartmentId& department, const std::string& name, const CredentialId& but) {
  QUANJI_TRY(const auto row, view.row(sql::credential_named, {{"department_id", department}, {"name", name}}));
  if (!row || row->id<CredentialId>("id") == but) return {};
  return Error(Code::name_taken, Text(fmt::format("部门内已有凭据 {}，请换一个名称", name),
                                      fmt::format("the department has a credential {} already: take another name", name)))
      .with_field("name", Text("名称重复", "taken"));
}

// A certificate belongs to the type certificate only; what it says of its own end is believed.
Status check_certificate(CredentialType type, const std::optional<std::string>& pem, std::optional<base::Time>& expires_at) {
  if (!pem) return {};
  if (type != CredentialType::certificate)
    return Error(Code::invalid_field).with_field("certificate", Text("只有证书类型的凭据才有证书", "only the type certificate has one"));
  const auto facts = base::read_certificate(*pem);
  if (!facts) return Error(Code::invalid_field).with_field("certificate", Text("不是 PEM 证书", "is no certificate in PEM"));
  if (!expires_at) expires_at = facts->until;
  return {};
}
Status check_future(const View& view, const std::optional<base::Time>& at, std::string_view field) {
  if (!at || *at > view.now()) return {};
  return Error(Code::invalid_field).with_field(std::string(field), Text("应晚于现在", "must lie in the future"));
}

const ResourceList& credentials() {
  static const ResourceList list(
      {.name = "credentials",
       .from = "credentials",
       .columns = {"id",           "name",         "title",          "type",         "department_id",
                   "owner_id",     "deputy_id",    "tags",           "data_level",   "system_id",
                   "operator_no",  "username",     "certificate",    "rights_note",  "remark",
                   "exclusive",    "state",        "refusals",       "breaker_open", "expires_at",
                   "remind_at",    "review_due",   "latest_version", "algorithm",    "last_rotated_at",
                   "last_used_at", "last_used_by", "created_at",     "created_by",   "updated_at",
                   "updated_by",   "revision"},
       .filters = {{"department_id", "department_id", FilterOp::eq, ColumnType::bytes, "credentials_by_department_created"},
                   {"name", "name", FilterOp::eq, ColumnType::text, "credentials_by_name"},
                   {"type", "type", FilterOp::eq, ColumnType::text, ""},
                   {"state", "state", FilterOp::eq, ColumnType::text, ""},
                   {"system_id", "system_id", FilterOp::eq, ColumnType::text, ""},
                   {"owner_id", "owner_id", FilterOp::eq, ColumnType::bytes, ""},
                   {"breaker_open", "breaker_open", FilterOp::eq, ColumnType::integer, ""},
                   {"created", "created_at", FilterOp::range, ColumnType::integer, "credentials_by_created"},
                   {"scope", "department_id", FilterOp::in, ColumnType::bytes, ""}},
       .sorts = {{"name", "name", ColumnType::text, "credentials_by_name"},
                 {"created_at", "created_at", ColumnType::integer, "credentials_by_created"}},
       .default_sort = "-created_at",
       .keyword_columns = {"name", "title", "username", "operator_no"},
       .size = storage::ListPlan::Size::small},
      {{"department_id", &base::value_ops<DepartmentId>, {"所属部门", "Department"}},
       {"name", &base::value_ops<std::string>, {"名称", "Name"}},
       {"type", &base::value_ops<CredentialType>, {"类型", "Type"}},
       {"state", &base::value_ops<CredentialState>, {"状态", "State"}},
       {"system_id", &base::value_ops<std::string>, {"所属应用系统：机器人账号台账", "System: the ledger of robots' accounts"}},
       {"owner_id", &base::value_ops<UserId>, {"负责人", "Owner"}},
       {"breaker_open", &base::value_ops<bool>, {"已熔断", "The breaker is open"}}});
  return list;
}
const ResourceList& versions() {
  static const ResourceList list(
      {.name = "credential_versions",
       .from = "credential_versions",
       .columns = {"id", "number", "secret_fields", "effective_from", "created_at", "created_by"},
       .filters = {{"credential_id", "credential_id", FilterOp::eq, ColumnType::bytes, "credential_versions_by_number"}},
       .sorts = {{"number", "number", ColumnType::integer, "credential_versions_by_bare_number"}},
       .default_sort = "-number"},
      {});
  return list;
}
const ResourceList& uses() {
  static const ResourceList list(
      {.name = "credential_uses",
       .from = "credential_uses",
       .columns = {"at", "kind", "version", "field", "task", "attempt", "robot_id", "flow", "actor", "detail"},
       .filters = {{"credential_id", "credential_id", FilterOp::eq, ColumnType::bytes, "credential_uses_by_credential"},
                   {"kind", "kind", FilterOp::eq, ColumnType::text, ""}},
       .sorts = {{"at", "at", ColumnType::integer, "credential_uses_by_at"}},
       .default_sort = "-at"},
      {{"kind", &base::value_ops<CredentialUseKind>, {"种类", "What happened"}}});
  return list;
}

// Somebody is reminded anew when what it hangs on has changed.
Status plan_reminder(Change& change, const Credential& credential) {
  QUANJI_DO(change.run(sql::credential_reminder,
                       {{"id", credential.id}, {"due", domain::reminder_at(credential.expires_at, credential.remind_at)}}));
  return {};
}

}  // namespace

// ---- secrets ----
Secret secrets_document(const std::vector<std::pair<SecretField, Secret>>& secrets) {
  std::size_t most = 2;  // so that the text never moves and leaves no copy behind: six bytes for a character at most
  for (const auto& [field, secret] : secrets) most += secret.size() * 6 + 64;
  std::string text;
  text.reserve(most);
  text += '{';
  for (const auto& [field, secret] : secrets) {
    if (text.size() > 1) text += ',';
    base::append_json_string(text, base::word(field));
    text += ':';
    base::append_json_string(text, secret.reveal());
  }
  text += '}';
  return Secret::take(text);
}
Result<std::vector<std::pair<SecretField, Secret>>> open_version(const CredentialId& id, const VersionInForce& version) {
  if (!vault_ports().box) return Error(Code::not_supported, "no keyring is bound to the vault");
  const auto row = vault_row(id.ulid, version.id.ulid);
  QUANJI_TRY(const auto document, vault_ports().box->open(vault_place(credential_versions_table, row), version.sealed));
  QUANJI_TRY(auto value, base::parse_json(document.reveal()));
  std::vector<std::pair<SecretField, Secret>> found;
  for (const auto field : version.holds) {
    auto* object = value.if_object();
    auto* text = object ? object->if_contains(base::word(field)) : nullptr;
    if (!text || !text->is_string()) return Error(Code::bug, "a sealed document without one of its fields");
    auto& held = text->get_string();
    found.emplace_back(field, Secret(std::string_view(held)));
    base::wipe(std::span<std::uint8_t>(reinterpret_cast<std::uint8_t*>(held.data()), held.size()));
  }
  return found;
}
Status seal_secrets(NewCredential& in, const ProofDesk& desk) {
  std::vector<SecretField> given;
  if (in.password) given.push_back(SecretField::password);
  if (in.private_key) given.push_back(SecretField::private_key);
  if (in.passphrase) given.push_back(SecretField::passphrase);
  if (in.seed) given.push_back(SecretField::seed);
  if (in.pin) given.push_back(SecretField::pin);
  QUANJI_DO(domain::check_secrets(in.type, given));
  return seal_into(in, {}, desk);
}
Status seal_secrets(CredentialRotation& in, const ProofDesk& desk) { return seal_into(in, in.id.ulid, desk); }

// ---- reading ----
Result<std::optional<VersionInForce>> version_in_force(const View& view, const CredentialId& id) {
  QUANJI_TRY(const auto row, view.row(sql::credential_version_in_force, {{"credential_id", id}, {"now", view.now()}}));
  if (!row) return std::optional<VersionInForce>{};
  VersionInForce found;
  found.id = row->id<CredentialVersionId>("id");
  found.number = row->integer("number");
  found.sealed = row->text("sealed");
  QUANJI_DO(base::from_scalar(base::value_ops<std::vector<SecretField>>, &found.holds, row->text("secret_fields")));
  return std::optional(std::move(found));
}

Result<std::optional<Credential>> find_credential(const View& view, const CredentialId& id) {
  QUANJI_TRY(auto found, view.maybe<Credential>(sql::credential_by_id, {{"id", id}}));
  if (!found) return found;
  QUANJI_TRY(const auto version, version_in_force(view, id));
  if (version) {
    found->version = version->number;
    found->secret_fields = version->holds;
  }
  QUANJI_TRY(const auto next, view.row(sql::credential_version_next, {{"credential_id", id}, {"now", view.now()}}));
  if (next) found->next_version_at = next->time("effective_from");
  QUANJI_TRY(const auto held, view.row(sql::credential_check_out, {{"credential_id", id}}));
  if (held) {
    found->checked_out_by = held->id<domain::TaskId>("task");
    found->checked_out_since = held->time("since");
  }
  return found;
}
Result<Credential> credential_for_act(const View& view, const CredentialId& id) {
  QUANJI_TRY(auto found, find_credential(view, id));
  if (!found) return Error(Code::not_found);
  QUANJI_DO(allow(view, found->department_id));
  return std::move(*found);
}

std::string stored(const Credential& credential) {
  auto still = credential;
  still.refusals = 0;
  still.breaker_open = false;
  still.version.reset();
  still.secret_fields.reset();
  still.next_version_at.reset();
  still.checked_out_by.reset();
  still.checked_out_since.reset();
  still.last_used_at.reset();
  still.last_used_by.reset();
  return base::to_json(still, base::Side::stored);
}
void tell_credential(Change& change, const Credential& credential, std::string before, std::string after, std::string reason) {
  change.note() = {credential.id.text(), credential.name,  credential.department_id.ulid,
                   std::move(before),    std::move(after), std::move(reason)};
}
Status write_credential(Change& change, Credential& credential) {
  credential.updated_at = change.now();
  credential.updated_by = actor(change);
  QUANJI_TRY(const auto n, change.run_with(sql::credential_update, credential));
  if (n != 1) return Error(Code::changed_meanwhile);
  ++credential.revision;
  return {};
}
Status note_use(Change& change, const CredentialId& id, const UseNote& note) {
  std::optional<std::string_view> field;
  if (note.field) field = base::word(*note.field);
  const auto* facts = note.facts;
  QUANJI_DO(change.run(sql::credential_use_insert, {{"id", change.new_ulid()},
                                                    {"credential_id", id},
                                                    {"at", change.now()},
                                                    {"kind", note.kind},
                                                    {"version", note.version},
                                                    {"field", field ? storage::Scalar(*field) : storage::Scalar()},
                                                    {"task", facts ? storage::Scalar(facts->task) : storage::Scalar()},
                                                    {"attempt", note.attempt},
                                                    {"robot_id", facts ? storage::Scalar(facts->robot) : storage::Scalar()},
                                                    {"flow", facts ? storage::Scalar(facts->flow) : storage::Scalar()},
                                                    {"actor", actor(change)},
                                                    {"detail", note.detail}}));
  return {};
}

const base::ListShape& credential_list_shape() { return credentials().shape(); }
const storage::Listing& credential_listing() { return credentials().listing(); }
Result<Page<Credential>> list_credentials(const View& view, const base::ListQuery& query) {
  return credentials().read<Credential>(view, query);
}
const base::ListShape& credential_version_list_shape() { return versions().shape(); }
const storage::Listing& credential_version_listing() { return versions().listing(); }
Result<Page<CredentialVersion>> list_credential_versions(const View& view, const base::ListQuery& query) {
  const CredentialId id{query.within.value_or(base::Ulid{})};
  QUANJI_DO(credential_for_act(view, id));
  return versions().read<CredentialVersion>(view, query, {{"credential_id", {id}}});
}
const base::ListShape& credential_use_list_shape() { return uses().shape(); }
const storage::Listing& credential_use_listing() { return uses().listing(); }
Result<Page<CredentialUse>> list_credential_uses(const View& view, const base::ListQuery& query) {
  const CredentialId id{query.within.value_or(base::Ulid{})};
  QUANJI_DO(credential_for_act(view, id));
  return uses().read<CredentialUse>(view, query, {{"credential_id", {id}}});
}
Result<CredentialItems> read_credentials(const View& view, const CredentialIds& in) {
  CredentialItems out;
  for (const auto& id : in.ids) {
    QUANJI_TRY(auto found, find_credential(view, id));
    if (found && allow(view, found->department_id)) out.items.push_back(std::move(*found));
  }
  return out;
}
Result<Credential> read_credential(const View& view, const CredentialRef& ref) { return credential_for_act(view, ref.id); }

// ---- changing ----
Result<Credential> create_credential(Change& change, const NewCredential& in) {
  QUANJI_TRY(const auto value, sealed_of(in.sealed));
  QUANJI_DO(domain::check_secrets(in.type, value.holds));
  QUANJI_DO(allow(change, in.department_id));
  QUANJI_DO(takes_new(change, in.department_id, "departmentId"));
  QUANJI_DO(name_is_free(change, in.department_id, in.name, {}));
  QUANJI_DO(check_future(change, in.expires_at, "expiresAt"));
  QUANJI_DO(check_holder(change, in.deputy_id, "deputyId"));
  Credential made;
  made.id = {value.resource};
  made.name = in.name;
  made.title = in.title;
  made.type = in.type;
  made.department_id = in.department_id;
  QUANJI_TRY(made.owner_id, owner_of_new(change, in.owner_id));
  made.deputy_id = in.deputy_id;
  made.tags = in.tags;
  made.data_level = in.data_level;
  made.system_id = in.system_id;
  made.operator_no = in.operator_no;
  made.username = in.username;
  made.certificate = in.certificate;
  made.rights_note = in.rights_note;
  made.remark = in.remark;
  made.exclusive = in.exclusive;
  made.expires_at = in.expires_at;
  made.remind_at = in.remind_at;
  made.review_due = in.review_due;
  QUANJI_DO(check_certificate(made.type, made.certificate, made.expires_at));
  made.algorithm = algorithm_of(value.envelope);
  made.last_rotated_at = change.now();
  made.created_at = made.updated_at = change.now();
  made.created_by = made.updated_by = actor(change);
  made.revision = 1;
  QUANJI_DO(change.run_with(sql::credential_insert, made, {{"reminder_due", domain::reminder_at(made.expires_at, made.remind_at)}}));
  std::string fields;
  base::encode_value(base::value_ops<std::vector<SecretField>>, &value.holds, fields);
  QUANJI_DO(change.run(sql::credential_version_insert, {{"id", value.version},
                                                        {"credential_id", made.id},
                                                        {"number", 1},
                                                        {"sealed", value.envelope},
                                                        {"secret_fields", fields},
                                                        {"effective_from", change.now()},
                                                        {"write_key", nullptr},
                                                        {"now", change.now()},
                                                        {"actor", made.created_by}}));
  made.version = 1;
  made.secret_fields = value.holds;
  tell_credential(change, made, {}, stored(made));
  return made;
}

Result<Credential> change_credential(Change& change, const base::Patch<CredentialChange>& patch) {
  QUANJI_TRY(auto credential, credential_for_act(change, patch.value.id));
  QUANJI_DO(expect_revision(change, credential.revision));
  const auto before = stored(credential);
  const auto old_name = credential.name;
  take_given(patch, credential);
  if (credential.name != old_name) QUANJI_DO(name_is_free(change, credential.department_id, credential.name, credential.id));
  if (was_given(patch, "deputy_id")) QUANJI_DO(check_holder(change, credential.deputy_id, "deputyId"));
  if (was_given(patch, "expires_at")) QUANJI_DO(check_future(change, credential.expires_at, "expiresAt"));
  if (was_given(patch, "certificate")) QUANJI_DO(check_certificate(credential.type, credential.certificate, credential.expires_at));
  QUANJI_DO(write_credential(change, credential));
  if (was_given(patch, "expires_at") || was_given(patch, "remind_at")) QUANJI_DO(plan_reminder(change, credential));
  tell_credential(change, credential, before, stored(credential));
  return credential;
}

Status delete_credential(Change& change, const CredentialRef& ref) {
  QUANJI_TRY(const auto credential, credential_for_act(change, ref.id));
  QUANJI_DO(expect_revision(change, credential.revision));
  if (credential.checked_out_by)
    return Error(Code::still_referenced, Text(fmt::format("任务 {} 正在占用此凭据；请等其结束或先收回", credential.checked_out_by->text()),
                                              fmt::format("the task {} has it checked out: wait for its end or release it first",
                                                          credential.checked_out_by->text())));
  QUANJI_DO(change.run(sql::credential_versions_drop, {{"credential_id", ref.id}}));
  QUANJI_DO(change.run(sql::vault_grants_drop, {{"resource", ref.id}}));
  QUANJI_TRY(const auto n, change.run(sql::credential_delete, {{"id", ref.id}, {"revision", credential.revision}}));
  if (n != 1) return Error(Code::changed_meanwhile);
  tell_credential(change, credential, stored(credential), {});
  return {};
}

Result<Credential> rotate_credential(Change& change, const CredentialRotation& in) {
  QUANJI_TRY(const auto value, sealed_of(in.sealed));
  QUANJI_TRY(auto credential, credential_for_act(change, in.id));
  QUANJI_DO(expect_revision(change, credential.revision));
  if (value.resource != in.id.ulid) return Error(Code::bug, "a secret that was sealed for another credential");
  QUANJI_DO(domain::check_secrets(credential.type, value.holds));
  QUANJI_DO(check_future(change, in.effective_from, "effectiveFrom"));
  const auto before = stored(credential);
  credential.expires_at = in.expires_at;
  QUANJI_DO(check_future(change, in.expires_at, "expiresAt"));
  if (in.certificate) credential.certificate = in.certificate;
  QUANJI_DO(check_certificate(credential.type, in.certificate, credential.expires_at));
  credential.remind_at.reset();
  credential.algorithm = algorithm_of(value.envelope);
  credential.last_rotated_at = change.now();
  // What was refused was the old secret: the count starts anew. An open breaker is a person's to close.
  if (!credential.breaker_open && !in.effective_from) credential.refusals = 0;
  ++credential.latest_version;
  QUANJI_DO(write_credential(change, credential));
  QUANJI_DO(plan_reminder(change, credential));
  std::string fields;
  base::encode_value(base::value_ops<std::vector<SecretField>>, &value.holds, fields);
  QUANJI_DO(change.run(sql::credential_version_insert, {{"id", value.version},
                                                        {"credential_id", in.id},
                                                        {"number", credential.latest_version},
                                                        {"sealed", value.envelope},
                                                        {"secret_fields", fields},
                                                        {"effective_from", in.effective_from.value_or(change.now())},
                                                        {"write_key", nullptr},
                                                        {"now", change.now()},
                                                        {"actor", actor(change)}}));
  auto after = stored(credential);
  QUANJI_TRY(auto now, find_credential(change, in.id));
  if (!now) return Error(Code::changed_meanwhile);
  tell_credential(change, *now, before, std::move(after));
  return std::move(*now);
}

Result<VaultGrants> list_credential_grants(const View& view, const CredentialRef& ref) {
  QUANJI_DO(credential_for_act(view, ref.id));
  return vault_grants_of(view, ref.id.ulid);
}
Result<VaultGrant> grant_credential(Change& change, const NewCredentialGrant& in) {
  QUANJI_TRY(const auto credential, credential_for_act(change, in.id));
  QUANJI_TRY(const auto made, add_vault_grant(change, in.id.ulid, in.kind, in.subject));
  tell_credential(change, credential, {}, audit_of(made));
  return made;
}
Status revoke_credential(Change& change, const CredentialGrantEnd& in) {
  QUANJI_TRY(const auto credential, credential_for_act(change, in.id));
  QUANJI_TRY(const auto was, drop_vault_grant(change, in.id.ulid, in.grant));
  tell_credential(change, credential, audit_of(was), {}, in.reason);
  return {};
}

}  // namespace quanji::services
