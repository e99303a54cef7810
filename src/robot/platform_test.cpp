// The robot against a platform's end made of net's own server: enrolment, the channel, kill -9.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <condition_variable>
#include <fstream>
#include <map>
#include <set>

#include "base/certificates.h"
#include "base/fields_json.h"
#include "net/server.h"
#include "robot/identity.h"
#include "robot/testing.h"
#include "wire/enrolment.h"

namespace quanji::robot {
namespace {

using std::chrono::seconds;
using testing::TemporaryFolder;

constexpr auto patience = seconds(60);

class Platform {
 public:
  Platform() {
    const auto now = clock_.now();
    authority_ = *base::make_authority({"Test Authority", ""}, validity(now), random_);
    facts_ = *base::read_certificate(authority_.certificate_pem);
    const auto key = base::PrivateKey::generate(base::KeyKind::ecdsa_p256, random_);
    auto certificate =
        base::issue_server_certificate(authority_, key.public_key(), {"platform", ""}, {"127.0.0.1", "localhost"}, validity(now), random_);
    net::TlsServerSettings tls;
    tls.chain_pem = *certificate + authority_.certificate_pem;
    tls.key = key.to_pem();
    tls.client_certificates = net::ClientCertificates::optional;
    tls.client_ca_pem = authority_.certificate_pem;
    net::ServerOptions options;
    auto made = net::TlsServer::make(std::move(tls));
    if (!made) throw std::runtime_error(made.error().message().en + made.error().detail());
    options.listeners = {{"robots", "127.0.0.1:0", *made}};
    options.serve = [this](net::RequestPtr request, net::Responder responder) { serve(*request, std::move(responder)); };
    auto server = net::Server::start(std::move(options));
    if (!server) throw std::runtime_error(server.error().message().en);
    server_ = std::move(*server);
  }
  ~Platform() {
    server_.reset();  // first: its threads use all of this
  }

