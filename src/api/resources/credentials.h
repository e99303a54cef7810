// Table entries of credentials.
#pragma once
#include "door/operation.h"

namespace quanji::api {
void credentials(door::Table& table);
}  // namespace quanji::api
