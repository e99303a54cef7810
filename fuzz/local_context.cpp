// A queue's file in a context folder, as a person's editor or a crash may have left it.
// Built with src/engine/local_queues.cpp src/engine/local_lines.cpp src/engine/local_context.cpp src/engine/bare_context.cpp
// src/engine/failure.cpp
#include "engine/local_context.h"

#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "base/encodings.h"
#include "calendar/calendar.h"
#include "flow/parser.h"
#include "must.h"
#include "values/value.h"

using namespace quanji;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = base::text_of({data, size});
  auto queue = engine::LocalContext::read_queue(text, "in");
  if (!queue) {
    must(!queue.error().message().en.empty());
    return 0;
  }
  for (auto& item : queue->items) must(queue->find(item.item.id) != nullptr);
  for (const auto& [key, id] : queue->taken) must(queue->find(id) != nullptr);
  return 0;
}
