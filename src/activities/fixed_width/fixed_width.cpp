#include "activities/fixed_width/fixed_width.h"

#include <fmt/format.h>

#include "activities/failures.h"
#include "activities/group.h"
#include "devices/fixed_width_reader.h"
#include "devices/fixed_width_writer.h"

QUANJI_ENUM(quanji::activities::fixed_width::FieldType, "text", "integer", "decimal", "scaled", "date", "time", "datetime", "bool");
QUANJI_ENUM(quanji::activities::fixed_width::Align, "auto", "left", "right");
QUANJI_ENUM(quanji::activities::fixed_width::Charset, "gb18030", "gbk", "utf-8");

namespace quanji::activities {
namespace fixed_width {

using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;

QUANJI_FIELDS(LayoutField, QF(name, "列名；不写：跳过这一段", "The column's name; without one the field is skipped", .min = 1, .max = 63),
              QF(type, "类型；scaled 是隐含小数点的数", "Type; scaled is a number whose point is not written", .fallback = "\"text\""),
              QF(width, "宽度（字节）；0：到下一个分隔符为止", "Width in bytes; 0: up to the next delimiter", .min = 0, .max = 65'535,
                 .fallback = "0"),
              QF(places, "decimal 和 scaled 的小数位", "Places of decimal and scaled", .min = 0, .max = 18, .fallback = "0"),
              QF(format, "日期时间的写法，如 %Y%m%d；bool 如 Y/N", "How dates are spelled, like %Y%m%d; of bool like Y/N", .max = 63,
                 .fallback = "\"\""),
              QF(align, "写入时靠哪一侧；auto：数靠右，其余靠左", "To which side it is written; auto: numbers right, the rest left",
                 .fallback = "\"auto\""),
              QF(pad, "填充字符，如 0", "What it is padded with, like 0", .min = 1, .max = 1, .fallback = "\" \""))
#define QUANJI_FIXED_FORM                                                                                                    \
  QF(layout, "字段布局：[{name, type, width, places}]，按字节", "Fields: [{name, type, width, places}], in bytes", .min = 1, \
     .max = 1'000),                                                                                                          \
      QF(encoding, "文本的编码", "Encoding of texts", .fallback = "\"gb18030\""),                                            \
      QF(delimiter, "字段之间的分隔符，一个 ASCII 字符", "What stands between two fields, one ASCII character", .min = 1, .max = 1)
QUANJI_FIELDS(ReadTable::Input, QF(file, "文本文件", "The text file"), QUANJI_FIXED_FORM,
              QF(skip, "开头跳过几行", "Lines left out at the beginning", .min = 0, .max = 1'000'000, .fallback = "0"),
              QF(skip_end, "末尾跳过几行", "Lines left out at the end", .min = 0, .max = 1'000'000, .fallback = "0"),
              QF(if_bad, "内容不是该类型的值时：失败，或留空（坏文字换成 �）",
                 "When a field holds no value of its type: fail, or nothing (bytes that are no text become U+FFFD)",
                 .fallback = "\"fail\""))
QUANJI_FIELDS(ReadTable::Output, QF(table, "表", "The table"))
QUANJI_FIELDS(WriteTable::Input, QF(table, "要写的表", "The table"), QF(to, "写到哪里", "Where it goes"), QUANJI_FIXED_FORM,
              QF(if_exists, "已存在时：replace 替换，fail 失败（内容相同不算），skip 保留旧的",
                 "When it is there: replace, fail (not for the same content), skip keeps the old one", .fallback = "\"replace\""))
QUANJI_FIELDS(WriteTable::Output, QF(file, "文件", "The file"))

namespace {

constexpr std::string_view record_name = "record";

Outcome<devices::FixedPlan> plan_of(const std::vector<LayoutField>& layout, Charset encoding, const std::optional<std::string>& delimiter) {
  devices::FixedLayout made;
  made.charset = encoding == Charset::utf8  ? devices::FixedCharset::utf8
                 : encoding == Charset::gbk ? devices::FixedCharset::gbk
                                            : devices::FixedCharset::gb18030;
  made.ending = devices::FixedEnding::any;
  made.separator = delimiter.value_or("");
  devices::FixedRecord record;
  record.name = record_name;
  for (std::size_t i = 0; i < layout.size(); ++i) {
    const auto& one = layout[i];
    if (one.width == 0 && !delimiter)
      return wrong_argument("layout", fmt::format("第 {} 个字段要写 width（没有 delimiter）", i + 1),
                            fmt::format("field {} needs a width (there is no delimiter)", i + 1));
    devices::FixedField field;
    // Names of gaps are seen by nobody.
    field.name = one.name.value_or(fmt::format("\x01{}", i));
    field.type = one.name ? static_cast<devices::FixedType>(one.type) : devices::FixedType::filler;
    field.width = one.width;
    field.places = one.name ? one.places : 0;
    field.format = one.format;
    field.align = static_cast<devices::FixedAlign>(one.align);
    field.pad = one.pad;
    if (one.pad != " " && field.type == devices::FixedType::text && one.align == Align::right) field.trim = devices::FixedTrim::left;
    record.columns.push_back(std::move(field));
  }
  made.records.push_back(std::move(record));
  auto plan = devices::FixedPlan::of(std::move(made));
  if (!plan.ok()) return wrong_argument("layout", plan.error().message().zh, plan.error().message().en);
  return std::move(*plan);
}
static_assert(static_cast<int>(FieldType::boolean) == static_cast<int>(devices::FixedType::boolean) &&
              static_cast<int>(FieldType::scaled) == static_cast<int>(devices::FixedType::scaled) &&
              static_cast<int>(Align::right) == static_cast<int>(devices::FixedAlign::right));

}  // namespace

ActivityInfo ReadTable::info() {
  ActivityInfo info;
  info.id = "fixed_width.read_table";
  info.title = {"读定宽文本", "Read fixed width text"};
  info.sentence = {"按字节宽度读成表。", "Reads a file as a table by widths in bytes."};
  info.effect = flow::Effect::none;
  info.errors = errors(reading_codes, {"unreadable", "bad_encoding", "bad_value"});
  info.examples = {
      {{"跳过标题行和合计行", "Without its title and its last line"},
       R"~(- do: file.write_text
  with:
    text: |
      RB20261120
      000001平安银行    12.50
      600000浦发银行     0.10
      END 2
    to: funds.txt
    encoding: gb18030
- do: fixed_width.read_table
  with:
    file: funds.txt
    layout:
      - {name: code, width: 6}
      - {name: title, width: 8}
      - {name: amount, type: decimal, width: 9, places: 2}
    skip: 1
    skip_end: 1
  save: funds
- return: {rows: =funds}
)~",
       R"~({"rows":[{"code":"000001","title":"平安银行","amount":12.50},{"code":"600000","title":"浦发银行","amount":0.10}]})~"}};
  return info;
}
Outcome<ReadTable::Output> ReadTable::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto plan, plan_of(input.layout, input.encoding, input.delimiter));
  auto file = devices::RecordFile::open(context.path_of(input.file.path));
  if (!file.ok()) return file_failure(file.error());
  Watch watch(context);
  devices::FixedReadOptions options;
  options.bad_text = input.if_bad == IfBad::fail ? devices::BadText::refuse : devices::BadText::replace;
  options.garbage = input.if_bad == IfBad::fail ? devices::Garbage::refuse : devices::Garbage::nothing;
  options.skip_lines = static_cast<std::uint64_t>(input.skip);
  options.skip_end_lines = static_cast<std::uint64_t>(input.skip_end);
  options.go_on = watch.go_on();
  auto rows = devices::read_fixed_width(*file, plan, options);
  if (!rows.ok()) return std::move(watch).failure(rows.error());
  if (rows->findings.count() > 0) {
    const auto first = devices::to_error(rows->findings.first().front(), file->name()).message();
    context.log(engine::LogLevel::warn, fmt::format("{} 处内容不合类型，已留空或替换；第一处：{} / {} fields without a usable value; {}",
                                                    rows->findings.count(), first.zh, rows->findings.count(), first.en));
  }
  return Output{std::make_shared<const values::Table>(std::move(rows->parts.front().table))};
}

