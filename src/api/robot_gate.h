// Robots at the door: known by the certificate of their connection, allowed what the robots' table offers and nothing else.
#pragma once
#include "door/door.h"
#include "services/robots.h"

namespace quanji::api {

class RobotGate final : public door::Gate {
 public:
  explicit RobotGate(services::Presence& presence) : presence_(presence) {}
  void authenticate(door::CallPtr call, std::function<void(base::Status)> done) override;
  base::Status permit(door::Call& call) override;

 private:
  services::Presence& presence_;
};

}  // namespace quanji::api
