#include "activities/dbf/dbf.h"

#include <fmt/format.h>

#include "activities/failures.h"
#include "activities/group.h"
#include "calendar/zone.h"
#include "devices/dbf_append.h"
#include "devices/dbf_reader.h"
#include "devices/dbf_writer.h"

QUANJI_ENUM(quanji::activities::dbf::Charset, "gb18030", "gbk", "utf-8");
QUANJI_ENUM(quanji::activities::dbf::Deleted, "flag", "skip", "only");
QUANJI_ENUM(quanji::activities::dbf::FieldType, "C", "N", "D", "L", "F", "I", "B", "Y", "T");

namespace quanji::activities {
namespace dbf {

using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;
using values::Value;

QUANJI_FIELDS(LayoutField, QF(name, "字段名，1 到 10 字节", "Name, 1 to 10 bytes", .min = 1, .max = 10),
              QF(type, "类型：C 文本，N 数值，D 日期，L 逻辑，也可 F I B Y T", "C text, N number, D date, L logical; also F I B Y T"),
              QF(width, "宽度（字节）；C、N、F 必填，其他类型的宽度是固定的",
                 "Width in bytes; of C, N and F: the others have one of their own", .min = 1, .max = 254),
              QF(places, "小数位", "Places", .min = 0, .max = 18, .fallback = "0"))
#define QUANJI_DBF_ENCODING QF(encoding, "文本的编码", "Encoding of texts", .fallback = "\"gb18030\"")
QUANJI_FIELDS(ReadTable::Input, QF(file, "DBF 文件", "The DBF file"),
              QF(columns, "只读这些字段（列表），或字段→类型（其余按文件头）",
                 "Only these fields (a list), or field → type (the others by the header)"),
              QUANJI_DBF_ENCODING,
              QF(deleted_rows, "已删记录：flag 加标志列 _deleted，skip 跳过，only 只要它们",
                 "Deleted records: flag adds a column _deleted, skip leaves them out, only takes no others", .fallback = "\"flag\""),
              QF(if_bad, "内容不是该类型的值时：失败，或留空（坏文字换成 �）",
                 "When a field holds no value of its type: fail, or nothing (bytes that are no text become U+FFFD)",
                 .fallback = "\"fail\""))
QUANJI_FIELDS(ReadTable::Output, QF(table, "表", "The table"))
QUANJI_FIELDS(ReadSchema::Input, QF(file, "DBF 文件", "The DBF file"))
QUANJI_FIELDS(ReadSchema::Output, QF(schema, "fields（可直接作 layout）、records、header_date、version、language、whole",
                                     "fields (fit as a layout), records, header_date, version, language, whole"))
QUANJI_FIELDS(WriteTable::Input,
              QF(table, "要写的表；布尔列 _deleted 是删除标志", "The table; a boolean column _deleted holds deletion flags"),
              QF(to, "写到哪里", "Where it goes"),
              QF(layout, "字段：[{name, type, width, places}]", "Fields: [{name, type, width, places}]", .min = 1, .max = 255),
              QUANJI_DBF_ENCODING,
              QF(if_exists, "已存在时：replace 替换，fail 失败（内容相同不算），skip 保留旧的",
                 "When it is there: replace, fail (not for the same content), skip keeps the old one", .fallback = "\"replace\""))
QUANJI_FIELDS(WriteTable::Output, QF(file, "文件", "The file"))
QUANJI_FIELDS(AppendRows::Input, QF(table, "要追加的行；没有的字段留空", "The rows; fields without a column are blank"),
              QF(file, "已有的 DBF 文件", "A DBF file that is there"), QUANJI_DBF_ENCODING)
QUANJI_FIELDS(AppendRows::Output, QF(count, "追加的行数", "How many rows were added"))

namespace {

base::Charset charset_of(Charset charset) {
  return charset == Charset::utf8 ? base::Charset::utf8 : charset == Charset::gbk ? base::Charset::gbk : base::Charset::gb18030;
}
// As the step's own wait goes, but a file that never comes to rest is not waited for without end.
std::chrono::microseconds patience(ActivityContext& context, std::chrono::microseconds most) { return std::min(context.left(), most); }

// 0: the layout has to say it.
std::uint32_t own_width(char type) {
  switch (type) {
    case 'L':
      return 1;
    case 'I':
      return 4;
    case 'D':
    case 'B':
    case 'Y':
    case 'T':
      return 8;
    default:
      return 0;
  }
}

// The header's day of change, as a clock of this trade shows it.
base::Date today(ActivityContext& context) { return calendar::Zone::china().local_of(context.clock().now()).date; }

}  // namespace

ActivityInfo ReadTable::info() {
  ActivityInfo info;
  info.id = "dbf.read_table";
  info.title = {"读 DBF", "Read a DBF file"};
  info.sentence = {"读 DBF 成表；别的程序正在改写时读到一致的快照。",
                   "Reads a DBF as a table; a consistent snapshot while another program rewrites it."};
  info.effect = flow::Effect::none;
  info.errors = errors(reading_codes, {"incomplete", "unreadable", "bad_encoding", "bad_value", "not_supported"});
  info.examples = {{{"已删记录跳过，只要两列", "Two columns, without deleted records"},
                    R"~(- do: dbf.write_table
  with:
    table:
      - {ZQDM: "000001", CJJE: 12.50, _deleted: false}
      - {ZQDM: "600000", CJJE: 0.10, _deleted: true}
    to: SJSMX1.DBF
    layout:
      - {name: ZQDM, type: C, width: 6}
      - {name: CJJE, type: N, width: 12, places: 2}
      - {name: BZ, type: C, width: 20}
- do: dbf.read_table
  with:
    file: SJSMX1.DBF
    columns: [ZQDM, CJJE]
    deleted_rows: skip
  save: trades
- return: {rows: =trades}
)~",
                    R"~({"rows":[{"ZQDM":"000001","CJJE":12.50}]})~"}};
  return info;
}
Outcome<ReadTable::Output> ReadTable::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(auto wishes, column_wishes(input.columns));
  Watch watch(context);
  devices::StableCopyOptions copying;
  copying.deadline = patience(context, copying.deadline);
  copying.scratch_folder = context.work_folder();
  auto reader =
      devices::open_stable_dbf(context.path_of(input.file.path), charset_of(input.encoding), copying, context.clock(), watch.wait());
  if (!reader.ok()) return std::move(watch).failure(reader.error());
  devices::DbfReadOptions options;
  options.columns = std::move(wishes.names);
  options.bad_text = input.if_bad == IfBad::fail ? devices::BadText::refuse : devices::BadText::replace;
  options.garbage = input.if_bad == IfBad::fail ? devices::Garbage::refuse : devices::Garbage::nothing;
  options.deleted = input.deleted_rows == Deleted::flag   ? devices::DeletedRows::flagged
                    : input.deleted_rows == Deleted::skip ? devices::DeletedRows::skipped
                                                          : devices::DeletedRows::only;
  if (input.deleted_rows != Deleted::flag) options.deleted_column.clear();
  options.go_on = watch.go_on();
  auto rows = reader->read(options);
  if (!rows.ok()) return std::move(watch).failure(rows.error());
  if (rows->findings.count() > 0) {
    const auto first = devices::to_error(rows->findings.first().front(), reader->name()).message();
    context.log(engine::LogLevel::warn, fmt::format("{} 处内容不合类型，已留空或替换；第一处：{} / {} fields without a usable value; {}",
                                                    rows->findings.count(), first.zh, rows->findings.count(), first.en));
  }
  auto table = std::move(rows->table);
  if (!wishes.typed.empty()) {
    std::vector<std::string> names;
    for (const auto& typed : wishes.typed) names.push_back(typed.name);
    QUANJI_DO(need_columns(table, names));
    auto cast = values::cast_columns(
        table, casts_of(wishes.typed, input.if_bad == IfBad::fail ? values::OnFailure::refuse : values::OnFailure::nothing));
    if (!cast.ok()) return failure("bad_value", cast.error());
    table = std::move(*cast);
  }
  return Output{std::make_shared<const values::Table>(std::move(table))};
}

