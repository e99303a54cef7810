// Who the robot is: a key pair it made itself, a certificate the platform gave it for that key, and the platform's authority.
//
// identity/key.pem (0600, PKCS#8, P-256), identity/cert.pem (own certificate, then the authority's), identity/robot.json.
#pragma once
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "net/tls.h"
#include "robot/settings.h"
#include "wire/enrolment.h"

namespace quanji::robot {

struct Identity {
  wire::RobotId robot;
  std::string name;
  base::Time renew_after;
  static const base::FieldList& fields();
};
struct OwnIdentity {
  Identity who;
  std::shared_ptr<net::TlsClient> tls;  // trusts that authority only and shows the robot's certificate
};

// not_found when the robot was never enrolled.
base::Result<OwnIdentity> load_identity(const std::string& data_dir);
// Makes a key, asks the platform for a certificate and keeps both. wrong_state when there is an identity already. The code is sent only
// to a platform whose TLS chain ends in the authority the code names; anything else is bad_signature and nothing was sent.
base::Result<Identity> enrol(const Settings& settings, const base::Secret& code, base::Random& random);

}  // namespace quanji::robot
