#include <dirent.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "base/files.h"
#include "base/record_log.h"

namespace quanji::base {
namespace {

std::string path_of(const std::string& folder, std::uint64_t number) { return fmt::format("{}/{:08}.seg", folder, number); }

Result<std::vector<std::uint64_t>> segments_in(const std::string& folder) {
  DIR* const open = ::opendir(folder.c_str());
  if (open == nullptr) return Error(Code::store_unavailable, system_detail("open", folder));
  std::vector<std::uint64_t> numbers;
  while (const auto* entry = ::readdir(open)) {
    const std::string_view name = entry->d_name;
    if (name.size() != 12 || !name.ends_with(".seg") || name.substr(0, 8).find_first_not_of("0123456789") != std::string_view::npos)
      continue;
    std::uint64_t number = 0;
    for (const char digit : name.substr(0, 8)) number = number * 10 + static_cast<std::uint64_t>(digit - '0');
    numbers.push_back(number);
  }
  ::closedir(open);
  std::ranges::sort(numbers);
  return numbers;
}

}  // namespace

SegmentWriter::SegmentWriter(std::string folder, std::uint64_t number, RecordWriter writer)
    : folder_(std::move(folder)), number_(number), writer_(std::move(writer)) {}

Result<SegmentWriter> SegmentWriter::open(const std::string& folder) {
  QUANJI_TRY(const auto numbers, segments_in(folder));
  const auto number = numbers.empty() ? 1 : numbers.back();
  QUANJI_TRY(auto writer, RecordWriter::open(path_of(folder, number)));
  return SegmentWriter(folder, number, std::move(writer));
}
Status SegmentWriter::append(std::uint8_t type, std::string_view json) {
  if (json.size() <= max_record_json && !writer_.fits(json.size())) {
    // Whole on the disk before the next begins: only the last segment may have a torn tail.
    QUANJI_DO(writer_.sync());
    QUANJI_TRY(auto following, RecordWriter::open(path_of(folder_, number_ + 1)));
    writer_ = std::move(following);
    ++number_;
  }
  return writer_.append(type, json);
}
Status SegmentWriter::sync() { return writer_.sync(); }

Result<SegmentReader> SegmentReader::open(const std::string& folder, std::uint64_t segment, std::size_t offset) {
  QUANJI_DO(segments_in(folder));
  SegmentReader reader(folder);
  reader.number_ = segment;
  reader.from_ = segment == 0 ? 0 : offset;
  return reader;
}
Result<std::optional<Record>> SegmentReader::next() {
  for (;;) {
    if (!reader_) {
      if (number_ == 0) {
        QUANJI_TRY(const auto numbers, segments_in(folder_));
        if (numbers.empty()) return std::optional<Record>();
        number_ = numbers.front();
      }
      auto opened = RecordReader::open(path_of(folder_, number_), from_);
      if (!opened.ok() && opened.error().code() == Code::not_found) return std::optional<Record>();
      if (!opened.ok()) return std::move(opened).error();
      reader_.emplace(std::move(*opened));
    }
    const auto one = [&]() -> Result<std::optional<Record>> {
      QUANJI_TRY(auto record, reader_->next());
      if (record) record->segment = number_;
      return record;
    };
    QUANJI_TRY(auto record, one());
    if (record) return record;
    if (::access(path_of(folder_, number_ + 1).c_str(), F_OK) != 0) return std::optional<Record>();
    // The writer has gone on; what it wrote here between the two looks must still be read.
    QUANJI_TRY(record, one());
    if (record) return record;
    QUANJI_TRY(const auto left, reader_->unfinished());
    if (left != 0)
      return Error(Code::store_unavailable,
                   Text("记录文件不完整，其后已有新的文件。", "A record file is not whole although a later one exists."),
                   path_of(folder_, number_));
    reader_.reset();
    from_ = 0;
    ++number_;
  }
}
Status SegmentReader::drop_before(std::uint64_t segment) {
  QUANJI_TRY(const auto numbers, segments_in(folder_));
  bool dropped = false;
  for (const auto number : numbers) {
    if (number >= segment || number >= numbers.back()) break;
    if (::unlink(path_of(folder_, number).c_str()) != 0 && errno != ENOENT)
      return Error(Code::store_unavailable, system_detail("delete", path_of(folder_, number)));
    dropped = true;
  }
  return dropped ? sync_folder(folder_) : Status{};
}

}  // namespace quanji::base
