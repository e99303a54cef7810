// Rows into a CSV file.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "workbook/csv.h"
#include "workbook/day_pattern.h"
#include "workbook/text_values.h"

namespace quanji::workbook {
namespace {

using values::Type;
using values::Value;

constexpr std::size_t flush_at = 256U << 10U;

// What a spreadsheet takes for a formula. The full width forms count: Chinese input methods make them, and some programs fold them.
bool looks_like_formula(std::string_view text) {
  if (text.empty() || parse_plain_number(text)) return false;
  for (const std::string_view begin : {"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"})
    if (text.starts_with(begin)) return true;
  return false;
}

struct Formats {
  DayPattern date, time, datetime;
};

base::Result<DayPattern> pattern_of(std::string_view format, bool day, bool time) {
  QUANJI_TRY(auto pattern, DayPattern::parse(format));
  if (pattern.has_day() == day && (pattern.has_time() == time || (day && time))) return pattern;
  return base::Error(base::Code::invalid_field, base::Text(fmt::format("格式“{}”不适合它的类型。", format),
                                                           fmt::format("The format \"{}\" does not fit its type.", format)));
}

}  // namespace

// Makes the bytes of rows; where they go is the writer's affair.
class CsvRows {
 public:
  static base::Result<CsvRows> make(std::vector<std::string> names, CsvWriting writing) {
    const auto d = static_cast<unsigned char>(writing.delimiter);
    if (d >= 0x80 || (d < 0x20 && d != '\t' && d != 1 && d != 0x1F) || d == '"' || d == 0x7F || names.empty())
      return base::Error(base::Code::invalid_field, base::Text("分隔符必须是一个 ASCII 字符，而且至少要有一列。",
                                                               "The delimiter is one ASCII character, and there is at least one column."));
    CsvRows rows;
    QUANJI_TRY(auto date, pattern_of(writing.date_format, true, false));
    QUANJI_TRY(auto time, pattern_of(writing.time_format, false, true));
    QUANJI_TRY(auto datetime, pattern_of(writing.datetime_format, true, true));
    const Formats standard{std::move(date), std::move(time), std::move(datetime)};
    rows.formats_.assign(names.size(), standard);
    for (const auto& column : writing.columns) {
      const auto at = std::ranges::find(names, column.name);
      if (at == names.end())
        return base::Error(base::Code::invalid_field,
                           base::Text(fmt::format("没有列“{}”。", column.name), fmt::format("There is no column \"{}\".", column.name)));
      if (column.format.empty()) continue;
      QUANJI_TRY(auto pattern, DayPattern::parse(column.format));
      auto& formats = rows.formats_[static_cast<std::size_t>(at - names.begin())];
      if (pattern.has_day() && !pattern.has_time()) formats.date = pattern;
      if (pattern.has_day()) formats.datetime = pattern;
      if (pattern.has_time() && !pattern.has_day()) formats.time = pattern;
    }
    rows.names_ = std::move(names);
    rows.writing_ = std::move(writing);
    return rows;
  }

  base::Status begin(bool with_mark, bool with_header) {
    if (with_mark && writing_.byte_order_mark && writing_.charset == base::Charset::utf8) out_ += "\xEF\xBB\xBF";
    if (!with_header || writing_.header == CsvHeader::none) return {};
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (i > 0) out_ += writing_.delimiter;
      QUANJI_DO(put_text(names_[i], i));
    }
    end_row();
    return {};
  }

