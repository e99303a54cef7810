// What an administrator changes at run time: each setting declared once with type, default, limits and sentence (settings.cpp).
//
//   QUANJI_TRY(auto failures, settings::integer(view, "security.max_failures"));
// Values are kept in memory and read again when they changed (authority.h: refresh_epoch). A name that is not declared is a bug.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "services/rights.h"

namespace quanji::services {

enum class SettingType : std::uint8_t { boolean, integer, text, list };

// A declaration; lives as long as the program.
struct SettingRow {
  std::string_view name;
  SettingType type;
  std::string_view fallback;      // JSON of the default
  std::int64_t min = 0, max = 0;  // integer: value; text: characters; list: elements
  base::Sentence title;
  std::span<const std::string_view> choices{};  // text and list elements: only these; empty: any
};

struct Setting {
  std::string name;
  SettingType type = SettingType::text;
  base::JsonText value;
  base::JsonText default_value;
  bool is_default = true;
  std::optional<std::int64_t> min, max;
  std::vector<std::string> choices;
  std::string title_zh, title_en;
  base::Time created_at;
  std::string created_by;
  base::Time updated_at;
  std::string updated_by;
  std::int64_t revision = 0;  // 0: never changed
  static const base::FieldList& fields();
};
struct SettingList {
  std::vector<Setting> items;
  static const base::FieldList& fields();
};
struct SettingRef {
  std::string name;
  static const base::FieldList& fields();
};
struct SettingChange {
  std::string name;
  std::optional<base::JsonText> value;  // null: back to the default
  std::string reason;
  static const base::FieldList& fields();
};

Result<SettingList> list_settings(const View&, const base::Nothing&);
Result<Setting> read_setting(const View&, const SettingRef&);
Result<Setting> change_setting(Change&, const base::Patch<SettingChange>&);

namespace settings {
std::span<const SettingRow> declared();
Result<std::int64_t> integer(const View&, std::string_view name);
Result<bool> truth(const View&, std::string_view name);
Result<std::string> text(const View&, std::string_view name);
Result<std::vector<std::string>> list(const View&, std::string_view name);
// For io threads: the value this process knows, the default before the first reading.
std::int64_t known_integer(std::string_view name);
bool known_truth(std::string_view name);
// Start-up, profiles and set-up: writes a value without asking for rights.
Status put(Change&, std::string_view name, std::string_view json);
// Reads all values when `epoch` is not the one they were read at.
Status refresh(const View&, std::uint64_t epoch);
void forget();  // tests
}  // namespace settings

}  // namespace quanji::services
QUANJI_ENUM(quanji::services::SettingType, "boolean", "integer", "text", "list");
