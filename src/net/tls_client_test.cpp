#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "net/client.h"
#include "net/test_peer.h"

namespace quanji::net {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::Identity;
using test::serve;

struct Realm {
  Identity authority = test::make_authority("realm"), stranger = test::make_authority("stranger");
  Identity server = test::make_leaf(authority, "server"), robot = test::make_leaf(authority, "robot-1");
  TlsServerSettings settings(ClientCertificates clients = ClientCertificates::none) const {
    TlsServerSettings out;
    out.chain_pem = server.certificate;
    out.key = base::Secret(std::string_view(server.key));
    out.client_certificates = clients;
    if (clients != ClientCertificates::none) out.client_ca_pem = authority.certificate;
    return out;
  }
  std::shared_ptr<TlsClient> client(const Identity* own = nullptr, const Identity* trusted = nullptr) const {
    TlsClientSettings out;
    out.trust.ca_pem = (trusted ? *trusted : authority).certificate;
    if (own) {
      out.chain_pem = own->certificate;
      out.key = base::Secret(std::string_view(own->key));
    }
    return *TlsClient::make(std::move(out));
  }
};
void say_who(RequestPtr request, Responder responder) {
  Response answer;
  answer.body = request->peer->certificate ? request->peer->certificate->common_name : "nobody";
  responder.send(std::move(answer));
}
test::Served serve_tls(std::shared_ptr<TlsServer> tls, const std::function<void(ServerOptions&)>& change = {}) {
  return serve(say_who, [&](ServerOptions& o) {
    o.listeners[0].tls = tls;
    if (change) change(o);
  });
}
base::Result<ClientResponse> get(std::uint16_t port, std::shared_ptr<TlsClient> tls, const char* host = "127.0.0.1") {
  ClientOptions options;
  options.tls = std::move(tls);
  Client client(std::move(options));
  ClientRequest request;
  request.url = *Url::parse(std::string("https://") + host + ":" + std::to_string(port) + "/");
  return client.call(request, 10s);
}

TEST(Tls, KnowsItsPeerWithAndWithoutAClientCertificate) {
  Realm realm;
  auto s = serve_tls(*TlsServer::make(realm.settings(ClientCertificates::optional)));
  auto nobody = get(s.port(), realm.client());
  ASSERT_TRUE(nobody.ok()) << nobody.error().message().en;
  EXPECT_EQ(nobody->body, "nobody");
  auto robot = get(s.port(), realm.client(&realm.robot));
  ASSERT_TRUE(robot.ok()) << robot.error().message().en;
  EXPECT_EQ(robot->body, "robot-1");
  EXPECT_TRUE(get(s.port(), realm.client(), "localhost").ok());
  const auto forged = test::make_leaf(realm.stranger, "robot-1");
  EXPECT_FALSE(get(s.port(), realm.client(&forged)).ok());
  EXPECT_TRUE(eventually([&] { return s.server->counters().refused[static_cast<std::size_t>(Refusal::handshake_failed)] == 1; }));
}

TEST(Tls, RefusesWhoShowsNoCertificateWhenItIsRequired) {
  Realm realm;
  auto s = serve_tls(*TlsServer::make(realm.settings(ClientCertificates::required)));
  EXPECT_FALSE(get(s.port(), realm.client()).ok());
  EXPECT_TRUE(get(s.port(), realm.client(&realm.robot)).ok());
}

TEST(Tls, ClientBelievesOnlyWhatItWasTold) {
  Realm realm;
  auto s = serve_tls(*TlsServer::make(realm.settings()));
  EXPECT_FALSE(get(s.port(), realm.client(nullptr, &realm.stranger)).ok());
  TlsClientSettings pinned;
  pinned.trust.pin_sha256 = *public_key_digest(realm.server.certificate);
  EXPECT_TRUE(get(s.port(), *TlsClient::make(std::move(pinned))).ok());
  TlsClientSettings wrong;
  wrong.trust.pin_sha256 = *public_key_digest(realm.robot.certificate);
  EXPECT_FALSE(get(s.port(), *TlsClient::make(std::move(wrong))).ok());
  EXPECT_FALSE(TlsClient::make({}).ok());
  // A name the certificate does not carry.
  ClientOptions options;
  options.tls = realm.client();
  auto unix_like = serve_tls(*TlsServer::make(realm.settings()));
  Client client(std::move(options));
  ClientRequest request;
  request.url = *Url::parse("https://127.0.0.2:" + std::to_string(s.port()) + "/");
  EXPECT_FALSE(client.call(request, 5s).ok());
}

TEST(Tls, AsksAboutRevocationAlsoForOpenAndResumedConnections) {
  Realm realm;
  std::atomic<bool> revoked{false};
  auto settings = realm.settings(ClientCertificates::optional);
  settings.check = [&](const PeerCertificate& certificate) -> base::Status {
    if (revoked && certificate.common_name == "robot-1") return base::Error(base::Code::not_permitted, "revoked");
    return {};
  };
  auto s = serve_tls(*TlsServer::make(std::move(settings)));
  ClientOptions options;
  options.tls = realm.client(&realm.robot);
  Client client(std::move(options));
  ClientRequest request;
  request.url = *Url::parse("https://127.0.0.1:" + std::to_string(s.port()) + "/");
  ASSERT_TRUE(client.call(request, 10s).ok());
  ASSERT_TRUE(client.call(request, 10s).ok());
  EXPECT_EQ(s.server->counters().handshakes, 1u) << "the connection was kept";
  revoked = true;
  s.server->recheck_certificates();
  EXPECT_TRUE(eventually([&] { return s.server->counters().open == 0; }));
  EXPECT_FALSE(client.call(request, 10s).ok());
  EXPECT_TRUE(eventually([&] { return s.server->counters().refused[static_cast<std::size_t>(Refusal::certificate_refused)] == 2; }));
}

TEST(Tls, ReloadsWithoutDroppingAnybody) {
  Realm realm, next;
  auto tls = *TlsServer::make(realm.settings());
  auto s = serve_tls(tls);
  ClientOptions options;
  options.tls = realm.client();
  Client client(std::move(options));
  ClientRequest request;
  request.url = *Url::parse("https://127.0.0.1:" + std::to_string(s.port()) + "/");
  ASSERT_TRUE(client.call(request, 10s).ok());
  auto broken = realm.settings();
  broken.key = base::Secret(std::string_view(next.server.key));
  EXPECT_FALSE(tls->reload(std::move(broken)).ok());
  ASSERT_TRUE(get(s.port(), realm.client()).ok());
  ASSERT_TRUE(tls->reload(next.settings()).ok());
  EXPECT_FALSE(get(s.port(), realm.client()).ok());
  EXPECT_TRUE(get(s.port(), next.client()).ok());
  EXPECT_TRUE(client.call(request, 10s).ok()) << "the old connection goes on";
}

TEST(Tls, AdmitsOnlySoManyHandshakesASecond) {
  Realm realm;
  auto s = serve_tls(*TlsServer::make(realm.settings()), [](ServerOptions& o) { o.limits.handshakes_per_second = 3; });
  std::vector<std::thread> threads;
  std::atomic<int> done{0};
  for (int i = 0; i < 5; ++i)
    threads.emplace_back([&] {
      if (get(s.port(), realm.client()).ok()) ++done;
    });
  EXPECT_TRUE(eventually([&] { return done == 3; }));
  EXPECT_EQ(s.server->counters().accepted, 3u);
  s.pass(2s);
  for (auto& one : threads) one.join();
  EXPECT_EQ(done, 5);
}

TEST(Tls, DropsAHandshakeThatDoesNotEndAndPlainTalk) {
  Realm realm;
  auto s = serve_tls(*TlsServer::make(realm.settings()));
  test::RawPeer silent(s.port()), plain(s.port());
  plain.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  plain.rest();
  EXPECT_TRUE(eventually([&] { return s.server->counters().open == 1; }));
  s.pass(12s);
  EXPECT_EQ(silent.rest(), "");
  EXPECT_EQ(s.server->counters().refused[static_cast<std::size_t>(Refusal::handshake_failed)], 2u);
}

TEST(Tls, ReadsACertificateAndRefusesWrongPem) {
  Realm realm;
  auto read = read_certificate(realm.robot.certificate);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->common_name, "robot-1");
  EXPECT_EQ(read->subject, "CN=robot-1");
  EXPECT_EQ(read->fingerprint.size(), 64u);
  EXPECT_EQ(read->names, (std::vector<std::string>{"localhost", "127.0.0.1"}));
  EXPECT_GT(read->not_after.micros, 0);
  EXPECT_FALSE(read_certificate("nonsense").ok());
  EXPECT_FALSE(TlsServer::make({}).ok());
  auto no_ca = realm.settings(ClientCertificates::required);
  no_ca.client_ca_pem = "";
  EXPECT_FALSE(TlsServer::make(std::move(no_ca)).ok());
}

