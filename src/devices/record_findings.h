// What is wrong in a file of records: where (file, record, field, byte), what stands there and why it is refused.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace quanji::devices {

// What a finding is about. Errors of this room carry the word as their detail (the code the reason has for a flow): Error::detail().
enum class FindingKind : std::uint8_t {
  unreadable,   // the bytes are not laid out as the format says
  incomplete,   // shorter than its own header says
  bad_value,    // a field's content is no value of its type; or a value does not go into its field
  bad_encoding  // bytes that are no text; or a text the encoding has no bytes for
};
std::string_view word_of(FindingKind kind);

struct RecordFinding {
  std::uint64_t record = 0;  // from 1; 0: the file as a whole
  std::string field;         // empty: the record as a whole
  std::uint64_t offset = 0;  // of the first byte in question, in the file, from 0
  std::string bytes;         // as they stand there, at most 64
  base::Text reason;
  FindingKind kind = FindingKind::unreadable;
};
// `unreadable_body`, with the kind's word as detail: file, record, field, byte offset, bytes (quoted when they are plain ASCII, else in
// hexadecimal), reason.
base::Error to_error(const RecordFinding& finding, std::string_view file);

// What becomes of a field that does not hold what its description promises: the whole reading is refused, or the field has no value, and
// it is counted.
enum class Garbage : std::uint8_t { refuse, nothing };

// The findings of one reading: all are counted, the first are kept. One thread.
class Findings {
 public:
  Findings() = default;
  Findings(Garbage policy, std::size_t keep) : policy_(policy), keep_(keep) {}
  // The finding as an error where the policy refuses.
  base::Status add(RecordFinding finding, std::string_view file);
  // Counted, and kept among the first, whatever the policy is: what was mended.
  void note(RecordFinding finding);
  std::uint64_t count() const { return count_; }
  const std::vector<RecordFinding>& first() const { return first_; }
  Garbage policy() const { return policy_; }

 private:
  Garbage policy_ = Garbage::refuse;
  std::size_t keep_ = 0;
  std::uint64_t count_ = 0;
  std::vector<RecordFinding> first_;
};

}  // namespace quanji::devices
