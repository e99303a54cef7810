#include "services/api_clients.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/fields_json.h"
#include "domain/caller.h"
#include "domain/permissions.h"
#include "domain/preset_roles.h"
#include "domain/role_rules.h"
#include "services/authority.h"
#include "services/departments.h"
#include "services/given_fields.h"
#include "services/lists.h"
#include "services/sessions.h"
#include "services/tokens.h"
#include "storage/queries.h"

namespace quanji::services {
namespace {
namespace sql = storage::sql;
using base::Code;
using base::Error;
using base::Text;
using storage::ColumnType;
using storage::FilterOp;

constexpr std::int64_t title_length = 200;
constexpr std::int64_t remark_length = 500;
constexpr std::int64_t reason_length = 500;
constexpr std::int64_t scope_count = 200;
constexpr std::int64_t address_count = 100;
constexpr std::int64_t scope_length = 128;
constexpr std::int64_t fastest = 1'000'000;
constexpr std::int64_t longest_overlap = 7 * 86400;
constexpr std::size_t access_key_characters = 20;

// Each scope names something published, and together they suit one caller that is not a person.
Status check_scopes(const std::vector<std::string>& scopes) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < scopes.size(); ++i) {
    const auto resolved = domain::resolve(std::vector<std::string>{scopes[i]}, domain::permission_names());
    const auto refuse = [&](std::string zh, std::string en) {
      return Error(Code::invalid_field).with_field(fmt::format("scopes/{}", i), Text(std::move(zh), std::move(en)));
    };
    if (scopes[i].size() > scope_length || resolved.empty())
      return refuse("没有这个权限；可用的权限见 GET /permissions", "there is no such permission: see GET /permissions");
    for (const auto& name : resolved)
      if (name.starts_with("approval.") && domain::side_of(name) == domain::Side::check)
        return refuse(fmt::format("应用不能复核，不能拥有 {}", name), fmt::format("a client is never a checker and cannot hold {}", name));
    all.insert(all.end(), resolved.begin(), resolved.end());
  }
  if (const auto clash = domain::find_clash(all)) return Error(Code::invalid_field).with_field("scopes", domain::say(*clash));
  return {};
}

Status check_common(const View& view, const std::vector<std::string>& scopes, const std::vector<std::string>& addresses,
                    const std::optional<base::Time>& expires_at) {
  QUANJI_DO(check_scopes(scopes));
  if (auto parsed = domain::AddressList::parse(addresses); !parsed) return std::move(parsed).error();
  if (expires_at && *expires_at <= view.now())
    return Error(Code::invalid_field).with_field("expiresAt", Text("应晚于现在", "must lie in the future"));
  return {};
}

Result<ApiClient> find(const View& view, const ApiClientId& id) {
  QUANJI_TRY(auto client, view.maybe<ApiClient>(sql::api_client_by_id, {{"id", id}}));
  if (!client) return Error(Code::not_found);
  QUANJI_DO(allow(view, client->department_id));
  QUANJI_TRY(client->keys, view.all<ApiKey>(sql::api_keys_of, {{"client_id", id}}));
  std::erase_if(*client->keys, [&](const ApiKey& key) { return key.retires_at && *key.retires_at <= view.now(); });
  return std::move(*client);
}

Status name_is_free(const View& view, const DepartmentId& department, std::string_view name, const ApiClientId& but) {
  QUANJI_TRY(const auto row, view.row(sql::api_client_by_name, {{"department_id", department}, {"name", name}}));
  if (!row || row->id<ApiClientId>("id") == but) return {};
  return Error(Code::name_taken, Text(fmt::format("部门内已有应用 {}，请换一个名称", name),
                                      fmt::format("the department has a client {} already: take another name", name)))
      .with_field("name", Text("名称重复", "taken"));
}

void tell(Change& change, const ApiClient& client, std::string before, std::string after, std::string reason = {}) {
  change.note() = {client.id.text(), client.name, client.department_id.ulid, std::move(before), std::move(after), std::move(reason)};
}
std::string stored(const ApiClient& client) { return base::to_json(client, base::Side::stored); }

Error meanwhile() { return Error(Code::changed_meanwhile); }

