#include "values/decimal.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <charconv>
#include <numeric>
#include <utility>

#include "base/encodings.h"

namespace quanji::values {
namespace {

using base::Code;
using base::Error;
using base::Text;

constexpr int most_digits = 38;
constexpr std::int64_t most_exponent = 76;

constexpr std::array<UInt128, most_digits + 1> powers = [] {
  std::array<UInt128, most_digits + 1> all{};
  UInt128 power = 1;
  for (auto& one : all) {
    one = power;
    power *= 10;
  }
  return all;
}();

constexpr UInt128 size_of(Int128 v) { return v < 0 ? UInt128{0} - static_cast<UInt128>(v) : static_cast<UInt128>(v); }
int width_of(UInt128 v) {
  const auto high = static_cast<std::uint64_t>(v >> 64);
  return high ? 64 + std::bit_width(high) : std::bit_width(static_cast<std::uint64_t>(v));
}
// Decimal digits; zero has one.
int digits_of(UInt128 v) {
  const int least = (width_of(v | 1) * 1233) >> 12;  // 1233/4096 is log10(2) closely enough up to 128 bits
  return least + (v >= powers[static_cast<std::size_t>(least)] ? 1 : 0) + (v == 0 ? 1 : 0);
}

// 256 bits, for products and quotients on their way to 38 digits.
struct Wide {
  UInt128 high = 0, low = 0;
  auto operator<=>(const Wide&) const = default;
  bool is_zero() const { return high == 0 && low == 0; }
};
Wide plus(Wide a, Wide b) {
  const auto low = a.low + b.low;
  return {a.high + b.high + (low < a.low ? 1 : 0), low};
}
Wide minus(Wide a, Wide b) { return {a.high - b.high - (a.low < b.low ? 1 : 0), a.low - b.low}; }
Wide twice(Wide a) { return {(a.high << 1) | (a.low >> 127), a.low << 1}; }
Wide product(UInt128 a, UInt128 b) {
  constexpr UInt128 half = ~std::uint64_t{0};
  const auto a0 = a & half, a1 = a >> 64, b0 = b & half, b1 = b >> 64;
  const auto low = a0 * b0, cross_a = a1 * b0, cross_b = a0 * b1;
  const auto middle = (low >> 64) + (cross_a & half) + (cross_b & half);
  return {a1 * b1 + (cross_a >> 64) + (cross_b >> 64) + (middle >> 64), (middle << 64) | (low & half)};
}
struct Quotient {
  Wide quotient, remainder;
};
Quotient divided(Wide n, Wide d) {
  if (n.high == 0 && d.high == 0) return {{0, n.low / d.low}, {0, n.low % d.low}};
  Quotient out;
  if (d.high == 0 && (d.low >> 64) == 0) {
    // By parts of 64 bits, as on paper.
    UInt128 rest = 0;
    const auto next = [&](UInt128 part) {
      const auto so_far = (rest << 64) | static_cast<std::uint64_t>(part);
      rest = so_far % d.low;
      return so_far / d.low;  // below 2^64: rest was below d
    };
    out.quotient.high = next(n.high >> 64) << 64;
    out.quotient.high |= next(n.high);
    out.quotient.low = next(n.low >> 64) << 64;
    out.quotient.low |= next(n.low);
    out.remainder.low = rest;
    return out;
  }
  const int bits = n.high ? 128 + width_of(n.high) : width_of(n.low);
  for (int i = bits - 1; i >= 0; --i) {
    const auto bit = (i >= 128 ? n.high >> (i - 128) : n.low >> i) & 1;
    out.remainder = twice(out.remainder);
    out.remainder.low |= bit;
    out.quotient = twice(out.quotient);
    if (out.remainder >= d) {
      out.remainder = minus(out.remainder, d);
      out.quotient.low |= 1;
    }
  }
  return out;
}
// 10^n, n up to 76.
Wide power_of_ten(int n) {
  return n <= most_digits ? Wide{0, powers[static_cast<std::size_t>(n)]}
                          : product(powers[most_digits], powers[static_cast<std::size_t>(n - most_digits)]);
}
int digits_of(Wide v) {
  if (v.high == 0) return digits_of(v.low);
  return most_digits + digits_of(divided(v, {0, powers[most_digits]}).quotient.low);
}

Int128 signed_units(bool negative, UInt128 size) { return negative ? -static_cast<Int128>(size) : static_cast<Int128>(size); }

// The exact value size × 10^exponent with an exponent as near to the given one as 38 digits and the range permit.
std::optional<Decimal> settled(bool negative, Wide size, std::int64_t exponent) {
  if (size.is_zero()) return Decimal::make(0, static_cast<std::int32_t>(std::min(std::max(exponent, -most_exponent), most_exponent)));
  const auto digits = digits_of(size);
  const auto drop = std::max<std::int64_t>(digits - most_digits, -most_exponent - exponent);
  if (drop > 0) {
    if (drop >= digits) return {};
    const auto parts = divided(size, power_of_ten(static_cast<int>(drop)));
    if (!parts.remainder.is_zero()) return {};
    size = parts.quotient;
    exponent += drop;
  } else if (const auto pad = exponent - most_exponent; pad > 0) {
    if (digits + pad > most_digits) return {};
    size.low *= powers[static_cast<std::size_t>(pad)];
    exponent -= pad;
  }
  return Decimal::make(signed_units(negative, size.low), static_cast<std::int32_t>(exponent));
}

// Whether a magnitude cut at a remainder (of divisor) grows by one.
bool grows(Rounding rounding, bool negative, Wide quotient, Wide remainder, Wide divisor) {
  if (remainder.is_zero()) return false;
  const auto half = twice(remainder) <=> divisor;  // both are below 2^254
  switch (rounding) {
    case Rounding::half_up:
      return half >= 0;
    case Rounding::half_even:
      return half > 0 || (half == 0 && (quotient.low & 1) != 0);
    case Rounding::down:
      return false;
    case Rounding::up:
      return true;
    case Rounding::floor:
      return negative;
    case Rounding::ceiling:
      return !negative;
  }
  return false;
}

std::optional<Decimal> rounded_quotient(bool negative, Wide n, Wide d, std::int32_t places, Rounding rounding) {
  auto [quotient, remainder] = divided(n, d);
  if (grows(rounding, negative, quotient, remainder, d)) quotient = plus(quotient, {0, 1});
  if (quotient.high != 0 || quotient.low >= powers[most_digits]) return {};
  return Decimal::make(signed_units(negative, quotient.low), -places);
}

Error not_a_decimal(std::string_view text, std::string_view zh, std::string_view en) {
  const auto quoted = base::repair_utf8(base::utf8_beginning(text, 60));
  return Error(Code::invalid_field,
               Text(fmt::format("“{}”不是可用的数值：{}", quoted, zh), fmt::format("\"{}\" is not a usable number: {}", quoted, en)));
}

constexpr int quotient_digits = 28;

UInt128 common_divisor(UInt128 a, UInt128 b) {
  while (b != 0) {
    if ((a >> 64) == 0 && (b >> 64) == 0) return std::gcd(static_cast<std::uint64_t>(a), static_cast<std::uint64_t>(b));
    a %= b;
    std::swap(a, b);
  }
  return a;
}
// How often `factor` divides v; v keeps the rest.
int taken_out(UInt128& v, unsigned factor) {
  int times = 0;
  for (; v % factor == 0; v /= factor) ++times;
  return times;
}

std::string digits_text(UInt128 v) {
  constexpr auto part = UInt128{10'000'000'000'000'000'000U};
  if (v < part) return fmt::format_int(static_cast<std::uint64_t>(v)).str();
  return fmt::format("{}{:019}", static_cast<std::uint64_t>(v / part), static_cast<std::uint64_t>(v % part));
}

// Without trailing zeros; zero has exponent 0.
void normalise(UInt128& size, std::int32_t& exponent) {
  if (size == 0) {
    exponent = 0;
    return;
  }
  while ((size >> 64) != 0 && size % 10 == 0) {
    size /= 10;
    ++exponent;
  }
  if ((size >> 64) != 0) return;
  auto small = static_cast<std::uint64_t>(size);
  while (small % 10 == 0) {
    small /= 10;
    ++exponent;
  }
  size = small;
}

}  // namespace

std::optional<Decimal> Decimal::make(Int128 units, std::int32_t exponent) {
  if (size_of(units) >= powers[most_digits] || exponent < -most_exponent || exponent > most_exponent) return {};
  return Decimal(units, exponent);
}

base::Result<Decimal> Decimal::parse(std::string_view text) {
  const auto plainly_wrong = [&] { return not_a_decimal(text, "应如 -1.20 或 1E+3", "write it like -1.20 or 1E+3"); };
  std::size_t at = 0;
  const bool negative = !text.empty() && text[0] == '-';
  if (negative || (!text.empty() && text[0] == '+')) ++at;
  UInt128 size = 0;
  int significant = 0;
  std::int64_t exponent = 0;
  bool any = false, dot = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.' && !dot) {
      dot = true;
      continue;
    }
    if (c < '0' || c > '9') break;
    any = true;
    if (dot) --exponent;
    if (c == '0' && size == 0) continue;
    if (++significant <= most_digits) size = size * 10 + static_cast<unsigned>(c - '0');
  }
  if (!any) return plainly_wrong();
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    const bool down = at < text.size() && text[at] == '-';
    if (down || (at < text.size() && text[at] == '+')) ++at;
    if (at == text.size()) return plainly_wrong();
    std::int64_t said = 0;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at)
      said = std::min<std::int64_t>(said * 10 + (text[at] - '0'), 1 << 30);
    exponent += down ? -said : said;
  }
  if (at != text.size()) return plainly_wrong();
  if (significant > most_digits)
    return not_a_decimal(text, fmt::format("有 {} 位有效数字，最多 {} 位", significant, most_digits),
                         fmt::format("it has {} digits, {} at most", significant, most_digits));
  if (exponent < -most_exponent || exponent > most_exponent)
    return not_a_decimal(text, fmt::format("指数 {} 超出 -{} 到 {}", exponent, most_exponent, most_exponent),
                         fmt::format("its exponent {} is outside of -{} to {}", exponent, most_exponent, most_exponent));
  return Decimal(signed_units(negative, size), static_cast<std::int32_t>(exponent));
}

