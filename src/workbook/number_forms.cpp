#include "workbook/number_forms.h"

#include <array>
#include <charconv>
#include <cmath>

#include "workbook/day_pattern.h"

namespace quanji::workbook {
namespace {

constexpr std::int64_t millis_of_day = 86'400'000;
constexpr std::int32_t day_zero_1900 = -25'569;  // 1899-12-30, in days of 1970
constexpr std::int32_t day_zero_1904 = -24'107;  // 1904-01-01
constexpr std::int32_t last_day = 2'932'896;     // 9999-12-31
constexpr int most_digits = 15;

std::string shortest_text(double number) {
  std::array<char, 40> room;
  const auto [end, problem] = std::to_chars(room.data(), room.data() + room.size(), number);
  return std::string(room.data(), end);
}

values::Value value_of(const values::Decimal& number) {
  if (const auto whole = number.whole()) return values::Value::of(*whole);
  return values::Value::of(number);
}

// Significant digits; zeros at the end do not count.
int digits_of(values::UInt128 units) {
  while (units != 0 && units % 10 == 0) units /= 10;
  int digits = 0;
  for (; units != 0; units /= 10) ++digits;
  return digits;
}
values::UInt128 magnitude(values::Int128 units) {
  return units < 0 ? -static_cast<values::UInt128>(units) : static_cast<values::UInt128>(units);
}

}  // namespace

FormKind parse_format_code(std::string_view code) {
  bool day = false, hour = false, second = false, month_or_minute = false, elapsed = false;
  for (std::size_t i = 0; i < code.size(); ++i) {
    const char c = code[i] >= 'A' && code[i] <= 'Z' ? static_cast<char>(code[i] - 'A' + 'a') : code[i];
    switch (c) {
      case '"': {
        const auto end = code.find('"', i + 1);
        if (end == std::string_view::npos) return FormKind::number;
        i = end;
        break;
      }
      case '\\':
      case '_':
      case '*':
        ++i;
        break;
      case '[': {
        const auto end = code.find(']', i + 1);
        if (end == std::string_view::npos) return FormKind::number;
        const auto inside = code.substr(i + 1, end - i - 1);
        elapsed = elapsed || (!inside.empty() && inside.find_first_not_of("hHmMsS") == std::string_view::npos);
        i = end;
        break;
      }
      case ';':  // the first section decides
        i = code.size();
        break;
      case 'y':
      case 'd':
      case 'g':
      case 'r':
        day = true;
        break;
      case 'a':  // AM/PM and A/P are times, aaa is a day of the week
        if (const auto rest = code.substr(i);
            rest.starts_with("AM/PM") || rest.starts_with("am/pm") || rest.starts_with("A/P") || rest.starts_with("a/p")) {
          hour = true;
          i += rest[1] == '/' ? 2 : 4;
        } else {
          day = true;
        }
        break;
      case 'e':
        // 1.5E+3 is a number, "e" alone the year of an era.
        if (i + 1 < code.size() && (code[i + 1] == '+' || code[i + 1] == '-')) return FormKind::number;
        if (code.substr(i).starts_with("eneral")) return FormKind::number;
        day = true;
        break;
      case 'm':
        month_or_minute = true;
        break;
      case 'h':
        hour = true;
        break;
      case 's':
        second = true;
        break;
      case '#':
      case '?':
      case '@':
      case '%':
        return FormKind::number;
      case '0':
        // Zeros are parts of a second after its point.
        if (!second && !elapsed) return FormKind::number;
        break;
      default:
        break;
    }
    // "General"
    if (c == 'g' && code.substr(i).size() >= 7 && (code.substr(i, 7) == "General" || code.substr(i, 7) == "GENERAL"))
      return FormKind::number;
  }
  if (elapsed && !day) return FormKind::duration;
  const bool time = hour || second;
  if (day) return time ? FormKind::datetime : FormKind::date;
  if (time) return FormKind::time;
  return month_or_minute ? FormKind::date : FormKind::number;
}

FormKind kind_of_builtin_format(std::uint32_t id) {
  if ((id >= 14 && id <= 17) || (id >= 27 && id <= 31) || id == 36 || (id >= 50 && id <= 54) || id == 57 || id == 58) return FormKind::date;
  if ((id >= 18 && id <= 21) || (id >= 32 && id <= 35) || id == 45 || id == 47 || id == 55 || id == 56) return FormKind::time;
  if (id == 22) return FormKind::datetime;
  if (id == 46) return FormKind::duration;
  return FormKind::number;
}

std::uint32_t parse_zero_padding(std::string_view code) {
  if (code.size() < 2 || code.size() > 30 || code.find_first_not_of('0') != std::string_view::npos) return 0;
  return static_cast<std::uint32_t>(code.size());
}

std::optional<values::Value> parse_stored_number(std::string_view text, Digits digits) {
  // Most numbers are short and plain.
  std::size_t i = 0;
  const bool negative = text.starts_with('-');
  if (negative) ++i;
  std::int64_t units = 0;
  int count = 0, places = 0;
  bool point = false, plain = i < text.size();
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.' && !point) {
      point = true;
    } else if (c >= '0' && c <= '9' && count < most_digits) {
      units = units * 10 + (c - '0');
      if (units != 0) ++count;
      if (point) ++places;
    } else {
      plain = false;
      break;
    }
  }
  if (plain && places <= 40 && text != "-" && text != "." && text != "-.") {
    while (places > 0 && units % 10 == 0) {
      units /= 10;
      --places;
    }
    if (negative) units = -units;
    if (places == 0) return values::Value::of(units);
    return values::Value::of(*values::Decimal::make(units, -places));
  }
  if (text.size() > 400 || text.empty() || text.front() == ' ') return std::nullopt;
  std::string_view digits_text = text;
  if (digits_text.starts_with('+')) digits_text.remove_prefix(1);
  auto exact = values::Decimal::parse(digits_text);
  double number = 0;
  const auto [end, problem] = std::from_chars(digits_text.data(), digits_text.data() + digits_text.size(), number);
  const bool is_double = problem == std::errc() && end == digits_text.data() + digits_text.size() && std::isfinite(number);
  if (!exact.ok()) {
    if (!is_double) return std::nullopt;
    exact = values::Decimal::parse(shortest_text(number));
    if (!exact.ok()) return std::nullopt;
  }
  const int have = digits_of(magnitude(exact->units()));
  const bool written_whole = digits_text.find_first_of(".eE") == std::string_view::npos;
  if (have > most_digits && have <= 17 && !written_whole && is_double) {
    const auto shorter = values::Decimal::parse(shortest_text(number));
    if (shorter.ok() && digits_of(magnitude(shorter->units())) < have) exact = shorter.value();
  }
  if (digits == Digits::fifteen) {
    int all = 0;
    for (auto left = magnitude(exact->units()); left != 0; left /= 10) ++all;
    if (all > most_digits) {
      const auto rounded = exact->rounded(-exact->exponent() - (all - most_digits), values::Rounding::half_up);
      if (rounded) exact = *rounded;
    }
  }
  // A stored number says nothing of zeros at its end.
  values::Int128 units_left = exact->units();
  std::int32_t exponent = exact->exponent();
  while (units_left != 0 && units_left % 10 == 0 && exponent < 0) {
    units_left /= 10;
    ++exponent;
  }
  if (units_left == 0) exponent = 0;
  return value_of(*values::Decimal::make(units_left, exponent));
}

