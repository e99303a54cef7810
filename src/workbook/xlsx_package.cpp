#include "workbook/xlsx_package.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "base/encodings.h"
#include "workbook/xml_events.h"

namespace quanji::workbook {
namespace {

constexpr std::size_t most_forms = 65'536;  // spreadsheets have 65 490

std::string_view last_word(std::string_view uri) {
  const auto slash = uri.rfind('/');
  return slash == std::string_view::npos ? uri : uri.substr(slash + 1);
}

class RelationshipEvents final : public XmlEvents {
 public:
  explicit RelationshipEvents(std::string_view part) : part_(part) {}
  void start(std::string_view name, bool main, const XmlAttributes& attributes) override {
    if (!main || name != "Relationship") return;
    Relationship one;
    one.id = attributes.find("Id");
    one.type = last_word(attributes.find("Type"));
    one.external = attributes.find("TargetMode") == "External";
    if (!one.external) one.target = resolved_target(part_, attributes.find("Target"));
    if (found.size() < 100'000) found.push_back(std::move(one));
  }
  void end(std::string_view, bool) override {}
  std::vector<Relationship> found;

 private:
  std::string_view part_;
};

class WorkbookEvents final : public XmlEvents {
 public:
  struct Sheet {
    SheetInfo info;
    std::string relationship;
  };
  void start(std::string_view name, bool main, const XmlAttributes& attributes) override {
    if (!main) return;
    if (name == "sheet" && sheets.size() < 10'000) {
      Sheet sheet;
      sheet.info.name = attributes.find("name");
      decode_text(sheet.info.name);
      const auto state = attributes.find("state");
      sheet.info.state = state == "hidden" ? SheetState::hidden : state == "veryHidden" ? SheetState::very_hidden : SheetState::visible;
      sheet.relationship = attributes.find_in_namespace("id");
      sheets.push_back(std::move(sheet));
    } else if (name == "workbookPr" && attributes.truth("date1904")) {
      dates = DateSystem::from_1904;
    }
  }
  void end(std::string_view, bool) override {}
  std::vector<Sheet> sheets;
  DateSystem dates = DateSystem::from_1900;
};

class StyleEvents final : public XmlEvents {
 public:
  void start(std::string_view name, bool main, const XmlAttributes& attributes) override {
    if (!main) return;
    if (name == "numFmt") {
      if (const auto id = attributes.number("numFmtId"); id && codes_.size() < 100'000) {
        auto code = std::string(attributes.find("formatCode"));
        decode_text(code);
        code = base::utf8_beginning(code, 255);  // what spreadsheets keep
        codes_[*id] = {parse_format_code(code), parse_zero_padding(code), std::move(code)};
      }
    } else if (name == "cellXfs") {
      inside_ = true;
    } else if (inside_ && name == "xf" && forms.size() < most_forms) {
      const auto id = attributes.number("numFmtId").value_or(0);
      const auto own = codes_.find(id);
      if (own != codes_.end())
        forms.push_back(own->second);
      else
        forms.push_back({kind_of_builtin_format(id), 0, builtin_code(id)});
    }
  }
  void end(std::string_view name, bool main) override {
    if (main && name == "cellXfs") inside_ = false;
  }
  std::vector<CellForm> forms;

 private:
  static std::string builtin_code(std::uint32_t id) {
    switch (id) {
      case 1:
        return "0";
      case 2:
        return "0.00";
      case 3:
        return "#,##0";
      case 4:
        return "#,##0.00";
      case 9:
        return "0%";
      case 10:
        return "0.00%";
      case 11:
        return "0.00E+00";
      case 14:
        return "yyyy/m/d";
      case 20:
        return "h:mm";
      case 21:
        return "h:mm:ss";
      case 22:
        return "yyyy/m/d h:mm";
      case 49:
        return "@";
      default:
        return id == 0 ? "" : fmt::format("[{}]", id);
    }
  }
  std::map<std::uint32_t, CellForm> codes_;
  bool inside_ = false;
};

// <si>: one text or several runs; what is written above the characters (rPh) does not belong to it.
class TextEvents final : public XmlEvents {
 public:
  TextEvents(ZipParts& parts, std::uint64_t most_bytes) : parts_(parts), most_bytes_(most_bytes) {}
  void start(std::string_view name, bool main, const XmlAttributes&) override {
    if (!main) return;
    if (name == "si") one_.clear();
    if (name == "rPh") above_ = true;
    if (name == "t") inside_ = !above_;
  }
  void end(std::string_view name, bool main) override {
    if (!main) return;
    if (name == "t") inside_ = false;
    if (name == "rPh") above_ = false;
    if (name != "si") return;
    decode_text(one_);
    found.add(one_);
    // 8 bytes a text even where it is empty.
    if (found.bytes() + found.size() * 8 > most_bytes_)
      fail(workbook_too_large(parts_.file(), fmt::format("文本超过 {} 兆字节，不再读下去。", most_bytes_ >> 20U),
                              fmt::format("it holds more than {} MB of texts and is not read further.", most_bytes_ >> 20U)));
  }
  void text(std::string_view piece) override {
    if (inside_ && one_.size() < most_bytes_) one_ += piece;
  }
  SharedTexts found;

