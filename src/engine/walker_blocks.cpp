// Acts with steps inside, but loops.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <thread>

#include "engine/abandonable.h"
#include "engine/activity_values.h"
#include "engine/step_context.h"
#include "engine/walker.h"

namespace quanji::engine {

using base::Text;
using values::Map;
using values::Type;
using values::Value;

namespace {

constexpr std::size_t max_calls = 32;

// "then", "elif/1/then" …: what stands between a step's path and the place inside of it.
std::string_view inside(std::string_view goal, std::string_view path) {
  return goal.size() > path.size() ? goal.substr(path.size() + 1) : std::string_view();
}
// The number behind a word: "catch/3/steps/0" is 3.
std::optional<std::size_t> number_after(std::string_view text, std::string_view word) {
  if (!text.starts_with(word)) return std::nullopt;
  std::size_t number = 0;
  const auto read = std::from_chars(text.data() + word.size(), text.data() + text.size(), number);
  return read.ec == std::errc() ? std::optional(number) : std::nullopt;
}
}  // namespace

Way Walker::act_if(const flow::Step& step, const flow::If& act) {
  if (resuming()) {
    const auto where = inside(target().path, step.path);
    if (where.starts_with("else/")) return steps(act.otherwise);
    const auto branch = number_after(where, "elif/");
    const std::size_t index = branch ? *branch + 1 : 0;
    if (index < act.branches.size()) return steps(act.branches[index].steps);
  }
  for (const auto& branch : act.branches) {
    auto meant = holds(branch.condition);
    if (!meant) return fail_at(step, std::move(meant).error());
    if (*meant) return steps(branch.steps);
  }
  return steps(act.otherwise);
}

Way Walker::act_try(const flow::Step& step, const flow::Try& act) {
  Way way = Way::next;
  std::optional<std::size_t> caught;
  bool resumed_in_catch = false;
  if (resuming()) {
    const auto where = inside(target().path, step.path);
    if (where.starts_with("finally")) return finally_of(step, act, Way::next);
    if ((caught = number_after(where, "catch/")) && *caught < act.catches.size()) {
      resumed_in_catch = true;
      if (where.find('/', 6) == std::string_view::npos) resume_over();  // at its head
    }
  }
  if (!resumed_in_catch) {
    way = steps(act.steps);
    if (way == Way::failed && is_meant(*failure_)) {
      for (std::size_t i = 0; i < act.catches.size() && !caught; ++i)
        if (act.catches[i].error.all() || act.catches[i].error.matches(failure_->kind, failure_->code)) caught = i;
    }
  }
  if (caught) {
    const auto& taken = act.catches[*caught];
    bool begun = true;
    if (!resumed_in_catch) {
      now_.step = &step;
      if (taken.save) assign(taken.save->slot, engine::value_of(*failure_));
      if (run_.journal) {
        Journal::Enter enter;
        enter.kind = EnterKind::caught;
        enter.handled = unknown_;
        begun = written(run_.journal->enter(position(fmt::format("{}/catch/{}", step.path, *caught)), enter, slots()));
      }
      unknown_.clear();
      if (begun) failure_.reset();
    }
    way = begun ? steps(taken.steps) : Way::failed;
  }
  return act.finally.empty() ? way : finally_of(step, act, way);
}
// Runs the finally steps and then goes on as before, unless they leave by a way of their own. A suspended run has not left.
Way Walker::finally_of(const flow::Step& step, const flow::Try& act, Way way) {
  if (way == Way::failed && failure_->ending == Ending::suspended) return way;
  auto failure = std::move(failure_);
  failure_.reset();
  auto outputs = std::move(returned_);
  const auto at = position(step.path + "/finally");
  const Entered* entered = resuming() ? cursor_->entered(at, EnterKind::finally) : nullptr;
  if (entered) {
    way = entered->way;
    failure = entered->failure;
    outputs = entered->outputs;
    if (target().path == step.path + "/finally") resume_over();
  } else if (run_.journal) {
    Journal::Enter enter;
    enter.kind = EnterKind::finally;
    enter.way = way;
    if (failure) enter.failure = &*failure;
    if (way == Way::returned) enter.outputs = &outputs;
    if (!written(run_.journal->enter(at, enter, slots()))) return Way::failed;
  }
  {
    const Cleanup cleanup(*this, failure && failure->ending != Ending::none);
    if (const auto left = steps(act.finally); left != Way::next) {
      if (failure && failure->ending != Ending::none) {
        // The run ends all the same; what failed while it did is told, not followed.
        if (left == Way::failed)
          run_.log(LogLevel::error, at, "finally: " + failure_->code + ": " + failure_->message.zh + " / " + failure_->message.en);
      } else {
        return left;
      }
    }
  }
  failure_ = std::move(failure);
  returned_ = std::move(outputs);
  return way;
}

Way Walker::act_call(const flow::Step& step, const flow::Call& act) {
  now_.step = &step;
  const auto* callee = run_.request.flows.find(act.flow.text);
  if (!callee)
    return fail_at(step, system_failure("unknown_flow", Text(fmt::format("包里没有流程“{}”", act.flow.text),
                                                             fmt::format("the package has no flow “{}”", act.flow.text))));
  if (outer_frames_ + frames_.size() > max_calls)
    return fail_at(step, system_failure("too_many_calls", Text("流程调用嵌套太深", "flows call each other too deeply")));
  const auto at = position(step);
  auto frame =
      std::make_unique<Frame>(Frame{callee, run_.programs.at(callee).get(), Slots(callee->variables), at + "/call/", {}, at + "/call/", 0});
  const bool into = resuming() && cursor_->entered(at, EnterKind::call) != nullptr;
  if (into) {
    const auto level = outer_frames_ + frames_.size();
    if (level < cursor_->strand.scopes.size()) restore_slots(frame->slots, cursor_->strand.scopes[level], *callee);
    if (cursor_->position.levels.size() <= level) resume_over();
    frames_.push_back(std::move(frame));
  } else {
    resume_over();
    auto given = values_of(act.with);
    if (!given) return fail_at(step, std::move(given).error());
    auto inputs = take_inputs(*callee, values::Variables(given->begin(), given->end()));
    if (!inputs) return fail_at(step, std::move(inputs).error());
    frames_.push_back(std::move(frame));
    if (auto taken = take(*inputs); !taken) {
      frames_.pop_back();
      return fail_at(step, std::move(taken).error());
    }
    if (run_.journal) {
      Journal::Enter enter;
      enter.kind = EnterKind::call;
      enter.inputs = &*inputs;
      auto& caller = frames_[frames_.size() - 2]->slots;
      if (!written(run_.journal->enter(at, enter, caller))) {
        frames_.pop_back();
        return fail_at(step, std::move(*failure_));
      }
    }
  }
  const Way way = steps(callee->steps);
  frames_.pop_back();
  if (way == Way::failed) return way;
  auto outputs = way == Way::returned ? std::move(returned_) : Map();
  returned_.clear();
  Map declared;
  for (const auto& output : callee->outputs) {
    const auto found = std::find_if(outputs.begin(), outputs.end(), [&](const auto& o) { return o.first == output.name; });
    declared.emplace_back(output.name, found == outputs.end() ? Value() : found->second);
  }
  if (callee->outputs.empty()) declared = std::move(outputs);
  std::vector<Slots::Before> before;
  save(act.save, declared, before);
  if (done(step, false) == Way::next) return Way::next;
  put_back(before);
  return fail_at(step, std::move(*failure_));
}

Way Walker::act_with(const flow::Step& step, const flow::With& act) {
  now_.step = &step;
  now_.evidence.clear();
  resume_over();  // always from its head
  const auto found = run_.activities.find(act.activity.text);
  if (found == run_.activities.end() || found->second->info.opens.empty())
    return fail_at(
        step, system_failure("unknown_activity", Text(fmt::format("没有打开资源的活动“{}”", act.activity.text),
                                                      fmt::format("there is no activity “{}” that opens a resource", act.activity.text))));
  auto acted = Journal::Acted::settled;
  auto outputs = call_activity(step, *found->second, act.with, false, acted);
  if (!outputs) return fail_at(step, std::move(outputs).error());
  const auto handle = std::find_if(outputs->begin(), outputs->end(), [](const auto& o) { return o.second.is(Type::handle); });
  if (handle == outputs->end())
    return fail_at(step, system_failure("bug", Text("活动没有给出资源", fmt::format("{} gave no resource", act.activity.text))));
  const auto opened = handle->second.handle();
  assign(act.as.slot, handle->second);
  Way way = Way::next;
  bool begun = true;
  if (run_.journal) {
    Journal::Enter enter;
    enter.kind = EnterKind::with;
    begun = written(run_.journal->enter(position(step), enter, slots()));
    if (!begun) way = fail_at(step, std::move(*failure_));
  }
  if (begun) way = steps(act.steps);
  close_resource(step, opened, way);
  if (way != Way::next) return way;
  if (done(step, false) == Way::next) return Way::next;
  return fail_at(step, std::move(*failure_));
}
namespace {
void abandon(Resources& resources, ActivityContext& context, const values::Handle& handle) {
  const auto held = resources.hold(context, handle);
  if (!held) return;
  if (auto* resource = dynamic_cast<Abandonable*>(held->get())) resource->abandon();
}
}  // namespace
void Walker::close_resource(const flow::Step& step, const values::Handle& handle, Way& way) {
  auto failure = std::move(failure_);
  failure_.reset();
  {
    const Cleanup cleanup(*this, failure && failure->ending != Ending::none);
    now_.step = &step;
    now_.at = position(step);
    StepContext context(*this);
    Outcome<void> closed;
    try {
      if (way == Way::failed) abandon(run_.resources, context, handle);
      closed = run_.resources.close(context, handle);
    } catch (const std::exception& bug) {
      closed = system_failure("bug", Text("关闭资源时内部错误", fmt::format("a fault while closing: {}", bug.what())));
    }
    if (!closed) {
      run_.log(LogLevel::warn, now_.at,
               "close: " + closed.error().code + ": " + closed.error().message.zh + " / " + closed.error().message.en);
      if (way != Way::failed) {
        way = fail_at(step, std::move(closed).error());
        return;
      }
    }
  }
  failure_ = std::move(failure);
}

void Walker::close_rest() {
  const Cleanup cleanup(*this, true);
  StepContext context(*this);
  for (const auto& handle : run_.resources.since(0)) {
    if (failure_) abandon(run_.resources, context, handle);
    auto closed = run_.resources.close(context, handle);
    if (!closed)
      run_.log(LogLevel::warn, "", "close: " + closed.error().code + ": " + closed.error().message.zh + " / " + closed.error().message.en);
  }
}

Way Walker::act_parallel(const flow::Step& step, const flow::Parallel& act) {
  const auto at = position(step);
  std::shared_ptr<const Strand> resumed;
  if (resuming() && cursor_->entered(at, EnterKind::parallel)) {
    resumed = std::make_shared<const Strand>(cursor_->strand);
    resume_over();
  } else {
    resume_over();
    if (run_.journal) {
      Journal::Enter enter;
      enter.kind = EnterKind::parallel;
      enter.branches = act.branches.size();
      if (!written(run_.journal->enter(at, enter, slots()))) return fail_at(step, std::move(*failure_));
    }
  }
  Halt group(halt_);
  struct Branch {
    std::unique_ptr<Walker> walker;
    std::thread thread;
    Way way = Way::next;
  };
  std::vector<Branch> branches(act.branches.size());
  std::vector<std::uint32_t> versions(slots().size());
  for (std::uint32_t slot = 0; slot < versions.size(); ++slot) versions[slot] = slots().version(slot);
  std::atomic<std::size_t> over{0};
  std::mutex first_mutex;
  std::optional<Failure> first, suspended;  // guarded by first_mutex
  auto& python = run_.around.python;
  for (std::size_t i = 0; i < branches.size(); ++i) {
    auto& branch = branches[i];
    branch.walker = std::make_unique<Walker>(*this, group);
    const auto key = fmt::format("{}/parallel/{}", at, i);
    bool ended = false;
    if (resumed) {
      const auto before = resumed->branches.find(key);
      if (before != resumed->branches.end()) {
        if (!before->second.scopes.empty()) branch.walker->restore_scope(before->second.scopes.back());
        ended = before->second.stands == Strand::Stands::done && before->second.at == key;
        if (!ended) branch.walker->resume_at(before->second);
      }
    }
    if (ended) {
      ++over;
      continue;
    }
    branch.thread = std::thread([&, i, key] {
      auto& mine = branches[i];
      auto& walker = *mine.walker;
      mine.way = walker.walk(act.branches[i].steps);
      if (mine.way != Way::failed && run_.journal && !walker.written(run_.journal->step(key, walker.slots()))) mine.way = Way::failed;
      if (mine.way == Way::failed) {
        const std::lock_guard lock(first_mutex);
        const auto& failure = walker.failure();
        // A branch that waits for a person lets the others go on; a failure stops them softly.
        if (failure.ending == Ending::suspended) {
          if (!suspended) suspended = failure;
        } else {
          const bool own = failure.ending == Ending::none || !group.asked();
          if (!first || (own && first->ending != Ending::none)) first = failure;
          group.ask();
        }
      }
      ++over;
      python.wake();
    });
  }
  if (python.on_own_thread()) python.serve_until([&] { return over == branches.size(); });
  for (auto& branch : branches)
    if (branch.thread.joinable()) branch.thread.join();
  // What the branches changed, in their order.
  for (auto& branch : branches) {
    auto& theirs = branch.walker->slots();
    for (std::uint32_t slot = 0; slot < versions.size(); ++slot)
      if (theirs.version(slot) != versions[slot] && theirs.is_set(slot)) slots().set(slot, theirs.get(slot));
    for (auto& place : branch.walker->unknown_) unknown_.push_back(std::move(place));
  }
  if (!first && suspended) first = std::move(suspended);
  if (first) return fail(std::move(*first));
  if (done(step, false) == Way::next) return Way::next;
  return fail_at(step, std::move(*failure_));
}

}  // namespace quanji::engine
