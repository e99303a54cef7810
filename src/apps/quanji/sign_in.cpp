#include "apps/quanji/sign_in.h"

#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <iterator>

#include "apps/quanji/client_key.h"
#include "apps/quanji/output.h"
#include "apps/quanji/session.h"
#include "base/clock.h"
#include "base/fields_json.h"
#include "base/files.h"

namespace quanji::apps {
namespace {

using base::Result;
namespace json = boost::json;

std::string ask_unseen(const char* zh, const char* en, From from) {
  std::string line;
  if (from == From::standard_input || !::isatty(STDIN_FILENO)) {
    std::getline(std::cin, line);
    return line;
  }
  std::cerr << (speaks_english() ? en : zh) << std::flush;
  termios before{};
  const bool known = ::tcgetattr(STDIN_FILENO, &before) == 0;
  auto silent = before;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  if (known) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  std::getline(std::cin, line);
  if (known) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
  std::cerr << "\n";
  return line;
}

std::string member(const json::object& object, const char* name) {
  const auto* found = object.if_contains(name);
  return found && found->is_string() ? std::string(found->get_string().data(), found->get_string().size()) : std::string();
}

Result<Session> open_place(const Place& place) {
  Profile profile;
  profile.url = place.url;
  if (!place.trust_file.empty()) {
    QUANJI_TRY(profile.trust, read_text_file(place.trust_file));
  }
  return Session::open(std::move(profile), "");
}

// The profile and the key that was kept for it; a key file that was named stays.
int forget(const std::string& name) {
  if (auto removed = remove_profile(name); !removed.ok()) return refuse(removed.error());
  auto key = kept_key_path(name);
  if (!key) return refuse(key.error());
  if (::unlink(key->c_str()) != 0 && errno != ENOENT)
    return refuse(base::Error(base::Code::store_unavailable, base::system_detail("unlink", *key)));
  return exit_done;
}

}  // namespace

std::string read_standard_input() { return {std::istreambuf_iterator<char>(std::cin), {}}; }

int login(const Place& place, const std::string& account, From from) {
  if (auto path = profile_path(place.profile); !path) return refuse(path.error());
  auto session = open_place(place);
  if (!session) return refuse(session.error());
  json::object body{{"account", account}, {"password", ask_unseen("密码：", "Password: ", from)}, {"want", "token"}};
  auto answer = session->call({"POST", "/api/v1/auth/login", json::serialize(body), {}});
  if (!answer) return refuse(answer.error());
  auto read = base::parse_json(answer->body);
  if (read.ok() && read->is_object() && answer->status == 401) {
    const auto* code = read->get_object().if_contains("code");
    if (code && code->is_int64() && code->get_int64() == static_cast<std::int64_t>(base::Code::totp_required)) {
      body["totp"] = ask_unseen("动态口令：", "One-time code: ", from);
      answer = session->call({"POST", "/api/v1/auth/login", json::serialize(body), {}});
      if (!answer) return refuse(answer.error());
      read = base::parse_json(answer->body);
    }
  }
  if (answer->status >= 300) return refuse(*answer);
  const auto* data = read.ok() && read->is_object() ? read->get_object().if_contains("data") : nullptr;
  if (!data || !data->is_object()) return refuse(base::Error(base::Code::unreadable_body));
  auto profile = session->profile();
  profile.account = account;
  profile.access_token = member(data->get_object(), "accessToken");
  profile.refresh_token = member(data->get_object(), "refreshToken");
  if (auto saved = save_profile(place.profile, profile); !saved.ok()) return refuse(saved.error());
  std::cerr << (speaks_english() ? "Signed in: " : "已登录：") << account << " @ " << profile.url << "\n";
  if (const auto* owed = data->get_object().if_contains("owed"); owed && owed->is_array() && !owed->get_array().empty())
    std::cerr << (speaks_english() ? "To be done first: " : "须先完成：") << json::serialize(*owed) << "\n";
  return exit_done;
}

int login_client(const Place& place, const ClientLogin& client) {
  auto path = kept_key_path(place.profile);
  if (!path) return refuse(path.error());
  auto signature = signature_from_text(client.signature);
  if (!signature) return refuse(signature.error());
  auto key = [&] {
    if (!client.key_file.empty()) return read_client_key(client.key_file);
    auto text = read_standard_input();
    return parse_client_key(text, speaks_english() ? "standard input" : "标准输入");
  }();
  if (!key) return refuse(key.error());
  Profile profile;
  profile.url = place.url;
  profile.account = key->access_key;
  profile.caller = client.caller;
  profile.signature = *signature;
  if (!place.trust_file.empty()) {
    auto trust = read_text_file(place.trust_file);
    if (!trust) return refuse(trust.error());
    profile.trust = *trust;
  }
  std::error_code failed;
  const bool keeps = client.key_file.empty();
  // Beside the key of an earlier sign-in, which stays until this one is known to open the platform.
  profile.key_file = keeps ? *path + ".new" : std::filesystem::absolute(client.key_file, failed).string();
  if (keeps) {
    std::filesystem::create_directories(base::folder_of(*path), failed);
    if (auto kept = keep_client_key(profile.key_file, *key); !kept.ok()) return refuse(kept.error());
  }
  auto session = Session::open(profile, "");
  auto answer = session ? session->call(client.caller == Caller::client ? Ask{"GET", "/api/v1/auth/me", "", {}}
                                                                        : Ask{"POST", "/api/v1/auth/token", "{}", {}})
                        : Result<net::ClientResponse>(session.error().clone());
  if (!answer || answer->status >= 300) {
    if (keeps) ::unlink(profile.key_file.c_str());
    return answer ? refuse(*answer) : refuse(answer.error());
  }
  if (keeps) {
    if (::rename(profile.key_file.c_str(), path->c_str()) != 0)
      return refuse(base::Error(base::Code::store_unavailable, base::system_detail("rename", *path)));
    profile.key_file = *path;
  }
  profile.url = session->profile().url;
  if (client.caller == Caller::client_by_token) {
    const auto read = base::parse_json(answer->body);
    const auto* data = read.ok() && read->is_object() ? read->get_object().if_contains("data") : nullptr;
    if (!data || !data->is_object()) return refuse(base::Error(base::Code::unreadable_body));
    profile.access_token = member(data->get_object(), "accessToken");
  }
  if (auto saved = save_profile(place.profile, profile); !saved.ok()) return refuse(saved.error());
  std::cerr << (speaks_english() ? "Access key: " : "访问密钥：") << profile.account << " @ " << profile.url << "\n";
  return exit_done;
}

int logout(const Place& place) {
  auto profile = load_profile(place.profile);
  if (!profile) return refuse(profile.error());
  if (profile->caller == Caller::client) return forget(place.profile);
  auto session = Session::open(*profile, place.profile);
  if (!session) return refuse(session.error());
  const bool person = profile->caller == Caller::person;
  const auto answer =
      session->call(person ? Ask{"POST", "/api/v1/auth/logout", "{}", {}}
                           : Ask{"POST", "/api/v1/auth/revoke", json::serialize(json::object{{"token", profile->access_token}}), {}});
  // The tokens go from this machine whatever the platform says; a session it already ended is no failure.
  if (const int forgotten = forget(place.profile); forgotten != exit_done) return forgotten;
  if (!answer) return refuse(answer.error());
  return answer->status < 300 || answer->status == 401 ? exit_done : refuse(*answer);
}

int set_up(const Place& place) {
  auto session = open_place(place);
  if (!session) return refuse(session.error());
  const auto answer = session->call({"POST", "/setup", read_standard_input(), {}});
  if (!answer) return refuse(answer.error());
  if (answer->status >= 300) return refuse(*answer);
  const auto read = base::parse_json(answer->body);
  const auto* data = read.ok() && read->is_object() ? read->get_object().if_contains("data") : nullptr;
  std::cout << (data ? json::serialize(*data) : answer->body) << "\n";
  return exit_done;
}

int doctor(const Place& given) {
  std::cout << "quanji " << version << "\n";
  Profile profile;
  profile.url = given.url;
  if (given.url.empty()) {
    auto kept = load_profile(given.profile);
    if (!kept) return refuse(kept.error());
    profile = std::move(kept).value();
  } else if (!given.trust_file.empty()) {
    auto trust = read_text_file(given.trust_file);
    if (!trust) return refuse(trust.error());
    profile.trust = *trust;
  }
  auto session = Session::open(std::move(profile), "");
  if (!session) return refuse(session.error());
  const auto answer = session->call({"GET", "/health", "", {}});
  if (!answer) return refuse(answer.error());
  std::cout << fmt::format("{}  HTTP {}  {}\n", session->profile().url, answer->status, answer->body);
  if (const auto date = answer->header("date")) {
    std::tm parts{};
    const std::string text(*date);
    if (::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts)) {
      base::SystemClock clock;
      const auto offset = static_cast<std::int64_t>(::timegm(&parts)) - clock.now().micros / 1'000'000;
      std::cout << fmt::format("时钟偏差 clock offset: {} s\n", offset);
    }
  }
  return answer->status < 300 ? exit_done : exit_refused;
}

}  // namespace quanji::apps
