// Sessions: /sessions, and what administrators do about a person's way in: /users/{id}/….
#pragma once

namespace quanji::door {
class Table;
}

namespace quanji::api {

void sessions(door::Table& table);

}  // namespace quanji::api
