// Numbers as people and files write them: what is read writes and reads the same, arithmetic keeps its laws.
#include "values/decimal.h"

#include <cstdint>

#include "base/bytes.h"
#include "base/encodings.h"
#include "must.h"

using namespace quanji;
using values::Decimal;
using values::Rounding;

namespace {

void check_one(const Decimal& a) {
  const auto text = a.text();
  const auto again = Decimal::parse(text);
  must(again.ok() && again->same_as(a) && again->text() == text && again->hash() == a.hash());
  const auto plain = a.plain();
  must(plain.find('E') == std::string::npos);
  // Without exponent letters a large number may need more digits than are read.
  if (const auto plainly = Decimal::parse(plain); plainly.ok())
    must(*plainly == a && plainly->hash() == a.hash());
  else
    must(a.exponent() > 0);
  must(!a.whole() || Decimal::of(*a.whole()) == a);
  must(!a.whole() || a.is_whole());
  must(a.negated().negated().same_as(a) && a.absolute() >= Decimal());
  const auto zero = subtract(a, a);
  must(zero && zero->is_zero() && zero->text()[0] != '-');
  for (const auto rounding : {Rounding::half_up, Rounding::half_even, Rounding::down, Rounding::up, Rounding::floor, Rounding::ceiling}) {
    const auto rounded = a.rounded(2, rounding);
    if (!rounded) continue;
    must(rounded->exponent() == -2 && rounded->rounded(2, rounding)->same_as(*rounded));
    if (rounding == Rounding::floor) must(*rounded <= a);
    if (rounding == Rounding::ceiling) must(*rounded >= a);
  }
}

void check_pair(const Decimal& a, const Decimal& b) {
  must((a < b) == (b > a) && (a == b) == (b == a));
  if (a == b) must(a.hash() == b.hash());
  const auto sum = add(a, b), swapped = add(b, a), product = multiply(a, b), back = multiply(b, a);
  must(sum.has_value() == swapped.has_value() && (!sum || sum->same_as(*swapped)));
  must(product.has_value() == back.has_value() && (!product || product->same_as(*back)));
  if (sum)
    if (const auto left = subtract(*sum, b)) must(*left == a);
  if (product && !b.is_zero() && a.exponent() <= 0)
    if (const auto quotient = divide(*product, b, -a.exponent(), Rounding::down)) must(*quotient == a);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = base::text_of({data, size});
  const auto space = text.find(' ');
  const auto a = Decimal::parse(text.substr(0, space));
  if (!a.ok()) {
    must(base::is_utf8(a.error().message().zh) && base::is_utf8(a.error().message().en) && a.error().message().en.size() < 400);
    return 0;
  }
  check_one(*a);
  if (space == std::string_view::npos) return 0;
  if (const auto b = Decimal::parse(text.substr(space + 1)); b.ok()) {
    check_one(*b);
    check_pair(*a, *b);
  }
  return 0;
}
