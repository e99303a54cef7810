#include "storage/postgres_connection.h"

#include <endian.h>
#include <fmt/format.h>

#include <cstring>
#include <fstream>

#include "storage/libpq.h"

namespace quanji::storage::detail {
namespace {

// Of the server's catalogue (src/include/catalog/pg_type.dat), stable since the first release.
enum : Oid { oid_bool = 16, oid_bytea = 17, oid_name = 19, oid_int8 = 20, oid_int2 = 21, oid_int4 = 23, oid_text = 25, oid_varchar = 1043 };

struct Cleared {
  PGresult* result;
  ~Cleared() { PQclear(result); }
};

Error cannot_connect(const std::string& why) {
  return Error(base::Code::store_unavailable,
               base::Text("无法连接 PostgreSQL 数据库；请检查地址、网络与数据库服务",
                          "PostgreSQL cannot be reached; check the address, the network and the server"),
               why)
      .with_retry_after(2);
}

}  // namespace

Result<PostgresAddress> PostgresAddress::parse(const std::string& url, const std::string& password_file,
                                               std::chrono::milliseconds connect_timeout) {
  QUANJI_DO(load_libpq());
  char* why = nullptr;
  PQconninfoOption* options = PQconninfoParse(url.c_str(), &why);
  if (!options) {
    // libpq repeats the address in its complaint; it is not passed on because it may hold what looks like a password.
    PQfreemem(why);
    return Error(base::Code::store_unavailable,
                 base::Text("PostgreSQL 地址无法识别，应形如 postgres://用户@主机:端口/数据库",
                            "The PostgreSQL address cannot be read; it looks like postgres://user@host:port/database"),
                 "database url");
  }
  bool has_password = false;
  for (const auto* option = options; option->keyword; ++option)
    if (std::string_view(option->keyword) == "password" && option->val && *option->val) has_password = true;
  PQconninfoFree(options);
  if (has_password)
    return Error(base::Code::store_unavailable,
                 base::Text("数据库地址中不能包含密码，请写入 password_file 指定的文件",
                            "The database address may not hold a password; put it into the file named by password_file"),
                 "password in the database url");
  PostgresAddress address;
  address.url = url;
  address.password_file = password_file;
  address.connect_seconds = std::max(2, static_cast<int>(connect_timeout.count() / 1000));  // libpq takes whole seconds, 2 at least
  return address;
}

Status PostgresConnection::connect() {
  if (connected()) return {};
  close();
  std::string password;
  if (!address_.password_file.empty()) {
    std::ifstream file(address_.password_file);
    if (!file || !std::getline(file, password))
      return Error(base::Code::store_unavailable,
                   base::Text(fmt::format("无法读取数据库密码文件 {}", address_.password_file),
                              fmt::format("The password file {} of the database cannot be read", address_.password_file)),
                   "password_file");
  }
  const std::string seconds = std::to_string(address_.connect_seconds);
  // A dead network is noticed in 15 s instead of the kernel's quarter of an hour.
  const char* keys[] = {
      "dbname",           "password", "connect_timeout", "application_name", "client_encoding", "keepalives_idle", "keepalives_interval",
      "tcp_user_timeout", nullptr};
  const char* values[] = {
      address_.url.c_str(), password.empty() ? nullptr : password.c_str(), seconds.c_str(), "quanji", "UTF8", "10", "5", "15000", nullptr};
  connection_ = PQconnectdbParams(keys, values, 1);
  explicit_bzero(password.data(), password.size());
  if (PQstatus(connection_) != CONNECTION_OK) {
    auto error = cannot_connect(connection_ ? PQerrorMessage(connection_) : "out of memory");
    close();
    trouble_ = Trouble::unreachable;
    return error;
  }
  PQsetNoticeReceiver(
      connection_, [](void*, const PGresult*) {}, nullptr);
  return run_text(
      "set synchronous_commit = on; set standard_conforming_strings = on; set client_min_messages = warning; set "
      "idle_in_transaction_session_timeout = '60s'");
}

void PostgresConnection::close() {
  if (connection_) PQfinish(connection_);
  connection_ = nullptr;
  statements_.clear();
}

Error PostgresConnection::failure(PGresult* result, std::string_view what) {
  const char* state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : nullptr;
  state_ = state ? state : "";
  const std::string detail = fmt::format("PostgreSQL {} {} in {}", state_, connection_ ? PQerrorMessage(connection_) : "", what);
  if (!connected() || state_.starts_with("57P") || state_.starts_with("08")) {
    trouble_ = Trouble::unreachable;
    close();
    return cannot_connect(detail);
  }
  if (state_ == "40001" || state_ == "40P01") {
    trouble_ = Trouble::again;
    return Error(base::Code::store_unavailable, base::Text("数据库繁忙，请重试", "The database is busy; try again"), detail)
        .with_retry_after(1);
  }
  if (state_ == "23505") {
    trouble_ = Trouble::refused;
    return Error(base::Code::name_taken, detail);
  }
  if (state_ == "23503") {
    trouble_ = Trouble::refused;
    return Error(base::Code::still_referenced, detail);
  }
  if (state_.starts_with("53")) {
    trouble_ = Trouble::no_space;
    if (state_ == "53100" && when_full_) when_full_();
    return Error(base::Code::store_unavailable,
                 base::Text("数据库资源不足（磁盘、内存或连接数），修改未保存",
                            "The database is out of disk, memory or connections; the change was not stored"),
                 detail)
        .with_retry_after(5);
  }
  trouble_ = Trouble::broken;
  // 55 object in use, 58 system, 25P03 idle too long, XX internal: the server's; everything else is a wrong statement of ours.
  const bool theirs = state_.starts_with("55") || state_.starts_with("58") || state_.starts_with("XX") || state_.starts_with("25P03");
  return Error(theirs ? base::Code::store_unavailable : base::Code::bug, detail);
}

Result<const PostgresConnection::Prepared*> PostgresConnection::prepared(const Query& query) {
  if (const auto found = statements_.find(&query); found != statements_.end()) return &found->second;
  const std::string name = fmt::format("q{}", statements_.size());
  const std::string text(query.postgres.text);
  const Cleared made{PQprepare(connection_, name.c_str(), text.c_str(), 0, nullptr)};
  if (PQresultStatus(made.result) != PGRES_COMMAND_OK) return failure(made.result, query.name);
  const Cleared described{PQdescribePrepared(connection_, name.c_str())};
  if (PQresultStatus(described.result) != PGRES_COMMAND_OK) return failure(described.result, query.name);
  Prepared statement;
  statement.name = name;
  for (int i = 0; i < PQnparams(described.result); ++i) statement.types.push_back(PQparamtype(described.result, i));
  auto columns = std::make_shared<std::vector<std::string>>();
  for (int i = 0; i < PQnfields(described.result); ++i) {
    columns->push_back(PQfname(described.result, i));
    statement.column_types.push_back(PQftype(described.result, i));
  }
  statement.columns = std::move(columns);
  return &statements_.emplace(&query, std::move(statement)).first->second;
}

namespace {
std::int64_t network_integer(const char* bytes, int length) {
  if (length == 8) {
    std::uint64_t v = 0;
    std::memcpy(&v, bytes, 8);
    return static_cast<std::int64_t>(be64toh(v));
  }
  if (length == 4) {
    std::uint32_t v = 0;
    std::memcpy(&v, bytes, 4);
    return static_cast<std::int32_t>(be32toh(v));
  }
  if (length == 2) {
    std::uint16_t v = 0;
    std::memcpy(&v, bytes, 2);
    return static_cast<std::int16_t>(be16toh(v));
  }
  return bytes[0];  // bool
}
}  // namespace

Result<Outcome> PostgresConnection::execute(const Query& query, std::span<const Scalar> values) {
  trouble_ = Trouble::none;
  state_.clear();
  if (!connection_) {
    trouble_ = Trouble::unreachable;
    return cannot_connect("the connection is closed");
  }
  QUANJI_TRY(const Prepared* const statement, prepared(query));
  if (statement->types.size() != values.size())
    return Error(base::Code::bug, fmt::format("query {} has {} parameters for PostgreSQL, {} were given", query.name,
                                              statement->types.size(), values.size()));

  // Integers and bytes go in binary, text as text (which also fits where a cast makes it json or an array).
  std::vector<const char*> pointers(values.size());
  std::vector<int> lengths(values.size()), formats(values.size());
  std::vector<std::uint64_t> integers(values.size());
  std::vector<std::string> texts(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto& value = values[i].value();
    const Oid type = statement->types[i];
    if (const auto* n = std::get_if<std::int64_t>(&value)) {
      if (type == oid_int8) {
        integers[i] = htobe64(static_cast<std::uint64_t>(*n));
        pointers[i] = reinterpret_cast<const char*>(&integers[i]);
        lengths[i] = 8;
        formats[i] = 1;
      } else if (type == oid_text || type == oid_bytea || type == oid_varchar) {
        trouble_ = Trouble::broken;
        return Error(base::Code::bug,
                     fmt::format("query {}: :{} is text or bytes there and was given an integer", query.name, query.postgres.params[i]));
      } else {
        texts[i] = std::to_string(*n);
        pointers[i] = texts[i].c_str();
      }
    } else if (const auto* t = std::get_if<std::string_view>(&value)) {
      if (type == oid_int8 || type == oid_bytea) {
        trouble_ = Trouble::broken;
        return Error(base::Code::bug,
                     fmt::format("query {}: :{} is an integer or bytes there and was given text", query.name, query.postgres.params[i]));
      }
      if (t->find('\0') != t->npos) {
        trouble_ = Trouble::refused;
        return Error(base::Code::invalid_field, base::Text("文本中不能包含空字符", "Text may not hold a zero character"),
                     fmt::format("query {}: :{}", query.name, query.postgres.params[i]));
      }
      if (type == oid_text || type == oid_varchar) {  // binary text is the text: no copy for the zero at its end
        pointers[i] = t->data() ? t->data() : "";
        lengths[i] = static_cast<int>(t->size());
        formats[i] = 1;
      } else {
        texts[i] = *t;
        pointers[i] = texts[i].c_str();
      }
    } else if (const auto* b = std::get_if<Bytes>(&value)) {
      if (type != oid_bytea) {
        trouble_ = Trouble::broken;
        return Error(base::Code::bug, fmt::format("query {}: :{} is not bytes there", query.name, query.postgres.params[i]));
      }
      pointers[i] = b->data() ? reinterpret_cast<const char*>(b->data()) : "";
      lengths[i] = static_cast<int>(b->size());
      formats[i] = 1;
    }
  }
  const Cleared answered{PQexecPrepared(connection_, statement->name.c_str(), static_cast<int>(values.size()), pointers.data(),
                                        lengths.data(), formats.data(), 1)};
  const auto status = PQresultStatus(answered.result);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) return failure(answered.result, query.name);

