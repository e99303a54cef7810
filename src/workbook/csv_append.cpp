// Rows at the end of a CSV file that is there.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "values/names.h"
#include "workbook/csv.h"

namespace quanji::workbook {
namespace {

constexpr std::size_t looked_at = 64U << 10U;
constexpr std::size_t lines_looked_at = 20;
constexpr std::array<char, 4> candidates = {',', ';', '\t', '|'};

// How often each candidate stands in a line, outside of quotations.
using Counts = std::array<std::size_t, candidates.size()>;

std::vector<Counts> counted(std::string_view text, std::uint32_t skip_lines) {
  const bool utf8 = base::is_utf8(base::utf8_beginning(text, text.size() < 4 ? text.size() : text.size() - 3));
  std::vector<Counts> lines(1, Counts{});
  bool quoted = false, empty = true;
  for (std::size_t i = 0; i < text.size() && lines.size() <= lines_looked_at; ++i) {
    const char c = text[i];
    if (skip_lines > 0) {
      if (c == '\n') --skip_lines;
      continue;
    }
    // The second byte of a GB character may be a bar.
    if (!utf8 && static_cast<unsigned char>(c) > 0x80) {
      ++i;
      empty = false;
      continue;
    }
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '\n' || c == '\r') {
      if (!empty) lines.emplace_back();
      empty = true;
      continue;
    }
    empty = false;
    for (std::size_t k = 0; k < candidates.size(); ++k)
      if (c == candidates[k]) ++lines.back()[k];
  }
  // The last line may be cut.
  if (lines.size() > 1) lines.pop_back();
  return lines;
}

// What is known of a file before rows are put behind it.
struct Seen {
  std::vector<std::string> header;
  char delimiter = ',';
  base::Charset charset = base::Charset::utf8;
  LineEnd line_end = LineEnd::crlf;
};
base::Result<Seen> look(const std::string& path, const CsvAppending& how) {
  Seen seen;
  std::string beginning(looked_at, '\0');
  {
    QUANJI_TRY(const auto source, open_file(path));
    QUANJI_TRY(const auto got, source->read(beginning));
    beginning.resize(got);
  }
  seen.delimiter = how.delimiter.value_or(guessed_delimiter(beginning));
  const auto line = beginning.find('\n');
  if (line != std::string::npos && (line == 0 || beginning[line - 1] != '\r')) seen.line_end = LineEnd::lf;
  CsvReading reading;
  reading.charset = how.charset;
  reading.delimiter = seen.delimiter;
  reading.file = base::repair_utf8(name_of(path));
  // Read from the beginning: the encoding shows in the rows as much as in the header.
  QUANJI_TRY(auto source, open_file(path));
  CsvRecords records(std::move(source), reading);
  QUANJI_TRY(const bool any, records.next());
  if (!any)
    return base::Error(
        base::Code::invalid_field,
        base::Text(fmt::format("文件 {} 是空的：没有列名那一行；用 csv.write_table 先写一个。", reading.file),
                   fmt::format("File {} is empty: there is no row with the names of columns; write one first.", reading.file)),
        "unreadable");
  for (const auto& field : records.fields()) seen.header.emplace_back(field.text);
  seen.charset = records.charset();
  return seen;
}

// The table's columns under the header's names; a column of nothing where it has none.
base::Result<values::Table> arranged(const values::Table& table, const Seen& seen, const std::string& file) {
  for (const auto& name : table.names())
    if (std::ranges::find(seen.header, name) == seen.header.end()) {
      const auto reason = values::no_such_name({"列", "column"}, name, seen.header);
      return base::Error(base::Code::not_found, base::Text(fmt::format("文件 {} 的表头里{}。", file, reason.zh),
                                                           fmt::format("In the header of {} {}.", file, reason.en)));
    }
  values::ColumnBuilder nothing(values::ColumnType::text);
  for (std::size_t row = 0; row < table.rows(); ++row) nothing.add_nothing();
  const auto blank = std::move(nothing).finish();
  std::vector<std::string> names;
  std::vector<values::ColumnPtr> columns;
  for (std::size_t i = 0; i < seen.header.size(); ++i) {
    const auto place = table.find(seen.header[i]);
    columns.push_back(place ? table.column(*place) : blank);
    names.push_back(seen.header[i].empty() ? fmt::format("column{}", i + 1) : seen.header[i]);
  }
  return values::Table::make(std::move(names), std::move(columns));
}

base::Status put_behind(const std::string& path, std::string bytes, LineEnd line_end) {
  base::Descriptor fd(::open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC));
  struct stat there = {};
  if (fd.get() < 0 || ::fstat(fd.get(), &there) != 0) return file_error("open", path);
  char last = '\n';
  if (there.st_size > 0 && ::pread(fd.get(), &last, 1, there.st_size - 1) != 1) return file_error("read", path);
  if (last != '\n') bytes.insert(0, line_end == LineEnd::crlf ? "\r\n" : "\n");
  auto written = write_all(fd.get(), bytes, path);
  if (written.ok() && ::fsync(fd.get()) != 0) written = file_error("fsync", path);
  if (!written.ok()) (void)::ftruncate(fd.get(), there.st_size);
  return written;
}

}  // namespace

char guessed_delimiter(std::string_view beginning, std::uint32_t skip_lines) {
  const auto lines = counted(beginning, skip_lines);
  std::size_t best = candidates.size(), most = 0;
  for (const bool alike : {true, false}) {
    for (std::size_t k = 0; k < candidates.size(); ++k) {
      const auto first = lines.front()[k];
      if (first <= most || (alike && std::ranges::any_of(lines, [&](const Counts& line) { return line[k] != first; }))) continue;
      best = k;
      most = first;
    }
    if (best != candidates.size()) return candidates[best];
  }
  return ',';
}

base::Result<std::uint64_t> append_csv(const std::string& path, const values::Table& table, const CsvAppending& how) {
  QUANJI_TRY(const auto seen, look(path, how));
  QUANJI_TRY(const auto rows, arranged(table, seen, base::repair_utf8(name_of(path))));
  CsvWriting writing;
  writing.charset = seen.charset;
  writing.delimiter = seen.delimiter;
  writing.line_end = seen.line_end;
  writing.header = CsvHeader::none;
  QUANJI_TRY(auto bytes, csv_text(rows, writing));
  if (table.rows() > 0) QUANJI_DO(put_behind(path, std::move(bytes), seen.line_end));
  return static_cast<std::uint64_t>(table.rows());
}

}  // namespace quanji::workbook
