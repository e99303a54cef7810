#include "activities/xml/xml.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "activities/failures.h"
#include "activities/group.h"
#include "activities/xml/xml_tree.h"
#include "base/encodings.h"
#include "base/files.h"
#include "values/names.h"
#include "values/table.h"
#include "workbook/new_file.h"

namespace quanji::activities {
namespace xml {

using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;
using values::Type;

QUANJI_FIELDS(DocumentOut,
              QF(document, "元素树：{name, attributes, text, children}", "A tree of elements: {name, attributes, text, children}"))
QUANJI_FIELDS(Read::Input, QF(file, "XML 文件", "An XML file"))
QUANJI_FIELDS(Parse::Input, QF(text, "XML 文本", "XML text"))
QUANJI_FIELDS(Write::Input, QF(document, "元素树", "A tree of elements"), QF(to, "写到哪个文件", "The file to write"),
              QF(encoding, "编码", "Encoding", .fallback = "\"utf-8\""),
              QF(if_exists, "已存在时：替换、失败、跳过", "If it is there: replace, fail, skip", .fallback = "\"replace\""))
QUANJI_FIELDS(Write::Output, QF(file, "文件", "The file"))
QUANJI_FIELDS(Format::Input, QF(document, "元素树", "A tree of elements"))
QUANJI_FIELDS(Format::Output, QF(text, "文本", "The text"))
QUANJI_FIELDS(Find::Input, QF(document, "元素树", "A tree of elements"), QF(path, "XPath 1.0", "XPath 1.0", .max = 4'000),
              QF(namespaces, "前缀 → 命名空间", "Prefix → namespace", .fallback = "{}"))
QUANJI_FIELDS(Find::Output, QF(found, "找到的元素、属性或文本", "Elements, attributes or texts that were found"))
QUANJI_FIELDS(ReadTable::Input, QF(file, "XML 文件，多大都行", "An XML file, however large"),
              QF(path, "行的元素：/根/表/行 或 //行", "The rows' element: /list/rows/row or //row", .max = 4'000),
              QF(columns, "列名 → 行内的 XPath，或 {path, type}", "Name → XPath within the row, or {path, type}"),
              QF(namespaces, "前缀 → 命名空间", "Prefix → namespace", .fallback = "{}"))
QUANJI_FIELDS(ReadTable::Output, QF(table, "表", "The table"))

namespace {

engine::Failure refused(std::string_view act, const std::string& path) { return file_failure(workbook::file_error(act, path)); }

Outcome<Namespaces> namespaces_of(const values::Map& map) {
  Namespaces out;
  for (const auto& [prefix, uri] : map) {
    if (!uri.is(Type::text) || prefix.empty())
      return wrong_argument("namespaces", fmt::format("{} 应是命名空间文本", prefix), fmt::format("{} is the text of a namespace", prefix));
    out.emplace_back(prefix, uri.text());
  }
  return out;
}
Outcome<base::Descriptor> opened(const std::string& path) {
  base::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return refused("open", path);
  return file;
}

}  // namespace

ActivityInfo Read::info() {
  ActivityInfo info;
  info.id = "xml.read";
  info.title = {"读 XML 文件", "Read an XML file"};
  info.sentence = {"读 XML 文件成元素树。", "Reads an XML file as a tree of elements."};
  info.effect = flow::Effect::none;
  info.errors = errors(reading_codes, {"unreadable", "too_large"});
  info.examples = {{{"根的名字", "The root's name"},
                    R"(- do: file.write_text
  with: {text: '<trades date="20261120"><trade code="600000"/></trades>', to: a.xml}
- do: xml.read
  with: {file: a.xml}
  save: document
- return: {name: =document.name, date: =document.attributes.date}
)",
                    R"({"name":"trades","date":"20261120"})"}};
  return info;
}
Outcome<Read::Output> Read::run(ActivityContext& context, const Input& input) {
  const auto path = context.path_of(input.file.path);
  QUANJI_TRY(const auto file, opened(path));
  auto bytes = base::read_whole(file.get(), most_bytes + 1);
  if (!bytes) return bytes.error().code() == base::Code::too_large ? failure("too_large", bytes.error()) : file_failure(bytes.error());
  QUANJI_TRY(auto document, read_tree(*bytes, workbook::name_of(path)));
  return Output{std::move(document)};
}

ActivityInfo Parse::info() {
  ActivityInfo info;
  info.id = "xml.parse";
  info.title = {"解析 XML", "Read XML text"};
  info.sentence = {"把 XML 文本读成元素树。", "Reads XML text as a tree."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"unreadable", "too_large"});
  info.examples = {{{"一个元素", "An element"},
                    R"(- do: xml.parse
  with: {text: "<a><b>券机</b></a>"}
  save: document
- return: {text: '=document.children[0].text'}
)",
                    R"({"text":"券机"})"}};
  return info;
}
Outcome<Parse::Output> Parse::run(ActivityContext&, const Input& input) {
  QUANJI_TRY(auto document, read_tree(input.text, ""));
  return Output{std::move(document)};
}

ActivityInfo Write::info() {
  ActivityInfo info;
  info.id = "xml.write";
  info.title = {"写 XML 文件", "Write an XML file"};
  info.sentence = {"把元素树写成 XML 文件。", "Writes a tree as an XML file."};
  info.effect = flow::Effect::repeatable;
  info.errors = errors(writing_codes, {"bad_encoding", "too_large"});
  info.examples = {{{"写了再读", "Written and read again"},
                    R"(- do: xml.write
  with: {document: {name: 清算, text: 完成}, to: a.xml, encoding: gb18030}
- do: xml.read
  with: {file: a.xml}
  save: document
- return: {text: =document.text}
)",
                    R"({"text":"完成"})"}};
  return info;
}
Outcome<Write::Output> Write::run(ActivityContext& context, const Input& input) {
  const auto charset = charset_of(input.encoding);
  QUANJI_TRY(const auto text, write_tree(input.document, base::to_text(charset)));
  auto bytes = base::from_utf8(charset, text);
  if (!bytes) return failure("bad_encoding", {bytes.error().message().zh, bytes.error().message().en});
  if (input.encoding == TextEncoding::utf8_mark) bytes->insert(0, "\xEF\xBB\xBF");
  QUANJI_TRY(auto target, FileTarget::of(context, input.to, input.if_exists));
  if (target.stays()) return Output{target.file()};
  {
    const base::Descriptor file(::open(target.draft().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (file.get() < 0) return refused("create", target.file().path);
    if (auto done = workbook::write_all(file.get(), *bytes, target.file().path); !done) return file_failure(done.error());
    if (::fsync(file.get()) != 0) return refused("write", target.file().path);
  }
  QUANJI_TRY(auto file, std::move(target).place());
  return Output{std::move(file)};
}

ActivityInfo Format::info() {
  ActivityInfo info;
  info.id = "xml.format";
  info.title = {"写成 XML 文本", "Write XML text"};
  info.sentence = {"把元素树写成 XML 文本。", "Writes a tree as XML text."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"too_large"});
  info.examples = {{{"一个元素", "An element"},
                    R"(- do: xml.format
  with: {document: {name: a, attributes: {n: 1}, text: "<b>"}}
  save: text
- return: {text: '=text.splitlines()[1]'}
)",
                    R"({"text":"<a n=\"1\">&lt;b&gt;</a>"})"}};
  return info;
}
Outcome<Format::Output> Format::run(ActivityContext&, const Input& input) {
  QUANJI_TRY(auto text, write_tree(input.document));
  return Output{std::move(text)};
}

