#include "workbook/shown_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/clock.h"
#include "workbook/day_pattern.h"
#include "workbook/number_forms.h"

namespace quanji::workbook {
namespace {

using values::Decimal;
using values::Type;
using values::Value;

enum class Kind : std::uint8_t { literal, digit, point, comma, percent, text, word };
struct Piece {
  Kind kind = Kind::literal;
  std::string text;  // of word: "yyyy", "[h]"; of digit: 0, # or ?
};
using Section = std::vector<Piece>;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
std::size_t character_at(std::string_view code, std::size_t at) {
  std::size_t end = at + 1;
  while (end < code.size() && (code[end] & 0xC0) == 0x80) ++end;
  return end - at;
}

// The parts between semicolons; nothing where something stands that is not worked out.
class Sections {
 public:
  explicit Sections(std::string_view code) : code_(code) {}
  std::optional<std::vector<Section>> run() {
    std::vector<Section> all(1);
    for (std::size_t i = 0; i < code_.size();) {
      const char c = code_[i];
      auto& section = all.back();
      const auto literal = [&](std::string_view text) { section.push_back({Kind::literal, std::string(text)}); };
      if (c == ';') {
        all.emplace_back();
        ++i;
      } else if (c == '"') {
        const auto end = code_.find('"', i + 1);
        if (end == std::string_view::npos) return std::nullopt;
        literal(code_.substr(i + 1, end - i - 1));
        i = end + 1;
      } else if (c == '\\' || c == '_' || c == '*') {
        if (i + 1 >= code_.size()) return std::nullopt;
        const auto size = character_at(code_, i + 1);
        if (c == '\\') literal(code_.substr(i + 1, size));
        if (c == '_') literal(" ");
        i += 1 + size;
      } else if (c == '[') {
        const auto end = code_.find(']', i);
        if (end == std::string_view::npos || !brackets(code_.substr(i + 1, end - i - 1), section)) return std::nullopt;
        i = end + 1;
      } else if (c == '0' || c == '#' || c == '?') {
        section.push_back({Kind::digit, std::string(1, c)});
        ++i;
      } else if (c == '.' || c == ',' || c == '%' || c == '@') {
        section.push_back({c == '.' ? Kind::point : c == ',' ? Kind::comma : c == '%' ? Kind::percent : Kind::text, std::string(1, c)});
        ++i;
      } else if (std::string_view("ymdhsaYMDHSA").find(c) != std::string_view::npos) {
        const auto rest = code_.substr(i);
        std::size_t size = 1;
        if (starts(rest, "am/pm")) {
          size = 5;
        } else if (starts(rest, "a/p")) {
          size = 3;
        } else {
          while (size < rest.size() && lower(rest[size]) == lower(c)) ++size;
        }
        std::string word;
        for (const char one : rest.substr(0, size)) word += lower(one);
        section.push_back({Kind::word, std::move(word)});
        i += size;
      } else if (starts(code_.substr(i), "general")) {
        section.push_back({Kind::text, "general"});
        i += 7;
      } else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
        return std::nullopt;  // E, G, B …
      } else {
        const auto size = character_at(code_, i);
        literal(code_.substr(i, size));
        i += size;
      }
    }
    return all;
  }

 private:
  static bool starts(std::string_view text, std::string_view with) {
    return text.size() >= with.size() &&
           std::ranges::equal(text.substr(0, with.size()), with, [](char a, char b) { return lower(a) == b; });
  }
  static bool brackets(std::string_view inside, Section& section) {
    if (inside.starts_with('$')) {
      const auto text = inside.substr(1, inside.find('-') == std::string_view::npos ? inside.size() : inside.find('-') - 1);
      if (!text.empty()) section.push_back({Kind::literal, std::string(text)});
      return true;
    }
    std::string word;
    for (const char c : inside) word += lower(c);
    if (!word.empty() && (word.find_first_not_of('h') == std::string::npos || word.find_first_not_of('m') == std::string::npos ||
                          word.find_first_not_of('s') == std::string::npos)) {
      section.push_back({Kind::word, "[" + word + "]"});
      return true;
    }
    for (const std::string_view colour :
         {"black", "blue", "cyan", "green", "magenta", "red", "white", "yellow", "黑色", "蓝色", "红色", "绿色"})
      if (word == colour) return true;
    return word.starts_with("color") && word.size() <= 7;
  }
  std::string_view code_;
};

std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == ' ') text.pop_back();
  text.erase(0, std::min(text.find_first_not_of(' '), text.size()));
  return text;
}

// ---- numbers ----

