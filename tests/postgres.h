// A PostgreSQL for tests: the one the runner gives by QUANJI_TEST_POSTGRES (tests/with_postgres), else one started for this process.
#pragma once
#include <string>

namespace quanji::tests {

// Address of the server's maintenance database. Ends the program with a sentence when no server can be started: a test that needs
// PostgreSQL is never skipped. The server ends with this process, also after a crash.
const std::string& postgres_url();

// A new, empty database; dropped (with its connections) when the object goes.
class FreshDatabase {
 public:
  FreshDatabase();
  ~FreshDatabase();
  FreshDatabase(const FreshDatabase&) = delete;
  FreshDatabase& operator=(const FreshDatabase&) = delete;
  const std::string& url() const { return url_; }
  const std::string& name() const { return name_; }

 private:
  std::string name_, url_;
};
// The same address with another database, and with another folder for the socket when `socket_folder` is not empty.
std::string postgres_url_of(const std::string& database, const std::string& socket_folder = {});
// The folder of the server's Unix socket (".s.PGSQL.5432").
std::string postgres_socket_folder();
// Runs SQL on the maintenance database or, given an address, there; ends the program with the server's words when it fails.
void postgres_run(const std::string& sql, const std::string& url = {});

}  // namespace quanji::tests
