// The commands that are no operation: login, logout, setup, doctor. Each returns its exit code.
#pragma once
#include <string>

#include "apps/quanji/profile.h"

namespace quanji::apps {

inline constexpr const char* version = "0.1.0";

struct Place {
  std::string url, trust_file, profile = "default";
};
enum class From { terminal, standard_input };

// The password (and the one-time code, when one is asked for) from the terminal without echo, or a line each from standard input.
int login(const Place& place, const std::string& account, From from);

// An API client: its access key by two lines of standard input (kept beside the profile, 0600), or in a file that stays where it is.
struct ClientLogin {
  std::string key_file;   // empty: standard input
  std::string signature;  // "hmac-sha256", "hmac-sm3"
  Caller caller = Caller::client;
};
int login_client(const Place& place, const ClientLogin& client);
int logout(const Place& place);
// Standard input is the body of POST /setup: {"code": …, "persons": […]}.
int set_up(const Place& place);
int doctor(const Place& place);

std::string read_standard_input();

}  // namespace quanji::apps
