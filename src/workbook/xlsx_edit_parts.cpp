// The small parts of a workbook with something changed in them.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "workbook/cell_text.h"
#include "workbook/xlsx_edit_sheet.h"
#include "workbook/xml_splice.h"

namespace quanji::workbook {
namespace {

std::string prefix_of(std::string_view name) {
  const auto colon = name.find(':');
  return colon == std::string_view::npos ? std::string() : std::string(name.substr(0, colon + 1));
}

std::string spliced(std::string_view document, std::size_t from, std::size_t to, std::string_view instead) {
  std::string out(document.substr(0, from));
  out += instead;
  out += document.substr(to);
  return out;
}

}  // namespace

std::string with_full_calculation(std::string_view workbook) {
  TagReader reader(workbook);
  const auto root = reader.next();
  std::size_t place = root.to;
  for (auto tag = reader.next(); tag.kind != TagKind::end && tag.kind != TagKind::close; tag = reader.next()) {
    if (tag.local == "calcPr")
      return spliced(workbook, tag.from, tag.to, with_attribute(workbook.substr(tag.from, tag.to - tag.from), "fullCalcOnLoad", "1"));
    const auto end = reader.skip(tag);
    // calcPr stands behind these (ECMA-376 part 1, 18.2.27).
    for (const std::string_view before :
         {"fileVersion", "fileSharing", "workbookPr", "AlternateContent", "revisionPtr", "workbookProtection", "bookViews", "sheets",
          "functionGroups", "externalReferences", "definedNames"})
      if (tag.local == before) place = end;
  }
  return spliced(workbook, place, place, fmt::format("<{}calcPr fullCalcOnLoad=\"1\"/>", prefix_of(root.name)));
}

std::string with_sheet(std::string_view workbook, std::string_view name, std::uint32_t id, std::string_view relationship) {
  TagReader reader(workbook);
  const auto root = reader.next();
  for (auto tag = reader.next(); tag.kind != TagKind::end; tag = reader.next()) {
    if (tag.local != "sheets" || tag.kind != TagKind::close) continue;
    std::string element = fmt::format("<{}sheet xmlns:qr=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\" name=\"",
                                      prefix_of(root.name));
    append_escaped(element, name);
    element += fmt::format("\" sheetId=\"{}\" qr:id=\"{}\"/>", id, relationship);
    return spliced(workbook, tag.from, tag.from, element);
  }
  return std::string(workbook);
}

std::string without_element(std::string_view document, std::string_view attribute, std::string_view value) {
  TagReader reader(document);
  reader.next();
  for (auto tag = reader.next(); tag.kind != TagKind::end; tag = reader.next()) {
    if (tag.kind == TagKind::close) continue;
    const auto found = attribute_of(document.substr(tag.from, tag.to - tag.from), attribute);
    const auto end = reader.skip(tag);
    if (found && unescaped(*found) == value) return spliced(document, tag.from, end, "");
  }
  return std::string(document);
}

std::string with_element(std::string_view document, std::string_view element) {
  TagReader reader(document);
  const auto root = reader.next();
  const auto prefix = prefix_of(root.name);
  const auto own = prefix.empty() ? std::string(element) : "<" + prefix + std::string(element.substr(1));
  if (root.kind == TagKind::empty) {
    auto open = std::string(document.substr(root.from, root.to - root.from));
    open.erase(open.rfind('/'), 1);
    return spliced(document, root.from, root.to, fmt::format("{}{}</{}>", open, own, root.name));
  }
  const auto end = document.rfind("</");
  return end == std::string_view::npos ? std::string(document) : spliced(document, end, end, own);
}

base::Status StyleEditing::begin() {
  TagReader reader(document_);
  prefix_ = prefix_of(reader.next().name);
  const std::string_view document = document_;
  bool inside = false;
  for (auto tag = reader.next(); tag.kind != TagKind::end; tag = reader.next()) {
    if (tag.local == "cellXfs") inside = tag.kind == TagKind::open;
    if (tag.kind == TagKind::close) continue;
    const auto text = document.substr(tag.from, tag.to - tag.from);
    if (tag.local == "numFmt") {
      std::uint32_t id = 0;
      const auto said = attribute_of(text, "numFmtId").value_or("");
      std::from_chars(said.data(), said.data() + said.size(), id);
      if (id < 1'000'000) next_code_ = std::max(next_code_, id + 1);
      codes_.emplace(unescaped(attribute_of(text, "formatCode").value_or("")), id);
    } else if (inside && tag.local == "xf") {
      const auto end = reader.skip(tag);
      forms_.emplace_back(document.substr(tag.from, end - tag.from));
    }
  }
  if (forms_.empty())
    return base::Error(base::Code::invalid_field,
                       base::Text("工作簿没有单元格格式，日期无法写入。", "it has no cell formats, so that days cannot be written."));
  return {};
}

std::uint32_t StyleEditing::derived(std::uint32_t base_form, std::string_view code) {
  const auto [known, fresh] = known_.try_emplace({base_form, std::string(code)}, 0);
  if (!fresh) return known->second;
  std::uint32_t id = 0;
  if (!code.empty()) {
    const auto [at, added] = codes_.try_emplace(std::string(code), next_code_);
    if (added) new_codes_.emplace_back(next_code_++, code);
    id = at->second;
  }
  const auto& form = base_form < forms_.size() ? forms_[base_form] : forms_[0];
  TagReader reader(form);
  const auto tag = reader.next();
  auto head = with_attribute(std::string_view(form).substr(0, tag.to), "numFmtId", std::to_string(id));
  head = with_attribute(head, "applyNumberFormat", "1");
  added_.push_back(head + form.substr(tag.to));
  known->second = static_cast<std::uint32_t>(forms_.size() + added_.size() - 1);
  return known->second;
}

std::string StyleEditing::document() const {
  std::string codes;
  for (const auto& [id, code] : new_codes_) {
    codes += fmt::format("<{}numFmt numFmtId=\"{}\" formatCode=\"", prefix_, id);
    append_escaped(codes, code);
    codes += "\"/>";
  }
  std::string out;
  TagReader reader(document_);
  const std::string_view document = document_;
  std::size_t copied = 0;
  bool codes_done = codes.empty(), first = true;
  const auto copy = [&](std::size_t to) {
    out += document.substr(copied, to - copied);
    copied = to;
  };
  for (auto tag = reader.next(); tag.kind != TagKind::end; tag = reader.next()) {
    if (first) {
      first = false;
      // numFmts is the first thing there is (18.8.39); where it is missing it comes right behind the root.
      if (!codes_done && document.find("numFmts") == std::string_view::npos) {
        copy(tag.to);
        out += fmt::format("<{}numFmts count=\"{}\">{}</{}numFmts>", prefix_, new_codes_.size(), codes, prefix_);
        codes_done = true;
      }
      continue;
    }
    const auto text = document.substr(tag.from, tag.to - tag.from);
    if (tag.local == "numFmts" && !codes_done) {
      if (tag.kind == TagKind::close) {
        copy(tag.from);
        out += codes;
        codes_done = true;
      } else {
        copy(tag.from);
        auto open = with_attribute(text, "count", std::nullopt);
        if (tag.kind == TagKind::empty) {
          open.erase(open.rfind('/'), 1);
          out += open + codes + fmt::format("</{}numFmts>", prefix_);
          codes_done = true;
        } else {
          out += open;
        }
        copied = tag.to;
      }
    } else if (tag.local == "cellXfs") {
      copy(tag.from);
      if (tag.kind == TagKind::close) {
        for (const auto& form : added_) out += form;
      } else {
        out += with_attribute(text, "count", std::to_string(forms_.size() + added_.size()));
        copied = tag.to;
      }
    }
  }
  copy(document.size());
  return out;
}

}  // namespace quanji::workbook
