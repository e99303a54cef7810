// A database read without its platform: nothing is locked, migrated or written.
#pragma once
#include <functional>
#include <string>

#include "storage/change.h"

namespace quanji::storage {

// One consistent picture for the whole of `body`. `url` as in StoreOptions. A SQLite file is opened read-only; its folder may be too,
// when no log (-wal) is left beside it. The View has no caller.
Status read_offline(const std::string& url, const std::string& password_file, const std::function<Status(const View&)>& body);

}  // namespace quanji::storage
