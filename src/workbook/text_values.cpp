#include "workbook/text_values.h"

#include <fmt/format.h>

#include <charconv>

namespace quanji::workbook {
namespace {

using values::ColumnType;

bool same_letters(std::string_view text, std::string_view lower) {
  return text.size() == lower.size() &&
         std::ranges::equal(text, lower, [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}
std::optional<bool> truth_of(std::string_view text) {
  for (const auto word : {"true", "1", "yes", "y", "是", "真"})
    if (same_letters(text, word)) return true;
  for (const auto word : {"false", "0", "no", "n", "否", "假"})
    if (same_letters(text, word)) return false;
  return std::nullopt;
}
std::optional<std::int64_t> whole_of(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  std::int64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}
std::optional<base::Date> iso_date(std::string_view text) {
  if (text.size() != 10) return std::nullopt;
  static const DayPattern pattern = *DayPattern::parse("yyyy-MM-dd");
  const auto micros = pattern.read(text);
  if (!micros) return std::nullopt;
  return base::Date{static_cast<std::int32_t>((*micros - (*micros < 0 ? micros_of_day - 1 : 0)) / micros_of_day)};
}
base::Date day_of(std::int64_t micros) {
  return {static_cast<std::int32_t>((micros - (micros < 0 ? micros_of_day - 1 : 0)) / micros_of_day)};
}

}  // namespace

base::Result<ValueReader> ValueReader::make(ColumnType type, std::string_view format, bool guesses) {
  ValueReader reader;
  reader.type_ = type == ColumnType::any ? ColumnType::text : type;
  reader.guesses_ = guesses;
  if (format.empty()) return reader;
  QUANJI_TRY(auto pattern, DayPattern::parse(format));
  const bool fits = type == ColumnType::date       ? pattern.has_day() && !pattern.has_time()
                    : type == ColumnType::time     ? pattern.has_time() && !pattern.has_day()
                    : type == ColumnType::datetime ? pattern.has_day()
                                                   : false;
  if (!fits)
    return base::Error(base::Code::invalid_field,
                       base::Text(fmt::format("格式“{}”不适合类型 {}。", format, values::word_of(type)),
                                  fmt::format("The format \"{}\" does not fit the type {}.", format, values::word_of(type))));
  reader.pattern_ = std::move(pattern);
  return reader;
}

bool ValueReader::add_day_or_time(std::string_view text, values::ColumnBuilder& to) const {
  if (pattern_) {
    const auto micros = pattern_->read(text);
    if (!micros) return false;
    if (type_ == ColumnType::date)
      to.add(day_of(*micros));
    else
      to.add_integer(*micros);
    return true;
  }
  switch (type_) {
    case ColumnType::date: {
      auto date = iso_date(text);
      if (!date && text.size() == 8) {
        static const DayPattern packed = *DayPattern::parse("yyyyMMdd");
        if (const auto micros = packed.read(text)) date = day_of(*micros);
      }
      if (!date) return false;
      to.add(*date);
      return true;
    }
    case ColumnType::time: {
      const auto time = values::parse_time_of_day(text);
      if (!time.ok()) return false;
      to.add_integer(time->micros);
      return true;
    }
    default: {
      if (const auto date = iso_date(text)) {
        to.add_integer(date->days * micros_of_day);
        return true;
      }
      const auto at = values::parse_datetime(text);
      if (!at.ok()) return false;
      to.add_integer(at->micros);
      return true;
    }
  }
}

bool ValueReader::add(std::string_view text, values::ColumnBuilder& to) const {
  if (type_ == ColumnType::text) {
    to.add_text(text);
    return true;
  }
  if (text.empty()) {
    to.add_nothing();
    return true;
  }
  switch (type_) {
    case ColumnType::boolean: {
      const auto truth = truth_of(text);
      if (truth) to.add(*truth);
      return truth.has_value();
    }
    case ColumnType::integer: {
      const auto whole = whole_of(text);
      if (whole) to.add_integer(*whole);
      return whole.has_value();
    }
    case ColumnType::decimal: {
      if (const auto plain = parse_plain_number(text)) {
        to.add(*values::Decimal::make(plain->units, -plain->places));
        return true;
      }
      const auto number = values::Decimal::parse(text);
      if (number.ok()) to.add(*number);
      return number.ok();
    }
    case ColumnType::duration: {
      const auto duration = values::parse_duration(text);
      if (duration.ok()) to.add_integer(duration->micros);
      return duration.ok();
    }
    default:
      return add_day_or_time(text, to);
  }
}

base::Text ValueReader::expectation() const {
  const auto form = pattern_ ? fmt::format(" {}", pattern_->text()) : std::string();
  switch (type_) {
    case ColumnType::boolean:
      return {"布尔值（true/false、1/0、是/否）", "a truth value (true/false, 1/0, yes/no)"};
    case ColumnType::integer:
      return {"整数", "a whole number"};
    case ColumnType::decimal:
      return {"小数（不带千分位，最多 38 位）", "a decimal (no thousands separators, at most 38 digits)"};
    case ColumnType::date:
      return {"日期" + (pattern_ ? form : " yyyy-MM-dd 或 yyyyMMdd"), "a date" + (pattern_ ? form : " yyyy-MM-dd or yyyyMMdd")};
    case ColumnType::time:
      return {"时间" + (pattern_ ? form : " HH:mm:ss"), "a time" + (pattern_ ? form : " HH:mm:ss")};
    case ColumnType::datetime:
      return {"日期时间" + (pattern_ ? form : " yyyy-MM-ddTHH:mm:ss"), "a date and time" + (pattern_ ? form : " yyyy-MM-ddTHH:mm:ss")};
    case ColumnType::duration:
      return {"时长（例如 1m30s）", "a duration (as 1m30s)"};
    default:
      return {"文本", "a text"};
  }
}

std::optional<PlainNumber> parse_plain_number(std::string_view text) {
  PlainNumber number;
  std::size_t i = 0;
  const bool negative = text.starts_with('-');
  if (negative) ++i;
  const auto first = i;
  int digits = 0;
  const auto take = [&] {
    const auto from = i;
    for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i, ++digits)
      if (digits < 18) number.units = number.units * 10 + (text[i] - '0');
    return i - from;
  };
  const auto whole = take();
  if (whole == 0 || (text[first] == '0' && whole > 1)) return std::nullopt;
  if (i < text.size() && text[i] == '.') {
    ++i;
    number.places = static_cast<std::int32_t>(take());
    if (number.places == 0) return std::nullopt;
  }
  if (i != text.size() || digits > 18 || (negative && number.units == 0)) return std::nullopt;
  if (negative) number.units = -number.units;
  return number;
}

values::ColumnPtr guessed_column(const values::Column& texts, const values::ColumnPtr& column) {
  enum : std::uint8_t { number = 1, date = 2, datetime = 4 };
  std::uint8_t could = number | date | datetime;
  std::int32_t places = 0;
  bool some = false, whole = true;
  static const DayPattern blank_between = *DayPattern::parse("yyyy-MM-dd HH:mm:ss");
  for (std::size_t row = 0; row < texts.size() && could != 0; ++row) {
    if (texts.is_nothing(row)) continue;
    const auto text = texts.text(row);
    some = true;
    if ((could & number) != 0) {
      const auto plain = parse_plain_number(text);
      if (!plain) {
        could &= static_cast<std::uint8_t>(~number);
      } else {
        whole = whole && plain->places == 0;
        places = std::max(places, plain->places);
      }
    }
    if ((could & date) != 0 && !iso_date(text)) could &= static_cast<std::uint8_t>(~date);
    if ((could & datetime) != 0 && !blank_between.read(text)) could &= static_cast<std::uint8_t>(~datetime);
  }
  if (!some || could == 0) return column;
  values::ColumnBuilder made((could & date) != 0       ? ColumnType::date
                             : (could & datetime) != 0 ? ColumnType::datetime
                             : whole                   ? ColumnType::integer
                                                       : ColumnType::decimal);
  made.reserve(texts.size());
  for (std::size_t row = 0; row < texts.size(); ++row) {
    if (texts.is_nothing(row)) {
      made.add_nothing();
      continue;
    }
    const auto text = texts.text(row);
    if ((could & date) != 0) {
      made.add(*iso_date(text));
    } else if ((could & datetime) != 0) {
      made.add_integer(*blank_between.read(text));
    } else {
      const auto plain = *parse_plain_number(text);
      if (whole)
        made.add_integer(plain.units);
      else
        made.add(*values::Decimal::make(plain.units, -plain.places));
    }
  }
  return std::move(made).finish();
}

}  // namespace quanji::workbook