std::optional<std::string> number_in(const Section& section, Decimal number) {
  std::size_t first = section.size(), last = 0, point = section.size(), percent = 0, digits = 0, places = 0;
  for (std::size_t i = 0; i < section.size(); ++i) {
    if (section[i].kind == Kind::word) return std::nullopt;
    if (section[i].kind == Kind::percent) ++percent;
    if (section[i].kind == Kind::point && point == section.size()) point = i;
    if (section[i].kind != Kind::digit) continue;
    first = std::min(first, i);
    last = i;
    ++digits;
    if (i > point) ++places;
  }
  if (digits == 0) {
    std::string out;
    for (const auto& piece : section) out += piece.kind == Kind::text ? (piece.text == "general" ? number.plain() : "") : piece.text;
    return trimmed(std::move(out));
  }
  // Digits, points and commas stand together, or it is a pattern of its own (telephone numbers).
  for (std::size_t i = first; i <= last; ++i)
    if (section[i].kind != Kind::digit && section[i].kind != Kind::point && section[i].kind != Kind::comma) return std::nullopt;
  const auto end_of_whole = std::min(point, last + 1);
  std::int32_t scale = static_cast<std::int32_t>(percent) * 2;
  std::size_t behind = last + 1;  // commas behind the last digit: thousands
  bool grouped = false;
  for (std::size_t i = first; i < end_of_whole; ++i)
    if (section[i].kind == Kind::comma) {
      const bool inside =
          std::any_of(section.begin() + static_cast<std::ptrdiff_t>(i), section.begin() + static_cast<std::ptrdiff_t>(end_of_whole),
                      [](const Piece& piece) { return piece.kind == Kind::digit; });
      if (inside)
        grouped = true;
      else
        scale -= 3;
    }
  for (; behind < section.size() && section[behind].kind == Kind::comma; ++behind) scale -= 3;
  if (behind < section.size() && behind == point) ++behind;
  const auto scaled = Decimal::make(number.units(), number.exponent() + scale);
  if (!scaled) return std::nullopt;
  const auto rounded = scaled->rounded(static_cast<std::int32_t>(places), values::Rounding::half_up);
  if (!rounded) return std::nullopt;
  auto text = rounded->plain();
  std::string fraction;
  if (const auto dot = text.find('.'); dot != std::string::npos) {
    fraction = text.substr(dot + 1);
    text.resize(dot);
  }
  // Digits that need not be there.
  std::size_t place = places;
  for (std::size_t i = last; place > 0 && i > point; --i) {
    if (section[i].kind != Kind::digit) continue;
    if (section[i].text == "0" || fraction.empty() || fraction.back() != '0' || place != fraction.size()) break;
    fraction.pop_back();
    --place;
  }
  std::size_t least = 0, blanks = 0;
  for (std::size_t i = first; i < end_of_whole; ++i) {
    if (section[i].kind != Kind::digit) continue;
    if (section[i].text == "0" || least > 0) ++least;
    if (section[i].text == "?") ++blanks;
  }
  if (text == "0" && least == 0) text.clear();
  if (text.size() < least) text.insert(0, least - text.size(), '0');
  if (grouped)
    for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  if (text.size() < blanks) text.insert(0, blanks - text.size(), ' ');
  std::string out;
  for (std::size_t i = 0; i < first; ++i) out += section[i].text;
  out += text;
  if (point < section.size() && point <= last + 1) out += "." + fraction;
  for (std::size_t i = std::max(behind, last + 1); i < section.size(); ++i) out += section[i].text;
  return trimmed(std::move(out));
}

// ---- days and times ----

