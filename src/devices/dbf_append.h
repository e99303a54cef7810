// Appends records to a DBF file in place, the way programs that wait for rows in it expect: its count is raised last.
//
// The steps, each on the disk before the next: byte 14 of the header is set (dBASE's "incomplete transaction"), the records are written
// behind the last one, the count and the day are raised and byte 14 is cleared in one write. Whoever reads the count's number of records
// reads a whole file at every moment; our reader takes the longer file for what it is because of byte 14. After a crash in the middle the
// file reads as before, and the next append takes away what was left.
#pragma once
#include <chrono>
#include <cstdint>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "devices/dbf.h"
#include "devices/dbf_writer.h"
#include "devices/stable_copy.h"
#include "values/table.h"

namespace quanji::devices {

// What an append asks of its file, so that a test can let every call fail. Real: AppendFile.
class AppendTarget {
 public:
  virtual ~AppendTarget() = default;
  virtual const std::string& name() const = 0;
  virtual base::Result<std::uint64_t> size() = 0;
  virtual base::Result<std::size_t> read(std::uint64_t offset, std::span<char> room) = 0;
  virtual base::Status write(std::uint64_t offset, std::string_view bytes) = 0;
  virtual base::Status truncate(std::uint64_t size) = 0;
  virtual base::Status sync() = 0;
};

struct DbfAppendOptions {
  DbfWriteOptions writing;                         // `existing` does not count
  std::chrono::microseconds lock_wait{5'000'000};  // for other programs that hold a lock on the file
};
struct DbfAppended {
  std::uint64_t records = 0;  // in the file now
  bool mended = false;        // an append that had been cut off was taken back first
};

// The table's rows as records, under an exclusive lock of the whole file (fcntl). All rows or none: nothing is written when one of them is
// refused. Blocks the calling thread. Failures: wrong_state when the lock was not got in time; unreadable_body for a file that is
// incomplete or longer than its header says with no append begun; the disk's refusal, after which the file is as it was if the disk lets
// it.
base::Result<DbfAppended> append_dbf(const std::string& path, const values::Table& table, base::Date day, const DbfAppendOptions& options,
                                     base::Clock& clock, const Wait& wait);
// The same on an open, locked file.
base::Result<DbfAppended> append_dbf(AppendTarget& target, const values::Table& table, base::Date day, const DbfWriteOptions& options);

}  // namespace quanji::devices
