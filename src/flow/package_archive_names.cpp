#include "flow/package_archive_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/encodings.h"

namespace quanji::flow {
namespace {

constexpr std::size_t longest_part = 255, longest_path = 1024;  // bytes; what file systems take

// The character at `at` of valid UTF-8; moves `at` behind it.
std::uint32_t next_character(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto first = byte(at);
  const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  std::uint32_t point = length == 1 ? first : first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) point = point << 6 | (byte(at + i) & 0x3FU);
  at += length;
  return point;
}

void append_utf8(std::string& out, std::uint32_t point) {
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0 | point >> 6);
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0 | point >> 12);
    out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | point >> 18);
    out += static_cast<char>(0x80 | (point >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  }
}

bool holds(std::span<const names::CharacterRange> ranges, std::uint32_t point) {
  const auto found =
      std::upper_bound(ranges.begin(), ranges.end(), point, [](std::uint32_t p, const auto& range) { return p < range.first; });
  return found != ranges.begin() && point <= std::prev(found)->last;
}

std::optional<ArchiveReason> check_characters(std::string_view path) {
  bool composing = false;
  for (std::size_t at = 0; at < path.size();) {
    const auto point = next_character(path, at);
    if (point < 0x20 || point == 0x7F) return ArchiveReason::control_character;
    if (point == '\\') return ArchiveReason::backslash;
    if (point < 0x80 || holds(names::plain, point)) continue;
    if (!holds(names::composing, point)) return ArchiveReason::invisible_character;
    composing = true;
  }
  if (composing) return ArchiveReason::not_composed;
  return std::nullopt;
}

// Names that are devices in every folder of Windows, with any extension.
bool is_device(std::string_view part) {
  std::string stem(part.substr(0, part.find('.')));
  while (stem.ends_with(' ')) stem.pop_back();
  for (auto& c : stem)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  static constexpr std::array<std::string_view, 6> devices = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"};
  if (std::find(devices.begin(), devices.end(), stem) != devices.end()) return true;
  if (!stem.starts_with("COM") && !stem.starts_with("LPT")) return false;
  const auto number = std::string_view(stem).substr(3);
  return (number.size() == 1 && number[0] >= '0' && number[0] <= '9') || number == "\u00b9" || number == "\u00b2" || number == "\u00b3";
}

std::optional<ArchiveReason> check_part(std::string_view part) {
  if (part.empty()) return ArchiveReason::empty_part;
  if (part == "." || part == "..") return ArchiveReason::dot_part;
  if (part.size() > longest_part) return ArchiveReason::name_too_long;
  if (part.find_first_of("<>:\"|?*") != std::string_view::npos) return ArchiveReason::forbidden_character;
  if (part.ends_with('.') || part.ends_with(' ') || part.starts_with(' ')) return ArchiveReason::outer_dot_or_space;
  if (is_device(part)) return ArchiveReason::device_name;
  return std::nullopt;
}

bool in_its_place(std::string_view path) {
  if (path == package_file || path == signature_file) return true;
  const auto slash = path.find('/');
  if (slash == std::string_view::npos) return false;
  const auto& folders = package_folders;
  return std::find(folders.begin(), folders.end(), path.substr(0, slash)) != folders.end();
}

}  // namespace

std::optional<ArchiveReason> check_text_of_path(std::string_view path, std::size_t deepest) {
  if (path.empty()) return ArchiveReason::empty_part;
  if (!base::is_utf8(path)) return ArchiveReason::not_utf8;
  if (const auto broken = check_characters(path)) return broken;
  if (path.starts_with('/')) return ArchiveReason::absolute_path;
  const auto letter = static_cast<char>(path[0] | 0x20);
  if (path.size() > 1 && path[1] == ':' && letter >= 'a' && letter <= 'z') return ArchiveReason::drive_letter;
  if (path.ends_with('/')) return ArchiveReason::folder_entry;
  if (path.size() > longest_path) return ArchiveReason::name_too_long;
  std::size_t parts = 0;
  for (std::size_t from = 0; from <= path.size(); ++parts) {
    const auto end = std::min(path.find('/', from), path.size());
    if (const auto broken = check_part(path.substr(from, end - from))) return broken;
    from = end + 1;
  }
  if (parts > deepest) return ArchiveReason::too_deep;
  if (!in_its_place(path)) return ArchiveReason::wrong_place;
  return std::nullopt;
}

std::string folded_path(std::string_view path) {
  std::string out;
  for (std::size_t at = 0; at < path.size();) {
    auto point = next_character(path, at);
    if (point < 0x80) {
      out += static_cast<char>(point >= 'A' && point <= 'Z' ? point + 0x20 : point);
      continue;
    }
    const auto& several = names::folds_to_several;
    const auto many =
        std::lower_bound(several.begin(), several.end(), point, [](const auto& row, std::uint32_t p) { return row.point < p; });
    if (many != several.end() && many->point == point) {
      out += many->folded;
      continue;
    }
    const auto& runs = names::fold_runs;
    const auto after = std::upper_bound(runs.begin(), runs.end(), point, [](std::uint32_t p, const auto& run) { return p < run.first; });
    if (after != runs.begin())
      if (const auto& run = *std::prev(after); point <= run.last && (point - run.first) % run.step == 0)
        point = static_cast<std::uint32_t>(static_cast<std::int64_t>(point) + run.delta);
    append_utf8(out, point);
  }
  return out;
}

std::string printable_name(std::string_view name) {
  const auto text = base::repair_utf8(base::utf8_beginning(name, 200));
  std::string shown;
  for (std::size_t at = 0; at < text.size();) {
    const auto from = at;
    const auto point = next_character(text, at);
    if (point < 0x20 || point == 0x7F)
      shown += fmt::format("\\x{:02X}", point);
    else if (point < 0x80 || point == 0xFFFD || holds(names::plain, point) || holds(names::composing, point))
      shown += text.substr(from, at - from);
    else
      shown += fmt::format("\\u{{{:04X}}}", point);
  }
  return name.size() > 200 ? shown + "…" : shown;
}

std::optional<ArchiveReason> PathSet::add(std::string_view path) {
  std::uint32_t folder = 0;
  for (;;) {
    const auto slash = path.find('/');
    const bool last = slash == std::string_view::npos;
    const auto part = path.substr(0, slash);
    const auto kind = last ? Kind::file : Kind::folder;
    const auto number = static_cast<std::uint32_t>(known_.size() + 1);
    const auto [at, added] = known_.try_emplace({folder, folded_path(part)}, Known{number, kind, std::string(part)});
    if (!added) {
      if (at->second.kind != kind) return ArchiveReason::file_and_folder;
      if (at->second.spelled != part) return ArchiveReason::same_name_folded;
      if (last) return ArchiveReason::same_name;
    }
    if (last) return std::nullopt;
    folder = at->second.number;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace quanji::flow
