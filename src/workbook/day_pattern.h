// How a file spells days and times: "yyyy-MM-dd", "yyyyMMdd", "yyyy/M/d H:mm", "yyyy年M月d日".
// Reads foreign bytes: fuzz/csv.cpp
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "values/value.h"

namespace quanji::workbook {

// Words: yyyy; MM, M; dd, d; HH, H (0–23); mm, m; ss, s; S to SSSSSS (parts of a second). MM, dd, HH, mm, ss and S are of exactly as many
// digits as letters; a single letter takes one or two digits and writes no zero in front. Everything else stands for itself; letters
// that are no words are written between '…'. Any thread.
class DayPattern {
 public:
  // invalid_field with the place of what cannot be understood, or when a part of day or time stands twice.
  static base::Result<DayPattern> parse(std::string_view pattern);

  bool has_day() const { return has_day_; }    // year, month and day
  bool has_time() const { return has_time_; }  // at least hours and minutes
  const std::string& text() const { return text_; }

  // Microseconds since 1970-01-01T00:00:00 (without a day in the pattern: since midnight); nothing when the text is not of this form or
  // is no day of the calendar. Years 1 to 9999.
  std::optional<std::int64_t> read(std::string_view text) const;
  // The text of that instant; parts the pattern does not have are lost, which `exact` tells beforehand.
  void append(std::string& out, std::int64_t micros) const;
  bool exact(std::int64_t micros) const;

 private:
  enum class Part : std::uint8_t { letters, year, month, day, hour, minute, second, fraction };
  struct Piece {
    Part part = Part::letters;
    std::uint8_t digits = 0;  // as many; 1 of a single letter: one or two (of fraction: exactly)
    std::string letters;
  };
  std::vector<Piece> pieces_;
  std::string text_;
  bool has_day_ = false;
  bool has_time_ = false;
  std::uint8_t fraction_ = 0;
  bool seconds_ = false;
};

inline constexpr std::int64_t micros_of_day = 86'400'000'000;

}  // namespace quanji::workbook
