#include "services/sessions.h"

#include <algorithm>
#include <mutex>

#include "base/bytes.h"
#include "domain/caller.h"
#include "services/api_clients.h"
#include "services/authority.h"
#include "services/lists.h"
#include "services/permissions.h"
#include "services/settings.h"
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

constexpr std::int64_t password_bytes = 512;
constexpr std::int64_t code_length = 32;
constexpr std::chrono::hours ended_kept_for{24 * 30};

storage::ListPlan session_plan(std::string name) {
  return {.name = std::move(name),
          .from = "sessions",
          .columns = {"id", "user_id", "account", "kind", "state", "address", "agent", "created_at", "last_seen_at", "expires_at",
                      "ended_at", "end_reason"},
          .filters = {{"user_id", "user_id", FilterOp::eq, ColumnType::bytes, "sessions_by_user_created"},
                      {"kind", "kind", FilterOp::eq, ColumnType::text, ""},
                      {"state", "state", FilterOp::eq, ColumnType::text, ""},
                      {"created", "created_at", FilterOp::range, ColumnType::integer, "sessions_by_created"}},
          .sorts = {{"created_at", "created_at", ColumnType::integer, "sessions_by_created"}},
          .default_sort = "-created_at"};
}
std::vector<OfferedFilter> session_filters() {
  return {{"kind", &base::value_ops<SessionKind>, {"种类", "Kind"}}, {"state", &base::value_ops<SessionState>, {"状态", "State"}}};
}
const ResourceList& sessions() {
  static const ResourceList list(session_plan("sessions"), session_filters());
  return list;
}

// What a stored session is at this moment: the gate writes down idleness late or, after a crash, not at all.
void as_of_now(Session& session, const View& view) {
  if (session.state == SessionState::ended) return;
  if (view.now() >= session.expires_at)
    session.state = SessionState::ended;
  else if (session.kind == SessionKind::cookie && view.now().since(session.last_seen_at) > idle_limit())
    session.state = SessionState::locked;
}
Result<base::Page<Session>> shown(const View& view, Result<base::Page<Session>> page) {
  if (!page) return page;
  for (auto& session : page->items) {
    as_of_now(session, view);
    session.current = session.id == view.caller().session;
  }
  return page;
}
Result<std::optional<Session>> find(const View& view, const SessionId& id) { return view.maybe<Session>(sql::session_by_id, {{"id", id}}); }

struct Listeners {
  std::mutex mutex;
  std::vector<std::weak_ptr<SignInListener>> all;  // guarded by mutex
};
Listeners& listeners() {
  static Listeners made;
  return made;
}
void tell_listeners(const SignInChange& what) {
  std::vector<std::shared_ptr<SignInListener>> now;
  {
    const std::lock_guard lock(listeners().mutex);
    auto& all = listeners().all;
    std::erase_if(all, [](const auto& listener) { return listener.expired(); });
    for (const auto& listener : all)
      if (auto alive = listener.lock()) now.push_back(std::move(alive));
  }
  for (const auto& listener : now) (*listener)(what);
}

}  // namespace

QUANJI_FIELDS(Session,  //
              QF(id, "会话标识", "Session id", .flags = base::read_only), QF(user_id, "用户", "User", .flags = base::read_only),
              QF(account, "登录名", "Account", .flags = base::read_only),
              QF(kind, "种类：浏览器或命令行", "Kind: browser or command line", .flags = base::read_only),
              QF(state, "状态：在用、锁定、已结束", "State: open, locked, ended", .flags = base::read_only),
              QF(address, "来源地址", "Address", .flags = base::read_only), QF(agent, "客户端程序", "Program", .flags = base::read_only),
              QF(created_at, "登录时间", "When it began", .flags = base::read_only),
              QF(last_seen_at, "最近活动", "Last active", .flags = base::read_only),
              QF(expires_at, "失效时间", "Ends at the latest", .flags = base::read_only),
              QF(ended_at, "结束时间", "When it ended", .flags = base::read_only),
              QF(end_reason, "结束原因", "Why it ended", .flags = base::read_only),
              QF(current, "是否当前会话", "Whether it is this one", .flags = base::read_only))