ActivityInfo WriteTable::info() {
  ActivityInfo info;
  info.id = "fixed_width.write_table";
  info.title = {"写定宽文本", "Write fixed width text"};
  info.sentence = {"把表写成定宽文本。", "Writes a table by widths."};
  info.effect = flow::Effect::repeatable;
  info.errors = errors(writing_codes, {"bad_value", "bad_encoding"});
  info.examples = {{{"金额以分为单位，前面补零", "Amounts in cents, padded with zeros"},
                    R"~(- do: table.from_rows
  with:
    rows: [{account: A123, day: "2026-11-20", amount: 12.50}]
    columns: {day: date}
  save: payments
- do: fixed_width.write_table
  with:
    table: =payments
    to: pay.txt
    layout:
      - {name: account, width: 8}
      - {name: day, type: date, width: 8, format: "%Y%m%d"}
      - {name: amount, type: scaled, width: 10, places: 2, pad: "0"}
- do: file.read_text
  with: {file: pay.txt}
  save: text
- return: {line: =text.strip()}
)~",
                    R"~({"line":"A123    202611200000001250"})~"}};
  return info;
}
Outcome<WriteTable::Output> WriteTable::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto plan, plan_of(input.layout, input.encoding, input.delimiter));
  QUANJI_TRY(auto target, FileTarget::of(context, input.to, input.if_exists));
  if (target.stays()) return Output{target.file()};
  Watch watch(context);
  devices::FixedContent content;
  content.parts.push_back({std::string(record_name), *input.table});
  devices::FixedWriteOptions options;
  options.existing = devices::Existing::replace;
  options.go_on = watch.go_on();
  if (auto written = devices::write_fixed_width(target.draft(), plan, content, options); !written.ok())
    return std::move(watch).failure(written.error());
  QUANJI_TRY(auto file, std::move(target).place());
  return Output{std::move(file)};
}

}  // namespace fixed_width

void add_fixed_width(Activities& to) {
  to.insert(to.end(), {engine::activity<fixed_width::ReadTable>(), engine::activity<fixed_width::WriteTable>()});
}

}  // namespace quanji::activities
