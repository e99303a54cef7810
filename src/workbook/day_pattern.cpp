#include "workbook/day_pattern.h"

#include <fmt/format.h>

#include <chrono>

#include "base/encodings.h"

namespace quanji::workbook {
namespace {

constexpr std::string_view words = "yMdHmsS";

base::Error refuse(std::string_view pattern, std::size_t at, std::string zh, std::string en) {
  const auto shown = base::repair_utf8(base::utf8_beginning(pattern, 60));
  return base::Error(base::Code::invalid_field,
                     base::Text(fmt::format("日期格式“{}”第 {} 个字节处{}；例如 yyyy-MM-dd HH:mm:ss。", shown, at + 1, zh),
                                fmt::format("Day format \"{}\", byte {}: {}; an example is yyyy-MM-dd HH:mm:ss.", shown, at + 1, en)));
}

constexpr std::int64_t power_of_ten(int n) {
  std::int64_t p = 1;
  for (; n > 0; --n) p *= 10;
  return p;
}

void append_number(std::string& out, std::int64_t value, std::size_t digits) {
  const auto text = std::to_string(value);
  if (text.size() < digits) out.append(digits - text.size(), '0');
  out += text;
}

}  // namespace

base::Result<DayPattern> DayPattern::parse(std::string_view pattern) {
  DayPattern made;
  made.text_ = pattern;
  if (!base::is_utf8(pattern) || pattern.size() > 100) return refuse(pattern, 0, "不是可用的格式", "this is no format");
  bool seen[8] = {};
  const auto add_letters = [&](std::string_view letters) {
    if (made.pieces_.empty() || made.pieces_.back().part != Part::letters) made.pieces_.push_back({});
    made.pieces_.back().letters += letters;
  };
  for (std::size_t i = 0; i < pattern.size();) {
    const char c = pattern[i];
    if (c == '\'') {
      const auto end = pattern.find('\'', i + 1);
      if (end == std::string_view::npos) return refuse(pattern, i, "引号没有结束", "this quotation does not end");
      add_letters(end == i + 1 ? "'" : pattern.substr(i + 1, end - i - 1));
      i = end + 1;
      continue;
    }
    const auto word = words.find(c);
    if (word == std::string_view::npos) {
      if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
        return refuse(pattern, i, fmt::format("不认识字母 {}", c), fmt::format("the letter {} is unknown", c));
      add_letters(pattern.substr(i, 1));
      ++i;
      continue;
    }
    std::size_t count = 1;
    while (i + count < pattern.size() && pattern[i + count] == c) ++count;
    const auto part = static_cast<Part>(word + 1);
    const bool good = part == Part::year ? count == 4 : part == Part::fraction ? count <= 6 : count <= 2;
    if (!good) return refuse(pattern, i, "字母个数不对", "this word has a wrong number of letters");
    if (seen[word + 1]) return refuse(pattern, i, "重复了", "this stands here a second time");
    seen[word + 1] = true;
    made.pieces_.push_back({part, static_cast<std::uint8_t>(count), {}});
    i += count;
  }
  const auto has = [&](Part part) { return seen[static_cast<std::size_t>(part)]; };
  made.has_day_ = has(Part::year) && has(Part::month) && has(Part::day);
  made.has_time_ = has(Part::hour) && has(Part::minute);
  made.seconds_ = has(Part::second);
  for (const auto& piece : made.pieces_)
    if (piece.part == Part::fraction) made.fraction_ = piece.digits;
  if (!made.has_day_ && (has(Part::year) || has(Part::month) || has(Part::day)))
    return refuse(pattern, 0, "年、月、日缺一不可", "year, month and day go together");
  if (!made.has_time_ && (has(Part::hour) || has(Part::minute) || has(Part::second) || has(Part::fraction)))
    return refuse(pattern, 0, "缺少小时或分钟", "hours or minutes are missing");
  if (made.fraction_ > 0 && !made.seconds_) return refuse(pattern, 0, "有小数秒而没有秒", "parts of a second without seconds");
  if (!made.has_day_ && !made.has_time_) return refuse(pattern, 0, "没有日期也没有时间", "this has neither a day nor a time");
  return made;
}

std::optional<std::int64_t> DayPattern::read(std::string_view text) const {
  std::int64_t value[8] = {};
  std::size_t i = 0;
  for (std::size_t n = 0; n < pieces_.size(); ++n) {
    const auto& piece = pieces_[n];
    if (piece.part == Part::letters) {
      if (text.substr(i, piece.letters.size()) != piece.letters) return std::nullopt;
      i += piece.letters.size();
      continue;
    }
    const bool exactly = piece.digits > 1 || piece.part == Part::fraction;
    const std::size_t most = exactly ? piece.digits : 2;
    std::size_t count = 0;
    std::int64_t number = 0;
    for (; count < most && i < text.size() && text[i] >= '0' && text[i] <= '9'; ++count, ++i) number = number * 10 + (text[i] - '0');
    if (count == 0 || (exactly && count != most)) return std::nullopt;
    value[static_cast<std::size_t>(piece.part)] = number;
  }
  if (i != text.size()) return std::nullopt;
  const auto of = [&](Part part) { return value[static_cast<std::size_t>(part)]; };
  std::int64_t micros = 0;
  if (has_day_) {
    const std::chrono::year_month_day day{std::chrono::year(static_cast<int>(of(Part::year))),
                                          std::chrono::month(static_cast<unsigned>(of(Part::month))),
                                          std::chrono::day(static_cast<unsigned>(of(Part::day)))};
    if (of(Part::year) < 1 || !day.ok()) return std::nullopt;
    micros = std::chrono::sys_days(day).time_since_epoch().count() * micros_of_day;
  }
  if (of(Part::hour) > 23 || of(Part::minute) > 59 || of(Part::second) > 59) return std::nullopt;
  micros += (of(Part::hour) * 3600 + of(Part::minute) * 60 + of(Part::second)) * 1'000'000;
  if (fraction_ > 0) micros += of(Part::fraction) * power_of_ten(6 - fraction_);
  return micros;
}

void DayPattern::append(std::string& out, std::int64_t micros) const {
  std::int64_t days = micros / micros_of_day, within = micros % micros_of_day;
  if (within < 0) {
    within += micros_of_day;
    --days;
  }
  const std::chrono::year_month_day day{std::chrono::sys_days{std::chrono::days(days)}};
  const std::int64_t second = within / 1'000'000;
  for (const auto& piece : pieces_) {
    switch (piece.part) {
      case Part::letters:
        out += piece.letters;
        break;
      case Part::year:
        append_number(out, static_cast<int>(day.year()), piece.digits);
        break;
      case Part::month:
        append_number(out, static_cast<unsigned>(day.month()), piece.digits);
        break;
      case Part::day:
        append_number(out, static_cast<unsigned>(day.day()), piece.digits);
        break;
      case Part::hour:
        append_number(out, second / 3600, piece.digits);
        break;
      case Part::minute:
        append_number(out, second / 60 % 60, piece.digits);
        break;
      case Part::second:
        append_number(out, second % 60, piece.digits);
        break;
      case Part::fraction:
        append_number(out, within % 1'000'000 / power_of_ten(6 - piece.digits), piece.digits);
        break;
    }
  }
}

bool DayPattern::exact(std::int64_t micros) const {
  std::int64_t within = micros % micros_of_day;
  if (within < 0) within += micros_of_day;
  if (!has_day_ && (micros < 0 || micros >= micros_of_day)) return false;
  if (!has_time_) return within == 0;
  if (!seconds_) return within % 60'000'000 == 0;
  return within % power_of_ten(6 - fraction_) == 0;
}

}  // namespace quanji::workbook
