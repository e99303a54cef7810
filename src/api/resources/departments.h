// Table entries of departments.
#pragma once
#include "door/operation.h"

namespace quanji::api {
void departments(door::Table& table);
}  // namespace quanji::api
