#include "activities/xml/xml_tree.h"

#include <fmt/format.h>
#include <libxml/parser.h>
#include <libxml/xmlreader.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>

#include "activities/failures.h"
#include "base/encodings.h"
#include "values/decimal.h"
#include "values/names.h"

namespace quanji::activities::xml {
namespace {

using engine::Outcome;
using values::List;
using values::Map;
using values::Type;
using values::Value;

constexpr int deepest = 11;
constexpr unsigned long most_steps_of_path = 20'000'000;
constexpr int options = XML_PARSE_NONET | XML_PARSE_NOCDATA | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_BIG_LINES;

using Document = std::unique_ptr<xmlDoc, void (*)(xmlDocPtr)>;
Document owned(xmlDocPtr document) {
  return {document, [](xmlDocPtr d) { ::xmlFreeDoc(d); }};
}

const char* chars(const xmlChar* text) { return reinterpret_cast<const char*>(text); }
std::string view(const xmlChar* text) { return text == nullptr ? std::string() : std::string(chars(text)); }
const xmlChar* bytes_of(const std::string& text) { return reinterpret_cast<const xmlChar*>(text.c_str()); }

void start() {
  static std::once_flag once;
  std::call_once(once, [] { ::xmlInitParser(); });
}
std::pair<std::string, std::string> where(std::string_view name) {
  return name.empty() ? std::pair<std::string, std::string>("文本", "the text") : std::pair(std::string(name), std::string(name));
}
engine::Failure broken(std::string_view name, int line, std::string why) {
  while (!why.empty() && (why.back() == '\n' || why.back() == '.')) why.pop_back();
  why = base::repair_utf8(why);
  const auto [zh, en] = where(name);
  return failure("unreadable", {fmt::format("{} 第 {} 行不是合格的 XML：{}", zh, line, why),
                                fmt::format("{}, line {}: this is no XML: {}", en, line, why)});
}
engine::Failure doctype(std::string_view name) {
  const auto [zh, en] = where(name);
  return failure("unreadable", {fmt::format("{} 里有 DOCTYPE，为安全起见不读；去掉它", zh),
                                fmt::format("{} has a DOCTYPE and is not read, to be safe; take it out", en)});
}
engine::Failure too_deep() {
  return failure("too_large", {fmt::format("元素嵌套超过 {} 层；用 xml.read_table 按路径读", deepest),
                               fmt::format("elements nest more than {} deep; read them by a path with xml.read_table", deepest)});
}

std::string name_of(const xmlNode* node) {
  const auto local = view(node->name);
  return node->ns != nullptr && node->ns->prefix != nullptr ? view(node->ns->prefix) + ":" + local : local;
}
Outcome<Value> tree_of(const xmlNode* node, int depth) {
  if (depth > deepest) return too_deep();
  Map attributes;
  for (const auto* ns = node->nsDef; ns != nullptr; ns = ns->next)
    attributes.emplace_back(ns->prefix == nullptr ? "xmlns" : "xmlns:" + view(ns->prefix), Value::of(view(ns->href)));
  for (const auto* one = node->properties; one != nullptr; one = one->next) {
    const std::unique_ptr<xmlChar, void (*)(void*)> text(::xmlNodeGetContent(reinterpret_cast<const xmlNode*>(one)), ::xmlFree);
    attributes.emplace_back(name_of(reinterpret_cast<const xmlNode*>(one)), Value::of(view(text.get())));
  }
  std::string text;
  List children;
  for (const auto* one = node->children; one != nullptr; one = one->next) {
    if (one->type == XML_TEXT_NODE || one->type == XML_CDATA_SECTION_NODE) {
      text += view(one->content);
    } else if (one->type == XML_ELEMENT_NODE) {
      QUANJI_TRY(auto child, tree_of(one, depth + 1));
      children.push_back(std::move(child));
    }
  }
  // Blanks between elements are the file's form.
  if (!children.empty() && text.find_first_not_of(" \t\r\n") == std::string::npos) text.clear();
  return Value::of(Map{{"name", Value::of(name_of(node))},
                       {"attributes", Value::of(std::move(attributes))},
                       {"text", Value::of(std::move(text))},
                       {"children", Value::of(std::move(children))}});
}

Outcome<Document> document_of(std::string_view bytes, std::string_view name) {
  start();
  const std::unique_ptr<xmlParserCtxt, void (*)(xmlParserCtxtPtr)> parser(::xmlNewParserCtxt(), ::xmlFreeParserCtxt);
  auto document = owned(::xmlCtxtReadMemory(parser.get(), bytes.data(), static_cast<int>(bytes.size()), nullptr, nullptr, options));
  const auto* last = ::xmlCtxtGetLastError(parser.get());
  const bool typed = (parser->myDoc != nullptr && ::xmlGetIntSubset(parser->myDoc) != nullptr) ||
                     (document && ::xmlGetIntSubset(document.get()) != nullptr);
  if (typed || bytes.substr(0, 4096).find("<!DOCTYPE") != std::string_view::npos) return doctype(name);
  if (!document || parser->wellFormed == 0)
    return broken(name, last == nullptr ? 1 : last->line, last == nullptr || last->message == nullptr ? "" : last->message);
  return document;
}

bool is_name(std::string_view text) { return !text.empty() && ::xmlValidateQName(bytes_of(std::string(text)), 0) == 0; }
// Characters XML has: no controls but tab and line ends.
bool is_text(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r'; });
}
void escape(std::string_view text, bool attribute, std::string& out) {
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '\r')
      out += "&#13;";
    else if (attribute && c == '"')
      out += "&quot;";
    else if (attribute && (c == '\n' || c == '\t'))
      out += fmt::format("&#{};", static_cast<int>(c));
    else
      out += c;
  }
}
const Value* part(const Map& map, std::string_view name) {
  for (const auto& [key, value] : map)
    if (key == name) return &value;
  return nullptr;
}
engine::Failure no_element(const std::string& zh, const std::string& en) {
  return failure("invalid_argument",
                 {"这不是元素：" + zh + "；元素形如 {name: a, attributes: {}, text: '', children: []}",
                  "this is no element: " + en + "; an element is like {name: a, attributes: {}, text: '', children: []}"});
}
Outcome<void> append(const Value& tree, std::string& out, int depth) {
  if (depth > deepest) return too_deep();
  if (!tree.is(Type::map)) return no_element("不是映射", "it is no map");
  const auto& map = tree.map();
  for (const auto& [key, value] : map)
    if (key != "name" && key != "attributes" && key != "text" && key != "children") return no_element("多了 " + key, "it has a " + key);
  const auto* name = part(map, "name");
  if (!name || !name->is(Type::text) || !is_name(name->text())) return no_element("name 不是 XML 名字", "its name is no name of XML");
  out += "<" + name->text();
  if (const auto* attributes = part(map, "attributes"); attributes && !attributes->is(Type::nothing)) {
    if (!attributes->is(Type::map)) return no_element("attributes 不是映射", "its attributes are no map");
    for (const auto& [key, value] : attributes->map()) {
      const auto text = value.display();
      if (!is_name(key) || !is_text(text)) return no_element("属性 " + key + " 不合 XML", "the attribute " + key + " does not fit XML");
      out += " " + key + "=\"";
      escape(text, true, out);
      out += "\"";
    }
  }
  std::string text;
  if (const auto* given = part(map, "text"); given && !given->is(Type::nothing)) text = given->display();
  if (!is_text(text)) return no_element("text 里有 XML 不许的控制字符", "its text has control characters XML does not have");
  const auto* children = part(map, "children");
  if (children && !children->is(Type::nothing) && !children->is(Type::list))
    return no_element("children 不是列表", "its children are no list");
  const bool nested = children && children->is(Type::list) && !children->list().empty();
  if (!nested && text.empty()) {
    out += "/>";
    return {};
  }
  out += ">";
  escape(text, false, out);
  if (nested)
    for (const auto& child : children->list()) {
      if (text.empty()) out += "\n" + std::string(static_cast<std::size_t>(depth) * 2, ' ');
      QUANJI_DO(append(child, out, depth + 1));
    }
  if (nested && text.empty()) out += "\n" + std::string(static_cast<std::size_t>(depth - 1) * 2, ' ');
  out += "</" + name->text() + ">";
  return {};
}

