// Zips of strangers: members are told or refused with a sentence; what passes as safe stays below its folder; contents never exceed limits.
// Built with src/activities/archive/archive_reader.cpp src/activities/failures.cpp src/engine/failure.cpp
#include <array>
#include <cstdint>
#include <string>

#include "activities/archive/archive_reader.h"
#include "base/bytes.h"
#include "flow/package_archive_names.h"
#include "must.h"
#include "values/value.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quanji::activities::archive;
  const auto bytes = quanji::base::text_of({data, size});
  auto reader = Reader::of(bytes, "f", {});
  if (!reader) {
    must(!reader.error().message.en.empty());
    return 0;
  }
  const auto members = safe_members(*reader, static_cast<std::int64_t>(size), "f");
  if (!members) {
    must(!members.error().message.zh.empty());
    return 0;
  }
  for (const auto& member : *members) {
    must(quanji::base::is_utf8(member.path) && !member.path.starts_with('/') &&
         ("/" + member.path + "/").find("/../") == std::string::npos);
    must(member.kind == Member::Kind::file || member.kind == Member::Kind::folder);
  }
  auto again = Reader::of(bytes, "f", {});
  must(again.ok());
  std::array<char, 4'096> room{};
  std::size_t total = 0;
  while (total < (std::size_t{1} << 20)) {
    const auto one = again->next();
    if (!one || !*one) break;
    for (;;) {
      const auto got = again->read(room);
      if (!got || *got == 0) break;
      must(*got <= room.size());
      if ((total += *got) >= (std::size_t{1} << 20)) break;
    }
  }
  return 0;
}
