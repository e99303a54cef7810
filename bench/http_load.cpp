// The load generator of the HTTP rows: connections that each ask, wait for the whole answer and ask again; every answer's time is kept, so
// that percentiles are true ones, and anything but a 2xx answer fails the run. Prints one JSON line; ends with 1 when something failed.
//
// bench_http_load rate  PORT REQUEST [--connections N] [--threads N] [--seconds S] [--warm S] [--from N] [--tls]
// bench_http_load hold  PORT REQUEST [--connections N] [--tls]     opens, asks once on each, prints "ready", waits for standard input to
//                                                                  end, prints how many are still open
// bench_http_load start PORT REQUEST -- PROGRAM [ARGUMENT...]      starts the program, prints the milliseconds until its first 2xx answer
//
// REQUEST is a file with one whole request as it goes over the wire. A run of '@' in it is replaced by a number that is new each time.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using Steady = std::chrono::steady_clock;

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "bench_http_load: %s\n", why.c_str());
  std::exit(2);
}

struct Options {
  std::string mode;
  std::uint16_t port = 0;
  std::string request;
  int connections = 64, threads = 2;
  double seconds = 3, warm = 0.5;
  std::uint64_t from = 1;
  bool tls = false;
  std::vector<char*> program;
};

Options read_options(int argc, char** argv) {
  if (argc < 4) give_up("usage: rate|hold|start PORT REQUEST [options]");
  Options options;
  options.mode = argv[1];
  options.port = static_cast<std::uint16_t>(std::atoi(argv[2]));
  std::ifstream file(argv[3], std::ios::binary);
  options.request.assign(std::istreambuf_iterator<char>(file), {});
  if (options.request.empty()) give_up(std::string("no request in ") + argv[3]);
  for (int i = 4; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--tls") {
      options.tls = true;
      continue;
    }
    if (name == "--") {
      options.program.assign(argv + i + 1, argv + argc);
      options.program.push_back(nullptr);
      break;
    }
    if (++i == argc) give_up("a value is missing at the end");
    if (name == "--connections")
      options.connections = std::atoi(argv[i]);
    else if (name == "--threads")
      options.threads = std::atoi(argv[i]);
    else if (name == "--seconds")
      options.seconds = std::atof(argv[i]);
    else if (name == "--warm")
      options.warm = std::atof(argv[i]);
    else if (name == "--from")
      options.from = std::strtoull(argv[i], nullptr, 10);
    else
      give_up("unknown option " + std::string(name));
  }
  return options;
}

// The request with the places of its numbers.
class Request {
 public:
  Request(std::string text, std::uint64_t from) : text_(std::move(text)), next_(from) {
    for (std::size_t i = 0; i < text_.size();) {
      if (text_[i] != '@') {
        ++i;
        continue;
      }
      std::size_t end = i;
      while (end < text_.size() && text_[end] == '@') ++end;
      places_.emplace_back(i, end - i);
      i = end;
    }
  }
  void write(std::string& into) {
    into = text_;
    if (places_.empty()) return;
    const auto number = next_.fetch_add(1, std::memory_order_relaxed);
    for (const auto& [at, length] : places_) {
      auto left = number;
      for (std::size_t k = length; k > 0; --k, left /= 10) into[at + k - 1] = static_cast<char>('0' + left % 10);
    }
  }

 private:
  std::string text_;
  std::vector<std::pair<std::size_t, std::size_t>> places_;
  std::atomic<std::uint64_t> next_;
};

// Reads one answer with a Content-Length out of the bytes that arrive.
class Answer {
 public:
  enum class State { more, whole, broken };
  State add(std::string_view bytes) {
    if (length_ == npos) {
      head_.append(bytes);
      const auto end = head_.find("\r\n\r\n");
      if (end == std::string::npos) return head_.size() > 65536 ? State::broken : State::more;
      if (head_.size() < 12 || !head_.starts_with("HTTP/1.1 ")) return State::broken;
      status_ = std::atoi(head_.c_str() + 9);
      const auto body = body_length(std::string_view(head_).substr(0, end));
      if (!body) return State::broken;
      length_ = end + 4 + *body;
      body_ = *body;
      have_ = head_.size();
    } else {
      have_ += bytes.size();
    }
    return have_ < length_ ? State::more : have_ == length_ ? State::whole : State::broken;
  }
  void start() {
    head_.clear();
    length_ = npos;
    have_ = 0;
  }
  int status() const { return status_; }
  std::size_t body() const { return body_; }

 private:
  static constexpr std::size_t npos = SIZE_MAX;
  static std::optional<std::size_t> body_length(std::string_view head) {
    constexpr std::string_view name = "content-length:";
    for (std::size_t at = 0; at < head.size();) {
      const auto end = std::min(head.find("\r\n", at), head.size());
      const auto line = head.substr(at, end - at);
      at = end + 2;
      if (line.size() <= name.size() || ::strncasecmp(line.data(), name.data(), name.size()) != 0) continue;
      const auto digits = line.substr(line.find_first_not_of(' ', name.size()));
      std::size_t length = 0;
      if (std::from_chars(digits.data(), digits.data() + digits.size(), length).ec != std::errc()) return {};
      return length;
    }
    return {};
  }
  std::string head_;
  std::size_t length_ = npos, have_ = 0, body_ = 0;
  int status_ = 0;
};

