#include "workbook/xlsx_look.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "workbook/xlsx_package_edit.h"
#include "workbook/xml_splice.h"

namespace quanji::workbook {
namespace {

std::string_view text_of(std::string_view document, const Tag& tag) { return document.substr(tag.from, tag.to - tag.from); }
std::uint32_t number_in(std::string_view tag, std::string_view attribute) {
  const auto said = attribute_of(tag, attribute).value_or("");
  std::uint32_t number = 0;
  std::from_chars(said.data(), said.data() + said.size(), number);
  return number;
}

struct Child {
  std::string local, raw;
};
// The elements inside of one, and its own tag.
std::vector<Child> children_of(std::string_view element, std::string* head = nullptr) {
  std::vector<Child> found;
  TagReader reader(element);
  const auto root = reader.next();
  if (head != nullptr) {
    *head = element.substr(root.from, root.to - root.from);
    if (root.kind == TagKind::empty) head->erase(head->rfind('/'), 1);
  }
  if (root.kind != TagKind::open) return found;
  for (auto tag = reader.next(); tag.kind != TagKind::end && tag.kind != TagKind::close; tag = reader.next()) {
    const auto end = reader.skip(tag);
    found.push_back({std::string(tag.local), std::string(element.substr(tag.from, end - tag.from))});
  }
  return found;
}
const Child* child_called(const std::vector<Child>& children, std::string_view local) {
  const auto found = std::ranges::find(children, local, &Child::local);
  return found == children.end() ? nullptr : &*found;
}
std::string_view first_tag(std::string_view raw) {
  TagReader reader(raw);
  const auto tag = reader.next();
  return raw.substr(tag.from, tag.to - tag.from);
}
bool is_on(const Child* child) {
  if (child == nullptr) return false;
  const auto value = attribute_of(first_tag(child->raw), "val").value_or("1");
  return value != "0" && value != "false";
}
// rgb="FF112233"; theme and indexed colours are not told.
std::optional<std::uint32_t> rgb_of(const Child* child) {
  if (child == nullptr) return std::nullopt;
  const auto said = attribute_of(first_tag(child->raw), "rgb").value_or("");
  std::uint32_t colour = 0;
  if (said.size() != 8 || std::from_chars(said.data() + 2, said.data() + 8, colour, 16).ec != std::errc()) return std::nullopt;
  return colour;
}
std::string number_text(double number) { return fmt::format("{:.6g}", number); }

constexpr std::array<std::string_view, 4> lines = {"none", "thin", "medium", "thick"};
constexpr std::array<std::string_view, 4> aligns = {"general", "left", "center", "right"};

}  // namespace

std::uint32_t LookEditing::Section::add(std::string item) {
  const auto found = std::ranges::find(items, item);
  if (found != items.end()) return static_cast<std::uint32_t>(found - items.begin());
  items.push_back(std::move(item));
  return static_cast<std::uint32_t>(items.size() - 1);
}

base::Status LookEditing::begin() {
  const std::string_view document = document_;
  prefix_ = root_prefix(document);
  TagReader reader(document);
  reader.next();
  for (auto tag = reader.next(); tag.kind != TagKind::end && tag.kind != TagKind::close; tag = reader.next()) {
    const auto end = reader.skip(tag);
    for (auto* section : {&codes_, &fonts_, &fills_, &borders_, &forms_}) {
      if (tag.local != section->name || section->there) continue;
      section->there = true;
      for (auto& child : children_of(document.substr(tag.from, end - tag.from))) section->items.push_back(std::move(child.raw));
      section->given = section->items.size();
    }
  }
  for (const auto& code : codes_.items) {
    const auto id = number_in(first_tag(code), "numFmtId");
    if (id < 1'000'000) next_code_ = std::max(next_code_, id + 1);
    known_codes_.emplace_back(plain_xml(attribute_of(first_tag(code), "formatCode").value_or("")), id);
  }
  if (forms_.items.empty()) return base::Error(base::Code::invalid_field, base::Text("工作簿没有单元格格式。", "it has no cell formats."));
  // Numbers 0 and 1 of the fills are the program's own; a font and a border are there to be derived from.
  if (fonts_.items.empty()) fonts_.items.push_back(fmt::format("<{}font/>", prefix_));
  if (fills_.items.empty())
    for (const char* pattern : {"none", "gray125"})
      fills_.items.push_back(fmt::format("<{0}fill><{0}patternFill patternType=\"{1}\"/></{0}fill>", prefix_, pattern));
  if (borders_.items.empty())
    borders_.items.push_back(fmt::format("<{0}border><{0}left/><{0}right/><{0}top/><{0}bottom/><{0}diagonal/></{0}border>", prefix_));
  return {};
}

std::string LookEditing::item_of(const Section& section, std::uint32_t form, std::string_view attribute) const {
  const auto number = number_in(first_tag(form < forms_.items.size() ? forms_.items[form] : forms_.items[0]), attribute);
  return section.items[number < section.items.size() ? number : 0];
}

std::uint32_t LookEditing::format_number(const std::string& code) {
  if (code.empty() || code == "General") return 0;
  if (code == "@") return 49;
  const auto found = std::ranges::find(known_codes_, code, [](const auto& one) { return one.first; });
  if (found != known_codes_.end()) return found->second;
  codes_.items.push_back(fmt::format("<{}numFmt numFmtId=\"{}\" formatCode=\"{}\"/>", prefix_, next_code_, escaped_xml(code)));
  known_codes_.emplace_back(code, next_code_);
  return next_code_++;
}

std::string LookEditing::font_with(std::string_view font, const LookChange& change) const {
  auto children = children_of(font);
  const auto put = [&](std::string_view local, std::optional<std::string> attributes) {
    std::erase_if(children, [&](const Child& child) { return child.local == local; });
    if (attributes) children.push_back({std::string(local), fmt::format("<{}{}{}/>", prefix_, local, *attributes)});
  };
  const auto flag = [](bool on) { return on ? std::optional<std::string>("") : std::nullopt; };
  if (change.bold) put("b", flag(*change.bold));
  if (change.italic) put("i", flag(*change.italic));
  if (change.size) put("sz", fmt::format(" val=\"{}\"", number_text(*change.size)));
  if (change.colour) put("color", fmt::format(" rgb=\"FF{:06X}\"", *change.colour));
  static constexpr std::array<std::string_view, 15> order = {"b",         "i",  "strike", "condense", "extend", "outline", "shadow", "u",
                                                             "vertAlign", "sz", "color",  "name",     "family", "charset", "scheme"};
  std::ranges::stable_sort(children, {}, [](const Child& child) { return std::ranges::find(order, child.local) - order.begin(); });
  std::string out = fmt::format("<{}font>", prefix_);
  for (const auto& child : children) out += child.raw;
  return out + fmt::format("</{}font>", prefix_);
}

std::string LookEditing::form_with(std::string_view form, const LookChange& change) {
  std::string head;
  auto children = children_of(form, &head);
  const auto set = [&](std::string_view attribute, std::uint32_t number, std::string_view applies) {
    head = with_attribute(with_attribute(head, attribute, std::to_string(number)), applies, "1");
  };
  if (change.number_format) set("numFmtId", format_number(*change.number_format), "applyNumberFormat");
  if (change.bold || change.italic || change.size || change.colour) {
    const auto number = number_in(head, "fontId");
    const auto font = fonts_.items[number < fonts_.items.size() ? number : 0];
    set("fontId", fonts_.add(font_with(font, change)), "applyFont");
  }
  if (change.background)
    set("fillId",
        fills_.add(fmt::format("<{0}fill><{0}patternFill patternType=\"solid\"><{0}fgColor rgb=\"FF{1:06X}\"/><{0}bgColor "
                               "indexed=\"64\"/></{0}patternFill></{0}fill>",
                               prefix_, *change.background)),
        "applyFill");
  if (change.border) {
    std::string border = fmt::format("<{}border>", prefix_);
    for (const char* side : {"left", "right", "top", "bottom"})
      border += *change.border == BorderLine::none ? fmt::format("<{}{}/>", prefix_, side)
                                                   : fmt::format("<{0}{1} style=\"{2}\"><{0}color auto=\"1\"/></{0}{1}>", prefix_, side,
                                                                 lines[static_cast<std::size_t>(*change.border)]);
    set("borderId", borders_.add(border + fmt::format("<{0}diagonal/></{0}border>", prefix_)), "applyBorder");
  }
  if (change.align || change.wrap) {
    const auto* there = child_called(children, "alignment");
    auto alignment = there == nullptr ? fmt::format("<{}alignment/>", prefix_) : there->raw;
    if (change.align) alignment = with_attribute(alignment, "horizontal", aligns[static_cast<std::size_t>(*change.align)]);
    if (change.wrap) alignment = with_attribute(alignment, "wrapText", *change.wrap ? "1" : "0");
    std::erase_if(children, [](const Child& child) { return child.local == "alignment"; });
    children.insert(children.begin(), {"alignment", alignment});
    head = with_attribute(head, "applyAlignment", "1");
  }
  std::string out = head;
  for (const auto& child : children) out += child.raw;
  return out + fmt::format("</{}xf>", prefix_);
}

std::uint32_t LookEditing::derived(std::uint32_t form, const LookChange& change) {
  const auto [known, fresh] = derived_.try_emplace(form, 0);
  if (fresh) known->second = forms_.add(form_with(form < forms_.items.size() ? forms_.items[form] : forms_.items[0], change));
  return known->second;
}

LookChange LookEditing::look_of(std::uint32_t form) const {
  const auto& raw = form < forms_.items.size() ? forms_.items[form] : forms_.items[0];
  LookChange look;
  const auto code = number_in(first_tag(raw), "numFmtId");
  const auto own = std::ranges::find(known_codes_, code, [](const auto& one) { return one.second; });
  if (own != known_codes_.end()) look.number_format = own->first;
  const auto font = children_of(item_of(fonts_, form, "fontId"));
  look.bold = is_on(child_called(font, "b"));
  look.italic = is_on(child_called(font, "i"));
  if (const auto* size = child_called(font, "sz")) {
    const auto said = std::string(attribute_of(first_tag(size->raw), "val").value_or("0"));
    look.size = std::strtod(said.c_str(), nullptr);
  }
  look.colour = rgb_of(child_called(font, "color"));
  const auto fill = children_of(item_of(fills_, form, "fillId"));
  if (const auto* pattern = child_called(fill, "patternFill");
      pattern != nullptr && attribute_of(first_tag(pattern->raw), "patternType") == "solid") {
    const auto colours = children_of(pattern->raw);
    look.background = rgb_of(child_called(colours, "fgColor"));
  }
  look.border = BorderLine::none;
  for (const auto& side : children_of(item_of(borders_, form, "borderId")))
    if (const auto style = attribute_of(first_tag(side.raw), "style"); style && look.border == BorderLine::none) {
      const auto line = std::ranges::find(lines, *style);
      look.border = line == lines.end() ? BorderLine::thin : static_cast<BorderLine>(line - lines.begin());
    }
  look.align = Align::general;
  look.wrap = false;
  if (const auto children = children_of(raw); const auto* alignment = child_called(children, "alignment")) {
    const auto said = std::ranges::find(aligns, attribute_of(first_tag(alignment->raw), "horizontal").value_or("general"));
    if (said != aligns.end()) look.align = static_cast<Align>(said - aligns.begin());
    look.wrap = attribute_of(first_tag(alignment->raw), "wrapText").value_or("0") == "1";
  }
  return look;
}

std::string LookEditing::document() const {
  // What is new of a section, as the document gets it: inside of the section, or the whole section before what stands behind it.
  static constexpr std::array<std::string_view, 6> order = {"numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs"};
  const std::string_view document = document_;
  std::string out;
  std::size_t copied = 0;
  const auto copy = [&](std::size_t to) {
    out += document.substr(copied, to - copied);
    copied = to;
  };
  const std::array<const Section*, 5> sections = {&codes_, &fonts_, &fills_, &borders_, &forms_};
  std::array<bool, 5> done = {};
  const auto whole = [&](std::size_t i) {
    const auto& section = *sections[i];
    done[i] = true;
    if (section.there || section.items.empty()) return;
    out += fmt::format("<{}{} count=\"{}\">", prefix_, section.name, section.items.size());
    for (const auto& item : section.items) out += item;
    out += fmt::format("</{}{}>", prefix_, section.name);
  };
  TagReader reader(document);
  reader.next();
  for (auto tag = reader.next(); tag.kind != TagKind::end && tag.kind != TagKind::close; tag = reader.next()) {
    const auto place = std::ranges::find(order, tag.local) - order.begin();
    copy(tag.from);
    for (std::size_t i = 0; i < sections.size(); ++i)
      if (!done[i] && std::ranges::find(order, sections[i]->name) - order.begin() < place) whole(i);
    const auto end = reader.skip(tag);
    for (std::size_t i = 0; i < sections.size(); ++i) {
      const auto& section = *sections[i];
      if (tag.local != section.name || done[i]) continue;
      done[i] = true;
      if (section.items.size() == section.given) continue;
      auto open = with_attribute(text_of(document, tag), "count", std::to_string(section.items.size()));
      if (tag.kind == TagKind::empty) open.erase(open.rfind('/'), 1);
      out += open;
      copied = tag.to;
      if (tag.kind == TagKind::open) copy(document.rfind("</", end - 1));
      for (auto k = section.given; k < section.items.size(); ++k) out += section.items[k];
      if (tag.kind == TagKind::empty) out += fmt::format("</{}>", tag.name);
    }
    copy(end);
  }
  copy(document.size());
  return out;
}

}  // namespace quanji::workbook
