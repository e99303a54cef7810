// The target of a new file as `to` and `if_exists` of every activity mean it: made beside its place, and at its place whole or not at all.
#pragma once
#include <string>

#include "engine/activity.h"
#include "values/field_values.h"

namespace quanji::activities {

enum class IfExists : std::uint8_t { replace, fail, skip };

// One thread. What was begun and not placed leaves nothing.
class FileTarget {
 public:
  // file_exists is answered at once only for what is no file: a folder, a device.
  static engine::Outcome<FileTarget> of(engine::ActivityContext& context, const values::FileRef& to, IfExists if_exists);
  FileTarget(FileTarget&& other) noexcept;
  FileTarget& operator=(FileTarget&&) = delete;
  ~FileTarget();
  // skip, and the target is there: nothing is to be made, file() is the answer.
  bool stays() const { return stays_; }
  // Where to make the file, whole; in the target's folder.
  const std::string& draft() const { return draft_; }
  // The draft, synced, takes its place. fail: file_exists unless what stands there has the same bytes.
  engine::Outcome<values::FileRef> place() &&;
  values::FileRef file() const { return {path_, {}}; }

 private:
  FileTarget(std::string path, IfExists if_exists) : path_(std::move(path)), if_exists_(if_exists) {}
  std::string path_, draft_;
  IfExists if_exists_;
  bool stays_ = false;
};

// Whether both are there and hold the same bytes.
bool same_content(const std::string& a, const std::string& b);

}  // namespace quanji::activities
QUANJI_ENUM(quanji::activities::IfExists, "replace", "fail", "skip");
