#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "net/test_peer.h"

namespace quanji::net {
namespace {

using namespace std::chrono_literals;
using test::body_of;
using test::eventually;
using test::RawPeer;
using test::serve;
using test::Served;
using test::status_of;

void echo(RequestPtr request, Responder responder) {
  Response answer;
  answer.content_type = "text/plain";
  answer.body = std::string(request->method) + " " + std::string(request->path) + "?" + std::string(request->query) + " " + request->body;
  responder.send(std::move(answer));
}
std::uint64_t refused(const Served& s, Refusal reason) { return s.server->counters().refused[static_cast<std::size_t>(reason)]; }

TEST(Server, AnswersAndKeepsTheConnection) {
  auto s = serve(echo);
  RawPeer peer(s.port());
  for (int i = 0; i < 3; ++i) {
    peer.send("GET /a/b?x=1 HTTP/1.1\r\nHost: h\r\n\r\n");
    const auto answer = peer.answer();
    EXPECT_EQ(status_of(answer), "200");
    EXPECT_EQ(body_of(answer), "GET /a/b?x=1 ");
    EXPECT_NE(answer.find("\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\n"), std::string::npos) << answer;
  }
  EXPECT_EQ(s.server->counters().accepted, 1u);
  EXPECT_EQ(s.server->counters().requests, 3u);
}

TEST(Server, ReadsARequestThatComesByteByByte) {
  auto s = serve(echo);
  RawPeer peer(s.port());
  for (const char c : std::string("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello")) peer.send(std::string(1, c));
  EXPECT_EQ(body_of(peer.answer()), "POST /p? hello");
}

TEST(Server, AnswersAPipelineInOrderThoughLaterOnesAreReadySooner) {
  std::vector<std::thread> threads;
  std::mutex mutex;
  auto s = serve([&](RequestPtr request, Responder responder) {
    if (request->path != "/slow") return echo(std::move(request), std::move(responder));
    std::lock_guard lock(mutex);
    threads.emplace_back([responder = std::move(responder)]() mutable {
      Response answer;
      answer.body = "slow";
      responder.send(std::move(answer));
    });
  });
  RawPeer peer(s.port());
  std::string all;
  for (int i = 0; i < 50; ++i)
    all += i % 7 == 0 ? "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n"
                      : "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nxy";
  peer.send(all);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(body_of(peer.answer()), i % 7 == 0 ? "slow" : "POST /" + std::to_string(i) + "? xy");
  for (auto& one : threads) one.join();
}

TEST(Server, SaysNoBodyToHead) {
  auto s = serve(echo);
  RawPeer peer(s.port());
  peer.send("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\nGET /y HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto head = peer.until("\r\n\r\n");
  EXPECT_NE(head.find("Content-Length: 9\r\n"), std::string::npos);
  EXPECT_EQ(body_of(peer.answer()), "GET /y? ");
}

TEST(Server, ClosesForHttp10UnlessAskedToKeep) {
  auto s = serve(echo);
  RawPeer closing(s.port());
  closing.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_NE(closing.rest().find("Connection: close"), std::string::npos);
  RawPeer keeping(s.port());
  keeping.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_NE(keeping.answer().find("Connection: keep-alive"), std::string::npos);
  keeping.send("GET /2 HTTP/1.0\r\n\r\n");
  EXPECT_EQ(body_of(keeping.rest()), "GET /2? ");
}

TEST(Server, SendsContinueBeforeItReadsTheBody) {
  auto s = serve(echo);
  RawPeer peer(s.port());
  peer.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(peer.until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  peer.send("abc");
  EXPECT_EQ(body_of(peer.answer()), "POST /? abc");
}

TEST(Server, ReadsChunksWithExtensionsAndTrailers) {
  auto s = serve(echo);
  RawPeer peer(s.port());
  peer.send(
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4;a=b\r\nWiki\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\nGET /next "
      "HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(body_of(peer.answer()), "POST /? Wiki0123456789");
  EXPECT_EQ(body_of(peer.answer()), "GET /next? ");
}

struct Bad {
  const char* name;
  std::string bytes;
  const char* status;
};
class Smuggling : public testing::TestWithParam<Bad> {};
TEST_P(Smuggling, IsRefusedAndTheConnectionEnds) {
  std::atomic<int> served{0};
  auto s = serve([&](RequestPtr request, Responder responder) {
    ++served;
    echo(std::move(request), std::move(responder));
  });
  RawPeer peer(s.port());
  peer.send(GetParam().bytes + "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto answers = peer.rest();
  EXPECT_EQ(status_of(answers), GetParam().status) << answers;
  EXPECT_NE(answers.find("Connection: close"), std::string::npos);
  EXPECT_EQ(answers.find("smuggled"), std::string::npos) << answers;
  EXPECT_EQ(served, 0);
}
std::string post(const std::string& headers, const std::string& body = "") {
  return "POST / HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n" + body;
}
INSTANTIATE_TEST_SUITE_P(
    Corpus, Smuggling,
    testing::Values(
        Bad{"TwoLengths", post("Content-Length: 5\r\nContent-Length: 6\r\n", "abcdef"), "400"},
        Bad{"TwoEqualLengths", post("Content-Length: 5\r\nContent-Length: 5\r\n", "abcde"), "400"},
        Bad{"LengthList", post("Content-Length: 5, 5\r\n", "abcde"), "400"},
        Bad{"SignedLength", post("Content-Length: +5\r\n", "abcde"), "400"},
        Bad{"NegativeLength", post("Content-Length: -5\r\n", "abcde"), "400"},
        Bad{"HexLength", post("Content-Length: 0x5\r\n", "abcde"), "400"}, Bad{"EmptyLength", post("Content-Length: \r\n"), "400"},
        Bad{"OverflowingLength", post("Content-Length: 18446744073709551621\r\n", "abcde"), "400"},
        Bad{"LengthAndChunks", post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "400"},
        Bad{"ChunksAndLength", post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n"), "400"},
        Bad{"TwoTransferEncodings", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "400"},
        Bad{"TransferEncodingList", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), "400"},
        Bad{"TransferEncodingIdentity", post("Transfer-Encoding: identity\r\n"), "400"},
        Bad{"TransferEncodingXchunked", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), "400"},
        Bad{"TransferEncodingTab", post("Transfer-Encoding:\x0b chunked\r\n", "0\r\n\r\n"), "400"},
        Bad{"SpaceBeforeColon", post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), "400"},
        Bad{"FoldedHeader", post("X: a\r\n b\r\n"), "400"},
        Bad{"FoldedTransferEncoding", post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"), "400"},
        Bad{"FirstHeaderFolded", "GET / HTTP/1.1\r\n Host: h\r\n\r\n", "400"}, Bad{"BareLineFeed", "GET / HTTP/1.1\nHost: h\n\n", "400"},
        Bad{"BareLineFeedInHeader", post("X: a\nContent-Length: 5\r\n", "abcde"), "400"},
        Bad{"BareReturnInHeader", post("X: a\rContent-Length: 5\r\n", "abcde"), "400"},
        Bad{"NulInHeader", post(std::string("X: a\0b\r\n", 8)), "400"}, Bad{"NoColon", post("Xyz\r\n"), "400"},
        Bad{"EmptyName", post(": x\r\n"), "400"},
        Bad{"ChunksInHttp10", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
        Bad{"BadChunkSize", post("Transfer-Encoding: chunked\r\n", "xyz\r\n\r\n"), "400"},
        Bad{"ChunkSizeWithSpace", post("Transfer-Encoding: chunked\r\n", " 5\r\nabcde\r\n0\r\n\r\n"), "400"},
        Bad{"ChunkSizeHexPrefix", post("Transfer-Encoding: chunked\r\n", "0x5\r\nabcde\r\n0\r\n\r\n"), "400"},
        Bad{"ChunkSizeOverflow", post("Transfer-Encoding: chunked\r\n", "10000000000000005\r\nabcde\r\n0\r\n\r\n"), "400"},
        Bad{"ChunkSizeBareLineFeed", post("Transfer-Encoding: chunked\r\n", "5\nabcde\r\n0\r\n\r\n"), "400"},
        Bad{"ChunkWithoutEnd", post("Transfer-Encoding: chunked\r\n", "5\r\nabcdefg\r\n0\r\n\r\n"), "400"},
        Bad{"ChunkExtensionLineFeed", post("Transfer-Encoding: chunked\r\n", "5;x\nabcde\r\n0\r\n\r\n"), "400"},
        Bad{"FoldedTrailer", post("Transfer-Encoding: chunked\r\n", "0\r\n x: y\r\n\r\n"), "400"},
        Bad{"NoHost", "GET / HTTP/1.1\r\n\r\n", "400"}, Bad{"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
        Bad{"HostWithSlash", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400"},
        Bad{"TargetWithoutSlash", "GET x HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
        Bad{"TargetOtherScheme", "GET file:///etc/passwd HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
        Bad{"TargetWithFragment", "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
        Bad{"TargetHighByte", "GET /\xe4 HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
        Bad{"TargetTwoSpaces", "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
        Bad{"StarWithGet", "GET * HTTP/1.1\r\nHost: h\r\n\r\n", "400"}, Bad{"Connect", "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", "501"},
        Bad{"Http2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"}, Bad{"Version12", "GET / HTTP/1.2\r\nHost: h\r\n\r\n", "505"},
        Bad{"LowercaseVersion", "GET / http/1.1\r\nHost: h\r\n\r\n", "400"},
        Bad{"OtherExpectation", post("Expect: 200-maybe\r\nContent-Length: 1\r\n", "a"), "417"},
        Bad{"LeadingSpace", " GET / HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
        Bad{"TlsHello", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15), "400"}),
    [](const auto& one) { return one.param.name; });

TEST(Server, TakesTheHostFromAnAbsoluteTarget) {
  auto s = serve([](RequestPtr request, Responder responder) {
    Response answer;
    answer.body = std::string(request->host) + " " + std::string(request->target);
    responder.send(std::move(answer));
  });
  RawPeer peer(s.port());
  peer.send("GET http://real:81/a?b HTTP/1.1\r\nHost: other\r\n\r\n");
  EXPECT_EQ(body_of(peer.answer()), "real:81 /a?b");
  peer.send("\r\nGET /after-an-empty-line HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(body_of(peer.answer()), "h /after-an-empty-line");
  for (const char c : std::string("\r\nGET /drip HTTP/1.1\r\nHost: h\r\n\r\n")) peer.send(std::string(1, c));
  EXPECT_EQ(body_of(peer.answer()), "h /drip");
  peer.send("\r\n\r\nGET /two-empty-lines HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(status_of(peer.rest()), "400");
}

TEST(Server, RefusesTooMuchOfEverything) {
  auto s = serve(echo, [](ServerOptions& o) {
    o.limits.header_bytes = 1024;
    o.limits.header_count = 10;
    o.limits.body_bytes = 100;
    o.refuse = [](Refusal reason, int status, const Request* request) {
      Response answer;
      answer.status = status;
      answer.body = std::string(to_word(reason)) + (request ? " " + std::string(request->path) : "");
      return answer;
    };
  });
  const auto ask = [&](const std::string& bytes) {
    RawPeer peer(s.port());
    peer.send(bytes);
    return peer.rest();
  };
  const auto long_head = ask("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(5000, 'x') + "\r\n\r\n");
  EXPECT_EQ(status_of(long_head), "431");
  EXPECT_EQ(body_of(long_head), "header_too_large");
  EXPECT_EQ(status_of(ask("GET /" + std::string(100'000, 'x'))), "431");
  std::string many;
  for (int i = 0; i < 12; ++i) many += "A: b\r\n";
  EXPECT_EQ(status_of(ask("GET / HTTP/1.1\r\nHost: h\r\n" + many + "\r\n")), "431");
  const auto announced = ask("POST /big HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\n\r\n");
  EXPECT_EQ(status_of(announced), "413");
  EXPECT_EQ(body_of(announced), "body_too_large /big");
  EXPECT_EQ(status_of(ask("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" + std::string(101, 'x'))), "413");
  RawPeer fits(s.port());
  fits.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n" + std::string(100, 'x'));
  EXPECT_EQ(status_of(fits.answer()), "200");
}

TEST(Server, DropsSlowHeadsAndBodiesAndIdleConnections) {
  auto s = serve(echo, [](ServerOptions& o) {
    o.limits.arrival = 5s;
    o.limits.idle = 9s;
  });
  RawPeer idle(s.port()), head(s.port()), body(s.port()), quick(s.port());
  head.send("GET / HT");
  body.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
  ASSERT_TRUE(eventually([&] { return s.server->counters().bytes_in == 8 + 51; }));
  for (int i = 0; i < 4; ++i) s.pass(1s);
  head.send("TP/1.1\r\n");  // a drip does not win time
  quick.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(status_of(quick.answer()), "200");
  EXPECT_EQ(refused(s, Refusal::too_slow), 0u);
  s.pass(2s);
  EXPECT_EQ(status_of(head.rest()), "408");
  EXPECT_EQ(status_of(body.rest()), "408");
  EXPECT_EQ(refused(s, Refusal::too_slow), 2u);
  s.pass(4s);
  EXPECT_EQ(idle.rest(), "");
  EXPECT_EQ(refused(s, Refusal::idle), 1u);
}

TEST(Server, CutsAReaderThatDoesNotReadItsAnswer) {
  auto s = serve([](RequestPtr, Responder responder) {
    Response answer;
    answer.body.assign(16 * 1024 * 1024, 'x');
    responder.send(std::move(answer));
  });
  RawPeer peer(s.port(), 4096);
  peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return s.server->counters().bytes_out > 0; }));
  s.pass(22s);  // progress was made until the buffers were full
  s.pass(22s);
  EXPECT_TRUE(eventually([&] {
    s.pass(22s);
    return refused(s, Refusal::slow_reader) == 1 && s.server->counters().open == 0;
  }));
}

TEST(Server, TurnsAwayWhatIsOverItsConnectionLimits) {
  auto s = serve(echo, [](ServerOptions& o) {
    o.limits.connections = 5;
    o.limits.connections_per_address = 3;
  });
  std::vector<RawPeer> peers;
  for (int i = 0; i < 3; ++i) {
    peers.emplace_back(s.port());
    peers.back().send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(status_of(peers.back().answer()), "200");
  }
  {
    RawPeer fourth(s.port());
    EXPECT_EQ(status_of(fourth.rest()), "429");
  }
  peers.pop_back();
  EXPECT_TRUE(eventually([&] { return s.server->counters().open == 2; }));
  RawPeer again(s.port());
  again.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(status_of(again.answer()), "200");

  auto small = serve(echo, [](ServerOptions& o) { o.limits.connections = 1; });
  RawPeer first(small.port());
  ASSERT_TRUE(eventually([&] { return small.server->counters().open == 1; }));
  RawPeer second(small.port());
  EXPECT_EQ(status_of(second.rest()), "503");
}

TEST(Server, AnswersFromAnyThreadAndAThousandConnectionsAtOnce) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur < 2500) {
    files.rlim_cur = std::min<rlim_t>(files.rlim_max, 4096);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
  }
  auto s = serve(echo, [](ServerOptions& o) { o.threads = 2; });
  std::vector<RawPeer> peers;
  for (int i = 0; i < 1000; ++i) {
    peers.emplace_back(s.port());
    peers.back().send("POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
  }
  for (int round = 0; round < 2; ++round)
    for (int i = 0; i < 1000; ++i) {
      ASSERT_EQ(body_of(peers[static_cast<std::size_t>(i)].answer()), "POST /" + std::to_string(i) + "? abc");
      if (round == 0)
        peers[static_cast<std::size_t>(i)].send("POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
    }
  EXPECT_EQ(s.server->counters().open, 1000u);
  peers.clear();
  EXPECT_TRUE(eventually([&] { return s.server->counters().open == 0; }));
}

TEST(Server, SaysItWasABugWhenNobodyAnswers) {
  auto s = serve([](RequestPtr, Responder) {});
  RawPeer peer(s.port());
  peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(status_of(peer.rest()), "500");
  EXPECT_EQ(refused(s, Refusal::unanswered), 1u);
}

TEST(Server, NeverSendsAHeaderThatWouldSplitTheAnswer) {
  auto s = serve([](RequestPtr, Responder responder) {
    Response answer;
    answer.headers.emplace_back("X", "a\r\nSet-Cookie: stolen=1");
    responder.send(std::move(answer));
  });
  RawPeer peer(s.port());
  peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto answer = peer.rest();
  EXPECT_EQ(status_of(answer), "500");
  EXPECT_EQ(answer.find("stolen"), std::string::npos);
}

TEST(Server, RefusesAPortInUseWithASentence) {
  auto s = serve(echo);
  ServerOptions options;
  options.serve = echo;
  options.listeners.push_back({"x", "127.0.0.1:" + std::to_string(s.port()), nullptr});
  auto second = Server::start(std::move(options));
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.error().message().en.find(std::to_string(s.port())), std::string::npos);
  for (const char* wrong : {"127.0.0.1", "localhost:1", "1.2.3.4:99999", "unix:", "[::1:80"}) {
    ServerOptions bad;
    bad.serve = echo;
    bad.listeners.push_back({"x", wrong, nullptr});
    EXPECT_FALSE(Server::start(std::move(bad)).ok()) << wrong;
  }
}

TEST(Server, DrainsWithoutCuttingWhatIsUnderWay) {
  std::mutex mutex;
  std::optional<Responder> held;
  auto s = serve([&](RequestPtr, Responder responder) {
    std::lock_guard lock(mutex);
    held.emplace(std::move(responder));
  });
  RawPeer idle(s.port()), busy(s.port());
  busy.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(eventually([&] {
    std::lock_guard lock(mutex);
    return held.has_value() && s.server->counters().open == 2;
  }));
  std::thread draining([&] { s.server->drain(60s); });
  EXPECT_EQ(idle.rest(), "");
  Response answer;
  answer.body = "late but whole";
  {
    std::lock_guard lock(mutex);
    held->send(std::move(answer));
  }
  const auto text = busy.rest();
  EXPECT_EQ(body_of(text), "late but whole");
  EXPECT_NE(text.find("Connection: close"), std::string::npos);
  ::shutdown(busy.fd(), 2);
  draining.join();
  EXPECT_EQ(s.server->counters().open, 0u);
}

TEST(Server, CutsWhatIsStillOpenWhenTheDrainIsOver) {
  std::mutex mutex;
  std::optional<Responder> held;
  auto s = serve([&](RequestPtr, Responder responder) {
    std::lock_guard lock(mutex);
    held.emplace(std::move(responder));
  });
  RawPeer busy(s.port());
  busy.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(eventually([&] {
    std::lock_guard lock(mutex);
    return held.has_value();
  }));
  s.server->begin_drain(5s);
  s.pass(3s);
  EXPECT_EQ(s.server->counters().open, 1u);
  s.pass(4s);
  EXPECT_EQ(busy.rest(), "");
  EXPECT_TRUE(eventually([&] { return s.server->counters().open == 0; }));
  held.reset();  // answering after the end meets nothing
}

}  // namespace
}  // namespace quanji::net
