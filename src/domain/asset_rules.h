// Rules of assets: what a value of each type is, how flows see it, and in which order the scopes are asked.
// Reads foreign bytes: fuzz/asset_value.cpp
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/fields.h"
#include "base/result.h"

namespace quanji::domain {

enum class AssetType : std::uint8_t { text, integer, decimal, boolean, date, json, list, secret };
// Narrow first: the first that has a value in force wins. Of departments the nearest upwards.
enum class AssetScope : std::uint8_t { task, robot, server, department, global };
std::span<const AssetScope> scopes_in_order();
// The id a scope wants ("tsk", "rob", "srv", "dep"); empty for global.
std::string_view prefix_of(AssetScope scope);
// An id of the scope's kind, or nothing for global: invalid_field on "scopeId".
base::Status check_scope(AssetScope scope, std::string_view scope_id);

inline constexpr std::size_t asset_value_limit = 64 * 1024;  // bytes of its JSON
inline constexpr std::size_t asset_list_limit = 1000;

// The value in its one spelling, compact JSON. text: a string; integer: 64 bits; decimal: a string of at most 38 digits ("1.20", the zeroes
// kept) or a whole number; boolean; date: "2026-11-20"; json: anything; list: an array. A secret is never given here.
base::Result<std::string> asset_value(AssetType type, std::string_view json);
// As flows read it: {"$decimal":"1.20"}, {"$date":"2026-11-20"}, everything else as it stands; json and list may hold such marks
// themselves.
std::string to_flow(AssetType type, std::string_view value);
// What a flow set, back into the one spelling; invalid_field when it is of another type.
base::Result<std::string> from_flow(AssetType type, std::string_view json);

}  // namespace quanji::domain
QUANJI_ENUM(quanji::domain::AssetType, "text", "integer", "decimal", "bool", "date", "json", "list", "secret");
QUANJI_ENUM(quanji::domain::AssetScope, "task", "robot", "server", "department", "global");
