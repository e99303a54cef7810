#include "apps/quanji/debug_stops.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <variant>

#include "apps/quanji/local_run_watch.h"
#include "base/log.h"

namespace quanji::apps {

namespace json = boost::json;
using engine::Debugger;
using values::Type;
using values::Value;

namespace {

void collect(const flow::Steps& steps, std::vector<const flow::Step*>& all);
struct Inner {
  std::vector<const flow::Step*>& all;
  void operator()(const flow::If& act) const {
    for (const auto& branch : act.branches) collect(branch.steps, all);
    collect(act.otherwise, all);
  }
  void operator()(const flow::Try& act) const {
    collect(act.steps, all);
    for (const auto& one : act.catches) collect(one.steps, all);
    collect(act.finally, all);
  }
  void operator()(const flow::Parallel& act) const {
    for (const auto& branch : act.branches) collect(branch.steps, all);
  }
  void operator()(const flow::For& act) const { collect(act.steps, all); }
  void operator()(const flow::While& act) const { collect(act.steps, all); }
  void operator()(const flow::With& act) const { collect(act.steps, all); }
  void operator()(const flow::EachItem& act) const { collect(act.steps, all); }
  template <class Other>
  void operator()(const Other&) const {}
};
void collect(const flow::Steps& steps, std::vector<const flow::Step*>& all) {
  for (const auto& step : steps) {
    all.push_back(&step);
    std::visit(Inner{all}, step.act);
  }
}

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}
std::int64_t number_of(const json::object& object, std::string_view name, std::int64_t otherwise) {
  const auto* value = object.if_contains(name);
  return value && value->is_int64() ? value->get_int64() : otherwise;
}

// In one line, cut: an editor asks for the rest by opening it.
std::string short_text(const Value& value) {
  constexpr std::size_t most = 200;
  switch (value.type()) {
    case Type::nothing:
      return "None";
    case Type::table:
      return fmt::format("table {} × {}", value.table().rows(), value.table().columns());
    case Type::list:
      return fmt::format("list[{}]", value.list().size());
    case Type::map:
      return fmt::format("map{{{}}}", value.map().size());
    case Type::bytes:
      return fmt::format("bytes[{}]", value.bytes().size());
    case Type::boolean:
      return value.boolean() ? "True" : "False";
    default: {
      auto text = base::log::mask(value.display());
      if (text.size() > most) text = std::string(text.substr(0, most)) + "…";
      return value.is(Type::text) ? "\"" + text + "\"" : text;
    }
  }
}
std::size_t elements(const Value& value) {
  return value.is(Type::list) ? value.list().size() : value.is(Type::table) ? value.table().rows() : 0;
}

}  // namespace

std::vector<const flow::Step*> all_steps(const flow::Document& document) {
  std::vector<const flow::Step*> all;
  collect(document.steps, all);
  std::stable_sort(all.begin(), all.end(), [](const auto* a, const auto* b) { return a->at.line < b->at.line; });
  return all;
}

void DebugStops::use(const engine::Flows& flows, std::map<const flow::Document*, std::string> paths) {
  const std::lock_guard lock(mutex_);
  flows_ = &flows;
  paths_ = std::move(paths);
}

