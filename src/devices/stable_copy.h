// A copy of a file that another program rewrites again and again: whole and of one moment, or refused.
//
// A copy counts when the file stood still for `settle` before it, has the same size and the same time of change after it, reads the same a
// second time, and the caller's judge finds it whole. Exchange programs rewrite their files every few seconds, some every 200 ms; what is
// torn is tried again until the deadline. What no reader can see from outside is a writer that stops for longer than `settle` in the
// middle of a rewriting that changes neither size nor header: for such a writer give a longer `settle`.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "devices/record_file.h"

namespace quanji::devices {

// Waits, or says why not to wait any longer (the run was stopped): that is then the answer.
using Wait = std::function<base::Status(std::chrono::microseconds)>;
// Whether the copy is whole. Its refusal means "try again".
using JudgeCopy = std::function<base::Status(const RecordFile& copy)>;

struct StableCopyOptions {
  std::chrono::microseconds deadline{5'000'000};
  std::chrono::microseconds settle{20'000};  // longer than the steps of the kernel's file times (4 to 10 ms)
  std::string scratch_folder;                // where the copy stands, without a name; empty: in memory
  std::uint64_t most_bytes = 16ULL << 30;    // too_large
};

// Failures: not_found and not_permitted as they are (a file that is away for a moment is waited for, four times `settle` at first);
// changed_meanwhile when the deadline passed and the file never stood still; what the judge said when it was the last to refuse.
// Blocks the calling thread. The copy keeps the file's path as its name.
base::Result<RecordFile> stable_copy(const std::string& path, const StableCopyOptions& options, base::Clock& clock, const Wait& wait,
                                     const JudgeCopy& judge);

}  // namespace quanji::devices
