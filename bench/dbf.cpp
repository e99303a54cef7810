// DBF alone: a file in the layout of SJSMX (48 fields, one million records) made from a seed, read typed, in two columns, and scanned,
// beside reading the same file from its start to its end. bench_dbf [FOLDER] [RECORDS] [ROUNDS]; one JSON line a figure.
#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/random.h"
#include "devices/dbf_reader.h"
#include "devices/dbf_writer.h"

namespace {

using namespace quanji;

struct Field {
  const char* name;
  char type;
  int width, places;
};
// Names and widths as the clearing house's interface has them.
constexpr Field sjsmx[] = {
    {"MXJSZH", 'C', 6, 0},   {"MXBFZH", 'C', 25, 0},  {"MXSJLX", 'C', 2, 0},  {"MXYWLB", 'C', 4, 0},   {"MXZQDM", 'C', 8, 0},
    {"MXJYDY", 'C', 6, 0},   {"MXTGDY", 'C', 6, 0},   {"MXZQZH", 'C', 20, 0}, {"MXDDBH", 'C', 24, 0},  {"MXYYB", 'C', 4, 0},
    {"MXZXBH", 'C', 16, 0},  {"MXYWLSH", 'C', 16, 0}, {"MXCJSL", 'N', 15, 2}, {"MXQSSL", 'N', 15, 2},  {"MXCJJG", 'N', 13, 4},
    {"MXQSJG", 'N', 18, 9},  {"MXXYJY", 'C', 1, 0},   {"MXPCBS", 'C', 1, 0},  {"MXZQLB", 'C', 2, 0},   {"MXZQZL", 'C', 2, 0},
    {"MXGFXZ", 'C', 2, 0},   {"MXJSFS", 'C', 1, 0},   {"MXHBDH", 'C', 3, 0},  {"MXQSBJ", 'N', 17, 2},  {"MXYHS", 'N', 12, 2},
    {"MXJYJSF", 'N', 12, 2}, {"MXJGGF", 'N', 12, 2},  {"MXGHF", 'N', 12, 2},  {"MXJSF", 'N', 12, 2},   {"MXSXF", 'N', 12, 2},
    {"MXQSYJ", 'N', 12, 2},  {"MXQTFY", 'N', 12, 2},  {"MXZJJE", 'N', 17, 2}, {"MXSFJE", 'N', 18, 2},  {"MXCJRQ", 'C', 8, 0},
    {"MXQSRQ", 'C', 8, 0},   {"MXJSRQ", 'C', 8, 0},   {"MXFSRQ", 'C', 8, 0},  {"MXQTRQ", 'C', 8, 0},   {"MXSCDM", 'C', 2, 0},
    {"MXJYFS", 'C', 2, 0},   {"MXZQDM2", 'C', 8, 0},  {"MXTGDY2", 'C', 6, 0}, {"MXDDBH2", 'C', 16, 0}, {"MXCWDH", 'C', 4, 0},
    {"MXPPHM", 'C', 10, 0},  {"MXFJSM", 'C', 30, 0},  {"MXBYBZ", 'C', 1, 0},
};

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
// Of this process: what a machine with other work to do says less about.
double cpu() {
  struct timespec t {};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}
[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "bench_dbf: %s\n", what.c_str());
  std::exit(1);
}

void make_file(const std::string& path, std::uint32_t records) {
  std::vector<devices::DbfField> fields;
  for (const auto& f : sjsmx) fields.push_back({f.name, f.type, static_cast<std::uint32_t>(f.width), f.places});
  auto schema = devices::make_dbf_schema(fields, base::Charset::gb18030).value();
  schema.records = records;
  const auto header = devices::write_dbf_header(schema, base::Charset::gb18030).value();
  std::FILE* out = std::fopen(path.c_str(), "wb");
  if (!out) fail("cannot make " + path);
  base::SeededRandom chance(20'261'120);
  std::string block = header;
  char cell[64];
  for (std::uint32_t row = 0; row < records; ++row) {
    block += ' ';
    for (const auto& f : sjsmx) {
      const auto at = block.size();
      block.append(static_cast<std::size_t>(f.width), ' ');
      if (f.type == 'N') {
        // Fees are small, some are zero; quantities of sells are negative.
        const auto units = static_cast<long long>(chance.below(chance.below(4) == 0 ? 1 : 100'000'000)) * (chance.below(4) == 0 ? -1 : 1);
        long long whole = units, scale = 1;
        for (int i = 0; i < f.places; ++i) scale *= 10;
        whole = units / scale;
        const auto n = std::snprintf(cell, sizeof cell, "%s%lld.%0*lld", units < 0 && whole == 0 ? "-" : "", whole, f.places,
                                     std::llabs(units % scale));
        block.replace(at + static_cast<std::size_t>(f.width - n), static_cast<std::size_t>(n), cell);
      } else if (f.width == 30) {
        if (chance.below(20) == 0) block.replace(at, 8, "\xC6\xD5\xCD\xA8\xC2\xF2\xC2\xF4");
      } else {
        // Codes fill their field, or nearly.
        const auto fill = f.width <= 8 ? f.width : static_cast<int>(8 + chance.below(static_cast<std::uint64_t>(f.width - 7)));
        auto bits = chance.next();
        for (int i = 0; i < fill; ++i) {
          if (i % 12 == 0) bits = chance.next();
          block[at + static_cast<std::size_t>(i)] = static_cast<char>('0' + bits % 10);
          bits /= 10;
        }
      }
    }
    if (block.size() > (1U << 20)) {
      std::fwrite(block.data(), 1, block.size(), out);
      block.clear();
    }
  }
  block += '\x1A';
  std::fwrite(block.data(), 1, block.size(), out);
  if (std::fclose(out) != 0) fail("cannot write " + path);
}