 private:
  ZipParts& parts_;
  std::uint64_t most_bytes_;
  std::string one_;
  bool inside_ = false, above_ = false;
};

base::Error other_package(ZipParts& parts) {
  if (parts.find("xl/workbook.bin") != nullptr)
    return bad_workbook(parts.file(), "这是二进制工作簿 .xlsb；请另存为 .xlsx。", "this is a binary workbook .xlsb; save it as .xlsx.");
  if (parts.find("word/document.xml") != nullptr) return bad_workbook(parts.file(), "这是 Word 文档。", "this is a Word document.");
  if (parts.find("content.xml") != nullptr)
    return bad_workbook(parts.file(), "这是 OpenDocument 表格 .ods；请另存为 .xlsx。",
                        "this is an OpenDocument sheet .ods; save it as .xlsx.");
  return bad_workbook(parts.file(), "这个 ZIP 文件里没有工作簿；请另存为 .xlsx。",
                      "there is no workbook in this ZIP file; save it as .xlsx.");
}

}  // namespace

void decode_text(std::string& text) {
  std::size_t at = text.find("_x");
  if (at == std::string::npos) return;
  std::string out;
  std::size_t from = 0;
  for (; at != std::string::npos; at = text.find("_x", at + 1)) {
    if (at < from || at + 7 > text.size() || text[at + 6] != '_') continue;
    std::uint32_t point = 0;
    const auto [end, problem] = std::from_chars(text.data() + at + 2, text.data() + at + 6, point, 16);
    // Half of a pair would be no UTF-8, and a zero byte is no text: both stay as they stand.
    if (problem != std::errc() || end != text.data() + at + 6 || point == 0 || (point >= 0xD800 && point <= 0xDFFF)) continue;
    out.append(text, from, at - from);
    if (point < 0x80) {
      out += static_cast<char>(point);
    } else {
      if (point < 0x800) {
        out += static_cast<char>(0xC0 | (point >> 6U));
      } else {
        out += static_cast<char>(0xE0 | (point >> 12U));
        out += static_cast<char>(0x80 | ((point >> 6U) & 0x3FU));
      }
      out += static_cast<char>(0x80 | (point & 0x3FU));
    }
    from = at + 7;
  }
  if (from == 0) return;
  out.append(text, from);
  text = std::move(out);
}

std::string resolved_target(std::string_view part, std::string_view target) {
  std::vector<std::string_view> steps;
  const auto walk = [&](std::string_view path) {
    while (!path.empty()) {
      const auto slash = path.find('/');
      const auto step = path.substr(0, slash);
      path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
      if (step == ".." && !steps.empty()) steps.pop_back();
      if (!step.empty() && step != "." && step != "..") steps.push_back(step);
    }
  };
  if (!target.starts_with('/')) {
    const auto slash = part.rfind('/');
    if (slash != std::string_view::npos) walk(part.substr(0, slash));
  }
  walk(target);
  std::string out;
  for (const auto step : steps) {
    if (!out.empty()) out += '/';
    out += step;
  }
  return out;
}

std::string relationships_part(std::string_view part) {
  const auto slash = part.rfind('/');
  const auto folder = slash == std::string_view::npos ? std::string_view() : part.substr(0, slash + 1);
  const auto name = slash == std::string_view::npos ? part : part.substr(slash + 1);
  return fmt::format("{}_rels/{}.rels", folder, name);
}

base::Result<std::vector<Relationship>> relationships_of(ZipParts& parts, std::string_view part) {
  const auto name = part.empty() ? std::string("_rels/.rels") : relationships_part(part);
  if (parts.find(name) == nullptr) return std::vector<Relationship>{};
  RelationshipEvents events(part);
  QUANJI_DO(read_xml(parts, name, events));
  return std::move(events.found);
}

base::Result<WorkbookPart> workbook_part_of(ZipParts& parts) {
  WorkbookPart book;
  QUANJI_TRY(const auto top, relationships_of(parts, ""));
  for (const auto& one : top)
    if (one.type == "officeDocument" && !one.external) book.part = one.target;
  if (book.part.empty()) book.part = "xl/workbook.xml";
  if (parts.find(book.part) == nullptr || book.part.ends_with(".bin") || book.part.starts_with("word/")) return other_package(parts);
  WorkbookEvents events;
  QUANJI_DO(read_xml(parts, book.part, events));
  QUANJI_TRY(const auto related, relationships_of(parts, book.part));
  book.dates = events.dates;
  for (const auto& one : related) {
    if (one.external) continue;
    if (one.type == "styles") book.styles = one.target;
    if (one.type == "sharedStrings") book.shared_texts = one.target;
  }
  for (auto& sheet : events.sheets) {
    const auto found = std::ranges::find(related, sheet.relationship, &Relationship::id);
    const bool there = found != related.end() && !found->external && parts.find(found->target) != nullptr;
    if (there) sheet.info.part = found->target;
    sheet.info.has_cells = there && found->type == "worksheet";
    book.sheets.push_back(std::move(sheet.info));
  }
  if (book.sheets.empty()) return other_package(parts);
  return book;
}

base::Result<std::vector<CellForm>> cell_forms(ZipParts& parts, std::string_view styles) {
  if (styles.empty() || parts.find(styles) == nullptr) return std::vector<CellForm>{};
  StyleEvents events;
  QUANJI_DO(read_xml(parts, styles, events));
  return std::move(events.forms);
}

base::Result<SharedTexts> shared_texts(ZipParts& parts, std::string_view part, std::uint64_t most_bytes) {
  if (part.empty() || parts.find(part) == nullptr) return SharedTexts();
  TextEvents events(parts, most_bytes);
  QUANJI_DO(read_xml(parts, part, events));
  return std::move(events.found);
}

}  // namespace quanji::workbook
