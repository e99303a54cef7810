// Numbers and dates as people of the trade write them, and amounts in Chinese capitals (人民币大写).
// Reads foreign bytes: fuzz/text_numbers.cpp
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "values/decimal.h"

namespace quanji::activities::text {

// "1,234.50", "(12.30)", "-5", "+5", "１２３", "3.5万", "1.2亿", "12%", "￥100.00", "贰佰元伍角整", "一百零三". Thousands have groups of
// three. Nothing: no number, or one with more than 38 digits.
std::optional<values::Decimal> read_number(std::string_view text);

enum class DateOrder : std::uint8_t { ymd, dmy, mdy };
// "20261120", "2026/11/20", "2026-11-20", "2026.11.20", "2026年11月20日", "二〇二六年十一月二十日"; with another order "20/11/2026". The
// day has to exist; a year has four digits.
std::optional<base::Date> read_date(std::string_view text, DateOrder order);

// "壹万零叁拾元伍角整", "负壹分" as 负...; zero is "零元整". At most two places and below 10^16; nothing otherwise.
std::optional<std::string> spell_amount(const values::Decimal& amount);

// Full-width letters, digits, signs and blanks to half width, or the other way.
std::string half_width(std::string_view text);
std::string full_width(std::string_view text);

}  // namespace quanji::activities::text
