#include "activities/text/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "base/encodings.h"
#include "values/value.h"

namespace quanji::activities::text {
namespace {

using values::Decimal;

// Code points of valid UTF-8.
std::u32string points_of(std::string_view text) {
  std::u32string points;
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const int more = first < 0x80 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    char32_t point = more == 0 ? first : first & (0x3FU >> static_cast<unsigned>(more));
    for (int k = 1; k <= more && i + static_cast<std::size_t>(k) < text.size(); ++k)
      point = (point << 6U) | (static_cast<unsigned char>(text[i + static_cast<std::size_t>(k)]) & 0x3FU);
    points += point;
    i += static_cast<std::size_t>(more) + 1;
  }
  return points;
}
void append(std::string& out, char32_t point) {
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0U | (point >> 6U));
    out += static_cast<char>(0x80U | (point & 0x3FU));
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0U | (point >> 12U));
    out += static_cast<char>(0x80U | ((point >> 6U) & 0x3FU));
    out += static_cast<char>(0x80U | (point & 0x3FU));
  } else {
    out += static_cast<char>(0xF0U | (point >> 18U));
    out += static_cast<char>(0x80U | ((point >> 12U) & 0x3FU));
    out += static_cast<char>(0x80U | ((point >> 6U) & 0x3FU));
    out += static_cast<char>(0x80U | (point & 0x3FU));
  }
}

std::optional<int> digit_of(char32_t point) {
  constexpr std::u32string_view small = U"零一二三四五六七八九", capital = U"零壹贰叁肆伍陆柒捌玖", others = U"〇壹貳叄肆伍陸柒捌玖";
  for (const auto& row : {small, capital, others})
    if (const auto at = row.find(point); at != std::u32string_view::npos) return static_cast<int>(at);
  if (point == U'两') return 2;
  return std::nullopt;
}
std::int64_t unit_of(char32_t point) {
  switch (point) {
    case U'十':
    case U'拾':
      return 10;
    case U'百':
    case U'佰':
      return 100;
    case U'千':
    case U'仟':
      return 1'000;
    case U'万':
    case U'萬':
      return 10'000;
    case U'亿':
    case U'億':
      return 100'000'000;
    default:
      return 0;
  }
}

