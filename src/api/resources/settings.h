// Table entries of settings.
#pragma once
#include "door/operation.h"

namespace quanji::api {
void settings(door::Table& table);
}  // namespace quanji::api
