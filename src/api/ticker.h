// One thread for all loops: each is called when its time has come, one after the other; what is slow belongs elsewhere.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"

namespace quanji::api {

class Ticker {
 public:
  explicit Ticker(base::Clock& clock);
  ~Ticker();                                                                                // stops
  void add(std::string name, std::chrono::milliseconds every, std::function<void()> tick);  // before start
  void start();
  void stop();

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace quanji::api