QUANJI_FIELDS(SessionRef, QF(id, "会话标识", "Session id", .flags = base::in_path))
QUANJI_FIELDS(SessionUnlock,  //
              QF(id, "会话标识", "Session id", .flags = base::in_path),
              QF(password, "密码，或给动态口令", "The password, or else a code", .max = password_bytes),
              QF(code, "动态口令或恢复码", "A one-time or recovery code", .min = 1, .max = code_length))
QUANJI_FIELDS(SignedOut, QF(ended_sessions, "结束的会话数", "How many sessions ended"))
QUANJI_FIELDS(CsrfToken, QF(csrf_token, "变更请求须以 X-Csrf-Token 带上", "To be sent as X-Csrf-Token with every change"))

const base::ListShape& session_list_shape() { return sessions().shape(); }
const storage::Listing& session_listing() { return sessions().listing(); }

Result<base::Page<Session>> list_own_sessions(const View& view, const base::ListQuery& query) {
  if (view.caller().kind != domain::CallerKind::user)
    return Error(Code::not_permitted, Text("只有人员有会话", "only people have sessions"));
  return shown(view, sessions().read<Session>(view, query, {{"user_id", {view.caller().user}}}));
}

Result<base::Page<Session>> list_user_sessions(const View& view, const base::ListQuery& query) {
  const UserId id{query.within.value_or(base::Ulid{})};
  QUANJI_TRY(const auto user, user_for_act(view, id));
  return shown(view, sessions().read<Session>(view, query, {{"user_id", {user.id}}}));
}

Status delete_session(Change& change, const SessionRef& in) {
  QUANJI_TRY(const auto found, find(change, in.id));
  if (!found) return Error(Code::not_found);
  const auto& caller = change.caller();
  const bool own = caller.kind == domain::CallerKind::user && caller.user == found->user_id;
  QUANJI_TRY(const auto user, standing(change, found->user_id));
  // To whoever may not end it, a stranger's session does not exist.
  if (!own && !(user && may(change, "user.sign_out", user->department_id))) return Error(Code::not_found);
  change.note() = {in.id.text(), found->account, user ? user->department_id.ulid : base::Ulid{}, {}, {}, {}};
  QUANJI_TRY(const auto ended, end_session(change, in.id, own ? "signed_out" : "ended_by_administrator"));
  if (ended == 0) return Error(Code::wrong_state, Text("会话已结束", "the session has ended"));
  return {};
}

Result<SignedOut> sign_out_user(Change& change, const ActOnUser& in) {
  QUANJI_TRY(const auto user, user_for_act(change, in.id));
  change.note() = {user.id.text(), user.account, user.department_id.ulid, {}, {}, in.reason};
  SignedOut out;
  QUANJI_TRY(out.ended_sessions, end_sessions_of(change, in.id, "ended_by_administrator"));
  return out;
}