  std::string url() const { return "https://127.0.0.1:" + std::to_string(server_->port("robots")); }
  wire::EnrolmentCode code() { return wire::EnrolmentCode::make(random_, facts_.spki_digest); }
  int enrolments() const { return enrolments_; }
  // What the platform does with reports.
  enum class Reports : std::uint8_t { answer, keep_silent };
  void set(Reports reports) {
    const std::lock_guard lock(mutex_);
    reports_mode_ = reports;
  }
  template <class Condition>
  bool wait(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return condition(); });
  }
  // Asks the robot and waits for its answer.
  std::optional<wire::Frame> ask(std::string_view op, std::string body) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, patience, [&] { return socket_ != nullptr; })) return std::nullopt;
    const auto id = "p" + std::to_string(++asked_);
    socket_->send(net::WebSocket::Kind::text, *wire::write_frame(wire::make_ask(id, op, std::move(body))));
    if (!changed_.wait_for(lock, patience, [&] { return answers_.contains(id) || !socket_; })) return std::nullopt;
    return answers_.contains(id) ? std::optional(answers_.at(id)) : std::nullopt;
  }
  std::optional<std::string> offer(std::uint8_t n, std::string document) {
    wire::TaskOffer offer;
    offer.task = {base::Ulid{{1, n}}};
    offer.attempt = {base::Ulid{{2, n}}};
    offer.token = 1;
    offer.document.text = std::move(document);
    const auto answer = ask(wire::op::task_offer, base::to_json(offer));
    if (!answer || answer->code != 0) return std::nullopt;
    const auto decided = *wire::body_as<wire::OfferAnswer>(answer->data);
    return decided.decision == wire::OfferDecision::accept ? "accept" : decided.reason.value_or("?");
  }

  // Guarded by the mutex; looked at inside wait().
  std::map<std::pair<wire::AttemptId, std::int64_t>, std::set<std::string>> acknowledged;  // key → every content it came with
  std::map<std::pair<wire::AttemptId, std::int64_t>, int> seen;
  int beats = 0, openings = 0, frames = 0;
  std::vector<std::string> problems;

 private:
  static base::Validity validity(base::Time now) { return {now.plus(std::chrono::hours(-1)), now.plus(std::chrono::hours(24))}; }
  void serve(const net::Request& request, net::Responder responder) {
    net::Response response;
    response.content_type = "application/json";
    if (request.path == wire::enrol_path && request.method == "POST") {
      ++enrolments_;
      const auto parsed = base::parse_json(request.body);
      auto in = base::from_json<wire::EnrolRequest>(*parsed);
      if (!in) {
        response.status = 422;
        response.body = R"({"code":20001,"message":"wrong","requestId":"req_1"})";
        return responder.send(std::move(response));
      }
      wire::EnrolAnswer answer;
      answer.robot = {base::Ulid{{7}}};
      answer.name = in->name;
      answer.certificate =
          *base::issue_client_certificate(authority_, in->request, {answer.robot.text(), ""}, validity(clock_.now()), random_);
      answer.authority = authority_.certificate_pem;
      answer.renew_after = clock_.now().plus(std::chrono::hours(12));
      response.body = R"({"code":0,"message":"ok","requestId":"req_1","data":)" + base::to_json(answer) + "}";
      return responder.send(std::move(response));
    }
    if (request.path != wire::channel_path || !request.peer->certificate) {
      response.status = 401;
      response.body = R"({"code":10001,"message":"no certificate","requestId":"req_1"})";
      return responder.send(std::move(response));
    }
    net::WebSocketEvents events;
    const auto own = std::make_shared<net::WebSocketPtr>();
    events.on_open = [this, own](const net::WebSocketPtr& socket) {
      const std::lock_guard lock(mutex_);
      *own = socket_ = socket;
      ++openings;
      changed_.notify_all();
    };
    events.on_message = [this](const net::WebSocketPtr& socket, net::WebSocket::Kind, std::string text) { take(socket, text); };
    events.on_closed = [this, own](std::uint16_t, const std::string&) {
      const std::lock_guard lock(mutex_);
      if (socket_ == *own) socket_.reset();  // it may close after the next one has opened
      own->reset();
      changed_.notify_all();
    };
    responder.websocket(std::move(events));
  }
  void take(const net::WebSocketPtr& socket, const std::string& text) {
    const std::lock_guard lock(mutex_);
    auto frame = wire::read_frame(text);
    ++frames;
    if (!frame) {
      problems.push_back(text);
    } else if (frame->kind == wire::FrameKind::answer) {
      answers_.emplace(frame->id, *frame);
    } else if (frame->op == wire::op::robot_beat) {
      ++beats;
      socket->send(net::WebSocket::Kind::text, *wire::write_frame(wire::make_answer(frame->id, base::to_json(wire::BeatAnswer{}))));
    } else if (frame->op == wire::op::task_report) {
      const auto report = *wire::body_as<wire::TaskReport>(frame->body);
      const std::pair key(report.attempt, report.seq);
      ++seen[key];
      if (reports_mode_ == Reports::answer) {
        acknowledged[key].insert(frame->body.text);
        socket->send(net::WebSocket::Kind::text, *wire::write_frame(wire::make_answer(frame->id, "{}")));
      }
    }
    changed_.notify_all();
  }

  base::SystemClock clock_;
  base::SystemRandom random_;
  base::Authority authority_;
  base::CertificateFacts facts_;
  std::mutex mutex_;
  std::condition_variable changed_;
  net::WebSocketPtr socket_;
  std::map<std::string, wire::Frame> answers_;
  int asked_ = 0;
  std::atomic<int> enrolments_{0};
  Reports reports_mode_ = Reports::answer;
  std::unique_ptr<net::Server> server_;
};

