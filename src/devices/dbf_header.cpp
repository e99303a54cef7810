#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "devices/dbf.h"
#include "devices/record_findings.h"
#include "devices/record_text.h"

namespace quanji::devices {
namespace {

constexpr std::size_t prologue = 32, descriptor = 32, name_room = 11;
constexpr char end_of_fields = 0x0D;
constexpr std::uint8_t nullable_flag = 2, system_flag = 1;
constexpr std::uint32_t backlink = 263;
constexpr std::uint32_t longest = 65'535;
constexpr std::string_view memo_types = "MGPWQ";

std::uint32_t number_at(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = (value << 8) | static_cast<std::uint8_t>(bytes[at + i]);
  return value;
}
void put_number(std::string& bytes, std::size_t at, std::size_t count, std::uint64_t value) {
  for (std::size_t i = 0; i < count; ++i, value >>= 8) bytes[at + i] = static_cast<char>(value & 0xFF);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// The versions whose header is the one described here; the rest by name.
std::optional<base::Text> strange_version(std::uint8_t version) {
  switch (version) {
    case 0x03:  // dBASE III, FoxBASE+
    case 0x05:  // dBASE V without memo
    case 0x30:  // Visual FoxPro
    case 0x31:
    case 0x32:
    case 0x43:  // dBASE IV SQL
    case 0x63:
    case 0x83:  // with memo: dBASE III
    case 0x8B:  // dBASE IV
    case 0x8E:
    case 0xCB:
    case 0xF5:  // FoxPro 2
    case 0xFB:
      return std::nullopt;
    case 0x02:
      return base::Text("这是 dBASE II 文件，文件头格式不同，不支持", "this is a dBASE II file, whose header is another; not supported");
    case 0x04:
    case 0x8C:
      return base::Text("这是 dBASE 7 文件，字段描述格式不同，不支持",
                        "this is a dBASE 7 file, whose field descriptions are others; not supported");
    default:
      return base::Text("首字节不是已知的 DBF 版本号，这不是 DBF 文件", "the first byte is no version of DBF: this is no DBF file");
  }
}

class HeaderParser {
 public:
  HeaderParser(std::string_view bytes, base::Charset charset, std::string_view file) : bytes_(bytes), charset_(charset), file_(file) {}

  base::Result<DbfSchema> parse() {
    if (bytes_.size() < prologue)
      return refuse(0, {}, fmt::format("文件只有 {} 字节，不足 32 字节的文件头，不完整", bytes_.size()),
                    fmt::format("the file has {} bytes, less than a header of 32: incomplete", bytes_.size()));
    schema_.version = static_cast<std::uint8_t>(bytes_[0]);
    if (auto strange = strange_version(schema_.version)) return refuse(0, {}, strange->zh, strange->en, bytes_.substr(0, 1));
    schema_.year = static_cast<std::uint8_t>(bytes_[1]);
    schema_.month = static_cast<std::uint8_t>(bytes_[2]);
    schema_.day = static_cast<std::uint8_t>(bytes_[3]);
    schema_.records = number_at(bytes_, 4, 4);
    schema_.header_length = number_at(bytes_, 8, 2);
    schema_.record_length = number_at(bytes_, 10, 2);
    schema_.append_begun = bytes_[14] == 1;
    schema_.language = static_cast<std::uint8_t>(bytes_[29]);
    if (schema_.header_length < prologue + descriptor)
      return refuse(8, {}, fmt::format("文件头长度 {} 容不下任何字段", schema_.header_length),
                    fmt::format("a header of {} bytes has no room for a field", schema_.header_length), bytes_.substr(8, 2));
    if (bytes_.size() < schema_.header_length)
      return refuse(8, {}, fmt::format("文件头应有 {} 字节，文件只有 {} 字节，不完整", schema_.header_length, bytes_.size()),
                    fmt::format("the header should have {} bytes, the file has {}: incomplete", schema_.header_length, bytes_.size()), {},
                    FindingKind::incomplete);
    QUANJI_DO(read_fields());
    QUANJI_DO(place_fields());
    return std::move(schema_);
  }

 private:
  base::Error refuse(std::size_t offset, std::string field, std::string zh, std::string en, std::string_view bytes = {},
                     FindingKind kind = FindingKind::unreadable) const {
    return to_error({0, std::move(field), offset, std::string(bytes), base::Text("文件头：" + zh, "header: " + en), kind}, file_);
  }

  base::Status read_fields() {
    std::size_t at = prologue;
    for (; at + descriptor <= schema_.header_length && bytes_[at] != end_of_fields; at += descriptor) QUANJI_DO(read_field(at));
    // Some writers leave the end mark out; then the descriptions fill the header.
    if (at < schema_.header_length && bytes_[at] != end_of_fields)
      return refuse(at, {}, "字段描述之后没有结束标志 0x0D", "no end mark 0x0D behind the field descriptions", bytes_.substr(at, 1));
    if (schema_.fields.empty()) return refuse(prologue, {}, "没有任何字段", "there is no field");
    return {};
  }

  base::Status read_field(std::size_t at) {
    const auto bytes = bytes_.substr(at, descriptor);
    DbfField field;
    auto name = bytes.substr(0, name_room);
    name = name.substr(0, name.find('\0'));
    while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
    field.name = decode_field(charset_, name).text;
    const auto number = schema_.fields.size() + 1;
    if (field.name.empty() || std::ranges::any_of(field.name, [](char c) { return static_cast<std::uint8_t>(c) < 0x20; }))
      return refuse(at, {}, fmt::format("第 {} 个字段没有可用的名称", number), fmt::format("field {} has no usable name", number), name);
    if (schema_.find(field.name) != SIZE_MAX) {
      const auto first = field.name;
      for (int n = 2; schema_.find(field.name) != SIZE_MAX; ++n) field.name = fmt::format("{}_{}", first, n);
    }
    field.type = bytes[11];
    field.width = static_cast<std::uint8_t>(bytes[16]);
    field.places = static_cast<std::uint8_t>(bytes[17]);
    const auto flags = schema_.visual_foxpro() ? static_cast<std::uint8_t>(bytes[18]) : std::uint8_t{0};
    field.nullable = (flags & nullable_flag) != 0;
    field.system = field.type == '0' || (flags & system_flag) != 0;
    displacements_.push_back(number_at(bytes, 12, 4));
    QUANJI_DO(check_width(at, field));
    schema_.fields.push_back(std::move(field));
    return {};
  }

  base::Status check_width(std::size_t at, DbfField& field) const {
    std::uint32_t needed = 0;
    switch (field.type) {
      case 'C':
      case 'N':
      case 'F':
      case 'V':
      case 'Q':
      case '0':
        break;
      case 'D':
      case 'Y':
      case 'T':
        needed = 8;
        break;
      case 'B':
        // A double of FoxPro has 8 bytes, a binary memo of dBASE V the number of its block in 10.
        if (field.width == 10) field.type = 'M';
        needed = field.width == 10 ? 10 : 8;
        break;
      case 'L':
        needed = 1;
        break;
      case 'I':
        needed = 4;
        break;
      case 'M':
      case 'G':
      case 'P':
      case 'W':
        if (field.width != 4 && field.width != 10) needed = schema_.visual_foxpro() ? 4 : 10;
        break;
      default:
        return refuse(at + 11, field.name, "未知的字段类型", "unknown type of field", bytes_.substr(at + 11, 1));
    }
    if (field.width == 0 || (needed != 0 && field.width != needed))
      return refuse(at + 16, field.name, fmt::format("类型 {} 的宽度不能是 {}", field.type, field.width),
                    fmt::format("type {} cannot be {} wide", field.type, field.width), bytes_.substr(at + 16, 1));
    if (field.type == 'Y') field.places = 4;
    return {};
  }

  // Widths add up to the record. Clipper and FoxPro keep the high byte of long C fields where others keep the places.
  base::Status place_fields() {
    std::uint64_t plain = 1, extended = 1;
    for (const auto& field : schema_.fields) {
      plain += field.width;
      extended += field.width + (field.type == 'C' ? 256U * static_cast<std::uint32_t>(field.places) : 0U);
    }
    const bool longer = plain != schema_.record_length && extended == schema_.record_length;
    if (!longer && plain != schema_.record_length)
      return refuse(
          10, {}, fmt::format("各字段合计 {} 字节（含删除标志），而记录长度写的是 {} 字节", plain, schema_.record_length),
          fmt::format("the fields take {} bytes (with the deletion flag), the record length says {}", plain, schema_.record_length),
          bytes_.substr(10, 2));
    std::uint32_t offset = 1;
    for (std::size_t i = 0; i < schema_.fields.size(); ++i) {
      auto& field = schema_.fields[i];
      if (field.type == 'C' && longer) field.width += 256U * static_cast<std::uint32_t>(field.places);
      if (field.type == 'C') field.places = 0;
      // dBASE kept an address of its own memory here; Visual FoxPro keeps the offset.
      if (schema_.visual_foxpro() && displacements_[i] != 0 && displacements_[i] != offset)
        return refuse(prologue + i * descriptor + 12, field.name,
                      fmt::format("字段起点写的是 {}，前面的字段却到 {} 为止，字段重叠或有空隙", displacements_[i], offset),
                      fmt::format("the field says it begins at {}, the fields before it end at {}: they overlap or leave a gap",
                                  displacements_[i], offset));
      field.offset = offset;
      offset += field.width;
    }
    return {};
  }

  std::string_view bytes_;
  base::Charset charset_;
  std::string_view file_;
  DbfSchema schema_;
  std::vector<std::uint32_t> displacements_;
};

base::Error bad_field(std::size_t i, std::string_view name, std::string zh, std::string en) {
  return base::Error(base::Code::invalid_field, base::Text(fmt::format("DBF 第 {} 个字段 {}：{}", i + 1, name, zh),
                                                           fmt::format("DBF field {} ({}): {}", i + 1, name, en)));
}

base::Status check_own_field(const DbfField& field, std::size_t i, base::Charset charset) {
  const auto name = base::from_utf8(charset, field.name);
  if (!name || name->empty() || name->size() > dbf_name_bytes ||
      !std::ranges::none_of(*name, [](char c) { return static_cast<std::uint8_t>(c) <= 0x20 || c == 0x7F; }))
    return bad_field(i, field.name, fmt::format("名称应为 1 到 10 字节（{}），不含空格", base::to_text(charset)),
                     fmt::format("a name has 1 to 10 bytes ({}) and no blanks", base::to_text(charset)));
  const auto between = [&](std::uint32_t least, std::uint32_t most) -> base::Status {
    if (field.width >= least && field.width <= most) return {};
    return bad_field(i, field.name, fmt::format("类型 {} 的宽度应在 {} 到 {} 之间", field.type, least, most),
                     fmt::format("the width of type {} is between {} and {}", field.type, least, most));
  };
  switch (field.type) {
    case 'C':
      QUANJI_DO(between(1, 254));
      break;
    case 'N':
    case 'F':
      QUANJI_DO(between(1, 32));
      if (field.places < 0 || (field.places > 0 && field.places + 1 > static_cast<std::int32_t>(field.width)))
        return bad_field(i, field.name, fmt::format("宽度 {} 容不下 {} 位小数", field.width, field.places),
                         fmt::format("a width of {} has no room for {} places", field.width, field.places));
      break;
    case 'D':
    case 'Y':
    case 'T':
    case 'B':
      QUANJI_DO(between(8, 8));
      break;
    case 'L':
      QUANJI_DO(between(1, 1));
      break;
    case 'I':
      QUANJI_DO(between(4, 4));
      break;
    case '0':
      QUANJI_DO(between(1, 32));
      break;
    default:
      return bad_field(i, field.name, "只能写类型 C N F D L I B Y T", "the types that can be written are C N F D L I B Y T");
  }
  if (field.type != 'N' && field.type != 'F' && field.type != 'B' && field.type != 'Y' && field.places != 0)
    return bad_field(i, field.name, fmt::format("类型 {} 没有小数位", field.type), fmt::format("type {} has no places", field.type));
  return {};
}

}  // namespace

std::size_t DbfSchema::find(std::string_view name) const {
  const auto wanted = lower(name);
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (fields[i].name.size() == wanted.size() && lower(fields[i].name) == wanted) return i;
  return SIZE_MAX;
}

base::Result<DbfSchema> parse_dbf_header(std::string_view bytes, base::Charset charset, std::string_view file) {
  return HeaderParser(bytes.substr(0, longest), charset, file).parse();
}

base::Result<DbfSchema> read_dbf_schema(const RecordFile& file, base::Charset charset) {
  constexpr int most_looks = 100;
  std::string header(longest, '\0'), again(prologue, '\0');
  for (int look = 1;; ++look) {
    header.resize(longest);
    QUANJI_TRY(const auto got, file.read(0, header));
    header.resize(got);
    QUANJI_TRY(const auto state, file.state());
    QUANJI_TRY(const auto got_again, file.read(0, again));
    // Size and count are of one moment when the header stood still around the look at the size.
    const auto begun = std::string_view(again).substr(0, got_again);
    if (std::string_view(header).substr(0, begun.size()) != begun && look < most_looks) continue;
    QUANJI_TRY(auto schema, parse_dbf_header(header, charset, file.name()));
    const auto whole = schema.whole_size();
    if (state.size == whole || state.size == whole + 1) return schema;
    if (state.size > whole && schema.append_begun) return schema;
    const bool shorter = state.size < whole;
    return to_error(
        {0,
         {},
         std::min(whole, state.size),
         {},
         base::Text(
             fmt::format("文件不完整：文件头写有 {} 条记录，应为 {} 字节（或多 1 字节），实际 {} 字节，{}", schema.records, whole,
                         state.size, shorter ? "可能还在复制或写入" : "文件头的记录数可能还没有更新"),
             fmt::format("incomplete: by its header it has {} records and {} bytes (or one more), there are {}; {}", schema.records, whole,
                         state.size, shorter ? "it may still be copied or written" : "its header's count may not be up to date")),
         FindingKind::incomplete},
        file.name());
  }
}

base::Result<DbfSchema> make_dbf_schema(std::vector<DbfField> fields, base::Charset charset) {
  DbfSchema schema;
  if (fields.empty() || fields.size() > 255)
    return base::Error(base::Code::invalid_field, base::Text("DBF 文件应有 1 到 255 个字段。", "A DBF file has 1 to 255 fields."));
  std::uint32_t offset = 1, nullable = 0;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    auto& field = fields[i];
    QUANJI_DO(check_own_field(field, i, charset));
    if (schema.find(field.name) != SIZE_MAX)
      return bad_field(i, field.name, "名称重复（不分大小写）", "the name stands twice (in any case)");
    field.offset = offset;
    field.system = field.type == '0';
    offset += field.width;
    nullable += field.nullable ? 1U : 0U;
    if (std::string_view("IBYT0").find(field.type) != std::string_view::npos) schema.version = 0x30;
    schema.fields.push_back(field);
  }
  if (nullable > 0) {
    schema.version = 0x30;
    if (std::ranges::none_of(schema.fields, [](const DbfField& f) { return f.type == '0'; })) {
      const auto width = (nullable + 7) / 8;
      schema.fields.push_back({"_NullFlags", '0', width, 0, offset, false, true});
      offset += width;
    }
  }
  schema.record_length = offset;
  schema.header_length = static_cast<std::uint32_t>(prologue + schema.fields.size() * descriptor + 1);
  if (schema.visual_foxpro()) schema.header_length += backlink;
  if (schema.record_length > longest)
    return base::Error(base::Code::invalid_field, base::Text(fmt::format("一条记录 {} 字节，超过 65535。", offset),
                                                             fmt::format("A record of {} bytes is above 65535.", offset)));
  return schema;
}

base::Result<std::string> write_dbf_header(const DbfSchema& schema, base::Charset charset) {
  std::string out(schema.header_length, '\0');
  out[0] = static_cast<char>(schema.version);
  out[1] = static_cast<char>(schema.year);
  out[2] = static_cast<char>(schema.month);
  out[3] = static_cast<char>(schema.day);
  put_number(out, 4, 4, schema.records);
  put_number(out, 8, 2, schema.header_length);
  put_number(out, 10, 2, schema.record_length);
  out[29] = static_cast<char>(schema.language);
  std::size_t at = prologue;
  for (const auto& field : schema.fields) {
    QUANJI_TRY(const auto name, base::from_utf8(charset, field.name));
    if (at + descriptor >= out.size() || name.size() > dbf_name_bytes)
      return base::Error(base::Code::invalid_field, base::Text(fmt::format("字段 {} 写不进 DBF 文件头。", field.name),
                                                               fmt::format("Field {} has no room in a DBF header.", field.name)));
    out.replace(at, name.size(), name);
    out[at + 11] = field.type;
    if (schema.visual_foxpro()) put_number(out, at + 12, 4, field.offset);
    out[at + 16] = static_cast<char>(field.width);
    out[at + 17] = static_cast<char>(field.type == 'C' && field.width > 255 ? field.width >> 8 : static_cast<std::uint32_t>(field.places));
    if (schema.visual_foxpro())
      out[at + 18] = static_cast<char>((field.nullable ? nullable_flag : 0) | (field.system ? system_flag | 4 : 0));
    at += descriptor;
  }
  out[at] = end_of_fields;
  return out;
}

DbfNullBits null_bits_of(const DbfSchema& schema) {
  DbfNullBits bits;
  bits.null.resize(schema.fields.size());
  bits.varied.resize(schema.fields.size());
  std::uint32_t next = 0;
  for (std::size_t i = 0; i < schema.fields.size(); ++i) {
    const auto& field = schema.fields[i];
    if (field.type == '0') {
      bits.offset = field.offset;
      bits.width = field.width;
      continue;
    }
    if (field.type == 'V' || field.type == 'Q') bits.varied[i] = next++;
    if (field.nullable) bits.null[i] = next++;
  }
  // Bits beyond the field's end are those of a header that lies.
  const auto within = [&](std::optional<std::uint32_t>& bit) {
    if (bit && *bit / 8 >= bits.width) bit.reset();
  };
  std::ranges::for_each(bits.null, within);
  std::ranges::for_each(bits.varied, within);
  return bits;
}

}  // namespace quanji::devices
