#include "devices/fixed_width_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "devices/record_numbers.h"

namespace quanji::devices {
namespace {

using values::ColumnBuilder;
using values::ColumnType;
using values::Type;
using values::Value;

bool is_utf16(FixedCharset charset) { return charset == FixedCharset::utf16le || charset == FixedCharset::utf16be; }

base::Charset charset_of(const FixedField& field, base::Charset file) {
  return field.charset == FixedCharset::utf8      ? base::Charset::utf8
         : field.charset == FixedCharset::gbk     ? base::Charset::gbk
         : field.charset == FixedCharset::gb18030 ? base::Charset::gb18030
                                                  : file;
}

std::string_view trimmed(std::string_view bytes, FixedTrim trim, char pad) {
  const auto padding = [pad](char c) { return c == pad || c == '\0'; };
  if (trim == FixedTrim::left || trim == FixedTrim::both)
    while (!bytes.empty() && padding(bytes.front())) bytes.remove_prefix(1);
  if (trim == FixedTrim::right || trim == FixedTrim::both)
    while (!bytes.empty() && padding(bytes.back())) bytes.remove_suffix(1);
  return bytes;
}
std::string_view without_wide_blanks(std::string_view text, FixedTrim trim) {
  constexpr std::string_view wide = "\xE3\x80\x80", nul("\0", 1);
  const auto cut = [&](std::string_view padding) {
    bool any = false;
    if ((trim == FixedTrim::right || trim == FixedTrim::both) && text.ends_with(padding)) {
      text.remove_suffix(padding.size());
      any = true;
    }
    if ((trim == FixedTrim::left || trim == FixedTrim::both) && text.starts_with(padding)) {
      text.remove_prefix(padding.size());
      any = true;
    }
    return any;
  };
  while (cut(wide) || cut(" ") || cut(nul)) {
  }
  return text;
}

FixedOutcome add_text(ColumnBuilder& column, const FixedField& field, std::string_view bytes, base::Charset file_charset,
                      BadText bad_text) {
  if (is_utf16(field.charset)) {
    auto text = utf16_to_utf8(bytes, field.charset);
    if (!text) return {text.error().message(), {}};
    column.add_text(without_wide_blanks(*text, field.trim));
    return {};
  }
  const auto kept = trimmed(bytes, field.trim, field.pad[0]);
  if (is_plain_ascii(kept)) {
    column.add_text(kept);
    return {};
  }
  auto decoded = decode_field(charset_of(field, file_charset), kept);
  if (decoded.bad && bad_text == BadText::refuse) return {std::move(decoded.reason), {}};
  column.add_text(decoded.text);
  if (decoded.bad) return {{}, std::move(decoded.reason)};
  return {};
}
FixedOutcome add_scaled(ColumnBuilder& column, const FixedField& field, std::string_view bytes) {
  const auto spelling = without_padding(bytes);
  if (spelling.find_first_of(".eE") != std::string_view::npos && read_number(spelling, 0).found != NumberFound::nothing)
    return {base::Text("该字段的小数点是隐含的，不能写出", "the field's point is implied and not written"), {}};
  const auto number = read_number(spelling, 0);
  if (number.found == NumberFound::units) {
    column.add_units(number.units);
    return {};
  }
  if (number.found == NumberFound::wide)
    if (const auto wide = values::Decimal::parse(number.spelling); wide.ok())
      if (const auto scaled = values::Decimal::make(wide->units(), static_cast<std::int32_t>(-field.places))) {
        column.add(*scaled);
        return {};
      }
  return {add_number(column, bytes, 0), {}};
}
FixedOutcome add_timed(ColumnBuilder& column, const FixedPlan::Item& item, std::string_view bytes) {
  const auto spelling = without_padding(bytes);
  const bool dated = item.field.type != FixedType::time;
  // A day of zeros is none; a time of zeros is midnight.
  if (spelling.empty() || (dated && spelling.find_first_not_of('0') == std::string_view::npos)) {
    column.add_nothing();
    return {};
  }
  const auto micros = read_form(item.form, spelling);
  if (!micros)
    return {base::Text(fmt::format("不是 {} 形式的日期或时间", item.field.format),
                       fmt::format("no date or time of the format {}", item.field.format)),
            {}};
  if (item.field.type == FixedType::date)
    column.add(base::Date{static_cast<std::int32_t>(*micros / 86'400'000'000 - (*micros % 86'400'000'000 < 0 ? 1 : 0))});
  else
    column.add_integer(*micros);
  return {};
}

bool is_number(FixedType type) { return type == FixedType::integer || type == FixedType::decimal || type == FixedType::scaled; }

FixedBytes refused(std::string zh, std::string en) { return {{}, base::Text(std::move(zh), std::move(en))}; }
FixedBytes wrong_type(const Value& value) {
  return refused(fmt::format("不能写入{}类型的值", word_of(value.type())), fmt::format("it takes no {}", word_of(value.type())));
}

FixedBytes number_bytes(const FixedField& field, const Value& value, std::optional<values::Rounding> rounding) {
  std::optional<values::Decimal> number;
  if (value.is(Type::integer)) number = values::Decimal::of(value.integer());
  if (value.is(Type::decimal)) number = value.decimal();
  if (value.is(Type::text)) {
    const auto text = without_padding(value.text());
    if (read_number(text, 0).found == NumberFound::nothing) return {std::string(text), {}};  // a mark, as it is
    if (const auto parsed = values::Decimal::parse(text); parsed.ok()) number = *parsed;
  }
  if (!number) return wrong_type(value);
  const auto places = static_cast<std::int32_t>(field.places);
  auto digits = write_number(*number, places, rounding);
  if (!digits)
    return refused(fmt::format("数值 {} 的小数超过 {} 位", number->text(), places),
                   fmt::format("the number {} has more than {} places", number->text(), places));
  if (field.type == FixedType::scaled) {
    std::erase(*digits, '.');
    const bool negative = digits->starts_with('-');
    const auto first = digits->find_first_not_of("-0");
    *digits = (negative ? "-" : "") + (first == std::string::npos ? "0" : digits->substr(first));
  }
  return {std::move(*digits), {}};
}

FixedBytes timed_bytes(const FixedPlan::Item& item, const Value& value) {
  constexpr std::int64_t day_micros = 86'400'000'000;
  std::int64_t micros = 0;
  switch (item.field.type) {
    case FixedType::date:
      if (!value.is(Type::date)) return wrong_type(value);
      micros = value.date().days * day_micros;
      break;
    case FixedType::time:
      if (!value.is(Type::time)) return wrong_type(value);
      micros = value.time().micros;
      break;
    default:
      if (!value.is(Type::datetime)) return wrong_type(value);
      micros = value.datetime().micros;
  }
  auto text = write_form(item.form, micros);
  // What the form leaves out, or a year of five digits, would be lost.
  const auto back = read_form(item.form, text);
  if (!back || *back != micros)
    return refused(fmt::format("写法 {} 存不下该值的全部内容", item.field.format),
                   fmt::format("the format {} does not hold all of the value", item.field.format));
  return {std::move(text), {}};
}

FixedBytes text_bytes(const FixedField& field, const Value& value, base::Charset charset) {
  std::string text;
  if (value.is(Type::text))
    text = value.text();
  else if (value.is(Type::integer) || value.is(Type::decimal))
    text = value.is(Type::integer) ? std::to_string(value.integer()) : value.decimal().plain();
  else if (value.is(Type::date))
    text = write_day(value.date());
  else
    return wrong_type(value);
  auto bytes = is_utf16(field.charset) ? utf8_to_utf16(text, field.charset) : base::from_utf8(charset_of(field, charset), text);
  if (!bytes) return {{}, bytes.error().message()};
  return {std::move(bytes).value(), {}};
}

}  // namespace

