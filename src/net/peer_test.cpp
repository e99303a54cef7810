#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/test_peer.h"
#include "net/tls_live.h"

namespace quanji::net::test {

RawPeer::RawPeer(std::uint16_t port, int receive_buffer) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) ADD_FAILURE() << "cannot connect to port " << port;
}
RawPeer::~RawPeer() {
  if (fd_ >= 0) ::close(fd_);
}
void RawPeer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // the server has ended: the answer tells why
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}
void RawPeer::end() { ::shutdown(fd_, SHUT_WR); }
RawPeer::More RawPeer::more() {
  pollfd one{fd_, POLLIN, 0};
  if (::poll(&one, 1, 10'000) <= 0) {
    ADD_FAILURE() << "the server said nothing for ten seconds; so far: " << held_.substr(0, 300);
    return More::no;
  }
  char buffer[16384];
  const auto got = ::recv(fd_, buffer, sizeof buffer, 0);
  if (got <= 0) return More::no;
  held_.append(buffer, static_cast<std::size_t>(got));
  return More::yes;
}
std::string RawPeer::until(std::string_view text) {
  for (;;) {
    if (const auto at = held_.find(text); at != std::string::npos) {
      std::string out = held_.substr(0, at + text.size());
      held_.erase(0, out.size());
      return out;
    }
    if (more() == More::no) return std::exchange(held_, {});
  }
}
std::string RawPeer::rest() {
  while (more() == More::yes) {
  }
  return std::exchange(held_, {});
}
std::string RawPeer::answer() {
  std::string out = until("\r\n\r\n");
  const auto at = out.find("Content-Length: ");
  if (at == std::string::npos) return out;
  const std::size_t length = std::stoul(out.substr(at + 16));
  while (held_.size() < length)
    if (more() == More::no) break;
  out += held_.substr(0, length);
  held_.erase(0, length);
  return out;
}

namespace {
std::string pem_of(const std::function<void(BIO*)>& write) {
  Ssl<BIO> out(BIO_new(BIO_s_mem()));
  write(out.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}
void extend(X509* certificate, int kind, const char* value) {
  X509_EXTENSION* made = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value);
  X509_add_ext(certificate, made, -1);
  X509_EXTENSION_free(made);
}
Identity make(const std::string& name, const Identity* authority) {
  static int serial = 0x1001;
  Ssl<EVP_PKEY> key(EVP_EC_gen("P-256"));
  Ssl<X509> made(X509_new());
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600 * 24);
  X509_set_pubkey(made.get(), key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name.c_str()),
                             -1, -1, 0);
  Ssl<EVP_PKEY> signer;
  if (authority) {
    Ssl<BIO> text(BIO_new_mem_buf(authority->certificate.data(), static_cast<int>(authority->certificate.size())));
    Ssl<X509> parent(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
    X509_set_issuer_name(made.get(), X509_get_subject_name(parent.get()));
    Ssl<BIO> key_text(BIO_new_mem_buf(authority->key.data(), static_cast<int>(authority->key.size())));
    signer.reset(PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr));
    extend(made.get(), NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
  } else {
    X509_set_issuer_name(made.get(), X509_get_subject_name(made.get()));
    extend(made.get(), NID_basic_constraints, "critical,CA:TRUE");
    extend(made.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  }
  X509_sign(made.get(), signer ? signer.get() : key.get(), EVP_sha256());
  return {pem_of([&](BIO* out) { PEM_write_bio_X509(out, made.get()); }),
          pem_of([&](BIO* out) { PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr); })};
}
}  // namespace

Identity make_authority(const std::string& name) { return make(name, nullptr); }
Identity make_leaf(const Identity& authority, const std::string& common_name) { return make(common_name, &authority); }

Served serve(std::function<void(RequestPtr, Responder)> with, const std::function<void(ServerOptions&)>& change) {
  Served out;
  ServerOptions options;
  options.listeners.push_back({"main", "127.0.0.1:0", nullptr});
  options.clock = out.clock;
  options.ticking = Ticking::by_hand;
  options.serve = std::move(with);
  if (change) change(options);
  auto started = Server::start(std::move(options));
  if (!started.ok()) {
    ADD_FAILURE() << started.error().message().en;
    std::abort();
  }
  out.server = std::move(*started);
  return out;
}

bool eventually(const std::function<bool()>& happened) {
  for (int i = 0; i < 10'000; ++i) {
    if (happened()) return true;
    ::poll(nullptr, 0, 1);
  }
  return false;
}

std::string status_of(std::string_view answer) { return std::string(answer.substr(0, 9) == "HTTP/1.1 " ? answer.substr(9, 3) : ""); }
std::string body_of(std::string_view answer) {
  const auto at = answer.find("\r\n\r\n");
  return at == std::string_view::npos ? std::string() : std::string(answer.substr(at + 4));
}

}  // namespace quanji::net::test
