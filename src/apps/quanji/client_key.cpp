#include "apps/quanji/client_key.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "base/bytes.h"
#include "base/files.h"

namespace quanji::apps {
namespace {

using base::Code;
using base::Error;
using base::Result;
using base::Status;
using base::Text;

constexpr std::size_t key_file_limit = 4096, secret_length = 43;

std::string_view next_line(std::string_view& text) {
  const auto end = text.find('\n');
  auto line = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

Result<ClientKey> parse_client_key(std::string& text, const std::string& from) {
  std::string_view rest = text;
  const auto name = next_line(rest), secret = next_line(rest);
  const bool good =
      domain::is_access_key(name) && secret.size() == secret_length &&
      secret.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == std::string_view::npos &&
      rest.empty();
  ClientKey key{std::string(good ? name : std::string_view{}), base::Secret(good ? secret : std::string_view{})};
  base::wipe(text);
  if (!good)
    return Error(Code::invalid_field,
                 Text(from + " 应为两行：访问密钥标识（QJAK 加 20 个字符）与 43 个字符的密钥，即新建应用时所得的 accessKey 与 secret",
                      from + " must hold two lines: the access key (QJAK and 20 characters) and its secret of 43, as the creation of the "
                             "API client answered them in accessKey and secret"));
  return key;
}

Result<ClientKey> read_client_key(const std::string& path) {
  const base::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (file.get() < 0)
    return Error(Code::not_found, Text("无法读取密钥文件 " + path, "Cannot read the key file " + path), base::system_detail("open", path));
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0 || !S_ISREG(facts.st_mode) || (facts.st_mode & 077) != 0)
    return Error(Code::invalid_field, Text("密钥文件 " + path + " 须为普通文件且他人不可读：chmod 600 " + path,
                                           "The key file " + path + " must be a plain file that nobody else may read: chmod 600 " + path));
  QUANJI_TRY(auto text, base::read_whole(file.get(), key_file_limit));
  return parse_client_key(text, path);
}

Status keep_client_key(const std::string& path, const ClientKey& key) {
  const auto part = path + ".part" + std::to_string(::getpid());
  ::unlink(part.c_str());
  std::string text = key.access_key + "\n";
  text.append(key.secret.reveal()).append("\n");
  auto made = base::create_durable_file(part, text, 0600);
  base::wipe(text);
  if (!made.ok()) return made;
  if (::rename(part.c_str(), path.c_str()) == 0) return {};
  const auto detail = base::system_detail("rename", path);
  ::unlink(part.c_str());
  return Error(Code::store_unavailable, Text("无法写入 " + path, "Cannot write " + path), detail);
}

Result<domain::SignatureAlgorithm> signature_from_text(std::string_view text) {
  using domain::SignatureAlgorithm;
  if (text == "hmac-sha256" || text == to_text(SignatureAlgorithm::hmac_sha256)) return SignatureAlgorithm::hmac_sha256;
  if (text == "hmac-sm3" || text == to_text(SignatureAlgorithm::hmac_sm3)) return SignatureAlgorithm::hmac_sm3;
  return Error(Code::invalid_field, Text("签名算法为 hmac-sha256 或 hmac-sm3", "A signature is hmac-sha256 or hmac-sm3"));
}

Result<Headers> signature_headers(const ClientKey& key, domain::SignatureAlgorithm algorithm, const Signed& request, base::Clock& clock,
                                  base::Random& random) {
  const auto timestamp = std::to_string(clock.now().micros / 1'000'000);
  std::array<std::uint8_t, 16> chance{};
  random.fill(chance);
  const auto nonce = base::hex(chance);
  const auto mark = request.target.find('?');
  domain::SignatureSubject subject;
  subject.algorithm = algorithm;
  subject.method = request.method;
  subject.path = request.target.substr(0, mark);
  subject.query = mark == std::string_view::npos ? std::string_view{} : request.target.substr(mark + 1);
  subject.timestamp = timestamp;
  subject.nonce = nonce;
  subject.on_behalf_of = request.on_behalf_of;
  subject.body = request.body;
  QUANJI_TRY(const auto text, domain::string_to_sign(subject));
  const auto tag = base::MacKey(domain::mac_of(algorithm), key.secret).sign(text);
  Headers headers{{"X-Access-Key", key.access_key},
                  {"X-Timestamp", timestamp},
                  {"X-Nonce", nonce},
                  {"X-Signature", std::string(to_text(algorithm)) + " " + base::hex(tag)}};
  if (!request.on_behalf_of.empty()) headers.emplace_back("X-On-Behalf-Of", request.on_behalf_of);
  return headers;
}

}  // namespace quanji::apps
