// Table entries of files, uploads in parts, downloads and tickets.
#pragma once
#include "door/operation.h"

namespace quanji::api {
void files(door::Table& table);
}  // namespace quanji::api
