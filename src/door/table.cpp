#include <algorithm>
#include <cstdlib>

#include "door/operation.h"

namespace quanji::door {
namespace {

// "/a/{id}/b" → "a", "{id}", "b"
std::vector<std::string_view> segments(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    if (path.front() != '/') return {};
    path.remove_prefix(1);
    const auto end = path.find('/');
    parts.push_back(path.substr(0, end));
    path = end == std::string_view::npos ? std::string_view{} : path.substr(end);
  }
  return parts;
}
bool is_brace(std::string_view segment) { return segment.size() > 2 && segment.front() == '{' && segment.back() == '}'; }

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}
// A segment that is not well encoded stands for itself: no id or name contains a percent sign, so it is simply not found.
std::string decoded(std::string_view segment) {
  std::string out;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (segment[i] == '%' && i + 2 < segment.size() && hex(segment[i + 1]) >= 0 && hex(segment[i + 2]) >= 0) {
      out += static_cast<char>(hex(segment[i + 1]) * 16 + hex(segment[i + 2]));
      i += 2;
    } else {
      out += segment[i];
    }
  }
  return out;
}

// Whether a pattern fits, literal segments first: "/users/import" is not the user with the id "import".
bool fits(const std::vector<std::string_view>& pattern, const std::vector<std::string_view>& given) {
  if (pattern.size() != given.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i)
    if (is_brace(pattern[i]) ? given[i].empty() : pattern[i] != given[i]) return false;
  return true;
}

}  // namespace

std::string_view word(Verb verb) {
  switch (verb) {
    case Verb::get:
      return "GET";
    case Verb::post:
      return "POST";
    case Verb::patch:
      return "PATCH";
    case Verb::del:
      return "DELETE";
  }
  return "";
}

struct Table::Route {
  const Operation* operation;
  std::vector<std::string_view> pattern;
  std::size_t literals;
};

Table::Table(std::string base) : base_(std::move(base)) {}
Table::~Table() = default;

void Table::add(Operation operation, Binding binding) {
  operation.binding = binding;
  const auto pattern = segments(operation.path);
  // Two entries that cannot be told apart are a mistake of the table, met the first time the program starts.
  if (pattern.empty() || by_id(operation.id)) std::abort();
  auto& routes = routes_[pattern.front()];
  for (const auto& route : routes)
    if (route.operation->verb == operation.verb && route.operation->path == operation.path) std::abort();
  operations_.push_back(std::make_unique<Operation>(std::move(operation)));
  const auto literals = static_cast<std::size_t>(std::count_if(pattern.begin(), pattern.end(), [](auto s) { return !is_brace(s); }));
  Route route{operations_.back().get(), pattern, literals};
  const auto at =
      std::upper_bound(routes.begin(), routes.end(), route, [](const Route& a, const Route& b) { return a.literals > b.literals; });
  routes.insert(at, std::move(route));
}

const Operation* Table::by_id(std::string_view id) const {
  for (const auto& operation : operations_)
    if (operation->id == id) return operation.get();
  return nullptr;
}

Match Table::find(Verb verb, std::string_view path) const {
  Match match;
  if (!path.starts_with(base_)) return match;
  const auto given = segments(path.substr(base_.size()));
  if (given.empty()) return match;
  const auto found = routes_.find(given.front());
  if (found == routes_.end()) return match;
  const auto take = [&](const Route& route, std::size_t count) {
    match.operation = route.operation;
    for (std::size_t i = 0; i < count; ++i)
      if (is_brace(route.pattern[i]))
        match.parameters.emplace_back(route.pattern[i].substr(1, route.pattern[i].size() - 2), decoded(given[i]));
  };
  for (const auto& route : found->second) {
    if (!fits(route.pattern, given)) continue;
    if (route.operation->verb == verb) {
      take(route, given.size());
      match.other_verbs.clear();
      return match;
    }
    match.other_verbs.push_back(route.operation->verb);
  }
  // Gateways that pass only GET and POST: POST /things/{id}/update is the PATCH, POST /things/{id}/delete the DELETE.
  if (verb == Verb::post && given.size() > 1 && (given.back() == "update" || given.back() == "delete")) {
    const auto wanted = given.back() == "update" ? Verb::patch : Verb::del;
    const std::vector<std::string_view> shorter(given.begin(), given.end() - 1);
    for (const auto& route : found->second)
      if (route.operation->verb == wanted && fits(route.pattern, shorter)) {
        take(route, shorter.size());
        match.other_verbs.clear();
        return match;
      }
  }
  return match;
}

std::vector<std::string_view> Table::permissions() const {
  std::vector<std::string_view> names;
  for (const auto& operation : operations_)
    if (operation->needs() != "-") names.push_back(operation->needs());
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace quanji::door