using PathContext = std::unique_ptr<xmlXPathContext, void (*)(xmlXPathContextPtr)>;
using Compiled = std::unique_ptr<xmlXPathCompExpr, void (*)(xmlXPathCompExprPtr)>;
void no_report(void*, xmlErrorPtr) {}
Outcome<Compiled> compiled(std::string_view path) {
  Compiled made(path.size() > 4'000 ? nullptr : ::xmlXPathCtxtCompile(nullptr, bytes_of(std::string(path))), ::xmlXPathFreeCompExpr);
  if (!made)
    return failure("invalid_argument", {fmt::format("path“{}”不是 XPath 1.0", values::quoted(path)),
                                        fmt::format("\"{}\" is no XPath 1.0", values::quoted(path))});
  return made;
}
PathContext context_of(xmlDocPtr document, const Namespaces& namespaces) {
  PathContext context(::xmlXPathNewContext(document), ::xmlXPathFreeContext);
  context->error = no_report;
  context->opLimit = most_steps_of_path;
  for (const auto& [prefix, uri] : namespaces) ::xmlXPathRegisterNs(context.get(), bytes_of(prefix), bytes_of(uri));
  return context;
}
using Found = std::unique_ptr<xmlXPathObject, void (*)(xmlXPathObjectPtr)>;
Outcome<Found> evaluated(const Compiled& path, const PathContext& context, std::string_view text) {
  Found found(::xmlXPathCompiledEval(path.get(), context.get()), ::xmlXPathFreeObject);
  if (found) return found;
  const int code = context->lastError.code - XML_XPATH_EXPRESSION_OK;
  if (code == XPATH_OP_LIMIT_EXCEEDED || code == XPATH_RECURSION_LIMIT_EXCEEDED)
    return failure("too_large", {fmt::format("path“{}”要做的太多；写得更具体", values::quoted(text)),
                                 fmt::format("the path \"{}\" has too much to do; say it more closely", values::quoted(text))});
  return failure("invalid_argument", {fmt::format("path“{}”算不出来：未登记的前缀或函数？用 namespaces 给出前缀", values::quoted(text)),
                                      fmt::format("the path \"{}\" cannot be worked out: an unknown prefix or function? give prefixes in "
                                                  "namespaces",
                                                  values::quoted(text))});
}
std::string content(const xmlNode* node) {
  const std::unique_ptr<xmlChar, void (*)(void*)> text(::xmlNodeGetContent(node), ::xmlFree);
  return view(text.get());
}

}  // namespace

