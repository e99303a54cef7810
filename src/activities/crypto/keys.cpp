// encrypt, decrypt, sign, verify.
#include <fmt/format.h>

#include "activities/crypto/crypto.h"
#include "base/crypto.h"

namespace quanji::activities::crypto {

using base::Secret;
using base::Text;
using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Failure;
using engine::Outcome;

QUANJI_FIELDS(Encrypt::Input, QF(content, "文本（按 UTF-8）或字节", "Text (as UTF-8) or bytes"),
              QF(key, "密钥：凭据里的机密，SM4 16 字节、AES 32 字节", "The key, a secret of a credential: SM4 16 bytes, AES 32"),
              QF(algorithm, "算法", "Which algorithm", .fallback = "\"sm4_gcm\""),
              QF(bound, "绑定数据：解密时要给同样的", "Text bound to the cipher: decrypting needs the same"))
QUANJI_FIELDS(Decrypt::Input, QF(bytes, "随机数、密文、标签相接", "Nonce, ciphertext and tag in one"),
              QF(key, "密钥：凭据里的机密，SM4 16 字节、AES 32 字节", "The key, a secret of a credential: SM4 16 bytes, AES 32"),
              QF(algorithm, "算法", "Which algorithm", .fallback = "\"sm4_gcm\""),
              QF(bound, "绑定数据：与加密时相同", "Text bound to the cipher: the same as when encrypting"))
QUANJI_FIELDS(Sign::Input, QF(content, "文本（按 UTF-8）或字节", "Text (as UTF-8) or bytes"),
              QF(key, "私钥：凭据里的机密，PKCS#8 PEM 或 64 位十六进制",
                 "The private key, a secret of a credential: PKCS#8 PEM or 64 hexadecimal digits"),
              QF(algorithm, "算法", "Which algorithm", .fallback = "\"sm2\""),
              QF(signer_id, "签名者标识（SM2）", "SM2's id of the signer", .max = 1'000, .fallback = "\"1234567812345678\""),
              QF(shape, "签名的写法：raw 为 r‖s 64 字节，der 为 ASN.1", "raw: r‖s of 64 bytes; der: ASN.1", .fallback = "\"raw\""))
QUANJI_FIELDS(Sign::Output, QF(signature, "签名的字节", "The signature's bytes"))
QUANJI_FIELDS(Verify::Input, QF(content, "文本（按 UTF-8）或字节", "Text (as UTF-8) or bytes"),
              QF(signature, "签名的字节，raw 或 der", "The signature's bytes, raw or der"),
              QF(public_key, "公钥（PEM）", "The public key (PEM)", .max = 16'384),
              QF(algorithm, "算法", "Which algorithm", .fallback = "\"sm2\""),
              QF(signer_id, "签名者标识（SM2）", "SM2's id of the signer", .max = 1'000, .fallback = "\"1234567812345678\""))
QUANJI_FIELDS(Verify::Output, QF(valid, "签名成立", "Whether it holds"))

namespace {

constexpr std::size_t nonce_size = 12, tag_size = 16;

base::Cipher cipher_of(CipherWord word) { return word == CipherWord::sm4_gcm ? base::Cipher::sm4_gcm : base::Cipher::aes_256_gcm; }
base::KeyKind kind_of(SignWord word) { return word == SignWord::sm2 ? base::KeyKind::sm2 : base::KeyKind::ed25519; }

Failure other_kind(SignWord wanted, base::KeyKind found) {
  return bad_key(Text(fmt::format("这是 {} 的密钥，不是 {} 的：改 algorithm，或换凭据里的密钥", base::to_text(found), base::word(wanted)),
                      fmt::format("this is a key of {}, not of {}: say the other algorithm, or change the credential's key",
                                  base::to_text(found), base::word(wanted))));
}
Outcome<base::PrivateKey> private_key(const Secret& written, SignWord algorithm) {
  if (written.reveal().find("-----BEGIN") != std::string_view::npos) {
    auto key = base::PrivateKey::from_pem(written);
    if (!key)
      return bad_key(Text("私钥读不懂：应为不加口令的 PKCS#8（-----BEGIN PRIVATE KEY-----）",
                          "the private key cannot be read: it is PKCS#8 without a password (-----BEGIN PRIVATE KEY-----)"));
    if (key->kind() != kind_of(algorithm)) return other_kind(algorithm, key->kind());
    return std::move(*key);
  }
  QUANJI_TRY(const auto raw, key_bytes(written, 32));
  auto key = base::PrivateKey::from_raw(kind_of(algorithm), raw);
  if (!key) return bad_key(Text("私钥不在曲线的范围内", "the private key is outside of the curve's range"));
  return std::move(*key);
}
Outcome<void> check_signer(std::string_view id) {
  if (id.find(',') == std::string_view::npos) return {};
  return engine::system_failure("invalid_argument", Text("signer_id 不能含逗号", "`signer_id` holds no comma"));
}
engine::ErrorCode not_authentic() {
  return {"not_authentic",
          flow::ErrorKind::business,
          {"密文被改动、不完整、密钥或绑定数据不同：向发送方核对后重新取得",
           "the cipher was changed or cut, or key or bound text differ: compare with the sender and get it again"}};
}

}  // namespace

ActivityInfo Encrypt::info() {
  ActivityInfo info;
  info.id = "crypto.encrypt";
  info.title = {"加密", "Encrypt"};
  info.sentence = {"加密（随机数、密文、标签相接）。", "Encrypts; nonce, text and tag in one."};
  info.effect = flow::Effect::none;
  info.errors = {bad_key_code()};
  info.examples = {{{"国密加密再解开", "Encrypted by SM4 and opened again"},
                    R"(- do: crypto.encrypt
  with:
    content: 客户号 10086
    key: =asset("sm4_key")
    bound: "2026-11-20"
  save: sealed
- do: crypto.decrypt
  with:
    bytes: =sealed
    key: =asset("sm4_key")
    bound: "2026-11-20"
  save: opened
- return: {text: =opened.decode()}
)",
                    R"({"text":"客户号 10086"})"}};
  return info;
}
Outcome<Encrypt::Output> Encrypt::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto content, content_of(input.content));
  const auto cipher = cipher_of(input.algorithm);
  QUANJI_TRY(const auto secret, context.open_secret(input.key));
  QUANJI_TRY(const auto key, key_bytes(secret, base::key_size(cipher)));
  QUANJI_TRY(const auto sealed, base::seal(cipher, key, content, base::bytes_of(input.bound.value_or(std::string())), context.random()));
  Output output{sealed.nonce};
  output.bytes.insert(output.bytes.end(), sealed.ciphertext.begin(), sealed.ciphertext.end());
  return output;
}

ActivityInfo Decrypt::info() {
  ActivityInfo info;
  info.id = "crypto.decrypt";
  info.title = {"解密", "Decrypt"};
  info.sentence = {"解密并验真。", "Decrypts, and proves it genuine."};
  info.effect = flow::Effect::none;
  info.errors = {bad_key_code(), not_authentic()};
  info.examples = {{{"对方用 AES-256-GCM 加密的 16 个零字节", "Sixteen zero bytes the other side sealed by AES-256-GCM"},
                    R"(- do: crypto.decrypt
  with:
    bytes: =bytes.fromhex("000000000000000000000000cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919")
    key: =asset("aes_key")
    algorithm: aes_gcm
  save: opened
- return: {hex: =opened.hex()}
)",
                    R"({"hex":"00000000000000000000000000000000"})"}};
  return info;
}
Outcome<Decrypt::Output> Decrypt::run(ActivityContext& context, const Input& input) {
  const auto cipher = cipher_of(input.algorithm);
  QUANJI_TRY(const auto secret, context.open_secret(input.key));
  QUANJI_TRY(const auto key, key_bytes(secret, base::key_size(cipher)));
  if (input.bytes.size() < nonce_size + tag_size)
    return engine::business_failure(
        "not_authentic",
        Text(fmt::format("密文只有 {} 字节，随机数和标签就要 {}：内容被截断，或不是这里加密的", input.bytes.size(), nonce_size + tag_size),
             fmt::format("the cipher has {} bytes, nonce and tag alone have {}: it was cut, or is none of these", input.bytes.size(),
                         nonce_size + tag_size)));
  base::Sealed sealed{cipher, {}, {}};
  sealed.nonce.assign(input.bytes.begin(), input.bytes.begin() + nonce_size);
  sealed.ciphertext.assign(input.bytes.begin() + nonce_size, input.bytes.end());
  const auto opened = base::open(sealed, key, base::bytes_of(input.bound.value_or(std::string())));
  if (!opened && opened.error().code() == base::Code::bad_signature)
    return engine::business_failure("not_authentic",
                                    Text("密文解不开：内容被改动，或密钥、算法、绑定数据与加密时不同",
                                         "the cipher does not open: it was changed, or key, algorithm or bound text are not "
                                         "those it was made with"));
  if (!opened) return engine::failure_of(opened.error());
  const auto plain = opened->reveal_bytes();
  return Output{base::Bytes(plain.begin(), plain.end())};
}

ActivityInfo Sign::info() {
  ActivityInfo info;
  info.id = "crypto.sign";
  info.title = {"签名", "Sign"};
  info.sentence = {"用私钥签名。", "Signs with a private key."};
  info.effect = flow::Effect::none;
  info.errors = {bad_key_code()};
  info.examples = {
      {{"Ed25519 签名", "Signed by Ed25519"},
       R"(- do: crypto.sign
  with:
    content: r
    key: =asset("ed25519_key")
    algorithm: ed25519
  save: signature
- return: {hex: =signature.hex()}
)",
       R"({"hex":"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"})"}};
  return info;
}
Outcome<Sign::Output> Sign::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto content, content_of(input.content));
  QUANJI_DO(check_signer(input.signer_id));
  if (input.algorithm == SignWord::ed25519 && input.shape == SignatureShape::der)
    return engine::system_failure(
        "invalid_argument", Text("Ed25519 的签名只有 raw 一种写法：去掉 shape", "a signature of Ed25519 is raw only: leave `shape` out"));
  QUANJI_TRY(const auto secret, context.open_secret(input.key));
  QUANJI_TRY(const auto key, private_key(secret, input.algorithm));
  QUANJI_TRY(auto signature, key.sign(content, input.signer_id, context.random()));
  if (input.shape == SignatureShape::der) {
    QUANJI_TRY(auto der, base::signature_to_der(signature));
    return Output{std::move(der)};
  }
  return Output{std::move(signature)};
}

