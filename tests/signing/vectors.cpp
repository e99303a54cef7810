// Signs what it is asked to, so that the examples in other languages can be compared with the platform's own canonicaliser.
// Each line of the input: algorithm, method, path, query, timestamp, nonce, person, body and secret, in hex, separated by one space; "-" is
// empty. Each line of the output: the tag in hex.
#include <array>
#include <iostream>
#include <string>

#include "base/bytes.h"
#include "base/digest.h"
#include "domain/signature.h"

int main() {
  using namespace quanji;
  std::string line;
  while (std::getline(std::cin, line)) {
    std::array<std::string, 9> words;
    std::size_t at = 0;
    for (auto& word : words) {
      const auto end = line.find(' ', at);
      const auto text = line.substr(at, end == std::string::npos ? end : end - at);
      at = end == std::string::npos ? line.size() : end + 1;
      if (text == "-") continue;
      const auto bytes = base::from_hex(text);
      if (!bytes) return 1;
      word = base::text_of(*bytes);
    }
    const auto algorithm = words[0] == "QJ1-HMAC-SM3" ? domain::SignatureAlgorithm::hmac_sm3 : domain::SignatureAlgorithm::hmac_sha256;
    const auto text = domain::string_to_sign({algorithm, words[1], words[2], words[3], words[4], words[5], words[6], words[7]});
    if (!text) {
      std::cout << "refused" << std::endl;
      continue;
    }
    base::MacKey key(domain::mac_of(algorithm), base::Secret(std::string_view(words[8])));
    std::cout << base::hex(key.sign(*text)) << std::endl;
  }
  return 0;
}
