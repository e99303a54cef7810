#include "activities/csv/csv.h"

#include <fmt/format.h>

#include "activities/failures.h"
#include "activities/group.h"
#include "workbook/csv.h"

namespace quanji::activities {
namespace csv {

using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;
using values::ColumnType;

#define QUANJI_CSV_COLUMNS                                                                                     \
  QF(columns, "只读这些列（列表），或列名→类型（其余为 text）；类型可写成 {type: date, format: \"%Y/%m/%d\"}", \
     "Only these columns (a list), or name → type (the others are text); a type may be {type: date, format: \"%Y/%m/%d\"}")
#define QUANJI_CSV_FORM                                                                                                                   \
  QF(delimiter, "分隔符，一个 ASCII 字符；auto 在 , ; 制表符 | 中找", "One ASCII character; auto finds , ; tab or |", .min = 1, .max = 4, \
     .fallback = "\"auto\""),                                                                                                             \
      QF(header, "第一行是列名", "The first row holds the names", .fallback = "true"), QUANJI_CSV_COLUMNS,                                \
      QF(skip, "表头之前跳过几行", "Lines left out before the header", .min = 0, .max = 1'000'000, .fallback = "0")

QUANJI_FIELDS(TableOut, QF(table, "表", "The table"))
QUANJI_FIELDS(FileOut, QF(file, "文件", "The file"))
QUANJI_FIELDS(ReadTable::Input, QF(file, "CSV 文件", "The CSV file"),
              QF(encoding, "编码；auto：字节序标记，合法的 UTF-8，否则 gb18030",
                 "Encoding; auto: a byte order mark, valid UTF-8, else gb18030", .fallback = "\"auto\""),
              QUANJI_CSV_FORM,
              QF(if_bad, "值不合类型或字节不合编码时：失败，或留空（字节换成 �）",
                 "When a value is not of its type or bytes are no text: fail, or nothing (bytes become U+FFFD)", .fallback = "\"fail\""))
QUANJI_FIELDS(ParseTable::Input, QF(text, "CSV 文本", "The CSV text", .max = 64 << 20), QUANJI_CSV_FORM,
              QF(if_bad, "值不合类型时：失败，或留空", "When a value is not of its type: fail, or nothing", .fallback = "\"fail\""))
QUANJI_FIELDS(WriteTable::Input, QF(table, "要写的表", "The table"), QF(to, "写到哪里", "Where it goes"),
              QF(encoding, "编码；utf-8-bom 让 Excel 认得中文", "Encoding; Excel reads Chinese with utf-8-bom", .fallback = "\"utf-8\""),
              QF(delimiter, "分隔符，一个 ASCII 字符", "One ASCII character", .min = 1, .max = 1, .fallback = "\",\""),
              QF(header, "写列名行", "Write the row of names", .fallback = "true"),
              QF(if_exists, "已存在时：replace 替换，fail 失败（内容相同不算），skip 保留旧的",
                 "When it is there: replace, fail (not for the same content), skip keeps the old one", .fallback = "\"replace\""))
QUANJI_FIELDS(AppendRows::Input, QF(table, "要追加的行", "The rows"),
              QF(file, "已有的 CSV 文件，第一行是列名", "A CSV file with a row of names"),
              QF(encoding, "编码；auto 按文件", "Encoding; auto takes the file's", .fallback = "\"auto\""),
              QF(delimiter, "分隔符；auto 按文件", "Delimiter; auto takes the file's", .min = 1, .max = 4, .fallback = "\"auto\""))
QUANJI_FIELDS(AppendRows::Output, QF(count, "追加的行数", "How many rows were added"))

namespace {

// Nothing: to be found out.
Outcome<std::optional<char>> delimiter_of(std::string_view said) {
  if (said == "auto") return std::optional<char>();
  const char c = said.front();
  const bool fits = said.size() == 1 && static_cast<unsigned char>(c) < 0x7F && c != '"' && (c >= 0x20 || c == '\t' || c == 1 || c == 0x1F);
  if (fits) return std::optional<char>(c);
  return wrong_argument("delimiter", "应为 auto 或一个 ASCII 字符（制表符写成 \"\\t\"），不能是引号或换行",
                        "must be auto or one ASCII character (a tab is \"\\t\"), neither a quotation mark nor a line end");
}

// The format of dates as a pattern of the reader: %m, %d, %H … take one digit or two where no digit follows.
Outcome<std::string> pattern_of(const ColumnWishes::Typed& typed) {
  std::string out;
  const std::string_view format = typed.format;
  bool after_code = false;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size() || format[i + 1] == '%') {
      const char c = format[i] == '%' ? format[++i] : format[i];
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      after_code = false;
      out += c == '\'' ? "''" : letter ? fmt::format("'{}'", c) : std::string(1, c);
      continue;
    }
    const char code = format[++i];
    const bool packed = after_code || (i + 2 < format.size() && format[i + 1] == '%' && format[i + 2] != '%');
    after_code = true;
    const auto word = [&](char one) { return std::string(packed ? 2 : 1, one); };
    switch (code) {
      case 'Y':
        out += "yyyy";
        break;
      case 'm':
        out += word('M');
        break;
      case 'd':
        out += word('d');
        break;
      case 'H':
        out += word('H');
        break;
      case 'M':
        out += word('m');
        break;
      case 'S':
        out += word('s');
        break;
      case 'f':
        out += "SSSSSS";
        break;
      default:
        return wrong_argument(fmt::format("columns/{}/format", typed.name),
                              fmt::format("CSV 的日期格式不支持 %{}；可用 %Y %m %d %H %M %S %f", code),
                              fmt::format("%{} is not read from CSV; there are %Y %m %d %H %M %S %f", code));
    }
  }
  return out;
}

Outcome<workbook::CsvReading> reading_of(const std::optional<values::Value>& columns, bool header, std::int64_t skip, IfBad if_bad) {
  workbook::CsvReading reading;
  reading.header = header ? workbook::CsvHeader::first_row : workbook::CsvHeader::none;
  reading.skip_lines = static_cast<std::uint32_t>(skip);
  reading.wrong_value = if_bad == IfBad::fail ? workbook::WrongValue::refuse : workbook::WrongValue::nothing;
  reading.wrong_bytes = if_bad == IfBad::fail ? workbook::WrongBytes::refuse : workbook::WrongBytes::replace;
  QUANJI_TRY(auto wishes, column_wishes(columns));
  reading.only = std::move(wishes.names);
  for (const auto& typed : wishes.typed) {
    QUANJI_TRY(auto pattern, pattern_of(typed));
    reading.columns.push_back({typed.name, typed.type, std::move(pattern)});
  }
  return reading;
}

constexpr std::size_t beginning_bytes = 64U << 10U;

}  // namespace

