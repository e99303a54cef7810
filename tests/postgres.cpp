#include "tests/postgres.h"

#include <fcntl.h>
#include <libpq-fe.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace quanji::tests {
namespace {

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "PostgreSQL for tests: %s\n", why.c_str());
  std::exit(1);
}

// tests/with_postgres --hold as a child; its standard input is a pipe of ours, so it ends when we do.
class Held {
 public:
  Held() {
    int in[2], out[2];
    if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) give_up("pipe");
    child_ = ::fork();
    if (child_ < 0) give_up("fork");
    if (child_ == 0) {
      ::dup2(in[0], 0);
      ::dup2(out[1], 1);
      ::execl(QUANJI_TESTS_FOLDER "/with_postgres", "with_postgres", "--hold", nullptr);
      ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    in_ = in[1];
    char c = 0;
    while (::read(out[0], &c, 1) == 1 && c != '\n') url_ += c;
    ::close(out[0]);
    if (c != '\n') give_up("tests/with_postgres could not start a server");
  }
  ~Held() {
    ::close(in_);
    ::waitpid(child_, nullptr, 0);
  }
  const std::string& url() const { return url_; }

 private:
  pid_t child_ = -1;
  int in_ = -1;
  std::string url_;
};

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  return out;
}
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c == '/')
      out += "%2F";
    else
      out += c;
  return out;
}

}  // namespace

const std::string& postgres_url() {
  static const std::string url = []() -> std::string {
    if (const char* given = std::getenv("QUANJI_TEST_POSTGRES"); given && *given) return given;
    static Held held;
    return held.url();
  }();
  return url;
}

std::string postgres_socket_folder() {
  const std::string& url = postgres_url();
  const auto at = url.find("host=");
  if (at == url.npos) give_up("QUANJI_TEST_POSTGRES names no socket folder (?host=…)");
  return unescaped(std::string_view(url).substr(at + 5, url.find('&', at) - at - 5));
}

std::string postgres_url_of(const std::string& database, const std::string& socket_folder) {
  std::string url = postgres_url();
  const auto query = url.find('?'), slash = url.rfind('/', query);
  url = url.substr(0, slash + 1) + database + url.substr(query);
  if (!socket_folder.empty()) {
    const auto at = url.find("host=") + 5, end = std::min(url.find('&', at), url.size());
    url = url.substr(0, at) + escaped(socket_folder) + url.substr(end);
  }
  return url;
}

void postgres_run(const std::string& sql, const std::string& url) {
  PGconn* connection = PQconnectdb((url.empty() ? postgres_url() : url).c_str());
  if (PQstatus(connection) != CONNECTION_OK) give_up(PQerrorMessage(connection));
  PQsetNoticeReceiver(
      connection, [](void*, const PGresult*) {}, nullptr);
  PGresult* result = PQexec(connection, sql.c_str());
  if (const auto status = PQresultStatus(result); status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
    give_up(sql + ": " + PQerrorMessage(connection));
  PQclear(result);
  PQfinish(connection);
}

FreshDatabase::FreshDatabase() {
  static std::atomic<int> next{0};
  name_ = "t" + std::to_string(::getpid()) + "_" + std::to_string(next++);
  postgres_run("create database " + name_);
  url_ = postgres_url_of(name_);
}
FreshDatabase::~FreshDatabase() { postgres_run("drop database if exists " + name_ + " with (force)"); }

}  // namespace quanji::tests
