// Table entries of robots, as people see them and as robots themselves use them.
#pragma once
#include "door/operation.h"

namespace quanji::api {
void robots(door::Table& table);
// The table behind /robot-gateway/v1 and the channel's frames.
void robot_gateway(door::Table& table);
}  // namespace quanji::api