  Outcome outcome;
  if (const char* count = PQcmdTuples(answered.result); *count && std::strncmp(PQcmdStatus(answered.result), "SELECT", 6) != 0)
    outcome.changed = std::strtoll(count, nullptr, 10);
  if (status == PGRES_TUPLES_OK) {
    auto body = std::make_shared<RowsBody>();
    body->columns = statement->columns;
    body->count = static_cast<std::size_t>(PQntuples(answered.result));
    const int width = static_cast<int>(statement->columns->size());
    body->cells.reserve(body->count * static_cast<std::size_t>(width));
    for (int row = 0; row < PQntuples(answered.result); ++row)
      for (int i = 0; i < width; ++i) {
        if (PQgetisnull(answered.result, row, i)) {
          body->add_null();
          continue;
        }
        const char* bytes = PQgetvalue(answered.result, row, i);
        const int length = PQgetlength(answered.result, row, i);
        switch (statement->column_types[static_cast<std::size_t>(i)]) {
          case oid_int8:
          case oid_int4:
          case oid_int2:
          case oid_bool:
            body->add(network_integer(bytes, length));
            break;
          case oid_text:
          case oid_varchar:
          case oid_name:
            body->add(RowsBody::Type::text, {bytes, static_cast<std::size_t>(length)});
            break;
          case oid_bytea:
            body->add(RowsBody::Type::bytes, {bytes, static_cast<std::size_t>(length)});
            break;
          default:
            trouble_ = Trouble::broken;
            return Error(base::Code::bug, fmt::format("query {}: column {} is neither bigint, text nor bytea (oid {}); cast it", query.name,
                                                      (*statement->columns)[static_cast<std::size_t>(i)],
                                                      statement->column_types[static_cast<std::size_t>(i)]));
        }
      }
    outcome.rows = std::move(body);
  }
  return outcome;
}

