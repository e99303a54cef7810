// crypto: digests, encryption and signatures with keys of the vault, in the algorithms of both worlds (SHA-2, AES, Ed25519; SM3, SM4, SM2).
//
// How a credential writes a key: for encrypt and decrypt hexadecimal or Base64 of exactly the algorithm's length (AES 32 bytes, SM4 16);
// for sign PKCS#8 PEM, or 64 hexadecimal digits; for hmac its text as it is; `hex:`, `base64:` or `text:` in front says it outright.
// A one-time code's key is Base32, as the page that shows the QR code writes it.
#pragma once
#include <optional>
#include <string>

#include "base/content_digest.h"
#include "engine/activity.h"
#include "values/field_values.h"

namespace quanji::activities::crypto {

enum class DigestShape : std::uint8_t { hex, base64 };
enum class MacHash : std::uint8_t { sha256, sha512, sm3 };
enum class CipherWord : std::uint8_t { sm4_gcm, aes_gcm };
enum class SignWord : std::uint8_t { sm2, ed25519 };
enum class SignatureShape : std::uint8_t { raw, der };
enum class RandomShape : std::uint8_t { hex, base64, digits };
enum class CodeHash : std::uint8_t { sha1, sha256, sm3 };

struct DigestText {
  std::string digest;
  static const base::FieldList& fields();
};
struct BytesOut {
  base::Bytes bytes;
  static const base::FieldList& fields();
};

struct Hash {
  struct Input {
    values::Value content;
    base::ContentHash algorithm = base::ContentHash::sha256;
    DigestShape shape = DigestShape::hex;
    static const base::FieldList& fields();
  };
  using Output = DigestText;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Hmac {
  struct Input {
    values::Value content;
    values::SecretRef key;
    MacHash algorithm = MacHash::sha256;
    DigestShape shape = DigestShape::hex;
    static const base::FieldList& fields();
  };
  using Output = DigestText;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
// The bytes are nonce (12), ciphertext, tag (16), in this order.
struct Encrypt {
  struct Input {
    values::Value content;
    values::SecretRef key;
    CipherWord algorithm = CipherWord::sm4_gcm;
    std::optional<std::string> bound;
    static const base::FieldList& fields();
  };
  using Output = BytesOut;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Decrypt {
  struct Input {
    base::Bytes bytes;
    values::SecretRef key;
    CipherWord algorithm = CipherWord::sm4_gcm;
    std::optional<std::string> bound;
    static const base::FieldList& fields();
  };
  using Output = BytesOut;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
// raw: r‖s of 64 bytes (Ed25519 has no other); der: SEQUENCE { r, s }, what most Chinese gateways take.
struct Sign {
  struct Input {
    values::Value content;
    values::SecretRef key;
    SignWord algorithm = SignWord::sm2;
    std::string signer_id;
    SignatureShape shape = SignatureShape::raw;
    static const base::FieldList& fields();
  };
  struct Output {
    base::Bytes signature;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
// A signature of either shape.
struct Verify {
  struct Input {
    values::Value content;
    base::Bytes signature;
    std::string public_key;
    SignWord algorithm = SignWord::sm2;
    std::string signer_id;
    static const base::FieldList& fields();
  };
  struct Output {
    bool valid = false;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Random {
  struct Input {
    std::int64_t size = 16;
    RandomShape shape = RandomShape::hex;
    static const base::FieldList& fields();
  };
  struct Output {
    std::string text;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct OneTimeCode {
  struct Input {
    values::SecretRef key;
    std::int64_t digits = 6;
    values::Duration every;
    CodeHash algorithm = CodeHash::sha1;
    static const base::FieldList& fields();
  };
  struct Output {
    std::string code;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};

// ---- how keys are written ----

// The key's bytes. `size`: what it must be long; 0: any length but none, and a text without a word in front is the key itself.
// bad_key says the length found and the one wanted, nothing else.
engine::Outcome<base::Secret> key_bytes(const base::Secret& written, std::size_t size);
// What `content` may be: text as UTF-8, or bytes. invalid_argument for anything else.
engine::Outcome<std::span<const std::uint8_t>> content_of(const values::Value& content);
engine::Failure bad_key(base::Text why);
engine::ErrorCode bad_key_code();

}  // namespace quanji::activities::crypto

QUANJI_ENUM(quanji::base::ContentHash, "sha256", "sha512", "sm3", "md5");
QUANJI_ENUM(quanji::activities::crypto::DigestShape, "hex", "base64");
QUANJI_ENUM(quanji::activities::crypto::MacHash, "sha256", "sha512", "sm3");
QUANJI_ENUM(quanji::activities::crypto::CipherWord, "sm4_gcm", "aes_gcm");
QUANJI_ENUM(quanji::activities::crypto::SignWord, "sm2", "ed25519");
QUANJI_ENUM(quanji::activities::crypto::SignatureShape, "raw", "der");
QUANJI_ENUM(quanji::activities::crypto::RandomShape, "hex", "base64", "digits");
QUANJI_ENUM(quanji::activities::crypto::CodeHash, "sha1", "sha256", "sm3");
