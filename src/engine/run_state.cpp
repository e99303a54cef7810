#include "engine/run_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/bytes.h"
#include "base/fields_json.h"
#include "engine/journal.h"
#include "engine/position.h"

namespace quanji::engine {

namespace json = boost::json;
using base::Code;
using base::Error;
using base::Result;
using base::Status;
using base::Text;
using values::Value;
using values::Variables;
using RecordType = wire::JournalRecord;

namespace {

constexpr std::string_view kind_words[] = {"loop", "call", "caught", "finally", "with", "parallel", "item"};
constexpr std::string_view way_words[] = {"next", "break", "continue", "returned", "failed"};

Error senseless(std::size_t offset, std::string_view why) {
  return Error(
      Code::store_unavailable,
      Text(fmt::format("运行日志第 {} 字节处的记录无法理解（{}）；不继续执行，以免重复操作", offset, why),
           fmt::format(
               "the record at byte {} of the run journal makes no sense ({}): the run is not continued, so that nothing is done twice",
               offset, why)));
}

std::string text_in(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  const auto* found = value ? value->if_string() : nullptr;
  return found ? std::string(*found) : std::string();
}
Result<Variables> variables_in(const json::object& object, std::string_view key, const ValueStore* store) {
  Variables out;
  const auto* value = object.if_contains(key);
  if (!value || value->is_null()) return out;
  const auto* named = value->if_object();
  if (!named) return Error(Code::store_unavailable, "variables are no object");
  for (const auto& [name, one] : *named) {
    QUANJI_TRY(out[std::string(name)], read_value(store, one));
  }
  return out;
}

Result<Failure> failure_in(const json::value& value) {
  const auto* object = value.if_object();
  if (!object) return Error(Code::store_unavailable, "an error is no object");
  Failure failure;
  failure.code = text_in(*object, "code");
  failure.kind = text_in(*object, "kind") == "business" ? flow::ErrorKind::business : flow::ErrorKind::system;
  failure.message = Text(text_in(*object, "zh"), text_in(*object, "en"));
  failure.step = text_in(*object, "step");
  const auto ending = text_in(*object, "ending");
  failure.ending = ending == "stopped"     ? Ending::stopped
                   : ending == "timed_out" ? Ending::timed_out
                   : ending == "suspended" ? Ending::suspended
                                           : Ending::none;
  if (const auto* data = object->if_contains("data")) {
    QUANJI_TRY(failure.data, Value::from_json(*data));
  }
  if (const auto* evidence = object->if_contains("evidence"); evidence && evidence->is_array())
    for (const auto& path : evidence->get_array())
      if (path.is_string()) failure.evidence.push_back({std::string(path.get_string()), ""});
  return failure;
}

// The strand a place belongs to: the branch it lies in, at any depth.
Strand& strand_of(Strand& strand, std::string_view at) {
  for (auto& [key, branch] : strand.branches)
    if (is_within(at, key)) return strand_of(branch, at);
  return strand;
}
bool left_behind(const Strand& strand) {
  return strand.left || std::any_of(strand.branches.begin(), strand.branches.end(), [](const auto& b) { return left_behind(b.second); });
}

// Goes to `at`: whatever was open and is not around it has ended.
void move_to(Strand& strand, std::string_view at, Strand::Stands stands, bool caught) {
  while (!strand.open.empty()) {
    const auto& entered = strand.open.back();
    if (is_within(at, entered.at) && at.size() > entered.at.size()) break;
    // Leaving a parallel whose branches failed: a resume goes back into them.
    if (entered.kind == EnterKind::parallel) {
      if (!caught && !strand.left && at != entered.at &&
          std::any_of(strand.branches.begin(), strand.branches.end(), [](const auto& b) { return left_behind(b.second); }))
        strand.left = std::make_shared<const Strand>(strand);
      strand.branches.clear();
    }
    if (entered.kind == EnterKind::call && strand.scopes.size() > 1) strand.scopes.pop_back();
    strand.open.pop_back();
  }
  strand.at = std::string(at);
  strand.stands = stands;
}
void forget_left(Strand& strand, std::string_view within) {
  if (strand.left && (is_within(strand.left->at, within) || std::any_of(strand.left->branches.begin(), strand.left->branches.end(),
                                                                        [&](const auto& b) { return is_within(b.first, within); })))
    strand.left.reset();
}
void set_all(Strand& strand, Variables& set) {
  if (strand.scopes.empty()) strand.scopes.emplace_back();
  for (auto& [name, value] : set) strand.scopes.back()[name] = std::move(value);
}
// Is something open that would begin again?
bool may_repeat(const Strand& strand) {
  return (strand.left && may_repeat(*strand.left)) ||
         std::any_of(strand.open.begin(), strand.open.end(), [](const Entered& e) { return e.kind == EnterKind::with; }) ||
         std::any_of(strand.branches.begin(), strand.branches.end(), [](const auto& b) { return may_repeat(b.second); });
}

class Reader {
 public:
  Reader(RunState& state, const base::Record& record, const ValueStore* store, const json::object& object)
      : state_(state), record_(record), store_(store), object_(object), at_(text_in(object, "at")) {}

