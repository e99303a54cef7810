// Opaque tokens: 256 bits of chance, hashed at rest; access tokens live two hours, refresh tokens work once.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "services/passwords.h"
#include "services/sessions.h"

namespace quanji::services {

using domain::ApiClientId;

std::chrono::seconds access_token_lives_for();  // setting security.token_seconds

enum class TokenKind : std::uint8_t { cookie, access, refresh };

// "qjt_" and 43 characters of base64url; `prefix` may be another.
std::string new_token(base::Random& random, std::string_view prefix);
base::Digest token_hash(std::string_view token);

struct TokenPair {
  std::string access_token;
  std::string token_type;       // "Bearer"
  std::int64_t expires_in = 0;  // seconds
  std::optional<std::string> refresh_token;
  static const base::FieldList& fields();
};
struct Refresh {
  base::Secret refresh_token;
  static const base::FieldList& fields();
};
// The token was used before: it is in two hands. Its whole family ends; committed although the caller is refused. Run before refresh().
Result<bool> end_reused_family(Change&, const base::Secret& refresh_token);
Result<TokenPair> refresh(Change&, const Refresh&);
// By a signed request of an API client (the caller); bound to the person it names.
Result<TokenPair> client_token(Change&, const base::Nothing&);

struct TokenRef {
  base::Secret token;
  static const base::FieldList& fields();
};
struct TokenState {
  bool active = false;
  std::optional<std::string> kind;  // "session", "access", "refresh"
  std::optional<UserId> user_id;
  std::optional<ApiClientId> client_id;
  std::optional<std::string> account;
  std::optional<base::Time> expires_at;
  static const base::FieldList& fields();
};
// Whoever holds a token may end it and, with it, its family. Unknown tokens are answered the same.
Status revoke_token(Change&, const TokenRef&);
// inactive also for a token that is none of the caller's business (needs session.read or api_client.read there).
Result<TokenState> introspect_token(const View&, const TokenRef&);

// ---- for the gate ----
struct TokenFacts {
  TokenKind kind = TokenKind::access;
  std::optional<SessionId> session_id;
  std::optional<ApiClientId> client_id;
  std::optional<UserId> acts_for;
  base::Time expires_at;
};
// Nothing for a token that is unknown, expired or used up.
Result<std::optional<TokenFacts>> find_token(const View&, const base::Digest& hash);

// The first change that carries a nonce wins; replayed for every later one. In the change's own transaction, and once more in what is
// written of a refusal.
Status store_nonce(Change&, const ApiClientId&, std::string_view nonce);
// Deletes nonces whose signature would be too old anyway, at most `limit`.
Result<std::int64_t> sweep_nonces(Change&, std::int64_t limit = 1000);

}  // namespace quanji::services
QUANJI_ENUM(quanji::services::TokenKind, "cookie", "access", "refresh");
