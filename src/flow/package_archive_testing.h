// For tests: a zip writer that can lie in every field, folders of one test, and libarchive as the reader of strangers.
#pragma once
#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <locale.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "flow/package_archive.h"
#include "flow/package_archive_records.h"

namespace quanji::flow::testing {

inline std::string deflated(std::string_view content) {
  z_stream z{};
  EXPECT_EQ(::deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(::deflateBound(&z, content.size()) + 16, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  z.avail_in = static_cast<uInt>(content.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(::deflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(z.total_out);
  ::deflateEnd(&z);
  return out;
}
inline std::uint32_t checksum(std::string_view content) {
  return static_cast<std::uint32_t>(
      ::crc32(::crc32(0, nullptr, 0), reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size())));
}

// One entry, honest until told otherwise. `both` changes what both headers say, `local` and `central` one of them, after `both`.
struct LyingEntry {
  std::string path, content;
  int method = 0;
  std::function<void(records::Shared&)> both = {}, local = {};
  std::function<void(records::Central&)> central = {};
  std::string local_extra = {}, central_extra = {}, comment = {};
  std::optional<std::string> local_path = {}, packed = {};
  std::string before = {}, behind = {};  // bytes around local header and data
  bool in_directory = true;
};
struct LyingArchive {
  std::vector<LyingEntry> entries;
  std::string before = {}, before_directory = {}, behind_directory = {}, comment = {}, after = {};
  std::function<void(records::Ending&)> ending = {};

  std::string build() const {
    std::string out = before, directory;
    std::uint16_t count = 0;
    for (const auto& entry : entries) {
      out += entry.before;
      const auto data = entry.packed.value_or(entry.method == 8 ? deflated(entry.content) : entry.content);
      records::Central central;
      central.offset = static_cast<std::uint32_t>(out.size());
      auto& shared = central.shared;
      shared.flags = records::flag_utf8;
      shared.method = static_cast<std::uint16_t>(entry.method);
      shared.date = 33;
      shared.checksum = checksum(entry.content);
      shared.packed = static_cast<std::uint32_t>(data.size());
      shared.size = static_cast<std::uint32_t>(entry.content.size());
      shared.name_size = static_cast<std::uint16_t>(entry.path.size());
      if (entry.both) entry.both(shared);
      auto local = shared;
      const auto local_path = entry.local_path.value_or(entry.path);
      local.name_size = static_cast<std::uint16_t>(local_path.size());
      local.extra_size = static_cast<std::uint16_t>(entry.local_extra.size());
      shared.extra_size = static_cast<std::uint16_t>(entry.central_extra.size());
      central.comment_size = static_cast<std::uint16_t>(entry.comment.size());
      if (entry.local) entry.local(local);
      if (entry.central) entry.central(central);
      records::put_four(out, records::local_mark);
      local.put(out);
      out += local_path + entry.local_extra + data + entry.behind;
      if (!entry.in_directory) continue;
      ++count;
      records::put_four(directory, records::central_mark);
      central.put(directory);
      directory += entry.path + entry.central_extra + entry.comment;
    }
    out += before_directory;
    records::Ending end;
    end.entries = end.entries_here = count;
    end.directory_size = static_cast<std::uint32_t>(directory.size());
    end.directory_offset = static_cast<std::uint32_t>(out.size());
    end.comment_size = static_cast<std::uint16_t>(comment.size());
    if (ending) ending(end);
    out += directory + behind_directory;
    records::put_four(out, records::ending_mark);
    end.put(out);
    return out + comment + after;
  }
};

inline const std::string good_package_yaml = "quanji: 1\nname: settlement\nversion: 1.2.0\nentry: [main]\n";
// The least package, with room for one entry more at its place in the order.
inline LyingArchive package_with(std::vector<LyingEntry> more = {}) {
  LyingArchive archive{{{"flows/main.yaml", "quanji: 1\nflow: main\nsteps: []\n"}, {"package.yaml", good_package_yaml}}};
  for (auto& one : more) {
    auto at = archive.entries.begin();
    while (at != archive.entries.end() && (one.path == signature_file || at->path < one.path)) ++at;
    archive.entries.insert(at, std::move(one));
  }
  return archive;
}

// Stands in for the reader of package.yaml: lines `name: …` and `version: …`.
inline base::Result<PackageName> read_test_name(std::string_view text) {
  PackageName name;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("name: ")) name.name = line.substr(6);
    if (line.starts_with("version: ")) name.version = line.substr(9);
  }
  return name;
}

class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "quanji-package-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }
  bool empty() const { return std::filesystem::is_empty(path_); }
  void write(const std::string& name, std::string_view content) const {
    std::filesystem::create_directories(std::filesystem::path(*this / name).parent_path());
    std::ofstream(*this / name, std::ios::binary) << content;
  }

 private:
  std::string path_;
};
inline std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Path → content of what a reader found; nothing when it complained.
using Files = std::map<std::string, std::string>;
enum class Way { by_directory, by_stream };  // the central directory is read first, or never
inline std::optional<Files> read_by_libarchive(const std::string& bytes, Way way) {
  ::setlocale(LC_CTYPE, "C.UTF-8");  // libarchive's names go through the locale
  auto* reader = ::archive_read_new();
  if (way == Way::by_stream)
    ::archive_read_support_format_zip_streamable(reader);
  else
    ::archive_read_support_format_zip_seekable(reader);
  std::optional<Files> files = Files();
  archive_entry* entry = nullptr;
  int answer = ::archive_read_open_memory(reader, bytes.data(), bytes.size());
  while (answer == ARCHIVE_OK && (answer = ::archive_read_next_header(reader, &entry)) == ARCHIVE_OK) {
    const char* name = ::archive_entry_pathname_utf8(entry);
    std::string content;
    char piece[4096];
    la_ssize_t got = 0;
    while ((got = ::archive_read_data(reader, piece, sizeof piece)) > 0) content.append(piece, static_cast<std::size_t>(got));
    if (got < 0) answer = ARCHIVE_FATAL;
    if (!name || ::archive_entry_filetype(entry) != AE_IFREG || !files->emplace(name, content).second) answer = ARCHIVE_FATAL;
  }
  ::archive_read_free(reader);
  if (answer != ARCHIVE_EOF) return std::nullopt;
  return files;
}
inline std::optional<Files> read_by_ours(const std::string& bytes, const PackageLimits& limits = {}) {
  const ArchiveInMemory memory(bytes);
  const auto archive = PackageArchive::open(memory, limits);
  if (!archive) return std::nullopt;
  Files files;
  for (const auto& entry : archive->entries()) {
    auto content = archive->read_whole(entry, 1 << 26);
    if (!content) return std::nullopt;
    files[entry.path] = *content;
  }
  return files;
}

inline std::string reason_word(const base::Error& error) {
  const auto reason = archive_reason_of(error);
  return reason ? std::string(to_text(*reason)) : "none: " + error.message().en + " " + error.detail();
}
inline UnpackRules unsigned_rules() {
  UnpackRules rules;
  rules.read_name = read_test_name;
  rules.signature = SignatureRule::not_asked;
  return rules;
}
inline std::string many_words() {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "line " + std::to_string(i * i) + "\n";
  return text;
}
inline std::string noise(std::size_t size, std::uint64_t seed) {
  base::SeededRandom random(seed);
  std::string text(size, '\0');
  random.fill({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  return text;
}
inline Files files_below(const std::string& root) {
  Files files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root))
    if (entry.is_regular_file()) files[std::filesystem::relative(entry.path(), root).string()] = content_of(entry.path().string());
  return files;
}

}  // namespace quanji::flow::testing