// The row after an act that raised its revision by one; whoever caches the client learns of it.
Result<ApiClient> finish(Change& change, ApiClient before, std::string reason) {
  auto was = stored(before);
  QUANJI_TRY(auto now, change.maybe<ApiClient>(sql::api_client_by_id, {{"id", before.id}}));
  if (!now) return meanwhile();
  QUANJI_TRY(now->keys, change.all<ApiKey>(sql::api_keys_of, {{"client_id", before.id}}));
  QUANJI_DO(raise_sign_in_epoch(change, {.client = before.id}));
  tell(change, *now, std::move(was), stored(*now), std::move(reason));
  return std::move(*now);
}

Result<ApiClient> set_state(Change& change, const ApiClientId& id, ClientState state, std::string reason) {
  QUANJI_TRY(auto client, find(change, id));
  QUANJI_DO(expect_revision(change, client.revision));
  if (client.state == state)
    return Error(Code::wrong_state, state == ClientState::enabled ? Text("应用已启用", "the client is enabled already")
                                                                  : Text("应用已停用", "the client is disabled already"));
  QUANJI_TRY(const auto n,
             change.run(sql::api_client_state,
                        {{"id", id}, {"state", state}, {"now", change.now()}, {"actor", actor(change)}, {"revision", client.revision}}));
  if (n == 0) return meanwhile();
  // Tokens do not come back when the client does.
  if (state == ClientState::disabled) QUANJI_DO(change.run(sql::tokens_of_client_drop, {{"client_id", id}}));
  return finish(change, std::move(client), std::move(reason));
}

const ResourceList& clients() {
  static const ResourceList list(
      {.name = "api_clients",
       .from = "api_clients",
       .columns = {"id", "name", "title", "department_id", "contact", "remark", "state", "scopes", "addresses", "act_for", "always_ok",
                   "rate_per_second", "expires_at", "last_used_at", "created_at", "created_by", "updated_at", "updated_by", "revision"},
       .filters = {{"department_id", "department_id", FilterOp::eq, ColumnType::bytes, "api_clients_by_department_created"},
                   {"name", "name", FilterOp::eq, ColumnType::text, "api_clients_by_name"},
                   {"state", "state", FilterOp::eq, ColumnType::text, ""},
                   {"created", "created_at", FilterOp::range, ColumnType::integer, "api_clients_by_created"},
                   {"scope", "department_id", FilterOp::in, ColumnType::bytes, ""}},
       .sorts = {{"name", "name", ColumnType::text, "api_clients_by_name"},
                 {"created_at", "created_at", ColumnType::integer, "api_clients_by_created"}},
       .default_sort = "-created_at",
       .keyword_columns = {"name", "title", "contact"},
       .size = storage::ListPlan::Size::small},
      {{"department_id", &base::value_ops<DepartmentId>, {"所属部门", "Department"}},
       {"name", &base::value_ops<std::string>, {"名称", "Name"}},
       {"state", &base::value_ops<ClientState>, {"状态", "State"}}});
  return list;
}

Result<std::optional<ClientFacts>> facts(const View& view, const ApiClientId& id) {
  QUANJI_TRY(const auto client, view.maybe<ApiClient>(sql::api_client_by_id, {{"id", id}}));
  if (!client) return std::optional<ClientFacts>{};
  ClientFacts out;
  out.id = id;
  out.name = client->name;
  out.department_id = client->department_id;
  out.state = client->state;
  out.scopes = client->scopes;
  out.addresses = client->addresses;
  out.act_for = client->act_for;
  out.always_ok = client->always_ok;
  out.rate_per_second = client->rate_per_second;
  out.expires_at = client->expires_at;
  return std::optional(std::move(out));
}

}  // namespace

QUANJI_FIELDS(ApiKey,  //
              QF(access_key, "访问密钥标识", "Access key"), QF(created_at, "创建时间", "When it was made"),
              QF(retires_at, "已被替换，到此时失效", "Replaced: works until then"))
