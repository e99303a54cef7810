// Table entries of users and of their grants.
#pragma once
#include "door/operation.h"

namespace quanji::api {
void users(door::Table& table);
}  // namespace quanji::api
