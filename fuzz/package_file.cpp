// package.yaml of strangers: what is taken has a version and requirements that mean the same when they are written and read again.
#include "flow/package_file.h"

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/encodings.h"
#include "must.h"

using namespace quanji;
using namespace quanji::flow;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = base::text_of({data, size});
  const auto reading = read_package_file(text);
  for (const auto& problem : reading.problems) {
    const auto line = to_line(problem, Language::en);
    must(base::is_utf8(line) && line.size() < 4000);
  }
  if (reading.ok()) {
    must(!reading.package.name.text.empty() && !reading.package.entry.empty());
    must(Version::parse(reading.package.version.text()) == reading.package.version);
    (void)check_package(reading.package, {});
  }
  if (const auto version = Version::parse(text)) must(version->text() == text);
  if (const auto requirement = Requirement::parse(text)) {
    const auto again = Requirement::parse(requirement->text());
    must(again && again->text() == requirement->text());
    for (const auto& condition : requirement->conditions)
      must(again->holds_for(condition.version) == requirement->holds_for(condition.version));
  }
  const auto half = text.size() / 2;
  (void)check_package_sources({{"package.yaml", std::string(text.substr(0, half))}, {{"flows/a.yaml", std::string(text.substr(half))}}, {}},
                              nullptr, nullptr);
  return 0;
}
