#include <botan/ber_dec.h>
#include <botan/data_src.h>
#include <botan/der_enc.h>
#include <botan/ecdsa.h>
#include <botan/ed25519.h>
#include <botan/pkcs8.h>
#include <botan/pubkey.h>
#include <botan/sm2.h>
#include <botan/x509_key.h>
#include <fmt/format.h>

#include <array>

#include "base/botan_keys.h"

namespace quanji::base {
namespace {

constexpr std::size_t scalar_size = 32;

const Botan::EC_Group& curve_of(KeyKind kind) {
  static const Botan::EC_Group p256("secp256r1");
  static const Botan::EC_Group sm2("sm2p256v1");
  return kind == KeyKind::sm2 ? sm2 : p256;
}
std::string padding_of(KeyKind kind, std::string_view sm2_id) {
  switch (kind) {
    case KeyKind::ed25519:
      return "Pure";
    case KeyKind::sm2:
      return fmt::format("{},SM3", sm2_id);
    case KeyKind::ecdsa_p256:
      return "EMSA1(SHA-256)";
  }
  return {};
}
Error unreadable_key(std::string detail) {
  return Error(Code::invalid_field,
               Text("密钥无法读取：应为 PEM 格式的 Ed25519、SM2 或 P-256 密钥，未加密。",
                    "The key cannot be read: it must be an unencrypted Ed25519, SM2 or P-256 key in PEM."),
               std::move(detail));
}
Error wrong_signature(std::string detail) {
  return Error(Code::bad_signature, Text("签名不正确。", "The signature does not hold."), std::move(detail));
}
Error wrong_ciphertext(std::string detail) {
  return Error(Code::bad_signature,
               Text("SM2 密文不正确或不是用此密钥加密的。", "The SM2 ciphertext is damaged or was made for another key."),
               std::move(detail));
}
Status check_sm2_id(KeyKind kind, std::string_view id) {
  // Botan takes "id,hash" as one text, and the standard counts the id's bits in 16.
  if (kind == KeyKind::sm2 && (id.size() > 8191 || id.find(',') != std::string_view::npos))
    return Error(Code::invalid_field,
                 Text("SM2 签名者标识不得含逗号，且不超过 8191 字节。", "An SM2 id must hold no comma and at most 8191 bytes."));
  return {};
}
// A key as the outside writes it: SM2 as id-ecPublicKey with the curve's name (GM/T 0010, OpenSSL), not Botan's own identifier.
std::unique_ptr<Botan::Public_Key> outside_form(const PublicKey::State& state) {
  if (state.kind != KeyKind::sm2) return nullptr;
  const auto& ec = dynamic_cast<const Botan::EC_PublicKey&>(*state.key);
  return std::make_unique<Botan::ECDSA_PublicKey>(curve_of(KeyKind::sm2), ec.public_point());
}
// RFC 8032, 5.1.7: S counts only below the order; Botan 2.19 looks at its three highest bits alone.
bool ed25519_scalar_in_range(std::span<const std::uint8_t> signature) {
  static constexpr std::array<std::uint8_t, 32> order = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                                         0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                                         0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};
  for (std::size_t i = 32; i-- > 0;)
    if (signature[32 + i] != order[i]) return signature[32 + i] < order[i];
  return false;
}

}  // namespace

std::string_view to_text(KeyKind kind) {
  switch (kind) {
    case KeyKind::ed25519:
      return algorithm::ed25519;
    case KeyKind::sm2:
      return algorithm::sm2;
    case KeyKind::ecdsa_p256:
      return algorithm::ecdsa_p256;
  }
  return {};
}
Result<KeyKind> key_kind_from_text(std::string_view text) {
  for (const auto kind : {KeyKind::ed25519, KeyKind::sm2, KeyKind::ecdsa_p256})
    if (to_text(kind) == text) return kind;
  return Error(Code::not_supported,
               Text("不支持的签名算法，应为 ed25519、sm2 或 ecdsa-p256。", "Unknown signature: it is ed25519, sm2 or ecdsa-p256."),
               std::string(text.substr(0, 64)));
}
KeyKind signing_kind_of(Suite suite) { return suite == Suite::intl ? KeyKind::ed25519 : KeyKind::sm2; }

