#include "devices/fixed_width.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "base/fields_json.h"

QUANJI_ENUM(quanji::devices::FixedType, "text", "integer", "decimal", "scaled", "date", "time", "datetime", "boolean", "filler");
QUANJI_ENUM(quanji::devices::FixedTrim, "right", "left", "both", "none");
QUANJI_ENUM(quanji::devices::FixedAlign, "automatic", "left", "right");
QUANJI_ENUM(quanji::devices::FixedCharset, "file", "utf-8", "gbk", "gb18030", "utf-16le", "utf-16be");
QUANJI_ENUM(quanji::devices::FixedRole, "body", "header", "trailer");
QUANJI_ENUM(quanji::devices::FixedEnding, "lf", "crlf", "any", "none");

namespace quanji::devices {

QUANJI_FIELDS(FixedField, QF(name, "名称", "Name", .min = 1, .max = 63), QF(type, "类型", "Type", .fallback = "\"text\""),
              QF(start, "起始字节（从 0 数起）", "First byte, from 0", .min = 0, .max = 65'535),
              QF(width, "宽度（字节）", "Width in bytes", .min = 0, .max = 65'535),
              QF(places, "小数位", "Places", .min = 0, .max = 18, .fallback = "0"),
              QF(format, "日期、时间或布尔的写法", "How dates, times and booleans are spelled", .max = 63, .fallback = "\"\""),
              QF(trim, "去掉哪一侧的填充", "Which padding is taken away", .fallback = "\"right\""),
              QF(align, "写入时靠哪一侧", "To which side it is written", .fallback = "\"automatic\""),
              QF(pad, "填充字节", "Padding byte", .min = 1, .max = 1, .fallback = "\" \""),
              QF(charset, "字段自己的编码", "The field's own encoding", .fallback = "\"file\""))
QUANJI_FIELDS(FixedRecord, QF(name, "名称", "Name", .min = 1, .max = 63), QF(role, "角色", "Role", .fallback = "\"body\""),
              QF(begins, "标识内容", "What tells it from others", .max = 63, .fallback = "\"\""),
              QF(begins_at, "标识内容的位置", "Where that stands", .min = 0, .max = 65'535, .fallback = "0"),
              QF(columns, "字段", "Fields", .min = 1, .max = 1'000),
              QF(length, "记录长度（字节，不含行尾）", "Length without line end", .min = 1, .max = 65'535),
              QF(count_field, "记录数所在字段", "Field of the record count", .max = 63, .fallback = "\"\""),
              QF(bytes_field, "数据字节数所在字段", "Field of the body's bytes", .max = 63, .fallback = "\"\""),
              QF(checksum_field, "校验和所在字段", "Field of the checksum", .max = 63, .fallback = "\"\""))
QUANJI_FIELDS(FixedLayout, QF(charset, "编码", "Encoding", .fallback = "\"gb18030\""),
              QF(ending, "行尾", "Line ends", .fallback = "\"lf\""),
              QF(separator, "分隔字节", "Separating byte", .max = 1, .fallback = "\"\""),
              QF(separator_at_end, "最后一个字段后也有分隔", "A separator behind the last field too", .fallback = "false"),
              QF(records, "记录种类", "Kinds of records", .min = 1, .max = 100))

namespace {

constexpr std::size_t longest_open = 1 << 20;

base::Error wrong(std::string_view record, std::string_view field, std::string zh, std::string en) {
  std::string where_zh = fmt::format("定长布局，记录 {}", record), where_en = fmt::format("fixed-width layout, record {}", record);
  if (!field.empty()) {
    where_zh += fmt::format("，字段 {}", field);
    where_en += fmt::format(", field {}", field);
  }
  return base::Error(base::Code::invalid_field, base::Text(where_zh + "：" + zh, where_en + ": " + en));
}

bool has(const std::vector<FixedPlan::Piece>& pieces, char letter) {
  return std::ranges::any_of(pieces, [&](const auto& p) { return p.letter == letter; });
}

std::optional<std::vector<FixedPlan::Piece>> pieces_of(std::string_view format) {
  std::vector<FixedPlan::Piece> pieces;
  for (std::size_t at = 0; at < format.size(); ++at) {
    if (static_cast<std::uint8_t>(format[at]) < 0x20 || static_cast<std::uint8_t>(format[at]) > 0x7E) return std::nullopt;
    if (format[at] != '%') {
      pieces.push_back({0, 1, std::string(1, format[at])});
      continue;
    }
    if (++at == format.size()) return std::nullopt;
    std::size_t digits = 0;
    if (format[at] >= '1' && format[at] <= '6') {
      digits = static_cast<std::size_t>(format[at] - '0');
      if (++at == format.size() || format[at] != 'f') return std::nullopt;
    }
    const char letter = format[at];
    if (letter == '%') {
      pieces.push_back({0, 1, "%"});
      continue;
    }
    if (std::string_view("YmdHMSf").find(letter) == std::string_view::npos || has(pieces, letter)) return std::nullopt;
    pieces.push_back({letter, letter == 'Y' ? 4U : letter != 'f' ? 2U : digits > 0 ? digits : 6U, {}});
  }
  return pieces;
}
std::size_t width_of(const std::vector<FixedPlan::Piece>& pieces) {
  std::size_t width = 0;
  for (const auto& piece : pieces) width += piece.count;
  return width;
}

bool is_timed(FixedType type) { return type == FixedType::date || type == FixedType::time || type == FixedType::datetime; }

base::Status read_forms(const FixedRecord& record, FixedPlan::Item& item) {
  auto& field = item.field;
  if (field.type == FixedType::boolean) {
    if (field.format.empty()) field.format = "Y/N";
    const auto slash = field.format.find('/');
    if (slash == 0 || slash == std::string::npos || slash + 1 == field.format.size() ||
        field.format.find('/', slash + 1) != std::string::npos)
      return wrong(record.name, field.name, "布尔的写法应如 Y/N", "a boolean's format is like Y/N");
    item.yes = field.format.substr(0, slash);
    item.no = field.format.substr(slash + 1);
    const auto width = static_cast<std::size_t>(field.width);
    if (item.yes == item.no || (width > 0 && (item.yes.size() > width || item.no.size() > width)))
      return wrong(record.name, field.name, "布尔的两种写法应不同且不超过宽度", "the two spellings differ and fit the width");
    return {};
  }
  if (!is_timed(field.type)) {
    if (!field.format.empty())
      return wrong(record.name, field.name, "只有日期、时间与布尔有 format", "only dates, times and booleans have a format");
    return {};
  }
  if (field.format.empty())
    field.format = field.type == FixedType::date ? "%Y%m%d" : field.type == FixedType::time ? "%H%M%S" : "%Y%m%d%H%M%S";
  const auto pieces = pieces_of(field.format);
  const bool dated = pieces && has(*pieces, 'Y') && has(*pieces, 'm') && has(*pieces, 'd');
  const bool undated = pieces && !has(*pieces, 'Y') && !has(*pieces, 'm') && !has(*pieces, 'd');
  const bool timed = pieces && has(*pieces, 'H') && has(*pieces, 'M');
  const bool untimed = pieces && !has(*pieces, 'H') && !has(*pieces, 'M') && !has(*pieces, 'S') && !has(*pieces, 'f');
  const bool fits = field.type == FixedType::date ? dated && untimed : field.type == FixedType::time ? undated && timed : dated && timed;
  if (!fits)
    return wrong(record.name, field.name, fmt::format("写法 {} 不适合该类型；应由 %Y %m %d %H %M %S %f 组成", field.format),
                 fmt::format("the format {} does not suit the type; it is made of %Y %m %d %H %M %S %f", field.format));
  if (field.width > 0 && width_of(*pieces) > static_cast<std::size_t>(field.width))
    return wrong(record.name, field.name, "写法比宽度长", "the format is longer than the width");
  item.form = *pieces;
  return {};
}

class KindPlanner {
 public:
  KindPlanner(const FixedLayout& layout, base::Charset charset) : layout_(layout), charset_(charset) {}

  base::Result<FixedPlan::Kind> plan(const FixedRecord& record) {
    FixedPlan::Kind kind{record, {}, {}, 0};
    QUANJI_TRY(kind.begins, base::from_utf8(charset_, record.begins));
    const bool open = std::ranges::any_of(record.columns, [](const FixedField& f) { return f.width == 0; });
    if (open && (layout_.separator.empty() || layout_.ending == FixedEnding::none || record.length))
      return wrong(record.name, {}, "没有宽度的字段需要分隔字节和行尾，且记录没有固定长度",
                   "fields without width need a separator and line ends, and the record has no length");
    std::set<std::string, std::less<>> names;
    std::size_t next = 0;
    for (std::size_t i = 0; i < record.columns.size(); ++i) {
      FixedPlan::Item item{record.columns[i], 0, {}, {}, {}};
      auto& field = item.field;
      if (field.name.empty() || !names.insert(field.name).second)
        return wrong(record.name, field.name, "名称为空或重复", "the name is empty or stands twice");
      if (field.width < 0 || field.width > 65'535 || field.places < 0 || field.places > 18 || field.pad.size() != 1)
        return wrong(record.name, field.name, "宽度、小数位或填充字节不合法", "width, places or padding are out of range");
      if (field.places != 0 && field.type != FixedType::decimal && field.type != FixedType::scaled)
        return wrong(record.name, field.name, "只有 decimal 与 scaled 有小数位", "only decimal and scaled have places");
      if (open && field.start)
        return wrong(record.name, field.name, "有无宽度字段的记录不能指定起点", "a record with open fields takes no starts");
      if (field.start && (*field.start < 0 || static_cast<std::size_t>(*field.start) < next))
        return wrong(record.name, field.name, fmt::format("起点 {} 与前一字段重叠（前面到 {} 为止）", *field.start, next),
                     fmt::format("its start {} overlaps the field before, which ends at {}", *field.start, next));
      if ((field.charset == FixedCharset::utf16le || field.charset == FixedCharset::utf16be) && field.width % 2 != 0)
        return wrong(record.name, field.name, "UTF-16 字段的宽度应为偶数", "a UTF-16 field has an even width");
      QUANJI_DO(read_forms(record, item));
      item.start = field.start ? static_cast<std::size_t>(*field.start) : next;
      next = item.start + static_cast<std::size_t>(field.width);
      const bool last = i + 1 == record.columns.size();
      if (!layout_.separator.empty() && (!last || layout_.separator_at_end)) ++next;
      kind.items.push_back(std::move(item));
    }
    if (!open) kind.length = record.length ? static_cast<std::size_t>(*record.length) : next;
    if (!open && (next > kind.length || kind.length > 65'535))
      return wrong(record.name, {}, fmt::format("字段共需 {} 字节，记录长度为 {}", next, kind.length),
                   fmt::format("its fields need {} bytes, its length is {}", next, kind.length));
    if (!open && !kind.begins.empty() && static_cast<std::size_t>(record.begins_at) + kind.begins.size() > kind.length)
      return wrong(record.name, {}, "标识内容在记录之外", "what it begins with lies outside of the record");
    QUANJI_DO(check_totals(record, kind));
    return kind;
  }

 private:
  static base::Status check_totals(const FixedRecord& record, const FixedPlan::Kind& kind) {
    for (const auto* name : {&record.count_field, &record.bytes_field, &record.checksum_field}) {
      if (name->empty()) continue;
      const auto i = kind.find(*name);
      const bool usable = i != SIZE_MAX && kind.items[i].field.type == FixedType::integer && kind.length > 0 &&
                          record.role != FixedRole::body && (name != &record.checksum_field || record.role == FixedRole::trailer);
      if (!usable)
        return wrong(record.name, *name, "总数字段应是定长的文件头或文件尾中的 integer 字段（校验和只在文件尾）",
                     "a total is an integer field of a header or trailer of fixed length (a checksum: of the trailer)");
    }
    return {};
  }
  const FixedLayout& layout_;
  base::Charset charset_;
};

}  // namespace

std::size_t FixedPlan::Kind::find(std::string_view name) const {
  for (std::size_t i = 0; i < items.size(); ++i)
    if (items[i].field.name == name) return i;
  return SIZE_MAX;
}

base::Charset FixedPlan::charset() const {
  return layout_.charset == FixedCharset::utf8  ? base::Charset::utf8
         : layout_.charset == FixedCharset::gbk ? base::Charset::gbk
                                                : base::Charset::gb18030;
}

base::Result<FixedPlan> FixedPlan::of(FixedLayout layout) {
  FixedPlan plan;
  if (layout.charset == FixedCharset::file) layout.charset = FixedCharset::gb18030;
  if (layout.charset == FixedCharset::utf16le || layout.charset == FixedCharset::utf16be)
    return base::Error(base::Code::invalid_field,
                       base::Text("整个文件不能是 UTF-16，只有字段可以。", "A file cannot be UTF-16, only single fields."));
  if (layout.separator.size() > 1 || (!layout.separator.empty() && static_cast<std::uint8_t>(layout.separator[0]) >= 0x80))
    return base::Error(base::Code::invalid_field, base::Text("分隔应是一个 ASCII 字节。", "The separator is one ASCII byte."));
  plan.layout_ = std::move(layout);
  std::set<std::string, std::less<>> names;
  std::size_t any_body = 0, any_header = 0, any_trailer = 0;
  for (const auto& record : plan.layout_.records) {
    if (record.name.empty() || !names.insert(record.name).second)
      return wrong(record.name, {}, "名称为空或重复", "the name is empty or stands twice");
    QUANJI_TRY(auto kind, KindPlanner(plan.layout_, plan.charset()).plan(record));
    if (record.begins.empty()) ++(record.role == FixedRole::body ? any_body : record.role == FixedRole::header ? any_header : any_trailer);
    if (record.role == FixedRole::trailer && record.begins.empty() && kind.length == 0)
      return wrong(record.name, {}, "没有标识内容的文件尾需要固定长度", "a trailer that nothing tells from others needs a fixed length");
    plan.longest_ = std::max(plan.longest_, (kind.length == 0 ? longest_open : kind.length) + 2);
    plan.kinds_.push_back(std::move(kind));
  }
  if (plan.kinds_.empty() || any_body > 1 || any_header > 1 || any_trailer > 1)
    return base::Error(base::Code::invalid_field,
                       base::Text("每种角色最多一种记录没有 begins，且至少有一种记录。",
                                  "There is at least one kind of record, and at most one of each role without begins."));
  return plan;
}

base::Result<FixedPlan> parse_fixed_layout(std::string_view json) {
  QUANJI_TRY(auto value, base::parse_json(json));
  QUANJI_TRY(auto layout, base::from_json<FixedLayout>(value));
  return FixedPlan::of(std::move(layout));
}

base::Result<std::string> utf16_to_utf8(std::string_view bytes, FixedCharset order) {
  const auto refuse = [](std::size_t at) {
    return base::Error(base::Code::invalid_field,
                       base::Text(fmt::format("第 {} 字节处不是 UTF-16 文本", at), fmt::format("Not UTF-16 text at byte {}", at)));
  };
  const auto unit = [&](std::size_t at) {
    const auto one = static_cast<std::uint8_t>(bytes[at]), two = static_cast<std::uint8_t>(bytes[at + 1]);
    return order == FixedCharset::utf16be ? static_cast<std::uint32_t>(one << 8 | two) : static_cast<std::uint32_t>(two << 8 | one);
  };
  std::string out;
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  for (std::size_t at = 0; at < bytes.size(); at += 2) {
    if (at + 2 > bytes.size()) return refuse(at);
    auto point = unit(at);
    if (point >= 0xD800 && point < 0xE000) {
      if (point >= 0xDC00 || at + 4 > bytes.size()) return refuse(at);
      const auto low = unit(at + 2);
      if (low < 0xDC00 || low > 0xDFFF) return refuse(at);
      point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
      at += 2;
    }
    if (point < 0x80) {
      put(point);
    } else if (point < 0x800) {
      put(0xC0 | (point >> 6));
      put(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
      put(0xE0 | (point >> 12));
      put(0x80 | ((point >> 6) & 0x3F));
      put(0x80 | (point & 0x3F));
    } else {
      put(0xF0 | (point >> 18));
      put(0x80 | ((point >> 12) & 0x3F));
      put(0x80 | ((point >> 6) & 0x3F));
      put(0x80 | (point & 0x3F));
    }
  }
  return out;
}

base::Result<std::string> utf8_to_utf16(std::string_view text, FixedCharset order) {
  if (const auto problem = base::utf8_problem(text))
    return base::Error(base::Code::invalid_field, base::Text("文本不是 UTF-8", "The text is not UTF-8"));
  std::string out;
  const auto put = [&](std::uint32_t unit) {
    const char high = static_cast<char>(unit >> 8), low = static_cast<char>(unit & 0xFF);
    out += order == FixedCharset::utf16be ? high : low;
    out += order == FixedCharset::utf16be ? low : high;
  };
  for (std::size_t at = 0; at < text.size();) {
    const auto first = static_cast<std::uint8_t>(text[at]);
    const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    std::uint32_t point = length == 1 ? first : first & (0x7FU >> length);
    for (std::size_t n = 1; n < length; ++n) point = point << 6 | (static_cast<std::uint8_t>(text[at + n]) & 0x3FU);
    at += length;
    if (point >= 0x10000) {
      put(0xD800 + ((point - 0x10000) >> 10));
      put(0xDC00 + ((point - 0x10000) & 0x3FF));
    } else {
      put(point);
    }
  }
  return out;
}

std::optional<std::int64_t> read_form(const std::vector<FixedPlan::Piece>& form, std::string_view bytes) {
  std::int64_t year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0, micros = 0;
  for (const auto& piece : form) {
    if (bytes.size() < piece.count) return std::nullopt;
    const auto part = bytes.substr(0, piece.count);
    bytes.remove_prefix(piece.count);
    if (piece.letter == 0) {
      if (part != piece.itself) return std::nullopt;
      continue;
    }
    std::int64_t number = 0;
    for (const char c : part) {
      if (c < '0' || c > '9') return std::nullopt;
      number = number * 10 + (c - '0');
    }
    if (piece.letter == 'f')
      for (auto digits = piece.count; digits < 6; ++digits) number *= 10;
    auto& place = piece.letter == 'Y'   ? year
                  : piece.letter == 'm' ? month
                  : piece.letter == 'd' ? day
                  : piece.letter == 'H' ? hour
                  : piece.letter == 'M' ? minute
                  : piece.letter == 'S' ? second
                                        : micros;
    place = number;
  }
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!bytes.empty() || year < 1 || !date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return (((std::chrono::sys_days(date).time_since_epoch().count() * 24 + hour) * 60 + minute) * 60 + second) * 1'000'000 + micros;
}

std::string write_form(const std::vector<FixedPlan::Piece>& form, std::int64_t micros) {
  const auto at = std::chrono::sys_time<std::chrono::microseconds>(std::chrono::microseconds(micros));
  const auto midnight = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{midnight};
  const auto rest = (at - midnight).count();
  std::string out;
  for (const auto& piece : form) {
    std::int64_t number = 0;
    switch (piece.letter) {
      case 0:
        out += piece.itself;
        continue;
      case 'Y':
        number = static_cast<int>(date.year());
        break;
      case 'm':
        number = static_cast<unsigned>(date.month());
        break;
      case 'd':
        number = static_cast<unsigned>(date.day());
        break;
      case 'H':
        number = rest / 3'600'000'000;
        break;
      case 'M':
        number = rest / 60'000'000 % 60;
        break;
      case 'S':
        number = rest / 1'000'000 % 60;
        break;
      default:
        number = rest % 1'000'000;
        for (auto digits = piece.count; digits < 6; ++digits) number /= 10;
    }
    out += fmt::format("{:0{}}", number, piece.count);
  }
  return out;
}

}  // namespace quanji::devices
