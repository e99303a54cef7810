// Sessions of people: begun by signing in, locked when idle, ended after eight hours or by hand; their cookies and tokens, hashed at rest.
#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/list_query.h"
#include "services/passwords.h"
#include "storage/listing.h"

namespace quanji::services {

using domain::SessionId;

enum class SessionKind : std::uint8_t { cookie, token };
enum class SessionState : std::uint8_t { open, locked, ended };

struct Session {
  SessionId id;
  UserId user_id;
  std::string account;
  SessionKind kind = SessionKind::cookie;
  SessionState state = SessionState::open;
  std::string address, agent;
  base::Time created_at, last_seen_at, expires_at;
  std::optional<base::Time> ended_at;
  std::optional<std::string> end_reason;
  std::optional<bool> current;  // the one that asks
  static const base::FieldList& fields();
};
struct SessionRef {
  SessionId id;
  static const base::FieldList& fields();
};
struct SessionUnlock {
  SessionId id;
  std::optional<base::Secret> password;
  std::optional<std::string> code;
  static const base::FieldList& fields();
};
struct SignedOut {
  std::int64_t ended_sessions = 0;
  static const base::FieldList& fields();
};
struct CsrfToken {
  std::string csrf_token;
  static const base::FieldList& fields();
};

// An answer with a cookie beside it, which is no part of the document. "-" takes the cookie away.
template <class T>
struct WithCookie {
  using Wrapped = T;
  T value{};
  std::string cookie;
  static const base::FieldList& fields() { return T::fields(); }
};

const base::ListShape& session_list_shape();
const storage::Listing& session_listing();
// The caller's own.
Result<base::Page<Session>> list_own_sessions(const View&, const base::ListQuery&);
// Of the user in the path.
Result<base::Page<Session>> list_user_sessions(const View&, const base::ListQuery&);
// One's own, or another's with user.sign_out in his department.
Status delete_session(Change&, const SessionRef&);
// Force sign-out.
Result<SignedOut> sign_out_user(Change&, const ActOnUser&);
// A locked session of the caller's goes on under a new cookie.
Result<WithCookie<CsrfToken>> unlock_session(Change&, const Prepared<SessionUnlock>&);

// ---- for sign-in, the gate and start-up ----
struct BegunSession {
  SessionId id;
  base::Time expires_at;
  std::string cookie, csrf;     // kind cookie
  std::string access, refresh;  // kind token
};
Result<BegunSession> begin_session(Change&, const Standing&, SessionKind kind, std::string_view agent);
// The digest of the cookie of an open session; nothing for one by token.
Result<std::optional<base::Digest>> cookie_hash_of(const View&, const SessionId&);
// After the session has ended nothing opens it again. No rights are asked for; 0 when it had ended before.
Result<std::int64_t> end_session(Change&, const SessionId&, std::string_view reason);
Result<std::int64_t> end_sessions_of(Change&, const UserId&, std::string_view reason, std::optional<SessionId> but = {});
std::string csrf_of(const base::Digest& cookie_hash);
std::chrono::seconds idle_limit();         // setting security.idle_minutes
std::chrono::seconds session_lives_for();  // setting security.session_hours

// What the gate keeps of a session in memory and writes down once a second.
struct Seen {
  SessionId id;
  base::Time at;
};
Status note_seen(Change&, const std::vector<Seen>&);
// Ends what is past its time, deletes what ended 30 days ago and tokens past their time, at most `limit` of each.
Result<std::int64_t> sweep_sessions(Change&, std::int64_t limit = 500);

// Told after the commit that something in memory is no longer true. The gate of this process listens; other nodes learn of it by the
// epoch `sign_in`, raised in the same change.
struct SignInChange {
  std::optional<SessionId> session;
  std::optional<UserId> user;
  std::optional<domain::ApiClientId> client;
  std::uint64_t epoch = 0;  // the row's value after this change
};
using SignInListener = std::function<void(const SignInChange&)>;
// The listener is called until the returned handle is gone.
std::shared_ptr<void> listen_to_sign_ins(SignInListener listener);
Status raise_sign_in_epoch(Change&, SignInChange what);
// Once before anything is served: what sign-in does when users are stopped, and what others ask of clients.
void join_sign_in();
Result<std::uint64_t> sign_in_epoch(const View&);

}  // namespace quanji::services
QUANJI_ENUM(quanji::services::SessionKind, "cookie", "token");
QUANJI_ENUM(quanji::services::SessionState, "open", "locked", "ended");
