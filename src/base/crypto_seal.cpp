#include <botan/aead.h>
#include <botan/exceptn.h>
#include <botan/kdf.h>
#include <fmt/format.h>

#include "base/crypto.h"

namespace quanji::base {
namespace {

constexpr std::size_t nonce_size = 12;
constexpr std::size_t tag_size = 16;

const char* botan_name(Cipher cipher) { return cipher == Cipher::aes_256_gcm ? "AES-256/GCM" : "SM4/GCM"; }
Error not_ours(std::string detail) {
  return Error(Code::bad_signature,
               Text("密文无法解开：内容被改动、不完整，或不属于此处。",
                    "The ciphertext does not open: it was changed, is not whole, or belongs elsewhere."),
               std::move(detail));
}

}  // namespace

std::string_view to_text(Suite suite) { return suite == Suite::intl ? "intl" : "gm"; }
Result<Suite> suite_from_text(std::string_view text) {
  for (const auto suite : {Suite::intl, Suite::gm})
    if (to_text(suite) == text) return suite;
  return Error(Code::invalid_field, Text("密码套件应为 intl 或 gm。", "The suite is intl or gm."), std::string(text.substr(0, 64)));
}
Hash hash_of(Suite suite) { return suite == Suite::intl ? Hash::sha256 : Hash::sm3; }
Mac mac_of(Suite suite) { return suite == Suite::intl ? Mac::hmac_sha256 : Mac::hmac_sm3; }
Cipher cipher_of(Suite suite) { return suite == Suite::intl ? Cipher::aes_256_gcm : Cipher::sm4_gcm; }
std::string_view to_text(Cipher cipher) { return cipher == Cipher::aes_256_gcm ? algorithm::aes_256_gcm : algorithm::sm4_gcm; }
Result<Cipher> cipher_from_text(std::string_view text) {
  for (const auto cipher : {Cipher::aes_256_gcm, Cipher::sm4_gcm})
    if (to_text(cipher) == text) return cipher;
  return Error(Code::not_supported,
               Text("不支持的加密算法，应为 aes-256-gcm 或 sm4-gcm。", "Unknown cipher: it is aes-256-gcm or sm4-gcm."),
               std::string(text.substr(0, 64)));
}
std::size_t key_size(Cipher cipher) { return cipher == Cipher::aes_256_gcm ? 32 : 16; }

Result<Sealed> seal(Cipher cipher, const Secret& key, std::span<const std::uint8_t> plain, std::span<const std::uint8_t> associated,
                    Random& random) {
  if (key.size() != key_size(cipher)) return Error(Code::bug, fmt::format("a key of {} bytes for {}", key.size(), to_text(cipher)));
  try {
    auto mode = Botan::AEAD_Mode::create_or_throw(botan_name(cipher), Botan::ENCRYPTION);
    mode->set_key(key.reveal_bytes().data(), key.size());
    mode->set_associated_data(associated.data(), associated.size());
    Sealed sealed{cipher, Bytes(nonce_size), {}};
    random.fill(sealed.nonce);
    mode->start(sealed.nonce.data(), sealed.nonce.size());
    Botan::secure_vector<std::uint8_t> buffer;
    buffer.reserve(plain.size() + tag_size);
    buffer.assign(plain.begin(), plain.end());
    mode->finish(buffer);
    sealed.ciphertext.assign(buffer.begin(), buffer.end());
    return sealed;
  } catch (const std::exception& e) {
    return Error(Code::bug, fmt::format("seal with {}: {}", to_text(cipher), e.what()));
  }
}

Result<Secret> open(const Sealed& sealed, const Secret& key, std::span<const std::uint8_t> associated) {
  if (key.size() != key_size(sealed.cipher))
    return Error(Code::bug, fmt::format("a key of {} bytes for {}", key.size(), to_text(sealed.cipher)));
  if (sealed.nonce.size() != nonce_size || sealed.ciphertext.size() < tag_size) return not_ours("too short");
  try {
    auto mode = Botan::AEAD_Mode::create_or_throw(botan_name(sealed.cipher), Botan::DECRYPTION);
    mode->set_key(key.reveal_bytes().data(), key.size());
    mode->set_associated_data(associated.data(), associated.size());
    mode->start(sealed.nonce.data(), sealed.nonce.size());
    Botan::secure_vector<std::uint8_t> buffer(sealed.ciphertext.begin(), sealed.ciphertext.end());
    mode->finish(buffer);
    return Secret(std::span<const std::uint8_t>(buffer.data(), buffer.size()));
  } catch (const Botan::Invalid_Authentication_Tag&) {
    return not_ours("authentication tag");
  } catch (const std::exception& e) {
    return Error(Code::bug, fmt::format("open with {}: {}", to_text(sealed.cipher), e.what()));
  }
}

std::string to_text(const Sealed& sealed) {
  return fmt::format("{}.{}.{}", to_text(sealed.cipher), base64url(sealed.nonce), base64url(sealed.ciphertext));
}
Result<Sealed> parse_sealed(std::string_view text) {
  const auto first = text.find('.');
  const auto second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second == std::string_view::npos || text.find('.', second + 1) != std::string_view::npos) return not_ours("not three parts");
  QUANJI_TRY(const auto cipher, cipher_from_text(text.substr(0, first)));
  QUANJI_TRY(auto nonce, from_base64url(text.substr(first + 1, second - first - 1)));
  QUANJI_TRY(auto ciphertext, from_base64url(text.substr(second + 1)));
  if (nonce.size() != nonce_size || ciphertext.size() < tag_size) return not_ours("too short");
  return Sealed{cipher, std::move(nonce), std::move(ciphertext)};
}

Secret hkdf(Mac mac, const Secret& key, std::span<const std::uint8_t> salt, std::string_view info, std::size_t size) {
  const auto kdf = Botan::KDF::create_or_throw(mac == Mac::hmac_sha256 ? "HKDF(HMAC(SHA-256))" : "HKDF(HMAC(SM3))");
  auto made = Secret::of_size(size);
  kdf->kdf(made.writable().data(), size, key.reveal_bytes().data(), key.size(), salt.data(), salt.size(),
           reinterpret_cast<const std::uint8_t*>(info.data()), info.size());
  return made;
}

}  // namespace quanji::base