double sequential(const std::string& path) {
  const auto start = now();
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  std::vector<char> room(256 * 1024);
  while (::read(fd, room.data(), room.size()) > 0) {
  }
  ::close(fd);
  return now() - start;
}
struct Took {
  double wall = 0, cpu = 0;
};
Took typed(const std::string& path, const devices::DbfReadOptions& options, std::size_t* bytes) {
  const auto start = now(), begin = cpu();
  const auto rows = devices::DbfReader::open(path).value().read(options);
  const Took took{now() - start, cpu() - begin};
  if (!rows) fail(rows.error().message().en);
  if (bytes) *bytes = rows->table.bytes_used();
  return took;
}
double scanned(const std::string& path) {
  const auto start = now();
  const auto reader = devices::DbfReader::open(path).value();
  std::uint64_t deleted = 0;
  const auto length = reader.schema().record_length;
  const auto status = reader.scan([&](std::uint64_t, std::string_view records) -> base::Status {
    for (std::size_t at = 0; at < records.size(); at += length) deleted += records[at] == '*' ? 1 : 0;
    return {};
  });
  if (!status.ok() || deleted != 0) fail("the scan failed");
  return now() - start;
}

double median_of(std::vector<double> runs) {
  std::sort(runs.begin(), runs.end());
  return runs[runs.size() / 2];
}
void tell(const char* row, std::vector<double> runs, double goal, const std::vector<double>& of_cpu = {}) {
  std::sort(runs.begin(), runs.end());
  const auto median = runs[runs.size() / 2];
  double load[1] = {0};
  (void)::getloadavg(load, 1);
  std::printf("{\"row\":\"%s\",\"ours\":%.3f,\"best\":%.3f,\"goal\":%.3f,\"met\":%s,\"cpu\":%.3f,\"runs\":%zu,\"load\":%.2f}\n", row,
              median, runs.front(), goal, median <= goal ? "true" : "false", of_cpu.empty() ? 0.0 : median_of(of_cpu), runs.size(),
              load[0]);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : "/tmp";
  const auto records = static_cast<std::uint32_t>(argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 1'000'000);
  const int rounds = argc > 3 ? std::atoi(argv[3]) : 5;
  const auto path = folder + "/quanji-bench-sjsmx.dbf";
  make_file(path, records);
  std::vector<double> plain, all, all_cpu, two, two_cpu, scan, ratio;
  std::size_t bytes = 0;
  sequential(path);
  for (int round = 0; round < rounds; ++round) {
    plain.push_back(sequential(path));
    scan.push_back(scanned(path));
    ratio.push_back(scan.back() / plain.back());
    const auto some = typed(path, {.columns = {"MXZQDM", "MXSFJE"}}, nullptr);
    two.push_back(some.wall);
    two_cpu.push_back(some.cpu);
    const auto every = typed(path, {}, &bytes);
    all.push_back(every.wall);
    all_cpu.push_back(every.cpu);
  }
  struct rusage used {};
  ::getrusage(RUSAGE_SELF, &used);
  tell("dbf_typed_s", all, 3.0, all_cpu);
  tell("dbf_two_columns_s", two, 0.6, two_cpu);
  tell("dbf_scan_to_sequential", ratio, 2.0);
  std::printf("{\"row\":\"dbf_sequential_s\",\"ours\":%.3f}\n{\"row\":\"dbf_memory\",\"tableMb\":%.1f,\"peakMb\":%.1f}\n",
              *std::min_element(plain.begin(), plain.end()), static_cast<double>(bytes) / 1e6, static_cast<double>(used.ru_maxrss) / 1e3);
  ::unlink(path.c_str());
  return 0;
}
