// The form of a human task and answers to it: two JSON texts, one a line.
#include <boost/json.hpp>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/encodings.h"
#include "domain/form_fields.h"
#include "must.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quanji;
  const auto text = base::text_of({data, size});
  const auto end = text.find('\n');
  const auto form = domain::read_form(text.substr(0, end), "form");
  if (!form) {
    for (const auto& one : form.error().fields()) must(base::is_utf8(one.field) && !one.reason.en.empty());
    return 0;
  }
  const auto kept = domain::check_answers(*form, end == std::string_view::npos ? std::string_view() : text.substr(end + 1), "answers");
  if (!kept) return 0;
  // What is kept fits the form again, and stays as it is.
  const auto again = domain::check_answers(*form, *kept, "answers");
  must(again.ok() && *again == *kept);
  return 0;
}
