#include "flow/document.h"

#include <algorithm>
#include <array>

namespace quanji::flow {

bool ErrorFilter::matches(ErrorKind kind, std::string_view code) const {
  if (all()) return true;
  if (kind == ErrorKind::business ? business : system) return true;
  return std::any_of(codes.begin(), codes.end(), [&](const Word& word) { return word.text == code; });
}

std::string_view word_of(ErrorKind kind) { return kind == ErrorKind::business ? "business" : "system"; }
std::string_view word_of(OnError on_error) { return on_error == OnError::fail ? "fail" : "continue"; }
std::string_view word_of(Effect effect) {
  constexpr std::array<std::string_view, 3> words{"none", "repeatable", "once"};
  return words.at(static_cast<std::size_t>(effect));
}
std::string_view word_of(Evidence evidence) {
  constexpr std::array<std::string_view, 3> words{"none", "on_error", "always"};
  return words.at(static_cast<std::size_t>(evidence));
}
std::string_view word_of(Network network) { return network == Network::none ? "none" : "all"; }

std::string_view word_of(const Act& act) {
  constexpr std::array<std::string_view, std::variant_size_v<Act>> words{
      "set",  "do",     "if",   "for",    "while", "break",    "continue",  "try",
      "fail", "return", "call", "python", "with",  "parallel", "each_item", "checkpoint"};
  return words.at(act.index());
}

std::vector<const Steps*> blocks_of(const Step& step) {
  std::vector<const Steps*> out;
  const auto add = [&](const Steps& steps) { out.push_back(&steps); };
  if (const auto* one = std::get_if<If>(&step.act)) {
    for (const auto& branch : one->branches) add(branch.steps);
    add(one->otherwise);
  } else if (const auto* loop = std::get_if<For>(&step.act)) {
    add(loop->steps);
  } else if (const auto* turns = std::get_if<While>(&step.act)) {
    add(turns->steps);
  } else if (const auto* attempt = std::get_if<Try>(&step.act)) {
    add(attempt->steps);
    for (const auto& one_catch : attempt->catches) add(one_catch.steps);
    add(attempt->finally);
  } else if (const auto* with = std::get_if<With>(&step.act)) {
    add(with->steps);
  } else if (const auto* parallel = std::get_if<Parallel>(&step.act)) {
    for (const auto& branch : parallel->branches) add(branch.steps);
  } else if (const auto* items = std::get_if<EachItem>(&step.act)) {
    add(items->steps);
  }
  return out;
}

std::optional<std::uint32_t> slot_of(const Document& document, std::string_view name) {
  const auto found = std::find(document.variables.begin(), document.variables.end(), name);
  if (found == document.variables.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - document.variables.begin());
}

}  // namespace quanji::flow
