// The life of a robot process: one thread that waits for the platform's frames, runners' news and the clock.
#pragma once
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "robot/settings.h"

namespace quanji::robot {

// Until `stop` (a descriptor) becomes readable: then no more offers are taken, runners end with the process and are resumed by the next
// one. not_found when the robot is not enrolled; wrong_state when another robot works in the same folder.
base::Status run_robot(const Settings& settings, base::Clock& clock, base::Random& random, int stop);

}  // namespace quanji::robot