  Status apply() {
    const auto type = static_cast<RecordType>(record_.type);
    if (type == RecordType::begin) return begin();
    if (!state_.begun) return wrong("no beginning");
    if (type == RecordType::resumed) return resumed();
    if (state_.finished) return wrong("a record after the last");
    if (type == RecordType::finished) {
      const auto* value = object_.if_contains("finished");
      if (!value) return wrong("no outcome");
      QUANJI_TRY(state_.finished, base::from_json<wire::Finished>(*value, base::Side::stored, base::Unknown::ignore));
      return {};
    }
    if (at_.empty()) return wrong("no place");
    switch (type) {
      case RecordType::intent:
        if (std::find(state_.unsettled.begin(), state_.unsettled.end(), at_) == state_.unsettled.end()) state_.unsettled.push_back(at_);
        return {};
      case RecordType::step:
      case RecordType::receipt:
        return step(type == RecordType::receipt);
      case RecordType::enter:
        return enter();
      case RecordType::failed:
      case RecordType::suspended:
        return failed();
      case RecordType::again: {
        auto& strand = strand_of(state_.main, at_);
        move_to(strand, at_, Strand::Stands::before, true);
        forget_left(strand, at_);
        return {};
      }
      default:
        return wrong("unknown type");
    }
  }

 private:
  Error wrong(std::string_view why) const { return senseless(record_.offset, why); }

  Status begin() {
    if (state_.begun) return wrong("a second beginning");
    const auto* v = object_.if_contains("v");
    if (!v || !v->is_int64() || v->get_int64() != 2) return wrong("another version");
    state_.begun = true;
    state_.attempt = text_in(object_, "attempt");
    state_.document_digest = text_in(object_, "document");
    state_.flow = text_in(object_, "flow");
    QUANJI_TRY(state_.inputs, variables_in(object_, "inputs", store_));
    state_.main.scopes = {state_.inputs};
    return {};
  }
  Status resumed() {
    state_.attempt = text_in(object_, "attempt");
    state_.finished.reset();
    state_.resumed = true;
    state_.main = resume_point(state_.main);
    if (const auto* settled = object_.if_contains("settled"); settled && settled->is_array()) {
      for (const auto& one : settled->get_array()) {
        const auto* answer = one.if_object();
        if (!answer) return wrong("an answer is no object");
        const auto at = text_in(*answer, "at");
        const auto* done = answer->if_contains("done");
        std::erase(state_.unsettled, at);
        if (!done || !done->is_bool() || !done->get_bool()) continue;
        if (const auto found = state_.receipts.find(at); found != state_.receipts.end()) {
          state_.promised[at] = found->second;
        } else {
          QUANJI_TRY(state_.promised[at], variables_in(*answer, "set", store_));
        }
      }
    }
    state_.receipts.clear();
    return {};
  }
  Status step(bool receipt) {
    auto& strand = strand_of(state_.main, at_);
    if (strand.stands == Strand::Stands::done && strand.at == at_) return wrong("a step done twice");
    QUANJI_TRY(auto set, variables_in(object_, "set", store_));
    move_to(strand, at_, Strand::Stands::done, false);
    forget_left(strand, at_);
    std::erase(state_.unsettled, at_);
    handled();
    state_.promised.erase(at_);
    if (receipt) state_.receipts[at_] = set;
    if (!state_.receipts.empty() && !may_repeat(state_.main)) state_.receipts.clear();
    set_all(strand, set);
    ++state_.steps_done;
    return {};
  }
  Status enter() {
    Entered entered;
    entered.at = at_;
    const auto word = text_in(object_, "kind");
    const auto found = std::find(std::begin(kind_words), std::end(kind_words), word);
    if (found == std::end(kind_words)) return wrong("an unknown kind");
    entered.kind = static_cast<EnterKind>(found - std::begin(kind_words));
    if (const auto* over = object_.if_contains("over")) {
      QUANJI_TRY(entered.over, read_value(store_, *over));
    }
    entered.item = text_in(object_, "item");
    entered.index = text_in(object_, "index");
    if (const auto way = text_in(object_, "way"); !way.empty()) {
      const auto known = std::find(std::begin(way_words), std::end(way_words), way);
      if (known == std::end(way_words)) return wrong("an unknown way");
      entered.way = static_cast<Way>(known - std::begin(way_words));
    }
    if (const auto* failure = object_.if_contains("failure")) {
      QUANJI_TRY(entered.failure, failure_in(*failure));
    }
    QUANJI_TRY(auto outputs, variables_in(object_, "outputs", store_));
    for (auto& [name, value] : outputs) entered.outputs.emplace_back(name, std::move(value));
    if (const auto* branches = object_.if_contains("branches"); branches && branches->is_int64()) entered.branches = branches->get_int64();
    if (entered.branches < 0 || entered.branches > 1000) return wrong("too many branches");
    QUANJI_TRY(auto set, variables_in(object_, "set", store_));

    auto& strand = strand_of(state_.main, at_);
    const bool caught = entered.kind == EnterKind::caught;
    move_to(strand, at_, Strand::Stands::inside, caught);
    if (caught) {
      // ".../catch/0": what failed is inside the try before it.
      const auto slash = at_.rfind("/catch/");
      if (slash != std::string::npos) forget_left(strand, std::string_view(at_).substr(0, slash));
      handled();
    }
    set_all(strand, set);
    if (entered.kind == EnterKind::with) entered.before = std::make_shared<const Scopes>(strand.scopes);
    if (entered.kind == EnterKind::call) {
      QUANJI_TRY(auto inputs, variables_in(object_, "inputs", store_));
      strand.scopes.push_back(std::move(inputs));
    }
    if (entered.kind == EnterKind::parallel)
      for (std::int64_t i = 0; i < entered.branches; ++i) strand.branches[fmt::format("{}/parallel/{}", at_, i)].scopes = strand.scopes;
    strand.open.push_back(std::move(entered));
    return {};
  }
  Status failed() {
    QUANJI_TRY(auto set, variables_in(object_, "set", store_));
    const auto* unknown = object_.if_contains("unknown");
    if (!unknown || !unknown->is_bool() || !unknown->get_bool()) std::erase(state_.unsettled, at_);
    auto& strand = strand_of(state_.main, at_);
    const auto* stay = object_.if_contains("stay");
    if (!stay || !stay->is_bool() || !stay->get_bool()) move_to(strand, at_, Strand::Stands::before, false);
    set_all(strand, set);
    if (!strand.left) strand.left = std::make_shared<const Strand>(strand);
    return {};
  }
  // Intents whose outcome is unknown and that the flow itself has dealt with.
  void handled() {
    if (const auto* places = object_.if_contains("handled"); places && places->is_array())
      for (const auto& place : places->get_array())
        if (place.is_string()) std::erase(state_.unsettled, std::string_view(place.get_string()));
  }

