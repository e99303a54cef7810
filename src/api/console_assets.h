// The built console, embedded into the program (made by tools/embed_console; empty where the console was not built).
#pragma once
#include <vector>

#include "api/http.h"

namespace quanji::api {
std::vector<Asset> console_assets();
}  // namespace quanji::api
