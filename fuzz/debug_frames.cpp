// The stream of a debug client: frames come out as they went in, whatever stands before them and however it is cut.
// Built with src/engine/debug_frames.cpp
#include "engine/debug_frames.h"

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "must.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quanji::engine;
  const auto text = quanji::base::text_of({data, size});
  DebugFrameReader reader;
  for (std::size_t at = 0; at < text.size(); at += 7) {
    reader.add(text.substr(at, 7));
    const auto frame = reader.next();
    if (!frame) {
      must(!reader.next().ok());
      break;
    }
    if (*frame) must((*frame)->size() <= size);
  }
  DebugFrameReader again;
  again.add(debug_frame(text) + debug_frame("{}"));
  must(**again.next() == text && **again.next() == "{}" && !*again.next());
  return 0;
}