bool Decimal::is_whole() const {
  if (exponent_ >= 0 || units_ == 0) return true;
  return -exponent_ < most_digits && size_of(units_) % powers[static_cast<std::size_t>(-exponent_)] == 0;
}

std::string Decimal::text() const {
  const auto digits = digits_text(size_of(units_));
  const auto length = static_cast<int>(digits.size());
  const int left = exponent_ + length;  // digits before the point
  std::string out;
  out.reserve(digits.size() + 12);
  if (units_ < 0) out += '-';
  if (exponent_ <= 0 && left > -6) {
    if (left <= 0) {
      out += "0.";
      out.append(static_cast<std::size_t>(-left), '0');
      out += digits;
    } else {
      out.append(digits, 0, static_cast<std::size_t>(left));
      if (left < length) {
        out += '.';
        out.append(digits, static_cast<std::size_t>(left));
      }
    }
    return out;
  }
  out += digits[0];
  if (length > 1) {
    out += '.';
    out.append(digits, 1);
  }
  fmt::format_to(std::back_inserter(out), "E{:+}", left - 1);
  return out;
}

std::string Decimal::plain() const {
  const auto digits = digits_text(size_of(units_));
  std::string out;
  if (units_ < 0) out += '-';
  if (exponent_ >= 0) {
    out += digits;
    if (units_ != 0) out.append(static_cast<std::size_t>(exponent_), '0');
    return out;
  }
  const auto places = static_cast<std::size_t>(-exponent_);
  if (digits.size() <= places) {
    out += "0.";
    out.append(places - digits.size(), '0');
    out += digits;
  } else {
    out.append(digits, 0, digits.size() - places);
    out += '.';
    out.append(digits, digits.size() - places);
  }
  return out;
}

