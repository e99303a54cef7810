// What a path in a package may look like, so that every file system and every reader means the same file by it.
// Reads foreign bytes: fuzz/package_archive.cpp
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "flow/package_archive_rules.h"

namespace quanji::flow {

// The first rule this path breaks, whatever other paths there are; nothing when it is good. `deepest`: parts a path may have.
std::optional<ArchiveReason> check_text_of_path(std::string_view path, std::size_t deepest);
// The path as file systems that do not tell capitals apart compare it (full case folding of Unicode). `path` is valid UTF-8.
std::string folded_path(std::string_view path);

// A name of a stranger for a sentence: valid UTF-8, what a path may not hold as \x0A or \u{202E}, at most 200 bytes of it.
std::string printable_name(std::string_view name);

// The paths of one archive beside each other. One thread.
class PathSet {
 public:
  // The rule this path breaks together with those added before: same_name, same_name_folded, file_and_folder.
  std::optional<ArchiveReason> add(std::string_view path);

 private:
  // A tree, by parts: whole paths would be kept once for each of their folders.
  enum class Kind : std::uint8_t { file, folder };
  struct Known {
    std::uint32_t number;
    Kind kind;
    std::string spelled;
  };
  std::map<std::pair<std::uint32_t, std::string>, Known> known_;  // by the folder's number (0: the top) and the folded part
};

// The tables behind (package_archive_characters.cpp).
namespace names {
struct CharacterRange {
  std::uint32_t first, last;
};
struct FoldRun {
  std::uint32_t first, last, step;
  std::int32_t delta;
};
struct FoldToSeveral {
  std::uint32_t point;
  std::string_view folded;
};
// Characters above ASCII, ascending: those a path may hold, and those that composed form (NFC) would or might change.
extern const std::span<const CharacterRange> plain, composing;
extern const std::span<const FoldRun> fold_runs;
extern const std::span<const FoldToSeveral> folds_to_several;
}  // namespace names

}  // namespace quanji::flow
