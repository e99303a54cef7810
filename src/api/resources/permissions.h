// Table entries of permissions, and the sentences of the published ones.
#pragma once
#include <vector>

#include "door/operation.h"
#include "services/permissions.h"

namespace quanji::api {
void permissions(door::Table& table);
// The published permissions of a table with the summaries of the operations each allows, sorted by name.
std::vector<services::Permission> described_permissions(const door::Table& table);
}  // namespace quanji::api
