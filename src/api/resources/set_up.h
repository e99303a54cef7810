// The first start: /setup, outside of the API; for a table whose base is empty.
#pragma once

namespace quanji::door {
class Table;
}

namespace quanji::api {

void set_up(door::Table& table);

}  // namespace quanji::api
