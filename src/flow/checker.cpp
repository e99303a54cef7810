#include "flow/checker.h"

#include <algorithm>

#include "flow/step_walk.h"

namespace quanji::flow {

std::vector<Problem> check_document(const Document& document, const Surroundings& surroundings, const std::vector<std::string>& doubtful) {
  Problems problems(document.file);
  StepWalk(document, surroundings, doubtful, problems).walk();
  return std::move(problems).take();
}

Reading check_source(std::string_view text, std::string file, const Surroundings& surroundings) {
  Reading out = read_document(text, std::move(file));
  auto more = check_document(out.document, surroundings, out.doubtful);
  out.problems.insert(out.problems.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  std::stable_sort(out.problems.begin(), out.problems.end(), [](const Problem& a, const Problem& b) { return a.at < b.at; });
  return out;
}

}  // namespace quanji::flow
