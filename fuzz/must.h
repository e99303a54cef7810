// What a fuzz target holds its reader to.
#pragma once
#include <cstdlib>

// Ends the run as a finding when the promise does not hold.
inline void must(bool held) {
  if (!held) std::abort();
}