void DebugStops::set_breakpoints(const DebugRequest& request) {
  const auto* source = request.arguments.if_contains("source");
  const auto path = source && source->is_object() ? text_of(source->get_object(), "path") : "";
  std::error_code ignored;
  const auto wanted = std::filesystem::weakly_canonical(path, ignored).string();
  const std::lock_guard lock(mutex_);
  const auto document = std::find_if(paths_.begin(), paths_.end(), [&](const auto& one) { return one.second == wanted; });
  json::array answers;
  if (document != paths_.end())
    std::erase_if(breakpoints_, [&](const auto& one) {
      const auto steps = all_steps(*document->first);
      return std::find(steps.begin(), steps.end(), one.first) != steps.end();
    });
  if (const auto* list = request.arguments.if_contains("breakpoints"); list && list->is_array()) {
    for (const auto& one : list->get_array()) {
      const auto& given = one.is_object() ? one.get_object() : json::object();
      const auto line = number_of(given, "line", 0);
      if (document == paths_.end()) {
        answers.push_back(
            json::object{{"verified", false}, {"line", line}, {"message", "这个文件不在所调试的流程里 / no flow of this program"}});
        continue;
      }
      const auto steps = all_steps(*document->first);
      const auto step =
          std::find_if(steps.begin(), steps.end(), [&](const auto* s) { return static_cast<std::int64_t>(s->at.line) >= line; });
      if (step == steps.end()) {
        answers.push_back(
            json::object{{"verified", false}, {"line", line}, {"message", "此行之后没有步骤 / no step begins at or after this line"}});
        continue;
      }
      breakpoints_[*step] = {text_of(given, "condition"), text_of(given, "logMessage")};
      answers.push_back(json::object{{"verified", true}, {"line", (*step)->at.line}});
    }
  }
  any_breakpoint_ = !breakpoints_.empty();
  wire_.answer(request, {{"breakpoints", std::move(answers)}});
}
void DebugStops::set_exception_breakpoints(const DebugRequest& request) {
  bool all = false, uncaught = false;
  if (const auto* filters = request.arguments.if_contains("filters"); filters && filters->is_array())
    for (const auto& one : filters->get_array()) {
      all = all || one == "failures";
      uncaught = uncaught || one == "uncaught";
    }
  failures_ = all;
  uncaught_ = uncaught;
  wire_.answer(request);
}

Debugger::Order DebugStops::at_border(engine::Pause& pause) {
  if (gone_) return Order::go_on;
  const auto depth = pause.place.depth;
  std::string_view reason;
  if (entry_.exchange(false)) reason = "entry";
  if (pause_.exchange(false)) reason = "pause";
  if (mode_ == Mode::in || (mode_ == Mode::over && depth <= depth_) || (mode_ == Mode::out && depth < depth_)) reason = "step";
  if (any_breakpoint_) {
    Breakpoint point;
    bool here = false;
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = breakpoints_.find(&pause.place.step); found != breakpoints_.end()) {
        here = true;
        point = found->second;
      }
    }
    if (here && !point.condition.empty()) {
      const auto holds = pause.evaluate("bool(" + point.condition + ")");
      if (!holds)
        wire_.output("stderr", fmt::format("{}: {}", point.condition, holds.error().message.zh + " / " + holds.error().message.en));
      here = holds.ok() && holds->is(Type::boolean) && holds->boolean();
    }
    if (here && !point.log.empty()) {
      const auto said = pause.evaluate("f" + std::string(values::Value::of(point.log).json()));
      wire_.output("console", said ? said->display() : said.error().message.en);
      here = false;
    }
    if (here) reason = "breakpoint";
  }
  return reason.empty() ? Order::go_on : hold(pause, reason, nullptr);
}
Debugger::Order DebugStops::at_failure(engine::Pause& pause, const engine::Failure& failure) {
  if (gone_ || (!failures_ && (!uncaught_ || caught(pause, failure)))) return Order::go_on;
  return hold(pause, "exception", &failure);
}
void DebugStops::logged(std::string_view at, base::Time time, engine::LogLevel level, std::string_view message) {
  wire_.output("console", fmt::format("{} {} {}: {}", base::to_text(time), base::word(level), at, message));
}

