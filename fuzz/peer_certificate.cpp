// Certificates of peers as TLS shows them, in PEM.
// Built with src/net/tls.cpp src/net/message.cpp
#include <cstdint>
#include <cstdlib>
#include <string>

#include "net/tls.h"

using namespace quanji;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto certificate = net::read_certificate(text);
  if (certificate.ok() && (certificate->fingerprint.size() != 64 || certificate->serial.empty())) std::abort();
  const auto digest = net::public_key_digest(text);
  if (digest.ok() && digest->size() != 64) std::abort();
  // What is given back is a certificate with the same fingerprint.
  if (certificate.ok() && net::read_certificate(certificate->pem)->fingerprint != certificate->fingerprint) std::abort();
  return 0;
}
