// Inside of the room: one blocking PostgreSQL connection. One thread at a time.
#pragma once
#include <libpq-fe.h>

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "storage/work.h"

namespace quanji::storage::detail {

// How to connect, read once from the options; holds no password but the file's name.
struct PostgresAddress {
  std::string url;
  std::string password_file;
  int connect_seconds = 5;
  // Refuses a URL that cannot be read or that carries a password.
  static Result<PostgresAddress> parse(const std::string& url, const std::string& password_file, std::chrono::milliseconds connect_timeout);
};

class PostgresConnection final : public Session {
 public:
  explicit PostgresConnection(const PostgresAddress& address) : address_(address) {}
  ~PostgresConnection() override { close(); }
  PostgresConnection(const PostgresConnection&) = delete;

  // Connected already, or connects now. Failure: store_unavailable with what the server said.
  Status connect();
  void close();
  bool connected() const { return connection_ && PQstatus(connection_) == CONNECTION_OK; }

  Result<Outcome> execute(const Query& query, std::span<const Scalar> values) override;
  const Query::Form& form(const Query& query) const override { return query.postgres; }
  Trouble trouble() const override { return trouble_; }
  void when_full(std::function<void()> tell) { when_full_ = std::move(tell); }
  const std::string& state() const { return state_; }  // SQLSTATE of the last failure

  // begin, commit, set …; several statements at once are allowed.
  Status run_text(const std::string& sql);
  Result<std::string> ask_text(const std::string& sql);
  int server_version() const { return PQserverVersion(connection_); }

 private:
  struct Prepared {
    std::string name;
    std::vector<Oid> types;
    std::shared_ptr<const std::vector<std::string>> columns;
    std::vector<Oid> column_types;
  };
  Result<const Prepared*> prepared(const Query& query);
  Error failure(PGresult* result, std::string_view what);

  PostgresAddress address_;
  PGconn* connection_ = nullptr;
  Trouble trouble_ = Trouble::none;
  std::function<void()> when_full_;
  std::string state_;
  std::unordered_map<const Query*, Prepared> statements_;
};

}  // namespace quanji::storage::detail