ColumnBuilder fixed_column(const FixedField& field) {
  switch (field.type) {
    case FixedType::integer:
      return ColumnBuilder(ColumnType::integer);
    case FixedType::decimal:
    case FixedType::scaled:
      return ColumnBuilder(ColumnType::decimal, static_cast<std::int32_t>(field.places));
    case FixedType::date:
      return ColumnBuilder(ColumnType::date);
    case FixedType::time:
      return ColumnBuilder(ColumnType::time);
    case FixedType::datetime:
      return ColumnBuilder(ColumnType::datetime);
    case FixedType::boolean:
      return ColumnBuilder(ColumnType::boolean);
    default:
      return ColumnBuilder(ColumnType::text);
  }
}

FixedOutcome add_fixed_value(ColumnBuilder& column, const FixedPlan::Item& item, std::string_view bytes, base::Charset charset,
                             BadText bad_text) {
  const auto& field = item.field;
  switch (field.type) {
    case FixedType::text:
    case FixedType::filler:
      return add_text(column, field, bytes, charset, bad_text);
    case FixedType::integer:
    case FixedType::decimal:
      return {add_number(column, bytes, static_cast<std::int32_t>(field.places)), {}};
    case FixedType::scaled:
      return add_scaled(column, field, bytes);
    case FixedType::boolean: {
      const auto spelling = without_padding(bytes);
      if (spelling.empty())
        column.add_nothing();
      else if (spelling == item.yes || spelling == item.no)
        column.add(spelling == item.yes);
      else
        return {base::Text(fmt::format("既不是 {} 也不是 {}", item.yes, item.no), fmt::format("neither {} nor {}", item.yes, item.no)), {}};
      return {};
    }
    default:
      return add_timed(column, item, bytes);
  }
}

