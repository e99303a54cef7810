#include "devices/dbf_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <utility>

#include "devices/record_findings.h"
#include "devices/record_numbers.h"

namespace quanji::devices {
namespace {

using values::ColumnType;
using values::Decimal;
using values::Type;
using values::Value;

constexpr char end_mark = 0x1A;
constexpr std::size_t block_bytes = 1 << 20;

// Why a value does not go into a field.
using Refusal = std::optional<base::Text>;

base::Text wrong_type(const DbfField& field, const Value& value) {
  return {fmt::format("类型 {} 的字段不能写入{}类型的值", field.type, word_of(value.type())),
          fmt::format("a field of type {} takes no {}", field.type, word_of(value.type()))};
}

std::optional<Decimal> number_of(const Value& value) {
  if (value.is(Type::integer)) return Decimal::of(value.integer());
  if (value.is(Type::decimal)) return value.decimal();
  return std::nullopt;
}

template <class T>
void put_little_endian(std::string& record, std::size_t at, T value) {
  std::memcpy(record.data() + at, &value, sizeof value);
}

// Puts one value into the bytes of one field, which are blank before.
class FieldWriter {
 public:
  FieldWriter(const DbfField& field, const DbfWriteOptions& options, std::string& record, std::size_t begin)
      : field_(field), options_(options), record_(record), at_(begin + field.offset) {}

  Refusal put(const Value& value) {
    switch (field_.type) {
      case 'C':
        return put_text(value);
      case 'N':
      case 'F':
        return put_number(value);
      case 'D':
        return put_date(value);
      case 'L':
        if (!value.is(Type::boolean)) return wrong_type(field_, value);
        record_[at_] = value.boolean() ? 'T' : 'F';
        return std::nullopt;
      case 'I':
        if (!value.is(Type::integer)) return wrong_type(field_, value);
        if (value.integer() < INT32_MIN || value.integer() > INT32_MAX) return base::Text("超出 32 位整数", "beyond 32 bits");
        put_little_endian(record_, at_, static_cast<std::int32_t>(value.integer()));
        return std::nullopt;
      case 'B':
        return put_double(value);
      case 'Y':
        return put_money(value);
      case 'T':
        return put_datetime(value);
      default:
        return wrong_type(field_, value);
    }
  }

 private:
  Refusal left(std::string_view bytes) {
    if (bytes.size() > field_.width)
      return base::Text(fmt::format("需要 {} 字节，字段只有 {} 字节", bytes.size(), field_.width),
                        fmt::format("it needs {} bytes, the field has {}", bytes.size(), field_.width));
    record_.replace(at_, bytes.size(), bytes);
    return std::nullopt;
  }
  Refusal right(std::string_view bytes) {
    if (bytes.size() > field_.width)
      return base::Text(fmt::format("数值 {} 需要 {} 字节，字段只有 {} 字节", bytes, bytes.size(), field_.width),
                        fmt::format("the number {} needs {} bytes, the field has {}", bytes, bytes.size(), field_.width));
    record_.replace(at_ + field_.width - bytes.size(), bytes.size(), bytes);
    return std::nullopt;
  }

  Refusal put_text(const Value& value) {
    if (value.is(Type::date)) return left(write_day(value.date()));
    if (const auto number = number_of(value)) return left(number->plain());
    if (!value.is(Type::text)) return wrong_type(field_, value);
    const auto bytes = base::from_utf8(options_.charset, value.text());
    if (!bytes) return bytes.error().message();
    // The reader takes blanks and NULs at the end for padding: they would be lost.
    if (bytes->find('\0') != std::string::npos) return base::Text("文本含有 NUL 字符", "the text holds a NUL");
    return left(*bytes);
  }