// ---- public keys ----
PublicKey::PublicKey(std::unique_ptr<State> state) : state_(std::move(state)) {}
PublicKey::PublicKey(PublicKey&&) noexcept = default;
PublicKey& PublicKey::operator=(PublicKey&&) noexcept = default;
PublicKey::~PublicKey() = default;
KeyKind PublicKey::kind() const { return state_->kind; }

Result<PublicKey> adopt(std::unique_ptr<Botan::Public_Key> key) {
  if (key->algo_name() == "Ed25519")
    return PublicKey(std::make_unique<PublicKey::State>(PublicKey::State{KeyKind::ed25519, std::move(key)}));
  const auto* ec = dynamic_cast<const Botan::EC_PublicKey*>(key.get());
  if (ec == nullptr) return unreadable_key(key->algo_name());
  const auto& point = ec->public_point();
  if (point.is_zero() || !point.on_the_curve()) return unreadable_key("the point is not on the curve");
  if (ec->domain() == curve_of(KeyKind::sm2))
    return PublicKey(std::make_unique<PublicKey::State>(
        PublicKey::State{KeyKind::sm2, std::make_unique<Botan::SM2_PublicKey>(curve_of(KeyKind::sm2), point)}));
  if (ec->domain() == curve_of(KeyKind::ecdsa_p256) && key->algo_name() == "ECDSA")
    return PublicKey(std::make_unique<PublicKey::State>(
        PublicKey::State{KeyKind::ecdsa_p256, std::make_unique<Botan::ECDSA_PublicKey>(curve_of(KeyKind::ecdsa_p256), point)}));
  return unreadable_key("another curve");
}

Result<PublicKey> PublicKey::from_pem(std::string_view pem) {
  try {
    Botan::DataSource_Memory source(bytes_of(pem).data(), pem.size());
    return adopt(std::unique_ptr<Botan::Public_Key>(Botan::X509::load_key(source)));
  } catch (const std::exception& e) {
    return unreadable_key(e.what());
  }
}
Result<PublicKey> PublicKey::from_der(std::span<const std::uint8_t> spki) {
  try {
    Botan::DataSource_Memory source(spki.data(), spki.size());
    return adopt(std::unique_ptr<Botan::Public_Key>(Botan::X509::load_key(source)));
  } catch (const std::exception& e) {
    return unreadable_key(e.what());
  }
}
Result<PublicKey> PublicKey::from_raw(KeyKind kind, std::span<const std::uint8_t> raw) {
  try {
    if (kind == KeyKind::ed25519) {
      if (raw.size() != 32) return unreadable_key("not 32 bytes");
      return adopt(std::make_unique<Botan::Ed25519_PublicKey>(raw.data(), raw.size()));
    }
    if (raw.size() != 2 * scalar_size + 1 || raw[0] != 4) return unreadable_key("not an uncompressed point");
    const auto point = curve_of(kind).OS2ECP(raw.data(), raw.size());
    return adopt(std::make_unique<Botan::ECDSA_PublicKey>(curve_of(kind), point));
  } catch (const std::exception& e) {
    return unreadable_key(e.what());
  }
}
Bytes PublicKey::to_der() const {
  const auto outside = outside_form(*state_);
  return Botan::X509::BER_encode(outside ? *outside : *state_->key);
}
std::string PublicKey::to_pem() const {
  const auto outside = outside_form(*state_);
  return Botan::X509::PEM_encode(outside ? *outside : *state_->key);
}
Bytes PublicKey::to_raw() const {
  if (state_->kind == KeyKind::ed25519) return dynamic_cast<const Botan::Ed25519_PublicKey&>(*state_->key).get_public_key();
  return dynamic_cast<const Botan::EC_PublicKey&>(*state_->key).public_point().encode(Botan::PointGFp::UNCOMPRESSED);
}
Digest PublicKey::spki_digest() const { return sha256(to_der()); }

