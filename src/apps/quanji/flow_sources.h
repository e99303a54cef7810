// Flow documents of this machine: one file, or a package's folder.
#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/python.h"
#include "flow/package_file.h"

namespace quanji::apps {

struct FlowSources {
  std::string folder;            // of the package, absolute; empty: one document alone
  flow::PackageSources package;  // of one document: that document in `flows`, nothing else
  std::string python_path;       // the package's python folder; empty: none
};
// A document (a file below the flows/ of a package brings the package with it), or a folder with package.yaml. Files as problems call
// them: relative to the package, or as given. not_found and too_large name the file.
base::Result<FlowSources> read_flow_sources(const std::string& path);

struct CheckedFlows {
  std::vector<flow::Document> flows;
  std::vector<flow::Problem> problems;
  std::string package, version;  // of package.yaml
  std::vector<std::string> entry;
  bool ok() const { return !flow::has_errors(problems); }
};
// With all activities of this program, and with Python's own word on the expressions.
CheckedFlows check_flows(const FlowSources& sources, engine::Python& python);

}  // namespace quanji::apps
