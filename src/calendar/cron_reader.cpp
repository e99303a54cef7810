#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "calendar/cron.h"
#include "calendar/days.h"

namespace quanji::calendar {
namespace {

using base::Result;
using base::Sentence;
using std::string_view;

constexpr std::size_t longest_text = 1000;

struct Field {
  Sentence name;
  int low, high;      // high: what a star covers
  string_view names;  // three letters each, the first means name_of
  int name_of;
};
constexpr Field second_field{{"秒", "second"}, 0, 59, {}, 0};
constexpr Field minute_field{{"分", "minute"}, 0, 59, {}, 0};
constexpr Field hour_field{{"时", "hour"}, 0, 23, {}, 0};
constexpr Field day_field{{"日", "day of month"}, 1, 31, {}, 0};
constexpr Field month_field{{"月", "month"}, 1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC", 1};
constexpr Field weekday_field{{"星期", "day of week"}, 0, 6, "SUNMONTUEWEDTHUFRISAT", 0};

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

}  // namespace

// Reads one expression; every refusal passes through refuse(), which adds where it stands.
class CronReader {
 public:
  explicit CronReader(string_view text) : text_(text) {}
  Result<Cron> read();

 private:
  struct Token {
    std::size_t begin, end;
  };
  base::Status read_field(const Field& field, Token token);
  base::Status read_item(const Field& field, Token item);
  Result<bool> read_special(const Field& field, Token item);
  Result<int> read_value(const Field& field, std::size_t end);
  Result<int> read_number(std::size_t end, int low, int high, const base::Text& what);
  void admit(const Field& field, int low, int high, int step);

  string_view rest(std::size_t end) const { return text_.substr(at_, end - at_); }
  bool take(char c, std::size_t end) {
    if (at_ >= end || upper(text_[at_]) != c) return false;
    ++at_;
    return true;
  }
  base::Text range(const Field& field) const {
    const auto high = &field == &weekday_field ? 7 : field.high;
    return {fmt::format("“{}”须在 {}–{} 之间", field.name.zh, field.low, high),
            fmt::format("{} must be {} to {}", field.name.en, field.low, high)};
  }
  base::Error refuse(std::size_t at, string_view zh, string_view en) const;

