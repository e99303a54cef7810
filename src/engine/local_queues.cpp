// Queues of the local context.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <set>

#include "engine/local_context.h"
#include "engine/local_lines.h"
#include "flow/parser.h"

namespace quanji::engine {

namespace files = std::filesystem;
using base::Code;
using base::Error;
using base::Result;
using base::Status;
using base::Text;
using values::Map;
using values::Value;

LocalContext::Item* LocalContext::Queue::find(std::string_view wanted) {
  const auto found = std::find_if(items.begin(), items.end(), [&](const Item& one) { return one.item.id == wanted; });
  return found == items.end() ? nullptr : &*found;
}

Result<LocalContext::Queue> LocalContext::read_queue(std::string_view text, std::string_view name) {
  QUANJI_TRY(const auto lines, LockedLines::lines_of(text, fmt::format("queues/{}.jsonl", name)));
  Queue queue;
  std::size_t number = 0;
  const auto senseless = [&](std::string_view why) {
    return Error(Code::unreadable_body, Text(fmt::format("队列“{}”的第 {} 个事件无法理解：{}", name, number, why),
                                             fmt::format("event {} of the queue “{}” makes no sense: {}", number, name, why)));
  };
  for (const auto& line : lines) {
    ++number;
    if (const auto* add = line.if_contains("add")) {
      Item item;
      item.item.id = add->is_string() ? std::string(add->get_string()) : std::string();
      // A person's line has no id: its place is one.
      if (item.item.id.empty()) item.item.id = fmt::format("{}.{}", name, number);
      if (queue.find(item.item.id)) return senseless("added twice");
      item.item.queue = name;
      item.item.reference = text_in(line, "reference");
      auto data = map_in(line, "data");
      if (!data) return senseless("data is no map");
      item.item.data = std::move(*data);
      if (const auto* priority = line.if_contains("priority"); priority && priority->is_int64()) item.priority = priority->get_int64();
      item.not_before = time_in(line, "not_before");
      item.deadline = time_in(line, "deadline");
      item.add_key = text_in(line, "key");
      queue.items.push_back(std::move(item));
      continue;
    }
    const char* const kinds[] = {"take", "end", "defer"};
    const auto* kind = std::find_if(std::begin(kinds), std::end(kinds), [&](const char* word) { return line.contains(word); });
    if (kind == std::end(kinds)) return senseless("an unknown kind");
    const std::string_view act = *kind;
    auto* item = queue.find(text_in(line, act));
    if (!item) return senseless("no such item");
    if (act == "take") {
      item->state = ItemState::in_progress;
      item->run = text_in(line, "run");
      queue.taken[item->run + " " + text_in(line, "key")] = item->item.id;
    } else if (act == "defer") {
      item->state = ItemState::fresh;
      item->not_before = time_in(line, "until");
    } else {
      const auto word = text_in(line, "state");
      const auto& words = base::Spelling<ItemState>::words;
      const auto found = std::find(std::begin(words), std::end(words), word);
      if (found == std::end(words)) return senseless("an unknown state");
      item->state = static_cast<ItemState>(found - std::begin(words));
      if (item->state == ItemState::retried) {
        // Its next try waits at the end.
        Item next = *item;
        next.state = ItemState::fresh;
        next.item.id += "+";
        ++next.item.tries;
        next.add_key.clear();
        next.run.clear();
        queue.items.push_back(std::move(next));
      }
    }
  }
  return queue;
}

Result<std::string> LocalContext::path_of_queue(std::string_view queue) const {
  if (!flow::is_resource_name(queue)) return Error(Code::not_found, Text("队列名不合规则", "not a queue's name"));
  std::error_code failed;
  files::create_directories(path("queues"), failed);
  const auto lines = path("queues/" + std::string(queue) + ".jsonl");
  const auto rules = path("queues/" + std::string(queue) + ".toml");
  if (::access(lines.c_str(), F_OK) != 0 && ::access(rules.c_str(), F_OK) != 0) {
    std::vector<std::string> names;
    for (const auto& entry : files::directory_iterator(path("queues"), failed)) names.push_back(entry.path().stem().string());
    return no_such({"队列", "queue"}, queue, names);
  }
  return lines;
}
Result<std::vector<std::string>> LocalContext::append_items(std::string_view queue, const std::vector<NewItem>& items,
                                                            std::string_view key) {
  QUANJI_TRY(const auto file, path_of_queue(queue));
  QUANJI_TRY(auto locked, LockedLines::open(file));
  QUANJI_TRY(const auto now, read_queue(locked.text(), queue));
  std::vector<std::string> ids;
  for (const auto& one : now.items)
    if (!key.empty() && one.add_key == key) ids.push_back(one.item.id);
  if (!ids.empty() || items.empty()) return ids;
  QUANJI_TRY(const auto rules, toml_of(path("queues/" + std::string(queue) + ".toml")));
  if (const auto* unique = rules.if_contains("unique_references"); unique && unique->is_bool() && unique->get_bool()) {
    std::set<std::string_view> known;
    for (const auto& one : now.items)
      if (one.state != ItemState::retried && one.state != ItemState::deleted) known.insert(one.item.reference);
    for (const auto& item : items)
      if (!item.reference.empty() && !known.insert(item.reference).second)
        return Error(Code::name_taken,
                     Text("队列里已有编号“" + item.reference + "”", "the queue has the reference “" + item.reference + "” already"));
  }
  // One append: all of them, or none.
  std::string lines;
  for (const auto& item : items) {
    // The queue stands in the id: who finishes an item names nothing else.
    ids.push_back(std::string(queue) + "." + id("qit"));
    std::string line;
    put(line, "add", ids.back());
    put(line, "t", base::to_text(clock_.now()));
    put(line, "reference", item.reference);
    put_json(line, "data", Value::of(item.data).json());
    if (item.priority != 0) put_json(line, "priority", std::to_string(item.priority));
    if (item.not_before) put(line, "not_before", base::to_text(*item.not_before));
    if (item.deadline) put(line, "deadline", base::to_text(*item.deadline));
    put(line, "key", key);
    lines += (lines.empty() ? "" : "}\n") + line;
  }
  QUANJI_DO(locked.append(std::move(lines)));
  return ids;
}
Result<std::string> LocalContext::add_item(std::string_view queue, const NewItem& item, std::string_view key) {
  QUANJI_TRY(auto ids, append_items(queue, {item}, key));
  return std::move(ids.front());
}
Result<std::int64_t> LocalContext::add_items(std::string_view queue, const std::vector<NewItem>& items, std::string_view key) {
  QUANJI_TRY(const auto ids, append_items(queue, items, key));
  return static_cast<std::int64_t>(ids.size());
}
Result<std::int64_t> LocalContext::count_items(std::string_view queue, ItemState state) {
  QUANJI_TRY(const auto file, path_of_queue(queue));
  QUANJI_TRY(const auto locked, LockedLines::open(file));
  QUANJI_TRY(const auto now, read_queue(locked.text(), queue));
  return std::count_if(now.items.begin(), now.items.end(), [&](const Item& one) { return one.state == state; });
}
Result<std::optional<QueueItem>> LocalContext::take_item(std::string_view queue, std::string_view key) {
  QUANJI_TRY(const auto file, path_of_queue(queue));
  QUANJI_TRY(auto locked, LockedLines::open(file));
  QUANJI_TRY(auto now, read_queue(locked.text(), queue));
  if (const auto before = now.taken.find(run_ + " " + std::string(key)); before != now.taken.end())
    if (const auto* item = now.find(before->second)) return std::optional(item->item);
  const auto time = clock_.now();
  Item* best = nullptr;
  for (auto& item : now.items) {
    if (item.state != ItemState::fresh || (item.not_before && *item.not_before > time)) continue;
    if (item.deadline && *item.deadline <= time) {
      std::string line;
      put(line, "end", item.item.id);
      put(line, "state", base::word(ItemState::expired));
      QUANJI_DO(locked.append(std::move(line)));
      continue;
    }
    if (!best || item.priority > best->priority) best = &item;
  }
  if (!best) return std::optional<QueueItem>();
  std::string line;
  put(line, "take", best->item.id);
  put(line, "t", base::to_text(time));
  put(line, "run", run_);
  put(line, "key", key);
  QUANJI_DO(locked.append(std::move(line)));
  return std::optional(best->item);
}
Result<std::string> LocalContext::queue_of(std::string_view item) const {
  const auto dot = item.find('.');
  if (dot == std::string_view::npos) return Error(Code::not_found, Text("没有这个队列项", "there is no such item"));
  return std::string(item.substr(0, dot));
}
Status LocalContext::end_item(std::string_view wanted, ItemState state, const ItemFailure* failure, const Map* output, ItemState& became) {
  QUANJI_TRY(const auto queue, queue_of(wanted));
  QUANJI_TRY(const auto file, path_of_queue(queue));
  QUANJI_TRY(auto locked, LockedLines::open(file));
  QUANJI_TRY(auto now, read_queue(locked.text(), queue));
  auto* item = now.find(wanted);
  if (!item) return Error(Code::not_found, Text("没有这个队列项", "there is no such item"));
  if (failure && failure->kind == flow::ErrorKind::system) {
    QUANJI_TRY(const auto rules, toml_of(path("queues/" + queue + ".toml")));
    const auto* tries = rules.if_contains("tries");
    if (item->item.tries < (tries && tries->is_int64() ? tries->get_int64() : 3)) state = ItemState::retried;
  }
  became = state;
  if (item->run == run_ && item->state == state && state != ItemState::in_progress) return {};
  if (item->state != ItemState::in_progress || item->run != run_)
    return Error(Code::wrong_state, Text("队列项不在本次执行手中", "the item is not in the hands of this run"));
  std::string line;
  put(line, "end", wanted);
  put(line, "t", base::to_text(clock_.now()));
  put(line, "run", run_);
  put(line, "state", base::word(state));
  if (failure) {
    put(line, "kind", flow::word_of(failure->kind));
    put(line, "code", failure->code);
    put(line, "message", failure->message);
  }
  if (output && !output->empty()) put_json(line, "output", Value::of(*output).json());
  return locked.append(std::move(line));
}
Status LocalContext::finish_item(std::string_view item, const Map& output) {
  ItemState became{};
  return end_item(item, ItemState::succeeded, nullptr, &output, became);
}
Result<ItemState> LocalContext::fail_item(std::string_view item, const ItemFailure& failure) {
  ItemState became{};
  QUANJI_DO(end_item(item, ItemState::failed, &failure, nullptr, became));
  return became;
}
Status LocalContext::defer_item(std::string_view wanted, base::Time until) {
  QUANJI_TRY(const auto queue, queue_of(wanted));
  QUANJI_TRY(const auto file, path_of_queue(queue));
  QUANJI_TRY(auto locked, LockedLines::open(file));
  QUANJI_TRY(auto now, read_queue(locked.text(), queue));
  const auto* item = now.find(wanted);
  if (!item) return Error(Code::not_found, Text("没有这个队列项", "there is no such item"));
  if (item->state == ItemState::fresh && item->run == run_) return {};
  if (item->state != ItemState::in_progress || item->run != run_)
    return Error(Code::wrong_state, Text("队列项不在本次执行手中", "the item is not in the hands of this run"));
  std::string line;
  put(line, "defer", wanted);
  put(line, "until", base::to_text(until));
  return locked.append(std::move(line));
}

}  // namespace quanji::engine
