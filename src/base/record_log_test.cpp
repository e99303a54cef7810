#include "base/record_log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/digest.h"
#include "base/random.h"

namespace quanji::base {
namespace {

class RecordLog : public testing::Test {
 protected:
  RecordLog() {
    char pattern[] = "/tmp/quanji-records-XXXXXX";
    folder = ::mkdtemp(pattern);
    path = folder + "/journal.qj";
  }
  ~RecordLog() override { std::filesystem::remove_all(folder); }
  void put(std::span<const std::uint8_t> bytes) { std::ofstream(path, std::ios::binary) << text_of(bytes); }
  Bytes on_disk() const {
    Bytes bytes(std::filesystem::file_size(path));
    std::ifstream(path, std::ios::binary).read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return bytes;
  }
  std::string folder, path;
};
Bytes three_records() {
  Bytes all;
  for (const auto* json : {R"({"step":"a","n":1})", R"({"step":"b","text":"券机"})", R"({"step":"c"})"}) {
    const auto one = write_record(7, json).value();
    all.insert(all.end(), one.begin(), one.end());
  }
  return all;
}
std::vector<std::string> texts(const RecordScan& scan) {
  std::vector<std::string> out;
  for (const auto& record : scan.records) out.emplace_back(record.json);
  return out;
}

TEST(RecordFormat, IsLengthChecksumTypeJsonLittleEndian) {
  // CRC-32C over 02 00 00 00 | 05 | 7b 7d, written out by hand from the description.
  const Bytes covered = {2, 0, 0, 0, 5, '{', '}'};
  const auto crc = crc32c(covered);
  const Bytes expected = {2,
                          0,
                          0,
                          0,
                          static_cast<std::uint8_t>(crc),
                          static_cast<std::uint8_t>(crc >> 8),
                          static_cast<std::uint8_t>(crc >> 16),
                          static_cast<std::uint8_t>(crc >> 24),
                          5,
                          '{',
                          '}'};
  EXPECT_EQ(write_record(5, "{}").value(), expected);
  EXPECT_EQ(write_record(5, "").error().code(), Code::too_large);
  EXPECT_TRUE(write_record(5, std::string(max_record_json, 'x')).ok());
  EXPECT_EQ(write_record(5, std::string(max_record_json + 1, 'x')).error().code(), Code::too_large);
}
TEST(RecordFormat, ATailTornAtAnyByteIsCutAndNothingElseIsLost) {
  const auto all = three_records();
  const auto whole = read_records(all);
  ASSERT_EQ(whole.records.size(), 3U);
  ASSERT_EQ(whole.end, LogEnd::clean);
  for (std::size_t size = 0; size <= all.size(); ++size) {
    const auto scan = read_records(std::span(all).first(size));
    std::size_t expected = 0;
    for (const auto& record : whole.records) expected += record.offset + record_head_size + record.json.size() <= size ? 1 : 0;
    ASSERT_EQ(scan.records.size(), expected) << size;
    const auto good = expected == 0 ? 0 : whole.records[expected - 1].offset + record_head_size + whole.records[expected - 1].json.size();
    EXPECT_EQ(scan.good, good);
    EXPECT_EQ(scan.end, good == size ? LogEnd::clean : LogEnd::torn) << size;
  }
}
TEST(RecordFormat, AFlippedBitBeforeTheLastRecordIsCorruptionAndNothingWrongIsRead) {
  const auto all = three_records();
  const auto before = texts(read_records(all));
  const auto last = read_records(all).records[2].offset;
  for (std::size_t bit = 0; bit < all.size() * 8; ++bit) {
    auto wrong = all;
    wrong[bit / 8] = static_cast<std::uint8_t>(wrong[bit / 8] ^ (1U << (bit % 8)));
    const auto scan = read_records(wrong);
    EXPECT_EQ(scan.end, bit / 8 < last ? LogEnd::corrupt : LogEnd::torn) << bit;
    const auto read = texts(scan);
    ASSERT_LT(read.size(), 3U);
    EXPECT_TRUE(std::equal(read.begin(), read.end(), before.begin())) << bit;
  }
}
TEST(RecordFormat, ZeroesAfterAPowerCutAreATornTail) {
  auto all = three_records();
  const auto good = all.size();
  all.resize(good + 5000);
  const auto scan = read_records(all);
  EXPECT_EQ(scan.end, LogEnd::torn);
  EXPECT_EQ(scan.good, good);
}

TEST_F(RecordLog, ContinuesAfterATailTornAtAnyByte) {
  const auto all = three_records();
  const auto last = read_records(all).records[2].offset;
  for (std::size_t size = last; size < all.size(); ++size) {
    put(std::span(all).first(size));
    auto writer = RecordWriter::open(path);
    ASSERT_TRUE(writer.ok()) << size;
    EXPECT_EQ(writer->size(), last);
    ASSERT_TRUE(writer->append(9, R"({"after":true})").ok());
    ASSERT_TRUE(writer->sync().ok());
    const auto bytes = on_disk();
    const auto scan = read_records(bytes);
    ASSERT_EQ(scan.end, LogEnd::clean) << size;
    ASSERT_EQ(scan.records.size(), 3U);
    EXPECT_EQ(scan.records[2].json, R"({"after":true})");
    EXPECT_EQ(scan.records[2].type, 9);
  }
}
TEST_F(RecordLog, ACorruptFileIsRefusedAndLeftAsItIs) {
  auto all = three_records();
  all[record_head_size + 3] ^= 1;
  put(all);
  const auto writer = RecordWriter::open(path);
  ASSERT_FALSE(writer.ok());
  EXPECT_EQ(writer.error().code(), Code::store_unavailable);
  EXPECT_NE(writer.error().message().en.find("damaged at byte 0"), std::string::npos);
  EXPECT_EQ(on_disk(), all);
  auto reader = RecordReader::open(path).value();
  EXPECT_EQ(reader.next().error().code(), Code::store_unavailable);
  EXPECT_EQ(reader.next().error().code(), Code::store_unavailable);
}
TEST_F(RecordLog, AReaderFollowsItsWriterByteByByte) {
  const auto all = three_records();
  put({});
  const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND);
  auto reader = RecordReader::open(path).value();
  std::vector<std::string> read;
  for (const auto byte : all) {
    ASSERT_EQ(::write(fd, &byte, 1), 1);
    auto next = reader.next();
    ASSERT_TRUE(next.ok());
    if (*next) read.push_back((*next)->json);
  }
  ::close(fd);
  EXPECT_EQ(read, texts(read_records(all)));
  EXPECT_FALSE(reader.next().value());
  EXPECT_EQ(reader.unfinished().value(), 0U);
  EXPECT_EQ(reader.offset(), all.size());
}
TEST_F(RecordLog, AReaderSeesWhatANewWriterPutInPlaceOfATornTail) {
  auto all = three_records();
  put(std::span(all).first(all.size() - 4));
  auto reader = RecordReader::open(path).value();
  ASSERT_TRUE(reader.next().value());
  ASSERT_TRUE(reader.next().value());
  EXPECT_FALSE(reader.next().value());
  EXPECT_GT(reader.unfinished().value(), 0U);
  auto writer = RecordWriter::open(path).value();
  ASSERT_TRUE(writer.append(1, R"({"other":"and longer than what was torn"})").ok());
  EXPECT_EQ(reader.next().value()->json, R"({"other":"and longer than what was torn"})");
}
TEST_F(RecordLog, AReaderFollowsALiveThread) {
  auto writer = RecordWriter::open(path).value();
  constexpr int count = 2000;
  std::thread writing([&] {
    SeededRandom random(5);
    for (int i = 0; i < count; ++i)
      ASSERT_TRUE(writer.append(1, "{\"n\":" + std::to_string(i) + ",\"x\":\"" + std::string(random.below(2000), 'x') + "\"}").ok());
  });
  auto reader = RecordReader::open(path).value();
  for (int seen = 0; seen < count;) {
    auto next = reader.next();
    ASSERT_TRUE(next.ok()) << next.error().detail();
    if (!*next) continue;
    ASSERT_TRUE((*next)->json.starts_with("{\"n\":" + std::to_string(seen) + ","));
    ++seen;
  }
  writing.join();
}
TEST_F(RecordLog, ARestartContinuesWhereAReaderStood) {
  put(three_records());
  auto first = RecordReader::open(path).value();
  const auto one = first.next().value();
  auto second = RecordReader::open(path, first.offset()).value();
  const auto two = second.next().value();
  EXPECT_EQ(two->offset, record_head_size + one->json.size());
  EXPECT_EQ(two->json, R"({"step":"b","text":"券机"})");
}
TEST_F(RecordLog, AFullDiskLeavesNoHalfRecord) {
  auto writer = RecordWriter::open(path).value();
  ASSERT_TRUE(writer.append(1, R"({"n":1})").ok());
  const auto good = writer.size();
  // A limit on the file's size cuts the write as a full disk does.
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto old_handler = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{good + 20, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const auto refused = writer.append(1, std::string(100, 'x'));
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, old_handler);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), Code::store_unavailable);
  EXPECT_EQ(on_disk().size(), good);
  // There is room again: it goes on.
  ASSERT_TRUE(writer.append(2, R"({"n":2})").ok());
  const auto bytes = on_disk();
  EXPECT_EQ(read_records(bytes).records.size(), 2U);
  EXPECT_EQ(read_records(bytes).end, LogEnd::clean);
}
TEST_F(RecordLog, AFailedSyncEndsTheWriter) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);  // fdatasync on a pipe fails
  RecordWriter writer(ends[1], Ownership::owned, 0);
  ASSERT_TRUE(writer.append(1, "{}").ok());
  EXPECT_EQ(writer.sync().error().code(), Code::store_unavailable);
  EXPECT_EQ(writer.append(1, "{}").error().code(), Code::store_unavailable);
  EXPECT_EQ(writer.sync().error().code(), Code::store_unavailable);
  ::close(ends[0]);
}
TEST_F(RecordLog, ASegmentDoesNotGrowBeyondItsSize) {
  auto writer = RecordWriter::open(path).value();
  const std::string big(max_record_json, 'x');
  while (writer.fits(big.size())) ASSERT_TRUE(writer.append(1, big).ok());
  EXPECT_EQ(writer.append(1, big).error().code(), Code::too_large);
  EXPECT_LE(writer.size(), segment_size);
  EXPECT_EQ(std::filesystem::file_size(path), writer.size());
}
TEST_F(RecordLog, AnInheritedDescriptorIsWrittenAndNotClosed) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT, 0600);
  {
    RecordWriter writer(fd, Ownership::borrowed, 0);
    ASSERT_TRUE(writer.append(3, "{}").ok());
  }
  EXPECT_EQ(::fcntl(fd, F_GETFD), 0);
  ::close(fd);
  const auto bytes = on_disk();
  EXPECT_EQ(read_records(bytes).records.size(), 1U);
  struct stat facts {};
  RecordWriter::open(folder + "/other").value();
  ASSERT_EQ(::stat((folder + "/other").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 077, 0U);
}

