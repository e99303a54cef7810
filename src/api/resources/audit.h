// Table entries of the audit log: /audit.
#pragma once
#include "door/operation.h"

namespace quanji::api {
void audit(door::Table& table);
}  // namespace quanji::api
