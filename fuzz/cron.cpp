// Cron expressions as people write them.
#include "calendar/cron.h"

#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/bytes.h"
#include "base/encodings.h"

using namespace quanji;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = base::text_of({data, size});
  const auto cron = calendar::Cron::parse(text);
  if (!cron.ok()) {
    const auto& message = cron.error().message();
    if (base::is_utf8(text) && (!base::is_utf8(message.zh) || !base::is_utf8(message.en))) std::abort();
    return 0;
  }
  // It can be written down and read again, and there is a day in four hundred years that it admits.
  if (!calendar::Cron::parse(cron->text()).ok()) std::abort();
  for (std::int32_t day = 0; day < 146097; ++day)
    if (cron->admits({day})) return 0;
  std::abort();
}
