// Frames of the robot channel: whatever a peer sends is read or refused; what is read can be written and reads the same again.
#include <boost/json.hpp>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "wire/frame.h"
#include "wire/robot_contract.h"
#include "wire/run_asks.h"

namespace {
// What can be read can be written and reads the same again; where something was absent, what stands for it may be less than a sender has to
// say, and is refused then.
template <class T>
void one(const quanji::base::JsonText& text) {
  using namespace quanji;
  const auto read = wire::body_as<T>(text);
  if (!read) return;
  const auto written = base::to_json(*read);
  const auto again = wire::body_as<T>({written});
  if (again.ok() ? base::to_json(*again) != written : text.text == written) std::abort();
}
template <class... T>
void every(const quanji::base::JsonText& text) {
  (one<T>(text), ...);
}
}  // namespace

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
  (void)body_as<TaskHold>(frame->body).ok();
  (void)body_as<HeldAttempt>(frame->body).ok();
  every<PackagePart, LogLines, FilePart, FileRead, FileList, FileDelete, AssetRead, AssetWrite, CredentialRead, CredentialOpen,
        CredentialWrite, QueueAdd, QueueCount, QueueTake, QueueRenew, QueueComplete, QueueFail, QueuePostpone, HumanTaskAsk, HumanTaskRead,
        TaskCreate, TaskRead, TaskEnd>(frame->body);
  every<PartAnswer, LogLinesAnswer, FilePartAnswer, FileReadAnswer, FileListAnswer, AssetAnswer, CredentialFacts, SealedSecret,
        QueueAddAnswer, QueueCountAnswer, QueueTakeAnswer, QueueRenewAnswer, QueueFailAnswer, HumanTaskAnswer, TaskCreateAnswer, TaskFacts>(
      frame->data);
  const auto text = write_frame(*frame);
  if (!text) return 0;  // escapes may make it longer than a frame may be
  const auto again = read_frame(*text);
  if (!again || again->id != frame->id || again->kind != frame->kind) std::abort();
  return 0;
}
