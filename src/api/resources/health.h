// GET /health, /ready and /api: outside of the table, for probes and newcomers. Plain functions: an HTTP status and JSON.
#pragma once
#include <string>

#include "api/metrics.h"

namespace quanji::api {

struct PlainAnswer {
  int status = 200;
  std::string body;  // JSON
};
// 200 while the process serves anything at all; the parts say what is wrong. 503 only when the store is past repair.
PlainAnswer health_answer(const PlatformState& state);
// 200 when changes are taken, else 503 with the reasons.
PlainAnswer ready_answer(const PlatformState& state);
// The versions of the interface with their state and dates.
PlainAnswer versions_answer();

}  // namespace quanji::api
