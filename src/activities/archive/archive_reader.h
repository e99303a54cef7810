// A zip of a stranger, member by member, over libarchive (its reader of central directories only, so that there is one list of members).
// Reads foreign bytes: fuzz/archive.cpp
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/encodings.h"
#include "base/files.h"
#include "base/secret.h"
#include "engine/failure.h"

struct archive;

namespace quanji::activities::archive {

// Above these an archive is a bomb, or not for a robot.
struct Limits {
  std::size_t members = 10'000;
  std::int64_t bytes = std::int64_t{4} << 30;  // of all members, unpacked
  std::int64_t ratio = 400;                    // of these to the archive itself, looked at from `ratio_from` bytes on
  std::int64_t ratio_from = std::int64_t{64} << 20;
};

struct Member {
  enum class Kind : std::uint8_t { file, folder, link, other };
  std::string path;  // UTF-8, parts divided by one slash, without one at the end
  Kind kind = Kind::file;
  std::int64_t size = 0;
  std::optional<std::int64_t> modified;  // seconds since 1970, UTC
};

// One thread.
class Reader {
 public:
  // `names`: nothing for UTF-8 where the bytes are that, else GB18030. `shown`: the archive's name in sentences.
  // The bytes outlive the reader. unreadable when this is no zip.
  static engine::Outcome<Reader> of(std::string_view bytes, std::string shown, std::optional<base::Charset> names,
                                    const base::Secret* password = nullptr);
  static engine::Outcome<Reader> of(base::Descriptor file, std::string shown, std::optional<base::Charset> names,
                                    const base::Secret* password = nullptr);
  // Nothing: it was the last one. unreadable, bad_encoding, too_large (members).
  engine::Outcome<std::optional<Member>> next();
  // The present member's content, piece after piece; 0 at its end, when its checksum was right. unreadable, wrong_password.
  engine::Outcome<std::size_t> read(std::span<char> room);

 private:
  struct Close {
    void operator()(struct ::archive* reading) const;
  };
  Reader(std::string shown, std::optional<base::Charset> names) : shown_(std::move(shown)), names_(names) {}
  engine::Outcome<void> begin(const base::Secret* password);
  engine::Failure broken() const;
  base::Descriptor file_;
  std::unique_ptr<struct ::archive, Close> reading_;
  std::string shown_;
  std::optional<base::Charset> names_;
  std::size_t members_ = 0;
  std::string member_;  // the present one, for sentences
};

// What is wrong with a path that is to stand in an archive: it leaves its folder, or not every system takes it.
std::optional<base::Sentence> wrong_name(std::string_view path);
// The whole list, held against the rules: no path that leaves the folder or means two things, no link, no device, sizes within limits.
// unsafe_archive, too_large, or what the reader says. `packed`: bytes of the archive.
engine::Outcome<std::vector<Member>> safe_members(Reader& reader, std::int64_t packed, std::string_view shown, const Limits& limits = {});

// Names in the archive are converted by the thread's locale: UTF-8, or bytes as they are.
class NameLocale {
 public:
  enum class Names : std::uint8_t { utf8, bytes };
  explicit NameLocale(Names names);
  ~NameLocale();
  NameLocale(const NameLocale&) = delete;
  NameLocale& operator=(const NameLocale&) = delete;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace quanji::activities::archive