Debugger::Order DebugStops::hold(engine::Pause& pause, std::string_view reason, const engine::Failure* failure) {
  opened_.clear();
  mode_ = Mode::run;
  depth_ = pause.place.depth;
  json::object body{{"reason", reason}, {"threadId", 1}, {"allThreadsStopped", true}};
  if (failure) {
    body["description"] = failure->code;
    body["text"] = failure->message.zh + " / " + failure->message.en;
  }
  requests_.open();
  wire_.event("stopped", std::move(body));
  auto order = Order::stop;
  for (;;) {
    const auto request = requests_.take();
    if (request && !gone_ && !pause.halt.asked()) {
      if (!handle(pause, *request, failure)) continue;
      order = Order::go_on;
    } else if (request) {
      wire_.refuse_running(*request);
    }
    break;
  }
  // What was meant for this stop must not act on the next one.
  for (const auto& late : requests_.shut()) wire_.refuse_running(late);
  return order;
}
bool DebugStops::caught(const engine::Pause& pause, const engine::Failure& failure) const {
  const auto within = [&](const flow::Document& document, const flow::Step& step) {
    for (const auto* around : all_steps(document)) {
      if (around != &step && !step.path.starts_with(around->path + "/")) continue;
      if (around->on_error == flow::OnError::go_on) return true;
      if (around == &step) continue;
      if (std::holds_alternative<flow::EachItem>(around->act)) return true;
      const auto* attempt = std::get_if<flow::Try>(&around->act);
      if (attempt && step.path.substr(around->path.size()).starts_with("/try/") &&
          std::any_of(attempt->catches.begin(), attempt->catches.end(),
                      [&](const auto& one) { return one.error.all() || one.error.matches(failure.kind, failure.code); }))
        return true;
    }
    return false;
  };
  if (within(pause.place.document, pause.place.step)) return true;
  for (std::size_t i = 1; i < pause.frames.size(); ++i)
    if (const auto place = find_place(*flows_, pause.frames[i].at); place.step && within(*place.document, *place.step)) return true;
  return false;
}

bool DebugStops::handle(engine::Pause& pause, const DebugRequest& request, const engine::Failure* failure) {
  const auto& command = request.command;
  if (command == "continue" || command == "next" || command == "stepIn" || command == "stepOut") {
    mode_ = command == "next" ? Mode::over : command == "stepIn" ? Mode::in : command == "stepOut" ? Mode::out : Mode::run;
    wire_.answer(request, command == "continue" ? json::object{{"allThreadsContinued", true}} : json::object{});
    return true;
  }
  if (command == "stackTrace") {
    wire_.answer(request, stack(pause));
  } else if (command == "scopes") {
    const bool innermost = number_of(request.arguments, "frameId", 1) == 1;
    json::array scopes;
    if (innermost) scopes.push_back(json::object{{"name", "变量 / Variables"}, {"variablesReference", 1}, {"expensive", false}});
    wire_.answer(request, {{"scopes", std::move(scopes)}});
  } else if (command == "variables") {
    wire_.answer(request, variables(pause, request));
  } else if (command == "evaluate") {
    evaluate(pause, request);
  } else if (command == "setVariable") {
    set_variable(pause, request);
  } else if (command == "exceptionInfo") {
    if (failure)
      wire_.answer(
          request,
          {{"exceptionId", failure->code}, {"description", failure->message.zh + " / " + failure->message.en}, {"breakMode", "always"}});
    else
      wire_.refuse(request, "没有失败 / there is no failure here");
  } else {
    wire_.refuse(request, fmt::format("不支持 {} / {} is not supported", command, command));
  }
  return false;
}

json::object DebugStops::source_of(const flow::Document& document) const {
  json::object source{{"name", document.file}};
  if (const auto path = paths_.find(&document); path != paths_.end()) source["path"] = path->second;
  return source;
}
json::object DebugStops::stack(engine::Pause& pause) const {
  json::array frames;
  const auto& step = pause.place.step;
  frames.push_back(json::object{{"id", 1},
                                {"name", fmt::format("{}  {}", step.title.empty() ? engine::act_of(step) : step.title, pause.place.at)},
                                {"source", source_of(pause.place.document)},
                                {"line", step.at.line},
                                {"column", step.at.column}});
  // Those that called it, from the inside: the line is that of the calling step.
  for (std::size_t i = pause.frames.size(); i > 1; --i) {
    const auto& document = pause.frames[i - 2].document;
    const auto found = flows_ ? find_place(*flows_, pause.frames[i - 1].at) : Place{};
    frames.push_back(json::object{{"id", static_cast<std::int64_t>(pause.frames.size() - i + 2)},
                                  {"name", document.flow.text},
                                  {"source", source_of(document)},
                                  {"line", found.step ? found.step->at.line : 1},
                                  {"column", found.step ? found.step->at.column : 1}});
  }
  const auto total = frames.size();
  return {{"stackFrames", std::move(frames)}, {"totalFrames", total}};
}

