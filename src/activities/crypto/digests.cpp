// hash, hmac, random, one_time_code, and how keys are written.
#include <fmt/format.h>

#include "activities/crypto/crypto.h"
#include "activities/group.h"
#include "base/bytes.h"
#include "base/crypto.h"

namespace quanji::activities {
namespace crypto {

using base::Secret;
using base::Text;
using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Failure;
using engine::Outcome;
using values::Type;

QUANJI_FIELDS(DigestText, QF(digest, "摘要", "The digest"))
QUANJI_FIELDS(BytesOut, QF(bytes, "字节", "The bytes"))
QUANJI_FIELDS(Hash::Input, QF(content, "文本（按 UTF-8）或字节", "Text (as UTF-8) or bytes"),
              QF(algorithm, "算法", "Which algorithm; md5 only where the other side asks for it", .fallback = "\"sha256\""),
              QF(shape, "结果的写法", "How the result is written", .fallback = "\"hex\""))
QUANJI_FIELDS(Hmac::Input, QF(content, "文本（按 UTF-8）或字节", "Text (as UTF-8) or bytes"),
              QF(key, "密钥：凭据里的机密", "The key, a secret of a credential"),
              QF(algorithm, "算法", "Which algorithm", .fallback = "\"sha256\""),
              QF(shape, "结果的写法", "How the result is written", .fallback = "\"hex\""))
QUANJI_FIELDS(Random::Input,
              QF(size, "字节数；digits 时为位数", "How many bytes; with digits how many digits", .min = 1, .max = 1024, .fallback = "16"),
              QF(shape, "结果的写法", "How the result is written", .fallback = "\"hex\""))
QUANJI_FIELDS(Random::Output, QF(text, "随机值", "The random value"))
QUANJI_FIELDS(OneTimeCode::Input, QF(key, "密钥（Base32）：凭据里的机密", "The key (Base32), a secret of a credential"),
              QF(digits, "位数", "How many digits", .min = 6, .max = 8, .fallback = "6"),
              QF(every, "周期", "How long a code is valid", .fallback = "\"30s\""),
              QF(algorithm, "算法", "Which algorithm", .fallback = "\"sha1\""))
QUANJI_FIELDS(OneTimeCode::Output, QF(code, "动态口令", "The code"))

// ---- keys and content ----

Failure bad_key(Text why) { return engine::business_failure("bad_key", std::move(why)); }
engine::ErrorCode bad_key_code() {
  return {"bad_key",
          flow::ErrorKind::business,
          {"密钥不是这种算法的密钥，或写法读不懂：按提示的长度和写法更换凭据中的密钥",
           "the key is none of this algorithm or cannot be read: put one of the length and form that is told into the credential"}};
}
Outcome<std::span<const std::uint8_t>> content_of(const values::Value& content) {
  if (content.is(Type::text)) return base::bytes_of(content.text());
  if (content.is(Type::bytes)) return std::span<const std::uint8_t>(content.bytes());
  return engine::system_failure(
      "invalid_argument",
      Text(fmt::format("content 应为文本或字节，现为 {}；文件请用 file.hash 或先用 file.read_bytes 读入", values::word_of(content.type())),
           fmt::format("`content` must be text or bytes, but is {}; for a file use file.hash, or read it with file.read_bytes",
                       values::word_of(content.type()))));
}

namespace {

Secret secret_of(base::Bytes&& bytes) {
  Secret made{std::span<const std::uint8_t>(bytes)};
  base::wipe(bytes);
  return made;
}
Failure unreadable_key(std::string_view form) {
  return bad_key(Text(fmt::format("密钥不是有效的 {}", form), fmt::format("the key is no valid {}", form)));
}

}  // namespace

Outcome<Secret> key_bytes(const Secret& written, std::size_t size) {
  auto text = written.reveal();
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  const auto of_hex = [&](std::string_view digits) -> Outcome<Secret> {
    auto bytes = base::from_hex(digits);
    if (!bytes) return unreadable_key("hex");
    return secret_of(std::move(*bytes));
  };
  const auto of_base64 = [&](std::string_view digits) -> Outcome<Secret> {
    auto bytes = base::from_base64(digits);
    if (!bytes) return unreadable_key("Base64");
    return secret_of(std::move(*bytes));
  };
  Secret key;
  if (text.starts_with("hex:")) {
    QUANJI_TRY(key, of_hex(text.substr(4)));
  } else if (text.starts_with("base64:")) {
    QUANJI_TRY(key, of_base64(text.substr(7)));
  } else if (text.starts_with("text:")) {
    key = Secret(text.substr(5));
  } else if (size == 0) {
    key = written.clone();
  } else if (text.size() == size * 2) {
    QUANJI_TRY(key, of_hex(text));
  } else {
    auto decoded = base::from_base64(text);
    if (decoded) key = secret_of(std::move(*decoded));
  }
  if (key.empty() || (size != 0 && key.size() != size)) {
    if (size == 0) return bad_key(Text("密钥是空的", "the key is empty"));
    return bad_key(Text(
        fmt::format("密钥应为 {0} 字节：{1} 位十六进制数字，或 {0} 字节的 Base64；凭据里的文本有 {2} 个字符", size, size * 2, text.size()),
        fmt::format("the key must be {0} bytes: {1} hexadecimal digits, or Base64 of {0} bytes; the credential holds {2} "
                    "characters",
                    size, size * 2, text.size())));
  }
  return key;
}

// ---- activities ----

namespace {

std::string written(const base::Bytes& bytes, DigestShape shape) {
  return shape == DigestShape::hex ? base::hex(bytes) : base::base64(bytes);
}

}  // namespace

ActivityInfo Hash::info() {
  ActivityInfo info;
  info.id = "crypto.hash";
  info.title = {"计算摘要", "Digest"};
  info.sentence = {"摘要：sha256、sm3 等。", "Digest of text or bytes."};
  info.effect = flow::Effect::none;
  info.examples = {{{"国密摘要", "A digest by SM3"},
                    R"(- do: crypto.hash
  with: {content: abc, algorithm: sm3}
  save: digest
- return: {digest: =digest}
)",
                    R"({"digest":"66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"})"}};
  return info;
}
Outcome<Hash::Output> Hash::run(ActivityContext&, const Input& input) {
  QUANJI_TRY(const auto content, content_of(input.content));
  return Output{written(base::content_digest(input.algorithm, content), input.shape)};
}

ActivityInfo Hmac::info() {
  ActivityInfo info;
  info.id = "crypto.hmac";
  info.title = {"计算带密钥的摘要", "Keyed digest"};
  info.sentence = {"带密钥的摘要（HMAC），接口验签常用。", "Keyed digest (HMAC), as many interfaces sign their calls."};
  info.effect = flow::Effect::none;
  info.errors = {bad_key_code()};
  info.examples = {{{"给请求参数加签（密钥是凭据的机密）", "Signing a request's parameters with a credential's key"},
                    R"(- do: crypto.hmac
  with:
    content: what do ya want for nothing?
    key: =asset("mac_key")
  save: signature
- return: {signature: =signature}
)",
                    R"({"signature":"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"})"}};
  return info;
}
Outcome<Hmac::Output> Hmac::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto content, content_of(input.content));
  QUANJI_TRY(const auto secret, context.open_secret(input.key));
  QUANJI_TRY(const auto key, key_bytes(secret, 0));
  constexpr base::ContentHash hashes[] = {base::ContentHash::sha256, base::ContentHash::sha512, base::ContentHash::sm3};
  return Output{written(base::content_mac(hashes[static_cast<std::size_t>(input.algorithm)], key, content), input.shape)};
}

