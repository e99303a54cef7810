// Records of a CSV file: blocks of bytes become text, text becomes records. Text is decoded before it is cut: in GBK the second byte of a
// character may be a delimiter's (0x7C).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "workbook/csv.h"

namespace quanji::workbook {
namespace {

constexpr std::size_t most_values = 65'536;  // of a record
constexpr std::size_t block = 256U << 10U;
constexpr std::string_view utf8_mark = "\xEF\xBB\xBF";

constexpr std::string_view unreadable = "unreadable", bad_encoding = "bad_encoding";

base::Error invalid(std::string zh, std::string en, std::string_view about = unreadable) {
  return base::Error(base::Code::invalid_field, base::Text(std::move(zh), std::move(en)), std::string(about));
}

// Of bytes that are not all text: what is none becomes U+FFFD. A character of GB encodings has one, two or four bytes.
std::string repaired(base::Charset charset, std::string_view bytes) {
  if (charset == base::Charset::utf8) return base::repair_utf8(bytes);
  std::string out;
  while (!bytes.empty()) {
    const auto plain =
        static_cast<std::size_t>(std::ranges::find_if(bytes, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }) - bytes.begin());
    out += bytes.substr(0, plain);
    bytes.remove_prefix(plain);
    if (bytes.empty()) break;
    std::size_t taken = 0;
    for (const std::size_t length : {2, 4, 1}) {
      if (bytes.size() < length) continue;
      if (auto text = base::to_utf8(charset, bytes.substr(0, length)); text.ok()) {
        out += *text;
        taken = length;
        break;
      }
    }
    if (taken == 0) {
      out += "\xEF\xBF\xBD";
      // A wrong second byte that is ASCII is a character of its own.
      taken = bytes.size() > 1 && static_cast<unsigned char>(bytes[1]) >= 0x80 ? 2 : 1;
    }
    bytes.remove_prefix(taken);
  }
  return out;
}

bool is_blank(char c, char delimiter) { return (c == ' ' || c == '\t') && c != delimiter; }

}  // namespace

class CsvRecords::Machine {
 public:
  Machine(std::unique_ptr<ByteSource> source, CsvReading reading) : source_(std::move(source)), reading_(std::move(reading)) {}

  base::Result<bool> next();
  std::span<const CsvField> fields() const { return fields_; }
  std::uint64_t line() const { return record_line_; }
  base::Charset charset() const { return charset_; }

 private:
  enum class Scan : std::uint8_t { record, more, end };
  // Where a value lies in text_, before its quotation is undone.
  struct Place {
    std::size_t from = 0, to = 0;
    bool quoted = false, escaped = false;
  };

  base::Status begin();
  base::Status fill();
  base::Status choose_charset();
  base::Result<std::string> decode(std::string_view bytes);
  base::Result<Scan> scan();
  // One value that begins at `i`; afterwards i stands at what ends it. False: the text ends before the value does.
  base::Result<bool> scan_value(std::size_t& i, Place& place);
  base::Result<bool> scan_quoted(std::size_t& i, Place& place);
  bool skip_line();
  void finish(const Place& place);
  // The number of lines that end in text_[pos_, to).
  std::uint64_t lines_until(std::size_t to) const;
  base::Error fail(std::uint64_t line, std::size_t column, std::string_view zh, std::string_view en,
                   std::string_view about = unreadable) const;
  std::string file() const { return reading_.file.empty() ? "CSV" : reading_.file; }

  std::unique_ptr<ByteSource> source_;
  CsvReading reading_;
  base::Charset charset_ = base::Charset::utf8;
  bool charset_said_ = false;
  bool begun_ = false, source_ended_ = false;
  std::uint32_t lines_to_skip_ = 0;
  std::array<bool, 256> stops_ = {};
  std::string raw_;             // not decoded yet
  std::uint64_t raw_line_ = 1;  // of its first byte
  std::string text_;            // decoded
  std::size_t pos_ = 0;         // of the next record
  std::uint64_t line_ = 1;      // of text_[pos_]
  std::uint64_t record_line_ = 1;
  std::size_t scanned_until_ = 0;
  std::vector<Place> places_;
  std::vector<CsvField> fields_;
};

base::Error CsvRecords::Machine::fail(std::uint64_t line, std::size_t column, std::string_view zh, std::string_view en,
                                      std::string_view about) const {
  if (column == 0)
    return invalid(fmt::format("文件 {} 第 {} 行：{}", file(), line, zh), fmt::format("File {}, line {}: {}", file(), line, en), about);
  return invalid(fmt::format("文件 {} 第 {} 行第 {} 列：{}", file(), line, column, zh),
                 fmt::format("File {}, line {}, column {}: {}", file(), line, column, en));
}

