#include "activities/json/json.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "activities/failures.h"
#include "activities/group.h"
#include "activities/json/json_path.h"
#include "activities/json/json_text.h"
#include "base/files.h"
#include "workbook/new_file.h"

namespace quanji::activities {
namespace json {

using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;

QUANJI_FIELDS(DocumentOut, QF(document, "文档", "The document"))
QUANJI_FIELDS(Read::Input, QF(file, "JSON 文件", "A JSON file"))
QUANJI_FIELDS(Parse::Input, QF(text, "JSON 文本", "JSON text"))
QUANJI_FIELDS(Write::Input, QF(document, "任意值", "Any value"), QF(to, "写到哪个文件", "The file to write"),
              QF(indent, "每级缩进的空格数；0：一行", "Blanks a level; 0: one line", .min = 0, .max = 8, .fallback = "2"),
              QF(if_exists, "已存在时：替换、失败、跳过", "If it is there: replace, fail, skip", .fallback = "\"replace\""))
QUANJI_FIELDS(Write::Output, QF(file, "文件", "The file"))
QUANJI_FIELDS(Format::Input, QF(document, "任意值", "Any value"),
              QF(indent, "每级缩进的空格数；0：一行", "Blanks a level; 0: one line", .min = 0, .max = 8, .fallback = "0"))
QUANJI_FIELDS(Format::Output, QF(text, "文本", "The text"))
QUANJI_FIELDS(Find::Input, QF(document, "文档", "The document"),
              QF(path, "路径：/ 开头是 JSON 指针，$ 开头是 JSONPath", "With / in front a JSON pointer, with $ a JSONPath", .max = 4'000))
QUANJI_FIELDS(Find::Output, QF(found, "找到的值", "What was found"))
QUANJI_FIELDS(Set::Input, QF(document, "文档", "The document"), QF(path, "路径，指向一处", "A path to one place", .max = 4'000),
              QF(value, "新值；不给即删除", "The new value; without it, it is removed"))

namespace {

engine::Failure refused(std::string_view act, const std::string& path) { return file_failure(workbook::file_error(act, path)); }

}  // namespace

ActivityInfo Read::info() {
  ActivityInfo info;
  info.id = "json.read";
  info.title = {"读 JSON 文件", "Read a JSON file"};
  info.sentence = {"读 JSON 文件。", "Reads a JSON file."};
  info.effect = flow::Effect::none;
  info.errors = errors(reading_codes, {"unreadable", "too_large"});
  info.examples = {{{"写了再读", "Written and read again"},
                    R"(- do: json.write
  with: {document: {code: "600000", price: 12.30}, to: a.json}
- do: json.read
  with: {file: a.json}
  save: document
- return: {price: '=str(document["price"])'}
)",
                    R"({"price":"12.30"})"}};
  return info;
}
Outcome<Read::Output> Read::run(ActivityContext& context, const Input& input) {
  const auto path = context.path_of(input.file.path);
  const base::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return refused("open", path);
  std::string text(most_bytes + 1, '\0');
  std::size_t have = 0;
  while (have < text.size()) {
    QUANJI_DO(context.go_on());
    const auto got = ::read(file.get(), text.data() + have, std::min<std::size_t>(text.size() - have, std::size_t{1} << 20));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refused("read", path);
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  if (have > most_bytes)
    return failure("too_large",
                   {fmt::format("{} 超过 64 MiB，不能整个读入", path), fmt::format("{} has more than 64 MiB and is not read whole", path)});
  text.resize(have);
  QUANJI_TRY(auto document, read_text(text, workbook::name_of(path)));
  return Output{std::move(document)};
}

ActivityInfo Parse::info() {
  ActivityInfo info;
  info.id = "json.parse";
  info.title = {"解析 JSON", "Read JSON text"};
  info.sentence = {"把 JSON 文本读成值；带小数点的数是精确小数。", "Reads JSON text as a value; numbers with a point are exact decimals."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"unreadable"});
  info.examples = {{{"一个对象", "An object"},
                    R"(- do: json.parse
  with: {text: '{"rows": [1, 2.50]}'}
  save: document
- return: {rows: '=document["rows"]'}
)",
                    R"({"rows":[1,2.50]})"}};
  return info;
}
Outcome<Parse::Output> Parse::run(ActivityContext&, const Input& input) {
  QUANJI_TRY(auto document, read_text(input.text, ""));
  return Output{std::move(document)};
}

ActivityInfo Write::info() {
  ActivityInfo info;
  info.id = "json.write";
  info.title = {"写 JSON 文件", "Write a JSON file"};
  info.sentence = {"把值写成 JSON 文件。", "Writes a value as a JSON file."};
  info.effect = flow::Effect::repeatable;
  info.errors = errors(writing_codes, {});
  info.examples = {{{"一个列表", "A list"},
                    R"(- do: json.write
  with: {document: [1, 2], to: a.json, indent: 0}
- do: file.read_text
  with: {file: a.json}
  save: text
- return: {text: =text}
)",
                    R"({"text":"[1,2]"})"}};
  return info;
}
Outcome<Write::Output> Write::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(auto target, FileTarget::of(context, input.to, input.if_exists));
  if (target.stays()) return Output{target.file()};
  {
    const auto text = written(input.document, input.indent);
    const base::Descriptor file(::open(target.draft().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (file.get() < 0) return refused("create", target.file().path);
    if (auto done = workbook::write_all(file.get(), text, target.file().path); !done) return file_failure(done.error());
    if (::fsync(file.get()) != 0) return refused("write", target.file().path);
  }
  QUANJI_TRY(auto file, std::move(target).place());
  return Output{std::move(file)};
}

ActivityInfo Format::info() {
  ActivityInfo info;
  info.id = "json.format";
  info.title = {"写成 JSON 文本", "Write JSON text"};
  info.sentence = {"把值写成 JSON 文本。", "Writes a value as JSON text."};
  info.effect = flow::Effect::none;
  info.examples = {{{"一行", "One line"},
                    R"(- do: json.format
  with: {document: {a: 1, b: [true, null]}}
  save: text
- return: {text: =text}
)",
                    R"({"text":"{\"a\":1,\"b\":[true,null]}"})"}};
  return info;
}
Outcome<Format::Output> Format::run(ActivityContext&, const Input& input) { return Output{written(input.document, input.indent)}; }

ActivityInfo Find::info() {
  ActivityInfo info;
  info.id = "json.find";
  info.title = {"按路径取值", "Find by a path"};
  info.sentence = {"按路径取出所有匹配的值。", "Takes out all values a path finds."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"too_large"});
  info.examples = {{{"每一笔的金额", "The amount of each"},
                    R"(- do: json.find
  with:
    document: {trades: [{amount: 1.50}, {amount: 2}, {fee: 3}]}
    path: $.trades[*].amount
  save: found
- return: {found: =found}
)",
                    R"({"found":[1.50,2]})"},
                   {{"指针", "A pointer"},
                    R"(- do: json.find
  with: {document: {a: [10, 20]}, path: /a/1}
  save: found
- return: {found: =found}
)",
                    R"({"found":[20]})"}};
  return info;
}
Outcome<Find::Output> Find::run(ActivityContext&, const Input& input) {
  QUANJI_TRY(auto found, find(input.document, input.path));
  return Output{std::move(found)};
}

ActivityInfo Set::info() {
  ActivityInfo info;
  info.id = "json.set";
  info.title = {"按路径改值", "Change at a path"};
  info.sentence = {"按路径改值、加值；不给值即删除。给进来的文档不变。",
                   "Changes or adds at a path; without a value removes. The document that was given stays as it is."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"no_match"});
  info.examples = {{{"改一处，加一项", "Change one place, add one"},
                    R"(- do: json.set
  with: {document: {a: [1, 2]}, path: /a/0, value: 9}
  save: document
- do: json.set
  with: {document: =document, path: /a/-, value: 3}
  save: document
- return: {document: =document}
)",
                    R"({"document":{"a":[9,2,3]}})"}};
  return info;
}
Outcome<Set::Output> Set::run(ActivityContext&, const Input& input) {
  QUANJI_TRY(auto document, set(input.document, input.path, input.value));
  return Output{std::move(document)};
}

}  // namespace json

void add_json(Activities& to) {
  using namespace json;
  to.insert(to.end(), {engine::activity<Read>(), engine::activity<Parse>(), engine::activity<Write>(), engine::activity<Format>(),
                       engine::activity<Find>(), engine::activity<Set>()});
}

}  // namespace quanji::activities
