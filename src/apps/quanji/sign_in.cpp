#include "apps/quanji/sign_in.h"

#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <ctime>
#include <iostream>
#include <iterator>

#include "apps/quanji/output.h"
#include "apps/quanji/session.h"
#include "base/clock.h"
#include "base/fields_json.h"

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

int logout(const Place& place) {
  auto profile = load_profile(place.profile);
  if (!profile) return refuse(profile.error());
  auto session = Session::open(*profile, place.profile);
  if (!session) return refuse(session.error());
  const auto answer = session->call({"POST", "/api/v1/auth/logout", "{}", {}});
  // The tokens go from this machine whatever the platform says; a session it already ended is no failure.
  if (auto removed = remove_profile(place.profile); !removed.ok()) return refuse(removed.error());
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