ActivityInfo ReadTable::info() {
  ActivityInfo info;
  info.id = "csv.read_table";
  info.title = {"读 CSV", "Read a CSV file"};
  info.sentence = {"读 CSV 成表。", "Reads a CSV file as a table."};
  info.effect = flow::Effect::none;
  info.errors = errors(reading_codes, {"unreadable", "bad_encoding", "bad_value", "too_large"});
  info.examples = {{{"代码保持文本，金额是精确小数", "Codes stay texts, amounts are exact decimals"},
                    R"~(- do: csv.write_table
  with:
    table:
      - {code: "000001", amount: 12.50}
      - {code: "600000", amount: 0.10}
    to: trades.csv
- do: csv.read_table
  with:
    file: trades.csv
    columns: {amount: decimal}
  save: trades
- return: {codes: "=[r.code for r in trades]", total: "=sum(r.amount for r in trades)"}
)~",
                    R"~({"codes":["000001","600000"],"total":12.60})~"}};
  return info;
}
Outcome<ReadTable::Output> ReadTable::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(auto reading, reading_of(input.columns, input.header, input.skip, input.if_bad));
  QUANJI_TRY(const auto delimiter, delimiter_of(input.delimiter));
  reading.charset = charset_of(input.encoding);
  const auto path = context.path_of(input.file.path);
  reading.file = input.file.path;
  Watch watch(context);
  const auto open = [&]() -> base::Result<std::unique_ptr<workbook::ByteSource>> {
    QUANJI_TRY(auto source, workbook::open_file(path));
    return std::unique_ptr<workbook::ByteSource>(std::make_unique<WatchedSource>(std::move(source), watch));
  };
  const auto read = [&]() -> base::Result<workbook::CsvTable> {
    QUANJI_TRY(auto source, open());
    reading.delimiter = delimiter.value_or(',');
    if (!delimiter) {
      std::string beginning(beginning_bytes, '\0');
      QUANJI_TRY(const auto got, source->read(beginning));
      reading.delimiter = workbook::guessed_delimiter(std::string_view(beginning).substr(0, got), reading.skip_lines);
      QUANJI_TRY(source, open());
    }
    return workbook::read_csv(std::move(source), reading);
  };
  auto table = read();
  if (!table.ok()) return std::move(watch).failure(table.error());
  for (const auto& note : table->notes) context.log(engine::LogLevel::warn, note.zh + " / " + note.en);
  return Output{std::move(table->table)};
}