std::optional<std::int64_t> Decimal::whole() const {
  if (!is_whole()) return {};
  auto size = size_of(units_);
  if (exponent_ < 0 && size != 0) size /= powers[static_cast<std::size_t>(-exponent_)];
  if (exponent_ > 0 && size != 0) {
    if (exponent_ > 19 || digits_of(size) + exponent_ > 20) return {};
    size *= powers[static_cast<std::size_t>(exponent_)];
  }
  const UInt128 most = static_cast<std::uint64_t>(INT64_MAX);
  if (size > most + (units_ < 0 ? 1 : 0)) return {};
  return static_cast<std::int64_t>(signed_units(units_ < 0, size));
}

double Decimal::approximate() const {
  const auto digits = text();
  double out = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return out;
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) {
  if (a.exponent_ == b.exponent_) return a.units_ <=> b.units_;
  const int sign_a = (a.units_ > 0) - (a.units_ < 0), sign_b = (b.units_ > 0) - (b.units_ < 0);
  if (sign_a != sign_b) return sign_a <=> sign_b;
  if (sign_a == 0) return std::strong_ordering::equal;
  auto size_a = size_of(a.units_), size_b = size_of(b.units_);
  const int left_a = digits_of(size_a) + a.exponent_, left_b = digits_of(size_b) + b.exponent_;
  auto order = left_a <=> left_b;
  if (left_a == left_b) {
    // As many digits before the point: to one exponent neither has more than 38.
    if (a.exponent_ > b.exponent_)
      size_a *= powers[static_cast<std::size_t>(a.exponent_ - b.exponent_)];
    else
      size_b *= powers[static_cast<std::size_t>(b.exponent_ - a.exponent_)];
    order = size_a <=> size_b;
  }
  return sign_a > 0 ? order : 0 <=> order;
}

