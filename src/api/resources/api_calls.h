// Table entries of the call log and its counts: /api-calls.
#pragma once
#include "door/operation.h"

namespace quanji::api {
void api_calls(door::Table& table);
}  // namespace quanji::api
