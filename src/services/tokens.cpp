#include "services/tokens.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/fields_json.h"
#include "domain/caller.h"
#include "domain/signature.h"
#include "services/api_clients.h"
#include "services/settings.h"
#include "storage/queries.h"

namespace quanji::services {
namespace {
namespace sql = storage::sql;
using base::Code;
using base::Error;
using base::Text;

constexpr std::int64_t token_bytes = 256;

struct TokenRow {
  TokenKind kind = TokenKind::access;
  std::optional<SessionId> session;
  std::optional<ApiClientId> client;
  std::optional<UserId> acts_for;
  base::Time expires_at;
  bool used = false;
};
Result<std::optional<TokenRow>> row_of(const View& view, const base::Digest& hash) {
  QUANJI_TRY(const auto row, view.row(sql::token_by_hash, {{"hash", storage::Bytes(hash)}}));
  if (!row) return std::optional<TokenRow>{};
  TokenRow out;
  QUANJI_DO(base::from_scalar(base::value_ops<TokenKind>, &out.kind, row->text("kind")));
  if (!row->is_null("session_id")) out.session = row->id<SessionId>("session_id");
  if (!row->is_null("client_id")) out.client = row->id<ApiClientId>("client_id");
  if (!row->is_null("acts_for")) out.acts_for = row->id<UserId>("acts_for");
  out.expires_at = row->time("expires_at");
  out.used = !row->is_null("used_at");
  return std::optional(out);
}
Error no_good() {
  return Error(Code::not_signed_in, Text("令牌无效或已过期，请重新登录", "the token is not valid or has expired: sign in again"));
}

}  // namespace

QUANJI_FIELDS(TokenPair,  //
              QF(access_token, "访问令牌，放在 Authorization: Bearer 之后", "Access token, to be sent after Authorization: Bearer",
                 .flags = base::secret_once),
              QF(token_type, "令牌类型，固定为 Bearer", "Type, always Bearer"), QF(expires_in, "有效秒数", "Seconds it lives"),
              QF(refresh_token, "刷新令牌，只能用一次", "Refresh token, works once", .flags = base::secret_once))
QUANJI_FIELDS(Refresh, QF(refresh_token, "刷新令牌", "Refresh token", .max = token_bytes))
QUANJI_FIELDS(TokenRef, QF(token, "令牌", "Token", .max = token_bytes))
QUANJI_FIELDS(TokenState,  //
              QF(active, "是否有效", "Whether it works"), QF(kind, "种类", "Kind"), QF(user_id, "用户", "User"),
              QF(client_id, "应用", "API client"), QF(account, "登录名或应用名", "Account or name of the client"),
              QF(expires_at, "失效时间", "Works until"))

std::string new_token(base::Random& random, std::string_view prefix) {
  std::array<std::uint8_t, 32> bytes{};
  random.fill(bytes);
  return std::string(prefix) + base::base64url(bytes);
}
base::Digest token_hash(std::string_view token) { return base::sha256(token); }

std::chrono::seconds access_token_lives_for() { return std::chrono::seconds(settings::known_integer("security.token_seconds")); }

Result<std::optional<TokenFacts>> find_token(const View& view, const base::Digest& hash) {
  QUANJI_TRY(const auto row, row_of(view, hash));
  if (!row || row->used || row->kind == TokenKind::refresh || row->expires_at <= view.now()) return std::optional<TokenFacts>{};
  return std::optional(TokenFacts{row->kind, row->session, row->client, row->acts_for, row->expires_at});
}

Result<bool> end_reused_family(Change& change, const base::Secret& refresh_token) {
  QUANJI_TRY(const auto row, row_of(change, token_hash(refresh_token.reveal())));
  if (!row || row->kind != TokenKind::refresh || !row->used || !row->session) return false;
  QUANJI_DO(end_session(change, *row->session, "refresh_token_reused"));
  return true;
}

Result<TokenPair> refresh(Change& change, const Refresh& in) {
  const auto hash = token_hash(in.refresh_token.reveal());
  QUANJI_TRY(const auto row, row_of(change, hash));
  if (!row || row->kind != TokenKind::refresh || !row->session) return no_good();
  if (row->used)
    return Error(Code::replayed, Text("刷新令牌已用过，该会话已全部失效，请重新登录",
                                      "the refresh token was used before: the whole session has ended, sign in again"));
  QUANJI_TRY(const auto session, change.maybe<Session>(sql::session_by_id, {{"id", *row->session}}));
  if (!session || session->state == SessionState::ended || session->expires_at <= change.now()) return no_good();
  QUANJI_TRY(const auto user, standing(change, session->user_id));
  if (!user || !user->may_come_in(change.now())) return no_good();
  QUANJI_TRY(const auto n, change.run(sql::token_use, {{"hash", storage::Bytes(hash)}, {"now", change.now()}}));
  if (n == 0) return no_good();
  TokenPair out;
  out.token_type = "Bearer";
  out.access_token = new_token(change.random(), "qjt_");
  out.refresh_token = new_token(change.random(), "qjt_");
  const auto until = std::min(session->expires_at, change.now().plus(access_token_lives_for()));
  out.expires_in = std::chrono::duration_cast<std::chrono::seconds>(until.since(change.now())).count();
  const auto add = [&](std::string_view token, TokenKind kind, base::Time expires_at) -> Status {
    const auto token_digest = token_hash(token);
    QUANJI_DO(change.run(sql::token_add, {{"hash", storage::Bytes(token_digest)},
                                          {"kind", kind},
                                          {"session_id", session->id},
                                          {"client_id", nullptr},
                                          {"acts_for", nullptr},
                                          {"now", change.now()},
                                          {"expires_at", expires_at}}));
    return {};
  };
  QUANJI_DO(add(out.access_token, TokenKind::access, until));
  QUANJI_DO(add(*out.refresh_token, TokenKind::refresh, session->expires_at));
  change.note() = {session->id.text(), session->account, user->department_id.ulid, {}, {}, {}};
  return out;
}

Result<TokenPair> client_token(Change& change, const base::Nothing&) {
  const auto& caller = change.caller();
  if (caller.kind != domain::CallerKind::client || caller.channel != domain::Channel::signature)
    return Error(Code::not_permitted, Text("此接口需用访问密钥签名调用", "this operation is called with a signature by an access key"));
  TokenPair out;
  out.token_type = "Bearer";
  out.access_token = new_token(change.random(), "qjt_");
  out.expires_in = access_token_lives_for().count();
  std::optional<UserId> acts_for;
  if (!caller.user.empty()) acts_for = caller.user;
  const auto hash = token_hash(out.access_token);
  QUANJI_DO(change.run(sql::token_add, {{"hash", storage::Bytes(hash)},
                                        {"kind", TokenKind::access},
                                        {"session_id", nullptr},
                                        {"client_id", caller.client},
                                        {"acts_for", acts_for},
                                        {"now", change.now()},
                                        {"expires_at", change.now().plus(access_token_lives_for())}}));
  change.note() = {caller.client.text(), caller.account, caller.department.ulid, {}, {}, {}};
  return out;
}

Status revoke_token(Change& change, const TokenRef& in) {
  const auto hash = token_hash(in.token.reveal());
  QUANJI_TRY(const auto row, row_of(change, hash));
  if (!row) return {};
  if (row->session) {
    QUANJI_DO(end_session(change, *row->session, "token_revoked"));
    change.note().target = row->session->text();
  } else if (row->client) {
    QUANJI_DO(change.run(sql::token_drop, {{"hash", storage::Bytes(hash)}}));
    QUANJI_DO(raise_sign_in_epoch(change, {.client = *row->client}));
    change.note().target = row->client->text();
  }
  return {};
}

Result<TokenState> introspect_token(const View& view, const TokenRef& in) {
  const auto& caller = view.caller();
  QUANJI_TRY(const auto row, row_of(view, token_hash(in.token.reveal())));
  TokenState out;
  if (!row || row->used || row->expires_at <= view.now()) return out;
  if (row->session) {
    QUANJI_TRY(const auto session, view.maybe<Session>(sql::session_by_id, {{"id", *row->session}}));
    if (!session || session->state == SessionState::ended || session->expires_at <= view.now()) return out;
    QUANJI_TRY(const auto user, standing(view, session->user_id));
    if (!user || !user->may_come_in(view.now())) return out;
    const bool own = caller.kind == domain::CallerKind::user && caller.user == user->id;
    if (!own && !may(view, "session.read", user->department_id)) return out;
    out.user_id = user->id;
    out.account = user->account;
  } else if (row->client) {
    QUANJI_TRY(const auto client, find_client(view, *row->client));
    if (!client || client->state != ClientState::enabled || (client->expires_at && *client->expires_at <= view.now())) return out;
    const bool own = caller.kind == domain::CallerKind::client && caller.client == client->id;
    if (!own && !may(view, "api_client.read", client->department_id)) return out;
    out.client_id = client->id;
    out.account = client->name;
  }
  out.active = true;
  out.kind = std::string(base::word(row->kind));
  out.expires_at = row->expires_at;
  return out;
}

Status store_nonce(Change& change, const ApiClientId& client, std::string_view nonce) {
  QUANJI_TRY(const auto n, change.run(sql::nonce_add, {{"client_id", client}, {"nonce", nonce}, {"now", change.now()}}));
  if (n == 0) return Error(Code::replayed);
  return {};
}

Result<std::int64_t> sweep_nonces(Change& change, std::int64_t limit) {
  // A signature is good for the window both ways, so a nonce matters for twice as long.
  const auto before = change.now().plus(-std::chrono::seconds(2 * domain::signature_window_seconds + 60));
  return change.run(sql::nonces_sweep, {{"before", before}, {"limit", limit}});
}

}  // namespace quanji::services