  base::Status add(std::span<const Value> row) {
    ++rows_;
    if (row.size() != names_.size())
      return base::Error(base::Code::invalid_field,
                         base::Text(fmt::format("第 {} 行有 {} 个值，应有 {} 个。", rows_, row.size(), names_.size()),
                                    fmt::format("Row {} has {} values where there are {} columns.", rows_, row.size(), names_.size())));
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) out_ += writing_.delimiter;
      QUANJI_DO(put(row[i], i));
    }
    end_row();
    return {};
  }

  base::Status add_row_of(const values::Table& table, std::size_t row) {
    ++rows_;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (i > 0) out_ += writing_.delimiter;
      const auto& column = *table.column(i);
      if (column.is_nothing(row)) {
        put_nothing();
        continue;
      }
      switch (column.type()) {
        case values::ColumnType::text:
          QUANJI_DO(put_text(column.text(row), i));
          break;
        case values::ColumnType::integer:
          put_plain(fmt::format_int(column.numbers()[row]).c_str());
          break;
        case values::ColumnType::decimal:
          put_plain(column.decimal(row).plain());
          break;
        default:
          QUANJI_DO(put(column.value(row), i));
      }
    }
    end_row();
    return {};
  }

  std::string& out() { return out_; }
  std::size_t columns() const { return names_.size(); }
  std::uint64_t rows() const { return rows_; }
  std::uint64_t guarded() const { return guarded_; }

 private:
  void end_row() { out_ += writing_.line_end == LineEnd::crlf ? "\r\n" : "\n"; }
  void put_nothing() {
    // A line with nothing in it would be no row.
    if (names_.size() == 1) out_ += "\"\"";
  }
  void put_plain(std::string_view text) {
    if (writing_.quoting != Quoting::all) {
      out_ += text;
    } else {
      out_ += '"';
      out_ += text;
      out_ += '"';
    }
  }
  base::Status put_text(std::string_view text, std::size_t column) {
    std::string changed;
    if (writing_.guard == FormulaGuard::apostrophe && looks_like_formula(text)) {
      ++guarded_;
      changed = "'";
      changed += text;
      text = changed;
    }
    bool plain = writing_.quoting == Quoting::where_needed && !text.empty();
    bool ascii = true;
    bool quote = false;
    for (const char c : text) {
      if (c == writing_.delimiter || c == '\n' || c == '\r') plain = false;
      if (c == '"') quote = true;
      if (static_cast<unsigned char>(c) >= 0x80) ascii = false;
      if (c == '\0') return wrong(column, base::Text("文本里有零字节", "the text holds a zero byte"));
    }
    // Blanks at the ends would not survive a reader that trims.
    if (plain && !quote && (text.front() == ' ' || text.back() == ' ')) plain = false;
    std::string encoded;
    if (writing_.charset != base::Charset::utf8 && !ascii) {
      auto made = base::from_utf8(writing_.charset, text);
      if (!made.ok())
        return wrong(column,
                     base::Text(fmt::format("有编码 {} 里没有的字符；改用 gb18030 或 utf-8。", base::to_text(writing_.charset)),
                                fmt::format("there is a character {} has not; use gb18030 or utf-8.", base::to_text(writing_.charset))),
                     "bad_encoding");
      encoded = std::move(*made);
    }
    if (plain && !quote) {
      out_ += encoded.empty() ? text : std::string_view(encoded);
      return {};
    }
    out_ += '"';
    if (!quote) {
      out_ += encoded.empty() ? text : std::string_view(encoded);
    } else {
      // A quotation mark's byte is no part of a longer character in any of the encodings.
      for (const char c : encoded.empty() ? text : std::string_view(encoded)) {
        if (c == '"') out_ += '"';
        out_ += c;
      }
    }
    out_ += '"';
    return {};
  }
  base::Status put_time(const DayPattern& pattern, std::int64_t micros, std::size_t column) {
    // Years outside of 1 to 9999 have no spelling.
    if (pattern.has_day() && (micros < -62'135'596'800'000'000 || micros >= 253'402'300'800'000'000))
      return wrong(column, base::Text("年份不在 1 到 9999 之间", "the year is not within 1 to 9999"));
    if (!pattern.exact(micros))
      return wrong(column, base::Text(fmt::format("格式 {} 会丢掉一部分时间；换一个格式。", pattern.text()),
                                      fmt::format("the format {} would cut part of the time; take another one.", pattern.text())));
    std::string text;
    pattern.append(text, micros);
    put_word(text);
    return {};
  }
  // Of words and formats of ours, which may hold a delimiter.
  void put_word(std::string_view text) {
    if (text.find_first_of(std::string{'"', '\r', '\n', writing_.delimiter}) != std::string_view::npos &&
        writing_.quoting != Quoting::all) {
      out_ += '"';
      for (const char c : text) {
        if (c == '"') out_ += '"';
        out_ += c;
      }
      out_ += '"';
    } else {
      put_plain(text);
    }
  }
  base::Status put(const Value& value, std::size_t column) {
    switch (value.type()) {
      case Type::nothing:
        put_nothing();
        return {};
      case Type::boolean:
        put_word(value.boolean() ? writing_.true_word : writing_.false_word);
        return {};
      case Type::integer:
        put_plain(fmt::format_int(value.integer()).c_str());
        return {};
      case Type::decimal:
        put_plain(value.decimal().plain());
        return {};
      case Type::text:
        return put_text(value.text(), column);
      case Type::date:
        return put_time(formats_[column].date, value.date().days * micros_of_day, column);
      case Type::time:
        return put_time(formats_[column].time, value.time().micros, column);
      case Type::datetime:
        return put_time(formats_[column].datetime, value.datetime().micros, column);
      case Type::duration:
        put_word(values::to_text(value.duration()));
        return {};
      default:
        return wrong(column, base::Text(fmt::format("类型 {} 不能写进一格；先取出需要的部分。", values::word_of(value.type())),
                                        fmt::format("a {} does not fit into one place; take out the part you need.",
                                                    values::word_of(value.type()))));
    }
  }
  base::Error wrong(std::size_t column, const base::Text& why, std::string_view about = "bad_value") const {
    return base::Error(base::Code::invalid_field,
                       base::Text(fmt::format("第 {} 行，列“{}”：{}", rows_, names_[column], why.zh),
                                  fmt::format("Row {}, column \"{}\": {}", rows_, names_[column], why.en)),
                       std::string(about));
  }

  std::vector<std::string> names_;
  std::vector<Formats> formats_;
  CsvWriting writing_;
  std::string out_;
  std::uint64_t rows_ = 0, guarded_ = 0;
};