Outcome<Value> read_tree(std::string_view bytes, std::string_view name) {
  if (bytes.size() > most_bytes)
    return failure("too_large", {fmt::format("{} 超过 64 MiB；用 xml.read_table", where(name).first),
                                 fmt::format("{} has more than 64 MiB; use xml.read_table", where(name).second)});
  QUANJI_TRY(const auto document, document_of(bytes, name));
  const auto* root = ::xmlDocGetRootElement(document.get());
  if (root == nullptr) return broken(name, 1, "no element");
  return tree_of(root, 1);
}

Outcome<std::string> write_tree(const Value& tree, std::string_view encoding) {
  auto out = fmt::format("<?xml version=\"1.0\" encoding=\"{}\"?>\n", encoding);
  QUANJI_DO(append(tree, out, 1));
  return out + "\n";
}

Outcome<List> find(const Value& tree, std::string_view path, const Namespaces& namespaces) {
  QUANJI_TRY(const auto text, write_tree(tree));
  QUANJI_TRY(const auto document, document_of(text, ""));
  QUANJI_TRY(const auto expression, compiled(path));
  const auto context = context_of(document.get(), namespaces);
  context->node = ::xmlDocGetRootElement(document.get());
  QUANJI_TRY(const auto found, evaluated(expression, context, path));
  List list;
  switch (found->type) {
    case XPATH_NODESET:
      for (int i = 0; found->nodesetval != nullptr && i < found->nodesetval->nodeNr; ++i) {
        const auto* node = found->nodesetval->nodeTab[i];
        if (node->type == XML_ELEMENT_NODE) {
          QUANJI_TRY(auto one, tree_of(node, 1));
          list.push_back(std::move(one));
        } else if (node->type == XML_DOCUMENT_NODE) {
          list.push_back(tree);
        } else if (node->type != XML_NAMESPACE_DECL) {
          list.push_back(Value::of(content(node)));
        }
      }
      break;
    case XPATH_BOOLEAN:
      list.push_back(Value::of(found->boolval != 0));
      break;
    case XPATH_NUMBER:
      if (std::isfinite(found->floatval)) {
        auto number = values::Decimal::parse(fmt::format("{:.15g}", found->floatval));
        if (number) {
          const auto whole = number->whole();
          list.push_back(whole ? Value::of(*whole) : Value::of(*number));
        }
      }
      break;
    case XPATH_STRING:
      list.push_back(Value::of(view(found->stringval)));
      break;
    default:
      break;
  }
  return list;
}