Result<WithCookie<CsrfToken>> unlock_session(Change& change, const Prepared<SessionUnlock>& in) {
  const auto& caller = change.caller();
  if (!in.proof) return Error(Code::bug, "a session is unlocked without a proof");
  if (caller.kind != domain::CallerKind::user || caller.session != in.value.id) return Error(Code::not_found);
  if (!in.proof->user || in.proof->user->id != caller.user) return Error(Code::wrong_credentials);
  QUANJI_DO(still_holds(change, *in.proof));
  QUANJI_TRY(const auto n, change.run(sql::session_unlock, {{"id", in.value.id}, {"now", change.now()}}));
  QUANJI_TRY(const auto session, find(change, in.value.id));
  if (n == 0 || !session || session->kind != SessionKind::cookie) return Error(Code::not_signed_in);
  QUANJI_DO(change.run(sql::cookies_of_session_drop, {{"session_id", in.value.id}}));
  WithCookie<CsrfToken> out;
  out.cookie = new_token(change.random(), "");
  const auto hash = token_hash(out.cookie);
  QUANJI_DO(change.run(sql::token_add, {{"hash", storage::Bytes(hash)},
                                        {"kind", TokenKind::cookie},
                                        {"session_id", in.value.id},
                                        {"client_id", nullptr},
                                        {"acts_for", nullptr},
                                        {"now", change.now()},
                                        {"expires_at", session->expires_at}}));
  out.value.csrf_token = csrf_of(hash);
  QUANJI_DO(raise_sign_in_epoch(change, {.session = in.value.id}));
  change.note() = {in.value.id.text(), session->account, in.proof->user->department_id.ulid, {}, {}, {}};
  return out;
}

Result<BegunSession> begin_session(Change& change, const Standing& user, SessionKind kind, std::string_view agent) {
  BegunSession out;
  out.id = change.new_id<SessionId>();
  out.expires_at = change.now().plus(session_lives_for());
  QUANJI_DO(change.run(sql::session_add, {{"id", out.id},
                                          {"user_id", user.id},
                                          {"account", user.account},
                                          {"kind", kind},
                                          {"address", change.caller().address},
                                          {"agent", agent},
                                          {"now", change.now()},
                                          {"expires_at", out.expires_at}}));
  const auto add = [&](std::string_view token, TokenKind token_kind, base::Time until) -> Status {
    const auto hash = token_hash(token);
    QUANJI_DO(change.run(sql::token_add, {{"hash", storage::Bytes(hash)},
                                          {"kind", token_kind},
                                          {"session_id", out.id},
                                          {"client_id", nullptr},
                                          {"acts_for", nullptr},
                                          {"now", change.now()},
                                          {"expires_at", until}}));
    return {};
  };
  if (kind == SessionKind::cookie) {
    out.cookie = new_token(change.random(), "");
    out.csrf = csrf_of(token_hash(out.cookie));
    QUANJI_DO(add(out.cookie, TokenKind::cookie, out.expires_at));
  } else {
    out.access = new_token(change.random(), "qjt_");
    out.refresh = new_token(change.random(), "qjt_");
    QUANJI_DO(add(out.access, TokenKind::access, std::min(out.expires_at, change.now().plus(access_token_lives_for()))));
    QUANJI_DO(add(out.refresh, TokenKind::refresh, out.expires_at));
  }
  return out;
}

Result<std::optional<base::Digest>> cookie_hash_of(const View& view, const SessionId& id) {
  QUANJI_TRY(const auto rows, view.rows(sql::tokens_of_session, {{"session_id", id}}));
  for (const auto row : rows) {
    if (row.text("kind") != base::word(TokenKind::cookie)) continue;
    base::Digest hash{};
    const auto bytes = row.bytes("hash");
    std::copy(bytes.begin(), bytes.end(), hash.begin());
    return std::optional(hash);
  }
  return std::optional<base::Digest>{};
}

Result<std::int64_t> end_session(Change& change, const SessionId& id, std::string_view reason) {
  QUANJI_TRY(const auto n, change.run(sql::session_end, {{"id", id}, {"now", change.now()}, {"reason", reason}}));
  if (n == 0) return n;
  // Used refresh tokens stay: one that comes again must be known as such.
  QUANJI_DO(change.run(sql::access_tokens_of_session_drop, {{"session_id", id}}));
  QUANJI_DO(change.run(sql::cookies_of_session_drop, {{"session_id", id}}));
  QUANJI_DO(raise_sign_in_epoch(change, {.session = id}));
  return n;
}

