// Tests of a package's flows, tests/*.yaml: a flow, its inputs, fakes in the place of activities, what is expected.
//
//   quanji: 1
//   test: 符号不一致是业务异常
//   flow: reconcile
//   inputs: {trade_date: 2026-11-20}
//   fakes:
//     - do: dbf.read_table        # every step with that activity, or `step: pay` for one by its id
//       gives: [{code: "600000", amount: 12.30}]     # what `save` would keep
//     - step: pay
//       fails: {code: timeout, kind: system, message: 超时}
//       times: 1                  # that often; then the next fake that fits, or the activity itself
//   expect:
//     outcome: business_failure   # success when nothing is said
//     error: sign_mismatch
//     outputs: {breaks: []}
//     log: [600000]               # texts that lines of the log hold
//     calls: {dbf.read_table: 1}  # how often activities ran or were faked
// Values are literals of YAML by its core schema, as in flows; nothing is computed.
// Reads its own bytes only: the tree comes from read_yaml, whose target is fuzz/flow_source.cpp
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flow/activity_info.h"
#include "flow/document.h"
#include "flow/problem.h"
#include "values/value.h"

namespace quanji::flow {

struct Fake {
  std::string activity, step;  // one of them
  std::optional<values::Value> gives;
  struct Fails {
    std::string code, message;
    ErrorKind kind = ErrorKind::business;
  };
  std::optional<Fails> fails;
  std::optional<std::int64_t> times;  // nothing: always
  Position at;
};
struct FlowTest {
  std::string file, title, flow;
  values::Variables inputs;
  std::vector<Fake> fakes;
  struct Expected {
    std::string outcome = "success";  // success, business_failure, system_failure, stopped, timed_out
    std::optional<std::string> error;
    std::optional<values::Map> outputs;
    std::vector<std::string> log;
    std::map<std::string, std::int64_t, std::less<>> calls;
  } expected;
};
struct FlowTestReading {
  FlowTest test;
  std::vector<Problem> problems;
};
FlowTestReading read_flow_test(std::string_view text, std::string file);

}  // namespace quanji::flow