base::Status CsvRecords::Machine::begin() {
  begun_ = true;
  const char d = reading_.delimiter;
  if (static_cast<unsigned char>(d) >= 0x80 || (static_cast<unsigned char>(d) < 0x20 && d != '\t' && d != '\x01' && d != '\x1F') ||
      d == '"' || d == 0x7F)
    return invalid("分隔符必须是一个 ASCII 字符，例如 , ; | 或制表符，不能是引号或换行。",
                   "The delimiter is one ASCII character such as , ; | or a tab, neither a quotation mark nor a line end.");
  lines_to_skip_ = reading_.skip_lines;
  stops_[static_cast<unsigned char>(d)] = stops_['\n'] = stops_['\r'] = true;
  QUANJI_DO(fill());
  return {};
}

base::Status CsvRecords::Machine::choose_charset() {
  charset_said_ = true;
  if (raw_.starts_with("\xFF\xFE") || raw_.starts_with("\xFE\xFF"))
    return invalid(fmt::format("文件 {} 是 UTF-16 编码；请另存为 UTF-8 再读。", file()),
                   fmt::format("File {} is encoded in UTF-16; save it as UTF-8 first.", file()), bad_encoding);
  const bool marked = raw_.starts_with(utf8_mark);
  if (marked && reading_.charset.value_or(base::Charset::utf8) != base::Charset::utf8)
    return invalid(fmt::format("文件 {} 以 UTF-8 的标记开头，却要按 {} 读；请按 utf-8 读。", file(), base::to_text(*reading_.charset)),
                   fmt::format("File {} begins with the mark of UTF-8, but is to be read as {}; read it as utf-8.", file(),
                               base::to_text(*reading_.charset)),
                   bad_encoding);
  if (marked) raw_.erase(0, utf8_mark.size());
  if (reading_.charset) {
    charset_ = *reading_.charset;
  } else if (!marked) {
    // A character may be cut at the end of the block.
    const auto problem = base::utf8_problem(raw_);
    const bool cut = problem && !source_ended_ && raw_.size() - *problem < 4;
    charset_ = problem && !cut ? base::Charset::gb18030 : base::Charset::utf8;
  }
  return {};
}

base::Result<std::string> CsvRecords::Machine::decode(std::string_view bytes) {
  auto text = base::to_utf8(charset_, bytes);
  if (text.ok()) return text;
  if (reading_.wrong_bytes == WrongBytes::replace) return repaired(charset_, bytes);
  // The line is what a person looks for.
  std::uint64_t line = raw_line_;
  for (std::size_t from = 0; from < bytes.size(); ++line) {
    const auto end = std::min(bytes.find('\n', from), bytes.size() - 1) + 1;
    if (!base::to_utf8(charset_, bytes.substr(from, end - from)).ok()) break;
    from = end;
  }
  const auto name = base::to_text(charset_);
  return fail(line, 0,
              reading_.charset ? fmt::format("这一行不是 {} 编码的文本；换一种编码（utf-8、gbk、gb18030）再读。", name)
                               : fmt::format("这一行不是 {} 编码的文本（编码是按开头猜的）；请写明编码，或修正文件。", name),
              reading_.charset ? fmt::format("this is no {} text; read it in another encoding (utf-8, gbk, gb18030).", name)
                               : fmt::format("this is no {} text (the encoding was guessed from the beginning); say the encoding or "
                                             "mend the file.",
                                             name),
              bad_encoding);
}

