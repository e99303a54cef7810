// Values of assets as people and flows give them: what is taken has one spelling, and flows read back what they set.
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "domain/asset_rules.h"

using namespace quanji;
using domain::AssetType;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = base::text_of({data, size});
  for (const auto type : {AssetType::text, AssetType::integer, AssetType::decimal, AssetType::boolean, AssetType::date, AssetType::json,
                          AssetType::list, AssetType::secret}) {
    if (const auto value = domain::asset_value(type, text); value.ok()) {
      if (type == AssetType::secret) std::abort();
      const auto again = domain::asset_value(type, *value);
      if (!again.ok() || *again != *value) std::abort();
      const auto set = domain::from_flow(type, domain::to_flow(type, *value));
      if (!set.ok() || *set != *value) std::abort();
    }
    (void)domain::from_flow(type, text);
  }
  return 0;
}