TEST_F(RecordLog, SegmentsRollAndAreReadInOrderAndDropped) {
  auto writer = SegmentWriter::open(folder).value();
  const std::string filler(700'000, 'x');
  constexpr int count = 30;
  for (int i = 0; i < count; ++i) ASSERT_TRUE(writer.append(1, "{\"n\":" + std::to_string(i) + ",\"x\":\"" + filler + "\"}").ok());
  EXPECT_EQ(writer.segment(), 3U);
  auto reader = SegmentReader::open(folder).value();
  Record twentieth;
  for (int i = 0; i < count; ++i) {
    auto next = reader.next().value();
    ASSERT_TRUE(next) << i;
    EXPECT_TRUE(next->json.starts_with("{\"n\":" + std::to_string(i) + ","));
    if (i == 20) twentieth = *next;
  }
  EXPECT_FALSE(reader.next().value());
  // A restart: the writer goes on in the last segment, a reader at the place it had acknowledged.
  writer = SegmentWriter::open(folder).value();
  ASSERT_TRUE(writer.append(2, R"({"after":"restart"})").ok());
  ASSERT_TRUE(writer.sync().ok());
  EXPECT_EQ(reader.next().value()->type, 2);
  ASSERT_TRUE(reader.drop_before(twentieth.segment).ok());
  auto again = SegmentReader::open(folder, twentieth.segment, twentieth.offset).value();
  EXPECT_EQ(again.next().value()->json, twentieth.json);
  auto from_first = SegmentReader::open(folder).value();
  EXPECT_EQ(from_first.next().value()->segment, twentieth.segment);
  // The last one stays, whatever is asked.
  ASSERT_TRUE(reader.drop_before(99).ok());
  EXPECT_EQ(SegmentWriter::open(folder).value().segment(), 3U);
}
TEST_F(RecordLog, ATornSegmentBeforeTheLastIsDamage) {
  const auto all = three_records();
  path = folder + "/00000001.seg";
  put(std::span(all).first(all.size() - 1));
  path = folder + "/00000002.seg";
  put(all);
  auto reader = SegmentReader::open(folder).value();
  ASSERT_TRUE(reader.next().value());
  ASSERT_TRUE(reader.next().value());
  EXPECT_EQ(reader.next().error().code(), Code::store_unavailable);
}
TEST_F(RecordLog, AnEmptyFolderHasNothingYet) {
  auto reader = SegmentReader::open(folder).value();
  EXPECT_FALSE(reader.next().value());
  auto writer = SegmentWriter::open(folder).value();
  EXPECT_FALSE(reader.next().value());
  ASSERT_TRUE(writer.append(1, "{}").ok());
  EXPECT_TRUE(reader.next().value());
  EXPECT_FALSE(SegmentReader::open(folder + "/nowhere").ok());
}

}  // namespace
}  // namespace quanji::base