base::Status CsvRecords::Machine::fill() {
  if (pos_ > 0) {
    text_.erase(0, pos_);
    pos_ = 0;
  }
  for (;;) {
    // Records longer than a block are rescanned: twice as much each time.
    const std::size_t want = std::max(block, text_.size());
    while (raw_.size() < want && !source_ended_) {
      const auto before = raw_.size();
      raw_.resize(want);
      auto got = source_->read({raw_.data() + before, want - before});
      raw_.resize(before + (got.ok() ? *got : 0));
      if (!got.ok()) return std::move(got).error();
      source_ended_ = *got == 0;
    }
    if (!charset_said_) QUANJI_DO(choose_charset());
    std::size_t cut = raw_.size();
    // No byte below 0x30 is part of a longer character in any of the encodings.
    if (!source_ended_)
      while (cut > 0 && static_cast<unsigned char>(raw_[cut - 1]) >= 0x30) --cut;
    if (cut == 0 && !source_ended_) {
      if (raw_.size() > reading_.most_record_bytes)
        return base::Error(base::Code::too_large,
                           base::Text(fmt::format("文件 {} 第 {} 行太长；这不像文本表格。", file(), raw_line_),
                                      fmt::format("File {}, line {} is too long; this does not look like a table.", file(), raw_line_)));
      text_.reserve(text_.size() + raw_.size());
      const auto before = raw_.size();
      raw_.resize(before + block);
      auto got = source_->read({raw_.data() + before, block});
      raw_.resize(before + (got.ok() ? *got : 0));
      if (!got.ok()) return std::move(got).error();
      source_ended_ = *got == 0;
      continue;
    }
    const std::string_view bytes = std::string_view(raw_).substr(0, cut);
    if (const auto zero = bytes.find('\0'); zero != std::string_view::npos)
      return fail(raw_line_ + static_cast<std::uint64_t>(std::ranges::count(bytes.substr(0, zero), '\n')), 0,
                  "有零字节：这不是文本文件，或者是 UTF-16 编码；请另存为 UTF-8。",
                  "there is a zero byte: this is no text file, or one in UTF-16; save it as UTF-8.", bad_encoding);
    if (charset_ == base::Charset::utf8 && base::is_utf8(bytes)) {
      text_ += bytes;
    } else {
      QUANJI_TRY(const auto text, decode(bytes));
      text_ += text;
    }
    raw_line_ += static_cast<std::uint64_t>(std::ranges::count(bytes, '\n'));
    raw_.erase(0, cut);
    return {};
  }
}

std::uint64_t CsvRecords::Machine::lines_until(std::size_t to) const {
  std::uint64_t lines = 0;
  for (std::size_t i = pos_; i < to; ++i) {
    if (text_[i] == '\n' || (text_[i] == '\r' && !(i + 1 < text_.size() && text_[i + 1] == '\n'))) ++lines;
  }
  return lines;
}

base::Result<bool> CsvRecords::Machine::scan_quoted(std::size_t& i, Place& place) {
  const auto opened = i;
  const bool backslash = reading_.quotes == Quotes::backslash;
  place = {i + 1, 0, true, false};
  for (++i;; ++i) {
    if (backslash) {
      while (i < text_.size() && text_[i] != '"' && text_[i] != '\\') ++i;
    } else {
      const void* found = i < text_.size() ? std::memchr(text_.data() + i, '"', text_.size() - i) : nullptr;
      i = found == nullptr ? text_.size() : static_cast<std::size_t>(static_cast<const char*>(found) - text_.data());
    }
    if (i >= text_.size()) {
      if (!source_ended_ || !raw_.empty()) return false;
      return fail(line_ + lines_until(opened), places_.size() + 1, "引号打开后到文件末尾都没有关闭；补上引号，或说明这个文件不用引号。",
                  "a quotation mark that is never closed; close it, or say that this file has no quotations.");
    }
    if (text_[i] == '\\') {
      place.escaped = true;
      ++i;  // what follows stands for itself
      continue;
    }
    if (!backslash && i + 1 < text_.size() && text_[i + 1] == '"') {
      place.escaped = true;
      ++i;
      continue;
    }
    if (!backslash && i + 1 == text_.size() && (!source_ended_ || !raw_.empty())) return false;
    place.to = i++;
    return true;
  }
}

base::Result<bool> CsvRecords::Machine::scan_value(std::size_t& i, Place& place) {
  const auto from = i;
  if (reading_.trim)
    while (i < text_.size() && is_blank(text_[i], reading_.delimiter)) ++i;
  if (reading_.quotes != Quotes::none && i < text_.size() && text_[i] == '"') {
    QUANJI_TRY(const bool whole, scan_quoted(i, place));
    if (!whole) return false;
    if (reading_.trim)
      while (i < text_.size() && is_blank(text_[i], reading_.delimiter)) ++i;
    if (i < text_.size() && !stops_[static_cast<unsigned char>(text_[i])])
      return fail(line_ + lines_until(i), places_.size() + 1, "关闭引号之后还有别的字符；引号里面的引号要写两个。",
                  "there is something after the closing quotation mark; inside of a quotation it is written twice.");
    return true;
  }
  const auto at = reading_.trim ? i : from;
  while (i < text_.size() && !stops_[static_cast<unsigned char>(text_[i])]) ++i;
  auto to = i;
  if (reading_.trim)
    while (to > at && is_blank(text_[to - 1], reading_.delimiter)) --to;
  place = {at, to, false, false};
  return true;
}

