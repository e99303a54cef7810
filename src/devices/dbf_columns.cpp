#include "devices/dbf_columns.h"

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <utility>

#include "devices/record_numbers.h"

namespace quanji::devices {
namespace {

using values::ColumnBuilder;
using values::ColumnType;

constexpr std::int32_t most_packed_places = 18;

bool is_blank(std::string_view bytes) { return without_padding(bytes).empty(); }

template <class T>
T little_endian(std::string_view bytes) {
  static_assert(std::endian::native == std::endian::little);
  T value{};
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

bool is_whole_number(const DbfField& field) { return field.places == 0 && field.width <= 18; }

base::Error unsupported(const DbfField& field, std::string_view file) {
  const bool memo = field.type != 'Q';
  return base::Error(
      base::Code::not_supported,
      base::Text(
          fmt::format("文件 {} 的字段 {} 是{}（类型 {}），其内容{}，不支持读取；请用 columns 只选其他字段。", file, field.name,
                      memo ? "备注字段" : "二进制字段", field.type, memo ? "在另一个文件中" : "不是文本或数值"),
          fmt::format("Field {} of {} is a {} field (type {}), whose content {}: not supported; choose other fields with columns.",
                      field.name, file, memo ? "memo" : "binary", field.type, memo ? "is in another file" : "is neither text nor number")));
}

// Microseconds of the civil clock; nothing when these are no day (1 to 9999) and no time.
std::optional<std::int64_t> civil_micros(std::int64_t julian_day, std::int64_t millis) {
  constexpr std::int64_t julian_1970 = 2'440'588, day_1 = 1'721'426, day_last = 5'373'484;
  if (julian_day < day_1 || julian_day > day_last || millis < 0 || millis >= 86'400'000) return std::nullopt;
  return ((julian_day - julian_1970) * 86'400'000 + millis) * 1'000;
}

}  // namespace

base::Result<DbfColumn> DbfColumn::of(const Place& place) {
  const auto& field = *place.field;
  if (place.typing == DbfTyping::text && std::string_view("CNFDLIBYTV").find(field.type) != std::string_view::npos)
    return DbfColumn(place, ColumnBuilder(ColumnType::text),
                     field.type == 'C' || field.type == 'V' ? &DbfColumn::add_text : &DbfColumn::add_displayed);
  switch (field.type) {
    case 'C':
    case 'V':
      return DbfColumn(place, ColumnBuilder(ColumnType::text), &DbfColumn::add_text);
    case 'N':
    case 'F':
      if (is_whole_number(field)) return DbfColumn(place, ColumnBuilder(ColumnType::integer), &DbfColumn::add_number);
      return DbfColumn(place, ColumnBuilder(ColumnType::decimal, std::min(field.places, most_packed_places)), &DbfColumn::add_number);
    case 'D':
      return DbfColumn(place, ColumnBuilder(ColumnType::date), &DbfColumn::add_date);
    case 'L':
      return DbfColumn(place, ColumnBuilder(ColumnType::boolean), &DbfColumn::add_logical);
    case 'I':
      return DbfColumn(place, ColumnBuilder(ColumnType::integer), &DbfColumn::add_int);
    case 'B':
      return DbfColumn(place, ColumnBuilder(ColumnType::decimal, std::min(field.places, most_packed_places)), &DbfColumn::add_double);
    case 'Y':
      return DbfColumn(place, ColumnBuilder(ColumnType::decimal, 4), &DbfColumn::add_money);
    case 'T':
      return DbfColumn(place, ColumnBuilder(ColumnType::datetime), &DbfColumn::add_datetime);
    default:
      return unsupported(field, *place.file);
  }
}

base::Status DbfColumn::add(const DbfBlock& block) {
  // The two kinds that make up nearly every file have loops of their own.
  if (!at_.null_bit && !at_.varied_bit) {
    if (one_ == &DbfColumn::add_number) return add_numbers(block);
    if (one_ == &DbfColumn::add_text) return add_texts(block);
  }
  for (std::size_t i = 0; i < block.records.size(); ++i) {
    if (is_null(block.records[i]))
      builder_.add_nothing();
    else
      QUANJI_DO((this->*one_)(block, i));
  }
  return {};
}

RecordFinding DbfColumn::finding(const DbfBlock& block, std::size_t i, base::Text reason) const {
  return {block.numbers[i] + 1,         at_.field->name,   block.header_length + block.numbers[i] * block.record_length + at_.field->offset,
          std::string(bytes(block, i)), std::move(reason), FindingKind::bad_value};
}
base::Status DbfColumn::no_value(const DbfBlock& block, std::size_t i, base::Text reason) {
  QUANJI_DO(at_.findings->add(finding(block, i, std::move(reason)), *at_.file));
  builder_.add_nothing();
  return {};
}

base::Status DbfColumn::add_numbers(const DbfBlock& block) {
  const bool whole = builder_.type() == ColumnType::integer;
  const auto places = whole ? 0 : std::min(at_.field->places, most_packed_places);
  const auto offset = at_.field->offset, width = at_.field->width;
  for (std::size_t i = 0; i < block.records.size(); ++i) {
    const auto number = read_number({block.records[i] + offset, width}, places);
    if (number.found == NumberFound::units) {
      if (whole)
        builder_.add_integer(number.units);
      else
        builder_.add_units(number.units);
    } else if (number.found == NumberFound::nothing) {
      builder_.add_nothing();
    } else {
      if (auto reason = devices::add_number(builder_, number.spelling, places)) QUANJI_DO(no_value(block, i, std::move(*reason)));
    }
  }
  return {};
}
base::Status DbfColumn::add_number(const DbfBlock& block, std::size_t i) {
  return add_numbers({block.records.subspan(i, 1), block.numbers.subspan(i, 1), block.header_length, block.record_length});
}

base::Status DbfColumn::add_texts(const DbfBlock& block) {
  const auto offset = at_.field->offset, width = at_.field->width;
  for (std::size_t i = 0; i < block.records.size(); ++i) {
    const auto bytes = without_padding_behind({block.records[i] + offset, width});
    if (is_plain_ascii(bytes))
      builder_.add_text(bytes);
    else
      QUANJI_DO(add_other_text(block, i, bytes));
  }
  return {};
}
base::Status DbfColumn::add_text(const DbfBlock& block, std::size_t i) {
  auto whole = bytes(block, i);
  if (at_.varied_bit) {
    // A varied field that is not full says in its last byte how much of it counts.
    if (bit(block.records[i], at_.null_flags, *at_.varied_bit)) {
      const auto length = static_cast<std::uint8_t>(whole.back());
      if (length >= whole.size())
        return no_value(block, i, {"可变长字段的长度字节超出了字段宽度", "the length of the varied field is beyond its width"});
      whole = whole.substr(0, length);
    }
  } else {
    whole = without_padding_behind(whole);
  }
  return add_other_text(block, i, whole);
}
base::Status DbfColumn::add_other_text(const DbfBlock& block, std::size_t i, std::string_view bytes) {
  auto decoded = decode_field(at_.charset, bytes);
  if (decoded.bad) {
    auto found = finding(block, i, std::move(decoded.reason));
    found.kind = FindingKind::bad_encoding;
    if (at_.bad_text == BadText::refuse) return to_error(found, *at_.file);
    // Repaired, counted, and kept whatever the policy for numbers is.
    at_.findings->note(std::move(found));
  }
  builder_.add_text(decoded.text);
  return {};
}

base::Status DbfColumn::add_date(const DbfBlock& block, std::size_t i) {
  const auto day = bytes(block, i);
  if (const auto date = read_day(day)) {
    builder_.add(*date);
    return {};
  }
  // The zero day stands as "00000000" in some files, as "       0" in others.
  if (without_padding(day).find_first_not_of('0') == std::string_view::npos) {
    builder_.add_nothing();
    return {};
  }
  return no_value(block, i, {"不是 yyyymmdd 形式的日期", "no date of the form yyyymmdd"});
}

base::Status DbfColumn::add_logical(const DbfBlock& block, std::size_t i) {
  switch (bytes(block, i).front()) {
    case 'T':
    case 't':
    case 'Y':
    case 'y':
      builder_.add(true);
      return {};
    case 'F':
    case 'f':
    case 'N':
    case 'n':
      builder_.add(false);
      return {};
    case ' ':
    case '?':
    case '\0':
      builder_.add_nothing();
      return {};
    default:
      return no_value(block, i, {"逻辑字段只能是 T、F、Y、N、? 或空格", "a logical field holds T, F, Y, N, ? or a blank"});
  }
}

base::Status DbfColumn::add_int(const DbfBlock& block, std::size_t i) {
  builder_.add_integer(little_endian<std::int32_t>(bytes(block, i)));
  return {};
}

base::Status DbfColumn::add_double(const DbfBlock& block, std::size_t i) {
  const auto value = little_endian<double>(bytes(block, i));
  std::array<char, 400> room{};
  // The shortest decimal that is this double and no other.
  const auto end = std::to_chars(room.data(), room.data() + room.size(), value, std::chars_format::scientific).ptr;
  const auto number = std::isfinite(value) ? values::Decimal::parse({room.data(), static_cast<std::size_t>(end - room.data())})
                                           : base::Result<values::Decimal>(base::Error(base::Code::invalid_field));
  if (!number) return no_value(block, i, {"不是 38 位十进制数能表示的双精度数", "a double that no decimal of 38 digits can hold"});
  // With the places the field shows, when that loses nothing.
  const auto shown = number->rounded(std::min(at_.field->places, most_packed_places), values::Rounding::down);
  builder_.add(shown && *shown == *number ? *shown : *number);
  return {};
}

base::Status DbfColumn::add_money(const DbfBlock& block, std::size_t i) {
  const auto units = little_endian<std::int64_t>(bytes(block, i));
  builder_.add(*values::Decimal::make(units, -4));
  return {};
}

base::Status DbfColumn::add_datetime(const DbfBlock& block, std::size_t i) {
  const auto eight = bytes(block, i);
  if (is_blank(eight)) {
    builder_.add_nothing();
    return {};
  }
  const auto micros = civil_micros(little_endian<std::int32_t>(eight), little_endian<std::int32_t>(eight.substr(4)));
  if (!micros) return no_value(block, i, {"不是日期时间（儒略日与毫秒）", "no date and time (Julian day and milliseconds)"});
  builder_.add_integer(*micros);
  return {};
}

base::Status DbfColumn::add_displayed(const DbfBlock& block, std::size_t i) {
  if (at_.field->type == 'N' || at_.field->type == 'F' || at_.field->type == 'D' || at_.field->type == 'L')
    return add_other_text(block, i, without_padding(bytes(block, i)));
  // Binary types as a column of one, displayed.
  auto place = at_;
  place.typing = DbfTyping::typed;
  QUANJI_TRY(auto one, of(place));
  QUANJI_DO((one.*one.one_)(block, i));
  const auto column = std::move(one).finish();
  if (column->is_nothing(0))
    builder_.add_text({});
  else
    builder_.add_text(column->value(0).display());
  return {};
}

}  // namespace quanji::devices