// The real program.
class RobotProcess {
 public:
  explicit RobotProcess(const std::string& config) {
    const auto path = testing::program("quanji-robot");
    std::vector<std::string> words{path, "--config", config, "run"};
    std::vector<char*> pointers;
    for (auto& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 2, (config + ".log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    EXPECT_EQ(::posix_spawn(&pid_, path.c_str(), &actions, nullptr, pointers.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
  }
  ~RobotProcess() {
    if (pid_ > 0) end(SIGKILL);
  }
  int end(int signal) {
    ::kill(pid_, signal);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t pid_ = 0;
};

class PlatformTest : public ::testing::Test {
 protected:
  Settings settings() {
    Settings out;
    out.data_dir = folder_ / "robot";
    out.platform = platform_.url();
    out.name = "clearing-1";
    out.slots = 4;
    return out;
  }
  std::string enrolled_config() {
    base::SystemRandom random;
    const auto identity = enrol(settings(), platform_.code().text(), random);
    if (!identity) throw std::runtime_error(identity.error().message().en + " " + identity.error().detail());
    const auto path = folder_ / "robot.toml";
    std::ofstream(path) << "data_dir = \"" << (folder_ / "robot") << "\"\n[robot]\nplatform = \"" << platform_.url()
                        << "\"\nname = \"clearing-1\"\nslots = 4\n";
    return path;
  }
  TemporaryFolder folder_;
  Platform platform_;
};

TEST_F(PlatformTest, EnrolmentLeavesAKeyOnlyTheRobotCanRead) {
  base::SystemRandom random;
  const auto identity = enrol(settings(), platform_.code().text(), random);
  ASSERT_TRUE(identity) << identity.error().message().en << identity.error().detail();
  EXPECT_EQ(identity->name, "clearing-1");
  const auto mode = std::filesystem::status(folder_ / "robot/identity/key.pem").permissions();
  EXPECT_EQ(static_cast<unsigned>(mode) & 0777, 0600U);
  EXPECT_TRUE(load_identity(folder_ / "robot").ok());
  EXPECT_EQ(enrol(settings(), platform_.code().text(), random).error().code(), base::Code::wrong_state);
}
TEST_F(PlatformTest, APlatformThatIsNotTheOneOfTheCodeLearnsNothing) {
  base::SystemRandom random;
  const auto other = wire::EnrolmentCode::make(random, base::sha256("another authority"));
  const auto refused = enrol(settings(), other.text(), random);
  ASSERT_FALSE(refused);
  EXPECT_EQ(platform_.enrolments(), 0) << "the secret was sent to a stranger";
  EXPECT_FALSE(std::filesystem::exists(folder_ / "robot/identity"));
  auto text = std::string(platform_.code().text().reveal());
  text.back() = text.back() == '0' ? '1' : '0';
  EXPECT_FALSE(enrol(settings(), base::Secret(text), random).ok()) << "one digit of the digest changed";
  EXPECT_EQ(platform_.enrolments(), 0);
}
TEST_F(PlatformTest, TheProgramOpensItsChannelAnswersAndRunsAnExpression) {
  const auto config = enrolled_config();
  RobotProcess process(config);
  const auto answer = platform_.ask(wire::op::robot_read, "{}");
  ASSERT_TRUE(answer);
  const auto facts = wire::body_as<wire::RobotFacts>(answer->data);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->name, "clearing-1");
  EXPECT_EQ(facts->capabilities, std::vector<std::string>{"python"});
  EXPECT_NE(facts->sandbox.level, wire::SandboxLevel::off);
  EXPECT_TRUE(platform_.wait([&] { return platform_.beats >= 1; }));
  EXPECT_EQ(platform_.offer(1, R"({"quanji":1,"flow":"trial","outputs":{"x":{}},"steps":[{"set":{"x":"=6 * 7"}},{"return":{"x":"=x"}}]})"),
            "accept");
  const std::pair finished(wire::AttemptId{base::Ulid{{2, 1}}}, std::int64_t{2});
  ASSERT_TRUE(platform_.wait([&] { return platform_.acknowledged.contains(finished); }));
  EXPECT_NE(platform_.acknowledged[finished].begin()->find(R"("outputs":{"x":42})"), std::string::npos);
  EXPECT_EQ(process.end(SIGTERM), 0);
  EXPECT_TRUE(platform_.problems.empty());
}
TEST_F(PlatformTest, TwoRobotsInOneFolderAreOneTooMany) {
  const auto config = enrolled_config();
  RobotProcess first(config);
  ASSERT_TRUE(platform_.ask(wire::op::robot_read, "{}"));
  RobotProcess second(config);
  EXPECT_EQ(second.end(0), 1);
}

// Fifteen lives, each ended by kill -9 while runs are at work and reports unanswered. Whatever was accepted arrives, each key with one
// content.
TEST_F(PlatformTest, KilledAtAnyMomentNothingAcceptedIsLost) {
  const char* given = std::getenv("QUANJI_TEST_SEED");
  base::SystemRandom system;
  const std::uint64_t seed = given ? std::strtoull(given, nullptr, 10) : system.next() % 1'000'000;
  std::printf("seed=%llu\n", static_cast<unsigned long long>(seed));
  base::SeededRandom chance(seed);
  const auto config = enrolled_config();
  std::string document = R"({"quanji":1,"flow":"t","outputs":{"n":{}},"steps":[{"set":{"n":0}})";
  for (int i = 0; i < 300; ++i) document += R"j(,{"set":{"n":"=n + 1"}})j";
  document += R"(,{"return":{"n":"=n"}}]})";
  std::set<wire::AttemptId> accepted;
  std::uint8_t next = 0;
  constexpr int lives = 15;
  for (int life = 0; life < lives; ++life) {
    const auto answers = chance.below(2) == 0;
    platform_.set(answers ? Platform::Reports::answer : Platform::Reports::keep_silent);
    int before = 0;
    platform_.wait([&] { return before = platform_.frames, true; });
    RobotProcess process(config);
    ASSERT_TRUE(platform_.wait([&] { return platform_.openings == life + 1; }));
    for (int i = 0; i < 2; ++i) {
      ++next;
      if (platform_.offer(next, document) == "accept") accepted.insert({base::Ulid{{2, next}}});
    }
    // Ends at a moment chosen by what has happened, not by a clock.
    const auto until = static_cast<int>(chance.below(6));
    platform_.wait([&] { return platform_.frames - before >= until; });
    process.end(SIGKILL);
  }
  ASSERT_GE(accepted.size(), 4U);
  platform_.set(Platform::Reports::answer);
  RobotProcess last(config);
  const bool all = platform_.wait([&] {
    for (const auto& attempt : accepted)
      if (!platform_.acknowledged.contains({attempt, 2})) return false;
    return true;
  });
  EXPECT_TRUE(all) << "an accepted task has no result, seed=" << seed;
  EXPECT_EQ(last.end(SIGTERM), 0);
  std::size_t finished = 0;
  for (const auto& [key, contents] : platform_.acknowledged) {
    EXPECT_TRUE(accepted.contains(key.first)) << "seed=" << seed;
    if (key.second != 2) continue;
    ++finished;
    EXPECT_EQ(contents.size(), 1U) << "one key, two results, seed=" << seed;
    EXPECT_NE(contents.begin()->find(R"("outputs":{"n":300})"), std::string::npos) << *contents.begin() << " seed=" << seed;
  }
  EXPECT_EQ(finished, accepted.size());
  int repeated = 0;
  for (const auto& [key, times] : platform_.seen) repeated += times > 1 ? 1 : 0;
  std::printf("lives=%d accepted=%zu finished=%zu reports sent again=%d\n", lives + 1, accepted.size(), finished, repeated);
}

}  // namespace
}  // namespace quanji::robot
