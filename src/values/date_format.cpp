// Dates and times by a format of % codes.
#include <fmt/format.h>

#include <chrono>

#include "values/names.h"
#include "values/table_cast.h"

namespace quanji::values {
namespace {

constexpr std::string_view codes = "YmdHMSfy%";

// Of a format that was checked: a code (after %) or 0 with a character that stands for itself.
struct Element {
  char code = 0;
  char character = 0;
};
bool next_element(std::string_view& format, Element& element) {
  if (format.empty()) return false;
  element = {};
  if (format.front() == '%' && format.size() > 1) {
    element.code = format[1] == '%' ? '\0' : format[1];
    element.character = '%';
    format.remove_prefix(2);
    return true;
  }
  element.character = format.front();
  format.remove_prefix(1);
  return true;
}
bool begins_with_code(std::string_view format) { return format.size() > 1 && format[0] == '%' && format[1] != '%'; }

// Between `least` and `most` digits.
bool take_number(std::string_view& text, std::size_t least, std::size_t most, int& number, std::size_t& digits) {
  number = 0;
  digits = 0;
  while (digits < most && digits < text.size() && text[digits] >= '0' && text[digits] <= '9') number = number * 10 + (text[digits++] - '0');
  text.remove_prefix(digits);
  return digits >= least;
}

struct Read {
  int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0, micros = 0;

  // `beside`: another code stands right before or behind; then only the full number of digits tells where one ends.
  bool take(char code, std::string_view& text, bool beside) {
    std::size_t digits = 0;
    const std::size_t least = beside ? 2 : 1;
    switch (code) {
      case 'Y':
        return take_number(text, 4, 4, year, digits) && year >= 1;
      case 'y':
        if (!take_number(text, 2, 2, year, digits)) return false;
        year += year >= 69 ? 1900 : 2000;
        return true;
      case 'm':
        return take_number(text, least, 2, month, digits);
      case 'd':
        return take_number(text, least, 2, day, digits);
      case 'H':
        return take_number(text, least, 2, hour, digits) && hour < 24;
      case 'M':
        return take_number(text, least, 2, minute, digits) && minute < 60;
      case 'S':
        return take_number(text, least, 2, second, digits) && second < 60;
      case 'f':
        if (!take_number(text, 1, 6, micros, digits)) return false;
        for (; digits < 6; ++digits) micros *= 10;
        return true;
      default:
        return false;
    }
  }
};

}  // namespace

std::optional<base::Text> format_problem(std::string_view format) {
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') continue;
    if (i + 1 == format.size() || codes.find(format[i + 1]) == std::string_view::npos) {
      const auto wrong = quoted(format.substr(i, 2));
      return base::Text{fmt::format("格式中的 {} 不可用；可用 %Y %m %d %H %M %S %f %y %%", wrong),
                        fmt::format("{} is no part of a format; there are %Y %m %d %H %M %S %f %y %%", wrong)};
    }
    ++i;
  }
  return {};
}

std::optional<DateAndTime> parse_by_format(std::string_view text, std::string_view format) {
  using namespace std::chrono;
  Read read;
  Element element;
  bool after_code = false;
  while (next_element(format, element)) {
    if (element.code == 0) {
      if (text.empty() || text.front() != element.character) return {};
      text.remove_prefix(1);
      after_code = false;
      continue;
    }
    if (!read.take(element.code, text, after_code || begins_with_code(format))) return {};
    after_code = true;
  }
  const year_month_day date{year(read.year), month(static_cast<unsigned>(read.month)), day(static_cast<unsigned>(read.day))};
  if (!text.empty() || !date.ok()) return {};
  return DateAndTime{static_cast<std::int32_t>(sys_days(date).time_since_epoch().count()),
                     ((read.hour * 60 + read.minute) * 60 + read.second) * std::int64_t{1'000'000} + read.micros};
}

std::string write_by_format(DateAndTime at, std::string_view format) {
  using namespace std::chrono;
  const year_month_day date{sys_days{days(at.days)}};
  const auto seconds_of_day = at.micros / 1'000'000;
  std::string out;
  Element element;
  while (next_element(format, element)) {
    const auto put = [&](auto number, int width) { fmt::format_to(std::back_inserter(out), "{:0{}}", number, width); };
    switch (element.code) {
      case 'Y':
        put(static_cast<int>(date.year()), 4);
        break;
      case 'y':
        put(static_cast<int>(date.year()) % 100, 2);
        break;
      case 'm':
        put(static_cast<unsigned>(date.month()), 2);
        break;
      case 'd':
        put(static_cast<unsigned>(date.day()), 2);
        break;
      case 'H':
        put(seconds_of_day / 3600, 2);
        break;
      case 'M':
        put(seconds_of_day / 60 % 60, 2);
        break;
      case 'S':
        put(seconds_of_day % 60, 2);
        break;
      case 'f':
        put(at.micros % 1'000'000, 6);
        break;
      default:
        out += element.character;
    }
  }
  return out;
}

}  // namespace quanji::values
