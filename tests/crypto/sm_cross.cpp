// Our side of the comparison with another implementation of SM2, SM3 and SM4: one request a line on standard input, words of hex
// separated by blanks ("-" is nothing), one answer a line.
#include <iostream>
#include <string>
#include <vector>

#include "base/crypto.h"

namespace {

using namespace quanji::base;

Bytes of(const std::string& word) { return word == "-" ? Bytes{} : from_hex(word).value(); }
Secret secret_of(const std::string& word) { return Secret(std::span<const std::uint8_t>(of(word))); }
std::string text(const std::string& word) { return std::string(text_of(of(word))); }
std::string shown(std::span<const std::uint8_t> bytes) { return bytes.empty() ? "-" : hex(bytes); }

Result<std::string> answer(const std::vector<std::string>& words, Random& random) {
  const auto& what = words.at(0);
  if (what == "sm3") return shown(sm3(of(words.at(1))));
  if (what == "hmac") return shown(MacKey(Mac::hmac_sm3, secret_of(words.at(1))).sign(of(words.at(2))));
  if (what == "public") {
    QUANJI_TRY(const auto key, PrivateKey::from_raw(KeyKind::sm2, secret_of(words.at(1))));
    return shown(key.public_key().to_raw());
  }
  if (what == "sign") {
    QUANJI_TRY(const auto key, PrivateKey::from_raw(KeyKind::sm2, secret_of(words.at(1))));
    QUANJI_TRY(const auto signature, key.sign(of(words.at(3)), text(words.at(2)), random));
    return shown(signature);
  }
  if (what == "verify") {
    QUANJI_TRY(const auto key, PublicKey::from_raw(KeyKind::sm2, of(words.at(1))));
    QUANJI_DO(key.verify(of(words.at(3)), of(words.at(4)), text(words.at(2))));
    return std::string("holds");
  }
  if (what == "encrypt") {
    QUANJI_TRY(const auto key, PublicKey::from_raw(KeyKind::sm2, of(words.at(1))));
    QUANJI_TRY(const auto raw, sm2_encrypt(key, of(words.at(2)), random));
    return shown(raw);
  }
  if (what == "decrypt") {
    QUANJI_TRY(const auto key, PrivateKey::from_raw(KeyKind::sm2, secret_of(words.at(1))));
    QUANJI_TRY(const auto plain, sm2_decrypt(key, of(words.at(2)), random));
    return shown(plain.reveal_bytes());
  }
  if (what == "seal") {
    QUANJI_TRY(const auto sealed, seal(Cipher::sm4_gcm, secret_of(words.at(1)), of(words.at(3)), of(words.at(2)), random));
    return shown(sealed.nonce) + " " + shown(sealed.ciphertext);
  }
  if (what == "open") {
    QUANJI_TRY(const auto plain, open(Sealed{Cipher::sm4_gcm, of(words.at(3)), of(words.at(4))}, secret_of(words.at(1)), of(words.at(2))));
    return shown(plain.reveal_bytes());
  }
  return Error(Code::bug, "unknown request");
}

}  // namespace

int main() {
  SystemRandom random;
  for (std::string line; std::getline(std::cin, line);) {
    std::vector<std::string> words;
    for (std::size_t at = 0; at <= line.size();) {
      const auto end = std::min(line.find(' ', at), line.size());
      words.push_back(line.substr(at, end - at));
      at = end + 1;
    }
    const auto done = answer(words, random);
    std::cout << (done.ok() ? *done : "refused") << '\n' << std::flush;
  }
}
