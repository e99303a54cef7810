// Table entries of folders.
#pragma once
#include "door/operation.h"

namespace quanji::api {
void folders(door::Table& table);
}  // namespace quanji::api
