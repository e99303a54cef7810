#include "net/tls.h"

#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <mutex>

#include "net/tls_live.h"

namespace quanji::net {
namespace {

using base::Code;
using base::Error;
using base::Result;
using base::Status;
using base::Text;

std::string hex(const unsigned char* bytes, std::size_t size) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < size; ++i) {
    out += digits[bytes[i] >> 4];
    out += digits[bytes[i] & 15];
  }
  return out;
}

Ssl<BIO> memory(std::string_view text) { return Ssl<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

// A key that asks for a pass phrase must fail, not read the terminal.
int no_pass_phrase(char*, int, int, void*) { return 0; }

std::string of_bio(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<std::size_t>(size));
}

std::string to_text(X509_NAME* name) {
  Ssl<BIO> out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  return of_bio(out.get());
}

std::string common_name(X509_NAME* name) {
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at < 0) return {};
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  if (size < 0) return {};
  std::string out(reinterpret_cast<char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  return out;
}

std::vector<std::string> alternative_names(X509* certificate) {
  std::vector<std::string> out;
  auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  if (!names) return out;
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    int type = 0;
    void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &type);
    if (type != GEN_DNS && type != GEN_URI && type != GEN_IPADD) continue;
    const auto* text = static_cast<ASN1_STRING*>(value);
    const unsigned char* data = ASN1_STRING_get0_data(text);
    const int size = ASN1_STRING_length(text);
    if (type == GEN_IPADD) {
      std::array<char, INET6_ADDRSTRLEN> buffer{};
      if (size == 4 || size == 16) out.emplace_back(inet_ntop(size == 4 ? AF_INET : AF_INET6, data, buffer.data(), buffer.size()));
    } else {
      out.emplace_back(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
    }
  }
  GENERAL_NAMES_free(names);
  return out;
}

Error refused(const char* zh, const char* en) { return Error(Code::invalid_field, Text(std::string(zh), std::string(en)), ssl_failure()); }

Ssl<X509> first_certificate(std::string_view pem) {
  auto bio = memory(pem);
  Ssl<X509> found(PEM_read_bio_X509(bio.get(), nullptr, no_pass_phrase, nullptr));
  if (!found) ERR_clear_error();
  return found;
}

Status use_identity(SSL_CTX* context, const std::string& chain_pem, const base::Secret& key_pem) {
  auto bio = memory(chain_pem);
  Ssl<X509> leaf(PEM_read_bio_X509(bio.get(), nullptr, no_pass_phrase, nullptr));
  if (!leaf || SSL_CTX_use_certificate(context, leaf.get()) != 1)
    return refused("证书链无法读取：请提供 PEM 格式的证书，本机证书在最前。",
                   "The certificate chain cannot be read: give PEM certificates, the own one first.");
  while (X509* more = PEM_read_bio_X509(bio.get(), nullptr, no_pass_phrase, nullptr))
    if (SSL_CTX_add0_chain_cert(context, more) != 1) {
      X509_free(more);
      return refused("证书链中有无法使用的证书。", "The certificate chain holds a certificate that cannot be used.");
    }
  ERR_clear_error();
  auto key_bio = memory(key_pem.reveal());
  Ssl<EVP_PKEY> key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, no_pass_phrase, nullptr));
  if (!key) return refused("私钥无法读取：请提供未加密的 PEM 私钥。", "The private key cannot be read: give an unencrypted PEM key.");
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1)
    return refused("私钥与证书不匹配。", "The private key does not belong to the certificate.");
  return {};
}

Status use_authorities(SSL_CTX* context, const std::string& ca_pem, STACK_OF(X509_NAME) * announced) {
  auto bio = memory(ca_pem);
  int found = 0;
  while (X509* raw = PEM_read_bio_X509(bio.get(), nullptr, no_pass_phrase, nullptr)) {
    Ssl<X509> one(raw);
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), raw) != 1)
      return refused("CA 证书无法使用。", "A CA certificate cannot be used.");
    if (announced) sk_X509_NAME_push(announced, X509_NAME_dup(X509_get_subject_name(raw)));
    ++found;
  }
  ERR_clear_error();
  if (!found) return refused("CA 证书无法读取：请提供 PEM 格式的证书。", "The CA cannot be read: give PEM certificates.");
  return {};
}

void use_modern_ciphers(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!PSK");
  SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384");
  SSL_CTX_set_options(context,
                      SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // Ten thousand idle connections must not keep 32 KiB of buffers each.
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_read_ahead(context, 1);
}

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned in_size, void*) {
  static const unsigned char ours[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, ours, sizeof ours - 1, in, in_size) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

Result<std::shared_ptr<const TlsServer::Live>> build(TlsServerSettings settings) {
  auto live = std::make_shared<TlsServer::Live>();
  live->context.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* context = live->context.get();
  if (!context) return Error(Code::bug, ssl_failure());
  use_modern_ciphers(context);
  QUANJI_DO(use_identity(context, settings.chain_pem, settings.key));
  if (settings.client_certificates != ClientCertificates::none) {
    auto* announced = sk_X509_NAME_new_null();
    auto trusted = use_authorities(context, settings.client_ca_pem, announced);
    SSL_CTX_set_client_CA_list(context, announced);
    if (!trusted.ok()) return std::move(trusted).error();
    const int mode = settings.client_certificates == ClientCertificates::required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | mode, nullptr);
    SSL_CTX_set_verify_depth(context, 5);
  }
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // tickets only: nothing kept per client
  SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>("quanji"), 6);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  live->check = std::move(settings.check);
  return std::shared_ptr<const TlsServer::Live>(std::move(live));
}

}  // namespace

