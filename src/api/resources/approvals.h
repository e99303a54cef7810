// Table entries of approvals.
#pragma once
#include "door/operation.h"

namespace quanji::api {
void approvals(door::Table& table);
}  // namespace quanji::api
