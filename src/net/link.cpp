#include "net/link.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "net/tls_check.h"
#include "net/tls_live.h"

namespace quanji::net {
namespace {

// OpenSSL's own socket BIO writes with write(2): a peer that left would raise SIGPIPE in the whole program.
int bio_write(BIO* bio, const char* data, int size) {
  const int fd = static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
  BIO_clear_retry_flags(bio);
  const auto sent = ::send(fd, data, static_cast<std::size_t>(size), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}
int bio_read(BIO* bio, char* data, int size) {
  const int fd = static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
  BIO_clear_retry_flags(bio);
  const auto got = ::recv(fd, data, static_cast<std::size_t>(size), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  if (got == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(got);
}
long bio_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
  return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP ? 1 : 0;
}
BIO_METHOD* socket_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "quanji socket");
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_ctrl(made, bio_control);
    return made;
  }();
  return method;
}

class TlsLink final : public Link {
 public:
  TlsLink(int fd, SSL_CTX* context, std::string pin) : Link(fd), ssl_(SSL_new(context)), pin_(std::move(pin)) {
    BIO* bio = BIO_new(socket_method());
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
  }
  void be_server() { SSL_set_accept_state(ssl_.get()); }
  void be_client(const std::string& host) {
    SSL_set_connect_state(ssl_.get());
    unsigned char address[16];
    const bool is_address = inet_pton(AF_INET, host.c_str(), address) == 1 || inet_pton(AF_INET6, host.c_str(), address) == 1;
    if (is_address) {
      X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), host.c_str());
    } else {
      SSL_set_tlsext_host_name(ssl_.get(), host.c_str());
      SSL_set1_host(ssl_.get(), host.c_str());
    }
  }

  Moved handshake() override {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_.get());
    if (done != 1) return stopped(done);
    if (!pin_.empty()) {
      Ssl<X509> peer(SSL_get1_peer_certificate(ssl_.get()));
      if (!peer || digest_of_key(peer.get()) != pin_) {
        failure_ = "the server's key is not the pinned one";
        return {Io::failed, 0};
      }
    }
    return {};
  }
  Moved read(char* to, std::size_t most) override {
    ERR_clear_error();
    std::size_t got = 0;
    const int done = SSL_read_ex(ssl_.get(), to, most, &got);
    return done == 1 ? Moved{Io::done, got} : stopped(done);
  }
  Moved write(std::string_view bytes) override {
    ERR_clear_error();
    std::size_t sent = 0;
    const int done = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent);
    return done == 1 ? Moved{Io::done, sent} : stopped(done);
  }
  void finish() override {
    ERR_clear_error();
    if (!broken_ && SSL_is_init_finished(ssl_.get())) SSL_shutdown(ssl_.get());
    ERR_clear_error();
    Link::finish();
  }
  bool buffered() const override { return SSL_has_pending(ssl_.get()) == 1; }
  std::optional<PeerCertificate> certificate() const override {
    Ssl<X509> peer(SSL_get1_peer_certificate(ssl_.get()));
    if (!peer || SSL_get_verify_result(ssl_.get()) != X509_V_OK) return {};
    return describe(peer.get());
  }
  bool resumed() const override { return SSL_session_reused(ssl_.get()) == 1; }

 private:
  Moved stopped(int done) {
    switch (SSL_get_error(ssl_.get(), done)) {
      case SSL_ERROR_WANT_READ:
        return {Io::want_read, 0};
      case SSL_ERROR_WANT_WRITE:
        return {Io::want_write, 0};
      case SSL_ERROR_ZERO_RETURN:
        return {Io::ended, 0};
      default:
        broken_ = true;
        if (const long verify = SSL_get_verify_result(ssl_.get()); verify != X509_V_OK)
          failure_ = X509_verify_cert_error_string(verify);
        else
          failure_ = ERR_peek_error() ? std::string() : std::string("the peer closed the connection");
        if (failure_.empty()) failure_ = ssl_failure();
        ERR_clear_error();
        return {Io::failed, 0};
    }
  }
  Ssl<SSL> ssl_;
  std::string pin_;
  bool broken_ = false;
};

}  // namespace

Link::~Link() {
  if (fd_ >= 0) ::close(fd_);
}
Moved Link::read(char* to, std::size_t most) {
  const auto got = ::recv(fd_, to, most, MSG_DONTWAIT);
  if (got > 0) return {Io::done, static_cast<std::size_t>(got)};
  if (got == 0) return {Io::ended, 0};
  if (errno == EAGAIN || errno == EINTR) return {Io::want_read, 0};
  failure_ = std::strerror(errno);
  return {Io::failed, 0};
}
Moved Link::write(std::string_view bytes) {
  const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent >= 0) return {Io::done, static_cast<std::size_t>(sent)};
  if (errno == EAGAIN || errno == EINTR) return {Io::want_write, 0};
  failure_ = std::strerror(errno);
  return {Io::failed, 0};
}
void Link::finish() { ::shutdown(fd_, SHUT_WR); }

base::Status check_certificate(const TlsServer::Live& tls, const Peer& peer) {
  if (!tls.check || !peer.certificate) return {};
  return tls.check(*peer.certificate);
}

std::unique_ptr<Link> make_server_link(int fd, const TlsServer::Live* tls) {
  if (!tls) return std::make_unique<Link>(fd);
  auto link = std::make_unique<TlsLink>(fd, tls->context.get(), std::string());
  link->be_server();
  return link;
}
std::unique_ptr<Link> make_client_link(int fd, const TlsClient* tls, const std::string& host) {
  if (!tls) return std::make_unique<Link>(fd);
  auto link = std::make_unique<TlsLink>(fd, tls->live().context.get(), tls->live().pin);
  link->be_client(host);
  return link;
}

}  // namespace quanji::net
