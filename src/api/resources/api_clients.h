// API clients and their keys: /api-clients.
#pragma once

namespace quanji::door {
class Table;
}

namespace quanji::api {

void api_clients(door::Table& table);

}  // namespace quanji::api
