// The directory of a foreign zip archive: never read beyond its end, and an archive that is taken has no entry that leaves its folder.
// Built with src/services/archive_check.cpp
#include "services/archive_check.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  const auto judged = quanji::services::check_archive(
      static_cast<std::int64_t>(size), [&](std::int64_t offset, std::int64_t most) -> quanji::base::Result<std::string> {
        if (offset < 0 || most < 0 || offset > static_cast<std::int64_t>(size)) std::abort();
        return std::string(file.substr(static_cast<std::size_t>(offset), static_cast<std::size_t>(most)));
      });
  if (!judged.ok() && judged.error().code() != quanji::base::Code::invalid_field) std::abort();
  return 0;
}
