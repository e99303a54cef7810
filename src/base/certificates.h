// X.509 for our own TLS: a local authority, server certificates, robots' client certificates. P-256 with SHA-256; everything is PEM.
// Reads foreign bytes: fuzz/envelope.cpp
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/digest.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace quanji::base {

// The time a certificate holds; to the second, `until` included.
struct Validity {
  Time from;
  Time until;
};
struct Subject {
  std::string common_name;   // 1 to 64 characters
  std::string organization;  // may be empty
};
struct Authority {
  Secret key_pem;  // PKCS#8
  std::string certificate_pem;
};
struct CertificateFacts {
  std::string subject;       // the common name
  std::string organization;  // empty if none
  std::string issuer;        // its common name
  std::string serial;        // lower hex
  Time from, until;
  Digest fingerprint{};  // SHA-256 of the certificate's DER
  Digest spki_digest{};  // SHA-256 of its public key's SPKI
  bool authority = false;
  bool for_servers = false, for_clients = false;  // extended key usage
  std::vector<std::string> dns_names;
  std::vector<std::string> addresses;  // IPv4 and IPv6 as inet_ntop writes them
};

Result<Authority> make_authority(const Subject& subject, Validity validity, Random& random);
// `names`: DNS names and addresses as people write them ("rpa.example.cn", "10.0.0.5", "::1"), at least one.
Result<std::string> issue_server_certificate(const Authority& authority, const PublicKey& key, const Subject& subject,
                                             const std::vector<std::string>& names, Validity validity, Random& random);
// From a request whose signature is checked; nothing but its public key is taken from it.
Result<std::string> issue_client_certificate(const Authority& authority, std::string_view request_pem, const Subject& subject,
                                             Validity validity, Random& random);
// PKCS#10.
Result<std::string> make_request(const PrivateKey& key, const Subject& subject, Random& random);
Result<PublicKey> key_of_request(std::string_view request_pem);

Result<CertificateFacts> read_certificate(std::string_view pem);
// Issued by that authority (signature and issuer name); says nothing about time or use.
Status check_issued_by(std::string_view certificate_pem, std::string_view authority_pem);

}  // namespace quanji::base