std::size_t Decimal::hash() const {
  auto size = size_of(units_);
  auto exponent = exponent_;
  normalise(size, exponent);
  const auto scramble = [](std::uint64_t v) {
    v = (v ^ (v >> 30)) * 0xBF58476D1CE4E5B9U;
    v = (v ^ (v >> 27)) * 0x94D049BB133111EBU;
    return v ^ (v >> 31);
  };
  const auto rest = (static_cast<std::uint64_t>(static_cast<std::uint32_t>(exponent)) << 1) | (units_ < 0 ? 1 : 0);
  auto mixed = scramble(static_cast<std::uint64_t>(size) + 0x9E3779B97F4A7C15U * rest);
  if (const auto high = static_cast<std::uint64_t>(size >> 64)) mixed = scramble(mixed ^ (high * 0x9E3779B97F4A7C15U));
  return mixed;
}

std::optional<Decimal> add(const Decimal& a, const Decimal& b) {
  constexpr auto easy = static_cast<Int128>(powers[most_digits - 1]);
  if (a.exponent_ == b.exponent_ && a.units_ < easy && a.units_ > -easy && b.units_ < easy && b.units_ > -easy)
    return Decimal(a.units_ + b.units_, a.exponent_);
  const auto& large = a.exponent_ >= b.exponent_ ? a : b;
  const auto& small = a.exponent_ >= b.exponent_ ? b : a;
  const auto shift = large.exponent_ - small.exponent_;
  const auto size = size_of(large.units_);
  Wide left;
  std::int64_t exponent = small.exponent_;
  if (size != 0 && digits_of(size) + shift > 2 * most_digits) {
    if (small.units_ != 0) return {};  // further apart than 38 digits reach
    const auto pad = std::min<std::int64_t>(shift, most_digits - digits_of(size));
    left = product(size, powers[static_cast<std::size_t>(pad)]);
    exponent = large.exponent_ - pad;
  } else if (size != 0) {
    const auto first = std::min(shift, most_digits - digits_of(size));
    left = product(size * powers[static_cast<std::size_t>(first)], powers[static_cast<std::size_t>(shift - first)]);
  }
  const Wide right{0, size_of(small.units_)};
  const bool left_negative = large.units_ < 0, right_negative = small.units_ < 0;
  if (left_negative == right_negative) return settled(left_negative, plus(left, right), exponent);
  if (left >= right) return settled(left_negative, minus(left, right), exponent);
  return settled(right_negative, minus(right, left), exponent);
}

