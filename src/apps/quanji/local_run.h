// A run of a flow on this machine without a platform, in this process: what stands in its folder, how it goes on after any end.
//
//   run.json      what was asked: documents as they were, inputs, folders (this file is never changed)
//   journal.qj    the run's journal; values/ what is too large for it
//   trace.jsonl   what happened, for `quanji flow trace`
//   work/         the work folder, unless another was given; evidence/ what steps left behind
// A run whose process was killed goes on from its journal: the documents are those it began with.
#pragma once
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "apps/quanji/flow_sources.h"
#include "base/clock.h"
#include "base/fields.h"
#include "base/fields_json.h"
#include "base/random.h"
#include "engine/journal.h"
#include "wire/runner.h"

namespace quanji::apps {

struct LocalRunFile {
  std::string task;
  std::string package, version;
  std::string package_folder;         // empty: one document alone
  std::string context, work;          // absolute; context may be empty
  std::vector<wire::FlowText> flows;  // the one to run first
  base::JsonText inputs;              // the journal's form
  static const base::FieldList& fields();
};

struct LocalRunWish {
  std::string state;    // folder of the run; empty: .quanji/runs/<time>-<flow> below the current folder
  std::string context;  // empty: calendars and a log, nothing else
  std::string work;     // empty: work/ of the run
  values::Variables inputs;
};
// Makes the folder and run.json; answers the folder. name_taken when there is a run in it already.
base::Result<std::string> make_local_run(const FlowSources& sources, const CheckedFlows& checked, const LocalRunWish& wish,
                                         base::Clock& clock, base::Random& random);

struct LocalRunHow {
  std::vector<engine::Settled> settled;  // what a person says about steps nobody knows the outcome of
  bool resumed = false;
  bool quiet = false;  // no lines about steps
};
// Runs it to its end in this process: log lines and steps on `err`, outputs as one line of plain JSON on `out`. SIGINT and SIGTERM stop
// it softly, a second one at once. Answers a runner_exit. A run that another process is at is refused.
int run_locally(const std::string& folder, const LocalRunHow& how, engine::Python& python, std::FILE* out, std::FILE* err);

// The page of `quanji flow trace`.
base::Result<std::string> local_trace(const std::string& folder);

base::Result<LocalRunFile> load_local_run(const std::string& folder);

}  // namespace quanji::apps