ActivityInfo Random::info() {
  ActivityInfo info;
  info.id = "crypto.random";
  info.title = {"取随机值", "Random value"};
  info.sentence = {"随机值：请求号、一次性口令等。", "A random value: a request's number, a password for once."};
  info.effect = flow::Effect::none;
  info.examples = {{{"八位数字的请求号", "A request's number of eight digits"},
                    R"(- do: crypto.random
  with: {size: 8, shape: digits}
  save: number
- return: {length: =len(number), digits: =number.isdigit()}
)",
                    R"({"length":8,"digits":true})"}};
  return info;
}
Outcome<Random::Output> Random::run(ActivityContext& context, const Input& input) {
  Output output;
  if (input.shape == RandomShape::digits) {
    for (std::int64_t i = 0; i < input.size; ++i) output.text += static_cast<char>('0' + context.random().below(10));
    return output;
  }
  base::Bytes bytes(static_cast<std::size_t>(input.size));
  context.random().fill(bytes);
  output.text = input.shape == RandomShape::hex ? base::hex(bytes) : base::base64(bytes);
  return output;
}

ActivityInfo OneTimeCode::info() {
  ActivityInfo info;
  info.id = "crypto.one_time_code";
  info.title = {"算动态口令", "One-time code"};
  info.sentence = {"动态口令（TOTP），用于要求二次验证的登录。", "One-time code (TOTP), for sign-ins that ask for a second proof."};
  info.effect = flow::Effect::none;
  info.errors = {bad_key_code()};
  info.examples = {{{"登录用的六位动态口令", "The six digits a sign-in asks for"},
                    R"(- do: crypto.one_time_code
  with:
    key: =asset("totp_key")
  save: code
- return: {length: =len(code), digits: =code.isdigit()}
)",
                    R"({"length":6,"digits":true})"}};
  return info;
}
Outcome<OneTimeCode::Output> OneTimeCode::run(ActivityContext& context, const Input& input) {
  const auto micros = input.every.micros;
  if (micros < 1'000'000 || micros % 1'000'000 != 0 || micros > 3'600'000'000)
    return engine::system_failure("invalid_argument", Text("every 应为整秒，1s 到 1h", "`every` is of whole seconds, from 1s to 1h"));
  QUANJI_TRY(const auto secret, context.open_secret(input.key));
  // As pages show it: in groups, in either case, with or without padding.
  std::string plain;
  plain.reserve(secret.size());
  for (const char c : secret.reveal())
    if (c != ' ' && c != '-' && c != '=' && c != '\n' && c != '\r') plain += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  auto bytes = base::from_base32(plain);
  base::wipe(plain);
  if (!bytes || bytes->empty()) return unreadable_key("Base32 (A–Z 2–7)");
  const auto key = secret_of(std::move(*bytes));
  constexpr base::TotpHash hashes[] = {base::TotpHash::sha1, base::TotpHash::sha256, base::TotpHash::sm3};
  base::TotpRule rule;
  rule.hash = hashes[static_cast<std::size_t>(input.algorithm)];
  rule.digits = static_cast<int>(input.digits);
  rule.period_seconds = static_cast<int>(micros / 1'000'000);
  return Output{base::totp(key, context.clock().now(), rule)};
}

}  // namespace crypto

void add_crypto(Activities& to) {
  using namespace crypto;
  to.insert(to.end(),
            {engine::activity<Hash>(), engine::activity<Hmac>(), engine::activity<Encrypt>(), engine::activity<Decrypt>(),
             engine::activity<Sign>(), engine::activity<Verify>(), engine::activity<crypto::Random>(), engine::activity<OneTimeCode>()});
}

}  // namespace quanji::activities
