#include "apps/quanji/output.h"

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <vector>

#include "apps/quanji/profile.h"
#include "base/fields_json.h"

namespace quanji::apps {
namespace {

namespace json = boost::json;

std::string plain(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  return out;
}
std::string cell(const json::value& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return plain({value.get_string().data(), value.get_string().size()});
  return plain(json::serialize(value));
}
std::string view(json::string_view text) { return {text.data(), text.size()}; }

std::string aligned(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], shown_width(row[i]));
  }
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      if (i + 1 < row.size()) out.append(widths[i] - shown_width(row[i]) + 2, ' ');
    }
    out += '\n';
  }
  return out;
}

std::string list_table(const json::array& items) {
  std::vector<std::string> names;
  for (const auto& item : items) {
    if (!item.is_object()) continue;
    for (const auto& pair : item.get_object())
      if (auto name = view(pair.key()); std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
  }
  std::vector<std::vector<std::string>> rows;
  if (!names.empty()) rows.push_back(names);
  for (const auto& item : items) {
    auto& row = rows.emplace_back();
    if (!item.is_object()) {
      row.push_back(cell(item));
      continue;
    }
    for (const auto& name : names) {
      const auto* found = item.get_object().if_contains(json::string_view(name.data(), name.size()));
      // What has an inside would push everything else off the line; `read` and -o json show it.
      row.push_back(!found ? "" : found->is_object() ? "{…}" : cell(*found));
    }
  }
  return aligned(rows);
}

}  // namespace

std::size_t shown_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    std::uint32_t point = length == 1 ? first : first & (0xFFU >> (length + 1));
    for (std::size_t k = 1; k < length && i + k < text.size(); ++k) point = point << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3FU);
    i += length;
    if (point >= 0x300 && point <= 0x36F) continue;
    const bool wide = (point >= 0x1100 && point <= 0x115F) || (point >= 0x2E80 && point <= 0xA4CF && point != 0x303F) ||
                      (point >= 0xAC00 && point <= 0xD7A3) || (point >= 0xF900 && point <= 0xFAFF) ||
                      (point >= 0xFE30 && point <= 0xFE6F) || (point >= 0xFF00 && point <= 0xFF60) ||
                      (point >= 0xFFE0 && point <= 0xFFE6) || (point >= 0x1F300 && point <= 0x1F64F) ||
                      (point >= 0x20000 && point <= 0x3FFFD);
    width += wide ? 2 : 1;
  }
  return width;
}

std::string as_table(const json::value& data) {
  if (data.is_array()) return list_table(data.get_array());
  if (!data.is_object()) return data.is_null() ? "" : cell(data) + "\n";
  if (const auto* items = data.get_object().if_contains("items"); items && items->is_array()) return list_table(items->get_array());
  std::vector<std::vector<std::string>> rows;
  for (const auto& pair : data.get_object()) rows.push_back({view(pair.key()), cell(pair.value())});
  return aligned(rows);
}

int refuse(const base::Error& error) {
  const bool english = speaks_english();
  std::cerr << (english ? error.message().en : error.message().zh) << "\n";
  for (const auto& field : error.fields())
    std::cerr << "  " << field.field << ": " << (english ? field.reason.en : field.reason.zh) << "\n";
  if (!error.detail().empty()) std::cerr << "  " << error.detail() << "\n";
  if (error.code() == base::Code::robot_unreachable) return exit_unreachable;
  const auto http = base::row_of(error.code()).http;
  return http == 401 || http == 403 ? exit_rights : exit_refused;
}

int refuse(const net::ClientResponse& answer) {
  auto value = base::parse_json(answer.body);
  if (value.ok() && value->is_object()) {
    const auto& body = value->get_object();
    const auto* message = body.if_contains("message");
    const auto* code = body.if_contains("code");
    std::cerr << (message ? cell(*message) : "") << " (" << (code ? cell(*code) : std::to_string(answer.status)) << ")\n";
    if (const auto* fields = body.if_contains("errors"); fields && fields->is_array())
      for (const auto& field : fields->get_array()) {
        if (!field.is_object()) continue;
        const auto* name = field.get_object().if_contains("field");
        const auto* reason = field.get_object().if_contains("reason");
        std::cerr << "  " << (name ? cell(*name) : "") << ": " << (reason ? cell(*reason) : "") << "\n";
      }
  } else {
    std::cerr << "HTTP " << answer.status << "\n";
  }
  return answer.status == 401 || answer.status == 403 ? exit_rights : exit_refused;
}

}  // namespace quanji::apps
