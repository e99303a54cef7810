// Exchanges with a real server: what is sent and what becomes of it, faults with their mend, waits that end, files that appear whole.
#include "activities/http/http.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <thread>

#include "activities/http/testing_server.h"
#include "activities/testing.h"
#include "base/certificates.h"
#include "base/content_digest.h"

namespace quanji::activities::http {
namespace {

class Http : public testing::Test {
 protected:
  ActivityWorld world{ActivityWorld::Time::real};
  void SetUp() override { world.server = TestServer::shared().address(); }
  std::string it(const std::string& steps) {
    const auto finished = world.run_steps(steps + "- return: {it: =it}\n# server\n", R"({"it":0})");
    if (finished.error) return finished.error->code + ": " + finished.error->message;
    return finished.outputs.text;
  }
  // `it` is what the expression says of `answer`, the answer's body.
  std::string got(const std::string& path, const std::string& more = "", const std::string& expression = "answer") {
    return it("- do: http.get\n  with:\n    url: =f\"{server}" + path + "\"\n" + more +
              "  save: {answer: body, status: status, headers: headers}\n- set: {it: \"=" + expression + "\"}\n");
  }
  std::string sent(const std::string& more, const std::string& expression, const std::string& activity = "http.request") {
    return it("- do: " + activity + "\n  with:\n    url: =f\"{server}/echo\"\n" + more +
              "  save: {answer: body}\n- set: {it: \"=" + expression + "\"}\n");
  }
  void make_file(const std::string& name, const std::string& text) { std::ofstream(world.file(name)) << text; }
  std::string file(const std::string& name) {
    std::ifstream in(world.file(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::size_t files() {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(world.work.path()), std::filesystem::directory_iterator()));
  }
  std::string download(const std::string& path, const std::string& more = "") {
    return it("- do: http.download\n  with:\n    url: =f\"{server}" + path + "\"\n    to: got.bin\n" + more + "- set: {it: true}\n");
  }
};
// The bytes of testing_server.py's LONG.
std::string long_content() {
  std::string out;
  for (int i = 0; i < 40'000; ++i) out += fmt::format("{:07}\n", i);
  return out;
}

// ---- what is sent ----

TEST_F(Http, AddressesAreCompletedAndEncoded) {
  EXPECT_EQ(got("/echo/上海?a=1#end", "    query: {b: '=2', c: [x y, \"&=\"], none: '=None', 名: true}\n", "answer['path']"),
            R"({"it":"/echo/%e4%b8%8a%e6%b5%b7?a=1&b=2&c=x%20y&c=%26%3D&%E5%90%8D=true"})");
}
TEST_F(Http, AnAddressThatIsNoneIsRefusedBeforeAnythingIsSent) {
  const auto refused = [&](const std::string& url) { return it("- do: http.get\n  with: {url: '" + url + "'}\n  save: {it: body}\n"); };
  EXPECT_TRUE(refused("example.com").starts_with("invalid_argument: url 不是地址"));
  EXPECT_TRUE(refused("file:///etc/passwd").starts_with("invalid_argument: url 应以 http:// 或 https:// 开头"));
  EXPECT_TRUE(refused("http://ops:geheim@127.0.0.1/").starts_with("invalid_argument: url 里不能写用户名和密码"));
  EXPECT_TRUE(refused("http://").starts_with("invalid_argument"));
}
TEST_F(Http, BodiesAreSentAsTheyAre) {
  EXPECT_EQ(sent("    body: 一句话\n", "[answer['body'], answer['headers']['content-type'], answer['method']]"),
            R"({"it":["一句话","text/plain; charset=utf-8","POST"]})");
  EXPECT_EQ(sent("    body: {a: [1, 2.50, null, true], 日: 2026-11-20}\n    method: PUT\n",
                 "[answer['body'], answer['headers']['content-type'], answer['method']]"),
            R"({"it":["{\"a\":[1,2.50,null,true],\"日\":\"2026-11-20\"}","application/json","PUT"]})");
  EXPECT_EQ(sent("    body: \"=b'<a/>'\"\n    headers: {Content-Type: text/xml}\n", "[answer['body'], answer['headers']['content-type']]"),
            R"({"it":["<a/>","text/xml"]})");
  EXPECT_EQ(sent("    method: DELETE\n", "[answer['method'], answer['headers'].get('content-type')]"), R"({"it":["DELETE",null]})");
  EXPECT_EQ(sent("", "[answer['method'], answer['headers']['content-length']]"), R"({"it":["POST","0"]})");
}
TEST_F(Http, FormsAreUrlEncodedOrMultipart) {
  EXPECT_EQ(sent("    form_fields: {user: ops, 备注: a&b, none: '=None'}\n", "[answer['body'], answer['headers']['content-type']]"),
            R"({"it":["user=ops&%E5%A4%87%E6%B3%A8=a%26b","application/x-www-form-urlencoded"]})");
  EXPECT_EQ(sent("    form_fields: {user: ops, blob: \"=b'123'\"}\n",
                 "[answer['headers']['content-type'][:29], 'name=\\\"blob\\\"' in answer['body'], '123' in answer['body'], 'ops' in "
                 "answer['body']]"),
            R"({"it":["multipart/form-data; boundary",true,true,true]})");
}
TEST_F(Http, AFileIsUploadedAsBodyOrField) {
  make_file("报表.csv", "a,b\n");
  EXPECT_EQ(sent("    file: 报表.csv\n    method: PUT\n", "[answer['body'], answer['headers']['content-length'], answer['method']]",
                 "http.upload"),
            R"({"it":["a,b\n","4","PUT"]})");
  EXPECT_EQ(
      sent("    file: 报表.csv\n    field: doc\n    form_fields: {day: 2026-11-20}\n",
           "['filename=\\\"报表.csv\\\"' in answer['body'], answer['body'].index('day') < answer['body'].index('doc')]", "http.upload"),
      R"({"it":[true,true]})");
  EXPECT_TRUE(sent("    file: none.csv\n", "answer", "http.upload").starts_with("not_found: 要发送的文件 none.csv 不存在"));
}
TEST_F(Http, ContradictionsAreRefused) {
  EXPECT_TRUE(sent("    body: a\n    form_fields: {}\n", "answer").starts_with("invalid_argument: body 和 form_fields 只能写一个"));
  EXPECT_TRUE(sent("    body: a\n    method: GET\n", "answer").starts_with("invalid_argument: GET 没有请求体"));
  EXPECT_TRUE(sent("    method: get\n", "answer").starts_with("invalid_argument"));
  EXPECT_TRUE(sent("    headers: {\"a b\": c}\n", "answer").starts_with("invalid_argument"));
  EXPECT_TRUE(sent("    headers: {a: \"x\\r\\nb: c\"}\n", "answer").starts_with("invalid_argument: 请求头 a 的值里有换行"));
  EXPECT_TRUE(sent("    headers: {Host: elsewhere}\n", "answer").starts_with("invalid_argument"));
  EXPECT_TRUE(got("/echo", "    accept: [2xx]\n").starts_with("invalid_argument: accept 的 2xx 不是状态码"));
}
TEST_F(Http, ACredentialSignsInByBasicOrBearer) {
  EXPECT_EQ(got("/echo", "    sign_in: counter_db\n", "answer['headers']['authorization']"),
            R"({"it":"Basic )" + base::base64(base::bytes_of("ops:open-sesame-1")) + "\"}");
  world.write("credentials.toml", "[counter_db]\ntoken = \"tok-42\"\n");
  std::ofstream(world.context_folder.path() + "/credentials.toml") << "[counter_db]\ntoken = \"tok-42\"\n";
  EXPECT_EQ(got("/echo", "    sign_in: counter_db\n", "answer['headers']['authorization'] == 'Bearer tok-42'"), R"({"it":true})");
  std::ofstream(world.context_folder.path() + "/credentials.toml") << "[counter_db]\nusername = \"ops\"\n";
  EXPECT_TRUE(got("/echo", "    sign_in: counter_db\n").starts_with("not_found: 凭据“counter_db”没有字段 password"));
}
TEST_F(Http, SecretsGoInHeadersAndBodiesNotInAddresses) {
  EXPECT_EQ(sent("    headers: {X-Api-Key: '=asset(\"login\")'}\n", "len(answer['headers']['x-api-key'])"), R"({"it":13})");
  EXPECT_EQ(sent("    body: {user: ops, password: '=asset(\"login\")'}\n", "len(answer['body'])"),
            fmt::format(R"({{"it":{}}})", std::string(R"({"user":"ops","password":"open-sesame-1"})").size() + 0));
  EXPECT_EQ(sent("    form_fields: {password: '=asset(\"login\")'}\n", "len(answer['body'])"), R"({"it":22})");
  EXPECT_TRUE(got("/echo", "    query: {password: '=asset(\"login\")'}\n").starts_with("invalid_argument: query 的 password 是机密"));
}
TEST_F(Http, NoProxyIsTakenFromTheEnvironment) {
  ::setenv("http_proxy", "http://127.0.0.1:1/", 1);
  ::setenv("ALL_PROXY", "http://127.0.0.1:1/", 1);
  EXPECT_EQ(got("/status/200", "", "status"), R"({"it":200})");
  ::unsetenv("http_proxy");
  ::unsetenv("ALL_PROXY");
}

// ---- what comes back ----

TEST_F(Http, JsonIsAValueTextIsTextAllElseIsBytes) {
  EXPECT_EQ(got("/quotes?x=1"), R"({"it":{"price":{"$decimal":"10.50"},"asked":"x=1"}})");
  EXPECT_EQ(got("/gbk"), R"({"it":"中文"})");
  EXPECT_EQ(got("/silent"), R"({"it":"中文"})");
  EXPECT_EQ(got("/zipped"), R"({"it":"压缩过的"})");
  EXPECT_EQ(got("/untyped"), R"({"it":{"$bytes":"AAE="}})");
  EXPECT_EQ(got("/odd", "", "type(answer).__name__"), R"({"it":"bytes"})");
  EXPECT_EQ(got("/file/"), R"({"it":null})");
}
TEST_F(Http, JsonThatIsNoneIsToldWithItsPlaceAndKept) {
  EXPECT_TRUE(got("/bad_json").find("的回答说是 JSON，却读不懂：JSON 第 1 行第 7 列") != std::string::npos) << got("/bad_json");
  EXPECT_EQ(
      it("- try:\n    - do: http.get\n      with: {url: '=f\"{server}/bad_json\"'}\n  catch:\n    - save: problem\n      steps:\n      "
         "  - set: {it: \"=[problem['code'], problem['data']['body'], problem['data']['status']]\"}\n"),
      R"({"it":["unreadable","{\"a\": nope}",200]})");
}
TEST_F(Http, RepeatedHeadersAreJoinedCookiesStandOnLines) {
  EXPECT_EQ(got("/cookies", "", "[headers['set-cookie'], headers['vary']]"), R"({"it":["a=1\nb=2; Expires=Sat, 28 Nov 2026","a, b"]})");
}
TEST_F(Http, AStatusThatIsNotAcceptedFailsAsItsKind) {
  const auto kind = [&](int status) {
    return it("- try:\n    - do: http.get\n      with: {url: '=f\"{server}/status/" + std::to_string(status) +
              "\"'}\n  catch:\n    - save: problem\n      steps:\n        - set: {it: \"=[problem['code'], problem['kind'], "
              "problem['data']['status'], problem['data']['body']['reason']]\"}\n");
  };
  EXPECT_EQ(kind(404), R"({"it":["http_status","business",404,"asked for it"]})");
  EXPECT_EQ(kind(429), R"({"it":["http_status","system",429,"asked for it"]})");
  EXPECT_EQ(kind(503), R"({"it":["http_status","system",503,"asked for it"]})");
  const auto told = got("/status/404");
  EXPECT_TRUE(told.starts_with("http_status: " + world.server + " 回答 404，不在 accept（200-299）里：{\"reason\":\"asked for it\"}"))
      << told;
  EXPECT_EQ(got("/status/404", "    accept: [200-299, '=404']\n", "status"), R"({"it":404})");
}
TEST_F(Http, AnAnswerBeyondTheLimitIsRefusedPackedOrNot) {
  EXPECT_TRUE(got("/bytes/80000000").starts_with("too_large: " + world.server + " 的回答超过 64 MiB：请用 http.download"));
  EXPECT_TRUE(got("/bomb").starts_with("too_large"));
}

// ---- redirects ----

TEST_F(Http, RedirectsAreFollowedAsTheirStatusSays) {
  const auto at = [&](int status, const std::string& method) {
    return it("- do: http.request\n  with: {url: '=f\"{server}/redirect?to=/echo&status=" + std::to_string(status) +
              "\"', method: " + method + ", body: x}\n  save: {answer: body}\n- set: {it: \"=[answer['method'], answer['body']]\"}\n");
  };
  EXPECT_EQ(at(302, "POST"), R"({"it":["GET",""]})");
  EXPECT_EQ(at(303, "PUT"), R"({"it":["GET",""]})");
  EXPECT_EQ(at(307, "POST"), R"({"it":["POST","x"]})");
  EXPECT_EQ(at(308, "PATCH"), R"({"it":["PATCH","x"]})");
  EXPECT_EQ(at(301, "PUT"), R"({"it":["PUT","x"]})");
}
TEST_F(Http, ARedirectThatIsAcceptedIsTheAnswer) {
  EXPECT_EQ(got("/redirect?to=/echo", "    accept: [302]\n", "[status, headers['location']]"), R"({"it":[302,"/echo"]})");
}
TEST_F(Http, EndlessRedirectsEnd) {
  EXPECT_TRUE(got("/loop").starts_with("connection_failed: " + world.server + "：重定向超过 10 次"));
  EXPECT_TRUE(got("/redirect?to=file:///etc/passwd").starts_with("connection_failed"));
}
TEST_F(Http, SecretsStayWithTheFirstAddress) {
  TestServer other;
  const auto steps = "    sign_in: counter_db\n    headers: {X-Key: '=asset(\"login\")', X-Plain: a, Cookie: c=1}\n";
  const std::string kept = "[x in answer['headers'] for x in ('authorization', 'x-key', 'x-plain', 'cookie')]";
  EXPECT_EQ(got("/redirect?to=/echo", steps, kept), R"({"it":[true,true,true,true]})");
  EXPECT_EQ(got("/redirect?to=" + other.address() + "/echo", steps, kept), R"({"it":[false,false,true,false]})");
  // Another name of the same machine is another address; and back again they stay away.
  EXPECT_EQ(got("/redirect?to=" + other.address() + "/redirect?to=" + world.server + "/echo", steps, kept),
            R"({"it":[false,false,true,false]})");
}

// ---- what goes wrong on the way ----

TEST_F(Http, NobodyListeningIsToldWithTheAddress) {
  // A port that was just free: bound, not listening.
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  world.server = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  EXPECT_TRUE(got("/").starts_with("connection_failed: " + world.server + "：连不上（Connection refused）"));
  ::close(fd);
}
TEST_F(Http, AHostThatHasNoAddressIsTold) {
  world.server = "http://no-such-host.invalid";
  EXPECT_TRUE(got("/").starts_with("connection_failed: http://no-such-host.invalid:80：找不到这台主机的地址"));
}
TEST_F(Http, AnAnswerThatBreaksOffIsNoAnswer) {
  EXPECT_TRUE(got("/cut").starts_with("connection_failed: " + world.server + "：回答没有收全"));
}
TEST_F(Http, WhatSpeaksNoHttpIsTold) {
  // A program that answers anything with a line of its own.
  devices::ProgramOptions options;
  options.program = "/usr/bin/python3";
  options.folder = "/";
  options.arguments = {"-uc",
                       "import socket\ns = socket.create_server(('127.0.0.1', 0))\nprint('port', s.getsockname()[1])\nc, _ = "
                       "s.accept()\nc.recv(1000)\nc.sendall(b'SSH-2.0-nothing\\r\\n')\nc.close()"};
  const auto program = devices::Program::start(std::move(options)).value();
  while (program->output().find('\n') == std::string::npos) ::poll(nullptr, 0, 5);
  const auto said = program->output();
  world.server = "http://127.0.0.1:" + said.substr(5, said.size() - 6);
  EXPECT_TRUE(got("/").starts_with("connection_failed: " + world.server + "：对方说的不是 HTTP"));
}

// ---- waits end ----

TEST_F(Http, ADeadlineEndsAWait) {
  for (const auto* path : {"/hang", "/trickle"}) {
    const auto finished = world.run_steps(std::string("- do: http.get\n  with: {url: '=f\"{server}") + path + "\"'}\n  timeout: 300ms\n");
    ASSERT_TRUE(finished.error) << path;
    EXPECT_EQ(finished.error->code, "timed_out") << path;
    TestServer::shared().until(std::string("left ") + path);
  }
}
TEST_F(Http, AStopEndsAWait) {
  for (const auto* path : {"/hang/stop", "/trickle/stop"}) {
    engine::RunControl control;
    std::thread stopper([&] {
      TestServer::shared().until(std::string("hanging ") + path);
      control.halt.ask();
    });
    const auto finished = world.run(
        ActivityWorld::document_around(std::string("- do: http.download\n  with: {url: '=f\"{server}") + path + "\"', to: a.bin}\n", "{}"),
        {{"server", values::Value::of(world.server)}}, control);
    stopper.join();
    EXPECT_EQ(finished.outcome, wire::Outcome::stopped) << path;
    EXPECT_FALSE(std::filesystem::exists(world.file("a.bin")));
  }
}

// ---- TLS ----

class Tls : public Http {
 protected:
  base::SystemRandom random;
  base::SystemClock clock;
  base::Validity days(int from, int until) {
    const auto now = clock.now().micros;
    constexpr std::int64_t day = 86'400'000'000;
    return {base::Time{now + from * day}, base::Time{now + until * day}};
  }
  base::Authority authority = *base::make_authority({"Test CA", "券商"}, days(-2, 2), random);
  std::string put(const std::string& name, std::string_view text) {
    const auto path = world.context_folder.path() + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  std::unique_ptr<TestServer> serve(const std::vector<std::string>& names, base::Validity validity, bool wants_clients = false) {
    const auto key = base::PrivateKey::generate(base::KeyKind::ecdsa_p256, random);
    const auto certificate = base::issue_server_certificate(authority, key.public_key(), {"server", ""}, names, validity, random).value();
    std::vector<std::string> arguments{put("server.pem", certificate), put("server.key", key.to_pem().reveal())};
    if (wants_clients) arguments.push_back(put("clients.pem", authority.certificate_pem));
    auto server = std::make_unique<TestServer>(arguments);
    world.server = server->address();
    make_file("ca.pem", authority.certificate_pem);
    return server;
  }
};
TEST_F(Tls, AnAuthorityNobodyKnowsSaysHowToBeKnown) {
  const auto server = serve({"127.0.0.1"}, days(-1, 1));
  const auto told = got("/status/200");
  EXPECT_TRUE(told.starts_with("tls_failed: " + world.server + "：TLS 没有建立")) << told;
  EXPECT_NE(told.find("请把 CA 的证书（PEM）写在 ca"), std::string::npos) << told;
  EXPECT_EQ(got("/status/200", "    ca: ca.pem\n", "status"), R"({"it":200})");
}
TEST_F(Tls, ACertificateForAnotherNameIsRefused) {
  const auto server = serve({"rpa.example.cn"}, days(-1, 1));
  const auto told = got("/", "    ca: ca.pem\n");
  EXPECT_TRUE(told.starts_with("tls_failed")) << told;
  EXPECT_NE(told.find("证书不是发给这个主机名的"), std::string::npos) << told;
}
TEST_F(Tls, ACertificateOutOfItsTimeIsRefused) {
  const auto server = serve({"127.0.0.1"}, days(-2, -1));
  const auto told = got("/", "    ca: ca.pem\n");
  EXPECT_TRUE(told.starts_with("tls_failed")) << told;
  EXPECT_NE(told.find("证书不在有效期内"), std::string::npos) << told;
}
TEST_F(Tls, AClientCertificateComesFromACredential) {
  const auto server = serve({"127.0.0.1"}, days(-1, 1), true);
  const auto without = got("/client", "    ca: ca.pem\n");
  // The server's word may be lost with the connection.
  EXPECT_TRUE(without.starts_with("tls_failed") || without.starts_with("connection_failed")) << without;
  EXPECT_NE(without.find("certificate"), std::string::npos) << without;
  const auto key = base::PrivateKey::generate(base::KeyKind::ecdsa_p256, random);
  const auto request = base::make_request(key, {"robot 7", ""}, random).value();
  const auto certificate = base::issue_client_certificate(authority, request, {"robot 7", ""}, days(-1, 1), random).value();
  put("credentials.toml",
      "[counter_db]\ncertificate = '''\n" + certificate + "'''\nprivate_key = '''\n" + std::string(key.to_pem().reveal()) + "'''\n");
  EXPECT_EQ(got("/client", "    ca: ca.pem\n    certificate: counter_db\n", "answer['commonName']"), R"({"it":"robot 7"})");
}
TEST_F(Tls, NothingLeadsFromSafeToUnsafe) {
  const auto plain = world.server;
  const auto server = serve({"127.0.0.1"}, days(-1, 1));
  const auto told = got("/redirect?to=" + plain + "/echo", "    ca: ca.pem\n");
  EXPECT_NE(told.find("从 https 重定向到不加密的 " + plain), std::string::npos) << told;
}
TEST_F(Tls, AFileThatHoldsNoCertificateIsNoAuthority) {
  make_file("ca.pem", "nothing");
  EXPECT_TRUE(got("/", "    ca: ca.pem\n").starts_with("invalid_argument: CA 文件 ca.pem 不是 PEM 证书"));
  EXPECT_TRUE(got("/", "    ca: none.pem\n").starts_with("not_found: CA 文件 none.pem 不存在"));
}

// ---- downloads ----

TEST_F(Http, ADownloadAppearsWholeAndAlone) {
  EXPECT_EQ(download("/file/%E4%B8%AD"), R"({"it":true})");
  EXPECT_EQ(file("got.bin"), "中");
  EXPECT_EQ(files(), 1U);
}
TEST_F(Http, WhatBrokeOffIsGoneOnWith) {
  TestServer own;
  world.server = own.address();
  const std::string path = "/broken";
  EXPECT_TRUE(download(path).starts_with("connection_failed"));
  EXPECT_FALSE(std::filesystem::exists(world.file("got.bin")));
  EXPECT_EQ(download(path, "    digest: sha256:" + base::hex(base::sha256(std::string_view(long_content()))) + "\n"), R"({"it":true})");
  EXPECT_EQ(file("got.bin"), long_content());
  EXPECT_EQ(files(), 1U);
  own.until("asked " + path + " from 160000");
}
TEST_F(Http, WhatChangedMeanwhileIsTakenFromTheBeginning) {
  TestServer own;
  world.server = own.address();
  const std::string path = "/changing";
  EXPECT_TRUE(download(path).starts_with("connection_failed"));
  EXPECT_EQ(download(path), R"({"it":true})");
  const auto content = long_content();
  EXPECT_EQ(file("got.bin"), std::string(content.rbegin(), content.rend()));
}
TEST_F(Http, WhatCannotBeGoneOnWithLeavesNothing) {
  EXPECT_TRUE(download("/cut").starts_with("connection_failed"));
  EXPECT_EQ(files(), 0U);
}
TEST_F(Http, AWrongDigestLeavesNothing) {
  const auto told = download("/file/abc", "    digest: md5:00000000000000000000000000000000\n");
  EXPECT_TRUE(told.starts_with("digest_mismatch")) << told;
  EXPECT_NE(told.find("900150983cd24fb0d6963f7d28e17f72"), std::string::npos);
  EXPECT_EQ(files(), 0U);
  EXPECT_TRUE(download("/file/abc", "    digest: 900150983cd24fb0d6963f7d28e17f72\n").starts_with("invalid_argument: digest 应如 sha256:"));
}
TEST_F(Http, ATargetThatIsThereIsTreatedAsSaid) {
  make_file("got.bin", "old");
  EXPECT_TRUE(download("/file/abc").starts_with("file_exists: " + world.file("got.bin") + " 已存在，内容不同"));
  EXPECT_EQ(file("got.bin"), "old");
  EXPECT_EQ(download("/file/abc", "    if_exists: skip\n"), R"({"it":true})");
  EXPECT_EQ(file("got.bin"), "old");
  EXPECT_EQ(download("/file/abc", "    if_exists: replace\n"), R"({"it":true})");
  EXPECT_EQ(file("got.bin"), "abc");
  // The same content is fine: a step may be done twice.
  EXPECT_EQ(download("/file/abc"), R"({"it":true})");
  EXPECT_EQ(download("/status/500", "    digest: md5:900150983cd24fb0d6963f7d28e17f72\n"), R"({"it":true})");
  EXPECT_EQ(files(), 1U);
}
TEST_F(Http, ARefusalIsNoFile) {
  EXPECT_TRUE(download("/status/404").starts_with("http_status"));
  EXPECT_EQ(files(), 0U);
}
TEST_F(Http, AFolderThatIsNotThereIsTold) {
  EXPECT_TRUE(it("- do: http.download\n  with: {url: '=f\"{server}/file/a\"', to: none/a.bin}\n  save: it\n").starts_with("not_found"));
}
TEST_F(Http, AnEmptyFileIsAFile) {
  EXPECT_EQ(download("/file/"), R"({"it":true})");
  EXPECT_TRUE(std::filesystem::exists(world.file("got.bin")));
}

}  // namespace
}  // namespace quanji::activities::http