Status PublicKey::verify(std::span<const std::uint8_t> message, std::span<const std::uint8_t> signature, std::string_view sm2_id) const {
  QUANJI_DO(check_sm2_id(state_->kind, sm2_id));
  if (signature.size() != 64) return wrong_signature("not 64 bytes");
  if (state_->kind == KeyKind::ed25519 && !ed25519_scalar_in_range(signature)) return wrong_signature("scalar out of range");
  try {
    Botan::PK_Verifier verifier(*state_->key, padding_of(state_->kind, sm2_id));
    if (verifier.verify_message(message.data(), message.size(), signature.data(), signature.size())) return {};
    return wrong_signature({});
  } catch (const std::exception& e) {
    return wrong_signature(e.what());
  }
}

// ---- private keys ----
PrivateKey::PrivateKey(std::unique_ptr<State> state) : state_(std::move(state)) {}
PrivateKey::PrivateKey(PrivateKey&&) noexcept = default;
PrivateKey& PrivateKey::operator=(PrivateKey&&) noexcept = default;
PrivateKey::~PrivateKey() = default;
KeyKind PrivateKey::kind() const { return state_->kind; }

namespace {
PrivateKey keep(KeyKind kind, std::unique_ptr<Botan::Private_Key> key) {
  return PrivateKey(std::make_unique<PrivateKey::State>(PrivateKey::State{kind, std::move(key)}));
}
// `scalar` 0 draws a new one.
PrivateKey on_curve(KeyKind kind, const Botan::BigInt& scalar, Botan::RandomNumberGenerator& rng) {
  if (kind == KeyKind::sm2) return keep(kind, std::make_unique<Botan::SM2_PrivateKey>(rng, curve_of(kind), scalar));
  return keep(kind, std::make_unique<Botan::ECDSA_PrivateKey>(rng, curve_of(kind), scalar));
}
Result<PrivateKey> from_scalar(KeyKind kind, const Botan::BigInt& scalar) {
  // GB/T 32918 asks for d in [1, n-2], ECDSA for [1, n-1].
  if (scalar < 1 || scalar >= curve_of(kind).get_order() - (kind == KeyKind::sm2 ? 1 : 0))
    return unreadable_key("the scalar is out of range");
  SystemRandom chance;  // only blinds the multiplication; the key does not depend on it
  RandomForBotan rng(chance);
  return on_curve(kind, scalar, rng);
}
}  // namespace

PrivateKey PrivateKey::generate(KeyKind kind, Random& random) {
  RandomForBotan rng(random);
  if (kind == KeyKind::ed25519) return keep(kind, std::make_unique<Botan::Ed25519_PrivateKey>(rng));
  return on_curve(kind, 0, rng);
}