// 壹万零叁拾: whole numbers in characters, below 10^16.
std::optional<std::int64_t> whole_in_characters(std::u32string_view text) {
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0, section = 0, digit = 0;  // section: below the last 万 or 亿
  bool any_digit = false, digit_open = false;
  std::int64_t last_small = 10'000, last_big = INT64_MAX;
  for (const char32_t point : text) {
    if (const auto found = digit_of(point)) {
      if (digit_open && digit != 0) return std::nullopt;  // two digits side by side
      digit = *found;
      digit_open = true;
      any_digit = true;
      continue;
    }
    const auto unit = unit_of(point);
    if (unit == 0) return std::nullopt;
    if (unit < 10'000) {
      if (unit >= last_small) return std::nullopt;
      if (!digit_open && !(unit == 10 && section == 0)) return std::nullopt;  // 十二 is 12
      section += (digit_open ? digit : 1) * unit;
      last_small = unit;
      any_digit = true;
    } else {
      section += digit_open ? digit : 0;
      if (unit >= last_big && !(unit == 100'000'000)) return std::nullopt;
      if (section == 0 && total == 0) return std::nullopt;
      if (unit == 100'000'000) {  // 一万亿
        if (last_big <= unit && last_big != 10'000) return std::nullopt;
        total = (total + section) * unit;
      } else {
        total += section * unit;
      }
      if (total > 9'999'999'999'999'999) return std::nullopt;
      section = 0;
      last_small = 10'000;
      last_big = unit;
    }
    digit = 0;
    digit_open = false;
  }
  if (!any_digit) return std::nullopt;
  total += section + (digit_open ? digit : 0);
  return total > 9'999'999'999'999'999 ? std::nullopt : std::optional(total);
}
// 二〇二六: digit after digit.
std::optional<std::int64_t> digits_in_characters(std::u32string_view text) {
  std::int64_t value = 0;
  if (text.empty() || text.size() > 15) return std::nullopt;
  for (const char32_t point : text) {
    const auto digit = digit_of(point);
    if (!digit) return std::nullopt;
    value = value * 10 + *digit;
  }
  return value;
}

// 贰佰元伍角叁分整
std::optional<Decimal> amount_in_characters(std::u32string text) {
  for (const auto* prefix : {U"人民币", U"人民幣"})
    if (text.starts_with(prefix)) text.erase(0, 3);
  const bool negative = !text.empty() && text.front() == U'负';
  if (negative) text.erase(0, 1);
  while (!text.empty() && (text.back() == U'整' || text.back() == U'正')) text.pop_back();
  std::int64_t whole = 0, cents = 0;
  auto rest = std::u32string_view(text);
  if (const auto at = rest.find_first_of(U"元圆圓"); at != std::u32string_view::npos) {
    const auto found = whole_in_characters(rest.substr(0, at));
    if (!found) return std::nullopt;
    whole = *found;
    rest.remove_prefix(at + 1);
    for (const auto& [mark, worth] : {std::pair{U'角', 10}, std::pair{U'分', 1}}) {
      while (!rest.empty() && rest.front() == U'零') rest.remove_prefix(1);
      if (rest.size() < 2 || rest[1] != mark) continue;
      const auto digit = digit_of(rest.front());
      if (!digit) return std::nullopt;
      cents += *digit * worth;
      rest.remove_prefix(2);
    }
    if (!rest.empty()) return std::nullopt;
  } else if (const auto jiao = rest.find_first_of(U"角分"); jiao != std::u32string_view::npos) {
    for (const auto& [mark, worth] : {std::pair{U'角', 10}, std::pair{U'分', 1}}) {
      if (rest.size() < 2 || rest[1] != mark) continue;
      const auto digit = digit_of(rest.front());
      if (!digit) return std::nullopt;
      cents += *digit * worth;
      rest.remove_prefix(2);
    }
    if (!rest.empty()) return std::nullopt;
  } else {
    auto found = whole_in_characters(rest);
    if (!found) found = digits_in_characters(rest);
    if (!found) return std::nullopt;
    return Decimal::of(negative ? -*found : *found);
  }
  const auto units = static_cast<values::Int128>(whole) * 100 + cents;
  return Decimal::make(negative ? -units : units, -2);
}

std::string without_blanks(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') out += c;
  return out;
}
// "1,234,567.8" → "1234567.8"; groups that are not of three digits make it no number.
std::optional<std::string> without_groups(std::string_view text) {
  const auto point = std::min(text.find('.'), text.size());
  auto whole = text.substr(0, point);
  if (whole.find(',') == std::string_view::npos)
    return text.find(',') == std::string_view::npos ? std::optional(std::string(text)) : std::nullopt;
  if (text.find(',', point) != std::string_view::npos) return std::nullopt;
  std::string out;
  bool first = true;
  while (true) {
    const auto comma = whole.find(',');
    const auto group = whole.substr(0, comma);
    if (first ? group.empty() || group.size() > 3 : group.size() != 3) return std::nullopt;
    out += group;
    first = false;
    if (comma == std::string_view::npos) break;
    whole.remove_prefix(comma + 1);
  }
  return out + std::string(text.substr(point));
}

}  // namespace

std::string half_width(std::string_view text) {
  std::string out;
  for (const char32_t point : points_of(text))
    append(out, point == 0x3000 ? U' ' : point >= 0xFF01 && point <= 0xFF5E ? point - 0xFEE0 : point);
  return out;
}
std::string full_width(std::string_view text) {
  std::string out;
  for (const char32_t point : points_of(text))
    append(out, point == U' ' ? 0x3000 : point >= 0x21 && point <= 0x7E ? point + 0xFEE0 : point);
  return out;
}

std::optional<Decimal> read_number(std::string_view given) {
  if (given.size() > 200 || !base::is_utf8(given)) return std::nullopt;
  auto text = without_blanks(half_width(given));
  for (const std::string_view mark : {"￥", "¥", "RMB", "CNY", "$"})
    if (text.starts_with(mark)) text.erase(0, mark.size());
  bool negative = false;
  if (text.size() > 2 && text.front() == '(' && text.back() == ')') {
    negative = true;
    text = text.substr(1, text.size() - 2);
  }
  if (text.starts_with("-") || text.starts_with("+") || text.starts_with("−")) {
    if (negative) return std::nullopt;
    negative = text.front() != '+';
    text.erase(0, text.starts_with("−") ? 3 : 1);
  }
  for (const std::string_view mark : {"￥", "¥"})
    if (text.starts_with(mark)) text.erase(0, mark.size());
  std::int32_t places = 0;
  const auto plain = text;
  for (const auto& [mark, power] :
       {std::pair<std::string_view, int>{"%", -2}, {"元", 0}, {"万亿", 12}, {"百万", 6}, {"亿", 8}, {"万", 4}, {"千", 3}}) {
    if (!text.ends_with(mark) || text.size() == mark.size()) continue;
    text.resize(text.size() - mark.size());
    places += power;
    if (mark != "元") break;
  }
  std::optional<Decimal> number;
  if (!text.empty() && (std::isdigit(static_cast<unsigned char>(text[0])) != 0 || text[0] == '.')) {
    const auto digits = without_groups(text);
    if (!digits || digits->find_first_not_of("0123456789.") != std::string::npos) return std::nullopt;
    auto read = Decimal::parse(*digits);
    if (!read) return std::nullopt;
    number = Decimal::make(read->units(), read->exponent() + places);
    // 3.5万 is 35000, with nothing behind the point.
    if (number && places > 0 && number->exponent() > 0) number = number->rounded(0, values::Rounding::half_up);
  } else {
    number = amount_in_characters(points_of(plain));
  }
  if (!number) return std::nullopt;
  return negative ? number->negated() : *number;
}

std::optional<base::Date> read_date(std::string_view given, DateOrder order) {
  if (given.size() > 100 || !base::is_utf8(given)) return std::nullopt;
  const auto text = without_blanks(half_width(given));
  std::array<std::int64_t, 3> parts{};
  const bool all_digits = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  const auto number = [](std::string_view digits) -> std::int64_t {
    std::int64_t value = -1;
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return problem == std::errc() && end == digits.data() + digits.size() ? value : -1;
  };
  if (all_digits) {
    if (text.size() != 8) return std::nullopt;
    const std::array<std::size_t, 3> widths =
        order == DateOrder::ymd ? std::array<std::size_t, 3>{4, 2, 2} : std::array<std::size_t, 3>{2, 2, 4};
    std::size_t at = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      parts[i] = number(std::string_view(text).substr(at, widths[i]));
      at += widths[i];
    }
  } else if (const auto year = text.find("年"); year != std::string::npos) {
    // 二〇二六年十一月二十日, 2026年11月20日: its own order, whatever was asked.
    const auto month = text.find("月", year);
    const auto day = month == std::string::npos ? std::string::npos : std::min(text.find("日", month), text.find("号", month));
    if (day == std::string::npos || day + 3 != text.size()) return std::nullopt;
    const std::array<std::string, 3> words = {text.substr(0, year), text.substr(year + 3, month - year - 3),
                                              text.substr(month + 3, day - month - 3)};
    for (std::size_t i = 0; i < 3; ++i) {
      parts[i] = number(words[i]);
      if (parts[i] >= 0) continue;
      const auto points = points_of(words[i]);
      const auto read = i == 0 ? digits_in_characters(points) : whole_in_characters(points);
      if (!read) return std::nullopt;
      parts[i] = *read;
    }
    order = DateOrder::ymd;
  } else {
    std::size_t at = 0;
    char separator = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      const auto end = i == 2 ? text.size() : text.find_first_of("/-.", at);
      if (end == std::string::npos || end == at) return std::nullopt;
      if (i < 2) {
        if (separator != 0 && text[end] != separator) return std::nullopt;
        separator = text[end];
      }
      const auto digits = std::string_view(text).substr(at, end - at);
      const bool is_year = order == DateOrder::ymd ? i == 0 : i == 2;
      if (is_year ? digits.size() != 4 : digits.size() > 2) return std::nullopt;
      parts[i] = number(digits);
      at = end + 1;
    }
  }
  std::array<std::int64_t, 3> ymd{};
  switch (order) {
    case DateOrder::ymd:
      ymd = parts;
      break;
    case DateOrder::dmy:
      ymd = {parts[2], parts[1], parts[0]};
      break;
    case DateOrder::mdy:
      ymd = {parts[2], parts[0], parts[1]};
      break;
  }
  if (ymd[0] < 1 || ymd[0] > 9999 || ymd[1] < 1 || ymd[1] > 12 || ymd[2] < 1 || ymd[2] > 31) return std::nullopt;
  auto date = values::parse_date(fmt::format("{:04}-{:02}-{:02}", ymd[0], ymd[1], ymd[2]));
  return date ? std::optional(*date) : std::nullopt;
}