// Loopback addresses are dealt out in blocks: one has ports for some 28 000 connections only.
sockaddr_in local_address(int number) {
  sockaddr_in from{};
  from.sin_family = AF_INET;
  from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(number / 8000));
  return from;
}

class Connection {
 public:
  Connection(const Options& options, SSL_CTX* context, int number) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(fd_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    const auto from = local_address(number);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(options.port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd_ < 0 || ::bind(fd_, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0 ||
        ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
      give_up("connection " + std::to_string(number) + " to port " + std::to_string(options.port) + ": " + std::strerror(errno));
    if (!context) return;
    ssl_ = SSL_new(context);
    SSL_set_fd(ssl_, fd_);
    if (SSL_connect(ssl_) != 1) give_up("TLS handshake of connection " + std::to_string(number) + " failed");
  }
  Connection(const Connection&) = delete;
  ~Connection() {
    if (ssl_) SSL_free(ssl_);
    if (fd_ >= 0) ::close(fd_);
  }
  int fd() const { return fd_; }
  void stop_blocking() { ::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) | O_NONBLOCK); }

  // Sends a whole request; false when it did not go out in one piece.
  bool ask(Request& request) {
    request.write(out_);
    answer.start();
    asked_at = Steady::now();
    const auto size = static_cast<int>(out_.size());
    if (ssl_) return SSL_write(ssl_, out_.data(), size) == size;
    return ::send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL) == size;
  }
  // What has arrived: bytes, 0 for "nothing now", -1 for the end.
  long take(char* buffer, int size) {
    if (ssl_) {
      const int got = SSL_read(ssl_, buffer, size);
      if (got > 0) return got;
      return SSL_get_error(ssl_, got) == SSL_ERROR_WANT_READ ? 0 : -1;
    }
    const auto got = ::recv(fd_, buffer, static_cast<std::size_t>(size), 0);
    if (got > 0) return got;
    return got < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
  }
  // Blocking: one question, its whole answer. Its status, or 0.
  int ask_once(Request& request) {
    if (!ask(request)) return 0;
    char buffer[16384];
    for (;;) {
      const auto got = take(buffer, sizeof buffer);
      if (got <= 0) return 0;
      switch (answer.add({buffer, static_cast<std::size_t>(got)})) {
        case Answer::State::whole:
          return answer.status();
        case Answer::State::broken:
          return 0;
        case Answer::State::more:
          break;
      }
    }
  }
  bool still_open() const {
    char byte = 0;
    return ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0;
  }

  Answer answer;
  Steady::time_point asked_at;

 private:
  int fd_ = -1;
  SSL* ssl_ = nullptr;
  std::string out_;
};

struct Counted {
  std::vector<std::uint32_t> nanos_16;  // of each answer, in units of 16 ns
  std::uint64_t errors = 0;
  int bad_status = 0;
  std::size_t body = 0;
};

struct Times {
  Steady::time_point count_from, end;
};

void drive(std::vector<std::unique_ptr<Connection>>& connections, Request& request, const Times& times, Counted& counted) {
  const int poll = ::epoll_create1(EPOLL_CLOEXEC);
  for (auto& connection : connections) {
    connection->stop_blocking();
    epoll_event event{EPOLLIN, {.ptr = connection.get()}};
    ::epoll_ctl(poll, EPOLL_CTL_ADD, connection->fd(), &event);
  }
  const auto fail = [&](Connection& connection) {
    ++counted.errors;
    counted.bad_status = connection.answer.status();
    ::epoll_ctl(poll, EPOLL_CTL_DEL, connection.fd(), nullptr);
  };
  counted.nanos_16.reserve(1 << 20);
  for (auto& connection : connections)
    if (!connection->ask(request)) fail(*connection);
  std::vector<epoll_event> events(256);
  std::vector<char> buffer(65536);
  auto now = Steady::now();
  while (now < times.end && counted.errors == 0) {
    const int ready = ::epoll_wait(poll, events.data(), static_cast<int>(events.size()), 100);
    for (int i = 0; i < ready; ++i) {
      auto& connection = *static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
      for (;;) {
        const auto got = connection.take(buffer.data(), static_cast<int>(buffer.size()));
        if (got == 0) break;
        const auto state = got < 0 ? Answer::State::broken : connection.answer.add({buffer.data(), static_cast<std::size_t>(got)});
        if (state == Answer::State::more) continue;
        if (state == Answer::State::broken || connection.answer.status() / 100 != 2) {
          fail(connection);
          break;
        }
        now = Steady::now();
        if (now >= times.count_from && now < times.end) {
          const auto took = std::chrono::duration_cast<std::chrono::nanoseconds>(now - connection.asked_at).count();
          counted.nanos_16.push_back(static_cast<std::uint32_t>(std::min<std::int64_t>(took / 16, UINT32_MAX)));
          counted.body = connection.answer.body();
        }
        if (!connection.ask(request)) fail(connection);
        break;  // the next answer cannot be here yet
      }
    }
    now = Steady::now();
  }
  ::close(poll);
}

