// The step loop: runs a document from where its journal stands to its end.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/journal.h"
#include "engine/python.h"
#include "engine/step_list.h"
#include "engine/value.h"
#include "engine/watch.h"
#include "wire/runner.h"

namespace quanji::engine {

struct RunRequest {
  std::string attempt;
  std::string document_digest;  // of the text the document was read from
  Variables inputs;
};

// On Python's thread. Each step is journalled before the next begins; finished steps are not run again; a journal that ends in an intent
// without receipt ends the run at once (`unsettled_steps`) without running anything. The outcome stands in the journal when this
// returns. A failure here means the journal itself could not be written or belongs to another run.
base::Result<wire::Finished> run(const Document& document, const RunRequest& request, Journal& journal, Python& python, RunWatch& watch);

}  // namespace quanji::engine
