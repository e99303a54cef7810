#include "base/seal_to_key.h"

#include <botan/ecdh.h>
#include <botan/ecdsa.h>
#include <botan/pubkey.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/botan_keys.h"
#include "base/bytes.h"

namespace quanji::base {
namespace {

constexpr std::string_view mark = "qjk1.";
constexpr std::string_view ecies_word = "ecies-p256", sm2_word = "sm2";
constexpr std::string_view key_info = "quanji seal-to-key 1";
constexpr std::size_t point_size = 65, nonce_size = 12, tag_size = 16, purpose_size = 32;
constexpr std::size_t most_plain = 65536 - purpose_size;

Error not_ours(std::string detail) {
  return Error(Code::bad_signature,
               Text("密文无法解开：内容被改动、不完整，或不是为此密钥和用途封装的。",
                    "The ciphertext does not open: it was changed, is not whole, or was made for another key or purpose."),
               std::move(detail));
}
Error no_key(std::string detail) {
  return Error(Code::invalid_field,
               Text("公钥无法读取：应为 ecdsa-p256.<点> 或 sm2.<点>，点为 base64url 的 04‖x‖y。",
                    "The public key cannot be read: it is ecdsa-p256.<point> or sm2.<point>, the point 04‖x‖y in "
                    "base64url."),
               std::move(detail));
}

// The key both sides come to; `fresh` and `receiver` are the two points as sent.
Secret shared_key(const Botan::BigInt& scalar, std::span<const std::uint8_t> other, std::span<const std::uint8_t> fresh,
                  std::span<const std::uint8_t> receiver, Random& random) {
  static const Botan::EC_Group p256("secp256r1");
  RandomForBotan rng(random);
  const Botan::ECDH_PrivateKey mine(rng, p256, scalar);
  const Botan::PK_Key_Agreement agreement(mine, rng, "Raw");
  const auto x = agreement.derive_key(0, other.data(), other.size()).bits_of();
  Bytes salt(fresh.begin(), fresh.end());
  salt.insert(salt.end(), receiver.begin(), receiver.end());
  return hkdf(Mac::hmac_sha256, Secret(std::span<const std::uint8_t>(x.data(), x.size())), salt, key_info, key_size(Cipher::aes_256_gcm));
}

Result<std::string> seal_ecies(const PublicKey& key, const Secret& plain, std::string_view purpose, Random& random) {
  try {
    const auto fresh = PrivateKey::generate(KeyKind::ecdsa_p256, random);
    const auto point = fresh.public_key().to_raw(), receiver = key.to_raw();
    const auto& scalar = dynamic_cast<const Botan::EC_PrivateKey&>(*fresh.state().key).private_value();
    const auto shared = shared_key(scalar, receiver, point, receiver, random);
    QUANJI_TRY(const auto sealed, seal(Cipher::aes_256_gcm, shared, plain.reveal_bytes(), bytes_of(purpose), random));
    Bytes raw = point;
    raw.insert(raw.end(), sealed.nonce.begin(), sealed.nonce.end());
    raw.insert(raw.end(), sealed.ciphertext.begin(), sealed.ciphertext.end());
    return fmt::format("{}{}.{}", mark, ecies_word, base64url(raw));
  } catch (const std::exception& e) {
    return Error(Code::bug, fmt::format("seal_to_key: {}", e.what()));
  }
}
Result<Secret> open_ecies(const PrivateKey& key, std::span<const std::uint8_t> raw, std::string_view purpose, Random& random) {
  if (raw.size() < point_size + nonce_size + tag_size) return not_ours("too short");
  // A point off the curve must never meet the private key: from_raw refuses it.
  if (auto fresh = PublicKey::from_raw(KeyKind::ecdsa_p256, raw.first(point_size)); !fresh) return not_ours("the point");
  try {
    const auto receiver = key.public_key().to_raw();
    const auto& scalar = dynamic_cast<const Botan::EC_PrivateKey&>(*key.state().key).private_value();
    const auto shared = shared_key(scalar, raw.first(point_size), raw.first(point_size), receiver, random);
    const auto nonce = raw.subspan(point_size, nonce_size), cipher = raw.subspan(point_size + nonce_size);
    const Sealed sealed{Cipher::aes_256_gcm, Bytes(nonce.begin(), nonce.end()), Bytes(cipher.begin(), cipher.end())};
    auto plain = open(sealed, shared, bytes_of(purpose));
    if (!plain) return not_ours("authentication tag");
    return plain;
  } catch (const std::exception& e) {
    return not_ours(e.what());
  }
}

Result<std::string> seal_sm2(const PublicKey& key, const Secret& plain, std::string_view purpose, Random& random) {
  const auto what = digest(Hash::sm3, bytes_of(purpose));
  auto both = Secret::of_size(purpose_size + plain.size());
  std::copy(what.begin(), what.end(), both.writable().begin());
  std::copy(plain.reveal_bytes().begin(), plain.reveal_bytes().end(), both.writable().begin() + purpose_size);
  QUANJI_TRY(const auto raw, sm2_encrypt(key, both.reveal_bytes(), random));
  return fmt::format("{}{}.{}", mark, sm2_word, base64url(raw));
}
Result<Secret> open_sm2(const PrivateKey& key, std::span<const std::uint8_t> raw, std::string_view purpose, Random& random) {
  auto both = sm2_decrypt(key, raw, random);
  if (!both) return not_ours("sm2");
  const auto what = digest(Hash::sm3, bytes_of(purpose));
  const auto bytes = both->reveal_bytes();
  if (bytes.size() < purpose_size || !equal_in_constant_time(bytes.first(purpose_size), what)) return not_ours("purpose");
  return Secret(bytes.subspan(purpose_size));
}

}  // namespace

KeyKind sealing_kind_of(Suite suite) { return suite == Suite::intl ? KeyKind::ecdsa_p256 : KeyKind::sm2; }

std::string sealing_key_text(const PublicKey& key) { return fmt::format("{}.{}", to_text(key.kind()), base64url(key.to_raw())); }
Result<PublicKey> sealing_key_from_text(std::string_view text) {
  const auto dot = text.find('.');
  if (dot == std::string_view::npos) return no_key("no kind");
  const auto kind = key_kind_from_text(text.substr(0, dot));
  if (!kind || *kind == KeyKind::ed25519) return no_key("kind");
  const auto raw = from_base64url(text.substr(dot + 1));
  if (!raw) return no_key("base64url");
  auto key = PublicKey::from_raw(*kind, *raw);
  if (!key) return no_key("the point");
  return key;
}

Result<std::string> seal_to_key(const PublicKey& key, const Secret& plain, std::string_view purpose, Random& random) {
  if (plain.size() > most_plain)
    return Error(Code::too_large, Text("一次最多封装 65504 字节。", "At most 65504 bytes are sealed to a key."));
  switch (key.kind()) {
    case KeyKind::ecdsa_p256:
      return seal_ecies(key, plain, purpose, random);
    case KeyKind::sm2:
      return seal_sm2(key, plain, purpose, random);
    case KeyKind::ed25519:
      break;
  }
  return Error(Code::bug, "seal_to_key with a key that only signs");
}

Result<Secret> open_sealed_to_key(const PrivateKey& key, std::string_view text, std::string_view purpose, Random& random) {
  if (!text.starts_with(mark)) return not_ours("not qjk1");
  text.remove_prefix(mark.size());
  const auto dot = text.find('.');
  if (dot == std::string_view::npos) return not_ours("no kind");
  const auto kind = text.substr(0, dot);
  const auto raw = from_base64url(text.substr(dot + 1));
  if (!raw) return not_ours("base64url");
  if (kind == ecies_word && key.kind() == KeyKind::ecdsa_p256) return open_ecies(key, *raw, purpose, random);
  if (kind == sm2_word && key.kind() == KeyKind::sm2) return open_sm2(key, *raw, purpose, random);
  return not_ours("another kind of key");
}

}  // namespace quanji::base