Status PostgresConnection::run_text(const std::string& sql) {
  trouble_ = Trouble::none;
  state_.clear();
  if (!connection_) {
    trouble_ = Trouble::unreachable;
    return cannot_connect("the connection is closed");
  }
  const Cleared answered{PQexec(connection_, sql.c_str())};
  const auto status = PQresultStatus(answered.result);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
    return failure(answered.result, std::string_view(sql).substr(0, 200));
  // The server answers a commit of a failed transaction with ROLLBACK and no error.
  if (sql == "commit" && std::string_view(PQcmdStatus(answered.result)) != "COMMIT") {
    trouble_ = Trouble::broken;
    return Error(base::Code::store_unavailable, "the server rolled back where a commit was asked for");
  }
  return {};
}

Result<std::string> PostgresConnection::ask_text(const std::string& sql) {
  trouble_ = Trouble::none;
  if (!connection_) return cannot_connect("the connection is closed");
  const Cleared answered{PQexec(connection_, sql.c_str())};
  if (PQresultStatus(answered.result) != PGRES_TUPLES_OK) return failure(answered.result, std::string_view(sql).substr(0, 200));
  if (PQntuples(answered.result) == 0 || PQgetisnull(answered.result, 0, 0)) return std::string();
  return std::string(PQgetvalue(answered.result, 0, 0));
}

}  // namespace quanji::storage::detail
