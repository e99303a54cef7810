// XML that is changed in places and otherwise kept byte for byte: tags with their offsets in a document that was read as well-formed
// before. Reads foreign bytes: fuzz/xlsx.cpp
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quanji::workbook {

enum class TagKind : std::uint8_t { open, close, empty, end };  // end: of the document
struct Tag {
  TagKind kind = TagKind::end;
  std::string_view name;         // as it stands, "x:row"
  std::string_view local;        // "row"
  std::size_t from = 0, to = 0;  // of < and behind >
};

// Goes from tag to tag; comments, instructions and CDATA are passed over. Of broken XML it makes some tags and an end, never more.
class TagReader {
 public:
  explicit TagReader(std::string_view document, std::size_t at = 0) : document_(document), at_(at) {}
  Tag next();
  // Of an open tag just read: the offset behind its closing tag.
  std::size_t skip(const Tag& open);
  std::size_t at() const { return at_; }

 private:
  std::string_view document_;
  std::size_t at_;
};

// The raw text between the quotation marks; nothing when the tag has no such attribute.
std::optional<std::string_view> attribute_of(std::string_view tag, std::string_view name);
// The tag with the attribute set, or taken away by nothing. `value` is escaped already.
std::string with_attribute(std::string_view tag, std::string_view name, std::optional<std::string_view> value);
// Undoes the five entities and character references in an attribute.
std::string unescaped(std::string_view raw);

}  // namespace quanji::workbook