Result<std::int64_t> end_sessions_of(Change& change, const UserId& user, std::string_view reason, std::optional<SessionId> but) {
  QUANJI_TRY(const auto rows, change.rows(sql::sessions_open_of, {{"user_id", user}}));
  std::int64_t ended = 0;
  for (const auto row : rows) {
    const auto id = row.id<SessionId>("id");
    if (but && *but == id) continue;
    QUANJI_TRY(const auto n, end_session(change, id, reason));
    ended += n;
  }
  return ended;
}

std::string csrf_of(const base::Digest& cookie_hash) {
  return base::base64url(base::Hasher(base::Hash::sha256).add("quanji csrf ").add(cookie_hash).finish());
}

std::chrono::seconds session_lives_for() { return std::chrono::hours(settings::known_integer("security.session_hours")); }
std::chrono::seconds idle_limit() { return std::chrono::minutes(settings::known_integer("security.idle_minutes")); }

Status note_seen(Change& change, const std::vector<Seen>& seen) {
  for (const auto& one : seen) QUANJI_DO(change.run(sql::session_seen, {{"id", one.id}, {"at", one.at}}));
  return {};
}

Result<std::int64_t> sweep_sessions(Change& change, std::int64_t limit) {
  std::int64_t swept = 0;
  QUANJI_TRY(const auto past, change.rows(sql::sessions_past, {{"now", change.now()}, {"limit", limit}}));
  for (const auto row : past) {
    QUANJI_TRY(const auto n, change.run(sql::session_end, {{"id", row.id<SessionId>("id")}, {"now", change.now()}, {"reason", "expired"}}));
    swept += n;
  }
  const auto before = change.now().plus(-ended_kept_for);
  QUANJI_TRY(const auto old, change.rows(sql::sessions_old, {{"before", before}, {"limit", limit}}));
  for (const auto row : old) {
    QUANJI_DO(change.run(sql::tokens_of_session_drop, {{"session_id", row.id<SessionId>("id")}}));
    QUANJI_TRY(const auto n, change.run(sql::session_drop, {{"id", row.id<SessionId>("id")}}));
    swept += n;
  }
  QUANJI_TRY(const auto tokens, change.run(sql::tokens_sweep, {{"before", change.now()}, {"limit", limit}}));
  QUANJI_TRY(const auto links, change.run(sql::password_links_sweep, {{"before", before}, {"limit", limit}}));
  return swept + tokens + links;
}

std::shared_ptr<void> listen_to_sign_ins(SignInListener listener) {
  auto kept = std::make_shared<SignInListener>(std::move(listener));
  const std::lock_guard lock(listeners().mutex);
  listeners().all.push_back(kept);
  return kept;
}

Status raise_sign_in_epoch(Change& change, SignInChange what) {
  QUANJI_TRY(const auto row, change.row(sql::sign_in_epoch_raise));
  if (!row) return Error(Code::bug, "the epoch of sign-ins is missing");
  what.epoch = static_cast<std::uint64_t>(row->integer("value"));
  change.after_commit([what] { tell_listeners(what); });
  return {};
}

Result<std::uint64_t> sign_in_epoch(const View& view) {
  QUANJI_TRY(const auto row, view.row(sql::sign_in_epoch));
  if (!row) return Error(Code::bug, "the epoch of sign-ins is missing");
  return static_cast<std::uint64_t>(row->integer("value"));
}

void join_sign_in() {
  on_user_stopped([](Change& change, const UserId& user) -> Status {
    QUANJI_DO(end_sessions_of(change, user, "user_stopped"));
    return raise_sign_in_epoch(change, {.user = user});
  });
  set_client_lookup([](const View& view, const domain::ApiClientId& id) -> Result<std::optional<ClientScopes>> {
    QUANJI_TRY(const auto client, find_client(view, id));
    if (!client) return std::optional<ClientScopes>{};
    const bool may_call = client->state == ClientState::enabled && (!client->expires_at || *client->expires_at > view.now());
    return std::optional(ClientScopes{client->scopes, client->department_id, may_call});
  });
}

}  // namespace quanji::services