ActivityInfo ReadSchema::info() {
  ActivityInfo info;
  info.id = "dbf.read_schema";
  info.title = {"读 DBF 字段表", "Read a DBF file's fields"};
  info.sentence = {"读字段表、记录数、表头信息和完整性。", "Reads fields, record count, header facts and whether the file is whole."};
  info.effect = flow::Effect::none;
  info.errors = errors(reading_codes, {"unreadable"});
  info.examples = {{{"按同样的字段再写一个文件", "Another file with the same fields"},
                    R"~(- do: dbf.write_table
  with:
    table: [{ZQDM: "000001", CJSL: 100}]
    to: a.dbf
    layout:
      - {name: ZQDM, type: C, width: 6}
      - {name: CJSL, type: N, width: 10}
- do: dbf.read_schema
  with: {file: a.dbf}
  save: schema
- do: dbf.write_table
  with: {table: [{ZQDM: "600000"}], to: b.dbf, layout: =schema.fields}
- return: {records: =schema.records, whole: =schema.whole, names: "=[f.name for f in schema.fields]"}
)~",
                    R"~({"records":1,"whole":true,"names":["ZQDM","CJSL"]})~"}};
  return info;
}
Outcome<ReadSchema::Output> ReadSchema::run(ActivityContext& context, const Input& input) {
  auto file = devices::RecordFile::open(context.path_of(input.file.path));
  if (!file.ok()) return file_failure(file.error());
  auto schema = devices::read_dbf_schema(*file, base::Charset::gb18030);
  const bool whole = schema.ok();
  if (!whole && schema.error().detail() == devices::word_of(devices::FindingKind::incomplete)) {
    // The header itself may be whole.
    std::string header(65'535, '\0');
    const auto got = file->read(0, header);
    if (!got.ok()) return file_failure(got.error());
    header.resize(*got);
    auto parsed = devices::parse_dbf_header(header, base::Charset::gb18030, file->name());
    if (parsed.ok()) schema = std::move(parsed);
  }
  if (!schema.ok()) {
    // A header that is cut is as unreadable as one that is wrong: there is nothing to tell of it.
    return failure("unreadable", schema.error().message());
  }
  values::List fields;
  for (const auto& field : schema->fields) {
    if (field.system) continue;
    values::Map one;
    one.emplace_back("name", Value::of(field.name));
    one.emplace_back("type", Value::of(std::string(1, field.type)));
    one.emplace_back("width", Value::of(static_cast<std::int64_t>(field.width)));
    one.emplace_back("places", Value::of(static_cast<std::int64_t>(field.places)));
    fields.push_back(Value::of(std::move(one)));
  }
  Output out;
  out.schema.emplace_back("fields", Value::of(std::move(fields)));
  out.schema.emplace_back("records", Value::of(static_cast<std::int64_t>(schema->records)));
  // Real files carry any day there, and days that are none.
  const auto date = values::parse_date(
      fmt::format("{:04}-{:02}-{:02}", schema->year < 80 ? 2000 + schema->year : 1900 + schema->year, schema->month, schema->day));
  out.schema.emplace_back("header_date", date.ok() ? Value::of(*date) : Value());
  out.schema.emplace_back("version", Value::of(static_cast<std::int64_t>(schema->version)));
  out.schema.emplace_back("language", Value::of(static_cast<std::int64_t>(schema->language)));
  out.schema.emplace_back("whole", Value::of(whole));
  return out;
}

ActivityInfo WriteTable::info() {
  ActivityInfo info;
  info.id = "dbf.write_table";
  info.title = {"写 DBF", "Write a DBF file"};
  info.sentence = {"把表写成 DBF，字段格式由 layout 给定。", "Writes a table as DBF with the layout given."};
  info.effect = flow::Effect::repeatable;
  info.errors = errors(writing_codes, {"bad_value", "bad_encoding", "not_supported", "too_large"});
  info.examples = {{{"报送文件", "A file to be handed in"},
                    R"~(- do: dbf.write_table
  with:
    table:
      - {ZQDM: "000001", ZQMC: 平安银行, CJJE: 12.50}
    to: report.dbf
    layout:
      - {name: ZQDM, type: C, width: 6}
      - {name: ZQMC, type: C, width: 8}
      - {name: CJJE, type: N, width: 12, places: 2}
- do: dbf.read_table
  with: {file: report.dbf, deleted_rows: skip}
  save: back
- return: {rows: =back}
)~",
                    R"~({"rows":[{"ZQDM":"000001","ZQMC":"平安银行","CJJE":12.50}]})~"}};
  return info;
}
Outcome<WriteTable::Output> WriteTable::run(ActivityContext& context, const Input& input) {
  std::vector<devices::DbfField> fields;
  for (const auto& one : input.layout) {
    const char type = base::word(one.type).front();
    const auto width = one.width ? static_cast<std::uint32_t>(*one.width) : own_width(type);
    if (width == 0)
      return wrong_argument("layout", fmt::format("字段 {}（类型 {}）要写 width", one.name, type),
                            fmt::format("field {} (type {}) needs a width", one.name, type));
    fields.push_back({one.name, type, width, static_cast<std::int32_t>(one.places)});
  }
  devices::DbfWriteOptions options;
  options.charset = charset_of(input.encoding);
  options.existing = devices::Existing::replace;
  auto schema = devices::make_dbf_schema(std::move(fields), options.charset);
  if (!schema.ok()) return wrong_argument("layout", schema.error().message().zh, schema.error().message().en);
  QUANJI_TRY(auto target, FileTarget::of(context, input.to, input.if_exists));
  if (target.stays()) return Output{target.file()};
  Watch watch(context);
  options.go_on = watch.go_on();
  if (auto written = devices::write_dbf(target.draft(), std::move(*schema), *input.table, today(context), options); !written.ok())
    return std::move(watch).failure(written.error());
  QUANJI_TRY(auto file, std::move(target).place());
  return Output{std::move(file)};
}

