// Human tasks: forms that flows wait on.
#pragma once
#include "door/operation.h"

namespace quanji::api {
void human_tasks(door::Table& table);
}
