// XML of strangers: a tree that was read is written and read again as the same; paths and rows never crash. The first line is a path.
// Built with src/activities/xml/xml_tree.cpp src/activities/failures.cpp src/engine/failure.cpp
#include <cstdint>
#include <string>

#include "activities/xml/xml_tree.h"
#include "base/bytes.h"
#include "flow/document.h"
#include "must.h"
#include "values/value.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quanji::activities;
  using quanji::engine::Outcome;
  const auto text = quanji::base::text_of({data, size});
  const auto line = std::min(text.find('\n'), text.size());
  const auto path = text.substr(0, std::min<std::size_t>(line, 60));
  const auto rest = text.substr(std::min(text.size(), line + 1));
  const auto tree = xml::read_tree(rest, "f");
  if (tree) {
    const auto written = xml::write_tree(*tree);
    if (written) {
      const auto again = xml::read_tree(*written, "f");
      must(again.ok());
      (void)xml::find(*tree, path, {{"k", "urn:k"}});
    }
  } else {
    must(!tree.error().message.en.empty());
  }
  std::size_t at = 0, rows = 0;
  const auto read = [&](char* room, std::size_t most) -> Outcome<std::size_t> {
    const auto piece = std::min({most, rest.size() - at, std::size_t{13}});
    rest.copy(room, piece, at);
    at += piece;
    return piece;
  };
  (void)xml::each_row(read, "f", "//r", {{"a", "@a"}, {"t", "."}}, {}, [&](const auto& cells) -> Outcome<void> {
    must(cells.size() == 2 && ++rows <= size);
    return {};
  });
  return 0;
}
