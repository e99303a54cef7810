#include "engine/trace_read.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "base/fields_json.h"

namespace quanji::engine {
namespace {

namespace json = boost::json;

constexpr std::size_t most_nodes = 400'000;
constexpr std::size_t most_depth = 64;

std::string text(const json::object& line, std::string_view name) {
  const auto* value = line.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}
std::int64_t number(const json::object& line, std::string_view name) {
  const auto* value = line.if_contains(name);
  return value && value->is_int64() ? value->get_int64() : 0;
}
std::optional<TraceError> error(const json::object& line) {
  const auto* value = line.if_contains("error");
  if (!value || !value->is_object()) return std::nullopt;
  const auto& object = value->get_object();
  return TraceError{text(object, "code"), text(object, "kind"), text(object, "zh"), text(object, "en")};
}

class Reader {
 public:
  explicit Reader(TraceTree& tree) : tree_(tree) {}
  void read(std::string_view line) {
    auto parsed = base::parse_json(line, 8);
    if (!parsed || !parsed->is_object()) {
      ++tree_.unreadable;
      return;
    }
    const auto& object = parsed->get_object();
    const auto kind = text(object, "e");
    const auto at = text(object, "at");
    const auto time = number(object, "t");
    if (time > 0) tree_.ended = std::max(tree_.ended, time);
    if (kind == "run") {
      ++tree_.attempts;
      tree_.flow = text(object, "flow");
      tree_.outcome.clear();
      if (tree_.begun == 0) tree_.begun = time;
    } else if (kind == "over") {
      tree_.outcome = text(object, "outcome");
    } else if (kind == "left_out") {
      tree_.left_out += static_cast<std::size_t>(std::max<std::int64_t>(0, number(object, "count")));
    } else if (auto* node = node_of(at)) {
      step(*node, kind, object, time);
    } else {
      ++tree_.left_out;
    }
  }

 private:
  void step(TraceNode& node, std::string_view kind, const json::object& line, std::int64_t time) {
    if (kind == "begin") {
      if (node.begun == 0) ++tree_.steps;
      if (node.begun == 0) node.begun = time;
      node.how.clear();
      node.error.reset();
      node.ended = 0;
      node.act = text(line, "act");
      node.title = text(line, "title");
      node.file = text(line, "file");
      node.line = number(line, "line");
    } else if (kind == "end") {
      node.how = text(line, "how");
      node.ended = time;
      if (node.begun == 0) node.begun = time;
      node.error = error(line);
    } else if (kind == "retry") {
      ++node.tried_again;
      if (auto why = error(line)) node.said.push_back({time, "warn", why->code + "  " + why->zh + " / " + why->en});
    } else if (kind == "set") {
      node.set.emplace_back(text(line, "name"), text(line, "value"));
    } else if (kind == "log") {
      node.said.push_back({time, text(line, "level"), text(line, "text")});
    } else if (kind == "evidence") {
      node.evidence.push_back(text(line, "path"));
    } else {
      ++tree_.unreadable;
    }
  }
  static bool is_round(std::string_view at) { return at.size() > 2 && at.back() == ']' && at.rfind('[') != std::string_view::npos; }
  // The node at a position; those around it are made as they are met. "steps/3[17]/steps/0" stands in the round steps/3[17] of steps/3.
  TraceNode* node_of(const std::string& at) {
    if (at.empty()) return &tree_.root;
    if (const auto found = nodes_.find(at); found != nodes_.end()) return found->second;
    if (nodes_.size() >= most_nodes || at.size() > 4'096) return nullptr;
    const auto depth = std::count(at.begin(), at.end(), '/') + std::count(at.begin(), at.end(), '[');
    if (depth > static_cast<std::ptrdiff_t>(2 * most_depth)) return nullptr;
    auto* around = around_of(at);
    if (!around) return nullptr;
    auto& made = around->inside.emplace_back(std::make_unique<TraceNode>());
    made->at = at;
    if (is_round(at)) {
      std::int64_t round = 0;
      std::from_chars(at.data() + at.rfind('[') + 1, at.data() + at.size() - 1, round);
      made->round = std::min<std::int64_t>(round, INT64_MAX - 1) + 1;
    }
    return nodes_[at] = made.get();
  }
  TraceNode* around_of(const std::string& at) {
    if (is_round(at)) return node_of(at.substr(0, at.rfind('[')));
    // The nearest end of a path that is a step or a round: …/steps/0 ← …[17] or a step known already.
    for (auto cut = at.rfind('/'); cut != std::string::npos; cut = cut == 0 ? std::string::npos : at.rfind('/', cut - 1)) {
      const auto head = at.substr(0, cut);
      if (nodes_.contains(head)) return nodes_[head];
      if (is_round(head)) return node_of(head);
      if (cut == 0) break;
    }
    return &tree_.root;
  }
  TraceTree& tree_;
  std::map<std::string, TraceNode*, std::less<>> nodes_;
};

}  // namespace

TraceTree read_trace(std::string_view lines) {
  TraceTree tree;
  Reader reader(tree);
  while (!lines.empty()) {
    const auto line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    if (!line.empty()) reader.read(line);
  }
  return tree;
}

}  // namespace quanji::engine
