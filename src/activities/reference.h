// The reference pages of activities, made from the catalogue: what docs/activities/ holds is what the programs do.
#pragma once
#include <string>
#include <vector>

#include "engine/activity.h"
#include "flow/activity_info.h"

namespace quanji::activities {

// A file and what is in it.
struct GeneratedFile {
  std::string name;  // "queue.md"
  std::string text;
};
// One page a group that has activities, and README.md, which lists them: Chinese first, English second. The same bytes for the same
// catalogue.
std::vector<GeneratedFile> reference_pages(const std::vector<flow::ActivityGroup>& groups, engine::Catalogue catalogue);
// contracts/activities.json, flow.schema.json and package.schema.json; each ends with a line feed.
std::vector<GeneratedFile> activity_contracts(const flow::Catalogue& described);

// What `quanji-runner contracts FOLDER PAGES` does: both, each into its folder, made when missing. Failures are of the disk.
base::Status write_contracts(const std::string& folder, const std::string& pages);

}  // namespace quanji::activities
