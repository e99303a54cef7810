// Numbers, dates and amounts of strangers: what is read has the bounds that are promised, a spelling is read again as the same.
// Built with src/activities/text/numbers.cpp
#include <cstdint>
#include <string>

#include "activities/text/numbers.h"
#include "base/bytes.h"
#include "base/encodings.h"
#include "must.h"
#include "values/value.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quanji;
  using namespace quanji::activities;
  const auto given = base::text_of({data, size});
  if (const auto number = text::read_number(given)) {
    if (const auto spelt = text::spell_amount(*number)) {
      const auto again = text::read_number(*spelt);
      must(again.has_value() && *again == *number);
    }
  }
  for (const auto order : {text::DateOrder::ymd, text::DateOrder::dmy, text::DateOrder::mdy})
    if (const auto date = text::read_date(given, order)) must(values::parse_date(base::to_text(*date)).ok());
  if (base::is_utf8(given)) {
    must(base::is_utf8(text::half_width(given)));
    must(text::half_width(text::full_width(given)) == text::half_width(given));
  }
  return 0;
}