std::optional<Decimal> subtract(const Decimal& a, const Decimal& b) { return add(a, b.negated()); }

std::optional<Decimal> multiply(const Decimal& a, const Decimal& b) {
  return settled((a.units_ < 0) != (b.units_ < 0), product(size_of(a.units_), size_of(b.units_)), std::int64_t{a.exponent_} + b.exponent_);
}

std::optional<Decimal> divide(const Decimal& a, const Decimal& b, std::int32_t places, Rounding rounding) {
  if (b.units_ == 0 || places > most_exponent || places < -most_exponent) return {};
  if (a.units_ == 0) return Decimal(0, -places);
  const bool negative = (a.units_ < 0) != (b.units_ < 0);
  const auto n = size_of(a.units_), d = size_of(b.units_);
  const int shift = a.exponent_ - b.exponent_ + places;  // the quotient's units are n × 10^shift / d
  if (shift >= 0) {
    const int digits = digits_of(n);
    if (digits + shift > 2 * most_digits) return {};  // then the quotient has more than 38 digits
    const int first = std::min(shift, most_digits - digits);
    const auto grown = n * powers[static_cast<std::size_t>(first)];
    return rounded_quotient(negative, product(grown, powers[static_cast<std::size_t>(shift - first)]), {0, d}, places, rounding);
  }
  const int digits = digits_of(d);
  // A divisor that is more than twice the dividend whatever its digits: only the direction of rounding counts.
  if (digits - shift > 2 * most_digits) return rounded_quotient(negative, {0, 1}, {0, 3}, places, rounding);
  const int first = std::min(-shift, most_digits - digits);
  const auto grown = d * powers[static_cast<std::size_t>(first)];
  return rounded_quotient(negative, {0, n}, product(grown, powers[static_cast<std::size_t>(-shift - first)]), places, rounding);
}

std::optional<Decimal> quotient(const Decimal& a, const Decimal& b) {
  if (b.units_ == 0) return {};
  const auto ideal = a.exponent_ - b.exponent_;
  if (a.units_ == 0) return settled(false, {}, ideal);
  const auto n = size_of(a.units_), d = size_of(b.units_);
  const bool negative = (a.units_ < 0) != (b.units_ < 0);
  if (n % d == 0) {
    if (const auto whole = settled(negative, {0, n / d}, ideal)) return whole;
  } else {
    // It ends when nothing but twos and fives is left of the divisor.
    auto rest = d / common_divisor(n, d);
    const auto twos = taken_out(rest, 2), fives = taken_out(rest, 5);
    if (rest == 1)
      if (const auto exact = divide(a, b, std::max(twos, fives) - ideal, Rounding::down)) return exact;
  }
  // The quotient's first digit stands at 10^first or one place lower.
  const auto first = digits_of(n) - digits_of(d) + ideal;
  for (const auto places : {quotient_digits - first, quotient_digits - 1 - first}) {
    const auto rounded = divide(a, b, places, Rounding::half_up);
    if (!rounded) continue;
    const auto digits = digits_of(size_of(rounded->units_));
    if (digits == quotient_digits) return rounded;
    if (digits == quotient_digits + 1 && size_of(rounded->units_) == powers[quotient_digits])  // 99…9.5 became 100…0
      return Decimal(rounded->units_ / 10, rounded->exponent_ + 1);
  }
  return {};
}

std::optional<Decimal> Decimal::rounded(std::int32_t places, Rounding rounding) const {
  return divide(*this, Decimal(1, 0), places, rounding);
}

}  // namespace quanji::values
