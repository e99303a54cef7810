// YAML as a tree with places: maps, lists and scalars, nothing else of YAML. Anchors, aliases, merge keys, tags, directives and second
// documents are refused with a sentence; a key stands once. Scalars keep their text: what a plain one means is said by literals.h.
// Reads foreign bytes: fuzz/flow_source.cpp
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "flow/problem.h"

namespace quanji::flow {

struct YamlEntry;
struct YamlNode {
  // broken: something was refused here and said so; nobody looks at it again.
  enum class Kind : std::uint8_t { broken, scalar, list, map };
  enum class Style : std::uint8_t { plain, quoted, block };  // of a scalar
  Kind kind = Kind::broken;
  Style style = Style::plain;
  bool in_flow = false;  // stands inside {…} or […]
  Position at;           // of its first character; of a block scalar its | or >
  Position text_at;      // of the first character of its text
  std::string text;      // of a scalar
  std::vector<YamlNode> items;
  std::vector<YamlEntry> entries;  // keys unique, in order

  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_list() const { return kind == Kind::list; }
  bool is_map() const { return kind == Kind::map; }
  bool is_broken() const { return kind == Kind::broken; }
  const YamlNode* find(std::string_view key) const;
};
struct YamlEntry {
  std::string key;
  Position at;
  YamlNode value;
};

inline constexpr std::size_t max_yaml_bytes = 2U << 20U;
inline constexpr std::size_t max_yaml_depth = 64;

// The document's root; broken when nothing could be read. Where YAML fails because an expression lacks quotes, it is read as if it had
// them, so that every other problem is told in the same go.
YamlNode read_yaml(std::string_view text, Problems& problems);

}  // namespace quanji::flow
