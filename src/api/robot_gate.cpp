#include "api/robot_gate.h"

#include "domain/caller.h"

namespace quanji::api {

void RobotGate::authenticate(door::CallPtr call, std::function<void(base::Status)> done) {
  auto caller = std::make_shared<domain::Caller>();
  caller->address = call->ask.address;
  caller->request_id = call->request_id;
  caller->operation = call->operation->id;
  caller->channel = domain::Channel::certificate;
  caller->english = call->english;
  const auto known = call->ask.peer_certificate.empty() ? std::nullopt : presence_.by_certificate(call->ask.peer_certificate);
  if (known) {
    caller->kind = domain::CallerKind::robot;
    caller->robot = known->robot;
    caller->account = known->name;
    caller->department = known->department;
  }
  call->caller = caller;
  if (!known && call->operation->entry != door::Entry::open)
    return done(base::Error(base::Code::not_signed_in, base::Text("需要机器人证书", "a robot's certificate is needed")));
  done({});
}

base::Status RobotGate::permit(door::Call&) { return {}; }

}  // namespace quanji::api
