#include "storage/conformance/socket_cutter.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <list>
#include <vector>

namespace quanji::storage::conformance {
namespace {

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) std::abort();
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}
bool send_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const auto sent = ::send(fd, data, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

}  // namespace

// One client and its server.
struct SocketCutter::Line {
  int client = -1, server = -1;
  std::string pending;   // of the client, not yet a whole message
  bool greeted = false;  // the start-up message, which has no type byte, went through
  ~Line() {
    ::close(client);
    ::close(server);
  }
};

SocketCutter::SocketCutter(const std::string& server_folder) : server_(server_folder + "/.s.PGSQL.5432") {
  char folder[] = "/tmp/qcut.XXXXXX";
  folder_ = ::mkdtemp(folder);
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = address_of(folder_ + "/.s.PGSQL.5432");
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(listener_, 64) != 0 ||
      ::pipe2(wake_, O_CLOEXEC) != 0)
    std::abort();
  thread_ = std::thread([this] { loop(); });
}
SocketCutter::~SocketCutter() {
  ::close(wake_[1]);
  thread_.join();
  ::close(wake_[0]);
  ::close(listener_);
  std::filesystem::remove_all(folder_);
}
void SocketCutter::arm(std::int64_t n, Cut cut) {
  fired_ = false;
  cut_ = cut;
  left_ = n;
}

void SocketCutter::loop() {
  std::list<Line> lines;
  std::vector<char> buffer(1 << 16);
  for (;;) {
    std::vector<pollfd> fds{{wake_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
    std::vector<std::list<Line>::iterator> owners;
    for (auto line = lines.begin(); line != lines.end(); ++line) {
      fds.push_back({line->client, POLLIN, 0});
      fds.push_back({line->server, POLLIN, 0});
      owners.push_back(line);
    }
    if (::poll(fds.data(), fds.size(), -1) < 0) continue;
    if (fds[0].revents) return;
    for (std::size_t i = 0; i < owners.size(); ++i) {
      Line& line = *owners[i];
      bool over = false;
      if (fds[3 + 2 * i].revents) {  // the server speaks
        const auto got = ::recv(line.server, buffer.data(), buffer.size(), 0);
        over = got <= 0 || !send_all(line.client, buffer.data(), static_cast<std::size_t>(got));
      }
      if (!over && fds[2 + 2 * i].revents) {
        const auto got = ::recv(line.client, buffer.data(), buffer.size(), 0);
        if (got <= 0)
          over = true;
        else
          line.pending.append(buffer.data(), static_cast<std::size_t>(got));
        while (!over) {
          const std::size_t head = line.greeted ? 5 : 4;
          if (line.pending.size() < head) break;
          const auto* bytes = reinterpret_cast<const unsigned char*>(line.pending.data()) + (head - 4);
          const std::size_t size =
              (head - 4) + ((std::size_t{bytes[0]} << 24) | (std::size_t{bytes[1]} << 16) | (std::size_t{bytes[2]} << 8) | bytes[3]);
          if (line.pending.size() < size) break;
          const bool strikes = left_ > 0 && --left_ == 0;
          if (strikes) fired_ = true;
          if (strikes && cut_ == Cut::before) {
            over = true;
            break;
          }
          // A start-up packet of 8 bytes asks for encryption and is answered by one byte; the real one follows.
          if (!line.greeted && size != 8) line.greeted = true;
          over = !send_all(line.server, line.pending.data(), size);
          line.pending.erase(0, size);
          if (strikes) {
            ::shutdown(line.client, SHUT_RDWR);
            // Let the server finish what it was told: it is done when it has answered, and it answers to a Sync, which came along.
            if (send_all(line.server, line.pending.data(), line.pending.size()))
              if (pollfd answer{line.server, POLLIN, 0}; ::poll(&answer, 1, 2000) > 0)
                (void)::recv(line.server, buffer.data(), buffer.size(), 0);
            over = true;
          }
        }
      }
      if (over) lines.erase(owners[i]);
    }
    if (fds[1].revents) {
      const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const auto address = address_of(server_);
      if (client >= 0 && ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        auto& line = lines.emplace_back();
        line.client = client;
        line.server = server;
      } else {
        ::close(client);
        ::close(server);
      }
    }
  }
}

}  // namespace quanji::storage::conformance
