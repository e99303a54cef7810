// Table entries of roles.
#pragma once
#include "door/operation.h"

namespace quanji::api {
void roles(door::Table& table);
}  // namespace quanji::api