std::optional<std::string> spell_amount(const Decimal& amount) {
  const auto cents = amount.rounded(2, values::Rounding::half_up);
  if (!cents || *cents != amount) return std::nullopt;
  auto units = cents->units();
  const bool negative = units < 0;
  if (negative) units = -units;
  if (units >= static_cast<values::Int128>(1'000'000'000'000'000'000)) return std::nullopt;
  const auto total = static_cast<std::int64_t>(units);
  const auto whole = total / 100;
  const int jiao = static_cast<int>(total / 10 % 10), fen = static_cast<int>(total % 10);
  constexpr const char* digits[] = {"零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"};
  constexpr const char* small[] = {"", "拾", "佰", "仟"};
  constexpr const char* big[] = {"", "万", "亿", "万"};
  std::string out;
  // Sections of four digits, the highest first; 万 of 亿 as 万亿.
  bool zero = false, above = false;
  for (int section = 3; section >= 0; --section) {
    std::int64_t of = whole;
    for (int i = 0; i < section; ++i) of /= 10'000;
    const auto four = static_cast<int>(of % 10'000);
    for (int place = 3; place >= 0; --place) {
      int digit = four;
      for (int i = 0; i < place; ++i) digit /= 10;
      digit %= 10;
      if (digit == 0) {
        zero = true;
        continue;
      }
      if (zero && !out.empty()) out += "零";
      zero = false;
      out += std::string(digits[digit]) + small[place];
    }
    if (section == 3 && four > 0) above = true;
    if (four > 0)
      out += big[section];
    else if (section == 2 && above)
      out += "亿";
  }
  if (whole > 0) out += "元";
  if (jiao == 0 && fen == 0) {
    out += whole > 0 ? "整" : "零元整";
  } else {
    if (whole > 0 && (jiao == 0 || whole % 10 == 0)) out += "零";
    if (jiao > 0) out += std::string(digits[jiao]) + "角";
    if (fen > 0) out += std::string(digits[fen]) + "分";
    if (fen == 0) out += "整";
  }
  return (negative ? "负" : "") + out;
}

}  // namespace quanji::activities::text
