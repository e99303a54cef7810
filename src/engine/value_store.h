// Values too large for a journal's record, each once by its content: values/<sha256>. Also how the journal writes any value.
// Reads foreign bytes: fuzz/run_journal.cpp
#pragma once
#include <boost/json/fwd.hpp>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "values/value.h"

namespace quanji::engine {

inline constexpr std::size_t max_journal_value = 64 * 1024;

class ValueStore {
 public:
  // The folder must exist.
  explicit ValueStore(std::string folder) : folder_(std::move(folder)) {}
  // Appends the journal form, or {"$stored":"<sha256>"} when that is longer than `most` bytes. Written and renamed before it returns; on
  // the disk for good only after sync().
  base::Status append(const values::Value& value, std::string& out, std::size_t most = max_journal_value);
  base::Result<values::Value> read(std::string_view digest) const;
  // Makes what was written since the last time survive a power cut.
  base::Status sync();

 private:
  std::string folder_;
  std::mutex mutex_;
  std::vector<std::string> unsynced_;  // guarded by mutex_
  std::vector<std::pair<values::Value, std::string>>
      recent_;  // guarded by mutex_: values that were stored, kept so that they are not written again
};
// Without a store a value of more than `max_journal_value` bytes goes into the record as far as that holds it.
base::Status append_value(ValueStore* store, const values::Value& value, std::string& out, std::size_t most = max_journal_value);
// Of what append_value wrote.
base::Result<values::Value> read_value(const ValueStore* store, const boost::json::value& json);

}  // namespace quanji::engine
