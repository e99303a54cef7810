// Signing in and out, tokens, passwords and second factors: /auth.
#pragma once

namespace quanji::door {
class Table;
}

namespace quanji::api {

void auth(door::Table& table);

}  // namespace quanji::api
