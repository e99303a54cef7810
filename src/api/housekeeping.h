// What the platform does for itself by the clock: whatever has ended its time is expired, swept or told. Each piece is a change of its own,
// so that none waits for another and one that fails holds nobody else up; what was not done is done the next time.
#pragma once
#include <memory>
#include <span>
#include <string_view>

#include "domain/caller.h"
#include "storage/store.h"

namespace quanji::api {

struct Chore {
  std::string_view name;  // of the line of the log when it fails
  storage::Priority priority;
  base::Status (*work)(storage::Change& change);
};
std::span<const Chore> chores_of_a_second();       // somebody waits for these
std::span<const Chore> chores_of_half_a_minute();  // nobody does

// Hands all of them to the store and returns; any thread. The caller is the clock.
void do_chores(storage::Store& store, std::shared_ptr<const domain::Caller> clock, std::span<const Chore> chores);

}  // namespace quanji::api
