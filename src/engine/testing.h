// What tests of the engine and of activities share.
#pragma once
#include "engine/python.h"

namespace quanji::engine {

// One interpreter a process: every test of a program shares it, on the main thread.
Python& python_of_tests();

}  // namespace quanji::engine