QUANJI_FIELDS(ApiClient,  //
              QF(id, "应用标识", "Client id", .flags = base::read_only),
              QF(name, "名称，部门内唯一", "Name, unique in the department", .max = 63, .pattern = &base::name_pattern),
              QF(title, "显示名称", "Title", .max = title_length, .pattern = &base::printable_pattern),
              QF(department_id, "所属部门", "Department"),
              QF(contact, "联系人", "Contact", .max = title_length, .pattern = &base::printable_pattern),
              QF(remark, "备注", "Remark", .max = remark_length, .pattern = &base::printable_pattern),
              QF(state, "状态", "State", .flags = base::read_only), QF(scopes, "权限范围", "Scopes", .max = scope_count),
              QF(addresses, "允许的来源地址或网段，空为不限", "Addresses it may call from; none: any", .max = address_count),
              QF(act_for, "可代表人员调用（X-On-Behalf-Of）", "May call for a person (X-On-Behalf-Of)"),
              QF(always_ok, "一律答 HTTP 200", "Always answered with HTTP 200"),
              QF(rate_per_second, "每秒调用上限", "Calls a second", .min = 1, .max = fastest), QF(expires_at, "失效时间", "Expires"),
              QF(last_used_at, "最近使用", "Last used", .flags = base::read_only),
              QF(keys, "访问密钥，新的在前", "Access keys, newest first", .flags = base::read_only),
              QF(created_at, "创建时间", "When it was made", .flags = base::read_only),
              QF(created_by, "创建人", "Who made it", .flags = base::read_only),
              QF(updated_at, "更新时间", "When it last changed", .flags = base::read_only),
              QF(updated_by, "更新人", "Who changed it last", .flags = base::read_only),
              QF(revision, "版本号", "Revision", .flags = base::read_only))
QUANJI_FIELDS(NewApiClient,  //
              QF(name, "名称，部门内唯一", "Name, unique in the department", .max = 63, .pattern = &base::name_pattern),
              QF(title, "显示名称", "Title", .max = title_length, .pattern = &base::printable_pattern),
              QF(department_id, "所属部门", "Department"),
              QF(contact, "联系人", "Contact", .max = title_length, .pattern = &base::printable_pattern),
              QF(remark, "备注", "Remark", .max = remark_length, .pattern = &base::printable_pattern),
              QF(scopes, "权限范围：权限名或 组.*", "Scopes: permissions, or group.*", .max = scope_count),
              QF(addresses, "允许的来源地址或网段，空为不限", "Addresses it may call from; none: any", .max = address_count,
                 .fallback = "[]"),
              QF(act_for, "可代表人员调用（X-On-Behalf-Of）", "May call for a person (X-On-Behalf-Of)", .fallback = "false"),
              QF(always_ok, "一律答 HTTP 200", "Always answered with HTTP 200", .fallback = "false"),
              QF(rate_per_second, "每秒调用上限", "Calls a second", .min = 1, .max = fastest), QF(expires_at, "失效时间", "Expires"))
QUANJI_FIELDS(ApiClientChange,  //
              QF(id, "应用标识", "Client id", .flags = base::in_path),
              QF(name, "名称，部门内唯一", "Name, unique in the department", .max = 63, .pattern = &base::name_pattern),
              QF(title, "显示名称", "Title", .max = title_length, .pattern = &base::printable_pattern),
              QF(contact, "联系人", "Contact", .max = title_length, .pattern = &base::printable_pattern),
              QF(remark, "备注", "Remark", .max = remark_length, .pattern = &base::printable_pattern),
              QF(scopes, "权限范围：权限名或 组.*", "Scopes: permissions, or group.*", .max = scope_count),
              QF(addresses, "允许的来源地址或网段，空为不限", "Addresses it may call from; none: any", .max = address_count),
              QF(act_for, "可代表人员调用（X-On-Behalf-Of）", "May call for a person (X-On-Behalf-Of)"),
              QF(always_ok, "一律答 HTTP 200", "Always answered with HTTP 200"),
              QF(rate_per_second, "每秒调用上限", "Calls a second", .min = 1, .max = fastest), QF(expires_at, "失效时间", "Expires"))
QUANJI_FIELDS(ApiClientRef, QF(id, "应用标识", "Client id", .flags = base::in_path))
QUANJI_FIELDS(ApiClientAct,  //
              QF(id, "应用标识", "Client id", .flags = base::in_path),
              QF(reason, "原因", "Why", .min = 1, .max = reason_length, .pattern = &base::printable_pattern))
QUANJI_FIELDS(KeyRotation,  //
              QF(id, "应用标识", "Client id", .flags = base::in_path),
              QF(overlap_seconds, "旧密钥继续有效的秒数", "Seconds the former key goes on working", .min = 0, .max = longest_overlap,
                 .fallback = "86400"))