ActivityInfo AppendRows::info() {
  ActivityInfo info;
  info.id = "dbf.append_rows";
  info.title = {"追加到 DBF", "Append to a DBF file"};
  info.sentence = {"安全追加记录：先写记录，后改表头计数。", "Adds records safely: the record first, the header's count last."};
  info.effect = flow::Effect::once;
  info.errors = errors(reading_codes, {"disk_full", "incomplete", "unreadable", "bad_value", "bad_encoding", "not_supported", "too_large"});
  info.examples = {{{"向委托文件追加一条", "One order more in a file of orders"},
                    R"~(- do: dbf.write_table
  with:
    table: [{ZQDM: "000001", CJSL: 100}]
    to: orders.dbf
    layout:
      - {name: ZQDM, type: C, width: 6}
      - {name: CJSL, type: N, width: 10}
- do: dbf.append_rows
  with:
    table: [{ZQDM: "600000", CJSL: 200}]
    file: orders.dbf
  save: count
- do: dbf.read_table
  with: {file: orders.dbf, deleted_rows: skip}
  save: all
- return: {count: =count, rows: =all}
)~",
                    R"~({"count":1,"rows":[{"ZQDM":"000001","CJSL":100},{"ZQDM":"600000","CJSL":200}]})~"}};
  return info;
}
Outcome<AppendRows::Output> AppendRows::run(ActivityContext& context, const Input& input) {
  devices::DbfAppendOptions options;
  options.writing.charset = charset_of(input.encoding);
  options.lock_wait = patience(context, options.lock_wait);
  Watch watch(context);
  const auto appended =
      devices::append_dbf(context.path_of(input.file.path), *input.table, today(context), options, context.clock(), watch.wait());
  if (!appended.ok()) return std::move(watch).failure(appended.error());
  if (appended->mended)
    context.log(engine::LogLevel::warn, "文件里有一次中断的追加，已先撤回 / an append that had been cut off was taken back first");
  return Output{static_cast<std::int64_t>(input.table->rows())};
}

}  // namespace dbf

void add_dbf(Activities& to) {
  to.insert(to.end(), {engine::activity<dbf::ReadTable>(), engine::activity<dbf::ReadSchema>(), engine::activity<dbf::WriteTable>(),
                       engine::activity<dbf::AppendRows>()});
}

}  // namespace quanji::activities
