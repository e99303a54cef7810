// What `quanji login` keeps of a platform: where it is, whom to trust, the tokens.
#pragma once
#include <string>

#include "base/result.h"

namespace quanji::apps {

struct Profile {
  std::string url;    // "https://host:7443", without a slash at the end
  std::string trust;  // PEM of the authority; empty: the machine's authorities
  std::string account, access_token, refresh_token;
};

// ~/.config/quanji/profiles/<name>.json (XDG_CONFIG_HOME is honoured); invalid_field for a name outside [a-z0-9_-].
base::Result<std::string> profile_path(const std::string& name);
base::Result<Profile> load_profile(const std::string& name);
// Mode 0600, replaced in one step.
base::Status save_profile(const std::string& name, const Profile& profile);
base::Status remove_profile(const std::string& name);
// Held while tokens are renewed: a refresh token works once, and two commands may run at the same time. Released by closing it.
base::Result<int> lock_profile(const std::string& name);

base::Result<std::string> read_text_file(const std::string& path);
bool speaks_english();  // LC_ALL, LC_MESSAGES, LANG

}  // namespace quanji::apps