QUANJI_FIELDS(NewApiKey,  //
              QF(id, "应用标识", "Client id"), QF(name, "应用名称", "Name of the client"), QF(access_key, "访问密钥标识", "Access key"),
              QF(secret, "密钥，只显示这一次", "The secret, shown this once", .flags = base::secret_once),
              QF(retiring_key, "被替换的访问密钥", "The key that is replaced"), QF(retires_at, "其失效时间", "When that one stops working"),
              QF(created_at, "创建时间", "When it was made"), QF(revision, "版本号", "Revision"))

const base::ListShape& api_client_list_shape() { return clients().shape(); }
const storage::Listing& api_client_listing() { return clients().listing(); }
Result<base::Page<ApiClient>> list_api_clients(const View& view, const base::ListQuery& query) {
  return clients().read<ApiClient>(view, query);
}
Result<ApiClient> read_api_client(const View& view, const ApiClientRef& ref) { return find(view, ref.id); }

namespace {
// The pattern of a field is not asked about an empty text.
Error nameless() { return Error(Code::invalid_field).with_field("name", Text("不能为空", "must not be empty")); }
}  // namespace

Result<NewApiKey> create_api_client(Change& change, const Prepared<NewApiClient>& prepared) {
  if (!prepared.proof || !prepared.proof->key) return Error(Code::bug, "a client is made without its key");
  const auto& in = prepared.value;
  if (in.name.empty()) return nameless();
  const auto& key = *prepared.proof->key;
  QUANJI_TRY(const auto department, change.row(sql::department_by_id, {{"id", in.department_id}}));
  if (!department) return Error(Code::invalid_field).with_field("departmentId", Text("没有这个部门", "there is no such department"));
  if (auto allowed = allow(change, in.department_id); !allowed) {
    if (allowed.error().code() != Code::not_found) return allowed.error().clone();
    return Error(Code::invalid_field).with_field("departmentId", Text("没有这个部门", "there is no such department"));
  }
  QUANJI_DO(check_common(change, in.scopes, in.addresses, in.expires_at));
  QUANJI_DO(name_is_free(change, in.department_id, in.name, {}));
  const auto id = change.new_id<ApiClientId>();
  QUANJI_DO(change.run_with(sql::api_client_add, in, {{"id", id}, {"now", change.now()}, {"actor", actor(change)}}));
  QUANJI_DO(
      change.run(sql::api_key_add, {{"access_key", key.access_key}, {"client_id", id}, {"sealed", key.sealed}, {"now", change.now()}}));
  QUANJI_TRY(const auto made, change.maybe<ApiClient>(sql::api_client_by_id, {{"id", id}}));
  if (!made) return Error(Code::bug, "the client just made is not there");
  tell(change, *made, {}, stored(*made));
  return NewApiKey{id, in.name, key.access_key, key.secret, {}, {}, made->created_at, made->revision};
}

Result<ApiClient> change_api_client(Change& change, const base::Patch<ApiClientChange>& patch) {
  QUANJI_TRY(auto client, find(change, patch.value.id));
  QUANJI_DO(expect_revision(change, client.revision));
  auto wanted = client;
  take_given(patch, wanted);
  if (wanted.name.empty()) return nameless();
  QUANJI_DO(check_common(change, was_given(patch, "scopes") ? wanted.scopes : std::vector<std::string>{}, wanted.addresses,
                         was_given(patch, "expires_at") ? wanted.expires_at : std::nullopt));
  if (wanted.name != client.name) QUANJI_DO(name_is_free(change, client.department_id, wanted.name, client.id));
  QUANJI_TRY(const auto n, change.run_with(sql::api_client_change, wanted, {{"now", change.now()}, {"actor", actor(change)}}));
  if (n == 0) return meanwhile();
  return finish(change, std::move(client), {});
}

Status delete_api_client(Change& change, const ApiClientRef& ref) {
  QUANJI_TRY(const auto client, find(change, ref.id));
  QUANJI_DO(expect_revision(change, client.revision));
  QUANJI_DO(change.run(sql::tokens_of_client_drop, {{"client_id", ref.id}}));
  QUANJI_DO(change.run(sql::api_keys_of_client_drop, {{"client_id", ref.id}}));
  QUANJI_TRY(const auto n, change.run(sql::api_client_drop, {{"id", ref.id}, {"revision", client.revision}}));
  if (n == 0) return meanwhile();
  QUANJI_DO(raise_sign_in_epoch(change, {.client = ref.id}));
  tell(change, client, stored(client), {});
  return {};
}

