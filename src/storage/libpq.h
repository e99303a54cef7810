// Inside of the room: libpq is loaded when the first PostgreSQL address is read, not when the program starts. It brings a dozen libraries
// of its own (Kerberos, LDAP, GnuTLS), which a platform over SQLite would pay for with memory and time at every start.
#pragma once
#include "base/result.h"

namespace quanji::storage::detail {

// Any thread. store_unavailable when the library is not on this machine. Comes before the first PQ… call, each of which libpq.cpp defines.
base::Status load_libpq();

}  // namespace quanji::storage::detail
