// Codes of failures that several groups share, each said once: its kind, and the sentence that stands in the reference. From what rooms
// below answer to what a flow can catch.
#pragma once
#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/activity.h"
#include "workbook/csv.h"

namespace quanji::activities {

// Of every activity that reads a file; that makes one.
inline constexpr std::string_view reading_codes[] = {"not_found", "not_permitted", "file_busy", "io_failed"};
inline constexpr std::string_view writing_codes[] = {"not_found", "not_permitted", "file_exists", "disk_full", "io_failed"};
// The rows of these codes, for ActivityInfo::errors: errors(reading_codes, {"bad_value"}). A code that is not in the table is a bug.
std::vector<engine::ErrorCode> errors(std::span<const std::string_view> shared, std::initializer_list<std::string_view> own);

// With the kind the code has in the table.
engine::Failure failure(std::string_view code, base::Text message);
// The same with what an operation of src/values found wrong: all its problems are told.
engine::Failure failure(std::string_view code, const base::Error& error);
// Of a reader or writer of files: the code is the error's detail where that is one of ours (bad_value, unreadable …), else it follows from
// the error's own code and the system's reason.
engine::Failure file_failure(const base::Error& error);

// Between an activity, which may be stopped and speaks Failure, and long work of a room below, which speaks base::Error.
class Watch {
 public:
  explicit Watch(engine::ActivityContext& context) : context_(context) {}
  // For the room's GoOn.
  std::function<base::Status()> go_on() {
    return [this] { return ask(context_.go_on()); };
  }
  // For the room's waits.
  std::function<base::Status(std::chrono::microseconds)> wait() {
    return [this](std::chrono::microseconds time) { return ask(context_.sleep(time)); };
  }
  // The run's own reason when that ended the work, else what the room said.
  engine::Failure failure(const base::Error& error) && { return why_ ? std::move(*why_) : file_failure(error); }

 private:
  base::Status ask(engine::Outcome<void> outcome);
  engine::ActivityContext& context_;
  std::optional<engine::Failure> why_;
};
// A source of bytes that asks before every block.
class WatchedSource final : public workbook::ByteSource {
 public:
  WatchedSource(std::unique_ptr<ByteSource> source, Watch& watch) : source_(std::move(source)), go_on_(watch.go_on()) {}
  base::Result<std::size_t> read(std::span<char> room) override;

 private:
  std::unique_ptr<ByteSource> source_;
  std::function<base::Status()> go_on_;
};

}  // namespace quanji::activities
