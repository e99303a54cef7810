#include "devices/dbf_append.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "devices/dbf_reader.h"
#include "devices/dbf_testing.h"

namespace quanji::devices {
namespace {

using values::ColumnBuilder;
using values::ColumnType;
using values::Table;

constexpr base::Date day{20'412};

// Rows "0", "1" … of one column.
Table numbered(int from, int count) {
  ColumnBuilder texts(ColumnType::text);
  for (int i = 0; i < count; ++i) texts.add_text(std::to_string(from + i));
  return Table::make({"A"}, {std::move(texts).finish()}).value();
}
std::string file_of(int rows, bool end_mark = true) {
  testing::RawDbf raw;
  raw.fields = {{"A", 'C', 5}};
  raw.end_mark = end_mark;
  for (int i = 0; i < rows; ++i) raw.add({std::to_string(i)});
  return raw.bytes();
}
// How many rows stand in these bytes, each in its place; -1: the file is refused.
int rows_in(const std::string& bytes) {
  const auto reader = DbfReader::open(RecordFile::of_bytes("a.dbf", bytes));
  if (!reader) return -1;
  const auto rows = reader->read({});
  if (!rows) return -1;
  for (std::size_t i = 0; i < rows->table.rows(); ++i)
    if (rows->table.column(0)->text(i) != std::to_string(i)) return -2;
  return static_cast<int>(rows->table.rows());
}

// A file in memory whose n-th call fails: the machine stops there, or the call alone is refused. A write that fails may be done in part.
class FailingFile final : public AppendTarget {
 public:
  explicit FailingFile(std::string bytes) : bytes_(std::move(bytes)) {}
  const std::string& name() const override { return name_; }
  base::Result<std::uint64_t> size() override { return bytes_.size(); }
  base::Result<std::size_t> read(std::uint64_t offset, std::span<char> room) override {
    if (offset >= bytes_.size()) return std::size_t{0};
    const auto count = std::min(room.size(), bytes_.size() - static_cast<std::size_t>(offset));
    std::memcpy(room.data(), bytes_.data() + offset, count);
    return count;
  }
  base::Status write(std::uint64_t offset, std::string_view bytes) override {
    const bool fails = !call();
    if (fails) bytes = bytes.substr(0, bytes.size() * static_cast<std::size_t>(done_in_part) / 3);
    if (fails && bytes.size() < 16 && offset < 32) return refused();  // the header's first bytes are one sector: all or nothing
    if (offset + bytes.size() > bytes_.size()) bytes_.resize(offset + bytes.size());
    bytes_.replace(offset, bytes.size(), bytes);
    states.push_back(bytes_);
    return fails ? refused() : base::Status();
  }
  base::Status truncate(std::uint64_t size) override {
    if (!call()) return refused();
    bytes_.resize(size);
    states.push_back(bytes_);
    return {};
  }
  base::Status sync() override { return call() ? base::Status() : refused(); }

  int calls = 0, fail_at = 0, done_in_part = 0;
  bool stops = true;  // every later call fails as well
  std::vector<std::string> states;
  std::string bytes_;

 private:
  bool call() {
    ++calls;
    return fail_at == 0 || (stops ? calls < fail_at : calls != fail_at);
  }
  static base::Status refused() { return base::Error(base::Code::store_unavailable); }
  std::string name_ = "a.dbf";
};

TEST(DbfAppend, RowsStandBehindTheOldOnes) {
  for (const bool end_mark : {true, false}) {
    FailingFile file(file_of(3, end_mark));
    const auto done = append_dbf(file, numbered(3, 2), day, {});
    ASSERT_TRUE(done.ok());
    EXPECT_EQ(done->records, 5U);
    EXPECT_FALSE(done->mended);
    auto expected = file_of(5, end_mark);
    expected.replace(1, 3, "\x7D\x0B\x14");
    EXPECT_EQ(file.bytes_, expected);
  }
}

TEST(DbfAppend, AReaderSeesAWholeFileAfterEveryStep) {
  FailingFile file(file_of(3));
  ASSERT_TRUE(append_dbf(file, numbered(3, 4), day, {}).ok());
  ASSERT_GE(file.states.size(), 3U);
  for (const auto& state : file.states) {
    const int rows = rows_in(state);
    EXPECT_TRUE(rows == 3 || rows == 7) << rows;
  }
}

TEST(DbfAppend, ACrashAtAnyCallLeavesAFileThatReadsAndTheNextAppendMendsIt) {
  int calls = 0;
  {
    FailingFile file(file_of(3));
    ASSERT_TRUE(append_dbf(file, numbered(3, 4), day, {}).ok());
    calls = file.calls;
  }
  for (const bool end_mark : {true, false})
    for (int n = 1; n <= calls; ++n)
      for (int part = 0; part < 3; ++part) {
        FailingFile file(file_of(3, end_mark));
        file.fail_at = n;
        file.done_in_part = part;
        EXPECT_FALSE(append_dbf(file, numbered(3, 4), day, {}).ok());
        const int rows = rows_in(file.bytes_);
        EXPECT_TRUE(rows == 3 || rows == 7) << "call " << n << " part " << part << ": " << rows;
        FailingFile next(file.bytes_);
        const auto done = append_dbf(next, numbered(rows, 2), day, {});
        ASSERT_TRUE(done.ok()) << done.error().message().en;
        EXPECT_EQ(rows_in(next.bytes_), rows + 2);
        EXPECT_EQ(next.bytes_[14], 0);
        EXPECT_LE(file_of(rows + 2).size() - next.bytes_.size(), 1U);  // with or without its end mark
      }
}

TEST(DbfAppend, ARefusedCallLeavesTheFileAsItWas) {
  for (int n = 1; n <= 6; ++n)
    for (int part = 0; part < 3; ++part) {
      FailingFile file(file_of(3));
      file.fail_at = n;
      file.done_in_part = part;
      file.stops = false;
      EXPECT_FALSE(append_dbf(file, numbered(3, 4), day, {}).ok()) << n;
      EXPECT_EQ(file.bytes_, file_of(3)) << "call " << n << " part " << part;
    }
}

TEST(DbfAppend, NothingIsTouchedWhenARowIsRefused) {
  FailingFile file(file_of(3));
  ColumnBuilder texts(ColumnType::text);
  texts.add_text("ok");
  texts.add_text("too long");
  const auto done = append_dbf(file, Table::make({"A"}, {std::move(texts).finish()}).value(), day, {});
  ASSERT_FALSE(done.ok());
  EXPECT_NE(done.error().message().en.find("Row 2"), std::string::npos);
  EXPECT_EQ(file.calls, 0);
}

TEST(DbfAppend, AnIncompleteFileIsNotAppendedTo) {
  const auto whole = file_of(3);
  for (const auto& bytes : {whole.substr(0, whole.size() - 2), whole + "longer", std::string(), std::string("abc")}) {
    FailingFile file(bytes);
    EXPECT_FALSE(append_dbf(file, numbered(3, 1), day, {}).ok());
    EXPECT_EQ(file.bytes_, bytes);
  }
}

class DbfAppendToFile : public ::testing::Test {
 protected:
  DbfAppendToFile() {
    std::string name = (std::filesystem::temp_directory_path() / "quanji-append-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ + "/a.dbf";
    std::ofstream(path_, std::ios::binary) << file_of(3);
  }
  ~DbfAppendToFile() override { std::filesystem::remove_all(folder_); }
  std::string bytes() const {
    std::ifstream in(path_, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }
  std::string folder_, path_;
  base::ManualClock clock_;
  Wait wait_ = [this](std::chrono::microseconds d) -> base::Status {
    clock_.advance(d);
    return {};
  };
};

TEST_F(DbfAppendToFile, AppendsToAFile) {
  const auto done = append_dbf(path_, numbered(3, 1), day, {}, clock_, wait_);
  ASSERT_TRUE(done.ok()) << done.error().message().en;
  EXPECT_EQ(rows_in(bytes()), 4);
  EXPECT_EQ(append_dbf(folder_ + "/none.dbf", numbered(0, 1), day, {}, clock_, wait_).error().code(), base::Code::not_found);
}

TEST_F(DbfAppendToFile, AnotherProgramsLockIsWaitedFor) {
  const base::Descriptor other(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
  struct flock whole {};
  whole.l_type = F_WRLCK;
  ASSERT_EQ(::fcntl(other.get(), F_OFD_SETLK, &whole), 0);
  EXPECT_EQ(append_dbf(path_, numbered(3, 1), day, {}, clock_, wait_).error().code(), base::Code::wrong_state);
  EXPECT_EQ(rows_in(bytes()), 3);
  int waits = 0;
  const auto done = append_dbf(path_, numbered(3, 1), day, {}, clock_, [&](std::chrono::microseconds d) -> base::Status {
    clock_.advance(d);
    whole.l_type = F_UNLCK;
    if (++waits == 3) {
      EXPECT_EQ(::fcntl(other.get(), F_OFD_SETLK, &whole), 0);
    }
    return {};
  });
  EXPECT_TRUE(done.ok());
  EXPECT_EQ(waits, 3);
  const auto stopped = append_dbf(path_, numbered(4, 1), day, {}, clock_, wait_);
  EXPECT_TRUE(stopped.ok());
}

TEST_F(DbfAppendToFile, AReaderBesideAWriterSeesOnlyWholeFiles) {
  constexpr int appends = 60;
  std::atomic<bool> ended{false};
  std::thread writer([&] {
    base::ManualClock clock;
    for (int i = 0; i < appends; ++i)
      EXPECT_TRUE(append_dbf(path_, numbered(3 + i * 2, 2), day, {}, clock, [](auto) { return base::Status(); }).ok());
    ended = true;
  });
  int looks = 0;
  std::uint64_t before = 3;
  while (!ended || looks == 0) {
    // The header and the size are of one moment, whatever the writer does; rows that are counted stay.
    const auto reader = DbfReader::open(path_);
    ASSERT_TRUE(reader.ok()) << reader.error().message().en;
    EXPECT_GE(reader->schema().records, before);
    EXPECT_EQ(reader->schema().records % 2, 1U);
    before = reader->schema().records;
    const auto rows = reader->read({});
    if (!rows) {
      EXPECT_EQ(rows.error().code(), base::Code::changed_meanwhile);
    }
    for (std::size_t i = 0; rows.ok() && i < rows->table.rows(); ++i) ASSERT_EQ(rows->table.column(0)->text(i), std::to_string(i));
    ++looks;
  }
  writer.join();
  EXPECT_EQ(rows_in(bytes()), 3 + 2 * appends);
}

TEST_F(DbfAppendToFile, TwoWritersLoseNoRow) {
  constexpr int appends = 25;
  const auto work = [&] {
    base::ManualClock clock;  // never moves: the lock is waited for as long as it takes
    for (int i = 0; i < appends; ++i) {
      const auto done = append_dbf(path_, numbered(7, 1), day, {}, clock, [](auto) -> base::Status {
        std::this_thread::yield();
        return {};
      });
      EXPECT_TRUE(done.ok()) << done.error().message().en;
    }
  };
  std::thread one(work), two(work);
  one.join();
  two.join();
  const auto rows = DbfReader::open(path_)->read({}).value();
  EXPECT_EQ(rows.table.rows(), 3U + 2 * appends);
}

}  // namespace
}  // namespace quanji::devices