Result<PrivateKey> PrivateKey::from_pem(const Secret& pem) {
  try {
    Botan::DataSource_Memory source(pem.reveal_bytes().data(), pem.size());
    auto key = Botan::PKCS8::load_key(source);
    if (key->algo_name() == "Ed25519") return keep(KeyKind::ed25519, std::move(key));
    const auto* ec = dynamic_cast<const Botan::EC_PrivateKey*>(key.get());
    if (ec == nullptr) return unreadable_key(key->algo_name());
    if (ec->domain() == curve_of(KeyKind::sm2)) return from_scalar(KeyKind::sm2, ec->private_value());
    if (ec->domain() == curve_of(KeyKind::ecdsa_p256)) return from_scalar(KeyKind::ecdsa_p256, ec->private_value());
    return unreadable_key("another curve");
  } catch (const std::exception& e) {
    return unreadable_key(e.what());
  }
}
Result<PrivateKey> PrivateKey::from_raw(KeyKind kind, const Secret& raw) {
  if (raw.size() != scalar_size) return unreadable_key("not 32 bytes");
  try {
    const auto bytes = raw.reveal_bytes();
    if (kind == KeyKind::ed25519)
      return keep(kind, std::make_unique<Botan::Ed25519_PrivateKey>(Botan::secure_vector<std::uint8_t>(bytes.begin(), bytes.end())));
    return from_scalar(kind, Botan::BigInt(bytes.data(), bytes.size()));
  } catch (const std::exception& e) {
    return unreadable_key(e.what());
  }
}
Secret PrivateKey::to_pem() const {
  std::string pem;
  if (state_->kind == KeyKind::sm2) {
    const auto& sm2 = dynamic_cast<const Botan::EC_PrivateKey&>(*state_->key);
    SystemRandom chance;
    RandomForBotan rng(chance);
    pem = Botan::PKCS8::PEM_encode(Botan::ECDSA_PrivateKey(rng, curve_of(KeyKind::sm2), sm2.private_value()));
  } else {
    pem = Botan::PKCS8::PEM_encode(*state_->key);
  }
  return Secret::take(pem);
}
PublicKey PrivateKey::public_key() const {
  std::unique_ptr<Botan::Public_Key> key;
  if (state_->kind == KeyKind::ed25519) {
    key = std::make_unique<Botan::Ed25519_PublicKey>(dynamic_cast<const Botan::Ed25519_PublicKey&>(*state_->key).get_public_key());
  } else {
    const auto& point = dynamic_cast<const Botan::EC_PublicKey&>(*state_->key).public_point();
    if (state_->kind == KeyKind::sm2)
      key = std::make_unique<Botan::SM2_PublicKey>(curve_of(KeyKind::sm2), point);
    else
      key = std::make_unique<Botan::ECDSA_PublicKey>(curve_of(KeyKind::ecdsa_p256), point);
  }
  return PublicKey(std::make_unique<PublicKey::State>(PublicKey::State{state_->kind, std::move(key)}));
}
Result<Bytes> PrivateKey::sign(std::span<const std::uint8_t> message, std::string_view sm2_id, Random& random) const {
  QUANJI_DO(check_sm2_id(state_->kind, sm2_id));
  try {
    RandomForBotan rng(random);
    Botan::PK_Signer signer(*state_->key, rng, padding_of(state_->kind, sm2_id));
    return signer.sign_message(message.data(), message.size(), rng);
  } catch (const std::exception& e) {
    return Error(Code::bug, fmt::format("sign with {}: {}", to_text(state_->kind), e.what()));
  }
}

// ---- DER ----
Result<Bytes> signature_to_der(std::span<const std::uint8_t> raw) {
  if (raw.size() != 2 * scalar_size) return wrong_signature("not 64 bytes");
  Bytes der;
  Botan::DER_Encoder(der)
      .start_cons(Botan::SEQUENCE)
      .encode(Botan::BigInt(raw.data(), scalar_size))
      .encode(Botan::BigInt(raw.data() + scalar_size, scalar_size))
      .end_cons();
  return der;
}
Result<Bytes> signature_from_der(std::span<const std::uint8_t> der) {
  try {
    Botan::BigInt r, s;
    Botan::BER_Decoder(der.data(), der.size()).start_cons(Botan::SEQUENCE).decode(r).decode(s).end_cons().verify_end();
    if (r.is_negative() || s.is_negative() || r.bytes() > scalar_size || s.bytes() > scalar_size) return wrong_signature("out of range");
    Bytes raw(2 * scalar_size);
    r.binary_encode(raw.data(), scalar_size);
    s.binary_encode(raw.data() + scalar_size, scalar_size);
    // Botan reads BER; another spelling of the same numbers would be a second form of one signature.
    QUANJI_TRY(const auto again, signature_to_der(raw));
    if (!std::ranges::equal(again, der)) return wrong_signature("not DER");
    return raw;
  } catch (const std::exception& e) {
    return wrong_signature(e.what());
  }
}

