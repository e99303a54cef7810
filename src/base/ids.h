// Ids: `<prefix>_<26 characters of ULID>`, sorted by creation time; 16 bytes in tables; a type of its own for each kind of thing.
// Reads foreign bytes: fuzz/ids.cpp
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"

namespace quanji::base {

// 48 bits of milliseconds and 80 bits of chance, big-endian, as github.com/ulid/spec lays it out.
struct Ulid {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const Ulid&) const = default;
  bool empty() const { return *this == Ulid{}; }
};
std::string to_text(const Ulid& ulid);             // 26 characters of Crockford base32, upper case
bool from_text(std::string_view text, Ulid& out);  // exactly 26 characters; lower case is accepted

// Makes ULIDs that rise within the process, also when the wall clock stands still or goes back. Any thread.
class UlidSource {
 public:
  UlidSource(Clock& clock, Random& random) : clock_(clock), random_(random) {}
  Ulid next();

 private:
  Clock& clock_;
  Random& random_;
  std::mutex mutex_;
  Ulid last_{};                           // guarded by mutex_, as all below
  std::array<std::uint8_t, 640> chance_;  // random bytes fetched ahead: asking the kernel for each id costs more than the id
  std::size_t used_ = sizeof(chance_);
};

template <std::size_t N>
struct Prefix {
  char text[N]{};
  constexpr Prefix(const char (&s)[N]) {
    for (std::size_t i = 0; i < N; ++i) text[i] = s[i];
  }
  constexpr std::string_view view() const { return {text, N - 1}; }
};

// Refuses with wrong_id_type and a sentence that names both prefixes when the text is the id of another kind. The id of all zeroes is
// how "none" is kept and is nobody's: it is refused as well.
Status parse_id(std::string_view text, std::string_view prefix, Ulid& out);
std::string id_text(std::string_view prefix, const Ulid& ulid);

template <Prefix P>
struct Id {
  Ulid ulid{};
  static constexpr std::string_view prefix() { return P.view(); }
  auto operator<=>(const Id&) const = default;
  bool empty() const { return ulid.empty(); }
  std::string text() const { return id_text(prefix(), ulid); }
  std::span<const std::uint8_t> bytes() const { return ulid.bytes; }
  static Result<Id> parse(std::string_view text) {
    Id id;
    QUANJI_DO(parse_id(text, prefix(), id.ulid));
    return id;
  }
};

}  // namespace quanji::base
