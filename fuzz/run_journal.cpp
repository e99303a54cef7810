// A run's journal as a crash, a disk or somebody else may have left it. Each line of the input is the JSON of a record whose type its first
// byte names; the same bytes are also read as they are.
// Built with src/engine/run_state.cpp src/engine/value_store.cpp src/engine/position.cpp src/engine/failure.cpp
#include <boost/json.hpp>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/bytes.h"
#include "base/record_log.h"
#include "engine/position.h"
#include "engine/run_state.h"
#include "engine/value_store.h"
#include "flow/document.h"
#include "values/value.h"
#include "wire/runner.h"

using namespace quanji;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = base::text_of({data, size});
  (void)engine::read_journal(text).ok();
  (void)engine::read_position(text);
  if (engine::ValueStore("/nowhere").read(text).ok()) std::abort();
  std::string log;
  for (auto rest = text; !rest.empty();) {
    const auto end = rest.find('\n');
    const auto line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    if (line.empty()) continue;
    const auto record = base::write_record(static_cast<std::uint8_t>(line[0] % 12), line.substr(1));
    if (record.ok()) log += base::text_of(*record);
  }
  const auto whole = engine::read_journal(log);
  if (!whole.ok()) return 0;
  // What a crash cut off changes nothing of what stands before it: a journal that is read is read without its last bytes too.
  if (!log.empty() && !engine::read_journal(std::string_view(log).substr(0, log.size() - 1)).ok()) std::abort();
  // Whatever stands in it, there is a place to go on from and it lies in no resource.
  const auto point = engine::resume_point(whole->main);
  for (const auto& entered : point.open)
    if (entered.kind == engine::EnterKind::with) std::abort();
  if (whole->begun && point.scopes.empty()) std::abort();
  for (const auto& doubt : engine::doubts(*whole))
    if (doubt.at.empty()) std::abort();
  return 0;
}
