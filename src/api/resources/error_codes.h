// Table entries of the list of error codes: /error-codes.
#pragma once
#include "door/operation.h"

namespace quanji::api {
void error_codes(door::Table& table);
}  // namespace quanji::api
