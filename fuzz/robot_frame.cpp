// Frames of the robot channel: whatever a peer sends is read or refused; what is read can be written and reads the same again.
#include <boost/json.hpp>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "wire/frame.h"
#include "wire/robot_contract.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace quanji::wire;
  auto frame = read_frame({reinterpret_cast<const char*>(bytes), size});
  if (!frame) return 0;
  (void)body_as<TaskOffer>(frame->body).ok();
  (void)body_as<TaskStop>(frame->body).ok();
  (void)body_as<Beat>(frame->body).ok();
  (void)body_as<TaskReport>(frame->body).ok();
  (void)body_as<BeatAnswer>(frame->data).ok();
  (void)body_as<OfferAnswer>(frame->data).ok();
  (void)body_as<RobotFacts>(frame->data).ok();
  const auto text = write_frame(*frame);
  if (!text) return 0;  // escapes may make it longer than a frame may be
  const auto again = read_frame(*text);
  if (!again || again->id != frame->id || again->kind != frame->kind) std::abort();
  return 0;
}
