// For tests of the gate: the door with everything behind it but sockets, called as people and clients do.
#pragma once
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/gate.h"
#include "api/proof_work.h"
#include "api/resources/api_clients.h"
#include "api/resources/auth.h"
#include "api/resources/sessions.h"
#include "api/resources/set_up.h"
#include "api/resources/users.h"
#include "api/work.h"
#include "services/audit_reserve.h"
#include "services/sign_in_testing.h"

namespace quanji::api::testing {

using base::Code;
using domain::SignatureAlgorithm;
using door::Verb;
using services::testing::Gatehouse;
using std::chrono::seconds;
using Headers = std::map<std::string, std::string>;

class Silence final : public door::Ear {
 public:
  void answered(const door::Call&, int, std::chrono::microseconds) override {}
};

struct Reply {
  int status = 0;
  std::int64_t code = -1;
  boost::json::value data;
  std::string message;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string header(std::string_view name) const {
    for (const auto& [key, value] : headers)
      if (key == name) return value;
    return {};
  }
  std::string cookie() const {
    const auto text = header("Set-Cookie");
    const auto from = text.find('=') + 1;
    return text.substr(from, text.find(';') - from);
  }
};

// How a call is signed.
struct Sign {
  SignatureAlgorithm algorithm = SignatureAlgorithm::hmac_sha256;
  std::string behalf, nonce;
  std::int64_t skew = 0;
};

// The door with everything behind it but sockets.
class Front : public Gatehouse {
 public:
  // Where it stands, when not in SQLite on this machine's disk.
  struct Place {
    std::string url;          // PostgreSQL
    std::string file_system;  // of SQLite
    std::unique_ptr<services::Disk> disk = services::real_disk();
  };
  explicit Front(GateOptions options = generous()) : Front(std::move(options), Place{}) {}
  Front(GateOptions options, Place place)
      : Gatehouse(std::move(place.url),
                  [this, &place](storage::StoreOptions& store_options) {
                    store_options.sqlite_vfs = place.file_system;
                    store_options.on_full = [this] { reserve->disk_full(); };
                  }),
        options_(std::move(options)) {
    auth(table);
    sessions(table);
    api_clients(table);
    users(table);
    set_up(outer);
    reserve = services::AuditReserve::open({.folder = folder.path(), .bytes = 1 << 16, .low_water = 0}, std::move(place.disk));
    work = std::make_unique<PlatformWork>(*store, table, *reserve);
    proof_work = std::make_unique<ProofWork>(*work, *store, pool, desk);
    open_gate();
  }
  ~Front() { store->close(); }
  static GateOptions generous() {
    GateOptions options;
    options.open_per_second = 100'000;
    return options;
  }
  // As after a start of the process.
  void open_gate() {
    door_.reset();
    gate = std::make_unique<PlatformGate>(*store, *clock, desk->box, std::vector<const door::Table*>{&table, &outer}, options_);
    door_ = std::make_unique<door::Door>(table, *gate, *proof_work, ear, *clock, *random_ids);
  }

  Reply call(Verb verb, std::string target, std::string body = {}, Headers headers = {}, std::string address = "192.0.2.1") {
    door::Ask ask;
    ask.verb = verb;
    const auto mark = target.find('?');
    ask.path = "/api/v1" + target.substr(0, mark);
    if (mark != std::string::npos) ask.query = target.substr(mark + 1);
    ask.body = std::move(body);
    ask.address = std::move(address);
    auto kept = std::make_shared<Headers>(std::move(headers));
    ask.header = [kept](std::string_view name) -> std::string_view {
      const auto found = kept->find(std::string(name));
      return found == kept->end() ? std::string_view{} : std::string_view(found->second);
    };
    std::promise<door::Answer> promise;
    door_->run(std::move(ask), [&](door::Answer answer) { promise.set_value(std::move(answer)); });
    const auto answer = promise.get_future().get();
    Reply reply;
    reply.status = answer.status;
    for (const auto& [name, value] : answer.headers) reply.headers.emplace_back(std::string(name), value);
    const auto json = boost::json::parse(answer.body);
    reply.code = json.at("code").as_int64();
    reply.message = std::string(json.at("message").as_string());
    if (const auto* data = json.as_object().if_contains("data")) reply.data = *data;
    return reply;
  }

