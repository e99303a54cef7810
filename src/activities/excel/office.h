// LibreOffice as a program that turns one file into another: found in PATH, with a profile of its own that goes with the step.
#pragma once
#include <string>
#include <string_view>

#include "engine/activity.h"

namespace quanji::activities::excel {

struct OfficeWork {
  std::string file;    // absolute
  std::string ending;  // of what is made: "xlsx", "pdf"
  std::string filter;  // of --convert-to, with the ending in front; empty: the ending's own
};
// A file made by LibreOffice, and the folder it lies in, which goes with this.
class OfficeResult {
 public:
  explicit OfficeResult(std::string folder) : folder_(std::move(folder)) {}
  OfficeResult(OfficeResult&& other) noexcept : folder_(std::move(other.folder_)), file_(std::move(other.file_)) { other.folder_.clear(); }
  OfficeResult& operator=(OfficeResult&&) = delete;
  ~OfficeResult();
  const std::string& folder() const { return folder_; }
  const std::string& file() const { return file_; }
  void found(std::string file) { file_ = std::move(file); }

 private:
  std::string folder_, file_;
};

// The input is copied first, so that no lock is left beside it; formulas are all worked out anew; macros do not run. requirement_missing
// when LibreOffice is not installed; unreadable when it makes nothing of the file; stop and deadline end it with everything it started.
engine::Outcome<OfficeResult> run_office(engine::ActivityContext& context, const OfficeWork& work);

}  // namespace quanji::activities::excel
