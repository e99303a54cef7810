#include "workbook/xml_events.h"

#include <fmt/format.h>
#include <libxml/SAX2.h>
#include <libxml/parser.h>

#include <charconv>
#include <cstring>
#include <mutex>

#include "base/encodings.h"

namespace quanji::workbook {
namespace {

std::string_view view(const xmlChar* text) {
  return text == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(text));
}

constexpr std::string_view vocabularies[] = {
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
    "http://schemas.openxmlformats.org/package/2006/relationships",
    "http://schemas.openxmlformats.org/package/2006/content-types",
};

struct Reading {
  XmlEvents* events = nullptr;
  xmlParserCtxtPtr parser = nullptr;
  const xmlChar* main_uri = nullptr;  // names of namespaces are interned: compared by address
  const xmlChar* other_uri = nullptr;
  bool document_type = false;
  bool begun = false;         // the outermost element was seen
  bool foreign_root = false;  // it is of no vocabulary of workbooks: everything in it would be passed over as unknown

  bool is_main(const xmlChar* uri) {
    if (uri == main_uri) return uri != nullptr;
    if (uri == other_uri) return false;
    for (const auto known : vocabularies)
      if (view(uri) == known) {
        main_uri = uri;
        return true;
      }
    other_uri = uri;
    return false;
  }
  void settle() const {
    if (events->enough()) ::xmlStopParser(parser);
  }
};

void on_start(void* self, const xmlChar* name, const xmlChar*, const xmlChar* uri, int, const xmlChar**, int count, int,
              const xmlChar** raw) {
  auto& reading = *static_cast<Reading*>(self);
  if (!reading.begun) {
    reading.begun = true;
    if (!reading.is_main(uri) && !reading.events->any_vocabulary) {
      reading.foreign_root = true;
      ::xmlStopParser(reading.parser);
      return;
    }
  }
  if (!reading.events->enough()) reading.events->start(view(name), reading.is_main(uri), XmlAttributes(raw, count));
  reading.settle();
}
void on_end(void* self, const xmlChar* name, const xmlChar*, const xmlChar* uri) {
  auto& reading = *static_cast<Reading*>(self);
  if (!reading.events->enough()) reading.events->end(view(name), reading.is_main(uri));
  reading.settle();
}
void on_text(void* self, const xmlChar* text, int length) {
  auto& reading = *static_cast<Reading*>(self);
  if (!reading.events->enough()) reading.events->text({reinterpret_cast<const char*>(text), static_cast<std::size_t>(length)});
  reading.settle();
}
// Office documents have no document type; where one stands, somebody wants entities expanded or files fetched.
void on_document_type(void* self, const xmlChar*, const xmlChar*, const xmlChar*) {
  auto& reading = *static_cast<Reading*>(self);
  reading.document_type = true;
  ::xmlStopParser(reading.parser);
}
xmlEntityPtr on_entity(void*, const xmlChar* name) { return ::xmlGetPredefinedEntity(name); }
void on_problem(void*, xmlErrorPtr) {}

}  // namespace

std::string_view XmlAttributes::find(std::string_view name) const {
  for (int i = 0; i < count_; ++i) {
    const auto** one = raw_ + static_cast<std::ptrdiff_t>(i) * 5;
    if (one[2] == nullptr && view(one[0]) == name)
      return {reinterpret_cast<const char*>(one[3]), static_cast<std::size_t>(one[4] - one[3])};
  }
  return {};
}
std::string_view XmlAttributes::find_in_namespace(std::string_view name) const {
  for (int i = 0; i < count_; ++i) {
    const auto** one = raw_ + static_cast<std::ptrdiff_t>(i) * 5;
    if (one[2] != nullptr && view(one[0]) == name)
      return {reinterpret_cast<const char*>(one[3]), static_cast<std::size_t>(one[4] - one[3])};
  }
  return {};
}
bool XmlAttributes::truth(std::string_view name) const {
  const auto value = find(name);
  return value == "1" || value == "true" || value == "on";
}
std::optional<std::uint32_t> XmlAttributes::number(std::string_view name) const {
  const auto value = find(name);
  std::uint32_t number = 0;
  const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (value.empty() || problem != std::errc() || end != value.data() + value.size()) return std::nullopt;
  return number;
}

base::Status read_xml(ZipParts& parts, std::string_view part, XmlEvents& events) {
  static std::once_flag once;
  std::call_once(once, [] { ::xmlInitParser(); });
  xmlSAXHandler handler = {};
  handler.initialized = XML_SAX2_MAGIC;
  handler.startElementNs = on_start;
  handler.endElementNs = on_end;
  handler.characters = on_text;
  handler.cdataBlock = on_text;
  handler.internalSubset = on_document_type;
  handler.getEntity = on_entity;
  handler.serror = on_problem;
  Reading reading;
  reading.events = &events;
  reading.parser = ::xmlCreatePushParserCtxt(&handler, &reading, nullptr, 0, nullptr);
  if (reading.parser == nullptr) return base::Error(base::Code::bug, "libxml2 makes no parser");
  const std::unique_ptr<xmlParserCtxt, void (*)(xmlParserCtxtPtr)> owned(reading.parser, [](xmlParserCtxtPtr p) {
    if (p->myDoc != nullptr) ::xmlFreeDoc(p->myDoc);
    ::xmlFreeParserCtxt(p);
  });
  // Entities in attributes are the five of XML alone, as there is no document type.
  ::xmlCtxtUseOptions(reading.parser, XML_PARSE_NONET | XML_PARSE_NOENT);
  bool broken = false;
  const auto feed = [&](const char* bytes, int count, int last) {
    const int code = ::xmlParseChunk(reading.parser, bytes, count, last);
    broken = broken || (code != XML_ERR_OK && reading.parser->wellFormed == 0 && !events.enough());
    return !broken && !events.enough() && !reading.document_type && !reading.foreign_root;
  };
  bool whole = true;
  QUANJI_DO(parts.read(part, [&](std::string_view piece) {
    whole = feed(piece.data(), static_cast<int>(piece.size()), 0);
    return whole;
  }));
  if (whole) feed(nullptr, 0, 1);
  QUANJI_DO(events.take_failure());
  const auto shown = base::repair_utf8(base::utf8_beginning(part, 100));
  if (reading.document_type)
    return bad_workbook(parts.file(), fmt::format("部件 {} 里有文档类型声明（DOCTYPE），工作簿不该有，拒绝读取。", shown),
                        fmt::format("the part {} has a document type (DOCTYPE), which no workbook has; it is refused.", shown));
  if (reading.foreign_root)
    return bad_workbook(
        parts.file(), fmt::format("部件 {} 的根元素不属于工作簿的命名空间，里面的内容无法辨认；用表格程序打开后另存。", shown),
        fmt::format("the outermost element of the part {} is in no namespace of workbooks, so nothing in it can be told; open "
                    "and save it in a spreadsheet program.",
                    shown));
  if (broken || (!events.enough() && reading.parser->wellFormed == 0)) {
    const auto* last = ::xmlCtxtGetLastError(reading.parser);
    const int line = last == nullptr ? 0 : last->line;
    return bad_workbook(
        parts.file(), fmt::format("部件 {} 第 {} 行的 XML 已损坏；重新取得文件，或用表格程序打开后另存。", shown, line),
        fmt::format("the part {} is broken XML at line {}; get the file again, or open and save it in a spreadsheet program.", shown, line),
        last == nullptr || last->message == nullptr ? "" : last->message);
  }
  return {};
}

}  // namespace quanji::workbook
