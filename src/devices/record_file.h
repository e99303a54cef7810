// A file that is read in blocks, or bytes in memory that stand for one. Never mapped: a file that another program shortens must not end us.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/files.h"
#include "base/result.h"

namespace quanji::devices {

// What tells one state of a file from another: its size and the time it was last written. Only equality means something.
struct FileState {
  std::uint64_t size = 0;
  std::int64_t modified_nanos = 0;
  std::uint64_t device = 0, inode = 0;
  bool operator==(const FileState&) const = default;
};

// Asked between blocks of long work: whether to go on, or the answer instead. Empty: nobody asks.
using GoOn = std::function<base::Status()>;

// Reading is safe from any thread.
class RecordFile {
 public:
  // not_found, not_permitted, or what else the system says, with the path.
  static base::Result<RecordFile> open(const std::string& path);
  static RecordFile of_bytes(std::string name, std::string bytes);
  // `descriptor` is read from its start whatever its position.
  static RecordFile of_descriptor(std::string name, base::Descriptor descriptor);

  const std::string& name() const { return name_; }
  base::Result<FileState> state() const;
  // Fills `room` from `offset` on; fewer bytes only at the file's end.
  base::Result<std::size_t> read(std::uint64_t offset, std::span<char> room) const;

 private:
  RecordFile(std::string name, std::variant<base::Descriptor, std::string> content)
      : name_(std::move(name)), content_(std::move(content)) {}
  std::string name_;
  std::variant<base::Descriptor, std::string> content_;
};

// What the system says about a path, as an answer for a person. Reads errno.
base::Error file_error(std::string_view act, const std::string& path);
// All of `bytes` to the descriptor, from `offset` on.
base::Status write_at(int fd, const std::string& path, std::uint64_t offset, std::string_view bytes);

enum class Existing : std::uint8_t { refuse, replace };
// A file that is written under another name beside its place and takes the place whole, or not at all: when it goes before `finish`,
// nothing is left of it. One thread.
class NewFile {
 public:
  static base::Result<NewFile> begin(std::string path, Existing existing);
  NewFile(NewFile&& other) noexcept;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();
  base::Status append(std::string_view bytes);
  base::Status overwrite(std::uint64_t offset, std::string_view bytes);
  std::uint64_t size() const { return size_; }
  // On the disk under its own name when it returns.
  base::Status finish() &&;

 private:
  NewFile(std::string path, std::string draft, base::Descriptor fd, Existing existing)
      : path_(std::move(path)), draft_(std::move(draft)), fd_(std::move(fd)), existing_(existing) {}
  std::string path_, draft_;  // draft_ is empty when nothing has to be taken away
  base::Descriptor fd_;
  Existing existing_;
  std::uint64_t size_ = 0;
};

}  // namespace quanji::devices
