// What `quanji login` keeps of a platform: where it is, whom to trust, and the tokens of a person or the access key of an API client.
#pragma once
#include <string>

#include "base/result.h"
#include "domain/signature.h"

namespace quanji::apps {

// Who calls, and how each call says so.
enum class Caller {
  person,          // signed in: an access token, renewed by the refresh token
  client,          // an API client that signs every request
  client_by_token  // an API client with an access token, renewed by a signed request to /auth/token
};

struct Profile {
  std::string url;    // "https://host:7443", without a slash at the end
  std::string trust;  // PEM of the authority; empty: the machine's authorities
  std::string account, access_token, refresh_token;
  Caller caller = Caller::person;
  std::string key_file;  // of a client: where its access key and secret stand; they are never in the profile itself
  domain::SignatureAlgorithm signature{};
};

// ~/.config/quanji/profiles/<name>.json (XDG_CONFIG_HOME is honoured); invalid_field for a name outside [a-z0-9_-].
base::Result<std::string> profile_path(const std::string& name);
// Beside it: the access key that `quanji login --access-key-stdin` was given.
base::Result<std::string> kept_key_path(const std::string& name);
base::Result<Profile> load_profile(const std::string& name);
// Mode 0600, replaced in one step.
base::Status save_profile(const std::string& name, const Profile& profile);
base::Status remove_profile(const std::string& name);
// Held while tokens are renewed: a refresh token works once, and two commands may run at the same time. Released by closing it.
base::Result<int> lock_profile(const std::string& name);

base::Result<std::string> read_text_file(const std::string& path);
bool speaks_english();  // LC_ALL, LC_MESSAGES, LANG

}  // namespace quanji::apps
