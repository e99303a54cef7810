// The OpenSSL side of tls.h; included by link.cpp and tls.cpp only.
#pragma once
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "net/tls.h"

namespace quanji::net {

struct SslFree {
  void operator()(SSL_CTX* p) const { SSL_CTX_free(p); }
  void operator()(SSL* p) const { SSL_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(BIO* p) const { BIO_free(p); }
};
template <class T>
using Ssl = std::unique_ptr<T, SslFree>;

struct TlsServer::Live {
  Ssl<SSL_CTX> context;
  CertificateCheck check;
};
struct TlsClient::Live {
  Ssl<SSL_CTX> context;
  std::string pin;            // empty: the chain is checked
  std::string authority_pin;  // empty: it must end in an authority we hold
};

PeerCertificate describe(X509* certificate);
std::string digest_of_key(X509* certificate);
// The oldest message of OpenSSL's queue, which is emptied.
std::string ssl_failure();

}  // namespace quanji::net
