#include "values/table_cast.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/encodings.h"
#include "values/column_parts.h"
#include "values/names.h"
#include "values/table_clean.h"
#include "values/table_problems.h"
#include "values/table_shape.h"

namespace quanji::values {

using base::Code;
using base::Problems;
using base::Result;
using base::Text;

namespace {

constexpr std::int64_t whole_day = 86'400'000'000;
constexpr std::size_t most_told = 20;

std::size_t character_size(std::string_view text) {
  std::size_t size = 1;
  while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) ++size;
  return size;
}
std::string without(std::string_view text, std::string_view characters) {
  std::string out;
  while (!text.empty()) {
    const auto one = text.substr(0, character_size(text));
    if (characters.find(one) == std::string_view::npos) out += one;
    text.remove_prefix(one.size());
  }
  return out;
}

std::optional<bool> truth_of(std::string_view text) {
  std::string word(text);
  std::transform(word.begin(), word.end(), word.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  for (const std::string_view yes : {"true", "1", "yes", "y", "是"})
    if (word == yes) return true;
  for (const std::string_view no : {"false", "0", "no", "n", "否"})
    if (word == no) return false;
  return {};
}

// One column on its way to another type.
class Casting {
 public:
  Casting(const Cast& how, std::string at, Problems& problems) : how_(how), at_(std::move(at)), problems_(problems), out_(how.to) {}

  ColumnPtr run(const Column& column) && {
    out_.reserve(column.size());
    for (std::size_t row = 0; row < column.size(); ++row) {
      if (column.is_nothing(row))
        out_.add_nothing();
      else if (!one(column, row))
        failed(column, row);
    }
    if (failures_ > most_told)
      problems_.add(Code::invalid_field, at_,
                    {fmt::format("列“{}”另有 {} 个值不能转换", quoted(how_.column), failures_ - most_told),
                     fmt::format("column \"{}\": {} more values cannot be cast", quoted(how_.column), failures_ - most_told)});
    return std::move(out_).finish();
  }

 private:
  void failed(const Column& column, std::size_t row) {
    out_.add_nothing();
    if (how_.on_failure == OnFailure::nothing || ++failures_ > most_told) return;
    const auto value = told(column.value(row));
    const auto why_zh = reason_.zh.empty() ? std::string() : "：" + reason_.zh;
    const auto why_en = reason_.en.empty() ? std::string() : ": " + reason_.en;
    problems_.add(
        Code::invalid_field, at_,
        {fmt::format("第 {} 行，列“{}”的值 {} 不能转换为 {}{}", row + 1, quoted(how_.column), value, word_of(how_.to), why_zh),
         fmt::format("row {}, column \"{}\": {} cannot become {}{}", row + 1, quoted(how_.column), value, word_of(how_.to), why_en)});
  }
  bool because(Text reason) {
    reason_ = std::move(reason);
    return false;
  }

  bool one(const Column& column, std::size_t row) {
    reason_ = {};
    switch (column.type()) {
      case ColumnType::text:
        return text(column.text(row));
      case ColumnType::integer:
      case ColumnType::decimal:
        return number(number_at(column, row));
      case ColumnType::boolean:
        return boolean(column.flags()[row] != 0);
      case ColumnType::date:
        return moment({column.days()[row], 0}, true, false);
      case ColumnType::time:
        return moment({0, column.numbers()[row]}, false, true);
      case ColumnType::datetime:
        return datetime(column.numbers()[row]);
      case ColumnType::duration:
        return duration({column.numbers()[row]});
      case ColumnType::any:
        return value(column.values()[row]);
    }
    return false;
  }
  bool value(const Value& v) {
    switch (v.type()) {
      case Type::text:
        return text(v.text());
      case Type::integer:
        return number(Decimal::of(v.integer()));
      case Type::decimal:
        return number(v.decimal());
      case Type::boolean:
        return boolean(v.boolean());
      case Type::date:
        return moment({v.date().days, 0}, true, false);
      case Type::time:
        return moment({0, v.time().micros}, false, true);
      case Type::datetime:
        return datetime(v.datetime().micros);
      case Type::duration:
        return duration(v.duration());
      default:
        return false;
    }
  }

  bool text(std::string_view raw) {
    if (how_.to == ColumnType::text) {
      out_.add_text(raw);
      return true;
    }
    const auto trim = without_blanks(raw);
    if (trim.empty()) {
      out_.add_nothing();
      return true;
    }
    switch (how_.to) {
      case ColumnType::boolean: {
        const auto truth = truth_of(trim);
        if (truth) out_.add(*truth);
        return truth.has_value();
      }
      case ColumnType::integer:
      case ColumnType::decimal: {
        const auto parsed = how_.ignore.empty() ? Decimal::parse(trim) : Decimal::parse(without(trim, how_.ignore));
        if (!parsed.ok()) return because(parsed.error().message());
        return number(*parsed);
      }
      case ColumnType::duration: {
        const auto parsed = parse_duration(trim);
        if (!parsed.ok()) return because(parsed.error().message());
        out_.add_integer(parsed->micros);
        return true;
      }
      default:
        return moment_from(trim);
    }
  }
  bool moment_from(std::string_view trim) {
    if (!how_.format.empty()) {
      const auto at = parse_by_format(trim, how_.format);
      if (!at)
        return because({fmt::format("不符合格式 {}", quoted(how_.format)), fmt::format("it is not written as {}", quoted(how_.format))});
      return put(*at);
    }
    if (how_.to == ColumnType::date) {
      const auto parsed = parse_date(trim);
      if (!parsed.ok()) return because(parsed.error().message());
      return put({parsed->days, 0});
    }
    if (how_.to == ColumnType::time) {
      const auto parsed = parse_time_of_day(trim);
      if (!parsed.ok()) return because(parsed.error().message());
      return put({0, parsed->micros});
    }
    const auto parsed = parse_datetime(trim);
    if (!parsed.ok()) return because(parsed.error().message());
    out_.add_integer(parsed->micros);
    return true;
  }
  bool put(DateAndTime at) {
    if (how_.to == ColumnType::date)
      out_.add(base::Date{at.days});
    else
      out_.add_integer(how_.to == ColumnType::time ? at.micros : at.days * whole_day + at.micros);
    return true;
  }

  std::optional<Decimal> rounded(const Decimal& number, std::int32_t places) {
    const auto out = number.rounded(places, how_.rounding.value_or(Rounding::down));
    if (out && (how_.rounding || *out == number)) return out;
    because({fmt::format("小数超过 {} 位；可指定舍入方式", places), fmt::format("it has more than {} places; say how to round", places)});
    return {};
  }
  bool number(const Decimal& given) {
    auto number = given;
    if (how_.places && (how_.to == ColumnType::decimal || how_.to == ColumnType::text)) {
      const auto cut = rounded(given, *how_.places);
      if (!cut) return false;
      number = *cut;
    }
    switch (how_.to) {
      case ColumnType::decimal:
        out_.add(number);
        return true;
      case ColumnType::text:
        out_.add_text(number.plain());
        return true;
      case ColumnType::integer: {
        const auto whole = number.is_whole() ? std::optional(number) : rounded(number, 0);
        if (!whole) return because({"不是整数；可指定舍入方式", "it is not whole; say how to round"});
        const auto fits = whole->whole();
        if (!fits) return because({"超出 64 位整数", "it is beyond 64 bits"});
        out_.add_integer(*fits);
        return true;
      }
      case ColumnType::boolean:
        if (number != Decimal::of(0) && number != Decimal::of(1)) return false;
        out_.add(number == Decimal::of(1));
        return true;
      case ColumnType::date:
      case ColumnType::time:
      case ColumnType::datetime: {
        // 20261120, 93000: numbers that are dates and times by their digits.
        if (how_.format.empty()) return because({"需要格式，如 %Y%m%d", "a format is needed, like %Y%m%d"});
        auto digits = number.plain();
        const auto width = digits_by_format();
        if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
        return moment_from(digits);
      }
      default:
        return false;
    }
  }
  std::size_t digits_by_format() const {
    std::size_t width = 0;
    for (std::size_t i = 0; i < how_.format.size(); i += 2) {
      if (how_.format[i] != '%' || i + 1 == how_.format.size()) return 0;
      width += how_.format[i + 1] == 'Y' ? 4 : how_.format[i + 1] == 'f' ? 6 : 2;
    }
    return width;
  }

  bool boolean(bool truth) {
    switch (how_.to) {
      case ColumnType::boolean:
        out_.add(truth);
        return true;
      case ColumnType::integer:
        out_.add_integer(truth ? 1 : 0);
        return true;
      case ColumnType::text:
        out_.add_text(truth ? "true" : "false");
        return true;
      default:
        return false;
    }
  }
  bool datetime(std::int64_t micros) {
    const auto days = micros / whole_day - (micros % whole_day < 0 ? 1 : 0);
    return moment({static_cast<std::int32_t>(days), micros - days * whole_day}, true, true);
  }
  bool moment(DateAndTime at, bool has_date, bool has_time) {
    switch (how_.to) {
      case ColumnType::text:
        if (!how_.format.empty())
          out_.add_text(write_by_format(at, how_.format));
        else if (has_date && has_time)
          out_.add_text(to_text(DateTime{at.days * whole_day + at.micros}));
        else
          out_.add_text(has_date ? date_text({at.days}) : to_text(TimeOfDay{at.micros}));
        return true;
      case ColumnType::date:
      case ColumnType::datetime:
        return has_date && put(at);
      case ColumnType::time:
        return has_time && put(at);
      default:
        return false;
    }
  }
  bool duration(Duration d) {
    if (how_.to == ColumnType::duration)
      out_.add_integer(d.micros);
    else if (how_.to == ColumnType::text)
      out_.add_text(to_text(d));
    else
      return false;
    return true;
  }

  const Cast& how_;
  std::string at_;
  Problems& problems_;
  ColumnBuilder out_;
  Text reason_;
  std::size_t failures_ = 0;
};

bool is_moment(ColumnType type) { return type == ColumnType::date || type == ColumnType::time || type == ColumnType::datetime; }

std::optional<Text> lacking(std::string_view format, ColumnType to) {
  const auto has = [&](char code) { return format.find(std::string{'%', code}) != std::string_view::npos; };
  if (to != ColumnType::time && !((has('Y') || has('y')) && has('m') && has('d')))
    return Text{"日期格式需要 %Y、%m、%d", "a format of dates needs %Y, %m and %d"};
  if (to == ColumnType::time && !has('H')) return Text{"时刻格式需要 %H", "a format of times needs %H"};
  return {};
}

}  // namespace

Result<Table> cast_columns(const Table& table, std::span<const Cast> casts) {
  Problems problems;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < casts.size(); ++i) {
    const auto at = fmt::format("casts/{}", i);
    places.push_back(need_column(table, casts[i].column, at + "/column", problems));
    if (casts[i].to == ColumnType::any) problems.add(Code::invalid_field, at + "/to", {"不能转换为 any", "nothing is cast to any"});
    if (casts[i].format.empty()) continue;
    if (auto problem = format_problem(casts[i].format))
      problems.add(Code::invalid_field, at + "/format", std::move(*problem));
    else if (is_moment(casts[i].to))
      if (auto missing = lacking(casts[i].format, casts[i].to)) problems.add(Code::invalid_field, at + "/format", std::move(*missing));
  }
  QUANJI_DO(as_status(problems));
  auto out = table;
  for (std::size_t i = 0; i < casts.size(); ++i) {
    auto column = Casting(casts[i], fmt::format("casts/{}", i), problems).run(*table.column(places[i]));
    QUANJI_TRY(out, add_column(out, casts[i].column, std::move(column), IfThere::replace));
  }
  QUANJI_DO(as_status(problems));
  return out;
}

}  // namespace quanji::values
