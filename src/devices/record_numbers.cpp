#include "devices/record_numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

namespace quanji::devices {
namespace {

constexpr std::array<std::int64_t, 19> powers = [] {
  std::array<std::int64_t, 19> all{};
  std::int64_t power = 1;
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i] = power;
    if (i + 1 < all.size()) power *= 10;
  }
  return all;
}();
constexpr int most_digits = 18;
constexpr char eight_blanks[] = "        ";

bool is_padding(char c) { return c == ' ' || c == '\0'; }

// What is no plain number, in its padding's absence: a mark, an overflow, an exponent, more digits than fit, or garbage.
FoundNumber read_unusual(std::string_view spelling) {
  if (std::ranges::all_of(spelling, [](char c) { return c == '-' || c == '.'; })) return {NumberFound::nothing, 0, spelling};
  if (std::ranges::all_of(spelling, [](char c) { return c == '*'; })) return {NumberFound::overflow, 0, spelling};
  auto number = spelling;
  if (number.front() == '+') number.remove_prefix(1);
  if (number.empty() || number.front() == '+' || (number.data() != spelling.data() && number.front() == '-'))
    return {NumberFound::garbage, 0, spelling};
  if (values::Decimal::parse(number).ok()) return {NumberFound::wide, 0, number};
  return {NumberFound::garbage, 0, spelling};
}

}  // namespace

std::int64_t power_of_ten(std::int32_t n) { return powers[static_cast<std::size_t>(n)]; }

std::string_view without_padding(std::string_view bytes) {
  // Fields are mostly blanks: eight at a time.
  while (bytes.size() >= 8 && std::memcmp(bytes.data(), eight_blanks, 8) == 0) bytes.remove_prefix(8);
  while (!bytes.empty() && is_padding(bytes.front())) bytes.remove_prefix(1);
  return without_padding_behind(bytes);
}
std::string_view without_padding_behind(std::string_view bytes) {
  while (bytes.size() >= 8 && std::memcmp(bytes.data() + bytes.size() - 8, eight_blanks, 8) == 0) bytes.remove_suffix(8);
  while (!bytes.empty() && is_padding(bytes.back())) bytes.remove_suffix(1);
  return bytes;
}

FoundNumber read_number(std::string_view bytes, std::int32_t places) {
  const auto spelling = without_padding(bytes);
  if (spelling.empty()) return {};
  const char* at = spelling.data();
  const char* const end = at + spelling.size();
  const bool negative = *at == '-';
  if (negative || *at == '+') ++at;
  std::uint64_t units = 0;
  const char* const whole_from = at;
  while (at != end && static_cast<unsigned char>(*at - '0') < 10) units = units * 10 + static_cast<unsigned char>(*at++ - '0');
  auto digits = at - whole_from;
  std::int32_t behind = 0;
  if (at != end && *at == '.') {
    const char* const from = ++at;
    while (at != end && static_cast<unsigned char>(*at - '0') < 10) units = units * 10 + static_cast<unsigned char>(*at++ - '0');
    behind = static_cast<std::int32_t>(std::min<std::ptrdiff_t>(at - from, 1'000));
    digits += at - from;
  }
  // Nineteen digits never wrap 64 bits; what has more of them is read the long way.
  if (at != end || digits == 0 || digits > most_digits) return read_unusual(spelling);
  while (behind > places && units % 10 == 0) {
    units /= 10;
    --behind;
  }
  if (behind > places) return read_unusual(spelling);
  if (behind < places) {
    const auto factor = static_cast<std::uint64_t>(powers[static_cast<std::size_t>(places - behind)]);
    if (units > static_cast<std::uint64_t>(powers[most_digits] - 1) / factor) return read_unusual(spelling);
    units *= factor;
  }
  const auto value = static_cast<std::int64_t>(units);
  return {NumberFound::units, negative ? -value : value, spelling};
}

std::optional<base::Text> add_number(values::ColumnBuilder& column, std::string_view bytes, std::int32_t places) {
  const bool whole = column.type() == values::ColumnType::integer;
  const auto number = read_number(bytes, whole ? 0 : places);
  switch (number.found) {
    case NumberFound::units:
      if (whole)
        column.add_integer(number.units);
      else
        column.add_units(number.units);
      return std::nullopt;
    case NumberFound::nothing:
      column.add_nothing();
      return std::nullopt;
    case NumberFound::overflow:
      return base::Text("星号表示写入方的数值超出了字段宽度", "asterisks: the writer's number did not fit the field");
    case NumberFound::garbage:
      return base::Text("既不是数值，也不是表示空值的记号", "neither a number nor a mark for no value");
    case NumberFound::wide:
      break;
  }
  const auto wide = values::Decimal::parse(number.spelling);
  if (!wide) return base::Text("超过 38 位的数值", "a number of more than 38 digits");
  if (!whole) {
    column.add(*wide);
    return std::nullopt;
  }
  if (const auto small = wide->whole()) {
    column.add_integer(*small);
    return std::nullopt;
  }
  return base::Text("字段定义为整数，内容却不是 64 位以内的整数", "the field is of whole numbers, this is none within 64 bits");
}

std::optional<std::string> write_number(const values::Decimal& number, std::int32_t places, std::optional<values::Rounding> rounding) {
  const auto exact = number.rounded(places, rounding.value_or(values::Rounding::down));
  if (!exact || (!rounding && *exact != number)) return std::nullopt;
  return exact->plain();
}

std::optional<base::Date> read_day(std::string_view eight_digits) {
  if (eight_digits.size() != 8 || !std::ranges::all_of(eight_digits, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  const auto number = [&](std::size_t from, std::size_t count) {
    int value = 0;
    for (std::size_t i = from; i < from + count; ++i) value = value * 10 + (eight_digits[i] - '0');
    return value;
  };
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4)), std::chrono::month(static_cast<unsigned>(number(4, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(6, 2)))};
  if (!day.ok() || day.year() < std::chrono::year(1)) return std::nullopt;
  return base::Date{static_cast<std::int32_t>(std::chrono::sys_days(day).time_since_epoch().count())};
}

std::string write_day(base::Date day) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days(day.days)}};
  const int year = static_cast<int>(date.year());
  if (year < 1 || year > 9999) return {};
  return fmt::format("{:04}{:02}{:02}", year, static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

}  // namespace quanji::devices