  string_view text_;
  std::size_t at_ = 0;
  Cron cron_;
};

base::Error CronReader::refuse(std::size_t at, string_view zh, string_view en) const {
  std::size_t character = 1;
  for (std::size_t i = 0; i < at && i < text_.size(); ++i) character += (static_cast<unsigned char>(text_[i]) & 0xC0) != 0x80 ? 1 : 0;
  return base::Error(base::Code::invalid_field, base::Text(fmt::format("cron 表达式第 {} 个字符处：{}", character, zh),
                                                           fmt::format("cron expression, character {}: {}", character, en)));
}

Result<Cron> CronReader::read() {
  if (text_.size() > longest_text) return refuse(longest_text, "表达式长于 1000 字节", "longer than 1000 bytes");
  std::vector<Token> tokens;
  for (std::size_t i = 0; i < text_.size();) {
    while (i < text_.size() && is_blank(text_[i])) ++i;
    const auto begin = i;
    while (i < text_.size() && !is_blank(text_[i])) ++i;
    if (i > begin) tokens.push_back({begin, i});
  }
  if (tokens.size() != 5 && tokens.size() != 6)
    return refuse(tokens.size() > 6 ? tokens[6].begin : text_.size(),
                  fmt::format("须有 5 段（分 时 日 月 星期）或 6 段（前加秒），这里有 {} 段", tokens.size()),
                  fmt::format("5 fields (minute hour day month weekday) or 6 (second first) are expected, here are {}", tokens.size()));
  static constexpr std::array fields{&second_field, &minute_field, &hour_field, &day_field, &month_field, &weekday_field};
  const auto skipped = fields.size() - tokens.size();
  if (skipped == 0) cron_.seconds_ = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) QUANJI_DO(read_field(*fields[i + skipped], tokens[i]));
  cron_.text_ = text_;
  if (!cron_.next({0}, Zone::china()))
    return refuse(tokens[2 + tokens.size() - 5].begin, "日与月的组合永远不会出现，例如 2 月 30 日",
                  "this day never comes in these months, like 30 February");
  return std::move(cron_);
}

base::Status CronReader::read_field(const Field& field, Token token) {
  for (auto begin = token.begin;;) {
    auto end = text_.substr(0, token.end).find(',', begin);
    if (end == string_view::npos) end = token.end;
    if (begin == end) return refuse(begin, "逗号之间须有值", "a value is expected beside the comma");
    at_ = begin;
    QUANJI_DO(read_item(field, {begin, end}));
    if (at_ != end)
      return refuse(at_, fmt::format("“{}”不能出现在“{}”段的这里", rest(end), field.name.zh),
                    fmt::format("\"{}\" cannot stand here in the {} field", rest(end), field.name.en));
    if (end == token.end) return {};
    begin = end + 1;
  }
}

base::Status CronReader::read_item(const Field& field, Token item) {
  const bool day = &field == &day_field || &field == &weekday_field;
  QUANJI_TRY(const bool special, read_special(field, item));
  if (special) return {};
  int low = field.low, high = field.high;
  bool single = false;
  if (take('?', item.end)) {
    if (!day) return refuse(item.begin, "“?”只能用于日与星期两段", "\"?\" belongs to the two day fields only");
  } else if (!take('*', item.end)) {
    QUANJI_TRY(low, read_value(field, item.end));
    high = low;
    single = true;
    const auto dash = at_;
    if (take('-', item.end)) {
      single = false;
      QUANJI_TRY(high, read_value(field, item.end));
      if (&field == &weekday_field && high == 0) high = 7;
      if (high < low)
        return refuse(dash, "范围的终点小于起点；跨越边界请写成两个范围，如 22-23,0-2",
                      "the range ends before it begins; write two ranges to pass the border, like 22-23,0-2");
    }
  }
  int step = 1;
  if (take('/', item.end)) {
    const int most = field.high - field.low;
    QUANJI_TRY(step, read_number(item.end, 1, most,
                                 {fmt::format("“{}”的步长须在 1–{} 之间", field.name.zh, most),
                                  fmt::format("the step of {} must be 1 to {}", field.name.en, most)}));
    if (single) high = std::max(field.high, low);
  }
  admit(field, low, high, step);
  return {};
}

Result<bool> CronReader::read_special(const Field& field, Token item) {
  using Special = Cron::Special;
  const auto word = rest(item.end);
  if (&field == &day_field) {
    if (take('L', item.end)) {
      if (take('W', item.end)) {
        cron_.of_month_.push_back({Special::last_weekday, 0, 0});
        return true;
      }
      int before = 0;
      if (take('-', item.end)) {
        QUANJI_TRY(before, read_number(item.end, 1, 30, {"“L-”之后须是 1–30", "1 to 30 must follow \"L-\""}));
      }
      cron_.of_month_.push_back({Special::last_day, before, 0});
      return true;
    }
    if (is_digit(word.front()) && upper(word.back()) == 'W') {
      QUANJI_TRY(const int day, read_number(item.end - 1, 1, 31, range(field)));
      if (!take('W', item.end)) return refuse(at_, "“W”之前只能是一个日子，如 15W", "one day must stand before \"W\", like 15W");
      cron_.of_month_.push_back({Special::nearest_weekday, day, 0});
      return true;
    }
    return false;
  }
  if (&field != &weekday_field) return false;
  if (upper(word.front()) == 'L')
    return refuse(at_, "“L”之前须有星期，如 5L 或 FRIL（当月最后一个星期五）",
                  "a day of the week must stand before \"L\": 5L or FRIL is the last Friday of the month");
  const bool last = upper(word.back()) == 'L', nth = word.find('#') != string_view::npos;
  if (!last && !nth) return false;
  QUANJI_TRY(const int value, read_value(field, item.end));
  if (take('L', item.end)) {
    cron_.of_week_.push_back({Special::last_in_month, value % 7, 0});
    return true;
  }
  if (!take('#', item.end)) return refuse(at_, "这里须是“L”或“#”", "\"L\" or \"#\" is expected here");
  QUANJI_TRY(const int n, read_number(item.end, 1, 5, {"“#”之后须是 1–5", "1 to 5 must follow \"#\""}));
  cron_.of_week_.push_back({Special::nth_in_month, value % 7, n});
  return true;
}

Result<int> CronReader::read_value(const Field& field, std::size_t end) {
  if (at_ < end && !is_digit(text_[at_]) && !field.names.empty() && end - at_ >= 3) {
    const char word[] = {upper(text_[at_]), upper(text_[at_ + 1]), upper(text_[at_ + 2])};
    for (std::size_t i = 0; i < field.names.size(); i += 3) {
      if (field.names.substr(i, 3) != string_view(word, 3)) continue;
      at_ += 3;
      return static_cast<int>(i / 3) + field.name_of;
    }
  }
  return read_number(end, field.low, &field == &weekday_field ? 7 : field.high, range(field));
}

Result<int> CronReader::read_number(std::size_t end, int low, int high, const base::Text& what) {
  const auto begin = at_;
  int value = 0;
  while (at_ < end && is_digit(text_[at_])) {
    value = std::min(value * 10 + (text_[at_] - '0'), 10'000);
    ++at_;
  }
  if (at_ > begin && value >= low && value <= high) return value;
  const auto seen = text_.substr(begin, at_ > begin ? at_ - begin : end - begin);
  if (seen.empty()) return refuse(begin, what.zh + "，这里是空的", what.en + ", here is nothing");
  return refuse(begin, fmt::format("{}，不能是“{}”", what.zh, seen), fmt::format("{}, not \"{}\"", what.en, seen));
}

void CronReader::admit(const Field& field, int low, int high, int step) {
  for (int v = low; v <= high; v += step) {
    const auto bit = std::uint64_t{1} << (&field == &weekday_field ? v % 7 : v);
    if (&field == &second_field) cron_.seconds_ |= bit;
    if (&field == &minute_field) cron_.minutes_ |= bit;
    if (&field == &hour_field) cron_.hours_ |= static_cast<std::uint32_t>(bit);
    if (&field == &day_field) cron_.days_ |= static_cast<std::uint32_t>(bit);
    if (&field == &month_field) cron_.months_ |= static_cast<std::uint32_t>(bit);
    if (&field == &weekday_field) cron_.weekdays_ |= static_cast<std::uint32_t>(bit);
  }
}

base::Result<Cron> Cron::parse(string_view text) { return CronReader(text).read(); }

}  // namespace quanji::calendar
