// All activities of Quanji: what a flow can say with `do:`. The program that runs flows gives them to the engine.
#pragma once
#include <vector>

#include "engine/activity.h"
#include "flow/activity_info.h"

namespace quanji::activities {

// In the order of the reference: by group, then as in docs/design/activities.md. Living as long as the program; any thread.
engine::Catalogue catalogue();
// The groups with their titles, in the same order.
std::vector<flow::ActivityGroup> groups();
// What checker, designer and schema read: contracts/activities.json is its json().
const flow::Catalogue& described();

}  // namespace quanji::activities
