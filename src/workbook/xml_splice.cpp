#include "workbook/xml_splice.h"

#include <charconv>

namespace quanji::workbook {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Where attribute `name` stands in a tag: from the blank before it to behind its value, and the value itself.
struct Place {
  std::size_t from = 0, to = 0;
  std::string_view value;
};
std::optional<Place> place_of(std::string_view tag, std::string_view name) {
  std::size_t i = 1;
  while (i < tag.size() && !is_blank(tag[i]) && tag[i] != '>' && tag[i] != '/') ++i;
  while (i < tag.size()) {
    const auto from = i;
    while (i < tag.size() && is_blank(tag[i])) ++i;
    const auto begin = i;
    while (i < tag.size() && !is_blank(tag[i]) && tag[i] != '=' && tag[i] != '>' && tag[i] != '/') ++i;
    const auto found = tag.substr(begin, i - begin);
    if (found.empty()) return std::nullopt;
    while (i < tag.size() && is_blank(tag[i])) ++i;
    if (i >= tag.size() || tag[i] != '=') return std::nullopt;
    ++i;
    while (i < tag.size() && is_blank(tag[i])) ++i;
    if (i >= tag.size() || (tag[i] != '"' && tag[i] != '\'')) return std::nullopt;
    const auto end = tag.find(tag[i], i + 1);
    if (end == std::string_view::npos) return std::nullopt;
    if (found == name) return Place{from, end + 1, tag.substr(i + 1, end - i - 1)};
    i = end + 1;
  }
  return std::nullopt;
}

}  // namespace

Tag TagReader::next() {
  const auto past = [&](std::string_view mark, std::size_t from) {
    const auto end = document_.find(mark, from);
    return end == std::string_view::npos ? document_.size() : end + mark.size();
  };
  for (;;) {
    const auto from = document_.find('<', at_);
    if (from == std::string_view::npos) {
      at_ = document_.size();
      return {TagKind::end, {}, {}, at_, at_};
    }
    const auto rest = document_.substr(from);
    if (rest.starts_with("<!--")) {
      at_ = past("-->", from + 4);
      continue;
    }
    if (rest.starts_with("<![CDATA[")) {
      at_ = past("]]>", from + 9);
      continue;
    }
    if (rest.starts_with("<?")) {
      at_ = past("?>", from + 2);
      continue;
    }
    std::size_t i = from + 1;
    char quote = 0;
    for (; i < document_.size() && (quote != 0 || document_[i] != '>'); ++i) {
      const char c = document_[i];
      if (quote != 0)
        quote = c == quote ? '\0' : quote;
      else if (c == '"' || c == '\'')
        quote = c;
    }
    if (i >= document_.size()) {
      at_ = document_.size();
      return {TagKind::end, {}, {}, at_, at_};
    }
    at_ = i + 1;
    Tag tag{TagKind::open, {}, {}, from, at_};
    std::size_t begin = from + 1;
    if (document_[begin] == '/') {
      tag.kind = TagKind::close;
      ++begin;
    } else if (document_[i - 1] == '/') {
      tag.kind = TagKind::empty;
    }
    auto end = begin;
    while (end < i && !is_blank(document_[end]) && document_[end] != '/') ++end;
    tag.name = document_.substr(begin, end - begin);
    const auto colon = tag.name.find(':');
    tag.local = colon == std::string_view::npos ? tag.name : tag.name.substr(colon + 1);
    return tag;
  }
}

std::size_t TagReader::skip(const Tag& open) {
  if (open.kind != TagKind::open) return open.to;
  for (std::size_t depth = 1; depth > 0;) {
    const auto tag = next();
    if (tag.kind == TagKind::end) break;
    if (tag.kind == TagKind::open) ++depth;
    if (tag.kind == TagKind::close) --depth;
  }
  return at_;
}

std::optional<std::string_view> attribute_of(std::string_view tag, std::string_view name) {
  const auto place = place_of(tag, name);
  if (!place) return std::nullopt;
  return place->value;
}

std::string with_attribute(std::string_view tag, std::string_view name, std::optional<std::string_view> value) {
  std::string out(tag);
  std::string spelled;
  if (value) {
    spelled = " ";
    spelled += name;
    spelled += "=\"";
    spelled += *value;
    spelled += '"';
  }
  if (const auto place = place_of(tag, name)) {
    out.replace(place->from, place->to - place->from, spelled);
    return out;
  }
  auto end = out.size() - 1;
  if (end > 0 && out[end - 1] == '/') --end;
  out.insert(end, spelled);
  return out;
}

std::string unescaped(std::string_view raw) {
  std::string out;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const auto semicolon = raw[i] == '&' ? raw.find(';', i) : std::string_view::npos;
    if (semicolon == std::string_view::npos) {
      out += raw[i];
      continue;
    }
    const auto word = raw.substr(i + 1, semicolon - i - 1);
    std::uint32_t point = 0;
    if (word == "amp") point = '&';
    if (word == "lt") point = '<';
    if (word == "gt") point = '>';
    if (word == "quot") point = '"';
    if (word == "apos") point = '\'';
    if (word.starts_with('#')) {
      const bool hex = word.size() > 1 && word[1] == 'x';
      std::from_chars(word.data() + (hex ? 2 : 1), word.data() + word.size(), point, hex ? 16 : 10);
    }
    // Only what is ASCII needs to be compared here.
    if (point == 0 || point > 0x7F) {
      out += raw[i];
      continue;
    }
    out += static_cast<char>(point);
    i = semicolon;
  }
  return out;
}

}  // namespace quanji::workbook