struct Moment {
  std::int64_t days = 0, micros = 0, elapsed = 0;  // since 1970; of the day; of all
};
std::optional<std::string> moment_in(const Section& section, const Moment& at) {
  const base::Date date{static_cast<std::int32_t>(at.days)};
  const auto iso = values::date_text(date);
  const int year = std::stoi(iso.substr(0, 4)), month = std::stoi(iso.substr(5, 2)), day = std::stoi(iso.substr(8, 2));
  const auto weekday = static_cast<std::size_t>(((at.days + 4) % 7 + 7) % 7);
  static constexpr std::string_view english[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
  static constexpr std::string_view chinese[] = {"日", "一", "二", "三", "四", "五", "六"};
  static constexpr std::string_view months[] = {"January", "February", "March",     "April",   "May",      "June",
                                                "July",    "August",   "September", "October", "November", "December"};
  const bool halves = std::ranges::any_of(section, [](const Piece& piece) { return piece.text == "am/pm" || piece.text == "a/p"; });
  std::size_t fraction = 0;
  for (std::size_t i = 0; i + 1 < section.size(); ++i)
    if (section[i].kind == Kind::point && section[i + 1].kind == Kind::digit)
      for (auto k = i + 1; k < section.size() && section[k].kind == Kind::digit; ++k) ++fraction;
  std::int64_t unit = 1'000'000;
  for (std::size_t i = 0; i < std::min<std::size_t>(fraction, 6); ++i) unit /= 10;
  const auto micros = (at.micros + unit / 2) / unit * unit % micros_of_day, elapsed = (at.elapsed + unit / 2) / unit * unit;
  const auto hour = micros / 3'600'000'000, minute = micros / 60'000'000 % 60, second = micros / 1'000'000 % 60;
  const auto two = [](std::int64_t number, std::size_t digits) { return fmt::format("{:0{}}", number, digits); };
  const auto is_time = [](const Piece& piece, char letter) {
    return piece.kind == Kind::word && piece.text.find(letter) != std::string::npos && piece.text != "am/pm";
  };
  std::string out;
  for (std::size_t i = 0; i < section.size(); ++i) {
    const auto& piece = section[i];
    if (piece.kind != Kind::word) {
      if (piece.kind == Kind::digit) {
        const auto parts = fmt::format("{:06}", micros % 1'000'000);
        std::size_t k = i;
        while (k < section.size() && section[k].kind == Kind::digit) ++k;
        if (i == 0 || section[i - 1].kind != Kind::point || k - i > 6) return std::nullopt;
        out += parts.substr(0, k - i);
        i = k - 1;
      } else if (piece.kind != Kind::text) {
        out += piece.text;
      }
      continue;
    }
    const auto& word = piece.text;
    const auto size = word.size();
    if (word[0] == 'y') {
      out += size <= 2 ? two(year % 100, 2) : two(year, 4);
    } else if (word[0] == 'm') {
      // Minutes behind hours or before seconds.
      const auto near = [&](bool forward) -> const Piece* {
        for (std::size_t k = i; forward ? ++k < section.size() : k-- > 0;)
          if (section[k].kind == Kind::word) return &section[k];
        return nullptr;
      };
      const auto *before = near(false), *after = near(true);
      if (size <= 2 && ((before && is_time(*before, 'h')) || (after && is_time(*after, 's'))))
        out += two(minute, size);
      else if (size <= 2)
        out += two(month, size);
      else
        out += size == 3 ? months[month - 1].substr(0, 3) : size == 4 ? months[month - 1] : months[month - 1].substr(0, 1);
    } else if (word[0] == 'd') {
      if (size <= 2)
        out += two(day, size);
      else
        out += size == 3 ? english[weekday].substr(0, 3) : english[weekday];
    } else if (word == "am/pm") {
      out += hour < 12 ? "AM" : "PM";
    } else if (word == "a/p") {
      out += hour < 12 ? "A" : "P";
    } else if (word[0] == 'a') {
      if (size != 3 && size != 4) return std::nullopt;
      out += (size == 3 ? "周" : "星期") + std::string(chinese[weekday]);
    } else if (word[0] == 'h') {
      out += two(halves ? (hour + 11) % 12 + 1 : hour, std::min<std::size_t>(size, 2));
    } else if (word[0] == 's') {
      out += two(second, std::min<std::size_t>(size, 2));
    } else {  // [h], [mm], [s]
      const auto whole = elapsed / (word[1] == 'h' ? 3'600'000'000 : word[1] == 'm' ? 60'000'000 : 1'000'000);
      out += two(whole, size - 2);
    }
  }
  return trimmed(std::move(out));
}

std::optional<Moment> moment_of(const Value& value) {
  const auto at = [](std::int64_t micros) {
    const auto of_day = (micros % micros_of_day + micros_of_day) % micros_of_day;
    return Moment{(micros - of_day) / micros_of_day, of_day, micros};
  };
  switch (value.type()) {
    case Type::date:
      return at(value.date().days * micros_of_day);
    case Type::datetime:
      return at(value.datetime().micros);
    case Type::time:
      return at(value.time().micros);
    case Type::duration:
      if (value.duration().micros < 0) return std::nullopt;
      return at(value.duration().micros);
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<std::string> shown_text(const Value& value, std::string_view code) {
  if (value.is(Type::nothing)) return std::string();
  if (value.is(Type::boolean)) return value.boolean() ? "TRUE" : "FALSE";
  const bool general = code.empty() || code == "General" || code == "@";
  if (value.is(Type::text) && general) return value.text();
  auto sections = general ? std::optional<std::vector<Section>>() : Sections(code.substr(0, 255)).run();
  if (value.is(Type::text)) {
    // The fourth section is for texts; an only one with @ too.
    if (!sections) return std::nullopt;
    const auto has_text = [](const Section& section) { return std::ranges::any_of(section, [](const Piece& p) { return p.text == "@"; }); };
    const Section* section = sections->size() == 4                                  ? &(*sections)[3]
                             : sections->size() == 1 && has_text(sections->front()) ? &sections->front()
                                                                                    : nullptr;
    if (section == nullptr) return value.text();
    std::string out;
    for (const auto& piece : *section) out += piece.text == "@" && piece.kind == Kind::text ? value.text() : piece.text;
    return trimmed(std::move(out));
  }
  if (const auto moment = moment_of(value)) {
    if (!sections) return std::nullopt;
    return moment_in(sections->front(), *moment);
  }
  if (!value.is(Type::integer) && !value.is(Type::decimal)) return std::nullopt;
  const auto number = value.is(Type::integer) ? Decimal::of(value.integer()) : value.decimal();
  if (general) return number.plain();
  if (!sections) return std::nullopt;
  const bool negative = number.units() < 0;
  if (negative && sections->size() >= 2) return number_in((*sections)[1], number.absolute());
  if (number.is_zero() && sections->size() >= 3) return number_in((*sections)[2], number);
  auto text = number_in(sections->front(), number.absolute());
  // What rounds to nothing has no sign.
  if (text && negative && text->find_first_of("123456789") != std::string::npos) text->insert(0, "-");
  return text;
}

}  // namespace quanji::workbook