int rate(const Options& options, SSL_CTX* context) {
  Request request(options.request, options.from);
  const auto threads = std::max(1, std::min(options.threads, options.connections));
  std::vector<std::vector<std::unique_ptr<Connection>>> shares(static_cast<std::size_t>(threads));
  for (int i = 0; i < options.connections; ++i)
    shares[static_cast<std::size_t>(i % threads)].push_back(std::make_unique<Connection>(options, context, i));
  std::vector<Counted> counted(shares.size());
  const auto span = [](double seconds) { return std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(seconds)); };
  Times times;
  times.count_from = Steady::now() + span(options.warm);
  times.end = times.count_from + span(options.seconds);
  std::vector<std::thread> running;
  for (std::size_t i = 0; i < shares.size(); ++i) running.emplace_back([&, i] { drive(shares[i], request, times, counted[i]); });
  for (auto& thread : running) thread.join();
  std::vector<std::uint32_t> all;
  std::uint64_t errors = 0;
  int bad_status = 0;
  std::size_t body = 0;
  for (auto& one : counted) {
    all.insert(all.end(), one.nanos_16.begin(), one.nanos_16.end());
    errors += one.errors;
    if (one.errors) bad_status = one.bad_status;
    body = std::max(body, one.body);
  }
  std::sort(all.begin(), all.end());
  const auto micros = [&](double share) {
    if (all.empty()) return 0.0;
    const auto at = std::min(all.size() - 1, static_cast<std::size_t>(share * static_cast<double>(all.size())));
    return all[at] * 16 / 1000.0;
  };
  std::printf(
      "{\"per_s\":%.0f,\"answers\":%zu,\"errors\":%llu,\"bad_status\":%d,\"body\":%zu,\"p50_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f,"
      "\"max_us\":%.1f}\n",
      static_cast<double>(all.size()) / options.seconds, all.size(), static_cast<unsigned long long>(errors), bad_status, body, micros(0.5),
      micros(0.99), micros(0.999), micros(1));
  return errors > 0 || all.empty() ? 1 : 0;
}

int hold(const Options& options, SSL_CTX* context) {
  Request request(options.request, options.from);
  std::vector<std::unique_ptr<Connection>> kept;
  for (int i = 0; i < options.connections; ++i) {
    kept.push_back(std::make_unique<Connection>(options, context, i));
    if (const int status = kept.back()->ask_once(request); status / 100 != 2)
      give_up("connection " + std::to_string(i) + " was answered " + std::to_string(status));
  }
  std::printf("ready\n");
  std::fflush(stdout);
  char byte = 0;
  while (::read(STDIN_FILENO, &byte, 1) > 0) {
  }
  const auto open = std::count_if(kept.begin(), kept.end(), [](const auto& one) { return one->still_open(); });
  std::printf("{\"open\":%ld}\n", static_cast<long>(open));
  return open == options.connections ? 0 : 1;
}

// Asks again and again until something answers; connections that are refused or cut are part of the wait.
int start(const Options& options) {
  if (options.program.size() < 2) give_up("start: the program is missing");
  Request request(options.request, options.from);
  const auto begun = Steady::now();
  const pid_t child = ::fork();
  if (child == 0) {
    const int nothing = ::open("/dev/null", O_RDWR);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(nothing, STDOUT_FILENO);
    ::execv(options.program[0], options.program.data());
    ::_exit(127);
  }
  double took = -1;
  while (Steady::now() - begun < std::chrono::seconds(30) && ::waitpid(child, nullptr, WNOHANG) == 0) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(options.port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool listening = ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
    ::close(fd);
    if (listening && Connection(options, nullptr, 0).ask_once(request) / 100 == 2) {
      took = std::chrono::duration<double, std::milli>(Steady::now() - begun).count();
      break;
    }
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  ::kill(child, SIGTERM);
  ::waitpid(child, nullptr, 0);
  if (took < 0) give_up("the program did not answer");
  std::printf("{\"ms\":%.2f}\n", took);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  const auto options = read_options(argc, argv);
  if (options.mode == "start") return start(options);  // the program keeps the limit it would have
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  SSL_CTX* context = options.tls ? SSL_CTX_new(TLS_client_method()) : nullptr;
  if (options.mode == "rate") return rate(options, context);
  if (options.mode == "hold") return hold(options, context);
  give_up("unknown mode " + options.mode);
}
