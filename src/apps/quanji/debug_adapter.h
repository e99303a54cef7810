// `quanji flow debug`: the Debug Adapter Protocol on standard input and output, for editors and the designer. The flow runs in this process
// as with `quanji flow run`, without a journal: what is debugged is not resumed. Its Python prints go to standard error.
//
// launch: {"program": a flow's file or a package's folder, "inputs": {…}, "context": folder, "work": folder, "stopOnEntry": bool,
//          "runFrom": {"at": "steps/3" or "line": 12, "variables": {…}}}
// Exception filters: "failures" (every one), "uncaught" (no try, on_error or each_item around it takes it; each try of a retry counts).
// Of the frames only the innermost shows variables. What needs a held flow is refused while it runs.
#pragma once

namespace quanji::apps {

// Until the client goes away or the run is over and it has disconnected. 0; 1 when the stream makes no sense.
int run_debug_adapter();

}  // namespace quanji::apps
