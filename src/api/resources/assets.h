// Table entries of assets.
#pragma once
#include "door/operation.h"

namespace quanji::api {
void assets(door::Table& table);
}  // namespace quanji::api
