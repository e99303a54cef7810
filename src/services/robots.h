// Robots as the platform knows them: enrolment, presence, trial runs and what robots report. Tasks proper stand on the same frames later.
#pragma once
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/certificates.h"
#include "base/fields.h"
#include "base/list_query.h"
#include "domain/ids.h"
#include "services/rights.h"
#include "storage/listing.h"
#include "storage/store.h"
#include "wire/enrolment.h"
#include "wire/robot_contract.h"

namespace quanji::services {

enum class RobotEntry : std::uint8_t { enabled, disabled, revoked };

struct Robot {
  domain::RobotId id;
  std::string name;
  std::optional<std::string> title;
  domain::DepartmentId department_id;
  RobotEntry state = RobotEntry::enabled;
  base::Time certificate_until;
  std::string version, os, arch;
  std::int64_t slots = 1;
  std::optional<bool> connected;  // memory of this node, not of the database
  std::optional<base::Time> last_beat_at;
  std::optional<wire::RobotFacts> facts;  // what it answered to robot.read when it connected
  base::Time created_at;
  std::string created_by;
  base::Time updated_at;
  std::string updated_by;
  std::int64_t revision = 0;
  static const base::FieldList& fields();
};
struct RobotRef {
  domain::RobotId id;
  static const base::FieldList& fields();
};
struct NewEnrolment {
  std::string name;                                   // the robot's name, unique
  std::optional<domain::DepartmentId> department_id;  // absent: the root department
  static const base::FieldList& fields();
};
struct Enrolment {
  domain::EnrolmentId id;
  std::string code;  // shown once
  base::Time expires_at;
  static const base::FieldList& fields();
};
struct NewTrial {
  domain::RobotId id;
  std::string expression;  // one Python expression, "6 * 7"
  static const base::FieldList& fields();
};
struct Report {
  std::int64_t seq = 0, token = 0;
  std::string kind;
  base::JsonText body;
  base::Time at, received_at;
  static const base::FieldList& fields();
};
struct Trial {
  domain::TaskId task;
  domain::AttemptId attempt;
  domain::RobotId robot_id;
  std::string state;  // waiting accepted refused finished
  std::optional<std::string> decision;
  base::Time created_at;
  std::string created_by;
  std::vector<Report> reports;
  static const base::FieldList& fields();
};
struct TrialRef {
  domain::RobotId id;
  domain::TaskId task;
  static const base::FieldList& fields();
};

// Which robots are connected to this node, by their certificates. Any thread.
class Presence {
 public:
  struct Known {
    domain::RobotId robot;
    std::string name;
    domain::DepartmentId department;
  };
  void learn(const std::string& fingerprint, Known known);
  void forget(const domain::RobotId& robot);
  std::optional<Known> by_certificate(const std::string& fingerprint) const;
  void connected(const domain::RobotId& robot);
  void disconnected(const domain::RobotId& robot);
  void beat(const domain::RobotId& robot, base::Time at);
  void answered(const domain::RobotId& robot, wire::RobotFacts facts);
  void fill(Robot& robot) const;
  std::size_t connected_count() const;

 private:
  struct Live {
    bool connected = false;
    std::optional<base::Time> beat_at;
    std::optional<wire::RobotFacts> facts;
  };
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Known> by_fingerprint_;        // guarded by mutex_
  std::unordered_map<base::Ulid, Live, domain::UlidHash> live_;  // guarded by mutex_
};

// What robots' operations need of the process; set once before anything is served.
struct RobotPorts {
  std::shared_ptr<Presence> presence;
  std::shared_ptr<const base::Authority> authority;
  base::Digest authority_spki{};
  std::shared_ptr<base::Random> random;
  base::Clock* clock = nullptr;
  std::function<void(const domain::RobotId&)> work_waits;  // after commit: tell the robot's connection
  std::function<void(const domain::RobotId&)> cut_off;     // after commit: end its connection now
};
void set_robot_ports(RobotPorts ports);
const RobotPorts& robot_ports();
Status learn_robots(const View& view);  // at start: every enabled robot's certificate

const base::ListShape& robot_list_shape();
const storage::Listing& robot_listing();
Result<base::Page<Robot>> list_robots(const View& view, const base::ListQuery& query);
Result<Robot> read_robot(const View& view, const RobotRef& ref);
// The code is good for 15 minutes and one robot of that name.
Result<Enrolment> create_enrolment(Change& change, const NewEnrolment& in);
// Called by the robot itself, without a certificate. wrong_credentials for a code that is wrong, used or too old.
Result<wire::EnrolAnswer> enrol_robot(Change& change, const wire::EnrolRequest& in);
Result<Robot> disable_robot(Change& change, const RobotRef& ref);
Result<Robot> enable_robot(Change& change, const RobotRef& ref);
// For good: its certificate is refused within seconds, an open connection ends at once.
Result<Robot> revoke_robot(Change& change, const RobotRef& ref);

// Runs one expression on one robot, to see that it works: accepted when the row is durable, offered as soon as the robot is connected.
Result<Trial> create_trial(Change& change, const NewTrial& in);
Result<Trial> read_trial(const View& view, const TrialRef& ref);
struct WaitingTrial {
  domain::TaskId task;
  domain::AttemptId attempt;
  base::JsonText document;
  static const base::FieldList& fields();
};
Result<std::vector<WaitingTrial>> waiting_trials(const View& view, const domain::RobotId& robot);
Status decide_trial(Change& change, const domain::AttemptId& attempt, const wire::OfferAnswer& answer);

// Operations of robots. A beat is memory; a report is a hot batch: durable before it is answered, each (attempt, seq) once.
struct ReportAnswer {
  bool repeated = false;  // was here already
  static const base::FieldList& fields();
};
Result<wire::BeatAnswer> take_beat(const domain::Caller& caller, const wire::Beat& in);
extern const storage::BatchOperation take_reports;  // In = wire::TaskReport, Out = ReportAnswer

}  // namespace quanji::services
QUANJI_ENUM(quanji::services::RobotEntry, "enabled", "disabled", "revoked");
