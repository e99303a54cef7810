// The published description of a table: OpenAPI 3.1, and the pages made from the same entries.
#pragma once
#include <string>

#include "door/operation.h"

namespace quanji::door {

struct ApiTitle {
  std::string title_zh, title_en, version, description;
};
// JSON, keys in a fixed order, two spaces of indentation: the same table always gives the same bytes.
std::string openapi(const Table& table, const ApiTitle& title);
// Markdown: every operation with its permission, audit name, rate class, kind, second person.
std::string permissions_page(const Table& table);
// Markdown: the closed list of codes.
std::string error_codes_page();

}  // namespace quanji::door