  Refusal put_number(const Value& value) {
    auto number = number_of(value);
    if (!number && value.is(Type::text)) {
      const auto text = without_padding(value.text());
      const auto found = read_number(text, 0).found;
      if (found == NumberFound::nothing) return right(text);
      if (found == NumberFound::garbage || found == NumberFound::overflow) return base::Text("文本不是数值", "the text is no number");
      if (const auto parsed = Decimal::parse(text); parsed.ok()) number = *parsed;
    }
    if (!number) return wrong_type(field_, value);
    auto digits = write_number(*number, field_.places, options_.rounding);
    if (!digits)
      return base::Text(fmt::format("数值 {} 的小数超过 {} 位", number->plain(), field_.places),
                        fmt::format("the number {} has more than {} places", number->plain(), field_.places));
    // ".018750" is how exchange files fill an N(7,6).
    if (digits->size() == field_.width + std::size_t{1}) {
      if (digits->starts_with("0.")) digits->erase(0, 1);
      if (digits->starts_with("-0.")) digits->erase(1, 1);
    }
    return right(*digits);
  }

  Refusal put_date(const Value& value) {
    if (!value.is(Type::date)) return wrong_type(field_, value);
    const auto day = write_day(value.date());
    if (day.empty()) return base::Text("年份应在 1 到 9999 之间", "the year is between 1 and 9999");
    return left(day);
  }

  Refusal put_double(const Value& value) {
    const auto number = number_of(value);
    if (!number) return wrong_type(field_, value);
    const auto text = number->text();
    double nearest = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), nearest).ec != std::errc())
      return base::Text("超出双精度数的范围", "beyond what a double can hold");
    std::array<char, 64> room{};
    const auto end = std::to_chars(room.data(), room.data() + room.size(), nearest).ptr;
    const auto back = Decimal::parse({room.data(), static_cast<std::size_t>(end - room.data())});
    if (!options_.rounding && (!back.ok() || *back != *number))
      return base::Text(fmt::format("数值 {} 用双精度数存不下全部数字", text), fmt::format("a double cannot hold all digits of {}", text));
    put_little_endian(record_, at_, nearest);
    return std::nullopt;
  }

  Refusal put_money(const Value& value) {
    const auto number = number_of(value);
    if (!number) return wrong_type(field_, value);
    const auto exact = number->rounded(4, options_.rounding.value_or(values::Rounding::down));
    if (!exact || exact->exponent() != -4 || exact->units() < INT64_MIN || exact->units() > INT64_MAX ||
        (!options_.rounding && *exact != *number))
      return base::Text("货币字段只有 4 位小数、64 位", "a money field has 4 places and 64 bits");
    put_little_endian(record_, at_, static_cast<std::int64_t>(exact->units()));
    return std::nullopt;
  }

  Refusal put_datetime(const Value& value) {
    if (!value.is(Type::datetime)) return wrong_type(field_, value);
    constexpr std::int64_t day_micros = 86'400'000'000, julian_1970 = 2'440'588;
    const auto micros = value.datetime().micros;
    if (micros % 1'000 != 0) return base::Text("只能存到毫秒", "it holds milliseconds, no less");
    auto day = micros / day_micros, rest = micros % day_micros;
    if (rest < 0) {
      rest += day_micros;
      --day;
    }
    if (day < -719'162 || day > 2'932'896) return base::Text("年份应在 1 到 9999 之间", "the year is between 1 and 9999");
    put_little_endian(record_, at_, static_cast<std::int32_t>(day + julian_1970));
    put_little_endian(record_, at_ + 4, static_cast<std::int32_t>(rest / 1'000));
    return std::nullopt;
  }

  const DbfField& field_;
  const DbfWriteOptions& options_;
  std::string& record_;
  std::size_t at_;
};

bool is_binary(char type) { return type == 'I' || type == 'B' || type == 'Y' || type == 'T' || type == '0'; }

base::Error refused(std::size_t row, std::string_view field, const base::Text& reason, FindingKind kind = FindingKind::bad_value) {
  return base::Error(base::Code::invalid_field,
                     base::Text(fmt::format("表的第 {} 行，字段 {}：{}。", row + 1, field, reason.zh),
                                fmt::format("Row {} of the table, field {}: {}.", row + 1, field, reason.en)),
                     std::string(word_of(kind)));
}

// The width of an N field that holds every number of the column, and its places.
base::Result<DbfField> number_field(const values::Column& column, std::string name) {
  std::int32_t places = 0;
  std::size_t whole = 1;
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (column.is_nothing(row)) continue;
    const auto number = column.type() == ColumnType::integer ? Decimal::of(column.numbers()[row]) : column.decimal(row);
    const auto text = number.plain();
    const auto point = std::min(text.find('.'), text.size());
    whole = std::max(whole, point);
    if (point < text.size()) places = std::max(places, static_cast<std::int32_t>(text.size() - point - 1));
  }
  return DbfField{std::move(name), 'N', static_cast<std::uint32_t>(whole + (places > 0 ? static_cast<std::size_t>(places) + 1 : 0)),
                  places};
}
base::Result<DbfField> text_field(const values::Column& column, std::string name, base::Charset charset) {
  std::size_t widest = 1;
  for (std::size_t row = 0; row < column.size(); ++row) {
    const auto value = column.value(row);
    if (value.is(Type::nothing)) continue;
    const auto bytes = base::from_utf8(charset, value.is(Type::text) ? value.text() : value.display());
    if (!bytes) return refused(row, name, bytes.error().message(), FindingKind::bad_encoding);
    widest = std::max(widest, bytes->size());
  }
  return DbfField{std::move(name), 'C', static_cast<std::uint32_t>(widest)};
}

}  // namespace

void set_header_day(DbfSchema& schema, base::Date day) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days(day.days)}};
  schema.year = static_cast<std::uint8_t>(static_cast<int>(date.year()) - 1900);
  schema.month = static_cast<std::uint8_t>(static_cast<unsigned>(date.month()));
  schema.day = static_cast<std::uint8_t>(static_cast<unsigned>(date.day()));
}

