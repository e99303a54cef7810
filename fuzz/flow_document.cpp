// Flow documents as a package or the platform brings them, and values in the form of the journal.
// Built with src/engine/step_list.cpp src/engine/value.cpp
#include <boost/json.hpp>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "base/encodings.h"
#include "base/fields_json.h"
#include "engine/step_list.h"
#include "engine/value.h"

using namespace quanji;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto json = base::parse_json(base::text_of({data, size}), 64);
  if (!json.ok()) return 0;
  if (const auto document = engine::read_document(*json); !document.ok()) {
    const auto& fields = document.error().fields();
    if (fields.empty() || fields.size() > 50) std::abort();
    for (const auto& problem : fields)
      if (!base::is_utf8(problem.field) || !base::is_utf8(problem.reason.en) || !base::is_utf8(problem.reason.zh)) std::abort();
  }
  if (const auto value = engine::Value::from_json(*json); value.ok()) {
    const auto written = base::parse_json(value->json(), 128);
    if (!written.ok()) std::abort();
    const auto again = engine::Value::from_json(*written);
    if (!again.ok() || !(*again == *value)) std::abort();
  }
  if (const auto variables = engine::variables_from_json(*json); variables.ok()) {
    const auto written = base::parse_json(engine::to_json(*variables), 128);
    if (!written.ok() || engine::variables_from_json(*written)->size() != variables->size()) std::abort();
  }
  return 0;
}