TEST(Client, KeepsConnectionsAndSurvivesTheirEnd) {
  auto s = serve([](RequestPtr request, Responder responder) {
    Response answer;
    answer.status = 201;
    answer.headers.emplace_back("X-Method", request->method);
    answer.body = request->body + std::string(request->header("X-Q").value_or(""));
    responder.send(std::move(answer));
  });
  Client client;
  ClientRequest request;
  request.method = "PUT";
  request.url = *Url::parse("http://127.0.0.1:" + std::to_string(s.port()) + "/x");
  request.headers = {{"X-Q", "q"}};
  request.body = "body";
  for (int i = 0; i < 3; ++i) {
    auto answer = client.call(request, 10s);
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer->status, 201);
    EXPECT_EQ(answer->body, "bodyq");
    EXPECT_EQ(answer->header("x-method"), "PUT");
  }
  EXPECT_EQ(s.server->counters().accepted, 1u);
  s.pass(100s);  // the server closes the idle connection
  ASSERT_TRUE(eventually([&] { return s.server->counters().open == 0; }));
  EXPECT_TRUE(client.call(request, 10s).ok());
  request.headers = {{"Host", "x"}};
  EXPECT_FALSE(client.call(request, 10s).ok());
  request.headers = {{"X", "a\r\nb"}};
  EXPECT_FALSE(client.call(request, 10s).ok());
}

