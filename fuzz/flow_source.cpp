// Flow documents of strangers: YAML, model, checker against a catalogue; Python text; catalogues. What is taken is within its limits,
// what is refused is said in few sentences that name a place inside the text.
#include <algorithm>
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/encodings.h"
#include "flow/activity_info.h"
#include "flow/checker.h"
#include "flow/parser.h"
#include "flow/python_scan.h"
#include "flow/yaml_tree.h"
#include "must.h"

using namespace quanji;
using namespace quanji::flow;

namespace {

const Catalogue& catalogue() {
  static const Catalogue all = read_catalogue(R"({"groups":[{"id":"a"},{"id":"log"}],"activities":[
    {"id":"a.open","opens":"thing","effect":"none"},
    {"id":"a.use","inputs":[{"name":"in","type":"thing"},{"name":"day","type":"date","required":false},
      {"name":"mode","type":"text","required":false,"choices":[{"word":"fast"},{"word":"slow"}]},
      {"name":"secret","type":"secret","required":false},{"name":"queue","type":"text","required":false,"names":"queue"}],
      "outputs":[{"name":"result","type":"table"}],"capabilities":["files"],"errors":[{"code":"broken"}]},
    {"id":"log.write","inputs":[{"name":"message","type":"text"}],"effect":"none","suspends":true}]})")
                                   .value();
  return all;
}

void check_steps(const Document& document, const Steps& steps, std::uint32_t& next, int depth) {
  must(depth < 64);
  for (const auto& step : steps) {
    must(step.number >= next && step.number < document.step_count);
    next = step.number + 1;
    must(step.path.starts_with("steps/") && !word_of(step.act).empty());
    for (const auto* block : blocks_of(step)) check_steps(document, *block, next, depth + 1);
  }
}

void check_problems(const std::vector<Problem>& problems, std::string_view text) {
  must(problems.size() <= 600);
  const auto lines = static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n') + 1);
  Position last{};
  for (const auto& problem : problems) {
    must(problem.at >= last && problem.at.line >= 1 && problem.at.line <= lines + 1 && problem.at.column >= 1);
    last = problem.at;
    for (const auto language : {Language::zh, Language::en}) {
      const auto line = to_line(problem, language);
      must(base::is_utf8(line) && line.size() < 4000 && line.find('\n') == std::string::npos);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = base::text_of({data, size});
  const auto reading = check_source(text, "f.yaml", {.activities = &catalogue(), .flows = {std::vector<const Document*>{}}});
  check_problems(reading.problems, text);
  std::uint32_t next = 0;
  check_steps(reading.document, reading.document.steps, next, 0);
  if (reading.ok()) {
    must(base::is_utf8(text) && !reading.document.flow.text.empty());
    must(read_document(text, "f.yaml").ok());
  }
  if (base::is_utf8(text)) {
    Problems problems("f.yaml");
    (void)read_yaml(text, problems);
    const auto scan = read_expression(text);
    for (const auto& name : scan.names) must(text.substr(name.offset).starts_with(name.name));
    for (const auto& call : scan.calls) must(call.offset < size);
  }
  if (const auto read = read_catalogue(text); read.ok()) must(read_catalogue(read->json())->json() == read->json());
  return 0;
}
