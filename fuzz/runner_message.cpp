// The stream between robot and runner, cut at a place the input chooses: the same messages come out whole or in pieces.
#include <boost/json.hpp>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "wire/runner.h"

namespace {
using namespace quanji::wire;
std::vector<std::string> read_all(std::initializer_list<std::string_view> pieces) {
  RunnerMessageReader reader;
  std::vector<std::string> out;
  for (const auto piece : pieces) {
    reader.add(piece);
    for (;;) {
      auto next = reader.next();
      if (!next) return out.push_back("broken"), out;
      if (!*next) break;
      out.push_back(quanji::base::to_json(**next));
      (void)body_as<Hello>((*next)->body).ok();
      (void)body_as<Start>((*next)->body).ok();
      (void)body_as<Progress>((*next)->body).ok();
      (void)body_as<Overrun>((*next)->body).ok();
      (void)body_as<Finished>((*next)->body).ok();
      (void)body_as<Held>((*next)->body).ok();
      (void)body_as<Line>((*next)->body).ok();
      (void)body_as<Evidence>((*next)->body).ok();
      (void)body_as<RunnerAsk>((*next)->body).ok();
      (void)body_as<RunnerAnswer>((*next)->body).ok();
    }
  }
  return out;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const auto cut = stream.empty() ? 0 : bytes[0] % (stream.size() + 1);
  if (read_all({stream}) != read_all({stream.substr(0, cut), stream.substr(cut)})) std::abort();
  return 0;
}