FixedBytes fixed_bytes(const FixedPlan::Item& item, const Value& value, base::Charset charset, std::optional<values::Rounding> rounding) {
  const auto& field = item.field;
  if (value.is(Type::nothing) || field.type == FixedType::filler) return {};
  FixedBytes out;
  switch (field.type) {
    case FixedType::integer:
    case FixedType::decimal:
    case FixedType::scaled:
      out = number_bytes(field, value, rounding);
      break;
    case FixedType::boolean:
      out = value.is(Type::boolean) ? FixedBytes{value.boolean() ? item.yes : item.no, {}} : wrong_type(value);
      break;
    case FixedType::date:
    case FixedType::time:
    case FixedType::datetime:
      out = timed_bytes(item, value);
      break;
    default:
      out = text_bytes(field, value, charset);
  }
  const auto width = static_cast<std::size_t>(field.width);
  if (!out.refusal && width > 0 && out.bytes.size() > width)
    return refused(fmt::format("需要 {} 字节，字段只有 {} 字节", out.bytes.size(), width),
                   fmt::format("it needs {} bytes, the field has {}", out.bytes.size(), width));
  return out;
}

std::string fixed_padded(const FixedPlan::Item& item, const std::string& bytes) {
  const auto& field = item.field;
  const auto width = static_cast<std::size_t>(field.width);
  if (bytes.size() >= width) return bytes;
  const auto missing = width - bytes.size();
  if (is_utf16(field.charset)) {
    // The ideographic blank, as the exchange's files of Hong Kong names have it.
    std::string out = bytes;
    for (std::size_t i = 0; i < missing / 2; ++i)
      out += field.charset == FixedCharset::utf16be ? std::string("\x30\x00", 2) : std::string("\x00\x30", 2);
    return out;
  }
  const char pad = bytes.empty() && field.type != FixedType::filler ? ' ' : field.pad[0];
  const bool right = field.align == FixedAlign::right || (field.align == FixedAlign::automatic && is_number(field.type));
  if (!right) return bytes + std::string(missing, pad);
  if (pad == '0' && is_number(field.type) && bytes.starts_with('-')) return "-" + std::string(missing, pad) + bytes.substr(1);
  return std::string(missing, pad) + bytes;
}

}  // namespace quanji::devices