ActivityInfo Verify::info() {
  ActivityInfo info;
  info.id = "crypto.verify";
  info.title = {"验签", "Verify"};
  info.sentence = {"验签。", "Verifies a signature."};
  info.effect = flow::Effect::none;
  info.errors = {bad_key_code()};
  info.examples = {{{"SM2 签名后用公钥验", "Signed by SM2 and verified with the public key"},
                    R"(- do: crypto.sign
  with:
    content: 指令 42
    key: =asset("sm2_key")
    shape: der
  save: signature
- do: crypto.verify
  with:
    content: 指令 42
    signature: =signature
    public_key: |
      -----BEGIN PUBLIC KEY-----
      MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAEr1OycbOIZ8MGJBuBG9rSwflN5HT/
      anQH2cwq9k4qpQ3OrTF2rXl9dXNS1cFHJUHupdlGA5o4zEujvqtO7A6mdg==
      -----END PUBLIC KEY-----
  save: valid
- return: {valid: =valid}
)",
                    R"({"valid":true})"}};
  return info;
}
Outcome<Verify::Output> Verify::run(ActivityContext&, const Input& input) {
  QUANJI_TRY(const auto content, content_of(input.content));
  QUANJI_DO(check_signer(input.signer_id));
  auto key = base::PublicKey::from_pem(input.public_key);
  if (!key)
    return bad_key(Text("公钥读不懂：应为 -----BEGIN PUBLIC KEY----- 的 PEM（SM2 或 Ed25519）",
                        "the public key cannot be read: it is PEM, -----BEGIN PUBLIC KEY----- (SM2 or Ed25519)"));
  if (key->kind() != kind_of(input.algorithm)) return other_kind(input.algorithm, key->kind());
  if (key->verify(content, input.signature, input.signer_id).ok()) return Output{true};
  // A raw signature has 64 bytes; DER may have as many, when r and s are short: so both are tried.
  if (input.algorithm == SignWord::sm2)
    if (const auto raw = base::signature_from_der(input.signature)) return Output{key->verify(content, *raw, input.signer_id).ok()};
  return Output{false};
}

}  // namespace quanji::activities::crypto