base::Result<CsvRecords::Machine::Scan> CsvRecords::Machine::scan() {
  const bool last = source_ended_ && raw_.empty();
  std::size_t i = pos_;
  if (i >= text_.size()) return last ? Scan::end : Scan::more;
  if (!reading_.comment.empty() && text_.size() - i < reading_.comment.size() && !last) return Scan::more;
  places_.clear();
  const bool is_comment = !reading_.comment.empty() && std::string_view(text_).substr(i).starts_with(reading_.comment);
  if (is_comment) {
    while (i < text_.size() && text_[i] != '\n' && text_[i] != '\r') ++i;
  } else {
    for (;;) {
      Place place;
      QUANJI_TRY(const bool whole, scan_value(i, place));
      if (!whole) return Scan::more;
      if (places_.size() == most_values)
        return fail(line_, 0, "一行的值太多；检查分隔符。", "a row has too many values; check the delimiter.");
      places_.push_back(place);
      if (i >= text_.size() || text_[i] != reading_.delimiter) break;
      ++i;
    }
  }
  if (i >= text_.size() && !last) return Scan::more;
  if (i < text_.size()) {  // a line end
    if (text_[i] == '\r' && i + 1 >= text_.size() && !last) return Scan::more;
    i += text_[i] == '\r' && i + 1 < text_.size() && text_[i + 1] == '\n' ? 2 : 1;
  }
  scanned_until_ = i;
  if (is_comment) places_.clear();
  return Scan::record;
}

void CsvRecords::Machine::finish(const Place& place) {
  std::size_t to = place.to;
  if (place.escaped) {
    // The place is ours: the quotation is undone where it stands.
    const char escape = reading_.quotes == Quotes::backslash ? '\\' : '"';
    to = place.from;
    for (std::size_t i = place.from; i < place.to; ++i) {
      if (text_[i] == escape && i + 1 < place.to) ++i;
      text_[to++] = text_[i];
    }
  }
  fields_.push_back({std::string_view(text_).substr(place.from, to - place.from), place.quoted});
}

bool CsvRecords::Machine::skip_line() {
  const auto end = text_.find_first_of("\r\n", pos_);
  const bool last = source_ended_ && raw_.empty();
  if (end == std::string::npos || (text_[end] == '\r' && end + 1 == text_.size())) {
    if (!last) return false;
    pos_ = end == std::string::npos ? text_.size() : end + 1;
  } else {
    pos_ = end + (text_[end] == '\r' && text_[end + 1] == '\n' ? 2 : 1);
  }
  ++line_;
  --lines_to_skip_;
  return true;
}

base::Result<bool> CsvRecords::Machine::next() {
  if (!begun_) QUANJI_DO(begin());
  fields_.clear();
  for (;;) {
    if (lines_to_skip_ > 0 && (pos_ < text_.size() || !(source_ended_ && raw_.empty()))) {
      if (!skip_line()) QUANJI_DO(fill());
      continue;
    }
    QUANJI_TRY(const auto found, scan());
    if (found == Scan::end) return false;
    if (found == Scan::more) {
      if (text_.size() - pos_ > reading_.most_record_bytes)
        return base::Error(base::Code::too_large,
                           base::Text(fmt::format("文件 {} 从第 {} 行起的一条记录超过 {} 字节；多半是少了一个关闭的引号。", file(), line_,
                                                  reading_.most_record_bytes),
                                      fmt::format("File {}: the record from line {} on has more than {} bytes; most likely a closing "
                                                  "quotation mark is missing.",
                                                  file(), line_, reading_.most_record_bytes)));
      QUANJI_DO(fill());
      continue;
    }
    record_line_ = line_;
    // Only quotations hold line ends.
    const bool several = std::ranges::any_of(places_, [](const Place& place) { return place.quoted; });
    line_ += several ? lines_until(scanned_until_) : 1;
    const bool empty = places_.empty() || (places_.size() == 1 && !places_[0].quoted && places_[0].from == places_[0].to);
    if (!empty)
      for (const auto& place : places_) finish(place);
    pos_ = scanned_until_;
    if (!empty) return true;
  }
}

CsvRecords::CsvRecords(std::unique_ptr<ByteSource> source, CsvReading reading)
    : machine_(std::make_unique<Machine>(std::move(source), std::move(reading))) {}
CsvRecords::~CsvRecords() = default;
CsvRecords::CsvRecords(CsvRecords&&) noexcept = default;
CsvRecords& CsvRecords::operator=(CsvRecords&&) noexcept = default;
base::Result<bool> CsvRecords::next() { return machine_->next(); }
std::span<const CsvField> CsvRecords::fields() const { return machine_->fields(); }
std::uint64_t CsvRecords::line() const { return machine_->line(); }
base::Charset CsvRecords::charset() const { return machine_->charset(); }

}  // namespace quanji::workbook