// ---- SM2 encryption ----
Result<Bytes> sm2_ciphertext_to_der(std::span<const std::uint8_t> raw) {
  if (raw.size() <= 1 + 3 * scalar_size || raw[0] != 4) return wrong_ciphertext("not 04, C1, C3, C2");
  const auto* at = raw.data() + 1;
  Bytes der;
  Botan::DER_Encoder(der)
      .start_cons(Botan::SEQUENCE)
      .encode(Botan::BigInt(at, scalar_size))
      .encode(Botan::BigInt(at + scalar_size, scalar_size))
      .encode(at + 2 * scalar_size, scalar_size, Botan::OCTET_STRING)
      .encode(at + 3 * scalar_size, raw.size() - 1 - 3 * scalar_size, Botan::OCTET_STRING)
      .end_cons();
  return der;
}
Result<Bytes> sm2_ciphertext_from_der(std::span<const std::uint8_t> der) {
  try {
    Botan::BigInt x, y;
    Bytes hash, cipher;
    Botan::BER_Decoder(der.data(), der.size())
        .start_cons(Botan::SEQUENCE)
        .decode(x)
        .decode(y)
        .decode(hash, Botan::OCTET_STRING)
        .decode(cipher, Botan::OCTET_STRING)
        .end_cons()
        .verify_end();
    if (x.is_negative() || y.is_negative() || x.bytes() > scalar_size || y.bytes() > scalar_size || hash.size() != scalar_size ||
        cipher.empty())
      return wrong_ciphertext("out of range");
    Bytes raw(1 + 2 * scalar_size);
    raw[0] = 4;
    x.binary_encode(raw.data() + 1, scalar_size);
    y.binary_encode(raw.data() + 1 + scalar_size, scalar_size);
    raw.insert(raw.end(), hash.begin(), hash.end());
    raw.insert(raw.end(), cipher.begin(), cipher.end());
    return raw;
  } catch (const std::exception& e) {
    return wrong_ciphertext(e.what());
  }
}

Result<Bytes> sm2_encrypt(const PublicKey& key, std::span<const std::uint8_t> plain, Random& random) {
  if (key.kind() != KeyKind::sm2) return Error(Code::bug, "sm2_encrypt with another kind of key");
  if (plain.empty() || plain.size() > 65536)
    return Error(Code::too_large, Text("SM2 加密的内容应为 1 至 65536 字节。", "SM2 encrypts 1 to 65536 bytes."));
  try {
    RandomForBotan rng(random);
    Botan::PK_Encryptor_EME encryptor(*key.state().key, rng, "SM3");
    return sm2_ciphertext_from_der(encryptor.encrypt(plain.data(), plain.size(), rng));
  } catch (const std::exception& e) {
    return Error(Code::bug, fmt::format("sm2_encrypt: {}", e.what()));
  }
}
Result<Secret> sm2_decrypt(const PrivateKey& key, std::span<const std::uint8_t> raw, Random& random) {
  if (key.kind() != KeyKind::sm2) return Error(Code::bug, "sm2_decrypt with another kind of key");
  QUANJI_TRY(const auto der, sm2_ciphertext_to_der(raw));
  try {
    // A point off the curve must never meet the private key.
    const auto point = curve_of(KeyKind::sm2).OS2ECP(raw.data(), 1 + 2 * scalar_size);
    if (point.is_zero() || !point.on_the_curve()) return wrong_ciphertext("the point is not on the curve");
    RandomForBotan rng(random);
    Botan::PK_Decryptor_EME decryptor(*key.state().key, rng, "SM3");
    const auto plain = decryptor.decrypt(der.data(), der.size());
    return Secret(std::span<const std::uint8_t>(plain.data(), plain.size()));
  } catch (const std::exception& e) {
    return wrong_ciphertext(e.what());
  }
}

}  // namespace quanji::base