std::optional<values::Value> value_of_serial(double serial, FormKind kind, DateSystem system) {
  if (!std::isfinite(serial) || std::abs(serial) > 3e6) return std::nullopt;
  const auto millis = static_cast<std::int64_t>(std::llround(serial * static_cast<double>(millis_of_day)));
  if (kind == FormKind::duration) return values::Value::of(values::Duration{millis * 1000});
  if (millis < 0) return std::nullopt;
  const std::int64_t day = millis / millis_of_day, within = millis % millis_of_day;
  if (kind == FormKind::time && day == 0) return values::Value::of(values::TimeOfDay{within * 1000});
  std::int64_t days = 0;
  if (system == DateSystem::from_1904) {
    days = day + day_zero_1904;
  } else {
    // The system of 1900 has a 29 February 1900: before it every serial number is one day later than the count.
    if (day == 60 || day == 0) return std::nullopt;
    days = day + day_zero_1900 + (day < 60 ? 1 : 0);
  }
  if (days > last_day) return std::nullopt;
  if (within == 0 && kind == FormKind::date) return values::Value::of(base::Date{static_cast<std::int32_t>(days)});
  return values::Value::of(values::DateTime{days * micros_of_day + within * 1000});
}

std::optional<std::string> stored_number(const values::Decimal& number) {
  if (digits_of(magnitude(number.units())) > most_digits) return std::nullopt;
  auto text = number.plain();
  if (text.size() > 20) text = number.text();
  return text;
}
std::optional<std::string> stored_number(std::int64_t number) {
  if (digits_of(magnitude(number)) > most_digits) return std::nullopt;
  return std::to_string(number);
}

std::optional<std::string> serial_of(values::DateTime at, DateSystem system) {
  if (at.micros % 1000 != 0) return std::nullopt;
  std::int64_t day = at.micros / micros_of_day, within = at.micros % micros_of_day;
  if (within < 0) {
    --day;
    within += micros_of_day;
  }
  if (day > last_day) return std::nullopt;
  std::int64_t serial = 0;
  if (system == DateSystem::from_1904) {
    serial = day - day_zero_1904;
    if (serial < 0) return std::nullopt;
  } else {
    serial = day - day_zero_1900;
    if (serial <= 60) --serial;
    if (serial < 1) return std::nullopt;
  }
  if (within == 0) return std::to_string(serial);
  return shortest_text(static_cast<double>(serial) + static_cast<double>(within) / static_cast<double>(micros_of_day));
}
std::optional<std::string> serial_of(base::Date date, DateSystem system) {
  return serial_of(values::DateTime{date.days * micros_of_day}, system);
}
std::optional<std::string> serial_of(values::TimeOfDay time) {
  if (time.micros % 1000 != 0) return std::nullopt;
  return time.micros == 0 ? "0" : shortest_text(static_cast<double>(time.micros) / static_cast<double>(micros_of_day));
}
std::optional<std::string> serial_of(values::Duration duration) {
  if (duration.micros % 1000 != 0 || duration.micros > 2'900'000 * micros_of_day || duration.micros < -2'900'000 * micros_of_day)
    return std::nullopt;
  if (duration.micros % micros_of_day == 0) return std::to_string(duration.micros / micros_of_day);
  return shortest_text(static_cast<double>(duration.micros) / static_cast<double>(micros_of_day));
}

}  // namespace quanji::workbook