TEST(Client, CallsAsynchronously) {
  auto s = serve([](RequestPtr request, Responder responder) {
    Response answer;
    answer.body = request->path;
    responder.send(std::move(answer));
  });
  ClientLoop loop;
  Client client;
  std::atomic<int> right{0}, failed{0};
  for (int i = 0; i < 50; ++i) {
    ClientRequest request;
    request.url = *Url::parse("http://localhost:" + std::to_string(s.port()) + "/" + std::to_string(i));
    client.call(loop, request, 10s, [&, i](base::Result<ClientResponse> answer) {
      answer.ok() && answer->body == "/" + std::to_string(i) ? ++right : ++failed;
    });
  }
  EXPECT_TRUE(eventually([&] { return right + failed == 50; }));
  EXPECT_EQ(right, 50);
  s.server.reset();
  ClientRequest request;
  request.url = *Url::parse("http://127.0.0.1:1/");
  client.call(loop, request, 10s, [&](base::Result<ClientResponse> answer) {
    if (!answer.ok()) ++failed;
  });
  EXPECT_TRUE(eventually([&] { return failed == 1; }));
}

TEST(Client, GivesUpAtItsDeadlineInBothForms) {
  std::mutex mutex;
  std::vector<Responder> held;
  auto s = serve([&](RequestPtr, Responder responder) {
    std::lock_guard lock(mutex);
    held.push_back(std::move(responder));
  });
  auto clock = std::make_shared<base::ManualClock>();
  ClientOptions options;
  options.clock = clock;
  Client client(std::move(options));
  ClientRequest request;
  request.url = *Url::parse("http://127.0.0.1:" + std::to_string(s.port()) + "/");
  std::optional<base::Code> code;
  std::thread caller([&] { code = client.call(request, 3600s).error().code(); });
  ClientLoop loop(clock);
  std::atomic<int> late{0};
  client.call(loop, request, 3600s, [&](base::Result<ClientResponse> answer) {
    if (!answer.ok()) ++late;
  });
  ASSERT_TRUE(eventually([&] {
    std::lock_guard lock(mutex);
    return held.size() == 2;
  }));
  EXPECT_EQ(late, 0);
  clock->advance(3602s);
  caller.join();
  EXPECT_EQ(code, base::Code::robot_unreachable);
  EXPECT_TRUE(eventually([&] { return late == 1; }));
  std::lock_guard lock(mutex);
  held.clear();
}

TEST(Client, RefusesAnswersThatAreTooLargeOrCutOrNotHttp) {
  auto s = serve([](RequestPtr request, Responder responder) {
    if (request->path == "/cut") {
      auto stream = responder.stream({}, 1000);
      stream->write("half");
      return;
    }
    Response answer;
    answer.body.assign(2000, 'x');
    responder.send(std::move(answer));
  });
  ClientOptions options;
  options.body_bytes = 1999;
  Client client(std::move(options));
  ClientRequest request;
  request.url = *Url::parse("http://127.0.0.1:" + std::to_string(s.port()) + "/");
  EXPECT_EQ(client.call(request, 10s).error().code(), base::Code::too_large);
  request.url.target = "/cut";
  EXPECT_EQ(client.call(request, 10s).error().code(), base::Code::robot_unreachable);
}

TEST(Client, ReachesAUnixSocket) {
  char folder[] = "/tmp/quanji-net-XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  const std::string path = std::string(folder) + "/s";
  {
    auto s = serve(say_who, [&](ServerOptions& o) { o.listeners.push_back({"local", "unix:" + path, nullptr}); });
    ClientOptions options;
    options.unix_path = path;
    Client client(std::move(options));
    ClientRequest request;
    request.url = *Url::parse("http://platform/");
    auto answer = client.call(request, 10s);
    ASSERT_TRUE(answer.ok()) << answer.error().message().en;
    EXPECT_EQ(answer->body, "nobody");
  }
  struct stat about {};
  EXPECT_NE(::stat(path.c_str(), &about), 0) << "the socket is removed with its server";
  ::rmdir(folder);
}

TEST(Url, ReadsWhatIsRightAndRefusesTheRest) {
  auto full = Url::parse("https://[::1]:8443/a?b=c");
  ASSERT_TRUE(full.ok());
  EXPECT_EQ(full->host, "::1");
  EXPECT_EQ(full->authority(), "[::1]:8443");
  EXPECT_EQ(full->target, "/a?b=c");
  EXPECT_EQ(Url::parse("http://h")->target, "/");
  EXPECT_EQ(Url::parse("wss://h?x")->target, "/?x");
  EXPECT_EQ(Url::parse("wss://h")->port, 443);
  for (const char* wrong : {"", "h", "ftp://h/", "http://", "http://u@h/", "http://h:0/", "http://h:70000/", "http://h:x/", "http://h/#f",
                            "http://h/ x", "http://h\r\n/", "http://[::1/", "http://:80/"})
    EXPECT_FALSE(Url::parse(wrong).ok()) << wrong;
}

}  // namespace
}  // namespace quanji::net
