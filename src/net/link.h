// One connected, non-blocking socket, plain or TLS, without any loop: both a server thread and a blocking caller drive it.
#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/tls.h"

namespace quanji::net {

enum class Io { done, want_read, want_write, ended, failed };
struct Moved {
  Io io = Io::done;
  std::size_t bytes = 0;
};

// Plain. Owns the descriptor.
class Link {
 public:
  explicit Link(int fd) : fd_(fd) {}
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  virtual ~Link();

  int fd() const { return fd_; }
  virtual Moved handshake() { return {}; }
  virtual Moved read(char* to, std::size_t most);
  virtual Moved write(std::string_view bytes);
  // Tells the peer that nothing more will come.
  virtual void finish();
  // Bytes wait inside (TLS): read again before waiting for the socket.
  virtual bool buffered() const { return false; }
  // The verified certificate of the peer, after the handshake.
  virtual std::optional<PeerCertificate> certificate() const { return {}; }
  virtual bool resumed() const { return false; }
  // Why the last step said `failed`.
  virtual std::string failure() const { return failure_; }

 protected:
  std::string failure_;

 private:
  int fd_;
};

std::unique_ptr<Link> make_server_link(int fd, const TlsServer::Live* tls);  // null: plain
// `host` is checked against the certificate and sent as SNI.
std::unique_ptr<Link> make_client_link(int fd, const TlsClient* tls, const std::string& host);

}  // namespace quanji::net