  struct Cookie {
    std::string cookie, csrf;
    Headers reading() const { return {{"cookie", "a=b; __Host-quanji=" + cookie + "; c=d"}}; }
    Headers changing() const {
      auto headers = reading();
      headers["x-csrf-token"] = csrf;
      return headers;
    }
  };
  Cookie login(std::string account, std::string_view text = good_password) {
    const auto reply = call(Verb::post, "/auth/login", fmt::format(R"({{"account":"{}","password":"{}"}})", account, text));
    EXPECT_EQ(reply.code, 0) << reply.message;
    if (reply.code != 0) return {};
    return {reply.cookie(), std::string(reply.data.at("csrfToken").as_string())};
  }
  Headers bearer(std::string account) {
    const auto reply =
        call(Verb::post, "/auth/login", fmt::format(R"({{"account":"{}","password":"{}","want":"token"}})", account, good_password));
    EXPECT_EQ(reply.code, 0) << reply.message;
    return {{"authorization", "Bearer " + std::string(reply.data.at("accessToken").as_string())}};
  }

  Headers signed_by(const services::NewApiKey& key, Verb verb, std::string target, std::string body, Sign how) {
    const auto mark = target.find('?');
    const auto time = std::to_string(clock->now().micros / 1'000'000 + how.skew);
    if (how.nonce.empty()) how.nonce = fmt::format("nonce-{:016}", ++nonce_);
    const auto path = "/api/v1" + target.substr(0, mark);
    const auto query = mark == std::string::npos ? std::string() : target.substr(mark + 1);
    const auto text = domain::string_to_sign({how.algorithm, door::word(verb), path, query, time, how.nonce, how.behalf, body});
    EXPECT_TRUE(text.ok());
    base::MacKey mac(domain::mac_of(how.algorithm), base::Secret(std::string_view(key.secret)));
    Headers headers = {{"x-access-key", key.access_key},
                       {"x-timestamp", time},
                       {"x-nonce", how.nonce},
                       {"x-signature", fmt::format("{} {}", domain::to_text(how.algorithm), base::hex(mac.sign(*text)))}};
    if (!how.behalf.empty()) headers["x-on-behalf-of"] = how.behalf;
    return headers;
  }
  Reply signed_call(const services::NewApiKey& key, Verb verb, std::string target, std::string body = {}, Sign how = {}) {
    auto headers = signed_by(key, verb, target, body, std::move(how));
    return call(verb, std::move(target), std::move(body), std::move(headers));
  }
  services::NewApiKey made(std::string name, std::vector<std::string> scopes, std::function<void(services::NewApiClient&)> more = {}) {
    auto key = client(std::move(name), std::move(scopes), std::move(more));
    EXPECT_TRUE(key.ok());
    return key.ok() ? std::move(*key) : services::NewApiKey{};
  }
  domain::UserId system_with_password() {
    password(system);
    return system;
  }

  door::Table table{"/api/v1"};
  door::Table outer{""};
  services::SlowPool pool;
  std::unique_ptr<services::AuditReserve> reserve;
  std::unique_ptr<PlatformWork> work;
  std::unique_ptr<ProofWork> proof_work;
  std::unique_ptr<PlatformGate> gate;
  Silence ear;

 private:
  GateOptions options_;
  std::shared_ptr<base::SystemRandom> random_ids = std::make_shared<base::SystemRandom>();
  std::unique_ptr<door::Door> door_;
  int nonce_ = 0;
};

inline std::int64_t number(Code code) { return static_cast<std::int64_t>(code); }
inline const std::string new_user = R"({"account":"wang","name":"王五","departmentId":"dep_00000000000000000000000001"})";

}  // namespace quanji::api::testing