json::object DebugStops::shown(const Value& value) {
  json::object out{{"value", short_text(value)}, {"type", values::word_of(value.type())}, {"variablesReference", 0}};
  const bool structured = value.is(Type::list) || value.is(Type::map) || value.is(Type::table);
  if (structured) {
    opened_.push_back(value);
    out["variablesReference"] = opened_.size() + 1;
    if (const auto count = elements(value); count > 0) out["indexedVariables"] = count;
    if (value.is(Type::map)) out["namedVariables"] = value.map().size();
  }
  return out;
}
json::object DebugStops::variables(engine::Pause& pause, const DebugRequest& request) {
  const auto reference = number_of(request.arguments, "variablesReference", 0);
  json::array list;
  const auto add = [&](std::string_view name, const Value& value) {
    auto one = shown(value);
    one["name"] = name;
    list.push_back(std::move(one));
  };
  if (reference == 1) {
    for (std::uint32_t slot = 0; slot < pause.variables.size(); ++slot)
      if (pause.variables.is_set(slot)) add(pause.variables.name(slot), pause.variables.get(slot));
  } else if (reference >= 2 && static_cast<std::size_t>(reference) < opened_.size() + 2) {
    const auto value = opened_[static_cast<std::size_t>(reference - 2)];
    constexpr std::int64_t most = 1'000;
    const auto from = static_cast<std::size_t>(std::max<std::int64_t>(0, number_of(request.arguments, "start", 0)));
    const auto asked = number_of(request.arguments, "count", 0);
    const auto count = static_cast<std::size_t>(asked > 0 ? std::min(asked, most) : most);
    std::size_t at = 0;
    if (value.is(Type::map))
      for (const auto& [name, one] : value.map())
        if (const auto here = at++; here >= from && here - from < count) add(name, one);
    for (std::size_t i = from; i < elements(value) && i - from < count; ++i)
      add(std::to_string(i), value.is(Type::list) ? value.list()[i] : Value::of(value.table().row(i)));
  }
  return {{"variables", std::move(list)}};
}
void DebugStops::evaluate(engine::Pause& pause, const DebugRequest& request) {
  auto expression = text_of(request.arguments, "expression");
  if (expression.starts_with('=')) expression.erase(0, 1);
  const auto value = pause.evaluate(expression);
  if (!value) return wire_.refuse(request, value.error().message.zh + " / " + value.error().message.en);
  auto body = shown(*value);
  body["result"] = body["value"];
  body.erase("value");
  wire_.answer(request, std::move(body));
}
void DebugStops::set_variable(engine::Pause& pause, const DebugRequest& request) {
  const auto name = text_of(request.arguments, "name");
  if (number_of(request.arguments, "variablesReference", 0) != 1)
    return wire_.refuse(request, "只能改变量本身，不能改其中一项 / a variable is set as a whole, not a part of it");
  const auto slot = flow::slot_of(pause.place.document, name);
  if (!slot) return wire_.refuse(request, fmt::format("没有变量“{}” / there is no variable \"{}\"", name, name));
  const auto value = pause.evaluate(text_of(request.arguments, "value"));
  if (!value) return wire_.refuse(request, value.error().message.zh + " / " + value.error().message.en);
  pause.variables.set(*slot, *value);
  wire_.answer(request, shown(*value));
}

}  // namespace quanji::apps
