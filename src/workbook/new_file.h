// A file that comes to its place whole or not at all: written beside as NAME.part, then renamed.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/files.h"
#include "base/result.h"

namespace quanji::workbook {

// What to do about a file that stands at the place of a new one.
enum class Existing : std::uint8_t { replace, append, refuse };

// One thread.
class NewFile {
 public:
  // name_taken when something stands there and `existing` is refuse; store_unavailable or not_permitted when the disk refuses.
  static base::Result<NewFile> begin(const std::string& path, Existing existing);
  NewFile(NewFile&& other) noexcept = default;
  NewFile& operator=(NewFile&& other) noexcept = default;
  ~NewFile();  // takes the part away when it was not placed

  int fd() const { return fd_.get(); }
  const std::string& part() const { return part_; }
  base::Status write(std::string_view bytes);
  // To the disk and to its place. Nothing is written afterwards.
  base::Status place();

 private:
  NewFile() = default;
  std::string path_, part_;
  Existing existing_ = Existing::replace;
  base::Descriptor fd_;
};

// The sentence for what errno says about a path: not_found, not_permitted or store_unavailable.
base::Error file_error(std::string_view act, const std::string& path);
base::Status write_all(int fd, std::string_view bytes, const std::string& path);
std::string name_of(const std::string& path);  // its last part

}  // namespace quanji::workbook
