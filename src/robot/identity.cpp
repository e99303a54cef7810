#include "robot/identity.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <boost/json.hpp>
#include <filesystem>

#include "base/certificates.h"
#include "base/crypto.h"
#include "base/fields_json.h"
#include "base/files.h"
#include "net/client.h"
#include "robot/machine.h"

namespace quanji::robot {

using base::Code;
using base::Error;
using base::Result;
using base::Status;
using base::Text;

QUANJI_FIELDS(Identity, QF(robot, "机器人标识", "Id of the robot"), QF(name, "名称", "Name", .max = 63),
              QF(renew_after, "到期前应更新的时间", "Renew after"))

namespace {

struct Places {
  explicit Places(const std::string& data_dir)
      : folder(data_dir + "/identity"), key(folder + "/key.pem"), certificate(folder + "/cert.pem"), robot(folder + "/robot.json") {}
  std::string folder, key, certificate, robot;
};

Result<std::string> read_file(const std::string& path) {
  base::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return Error(Code::not_found, base::system_detail("open", path));
  return base::read_whole(file.get(), 64 * 1024);
}

Result<wire::EnrolAnswer> answer_of(const net::ClientResponse& response) {
  auto parsed = base::parse_json(response.body);
  const auto* envelope = parsed ? parsed->if_object() : nullptr;
  if (!envelope)
    return Error(Code::unreadable_body,
                 Text("平台的回答无法读取；请检查地址是否为平台的 7444 端口",
                      "the platform's answer cannot be read: is the address that of its port 7444?"),
                 "status " + std::to_string(response.status));
  const auto* code = envelope->if_contains("code");
  const auto* message = envelope->if_contains("message");
  if (!code || !code->is_int64() || code->get_int64() != 0) {
    auto refused = Code::bug;
    for (const auto& row : base::code_table())
      if (code && code->is_int64() && static_cast<std::int64_t>(row.code) == code->get_int64()) refused = row.code;
    const std::string said = message && message->is_string() ? std::string(message->get_string()) : "";
    return Error(refused, Text("平台拒绝注册：" + said, "the platform refused to enrol: " + said));
  }
  const auto* data = envelope->if_contains("data");
  if (!data) return Error(Code::unreadable_body, "no data in the answer");
  return base::from_json<wire::EnrolAnswer>(*data, base::Side::stored, base::Unknown::ignore);
}

// The answer must fit the code and the key, whoever sent it.
Status check(const wire::EnrolAnswer& answer, const wire::EnrolmentCode& code, const base::PrivateKey& key) {
  QUANJI_TRY(const auto authority, base::read_certificate(answer.authority));
  if (!code.names(authority.spki_digest))
    return Error(Code::bad_signature,
                 Text("平台根证书与注册码不符，已停止注册", "the platform's authority is not the one the code names: nothing was kept"));
  QUANJI_DO(base::check_issued_by(answer.certificate, answer.authority));
  QUANJI_TRY(const auto own, base::read_certificate(answer.certificate));
  if (own.spki_digest != key.public_key().spki_digest())
    return Error(Code::bad_signature, Text("平台签发的证书不是本机密钥的", "the certificate is not for this robot's key"));
  return {};
}

}  // namespace

Result<OwnIdentity> load_identity(const std::string& data_dir) {
  const Places places(data_dir);
  QUANJI_TRY(const auto text, read_file(places.robot));
  OwnIdentity own;
  QUANJI_TRY(own.who, base::from_json_text<Identity>(text));
  QUANJI_TRY(auto key, read_file(places.key));
  QUANJI_TRY(const auto chain, read_file(places.certificate));
  const auto second = chain.find("-----BEGIN CERTIFICATE-----", 1);
  if (second == std::string::npos) return Error(Code::store_unavailable, "identity/cert.pem holds no authority");
  net::TlsClientSettings settings;
  settings.trust.ca_pem = chain.substr(second);
  settings.chain_pem = chain.substr(0, second);
  settings.key = base::Secret::take(key);
  QUANJI_TRY(own.tls, net::TlsClient::make(std::move(settings)));
  return own;
}

Result<Identity> enrol(const Settings& settings, const base::Secret& code_text, base::Random& random) {
  const Places places(settings.data_dir);
  if (std::filesystem::exists(places.robot))
    return Error(Code::wrong_state, Text("机器人已注册；要重新注册请先在平台吊销，再删除 " + places.folder,
                                         "the robot is enrolled already; to enrol anew revoke it and remove " + places.folder));
  QUANJI_TRY(const auto code, wire::EnrolmentCode::parse(code_text.reveal()));
  QUANJI_TRY(const auto url, platform_url(settings, wire::enrol_path));
  const auto key = base::PrivateKey::generate(base::KeyKind::ecdsa_p256, random);
  const auto machine = this_machine();
  wire::EnrolRequest request;
  request.code = code.secret.clone();
  request.name = settings.name;
  QUANJI_TRY(request.request, base::make_request(key, base::Subject{settings.name, ""}, random));
  request.version = program_version;
  request.os = machine.os;
  request.arch = machine.arch;
  request.slots = settings.slots;

  net::TlsClientSettings trust;
  trust.trust.authority_sha256 = base::hex(code.authority);
  net::ClientOptions options;
  QUANJI_TRY(options.tls, net::TlsClient::make(std::move(trust)));
  net::Client client(std::move(options));
  net::ClientRequest call;
  call.method = "POST";
  call.url = url;
  call.headers = {{"Content-Type", "application/json"}};
  call.body = std::string(enrol_body(request).reveal());
  auto response = client.call(call, std::chrono::seconds(30));
  base::wipe(call.body);
  if (!response) return std::move(response).error();
  QUANJI_TRY(const auto answer, answer_of(*response));
  QUANJI_DO(check(answer, code, key));

  std::error_code failed;
  std::filesystem::create_directories(places.folder, failed);
  if (failed || ::chmod(places.folder.c_str(), 0700) != 0)
    return Error(Code::store_unavailable, base::system_detail("make", places.folder));
  // What an enrolment that broke off here left behind is of no use: its certificate was never kept.
  std::filesystem::remove(places.key, failed);
  std::filesystem::remove(places.certificate, failed);
  QUANJI_DO(base::create_durable_file(places.key, key.to_pem().reveal(), 0600));
  QUANJI_DO(base::create_durable_file(places.certificate, answer.certificate + answer.authority, 0644));
  Identity identity{answer.robot, answer.name, answer.renew_after};
  QUANJI_DO(base::create_durable_file(places.robot, base::to_json(identity, base::Side::stored), 0644));
  return identity;
}

}  // namespace quanji::robot
