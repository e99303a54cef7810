// Enrolment codes as people paste them, and the body of the one call that is answered without a certificate.

#include <boost/json.hpp>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/bytes.h"
#include "base/fields_json.h"
#include "wire/enrolment.h"

using namespace quanji;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = base::text_of({data, size});
  if (const auto code = wire::EnrolmentCode::parse(text); code.ok()) {
    // Hexadecimal digits may come in capitals; everything else is exact.
    const auto point = text.find('.');
    if (code->secret.reveal() != text.substr(0, point) || code->text().size() != text.size()) std::abort();
  } else if (code.error().message().en != wire::EnrolmentCode::parse("").error().message().en) {
    std::abort();  // a code is never quoted: every refusal is the same sentence
  }
  const auto json = base::parse_json(text);
  if (!json.ok()) return 0;
  if (const auto request = base::from_json<wire::EnrolRequest>(*json); request.ok()) {
    const auto body = wire::enrol_body(*request);
    const auto again = base::parse_json(body.reveal());
    if (!again.ok() || !base::from_json<wire::EnrolRequest>(*again).ok()) std::abort();
  }
  (void)base::from_json<wire::EnrolAnswer>(*json, base::Side::stored, base::Unknown::ignore).ok();
  return 0;
}