ActivityInfo Find::info() {
  ActivityInfo info;
  info.id = "xml.find";
  info.title = {"按 XPath 取", "Find by XPath"};
  info.sentence = {"按 XPath 取出元素、属性或文本。", "Takes out elements, attributes or texts by XPath."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"too_large"});
  info.examples = {{{"属性", "Attributes"},
                    R"(- do: xml.parse
  with: {text: '<t><r code="600000"/><r code="000001"/></t>'}
  save: document
- do: xml.find
  with: {document: =document, path: //r/@code}
  save: codes
- return: {codes: =codes}
)",
                    R"({"codes":["600000","000001"]})"}};
  return info;
}
Outcome<Find::Output> Find::run(ActivityContext&, const Input& input) {
  QUANJI_TRY(const auto namespaces, namespaces_of(input.namespaces));
  QUANJI_TRY(auto found, find(input.document, input.path, namespaces));
  return Output{std::move(found)};
}

ActivityInfo ReadTable::info() {
  ActivityInfo info;
  info.id = "xml.read_table";
  info.title = {"读 XML 成表", "Read XML as a table"};
  info.sentence = {"大文件流式读成表：path 指的每个元素一行。",
                   "Reads a file as a table, streaming: an element that `path` names is a row."};
  info.effect = flow::Effect::none;
  info.errors = errors(reading_codes, {"unreadable", "bad_value", "too_large"});
  info.examples = {{{"成交", "Trades"},
                    R"(- do: file.write_text
  with:
    text: '<d><t code="600000"><q>100</q></t><t code="000001"><q>20</q></t></d>'
    to: a.xml
- do: xml.read_table
  with:
    file: a.xml
    path: /d/t
    columns: {code: "@code", quantity: {path: q, type: integer}}
  save: table
- return: {total: '=sum(row["quantity"] for row in table)', first: '=table[0]["code"]'}
)",
                    R"({"total":120,"first":"600000"})"}};
  return info;
}
Outcome<ReadTable::Output> ReadTable::run(ActivityContext& context, const Input& input) {
  std::vector<RowColumn> columns;
  std::vector<values::Cast> casts;
  for (const auto& [name, how] : input.columns) {
    RowColumn column{name, ""};
    if (how.is(Type::text)) {
      column.path = how.text();
    } else if (how.is(Type::map)) {
      for (const auto& [word, value] : how.map()) {
        if ((word != "path" && word != "type" && word != "format") || !value.is(Type::text))
          return wrong_argument("columns", fmt::format("列 {} 只有 path、type、format，都是文本", name),
                                fmt::format("column {} has path, type and format alone, all texts", name));
        if (word == "path") column.path = value.text();
        if (word == "type") {
          QUANJI_TRY(const auto type, column_type(value.text(), "columns"));
          casts.push_back({.column = name, .to = type});
        }
      }
      for (const auto& [word, value] : how.map())
        if (word == "format" && !casts.empty() && casts.back().column == name) casts.back().format = value.text();
    }
    if (column.path.empty())
      return wrong_argument("columns", fmt::format("列 {} 要有 XPath", name), fmt::format("column {} needs an XPath", name));
    columns.push_back(std::move(column));
  }
  if (columns.empty()) return wrong_argument("columns", "至少一列", "at least one column is needed");
  QUANJI_TRY(const auto namespaces, namespaces_of(input.namespaces));
  const auto path = context.path_of(input.file.path);
  QUANJI_TRY(const auto file, opened(path));
  std::vector<values::ColumnBuilder> builders;
  for (std::size_t i = 0; i < columns.size(); ++i) builders.emplace_back(values::ColumnType::text);
  const auto read = [&](char* room, std::size_t size) -> Outcome<std::size_t> {
    QUANJI_DO(context.go_on());
    for (;;) {
      const auto got = ::read(file.get(), room, size);
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) return refused("read", path);
    }
  };
  const auto take = [&](const std::vector<std::optional<std::string>>& cells) -> Outcome<void> {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (cells[i])
        builders[i].add_text(*cells[i]);
      else
        builders[i].add_nothing();
    }
    return {};
  };
  QUANJI_DO(each_row(read, workbook::name_of(path), input.path, columns, namespaces, take));
  std::vector<std::string> names;
  std::vector<values::ColumnPtr> made;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    names.push_back(columns[i].name);
    made.push_back(std::move(builders[i]).finish());
  }
  auto table = values::Table::make(std::move(names), std::move(made));
  if (!table) return failure("invalid_argument", table.error());
  auto typed = values::cast_columns(*table, casts);
  if (!typed) return failure("bad_value", typed.error());
  return Output{std::make_shared<const values::Table>(std::move(*typed))};
}

}  // namespace xml

void add_xml(Activities& to) {
  using namespace xml;
  to.insert(to.end(), {engine::activity<Read>(), engine::activity<Parse>(), engine::activity<Write>(), engine::activity<Format>(),
                       engine::activity<Find>(), engine::activity<ReadTable>()});
}

}  // namespace quanji::activities