base::Result<DbfRecords> DbfRecords::of(const values::Table& table, const DbfSchema& schema, const DbfWriteOptions& options) {
  DbfRecords made(schema, options);
  made.blank_.assign(schema.record_length, ' ');
  for (const auto& field : schema.fields)
    if (is_binary(field.type)) made.blank_.replace(field.offset, field.width, field.width, '\0');
  const auto bits = null_bits_of(schema);
  made.null_flags_ = bits.offset;
  std::vector<bool> filled(schema.fields.size());
  for (std::size_t c = 0; c < table.columns(); ++c) {
    const auto& name = table.name(c);
    const auto& column = *table.column(c);
    if (name == options.deleted_column && !name.empty() && schema.find(name) == SIZE_MAX) {
      if (column.type() != ColumnType::boolean || column.has_nothing())
        return base::Error(base::Code::invalid_field,
                           base::Text(fmt::format("删除标志列 {} 应全是布尔值。", name),
                                      fmt::format("The column {} of deletion flags holds booleans only.", name)));
      made.deleted_ = &column;
      continue;
    }
    const auto i = schema.find(name);
    if (i == SIZE_MAX || schema.fields[i].system || filled[i])
      return base::Error(base::Code::unknown_field, base::Text(fmt::format("DBF 文件没有可写入列 {} 的字段。", name),
                                                               fmt::format("The DBF file has no field for the column {}.", name)));
    if (std::string_view("CNFDLIBYT").find(schema.fields[i].type) == std::string_view::npos)
      return base::Error(base::Code::not_supported,
                         base::Text(fmt::format("字段 {} 的类型 {} 不支持写入。", name, schema.fields[i].type),
                                    fmt::format("Field {} is of type {}, which is not written.", name, schema.fields[i].type)));
    filled[i] = true;
    made.pairs_.push_back({&schema.fields[i], &column, bits.null[i]});
  }
  // A field nobody gives a value to is null where it can be.
  for (std::size_t i = 0; i < schema.fields.size(); ++i)
    if (!filled[i] && bits.null[i]) made.blank_[bits.offset + *bits.null[i] / 8] |= static_cast<char>(1U << (*bits.null[i] % 8));
  return made;
}

