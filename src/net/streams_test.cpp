#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "net/client.h"
#include "net/test_peer.h"

namespace quanji::net {
namespace {

using namespace std::chrono_literals;
using test::body_of;
using test::eventually;
using test::RawPeer;
using test::serve;
using test::status_of;

BodyPlan streamed(const Request&) {
  BodyPlan plan;
  plan.take = BodyPlan::Take::stream;
  return plan;
}
// Takes a whole upload and answers with its size, or with the error's word.
void swallow(std::shared_ptr<Upload> upload, std::shared_ptr<Responder> responder, std::size_t seen) {
  upload->next([=](base::Result<std::string> piece) {
    Response answer;
    if (piece.ok() && !piece->empty()) return swallow(upload, responder, seen + piece->size());
    answer.body = piece.ok() ? std::to_string(seen) : "broken";
    responder->send(std::move(answer));
  });
}

TEST(Upload, ComesInPiecesByLengthAndInChunks) {
  auto s =
      serve([](RequestPtr request, Responder responder) { swallow(request->upload, std::make_shared<Responder>(std::move(responder)), 0); },
            [](ServerOptions& o) { o.plan_body = streamed; });
  RawPeer peer(s.port());
  peer.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n");
  peer.send(std::string(3'000'000, 'x'));
  EXPECT_EQ(body_of(peer.answer()), "3000000");
  peer.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(peer.until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  for (int i = 0; i < 100; ++i) peer.send("2710\r\n" + std::string(10'000, 'y') + "\r\n");
  peer.send("0\r\n\r\nPOST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab");
  EXPECT_EQ(body_of(peer.answer()), "1000000");
  EXPECT_EQ(body_of(peer.answer()), "2");
}

TEST(Upload, IsNotReadUntilSomebodyAsks) {
  std::mutex mutex;
  RequestPtr held;
  std::optional<Responder> responder_held;
  auto s = serve(
      [&](RequestPtr request, Responder responder) {
        std::lock_guard lock(mutex);
        held = std::move(request);
        responder_held.emplace(std::move(responder));
      },
      [](ServerOptions& o) { o.plan_body = streamed; });
  RawPeer peer(s.port());
  peer.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 40000000\r\n\r\n");
  std::thread sender([&] { peer.send(std::string(40'000'000, 'x')); });
  ASSERT_TRUE(eventually([&] {
    std::lock_guard lock(mutex);
    return held != nullptr;
  }));
  s.pass(1s);
  s.pass(1s);
  EXPECT_LT(s.server->counters().bytes_in, 200'000u);
  auto responder = std::make_shared<Responder>(std::move(*responder_held));
  swallow(held->upload, responder, 0);
  sender.join();
  EXPECT_EQ(body_of(peer.answer()), "40000000");
}

TEST(Upload, IsRefusedWhenTooLargeTooSlowOrCut) {
  std::atomic<int> ended{0};
  auto s = serve(
      [&](RequestPtr request, Responder responder) {
        auto kept = std::make_shared<Responder>(std::move(responder));
        auto upload = request->upload;
        auto step = std::make_shared<std::function<void(base::Result<std::string>)>>();
        *step = [&ended, upload, kept, weak = std::weak_ptr(step)](base::Result<std::string> piece) {
          if (!piece.ok())
            ++ended;
          else if (auto self = weak.lock(); self && !piece->empty())
            upload->next(*self);
        };
        upload->next([step](base::Result<std::string> piece) { (*step)(std::move(piece)); });
      },
      [](ServerOptions& o) {
        o.plan_body = streamed;
        o.limits.upload_bytes = 1'000'000;
        o.limits.arrival = 5s;
      });
  RawPeer large(s.port());
  large.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000001\r\n\r\n");
  EXPECT_EQ(status_of(large.rest()), "413");
  EXPECT_EQ(ended, 0);
  RawPeer slow(s.port());
  slow.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\nabc");
  {
    RawPeer cut(s.port());
    cut.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\nabc");
    ASSERT_TRUE(eventually([&] { return s.server->counters().requests == 2; }));
  }
  EXPECT_TRUE(eventually([&] { return ended == 1; }));
  s.pass(7s);
  EXPECT_EQ(status_of(slow.rest()), "408");
  EXPECT_EQ(ended, 2);
}

TEST(Plan, RefusesABodyBeforeItIsRead) {
  auto s = serve([](RequestPtr, Responder responder) { responder.send({}); },
                 [](ServerOptions& o) {
                   o.plan_body = [](const Request& request) {
                     BodyPlan plan;
                     if (request.path == "/no") {
                       plan.take = BodyPlan::Take::refuse;
                       plan.answer.status = 401;
                     }
                     plan.limit = 5;
                     return plan;
                   };
                 });
  RawPeer peer(s.port());
  peer.send("POST /no HTTP/1.1\r\nHost: h\r\nContent-Length: 500000\r\nExpect: 100-continue\r\n\r\n");
  const auto answer = peer.rest();
  EXPECT_EQ(status_of(answer), "401");
  EXPECT_EQ(answer.find("100 Continue"), std::string::npos);
  RawPeer over(s.port());
  over.send("POST /yes HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabcdef");
  EXPECT_EQ(status_of(over.rest()), "413");
}

TEST(ResponseStream, SendsChunksAndKeepsTheConnection) {
  std::thread writer;
  auto s = serve([&](RequestPtr request, Responder responder) {
    const bool known = request->path == "/known";
    Response head;
    head.content_type = "text/plain";
    auto stream = responder.stream(std::move(head), known ? std::optional<std::uint64_t>(6) : std::nullopt);
    if (writer.joinable()) writer.join();
    writer = std::thread([stream] {
      stream->write("abc");
      stream->write("def");
      stream->finish();
    });
  });
  RawPeer peer(s.port());
  peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\nGET /known HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_NE(peer.until("\r\n\r\n").find("Transfer-Encoding: chunked"), std::string::npos);
  std::string body = peer.until("0\r\n\r\n");
  EXPECT_TRUE(body == "6\r\nabcdef\r\n0\r\n\r\n" || body == "3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n") << body;
  EXPECT_EQ(body_of(peer.answer()), "abcdef");
  RawPeer old(s.port());
  old.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(body_of(old.rest()), "abcdef");
  writer.join();
}

TEST(ResponseStream, TellsItsWriterToWaitAndWhenToGoOn) {
  std::mutex mutex;
  std::condition_variable drained;
  int drains = 0;
  std::uint64_t written = 0;
  std::thread writer;
  auto s = serve([&](RequestPtr, Responder responder) {
    auto stream = responder.stream({}, std::nullopt);
    stream->on_drain([&] {
      std::lock_guard lock(mutex);
      ++drains;
      drained.notify_all();
    });
    writer = std::thread([&, stream] {
      for (int i = 0; i < 400; ++i) {
        std::unique_lock lock(mutex);
        const int before = drains;
        const auto room = stream->write(std::string(50'000, 'x'));
        if (room == ResponseStream::Room::gone) return;
        written += 50'000;
        if (room == ResponseStream::Room::full) drained.wait(lock, [&] { return drains > before; });
      }
      stream->finish();
    });
  });
  RawPeer peer(s.port(), 4096);
  peer.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  peer.until("\r\n\r\n");
  const auto all = peer.rest();
  writer.join();
  EXPECT_EQ(written, 20'000'000u);
  EXPECT_GT(all.size(), 20'000'000u);
  EXPECT_GT(drains, 10);
}

TEST(ResponseStream, CutsTheConnectionWhenItsWriterGivesUpOrLies) {
  auto s = serve([](RequestPtr request, Responder responder) {
    if (request->path == "/gives-up") {
      responder.stream({}, std::nullopt)->write("half");
      return;
    }
    auto stream = responder.stream({}, 3);
    stream->write(request->path == "/long" ? "four" : "2");
    stream->finish();
  });
  for (const char* path : {"/gives-up", "/long", "/short"}) {
    RawPeer peer(s.port());
    peer.send(std::string("GET ") + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
    const auto text = peer.rest();
    EXPECT_EQ(text.find("0\r\n\r\n"), std::string::npos) << text;
    EXPECT_EQ(text.find("four"), std::string::npos);
  }
}

TEST(FileBody, ArrivesWhole) {
  char path[] = "/tmp/quanji-net-XXXXXX";
  const int fd = ::mkstemp(path);
  std::string content;
  for (int i = 0; i < 60'000; ++i) content += std::to_string(i) + ",";
  ASSERT_EQ(::write(fd, content.data(), content.size()), static_cast<ssize_t>(content.size()));
  ::close(fd);
  auto s = serve([&](RequestPtr request, Responder responder) {
    Response answer;
    auto file = FileBody::open(path);
    ASSERT_TRUE(file.ok());
    if (request->path == "/part") file = std::make_shared<FileBody>(::dup((*file)->fd()), 10, 5);
    answer.file = *file;
    responder.send(std::move(answer));
  });
  RawPeer peer(s.port());
  peer.send(
      "GET / HTTP/1.1\r\nHost: h\r\n\r\nGET /part HTTP/1.1\r\nHost: h\r\n\r\nHEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(body_of(peer.answer()), content);
  EXPECT_EQ(body_of(peer.answer()), content.substr(10, 5));
  EXPECT_EQ(body_of(peer.rest()), "");
  ::unlink(path);
  EXPECT_FALSE(FileBody::open(path).ok());
  EXPECT_FALSE(FileBody::open("/tmp").ok());
}

TEST(EventStream, SendsEventsCommentsAndTheEnd) {
  std::mutex mutex;
  std::shared_ptr<EventStream> events;
  std::atomic<int> closed{0};
  auto s = serve(
      [&](RequestPtr, Responder responder) {
        std::lock_guard lock(mutex);
        events = responder.events({{"X-A", "b"}});
        events->on_closed([&] { ++closed; });
        events->send("task", "7", "{\"a\":1}\nsecond\r\nthird");
      },
      [](ServerOptions& o) { o.limits.event_comment = 5s; });
  RawPeer peer(s.port());
  peer.send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto head = peer.until("\r\n\r\n");
  EXPECT_NE(head.find("Content-Type: text/event-stream"), std::string::npos);
  EXPECT_NE(peer.until("third\n\n").find("event: task\nid: 7\ndata: {\"a\":1}\ndata: second\ndata: third\n\n"), std::string::npos);
  EXPECT_EQ(s.server->counters().event_streams_open, 1u);
  s.pass(7s);
  EXPECT_NE(peer.until(":\n\n"), "");
  s.pass(7s);
  EXPECT_NE(peer.until(":\n\n"), "");
  events->send("", "", "last\nid: forged");
  EXPECT_NE(peer.until("forged\n\n").find("data: last\ndata: id: forged\n\n"), std::string::npos);
  ::shutdown(peer.fd(), SHUT_RDWR);
  EXPECT_TRUE(eventually([&] { return closed == 1; }));
  EXPECT_EQ(events->send("", "", "x"), EventStream::Sent::gone);
  EXPECT_EQ(s.server->counters().event_streams_open, 0u);
}

TEST(EventStream, DropsAReaderThatDoesNotRead) {
  std::mutex mutex;
  std::shared_ptr<EventStream> events;
  std::atomic<int> closed{0};
  auto s = serve([&](RequestPtr, Responder responder) {
    std::lock_guard lock(mutex);
    events = responder.events();
    events->on_closed([&] { ++closed; });
  });
  RawPeer peer(s.port(), 4096);
  peer.send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(eventually([&] {
    std::lock_guard lock(mutex);
    return events != nullptr;
  }));
  bool gone = false;
  for (int i = 0; i < 100'000 && !gone; ++i) gone = events->send("", "", std::string(1000, 'x')) == EventStream::Sent::gone;
  EXPECT_TRUE(gone);
  EXPECT_TRUE(eventually([&] { return closed == 1 && s.server->counters().open == 0; }));
  EXPECT_EQ(s.server->counters().refused[static_cast<std::size_t>(Refusal::slow_reader)], 1u);
}

TEST(EventStream, EndsWhenTheServerDrains) {
  std::mutex mutex;
  std::shared_ptr<EventStream> events;
  std::atomic<int> closed{0};
  auto s = serve([&](RequestPtr, Responder responder) {
    std::lock_guard lock(mutex);
    events = responder.events();
    events->on_closed([&] { ++closed; });
  });
  RawPeer peer(s.port());
  peer.send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n");
  peer.until("\r\n\r\n");
  s.server->begin_drain(60s);
  EXPECT_EQ(peer.rest(), "0\r\n\r\n");
  EXPECT_EQ(closed, 1);
  EXPECT_EQ(events->send("", "", "late"), EventStream::Sent::gone);
}

}  // namespace
}  // namespace quanji::net