class CsvWriter::Machine {
 public:
  Machine(CsvRows rows, std::string path) : rows_(std::move(rows)), path_(std::move(path)) {}
  base::Status flush(std::size_t least) {
    if (rows_.out().size() < least) return {};
    QUANJI_DO(fresh_ ? fresh_->write(rows_.out()) : write_all(appended_.get(), rows_.out(), path_));
    rows_.out().clear();
    return {};
  }
  base::Status close() {
    QUANJI_DO(flush(1));
    if (fresh_) return fresh_->place();
    if (::fsync(appended_.get()) != 0) return file_error("fsync", path_);
    return {};
  }

  CsvRows rows_;
  std::string path_;
  std::optional<NewFile> fresh_;
  base::Descriptor appended_;
};

base::Result<CsvWriter> CsvWriter::open(const std::string& path, std::vector<std::string> names, CsvWriting writing) {
  const auto existing = writing.existing;
  const std::string_view line_end = writing.line_end == LineEnd::crlf ? "\r\n" : "\n";
  QUANJI_TRY(auto rows, CsvRows::make(std::move(names), std::move(writing)));
  auto machine = std::make_unique<Machine>(std::move(rows), path);
  bool empty = true;
  if (existing == Existing::append) {
    machine->appended_ = base::Descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
    const int fd = machine->appended_.get();
    struct stat there = {};
    if (fd < 0 || ::fstat(fd, &there) != 0) return file_error("open", path);
    empty = there.st_size == 0;
    char last = '\n';
    if (!empty && ::pread(fd, &last, 1, there.st_size - 1) != 1) return file_error("read", path);
    if (last != '\n') machine->rows_.out() += line_end;
  } else {
    QUANJI_TRY(machine->fresh_, NewFile::begin(path, existing));
  }
  QUANJI_DO(machine->rows_.begin(empty, empty));
  return CsvWriter(std::move(machine));
}
CsvWriter::CsvWriter(std::unique_ptr<Machine> machine) : machine_(std::move(machine)) {}
CsvWriter::~CsvWriter() = default;
CsvWriter::CsvWriter(CsvWriter&&) noexcept = default;
CsvWriter& CsvWriter::operator=(CsvWriter&&) noexcept = default;
base::Status CsvWriter::add(std::span<const Value> row) {
  QUANJI_DO(machine_->rows_.add(row));
  return machine_->flush(flush_at);
}
base::Status CsvWriter::add(const values::Table& table, const std::function<base::Status()>& go_on) {
  if (table.columns() != machine_->rows_.columns())
    return base::Error(base::Code::invalid_field,
                       base::Text(fmt::format("表有 {} 列，文件有 {} 列。", table.columns(), machine_->rows_.columns()),
                                  fmt::format("The table has {} columns, the file {}.", table.columns(), machine_->rows_.columns())));
  for (std::size_t row = 0; row < table.rows(); ++row) {
    QUANJI_DO(machine_->rows_.add_row_of(table, row));
    if (go_on && machine_->rows_.out().size() >= flush_at) QUANJI_DO(go_on());
    QUANJI_DO(machine_->flush(flush_at));
  }
  return {};
}
base::Status CsvWriter::close() { return machine_->close(); }
std::uint64_t CsvWriter::rows() const { return machine_->rows_.rows(); }
std::uint64_t CsvWriter::guarded() const { return machine_->rows_.guarded(); }

base::Result<std::string> csv_text(const values::Table& table, const CsvWriting& writing) {
  QUANJI_TRY(auto rows, CsvRows::make(table.names(), writing));
  QUANJI_DO(rows.begin(true, true));
  for (std::size_t row = 0; row < table.rows(); ++row) QUANJI_DO(rows.add_row_of(table, row));
  return std::move(rows.out());
}

}  // namespace quanji::workbook