  RunState& state_;
  const base::Record& record_;
  const ValueStore* store_;
  const json::object& object_;
  const std::string at_;
};

}  // namespace

std::string_view word_of(EnterKind kind) { return kind_words[static_cast<std::size_t>(kind)]; }
std::string_view word_of(Way way) { return way_words[static_cast<std::size_t>(way)]; }

Status apply(RunState& state, const base::Record& record, const ValueStore* store) {
  auto parsed = base::parse_json(record.json, values::max_value_json_depth);
  if (!parsed || !parsed->is_object()) return senseless(record.offset, "not an object");
  return Reader(state, record, store, parsed->get_object()).apply();
}

Result<RunState> read_journal(std::string_view bytes, const ValueStore* store) {
  const auto scan = base::read_records(base::bytes_of(bytes));
  if (scan.end == base::LogEnd::corrupt) return senseless(scan.good, "damaged");
  RunState state;
  for (const auto& view : scan.records) QUANJI_DO(apply(state, {view.type, std::string(view.json), 0, view.offset}, store));
  return state;
}

Strand resume_point(const Strand& strand) {
  Strand point = strand.left ? *strand.left : strand;
  point.left.reset();
  const auto with = std::find_if(point.open.begin(), point.open.end(), [](const Entered& e) { return e.kind == EnterKind::with; });
  if (with != point.open.end()) {
    point.stands = Strand::Stands::before;
    point.at = with->at;
    point.scopes = *with->before;
    point.branches.clear();
    point.open.erase(with, point.open.end());
    return point;
  }
  for (auto& [key, branch] : point.branches) branch = resume_point(branch);
  return point;
}

std::vector<Doubt> doubts(const RunState& state) {
  std::vector<Doubt> out;
  for (const auto& at : state.unsettled) out.push_back({at, false});
  // `once` steps that are done and lie where a `with` begins again.
  const auto look = [&](const auto& self, const Strand& strand) -> void {
    const Strand& left = strand.left ? *strand.left : strand;
    const auto with = std::find_if(left.open.begin(), left.open.end(), [](const Entered& e) { return e.kind == EnterKind::with; });
    if (with != left.open.end()) {
      for (const auto& [at, set] : state.receipts)
        if (is_within(at, with->at)) out.push_back({at, true});
      return;
    }
    for (const auto& [key, branch] : left.branches) self(self, branch);
  };
  look(look, state.main);
  return out;
}

}  // namespace quanji::engine
