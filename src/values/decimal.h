// An exact decimal of at most 38 digits, with the meaning of Python's decimal module: 1.20 keeps its two places. No infinities, no NaN, no
// negative zero. Nothing here rounds unless its name says so.
// Reads foreign bytes: fuzz/decimal.cpp
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace quanji::values {

__extension__ using Int128 = __int128;
__extension__ using UInt128 = unsigned __int128;

// How a half is rounded: the standard of money in this industry is half_up (away from zero).
enum class Rounding : std::uint8_t { half_up, half_even, down, up, floor, ceiling };

// The value is units × 10^exponent. |units| < 10^38; exponent between -76 and 76. Any thread; 32 bytes, copied freely.
class Decimal {
 public:
  constexpr Decimal() = default;
  static constexpr Decimal of(std::int64_t whole) { return Decimal(whole, 0); }
  // units × 10^exponent, "12345, -2" is 123.45. Nothing when out of range.
  static std::optional<Decimal> make(Int128 units, std::int32_t exponent);
  // "-1.20", "1E+3", ".5", "5."; no blanks, no separators, no NaN. invalid_field says what is wrong; too many digits say so.
  static base::Result<Decimal> parse(std::string_view text);

  Int128 units() const { return units_; }
  std::int32_t exponent() const { return exponent_; }
  bool is_zero() const { return units_ == 0; }
  bool is_whole() const;
  // As Python's str(): "1.20", "1E+3", "0E-7".
  std::string text() const;
  // Without exponent letters, all zeros written: "1000", "0.0000001".
  std::string plain() const;
  std::optional<std::int64_t> whole() const;  // when it is a whole number within 64 bits
  double approximate() const;                 // for charts only

  // 1.2 and 1.20 are equal, and hash alike.
  friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);
  friend bool operator==(const Decimal& a, const Decimal& b) { return (a <=> b) == 0; }
  // Same units and same exponent: 1.2 and 1.20 differ.
  bool same_as(const Decimal& other) const { return units_ == other.units_ && exponent_ == other.exponent_; }
  std::size_t hash() const;

  // Exact; nothing when the result needs more than 38 digits.
  friend std::optional<Decimal> add(const Decimal& a, const Decimal& b);
  friend std::optional<Decimal> subtract(const Decimal& a, const Decimal& b);
  friend std::optional<Decimal> multiply(const Decimal& a, const Decimal& b);
  Decimal negated() const { return Decimal(-units_, exponent_); }
  Decimal absolute() const { return Decimal(units_ < 0 ? -units_ : units_, exponent_); }
  // a / b with `places` decimals. Nothing for b = 0 or when it needs more than 38 digits.
  friend std::optional<Decimal> divide(const Decimal& a, const Decimal& b, std::int32_t places, Rounding rounding);
  // a / b as Python's decimal has it: exact, with the exponent nearest to that of a less that of b, when the quotient ends within 38
  // digits; else rounded half up to 28 digits. Nothing for b = 0 and beyond the range of exponents.
  friend std::optional<Decimal> quotient(const Decimal& a, const Decimal& b);
  // Exactly `places` decimals (negative: tens, hundreds). Nothing when that needs more than 38 digits.
  std::optional<Decimal> rounded(std::int32_t places, Rounding rounding) const;

 private:
  constexpr Decimal(Int128 units, std::int32_t exponent) : units_(units), exponent_(exponent) {}
  Int128 units_ = 0;
  std::int32_t exponent_ = 0;
};

}  // namespace quanji::values