Result<ApiClient> enable_api_client(Change& change, const ApiClientRef& ref) { return set_state(change, ref.id, ClientState::enabled, {}); }
Result<ApiClient> disable_api_client(Change& change, const ApiClientAct& act) {
  return set_state(change, act.id, ClientState::disabled, act.reason);
}

Result<NewApiKey> rotate_api_key(Change& change, const Prepared<KeyRotation>& prepared) {
  if (!prepared.proof || !prepared.proof->key) return Error(Code::bug, "a key is rotated without a new one");
  const auto& in = prepared.value;
  const auto& key = *prepared.proof->key;
  QUANJI_TRY(auto client, find(change, in.id));
  QUANJI_DO(expect_revision(change, client.revision));
  NewApiKey out;
  for (const auto& former : *client.keys) {
    if (!former.retires_at && in.overlap_seconds > 0) {
      out.retiring_key = former.access_key;
      out.retires_at = change.now().plus(std::chrono::seconds(in.overlap_seconds));
      QUANJI_DO(change.run(sql::api_key_retire, {{"access_key", former.access_key}, {"retires_at", *out.retires_at}}));
    } else {
      QUANJI_DO(change.run(sql::api_key_drop, {{"access_key", former.access_key}}));
    }
  }
  // No overlap means that the former key may be in wrong hands: what was got with it goes too.
  if (in.overlap_seconds == 0) QUANJI_DO(change.run(sql::tokens_of_client_drop, {{"client_id", in.id}}));
  QUANJI_DO(
      change.run(sql::api_key_add, {{"access_key", key.access_key}, {"client_id", in.id}, {"sealed", key.sealed}, {"now", change.now()}}));
  QUANJI_TRY(const auto n, change.run(sql::api_client_touch,
                                      {{"id", in.id}, {"now", change.now()}, {"actor", actor(change)}, {"revision", client.revision}}));
  if (n == 0) return meanwhile();
  QUANJI_TRY(const auto now, finish(change, std::move(client), {}));
  out.id = now.id;
  out.name = now.name;
  out.access_key = key.access_key;
  out.secret = key.secret;
  out.created_at = change.now();
  out.revision = now.revision;
  return out;
}

base::SecretPlace key_place(std::string_view access_key) { return {"api_keys", access_key, "sealed", 1}; }

Result<MadeKey> make_key(const SecretBox& box, base::Random& random) {
  std::array<std::uint8_t, 13> chance{};  // 100 bits and a little
  random.fill(chance);
  MadeKey key;
  key.access_key = "QJAK" + base::base32(chance).substr(0, access_key_characters);
  key.secret = new_token(random, "");
  QUANJI_TRY(key.sealed, box.seal(key_place(key.access_key), base::Secret(std::string_view(key.secret))));
  return key;
}

Result<std::optional<ClientFacts>> find_client_by_key(const View& view, std::string_view access_key) {
  QUANJI_TRY(const auto key, view.row(sql::api_key_by_key, {{"access_key", access_key}}));
  if (!key) return std::optional<ClientFacts>{};
  QUANJI_TRY(auto found, facts(view, key->id<ApiClientId>("client_id")));
  if (!found) return found;
  found->sealed = key->text("sealed");
  if (!key->is_null("retires_at")) found->key_retires_at = key->time("retires_at");
  return found;
}
Result<std::optional<ClientFacts>> find_client(const View& view, const ApiClientId& id) { return facts(view, id); }

Result<std::optional<Standing>> find_person(const View& view, std::string_view text) {
  if (text.starts_with(UserId::prefix()) && text.size() > UserId::prefix().size() && text[UserId::prefix().size()] == '_') {
    const auto id = UserId::parse(text);
    if (!id) return std::optional<Standing>{};
    return standing(view, *id);
  }
  QUANJI_TRY(const auto row, view.row(sql::user_by_employee_no, {{"employee_no", text}}));
  if (!row) return std::optional<Standing>{};
  return standing(view, row->id<UserId>("id"));
}

Status note_used(Change& change, const std::vector<Used>& used) {
  for (const auto& one : used) QUANJI_DO(change.run(sql::api_client_used, {{"id", one.id}, {"at", one.at}}));
  return {};
}

}  // namespace quanji::services