std::string ssl_failure() {
  const unsigned long first = ERR_get_error();
  ERR_clear_error();
  if (!first) return "TLS failed";
  std::array<char, 256> text{};
  ERR_error_string_n(first, text.data(), text.size());
  return text.data();
}

std::string digest_of_key(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size < 0) return {};
  std::array<unsigned char, 32> digest{};
  EVP_Digest(der, static_cast<std::size_t>(size), digest.data(), nullptr, EVP_sha256(), nullptr);
  OPENSSL_free(der);
  return hex(digest.data(), digest.size());
}

PeerCertificate describe(X509* certificate) {
  PeerCertificate out;
  Ssl<BIO> pem(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(pem.get(), certificate);
  out.pem = of_bio(pem.get());
  out.subject = to_text(X509_get_subject_name(certificate));
  out.common_name = common_name(X509_get_subject_name(certificate));
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  X509_digest(certificate, EVP_sha256(), digest.data(), &size);
  out.fingerprint = hex(digest.data(), size);
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate);
  out.serial = hex(ASN1_STRING_get0_data(serial), static_cast<std::size_t>(ASN1_STRING_length(serial)));
  out.names = alternative_names(certificate);
  std::tm until{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &until) == 1)
    out.not_after = {static_cast<std::int64_t>(timegm(&until)) * 1'000'000};
  return out;
}

Result<PeerCertificate> read_certificate(std::string_view pem) {
  auto found = first_certificate(pem);
  if (!found) return Error(Code::unreadable_body, Text("证书无法读取：不是 PEM 格式。", "The certificate cannot be read: it is not PEM."));
  return describe(found.get());
}

Result<std::string> public_key_digest(std::string_view pem) {
  auto found = first_certificate(pem);
  if (!found) return Error(Code::unreadable_body, Text("证书无法读取：不是 PEM 格式。", "The certificate cannot be read: it is not PEM."));
  return digest_of_key(found.get());
}

struct TlsServer::Body {
  mutable std::mutex mutex;
  std::shared_ptr<const Live> live;  // guarded by mutex
};
TlsServer::~TlsServer() = default;

Result<std::shared_ptr<TlsServer>> TlsServer::make(TlsServerSettings settings) {
  std::shared_ptr<TlsServer> made(new TlsServer);
  made->body_ = std::make_unique<Body>();
  QUANJI_DO(made->reload(std::move(settings)));
  return made;
}
Status TlsServer::reload(TlsServerSettings settings) {
  QUANJI_TRY(auto live, build(std::move(settings)));
  std::lock_guard lock(body_->mutex);
  body_->live.swap(live);
  return {};
}
std::shared_ptr<const TlsServer::Live> TlsServer::live() const {
  std::lock_guard lock(body_->mutex);
  return body_->live;
}

TlsClient::~TlsClient() = default;
namespace {
// The context holds no authority, so every chain fails; it is forgiven exactly that its self-signed root is not ours when the root's key
// is the named one. Signatures, dates, uses and the host name are checked as ever.
int accept_pinned_authority(int ok, X509_STORE_CTX* chain) {
  if (ok) return 1;
  const auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const auto* pin = static_cast<const std::string*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  X509* root = X509_STORE_CTX_get_current_cert(chain);
  if (X509_STORE_CTX_get_error(chain) != X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN || !root || !digest_of_key(root).starts_with(*pin)) return 0;
  X509_STORE_CTX_set_error(chain, X509_V_OK);
  return 1;
}
}  // namespace

Result<std::shared_ptr<TlsClient>> TlsClient::make(TlsClientSettings settings) {
  const auto& trust = settings.trust;
  const int ways =
      !trust.ca_pem.empty() + !trust.pin_sha256.empty() + !trust.authority_sha256.empty() + (trust.system == Trust::System::yes);
  if (ways != 1)
    return Error(Code::invalid_field, Text("请只给出一种信任方式：CA 证书、公钥指纹或系统信任库。",
                                           "Give exactly one way to trust: a CA, a pinned key, or the system's authorities."));
  std::shared_ptr<TlsClient> made(new TlsClient);
  made->live_ = std::make_unique<Live>();
  made->live_->context.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = made->live_->context.get();
  if (!context) return Error(Code::bug, ssl_failure());
  use_modern_ciphers(context);
  SSL_CTX_set_verify(context, trust.pin_sha256.empty() ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (!trust.ca_pem.empty()) QUANJI_DO(use_authorities(context, trust.ca_pem, nullptr));
  if (trust.system == Trust::System::yes) SSL_CTX_set_default_verify_paths(context);
  if (!trust.authority_sha256.empty()) {
    if (trust.authority_sha256.size() < 32)
      return Error(Code::invalid_field,
                   Text("根证书指纹至少 32 位十六进制数字。", "An authority's digest needs at least 32 hexadecimal digits."));
    made->live_->authority_pin = trust.authority_sha256;
    SSL_CTX_set_app_data(context, &made->live_->authority_pin);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, &accept_pinned_authority);
  }
  made->live_->pin = trust.pin_sha256;
  if (!settings.chain_pem.empty()) QUANJI_DO(use_identity(context, settings.chain_pem, settings.key));
  static const unsigned char protocols[] = "\x08http/1.1";
  SSL_CTX_set_alpn_protos(context, protocols, sizeof protocols - 1);
  return made;
}

}  // namespace quanji::net
