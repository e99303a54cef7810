// The robot itself, without sockets and processes: what it does with frames, ticks and runners. One thread.
//
// An attempt in its hands is a folder runs/<attempt>/: offer.json (durable before the offer is accepted), journal.qj, work/, log.txt, and
// `done` once the platform has its result. After a restart everything without `done` is asked about by the first beat and then resumed.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "base/random.h"
#include "base/result.h"
#include "robot/identity.h"
#include "robot/machine.h"
#include "robot/runner.h"
#include "robot/spool.h"
#include "wire/frame.h"
#include "wire/robot_contract.h"

namespace quanji::robot {

struct RobotPorts {
  base::Clock& clock;
  base::Random& random;
  Runners& runners;
  std::function<void(std::string)> send;  // a frame on the open channel
};
struct RobotFacets {
  Identity who;
  std::int64_t slots = 1;
  Machine machine;
  wire::SandboxReport sandbox;  // of the trial run
};

class Robot {
 public:
  // Takes up what an earlier life left in `data_dir`.
  static base::Result<std::unique_ptr<Robot>> open(const std::string& data_dir, RobotFacets facets, RobotPorts ports);

  void channel_opened();
  void channel_closed();
  void frame_received(std::string_view text);
  // Does what is due: runners' news, deadlines, beats, reports. Call at least ten times a second and when a descriptor is readable.
  // A failure is a disk that does not keep what it was given: the robot must end.
  base::Status tick();
  std::vector<int> descriptors() const;
  bool working() const { return !attempts_.empty(); }

 private:
  struct Attempt {
    wire::TaskOffer offer;
    std::string folder;
    std::unique_ptr<Runner> runner;  // none: waits for the platform's word
    base::Descriptor journal;
    std::optional<wire::Finished> finished;  // what the runner said
    std::optional<wire::SandboxReport> sandbox;
    bool given = false;                                          // the task was given to the runner
    bool announced = false;                                      // `started` is in the spool or was before
    std::optional<std::chrono::microseconds> deadline, kill_at;  // monotonic
    std::chrono::microseconds synced_at{0};
    enum class Ending : std::uint8_t { none, stopped, timed_out } ending = Ending::none;
    std::size_t log_bytes = 0;
  };
  Robot(std::string data_dir, RobotFacets facets, RobotPorts ports, Spool spool)
      : data_dir_(std::move(data_dir)), facets_(std::move(facets)), ports_(std::move(ports)), spool_(std::move(spool)) {}
  base::Status take_up(const std::string& folder);

  // asks of the platform, bound to the contract
  base::Result<std::string> answer_read(const wire::Frame& ask);
  base::Result<std::string> answer_offer(const wire::Frame& ask);
  base::Result<std::string> answer_stop(const wire::Frame& ask);
  void answered(const wire::Frame& answer);
  void beat_answered(const wire::BeatAnswer& answer);

  base::Status start(Attempt& attempt);
  base::Status look_after(Attempt& attempt, std::chrono::microseconds now);
  base::Status finish(Attempt& attempt, int exit_code);
  wire::Finished verdict(const Attempt& attempt, int exit_code) const;
  wire::TaskReport report_of(const Attempt& attempt, wire::ReportKind kind) const;
  void keep_log(Attempt& attempt);
  void beat();
  void send_reports(std::chrono::microseconds now);
  std::int64_t free_slots() const;
  wire::RobotState state() const;
  std::string ask(std::string_view op, std::string body, std::optional<std::int64_t> token, std::optional<std::int64_t> seq);

  std::string data_dir_;
  RobotFacets facets_;
  RobotPorts ports_;
  Spool spool_;
  std::map<wire::AttemptId, Attempt> attempts_;
  bool open_ = false;
  bool confirmed_ = false;  // the platform answered a beat in this life: tokens are known to be worth something
  std::int64_t beats_ = 0, asks_ = 0;
  std::string beat_asked_;
  std::optional<std::chrono::microseconds> next_beat_;  // none: at once
  std::optional<base::Error> broken_;                   // the disk, met while answering
};

}  // namespace quanji::robot
