// `quanji package test`: the tests of a package's flows, with fakes in the place of activities; nothing outside is touched but by
// activities no fake stands for, which work in a folder of their own.
#pragma once
#include <cstdio>
#include <string>

#include "apps/quanji/flow_sources.h"
#include "flow/problem.h"

namespace quanji::apps {

// Runs tests/*.yaml of the package's folder and tells each: ✓, or ✗ with what was expected and what came. 0 when all hold; 1 when one
// does not, a test cannot be read or there is none. `only`: part of a test's file or name; empty: all.
int test_package(const FlowSources& sources, engine::Python& python, const std::string& only, flow::Language language, std::FILE* out);

}  // namespace quanji::apps
