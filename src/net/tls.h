// TLS contexts of both sides, made from PEM in memory; OpenSSL itself stays inside this room.
// Reads foreign bytes: fuzz/peer_certificate.cpp
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"

namespace quanji::net {

// What is worth knowing of a peer's certificate. Read after its chain was verified against the CA.
struct PeerCertificate {
  std::string pem;
  std::string subject;             // RFC 2253: "CN=robot-1,O=Quanji"
  std::string common_name;         // empty if it has none
  std::string fingerprint;         // SHA-256 of the DER form, 64 lower-hex digits
  std::string serial;              // lower hex
  std::vector<std::string> names;  // subjectAltName: DNS names, URIs and addresses as text
  base::Time not_after;
};
// Reads the first certificate of a PEM text; unreadable_body if there is none.
base::Result<PeerCertificate> read_certificate(std::string_view pem);
// SHA-256 of the SubjectPublicKeyInfo of the first certificate in `pem`, 64 lower-hex digits (what a pin compares).
base::Result<std::string> public_key_digest(std::string_view pem);

enum class ClientCertificates { none, optional, required };
// Called on an io thread after each handshake that brought a verified certificate, resumed sessions included,
// and by Server::recheck_certificates; must not block. A failure ends the connection.
using CertificateCheck = std::function<base::Status(const PeerCertificate&)>;

struct TlsServerSettings {
  std::string chain_pem;  // leaf first
  base::Secret key;       // PEM, unencrypted
  ClientCertificates client_certificates = ClientCertificates::none;
  std::string client_ca_pem;  // needed unless `none`
  CertificateCheck check;     // revocation
};
// TLS 1.2 and 1.3, forward-secret AEAD suites only, stateless session tickets, ALPN http/1.1. Any thread.
class TlsServer {
 public:
  static base::Result<std::shared_ptr<TlsServer>> make(TlsServerSettings settings);
  // New handshakes use the new settings, open connections go on; on failure nothing changes.
  base::Status reload(TlsServerSettings settings);
  ~TlsServer();

  struct Live;  // of this room
  std::shared_ptr<const Live> live() const;

 private:
  TlsServer() = default;
  struct Body;
  std::unique_ptr<Body> body_;
};

// Whom a client believes. Exactly one of the four ways; the host name is checked except with a pin.
struct Trust {
  std::string ca_pem;      // these authorities only
  std::string pin_sha256;  // public_key_digest of the server's own certificate
  // First 32 to 64 lower-hex digits of the public_key_digest of an authority the server sends along in its chain: enrolment codes.
  std::string authority_sha256;
  enum class System { no, yes } system = System::no;  // the machine's authorities
};
struct TlsClientSettings {
  Trust trust;
  std::string chain_pem;  // own certificate, optional
  base::Secret key;
};
// Any thread; shared by all connections that trust alike.
class TlsClient {
 public:
  static base::Result<std::shared_ptr<TlsClient>> make(TlsClientSettings settings);
  ~TlsClient();

  struct Live;  // of this room
  const Live& live() const { return *live_; }

 private:
  TlsClient() = default;
  std::unique_ptr<Live> live_;
};

}  // namespace quanji::net
