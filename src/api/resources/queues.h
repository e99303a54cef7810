// Data queues and their items: group 8 of the interface.
#pragma once
#include "door/operation.h"

namespace quanji::api {
void queues(door::Table& table);
}
