// bench_workbook: a million cells (100 000 rows × 10 columns: integers, decimals, texts, days) written and read as XLSX and CSV, each in a
// process of its own, best of three. Prints one JSON line: seconds of the wall, and the most memory the process had, the table itself
// included.
//   bench_workbook [FOLDER]     default: the current folder
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

#include "base/random.h"
#include "workbook/csv.h"
#include "workbook/xlsx_read.h"
#include "workbook/xlsx_write.h"

namespace {

using namespace quanji;
using values::ColumnBuilder;
using values::ColumnType;

constexpr std::size_t rows = 100'000, columns = 10;

void must(const base::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "bench: %s %s\n", status.error().message().en.c_str(), status.error().detail().c_str());
  std::_Exit(1);
}
template <class T>
T take(base::Result<T> result) {
  if (result.ok()) return std::move(*result);
  must(std::move(result).error());
  std::abort();
}

values::Table made() {
  base::SeededRandom random(1);
  std::vector<std::string> names;
  std::vector<values::ColumnPtr> made;
  for (std::size_t c = 0; c < columns; ++c) {
    names.push_back("column" + std::to_string(c));
    const auto type = c < 3 ? ColumnType::integer : c < 6 ? ColumnType::decimal : c < 9 ? ColumnType::text : ColumnType::date;
    ColumnBuilder builder(type, type == ColumnType::decimal ? 2 : 0);
    builder.reserve(rows, rows * 16);
    for (std::size_t r = 0; r < rows; ++r) {
      if (type == ColumnType::integer)
        builder.add_integer(static_cast<std::int64_t>(random.below(100'000'000)));
      else if (type == ColumnType::decimal)
        builder.add_units(static_cast<std::int64_t>(random.below(10'000'000'000)));
      else if (type == ColumnType::text)
        builder.add_text("证券" + std::to_string(random.below(1'000'000)));
      else
        builder.add(base::Date{static_cast<std::int32_t>(15'000 + random.below(6000))});
    }
    made.push_back(std::move(builder).finish());
  }
  return take(values::Table::make(std::move(names), std::move(made)));
}

void write_xlsx(const std::string& path, const values::Table& table) {
  auto writer = take(workbook::WorkbookWriter::create(path, workbook::Existing::replace, {}));
  workbook::SheetWriting sheet;
  sheet.name = "S";
  must(writer.add_sheet(table, sheet));
  take(writer.close());
}
void read_xlsx(const std::string& path) {
  auto book = take(workbook::Workbook::open(path));
  if (take(book.table({})).table->rows() != rows) std::abort();
}
void write_csv(const std::string& path, const values::Table& table) {
  auto writer = take(workbook::CsvWriter::open(path, table.names(), {}));
  must(writer.add(table));
  must(writer.close());
}
void read_csv(const std::string& path) {
  workbook::CsvReading reading;
  reading.untyped = workbook::Untyped::guess;
  if (take(workbook::read_csv_file(path, reading)).table->rows() != rows) std::abort();
}

struct Measured {
  double seconds = 1e9;
  double cpu = 1e9;
  double megabytes = 0;
};
double cpu_seconds(const rusage& used) {
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}
// In a process of its own, so that memory is told apart.
Measured measure(const std::function<void()>& prepare, const std::function<void()>& work) {
  Measured best;
  for (int round = 0; round < 3; ++round) {
    int ends[2];
    if (::pipe(ends) != 0) std::abort();
    const auto child = ::fork();
    if (child == 0) {
      prepare();
      rusage before = {};
      ::getrusage(RUSAGE_SELF, &before);
      const auto start = std::chrono::steady_clock::now();
      work();
      const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      rusage used = {};
      ::getrusage(RUSAGE_SELF, &used);
      const double result[3] = {took, cpu_seconds(used) - cpu_seconds(before), static_cast<double>(used.ru_maxrss) / 1024};
      if (::write(ends[1], result, sizeof result) != sizeof result) std::_Exit(1);
      std::_Exit(0);
    }
    ::close(ends[1]);
    double result[3] = {};
    if (::read(ends[0], result, sizeof result) != sizeof result) std::exit(1);
    ::close(ends[0]);
    ::waitpid(child, nullptr, 0);
    best.seconds = std::min(best.seconds, result[0]);
    best.cpu = std::min(best.cpu, result[1]);
    best.megabytes = std::max(best.megabytes, result[2]);
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : ".";
  const auto xlsx = folder + "/bench_workbook.xlsx", csv = folder + "/bench_workbook.csv";
  values::Table table;
  const auto prepare = [&] { table = made(); };
  const auto nothing = [] {};
  const auto wrote = measure(prepare, [&] { write_xlsx(xlsx, table); });
  const auto read = measure(nothing, [&] { read_xlsx(xlsx); });
  const auto wrote_csv = measure(prepare, [&] { write_csv(csv, table); });
  const auto got_csv = measure(nothing, [&] { read_csv(csv); });
  ::unlink(xlsx.c_str());
  ::unlink(csv.c_str());
  std::printf("{\"row\": \"workbook_million_cells\"");
  const auto tell = [](const char* what, const Measured& one) {
    std::printf(", \"%s_s\": %.3f, \"%s_cpu_s\": %.3f, \"%s_mb\": %.1f", what, one.seconds, what, one.cpu, what, one.megabytes);
  };
  tell("xlsx_write", wrote);
  tell("xlsx_read", read);
  tell("csv_write", wrote_csv);
  tell("csv_read", got_csv);
  std::printf(", \"goal\": \"xlsx < 2 s each, < 100 MB\"}\n");
  return 0;
}
