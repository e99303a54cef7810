#include "workbook/zip_copy.h"

#include <zip.h>

#include <cstdio>

#include "workbook/new_file.h"
#include "workbook/zip_archive.h"

namespace quanji::workbook {
namespace {

constexpr uLong utf8_name = 0x0800;

class Copy {
 public:
  Copy(ZipParts::Archive& from, const std::string& path) : from_(from), path_(path), to_(::zipOpen64(path.c_str(), APPEND_STATUS_CREATE)) {}
  ~Copy() {
    if (to_ != nullptr) ::zipClose(to_, nullptr);
  }
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;

  base::Status run(const PartChanges& changes) {
    if (to_ == nullptr) return file_error("open", path_);
    for (const auto& part : from_.parts) {
      const auto change = changes.find(part.name);
      if (change == changes.end())
        QUANJI_DO(as_it_is(part));
      else if (change->second)
        QUANJI_DO(fresh(part.name, *change->second));
    }
    for (const auto& change : changes) {
      const bool there = std::ranges::any_of(from_.parts, [&](const ZipParts::Part& part) { return part.name == change.first; });
      if (!there && change.second) QUANJI_DO(fresh(change.first, *change.second));
    }
    if (::zipClose(std::exchange(to_, nullptr), nullptr) != ZIP_OK) return file_error("write", path_);
    return {};
  }

 private:
  base::Status write(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto piece = bytes.substr(0, 1U << 30U);
      if (::zipWriteInFileInZip(to_, piece.data(), static_cast<unsigned>(piece.size())) != ZIP_OK) return file_error("write", path_);
      bytes.remove_prefix(piece.size());
    }
    return {};
  }
  base::Status begin(const std::string& name, const zip_fileinfo& info, int method, uLong flags, int raw) {
    if (::zipOpenNewFileInZip4_64(to_, name.c_str(), &info, nullptr, 0, nullptr, 0, nullptr, method, Z_DEFAULT_COMPRESSION, raw, -MAX_WBITS,
                                  DEF_MEM_LEVEL, Z_DEFAULT_STRATEGY, nullptr, 0, 20, flags & utf8_name, 0) != ZIP_OK)
      return file_error("write", path_);
    return {};
  }
  base::Status fresh(const std::string& name, std::string_view bytes) {
    zip_fileinfo info = {};
    info.dosDate = 0x00210000;  // 1980-01-01, as spreadsheets write it
    QUANJI_DO(begin(name, info, Z_DEFLATED, utf8_name, 0));
    QUANJI_DO(write(bytes));
    if (::zipCloseFileInZip(to_) != ZIP_OK) return file_error("write", path_);
    return {};
  }
  base::Status as_it_is(const ZipParts::Part& part) {
    QUANJI_DO(from_.go_to(part));
    unz_file_info64 info = {};
    if (::unzGetCurrentFileInfo64(from_.zip, &info, nullptr, 0, nullptr, 0, nullptr, 0) != UNZ_OK) return from_.damaged(part.name);
    int method = 0, level = 0;
    if (::unzOpenCurrentFile2(from_.zip, &method, &level, 1) != UNZ_OK) return from_.damaged(part.name);
    zip_fileinfo out = {};
    out.dosDate = info.dosDate;
    out.internal_fa = info.internal_fa;
    out.external_fa = info.external_fa;
    base::Status outcome = begin(part.name, out, method, info.flag, 1);
    std::vector<char> room(128U << 10U);
    while (outcome.ok()) {
      const int got = ::unzReadCurrentFile(from_.zip, room.data(), static_cast<unsigned>(room.size()));
      if (got < 0) outcome = from_.damaged(part.name);
      if (got <= 0) break;
      outcome = write({room.data(), static_cast<std::size_t>(got)});
    }
    ::unzCloseCurrentFile(from_.zip);
    QUANJI_DO(std::move(outcome));
    if (::zipCloseFileInZipRaw64(to_, info.uncompressed_size, info.crc) != ZIP_OK) return file_error("write", path_);
    return {};
  }

  ZipParts::Archive& from_;
  const std::string& path_;
  zipFile to_;
};

}  // namespace

base::Status copy_parts(ZipParts& from, const PartChanges& changes, const std::string& path) {
  return Copy(from.archive(), path).run(changes);
}

}  // namespace quanji::workbook
