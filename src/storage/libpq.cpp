#include "storage/libpq.h"

#include <dlfcn.h>
#include <libpq-fe.h>

#include <cstdlib>

namespace quanji::storage::detail {
namespace {

void* library() {
  // Never unloaded: connections of any thread may be open to the end.
  static void* const loaded = ::dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
  return loaded;
}

template <class F>
F real(const char* name) {
  void* const found = library() ? ::dlsym(library(), name) : nullptr;
  if (!found) std::abort();  // load_libpq() was not asked, or this is no libpq of version 15
  return reinterpret_cast<F>(found);
}

}  // namespace

base::Status load_libpq() {
  if (library()) return {};
  return base::Error(base::Code::store_unavailable,
                     base::Text("缺少 PostgreSQL 客户端库 libpq.so.5，请安装软件包 libpq5",
                                "The client library of PostgreSQL, libpq.so.5, is missing: install the package libpq5"));
}

}  // namespace quanji::storage::detail

// The functions the room calls, each handed on to the loaded library.
#define QUANJI_PQ(result, name, parameters, arguments)                              \
  result name parameters {                                                          \
    static const auto call = quanji::storage::detail::real<decltype(&name)>(#name); \
    return call arguments;                                                          \
  }

extern "C" {
QUANJI_PQ(PGconn*, PQconnectdbParams, (const char* const* keywords, const char* const* values, int expand), (keywords, values, expand))
QUANJI_PQ(PQconninfoOption*, PQconninfoParse, (const char* text, char** error), (text, error))
QUANJI_PQ(void, PQconninfoFree, (PQconninfoOption * options), (options))
QUANJI_PQ(void, PQfinish, (PGconn * connection), (connection))
QUANJI_PQ(ConnStatusType, PQstatus, (const PGconn* connection), (connection))
QUANJI_PQ(int, PQserverVersion, (const PGconn* connection), (connection))
QUANJI_PQ(char*, PQerrorMessage, (const PGconn* connection), (connection))
QUANJI_PQ(PQnoticeReceiver, PQsetNoticeReceiver, (PGconn * connection, PQnoticeReceiver receiver, void* given),
          (connection, receiver, given))
QUANJI_PQ(PGresult*, PQexec, (PGconn * connection, const char* text), (connection, text))
QUANJI_PQ(PGresult*, PQprepare, (PGconn * connection, const char* name, const char* text, int count, const Oid* types),
          (connection, name, text, count, types))
QUANJI_PQ(PGresult*, PQdescribePrepared, (PGconn * connection, const char* name), (connection, name))
QUANJI_PQ(PGresult*, PQexecPrepared,
          (PGconn * connection, const char* name, int count, const char* const* values, const int* lengths, const int* formats, int format),
          (connection, name, count, values, lengths, formats, format))
QUANJI_PQ(ExecStatusType, PQresultStatus, (const PGresult* result), (result))
QUANJI_PQ(char*, PQresultErrorField, (const PGresult* result, int field), (result, field))
QUANJI_PQ(char*, PQcmdStatus, (PGresult * result), (result))
QUANJI_PQ(char*, PQcmdTuples, (PGresult * result), (result))
QUANJI_PQ(void, PQclear, (PGresult * result), (result))
QUANJI_PQ(void, PQfreemem, (void* memory), (memory))
QUANJI_PQ(int, PQntuples, (const PGresult* result), (result))
QUANJI_PQ(int, PQnfields, (const PGresult* result), (result))
QUANJI_PQ(int, PQnparams, (const PGresult* result), (result))
QUANJI_PQ(Oid, PQparamtype, (const PGresult* result, int at), (result, at))
QUANJI_PQ(char*, PQfname, (const PGresult* result, int column), (result, column))
QUANJI_PQ(Oid, PQftype, (const PGresult* result, int column), (result, column))
QUANJI_PQ(int, PQgetisnull, (const PGresult* result, int row, int column), (result, row, column))
QUANJI_PQ(int, PQgetlength, (const PGresult* result, int row, int column), (result, row, column))
QUANJI_PQ(char*, PQgetvalue, (const PGresult* result, int row, int column), (result, row, column))
}
