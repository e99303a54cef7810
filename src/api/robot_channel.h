// The platform's end of the robot channel: frames in through the robots' door, asks out to connected robots.
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "door/door.h"
#include "net/server.h"
#include "services/robots.h"
#include "wire/frame.h"

namespace quanji::api {

class RobotChannels {
 public:
  RobotChannels(door::Door& door, services::Presence& presence, storage::Store& store, std::shared_ptr<const domain::Caller> clock_caller,
                base::Clock& clock, base::Random& random)
      : door_(door), presence_(presence), store_(store), clock_caller_(std::move(clock_caller)), ids_(clock, random) {}
  // Takes a WebSocket opening on the robots' listener, or refuses it.
  void open(const net::Request& request, net::Responder responder);
  // Sends what waits for the robot; does nothing when it is not connected here. Any thread.
  void offer_waiting(const domain::RobotId& robot);
  // Ends the robot's connection. Any thread.
  void cut_off(const domain::RobotId& robot);
  void close_all();

 private:
  using Answered = std::function<void(const wire::Frame&)>;
  struct Line {
    net::WebSocketPtr socket;
    domain::RobotId robot;
    std::string fingerprint, address;
    std::mutex mutex;
    std::unordered_map<std::string, Answered> asked;  // guarded by mutex
  };
  void opened(const std::shared_ptr<Line>& line);
  void message(const std::shared_ptr<Line>& line, std::string_view text);
  void closed(const std::shared_ptr<Line>& line);
  void ask(const std::shared_ptr<Line>& line, std::string_view op, std::string body, Answered answered);
  std::shared_ptr<Line> line_of(const domain::RobotId& robot);

  door::Door& door_;
  services::Presence& presence_;
  storage::Store& store_;
  std::shared_ptr<const domain::Caller> clock_caller_;
  base::UlidSource ids_;
  std::mutex mutex_;
  std::unordered_map<base::Ulid, std::shared_ptr<Line>, domain::UlidHash> lines_;  // guarded by mutex_; one per robot, the newest
};

}  // namespace quanji::api
