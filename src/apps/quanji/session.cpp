#include "apps/quanji/session.h"

#include <boost/json.hpp>

#include "base/fields_json.h"
#include "base/files.h"

namespace quanji::apps {

using base::Result;
using base::Status;
namespace json = boost::json;

Result<Session> Session::open(Profile profile, std::string name) {
  while (profile.url.ends_with('/')) profile.url.pop_back();
  QUANJI_TRY(const auto url, net::Url::parse(profile.url));
  net::ClientOptions options;
  if (url.scheme == net::Url::Scheme::https) {
    net::TlsClientSettings settings;
    if (profile.trust.empty())
      settings.trust.system = net::Trust::System::yes;
    else
      settings.trust.ca_pem = profile.trust;
    QUANJI_TRY(options.tls, net::TlsClient::make(std::move(settings)));
  }
  Session session;
  session.profile_ = std::move(profile);
  session.name_ = std::move(name);
  session.client_ = std::make_unique<net::Client>(std::move(options));
  return session;
}

Result<net::ClientResponse> Session::once(const Ask& ask) {
  net::ClientRequest request;
  request.method = ask.method;
  QUANJI_TRY(request.url, net::Url::parse(profile_.url + ask.target));
  request.headers = ask.headers;
  request.headers.emplace_back("Accept-Language", speaks_english() ? "en" : "zh-CN");
  if (!ask.body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  if (!profile_.access_token.empty()) request.headers.emplace_back("Authorization", "Bearer " + profile_.access_token);
  request.body = ask.body;
  return client_->call(request, std::chrono::seconds(120));
}

Result<net::ClientResponse> Session::call(const Ask& ask) {
  QUANJI_TRY(auto answer, once(ask));
  if (answer.status != 401 || name_.empty() || profile_.refresh_token.empty()) return answer;
  // What the platform said stands when the tokens cannot be renewed.
  if (auto renewed = renew(); !renewed.ok()) return answer;
  return once(ask);
}

Status Session::renew() {
  QUANJI_TRY(const int fd, lock_profile(name_));
  const base::Descriptor lock(fd);
  QUANJI_TRY(auto kept, load_profile(name_));
  // Another command was faster: its tokens are the good ones.
  if (kept.access_token != profile_.access_token) {
    profile_ = std::move(kept);
    return {};
  }
  Ask ask{"POST", "/api/v1/auth/refresh", json::serialize(json::object{{"refreshToken", profile_.refresh_token}}), {}};
  profile_.access_token.clear();
  auto answer = once(ask);
  profile_.access_token = kept.access_token;
  if (!answer) return std::move(answer).error();
  if (answer->status >= 300) return base::Error(base::Code::not_signed_in);
  QUANJI_TRY(const auto value, base::parse_json(answer->body));
  const auto* access = value.is_object() ? value.get_object().if_contains("data") : nullptr;
  if (!access || !access->is_object()) return base::Error(base::Code::unreadable_body);
  const auto* token = access->get_object().if_contains("accessToken");
  const auto* refresh = access->get_object().if_contains("refreshToken");
  if (!token || !token->is_string() || !refresh || !refresh->is_string()) return base::Error(base::Code::unreadable_body);
  profile_.access_token = std::string(token->get_string().data(), token->get_string().size());
  profile_.refresh_token = std::string(refresh->get_string().data(), refresh->get_string().size());
  return save_profile(name_, profile_);
}

}  // namespace quanji::apps
