#include <gtest/gtest.h>

#include <mutex>

#include "net/client.h"
#include "net/test_peer.h"

namespace quanji::net {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::RawPeer;
using test::serve;
using test::status_of;

// Answers every message with the same; keeps the last socket for the test.
struct Echo {
  std::mutex mutex;
  WebSocketPtr last;
  std::atomic<int> closed{0};
  std::atomic<int> code{0};
  WebSocketLimits limits;
  WebSocketPtr socket() {
    std::lock_guard lock(mutex);
    return last;
  }
  void operator()(RequestPtr, Responder responder) {
    WebSocketEvents events;
    events.on_open = [this](const WebSocketPtr& socket) {
      std::lock_guard lock(mutex);
      last = socket;
    };
    events.on_message = [](const WebSocketPtr& socket, WebSocket::Kind kind, std::string text) { socket->send(kind, std::move(text)); };
    events.on_closed = [this](std::uint16_t c, const std::string&) {
      code = c;
      ++closed;
    };
    responder.websocket(std::move(events), limits, "quanji.v1");
  }
};
struct Heard {
  std::mutex mutex;
  std::string all;
  WebSocketPtr socket;
  std::atomic<int> messages{0}, opened{0}, closed{0}, code{0};
  std::string why;
  WebSocketEvents events() {
    WebSocketEvents out;
    out.on_open = [this](const WebSocketPtr& s) {
      std::lock_guard lock(mutex);
      socket = s;
      ++opened;
    };
    out.on_message = [this](const WebSocketPtr&, WebSocket::Kind kind, std::string text) {
      std::lock_guard lock(mutex);
      all += (kind == WebSocket::Kind::text ? "t:" : "b:") + text + ";";
      ++messages;
    };
    out.on_closed = [this](std::uint16_t c, const std::string& w) {
      std::lock_guard lock(mutex);
      code = c;
      why = w;
      ++closed;
    };
    return out;
  }
};
WebSocketOpening to(std::uint16_t port, const char* scheme = "ws", const char* path = "/robot-channel/v1") {
  WebSocketOpening out;
  out.url = *Url::parse(std::string(scheme) + "://127.0.0.1:" + std::to_string(port) + path);
  out.protocol = "quanji.v1";
  return out;
}
const std::string opening =
    "GET /x HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n\r\n";

TEST(WebSocket, EchoesOverTcpAndTls) {
  const auto authority = test::make_authority("test authority");
  const auto leaf = test::make_leaf(authority, "server");
  Echo echo;
  auto s = serve([&](RequestPtr r, Responder p) { echo(std::move(r), std::move(p)); },
                 [&](ServerOptions& o) {
                   TlsServerSettings settings;
                   settings.chain_pem = leaf.certificate;
                   settings.key = base::Secret(std::string_view(leaf.key));
                   o.listeners.push_back({"tls", "127.0.0.1:0", *TlsServer::make(std::move(settings))});
                 });
  ClientLoop loop;
  for (const char* scheme : {"ws", "wss"}) {
    Heard heard;
    auto where = to(s.server->port(scheme == std::string("ws") ? "main" : "tls"), scheme);
    TlsClientSettings trust;
    trust.trust.ca_pem = authority.certificate;
    where.tls = *TlsClient::make(std::move(trust));
    open_websocket(loop, std::move(where), heard.events());
    ASSERT_TRUE(eventually([&] { return heard.opened == 1; })) << heard.why;
    EXPECT_EQ(heard.socket->send(WebSocket::Kind::text, "你好"), WebSocket::Queued::yes);
    EXPECT_EQ(heard.socket->send(WebSocket::Kind::binary, std::string("\0\1", 2)), WebSocket::Queued::yes);
    const std::string large(200'000, 'x');
    for (int i = 0; i < 3; ++i) heard.socket->send(WebSocket::Kind::text, large);
    ASSERT_TRUE(eventually([&] { return heard.messages == 5; }));
    EXPECT_EQ(heard.all, "t:你好;b:" + std::string("\0\1", 2) + ";t:" + large + ";t:" + large + ";t:" + large + ";");
    EXPECT_EQ(s.server->counters().websockets_open, 1u);
    heard.socket->close(1000, "done");
    ASSERT_TRUE(eventually([&] { return heard.closed == 1 && s.server->counters().open == 0; }));
    EXPECT_EQ(heard.code, 1000);
    EXPECT_EQ(echo.code, 1000);
    EXPECT_EQ(heard.socket->send(WebSocket::Kind::text, "late"), WebSocket::Queued::closed);
  }
}

TEST(WebSocket, SpeaksTheProtocolsOwnExample) {
  Echo echo;
  auto s = serve([&](RequestPtr r, Responder p) { echo(std::move(r), std::move(p)); });
  RawPeer peer(s.port());
  // The frame rides behind the opening in one packet: "Hello" masked, RFC 6455 5.7.
  peer.send(opening + std::string("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11));
  const auto head = peer.until("\r\n\r\n");
  EXPECT_EQ(status_of(head), "101");
  EXPECT_NE(head.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), std::string::npos);
  EXPECT_NE(head.find("Sec-WebSocket-Protocol: quanji.v1"), std::string::npos);
  EXPECT_EQ(peer.until("Hello"), std::string("\x81\x05Hello"));
  peer.send(std::string("\x01\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11));  // first of two fragments, never finished
  peer.send(std::string("\x89\x80\x00\x00\x00\x00", 6));                       // ping between fragments
  EXPECT_EQ(peer.until(std::string("\x8a\x00", 2)), std::string("\x8a\x00", 2));
}

TEST(WebSocket, RefusesWhatIsNotAnOpening) {
  Echo echo;
  auto s = serve([&](RequestPtr r, Responder p) { echo(std::move(r), std::move(p)); });
  RawPeer peer(s.port());
  peer.send("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(status_of(peer.rest()), "400");
  EXPECT_TRUE(eventually([&] { return echo.closed == 1; }));
  RawPeer old(s.port());
  old.send(
      "GET /x HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
      "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n\r\n");
  EXPECT_EQ(status_of(old.rest()), "400");
}

TEST(WebSocket, ClosesOnAnUnmaskedFrameAndOnBadText) {
  Echo echo;
  auto s = serve([&](RequestPtr r, Responder p) { echo(std::move(r), std::move(p)); });
  for (const auto& frame :
       {std::string("\x81\x05Hello", 7), std::string("\x81\x82\x00\x00\x00\x00\xff\xff", 8), std::string("\xf1\x80\x00\x00\x00\x00", 6),
        std::string("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00", 14)}) {
    const int before = echo.closed;
    RawPeer peer(s.port());
    peer.send(opening);
    EXPECT_EQ(status_of(peer.until("\r\n\r\n")), "101");
    peer.send(frame);
    EXPECT_EQ(peer.rest().substr(0, 1), "\x88") << "a close frame";
    EXPECT_TRUE(eventually([&] { return echo.closed == before + 1; }));
  }
}

TEST(WebSocket, RefusesAMessageOverTheLimit) {
  Echo echo;
  auto s = serve([&](RequestPtr r, Responder p) { echo(std::move(r), std::move(p)); });
  ClientLoop loop;
  Heard heard;
  open_websocket(loop, to(s.port()), heard.events());
  ASSERT_TRUE(eventually([&] { return heard.opened == 1; }));
  heard.socket->send(WebSocket::Kind::text, std::string(256 * 1024 + 1, 'x'));
  ASSERT_TRUE(eventually([&] { return heard.closed == 1; }));
  EXPECT_EQ(heard.code, 1009);
}

TEST(WebSocket, DropsAPeerThatDoesNotRead) {
  Echo echo;
  auto s = serve([&](RequestPtr r, Responder p) { echo(std::move(r), std::move(p)); });
  RawPeer peer(s.port(), 4096);
  peer.send(opening);
  peer.until("\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return echo.socket() != nullptr; }));
  auto queued = WebSocket::Queued::yes;
  for (int i = 0; i < 1000 && queued == WebSocket::Queued::yes; ++i)
    queued = echo.socket()->send(WebSocket::Kind::binary, std::string(100'000, 'x'));
  EXPECT_EQ(queued, WebSocket::Queued::full);
  EXPECT_TRUE(eventually([&] { return echo.closed == 1 && s.server->counters().open == 0; }));
  EXPECT_EQ(s.server->counters().refused[static_cast<std::size_t>(Refusal::slow_reader)], 1u);
}

TEST(WebSocket, PingsAndDropsASilentPeer) {
  Echo echo;
  echo.limits.ping_every = 10s;
  auto s = serve([&](RequestPtr r, Responder p) { echo(std::move(r), std::move(p)); });
  RawPeer peer(s.port());
  peer.send(opening);
  peer.until("\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return echo.socket() != nullptr; }));
  s.pass(12s);
  EXPECT_EQ(peer.until(std::string("\x89\x00", 2)), std::string("\x89\x00", 2));
  s.pass(12s);
  EXPECT_EQ(echo.closed, 0);
  s.pass(12s);
  EXPECT_TRUE(eventually([&] { return echo.closed == 1; }));
  EXPECT_EQ(echo.code, 1006);
}

TEST(WebSocket, GetsACloseFrameWhenTheServerDrains) {
  Echo echo;
  auto s = serve([&](RequestPtr r, Responder p) { echo(std::move(r), std::move(p)); });
  ClientLoop loop;
  Heard heard;
  open_websocket(loop, to(s.port()), heard.events());
  ASSERT_TRUE(eventually([&] { return heard.opened == 1; }));
  s.server->drain(30s);
  ASSERT_TRUE(eventually([&] { return heard.closed == 1; }));
  EXPECT_EQ(heard.code, 1001);
}

TEST(WebSocket, PausesReading) {
  Echo echo;
  auto s = serve([&](RequestPtr r, Responder p) { echo(std::move(r), std::move(p)); });
  ClientLoop loop;
  Heard heard;
  open_websocket(loop, to(s.port()), heard.events());
  ASSERT_TRUE(eventually([&] { return heard.opened == 1; }));
  heard.socket->pause();
  heard.socket->send(WebSocket::Kind::text, "a");
  ASSERT_TRUE(eventually([&] { return heard.messages == 1; }));  // the read that was under way
  heard.socket->send(WebSocket::Kind::text, "b");
  ASSERT_TRUE(eventually([&] { return s.server->counters().bytes_out > 0 && echo.socket()->queued_bytes() == 0; }));
  heard.socket->resume();
  ASSERT_TRUE(eventually([&] { return heard.messages == 2; }));
}

TEST(WebSocket, SaysWhyItDidNotOpen) {
  auto s = serve([](RequestPtr, Responder responder) {
    Response answer;
    answer.status = 403;
    responder.send(std::move(answer));
  });
  ClientLoop loop;
  Heard declined, nobody;
  open_websocket(loop, to(s.port()), declined.events());
  ASSERT_TRUE(eventually([&] { return declined.closed == 1; }));
  EXPECT_EQ(declined.why, "the server answered 403");
  const auto port = s.port();
  s.server.reset();
  open_websocket(loop, to(port), nobody.events());
  ASSERT_TRUE(eventually([&] { return nobody.closed == 1; }));
  EXPECT_NE(nobody.why.find("refused"), std::string::npos);
}

TEST(WebSocket, HandlesMayOutliveServerAndLoop) {
  Echo echo;
  Heard heard;
  {
    auto s = serve([&](RequestPtr r, Responder p) { echo(std::move(r), std::move(p)); });
    ClientLoop loop;
    open_websocket(loop, to(s.port()), heard.events());
    ASSERT_TRUE(eventually([&] { return heard.opened == 1 && echo.socket(); }));
  }
  EXPECT_EQ(heard.closed, 1);
  EXPECT_EQ(heard.socket->send(WebSocket::Kind::text, "x"), WebSocket::Queued::closed);
  heard.socket->close(1000, "");
  echo.socket()->ping();
}

}  // namespace
}  // namespace quanji::net
