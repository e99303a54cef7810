// Cryptography by suite: intl (AES-256-GCM, Argon2id, Ed25519) and gm (SM4-GCM, PBKDF2-HMAC-SM3, SM2).
// Every output carries the id of its algorithm, so both suites can be read whatever the present one is.
// Reads foreign bytes: fuzz/envelope.cpp
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace quanji::base {

enum class Suite : std::uint8_t { intl, gm };
std::string_view to_text(Suite suite);  // "intl", "gm"
Result<Suite> suite_from_text(std::string_view text);
Hash hash_of(Suite suite);  // sha256, sm3
Mac mac_of(Suite suite);    // hmac_sha256, hmac_sm3

namespace algorithm {
inline constexpr std::string_view aes_256_gcm = "aes-256-gcm", sm4_gcm = "sm4-gcm", hmac_sha256 = "hmac-sha256", hmac_sm3 = "hmac-sm3",
                                  argon2id = "argon2id", pbkdf2_hmac_sm3 = "pbkdf2-hmac-sm3", ed25519 = "ed25519", sm2 = "sm2",
                                  ecdsa_p256 = "ecdsa-p256";
}

// ---- authenticated encryption ----
enum class Cipher : std::uint8_t { aes_256_gcm, sm4_gcm };
std::string_view to_text(Cipher cipher);
Result<Cipher> cipher_from_text(std::string_view text);
Cipher cipher_of(Suite suite);
std::size_t key_size(Cipher cipher);  // bytes: 32, 16

// 96-bit random nonce; the ciphertext ends with its 128-bit tag. A key is good for 2^32 messages.
struct Sealed {
  Cipher cipher{};
  Bytes nonce;
  Bytes ciphertext;
};
// A key of the wrong size is a bug of the caller and is answered as such.
Result<Sealed> seal(Cipher cipher, const Secret& key, std::span<const std::uint8_t> plain, std::span<const std::uint8_t> associated,
                    Random& random);
// Code::bad_signature when anything was changed, cut or belongs elsewhere; nothing of the plaintext is given then.
Result<Secret> open(const Sealed& sealed, const Secret& key, std::span<const std::uint8_t> associated);
// "aes-256-gcm.<nonce>.<ciphertext>", both base64url.
std::string to_text(const Sealed& sealed);
Result<Sealed> parse_sealed(std::string_view text);

// RFC 5869 (with SM3: the same construction). At most 255 × 32 bytes.
Secret hkdf(Mac mac, const Secret& key, std::span<const std::uint8_t> salt, std::string_view info, std::size_t size);

// ---- passwords ----
struct PasswordCost {
  std::uint32_t argon2_memory_kib = 19456;
  std::uint32_t argon2_passes = 2;
  std::uint32_t pbkdf2_rounds = 600'000;
};
enum class Verdict : std::uint8_t { right, wrong };
// "$argon2id$v=19$m=19456,t=2,p=1$salt$hash" or "$pbkdf2-hmac-sm3$i=600000$salt$hash". Slow on purpose (tens to hundreds of ms):
// only on the slow pool.
std::string hash_password(Suite suite, const Secret& password, Random& random, const PasswordCost& cost = {});
// A hash that no password has, made at once; checking a password against it takes as long as against a real one.
std::string hash_of_nobody(Suite suite, Random& random, const PasswordCost& cost = {});
// Of either suite, in constant time. An unreadable `stored`, or one that asks for more than 256 MiB, is Code::bug.
Result<Verdict> check_password(std::string_view stored, const Secret& password);
// Made by another suite or cheaper than asked: hash again at the next successful sign-in.
bool needs_rehash(std::string_view stored, Suite suite, const PasswordCost& cost = {});

// ---- key pairs ----
enum class KeyKind : std::uint8_t { ed25519, sm2, ecdsa_p256 };
std::string_view to_text(KeyKind kind);  // the algorithm ids
Result<KeyKind> key_kind_from_text(std::string_view text);
KeyKind signing_kind_of(Suite suite);  // ed25519, sm2

// The signer's id of GB/T 32918 part 2. Both sides must use the same one; there is no implicit default anywhere below.
inline constexpr std::string_view sm2_default_id = "1234567812345678";

class PublicKey {
 public:
  static Result<PublicKey> from_pem(std::string_view pem);  // SubjectPublicKeyInfo
  static Result<PublicKey> from_der(std::span<const std::uint8_t> spki);
  // SM2 or P-256 from the uncompressed point 04‖x‖y; Ed25519 from its 32 bytes. A point that is not on the curve is refused.
  static Result<PublicKey> from_raw(KeyKind kind, std::span<const std::uint8_t> raw);
  PublicKey(PublicKey&&) noexcept;
  PublicKey& operator=(PublicKey&&) noexcept;
  ~PublicKey();
  KeyKind kind() const;
  std::string to_pem() const;
  Bytes to_der() const;
  Bytes to_raw() const;
  Digest spki_digest() const;  // SHA-256 of to_der(): the name of the key
  // Signatures are raw: r‖s of 64 bytes for SM2 and P-256 (SHA-256), 64 bytes for Ed25519. `id` counts for SM2 only.
  // Code::bad_signature when it does not hold.
  Status verify(std::span<const std::uint8_t> message, std::span<const std::uint8_t> signature, std::string_view sm2_id) const;

  struct State;
  explicit PublicKey(std::unique_ptr<State> state);
  const State& state() const { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

class PrivateKey {
 public:
  static PrivateKey generate(KeyKind kind, Random& random);
  static Result<PrivateKey> from_pem(const Secret& pem);  // PKCS#8, not encrypted
  // SM2 or P-256 from the 32-byte scalar, Ed25519 from its 32-byte seed.
  static Result<PrivateKey> from_raw(KeyKind kind, const Secret& raw);
  PrivateKey(PrivateKey&&) noexcept;
  PrivateKey& operator=(PrivateKey&&) noexcept;
  ~PrivateKey();
  KeyKind kind() const;
  Secret to_pem() const;
  PublicKey public_key() const;
  // `sm2_id` must hold no comma and be at most 8191 bytes long; for the other kinds it is not used.
  Result<Bytes> sign(std::span<const std::uint8_t> message, std::string_view sm2_id, Random& random) const;

  struct State;
  explicit PrivateKey(std::unique_ptr<State> state);
  const State& state() const { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

// r‖s of 64 bytes to DER SEQUENCE { r, s } and back (SM2, P-256). Strict DER.
Result<Bytes> signature_to_der(std::span<const std::uint8_t> raw);
Result<Bytes> signature_from_der(std::span<const std::uint8_t> der);

// GB/T 32918 part 4. Raw form 04‖C1‖C3‖C2 as Chinese peers use it (some leave the 04 away: put it back first); 1 byte to 64 KiB of
// plaintext.
Result<Bytes> sm2_encrypt(const PublicKey& key, std::span<const std::uint8_t> plain, Random& random);
Result<Secret> sm2_decrypt(const PrivateKey& key, std::span<const std::uint8_t> raw, Random& random);
// GM/T 0009 SEQUENCE { x, y, hash, cipher } to raw and back.
Result<Bytes> sm2_ciphertext_from_der(std::span<const std::uint8_t> der);
Result<Bytes> sm2_ciphertext_to_der(std::span<const std::uint8_t> raw);

// ---- one-time codes (RFC 6238) ----
enum class TotpHash : std::uint8_t { sha1, sha256, sha512, sm3 };  // telephones know sha1
struct TotpRule {
  TotpHash hash = TotpHash::sha1;
  int digits = 6;  // 6 to 8
  int period_seconds = 30;
  int window = 1;  // periods accepted before and after the present one
};
std::string totp(const Secret& key, Time at, const TotpRule& rule = {});
// The counter of the period the code belongs to, to be kept as `last_used`; nothing when it is wrong or its period was used before.
// Give -1 as `last_used` when no code was used yet.
std::optional<std::int64_t> check_totp(const Secret& key, std::string_view code, Time at, std::int64_t last_used,
                                       const TotpRule& rule = {});
// "otpauth://totp/…" for a QR code. It holds the key.
Secret totp_uri(const Secret& key, std::string_view issuer, std::string_view account, const TotpRule& rule = {});

}  // namespace quanji::base