Outcome<void> each_row(const ReadMore& read, std::string_view name, std::string_view path, const std::vector<RowColumn>& columns,
                       const Namespaces& namespaces, const TakeRow& take) {
  start();
  const bool anywhere = path.starts_with("//");
  std::vector<std::string> names;
  for (auto rest = path.substr(anywhere ? 2 : path.starts_with("/") ? 1 : 0); !rest.empty();) {
    const auto end = std::min(rest.find('/'), rest.size());
    names.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(rest.size(), end + 1));
  }
  const auto good = [](const std::string& one) { return one == "*" || is_name(one); };
  if (!path.starts_with("/") || names.empty() || (anywhere && names.size() != 1) || !std::all_of(names.begin(), names.end(), good))
    return failure("invalid_argument",
                   {fmt::format("path“{}”应如 /根/表/行 或 //行，只有元素名和 *", values::quoted(path)),
                    fmt::format("the path \"{}\" is like /list/rows/row or //row: names of elements and * alone", values::quoted(path))});
  std::vector<Compiled> expressions;
  for (const auto& column : columns) {
    QUANJI_TRY(auto expression, compiled(column.path));
    expressions.push_back(std::move(expression));
  }

  struct Source {
    const ReadMore& read;
    std::optional<engine::Failure> failure;
  } source{read, std::nullopt};
  const auto more = [](void* self, char* room, int size) -> int {
    auto& from = *static_cast<Source*>(self);
    auto got = from.read(room, static_cast<std::size_t>(size));
    if (got) return static_cast<int>(*got);
    from.failure = std::move(got).error();
    return -1;
  };
  const std::unique_ptr<xmlTextReader, void (*)(xmlTextReaderPtr)> reader(
      ::xmlReaderForIO(more, nullptr, &source, nullptr, nullptr, options), ::xmlFreeTextReader);
  struct Wrong {
    int line = 0;
    std::string why;
  } wrong;
  ::xmlTextReaderSetStructuredErrorHandler(
      reader.get(),
      [](void* self, xmlErrorPtr error) {
        auto& found = *static_cast<Wrong*>(self);
        if (found.line == 0 && error->level >= XML_ERR_ERROR) found = {error->line, error->message == nullptr ? "" : error->message};
      },
      &wrong);
  std::vector<std::string> open;
  std::vector<std::optional<std::string>> cells(columns.size());
  int result = ::xmlTextReaderRead(reader.get());
  while (result == 1) {
    const int type = ::xmlTextReaderNodeType(reader.get());
    if (type == XML_READER_TYPE_DOCUMENT_TYPE) return doctype(name);
    if (type != XML_READER_TYPE_ELEMENT) {
      result = ::xmlTextReaderRead(reader.get());
      continue;
    }
    const auto depth = static_cast<std::size_t>(::xmlTextReaderDepth(reader.get()));
    open.resize(depth);
    open.push_back(view(::xmlTextReaderConstName(reader.get())));
    const auto fits = [&](std::size_t i, std::size_t at) { return names[i] == "*" || names[i] == open[at]; };
    bool row = anywhere ? fits(0, depth) : open.size() == names.size();
    for (std::size_t i = 0; row && !anywhere && i < names.size(); ++i) row = fits(i, i);
    if (!row) {
      result = ::xmlTextReaderRead(reader.get());
      continue;
    }
    auto* node = ::xmlTextReaderExpand(reader.get());
    if (node == nullptr) break;
    const auto context = context_of(node->doc, namespaces);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      context->node = node;
      QUANJI_TRY(const auto found, evaluated(expressions[i], context, columns[i].path));
      cells[i].reset();
      if (found->type != XPATH_NODESET) {
        const std::unique_ptr<xmlChar, void (*)(void*)> text(::xmlXPathCastToString(found.get()), ::xmlFree);
        cells[i] = view(text.get());
      } else if (found->nodesetval != nullptr && found->nodesetval->nodeNr > 0) {
        cells[i] = content(found->nodesetval->nodeTab[0]);
      }
    }
    QUANJI_DO(take(cells));
    result = ::xmlTextReaderNext(reader.get());
  }
  if (source.failure) return std::move(*source.failure);
  if (result != 0 || wrong.line != 0) return broken(name, std::max(wrong.line, 1), wrong.why);
  return {};
}

}  // namespace quanji::activities::xml
