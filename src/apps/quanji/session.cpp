#include "apps/quanji/session.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/fields_json.h"
#include "base/files.h"

namespace quanji::apps {

using base::Result;
using base::Status;
using base::Text;
namespace json = boost::json;

namespace {
constexpr std::string_view token_target = "/api/v1/auth/token";
}  // namespace

Result<Session> Session::open(Profile profile, std::string name, std::string on_behalf_of) {
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
  if (!profile.key_file.empty()) {
    QUANJI_TRY(session.key_, read_client_key(profile.key_file));
  } else if (!on_behalf_of.empty()) {
    return base::Error(base::Code::invalid_field,
                       Text("--on-behalf-of 只用于访问密钥登录的配置（quanji login --access-key-stdin）",
                            "--on-behalf-of goes with a profile that holds an access key (quanji login --access-key-stdin)"));
  }
  session.on_behalf_of_ = std::move(on_behalf_of);
  session.profile_ = std::move(profile);
  session.name_ = std::move(name);
  session.client_ = std::make_unique<net::Client>(std::move(options));
  return session;
}

// A token is bound to whom it was made for: what is asked for a person is signed.
bool Session::signs(const Ask& ask) const {
  return key_ && (profile_.caller == Caller::client || !on_behalf_of_.empty() || ask.target == token_target);
}

Result<net::ClientResponse> Session::once(const Ask& ask) {
  net::ClientRequest request;
  request.method = ask.method;
  QUANJI_TRY(request.url, net::Url::parse(profile_.url + ask.target));
  request.headers = ask.headers;
  request.headers.emplace_back("Accept-Language", speaks_english() ? "en" : "zh-CN");
  const bool typed = std::any_of(ask.headers.begin(), ask.headers.end(), [](const auto& header) { return header.first == "Content-Type"; });
  if (!ask.body.empty() && !typed) request.headers.emplace_back("Content-Type", "application/json");
  if (signs(ask)) {
    base::SystemClock clock;
    base::SystemRandom random;
    // What is signed is the path as it goes out, behind whatever stands in the platform's address.
    const Signed what{ask.method, request.url.target, ask.body, on_behalf_of_};
    QUANJI_TRY(auto signature, signature_headers(*key_, profile_.signature, what, clock, random));
    for (auto& header : signature) request.headers.push_back(std::move(header));
  } else if (!profile_.access_token.empty())
    request.headers.emplace_back("Authorization", "Bearer " + profile_.access_token);
  request.body = ask.body;
  request.take = ask.take;
  return client_->call(request, ask.take ? std::chrono::hours(24) : std::chrono::seconds(120));
}

Result<net::ClientResponse> Session::call(const Ask& ask) {
  QUANJI_TRY(auto answer, once(ask));
  const bool renewable = profile_.caller == Caller::client_by_token || !profile_.refresh_token.empty();
  if (answer.status != 401 || name_.empty() || !renewable || signs(ask)) return answer;
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
  const bool client = profile_.caller == Caller::client_by_token;
  Ask ask{"POST", "/api/v1/auth/refresh", json::serialize(json::object{{"refreshToken", profile_.refresh_token}}), {}};
  if (client) ask = {"POST", std::string(token_target), "{}", {}};
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
  if (!token || !token->is_string() || (!client && (!refresh || !refresh->is_string()))) return base::Error(base::Code::unreadable_body);
  profile_.access_token = std::string(token->get_string().data(), token->get_string().size());
  if (!client) profile_.refresh_token = std::string(refresh->get_string().data(), refresh->get_string().size());
  return save_profile(name_, profile_);
}

}  // namespace quanji::apps