ActivityInfo ParseTable::info() {
  ActivityInfo info;
  info.id = "csv.parse_table";
  info.title = {"解析 CSV 文本", "Parse CSV text"};
  info.sentence = {"把 CSV 文本读成表。", "Reads CSV text as a table."};
  info.effect = flow::Effect::none;
  info.errors = errors({}, {"unreadable", "bad_value", "not_found", "too_large"});
  info.examples = {{{"接口给出的一段文本", "A text that an interface gave"},
                    R"~(- do: csv.parse_table
  with:
    text: "code;amount\n000001;1.20\n600000;3.40\n"
    columns: {amount: decimal}
  save: quotes
- return: {rows: =quotes}
)~",
                    R"~({"rows":[{"code":"000001","amount":1.20},{"code":"600000","amount":3.40}]})~"}};
  return info;
}
Outcome<ParseTable::Output> ParseTable::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(auto reading, reading_of(input.columns, input.header, input.skip, input.if_bad));
  QUANJI_TRY(const auto delimiter, delimiter_of(input.delimiter));
  reading.charset = base::Charset::utf8;
  reading.file = "text";
  reading.delimiter =
      delimiter ? *delimiter : workbook::guessed_delimiter(std::string_view(input.text).substr(0, beginning_bytes), reading.skip_lines);
  Watch watch(context);
  auto table = workbook::read_csv(std::make_unique<WatchedSource>(workbook::source_of(input.text), watch), reading);
  if (!table.ok()) return std::move(watch).failure(table.error());
  for (const auto& note : table->notes) context.log(engine::LogLevel::warn, note.zh + " / " + note.en);
  return Output{std::move(table->table)};
}

ActivityInfo WriteTable::info() {
  ActivityInfo info;
  info.id = "csv.write_table";
  info.title = {"写 CSV", "Write a CSV file"};
  info.sentence = {"把表写成 CSV。", "Writes a table as CSV."};
  info.effect = flow::Effect::repeatable;
  info.errors = errors(writing_codes, {"bad_encoding", "bad_value"});
  info.examples = {{{"给 Excel 打开的文件", "A file that Excel opens"},
                    R"~(- do: csv.write_table
  with:
    table:
      - {名称: 浦发银行, 金额: 12.50}
    to: 汇总.csv
    encoding: utf-8-bom
  save: report
- do: csv.read_table
  with: {file: =report}
  save: back
- return: {rows: =back}
)~",
                    R"~({"rows":[{"名称":"浦发银行","金额":"12.50"}]})~"}};
  return info;
}
Outcome<WriteTable::Output> WriteTable::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto delimiter, delimiter_of(input.delimiter));
  if (input.table->columns() == 0)
    return wrong_argument("table", "表没有列，写不成 CSV", "the table has no columns: there is nothing to write");
  QUANJI_TRY(auto target, FileTarget::of(context, input.to, input.if_exists));
  if (target.stays()) return Output{target.file()};
  workbook::CsvWriting writing;
  writing.charset = charset_of(input.encoding);
  writing.byte_order_mark = input.encoding == TextEncoding::utf8_mark;
  writing.delimiter = *delimiter;
  writing.header = input.header ? workbook::CsvHeader::first_row : workbook::CsvHeader::none;
  Watch watch(context);
  const auto write = [&]() -> base::Status {
    QUANJI_TRY(auto writer, workbook::CsvWriter::open(target.draft(), input.table->names(), writing));
    QUANJI_DO(writer.add(*input.table, watch.go_on()));
    return writer.close();
  };
  if (auto written = write(); !written.ok()) return std::move(watch).failure(written.error());
  QUANJI_TRY(auto file, std::move(target).place());
  return Output{std::move(file)};
}

ActivityInfo AppendRows::info() {
  ActivityInfo info;
  info.id = "csv.append_rows";
  info.title = {"追加到 CSV", "Append to a CSV file"};
  info.sentence = {"在 CSV 末尾追加行；列按表头对齐。", "Adds rows to a CSV file, columns by its header."};
  info.effect = flow::Effect::once;
  info.errors = errors(reading_codes, {"disk_full", "unreadable", "bad_encoding", "bad_value"});
  info.examples = {{{"列的次序可以不同", "The order of columns may differ"},
                    R"~(- do: csv.write_table
  with:
    table: [{code: "000001", amount: 1}]
    to: log.csv
- do: csv.append_rows
  with:
    table: [{amount: 2, code: "600000"}]
    file: log.csv
  save: count
- do: csv.read_table
  with: {file: log.csv, columns: {amount: integer}}
  save: all
- return: {count: =count, rows: =all}
)~",
                    R"~({"count":1,"rows":[{"code":"000001","amount":1},{"code":"600000","amount":2}]})~"}};
  return info;
}
Outcome<AppendRows::Output> AppendRows::run(ActivityContext& context, const Input& input) {
  workbook::CsvAppending how;
  how.charset = charset_of(input.encoding);
  QUANJI_TRY(how.delimiter, delimiter_of(input.delimiter));
  const auto added = workbook::append_csv(context.path_of(input.file.path), *input.table, how);
  if (!added.ok()) return file_failure(added.error());
  return Output{static_cast<std::int64_t>(*added)};
}

}  // namespace csv

void add_csv(Activities& to) {
  to.insert(to.end(), {engine::activity<csv::ReadTable>(), engine::activity<csv::ParseTable>(), engine::activity<csv::WriteTable>(),
                       engine::activity<csv::AppendRows>()});
}

}  // namespace quanji::activities