base::Status DbfRecords::put(const Pair& pair, std::size_t row, std::string& record) const {
  const auto begin = record.size() - blank_.size();
  if (pair.column->is_nothing(row)) {
    if (pair.null_bit)
      record[begin + null_flags_ + *pair.null_bit / 8] |= static_cast<char>(1U << (*pair.null_bit % 8));
    else if (is_binary(pair.field->type) && pair.field->type != 'T')
      return refused(row, pair.field->name, {"该类型的字段不能没有值", "a field of this type cannot be without a value"});
    return {};
  }
  const auto value = pair.column->value(row);
  if (auto refusal = FieldWriter(*pair.field, options_, record, begin).put(value)) {
    const bool no_bytes = value.is(Type::text) && pair.field->type == 'C' && !base::from_utf8(options_.charset, value.text()).ok();
    return refused(row, pair.field->name, *refusal, no_bytes ? FindingKind::bad_encoding : FindingKind::bad_value);
  }
  return {};
}

base::Status DbfRecords::append(std::size_t row, std::string& out) const {
  out += blank_;
  if (deleted_ && deleted_->flags()[row] != 0) out[out.size() - blank_.size()] = '*';
  for (const auto& pair : pairs_) QUANJI_DO(put(pair, row, out));
  return {};
}

base::Result<DbfSchema> dbf_schema_for(const values::Table& table, const DbfWriteOptions& options) {
  std::vector<DbfField> fields;
  for (std::size_t c = 0; c < table.columns(); ++c) {
    const auto& column = *table.column(c);
    const auto& name = table.name(c);
    if (name == options.deleted_column) continue;
    switch (column.type()) {
      case ColumnType::boolean:
        fields.push_back({name, 'L', 1});
        break;
      case ColumnType::date:
        fields.push_back({name, 'D', 8});
        break;
      case ColumnType::integer:
      case ColumnType::decimal: {
        QUANJI_TRY(auto field, number_field(column, name));
        fields.push_back(std::move(field));
        break;
      }
      case ColumnType::text: {
        QUANJI_TRY(auto field, text_field(column, name, options.charset));
        fields.push_back(std::move(field));
        break;
      }
      default:
        return base::Error(
            base::Code::invalid_field,
            base::Text(fmt::format("列 {} 的类型 {} 没有对应的 DBF 字段类型，请先转换为文本。", name, word_of(column.type())),
                       fmt::format("The column {} is of type {}, for which DBF has no field: make it text before.", name,
                                   word_of(column.type()))));
    }
  }
  return make_dbf_schema(std::move(fields), options.charset);
}

base::Status write_dbf(const std::string& path, DbfSchema schema, const values::Table& table, base::Date day,
                       const DbfWriteOptions& options) {
  set_header_day(schema, day);
  schema.records = table.rows();
  if (table.rows() > UINT32_MAX)
    return base::Error(base::Code::too_large,
                       base::Text("DBF 文件的记录数不能超过 4294967295。", "A DBF file has at most 4294967295 records."));
  QUANJI_TRY(const auto header, write_dbf_header(schema, options.charset));
  QUANJI_TRY(const auto records, DbfRecords::of(table, schema, options));
  QUANJI_TRY(auto file, NewFile::begin(path, options.existing));
  std::string block = header;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    QUANJI_DO(records.append(row, block));
    if (block.size() < block_bytes) continue;
    if (options.go_on) QUANJI_DO(options.go_on());
    QUANJI_DO(file.append(block));
    block.clear();
  }
  block += end_mark;
  QUANJI_DO(file.append(block));
  return std::move(file).finish();
}

}  // namespace quanji::devices
