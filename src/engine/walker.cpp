#include "engine/walker.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "engine/step_context.h"

namespace quanji::engine {

using base::Code;
using base::Status;
using base::Text;
using values::Type;
using values::Value;

Run::Run(const RunRequest& asked, const Surroundings& around_it, RunControl& controlled, Journal* kept)
    : request(asked), around(around_it), control(controlled), journal(kept) {
  for (const auto& document : asked.flows.all()) programs.emplace(document.get(), std::make_unique<PythonProgram>(*document));
  for (const auto* activity : around_it.catalogue) activities.emplace(activity->info.id, activity);
  // What an earlier life left behind is not written over.
  std::error_code failed;
  for (auto it = std::filesystem::directory_iterator(around_it.evidence_folder, failed);
       !failed && it != std::filesystem::directory_iterator(); it.increment(failed))
    ++evidence_count;
}
void Run::journal_broke(base::Error error) {
  {
    const std::lock_guard lock(guard);
    if (!broken) broken = std::move(error);
  }
  control.halt.ask();
}
void Run::log(LogLevel level, std::string_view at, std::string_view message) {
  const auto masked = base::log::mask(message);
  around.outside.log(level, at, masked);
  if (!around.observer) return;
  const std::lock_guard lock(watching);
  around.observer->logged(at, around.clock.now(), level, masked);
}

const Entered* Cursor::entered(std::string_view at, EnterKind kind) const {
  for (const auto& entered : strand.open)
    if (entered.kind == kind && entered.at == at) return &entered;
  return nullptr;
}

Walker::Walker(Run& run, const flow::Document& document, Slots slots, Halt& halt) : run_(run), halt_(&halt) {
  frames_.push_back(std::make_unique<Frame>(Frame{&document, run.programs.at(&document).get(), std::move(slots), {}, {}, {}, 0}));
}
Walker::Walker(Walker& parent, Halt& halt)
    : run_(parent.run_),
      halt_(&halt),
      scopes_(parent.scopes_),
      deadline_(parent.deadline_),
      depth_(parent.depth_),
      outer_frames_(parent.outer_frames_ + static_cast<std::uint32_t>(parent.frames_.size()) - 1),
      staying_(parent.staying_) {
  const auto& frame = *parent.frames_.back();
  frames_.push_back(std::make_unique<Frame>(
      Frame{frame.document, frame.program, frame.slots.branch(), frame.prefix, frame.marks, frame.head, frame.head_length}));
}

void Walker::resume_at(const Strand& strand) {
  if (strand.stands == Strand::Stands::nowhere) return;
  cursor_ = std::make_unique<Cursor>(strand);
}

Way Walker::walk(const flow::Steps& list) { return steps(list); }

// ---- places ----

const Position::Level& Walker::target() const {
  const auto level = outer_frames_ + frames_.size() - 1;
  const auto& levels = cursor_->position.levels;
  return levels[std::min<std::size_t>(level, levels.size() - 1)];
}
std::string Walker::position(std::string_view path) const {
  const auto& frame = *frames_.back();
  if (frame.marks.empty() && frame.prefix.empty()) return std::string(path);
  std::string out = frame.head;
  out += path.substr(frame.head_length);
  return out;
}
void Walker::rebuild_head() {
  auto& frame = *frames_.back();
  frame.head = frame.prefix;
  frame.head_length = 0;
}
void Walker::enter_iteration(const flow::Step& loop, std::int64_t iteration) {
  auto& frame = *frames_.back();
  if (frame.marks.empty() || frame.marks.back().length != loop.path.size()) {
    frame.head = position(loop.path);
    frame.head_length = loop.path.size();
    frame.marks.push_back({loop.path.size(), iteration});
  } else {
    frame.marks.back().iteration = iteration;
    frame.head.resize(frame.head.rfind('['));
  }
  fmt::format_to(std::back_inserter(frame.head), "[{}]", iteration);
}
void Walker::leave_loop() {
  auto& frame = *frames_.back();
  frame.marks.pop_back();
  if (frame.marks.empty()) return rebuild_head();
  // Back to the mark around: what stands before the inner loop's part.
  const auto outer = frame.marks.back();
  std::size_t cut = frame.head.rfind('[');  // of the inner iteration
  cut -= frame.head_length - outer.length;  // the path between the two
  frame.head.resize(cut);
  frame.head_length = outer.length;
}

// ---- leaving ----

std::optional<Failure> Walker::must_leave() {
  if (halt_->asked()) {
    auto failure = system_failure("stopped", Text("任务被要求停止", "the task was asked to stop"));
    failure.ending = Ending::stopped;
    return failure;
  }
  if (deadline_ == for_ever) return std::nullopt;
  const auto now = run_.around.clock.monotonic();
  if (now < deadline_) return std::nullopt;
  const auto outermost = std::find_if(scopes_.begin(), scopes_.end(), [&](const Scope& scope) { return scope.until <= now; });
  auto failure = outermost->depth == 0 ? system_failure("timed_out", Text("任务超过时限", "the task ran beyond its time limit"))
                                       : system_failure("timed_out", Text("步骤超过时限（timeout）", "the step ran beyond its timeout"));
  failure.ending = Ending::timed_out;
  failure.scope = outermost->depth;
  return failure;
}
void Walker::push_scope(std::chrono::microseconds until, std::uint32_t depth) {
  scopes_.push_back({until, depth});
  deadline_ = std::min(deadline_, until);
}
void Walker::pop_scope() {
  scopes_.pop_back();
  deadline_ = for_ever;
  for (const auto& scope : scopes_) deadline_ = std::min(deadline_, scope.until);
}
Walker::Cleanup::Cleanup(Walker& walker, bool ending) : walker_(walker), on_(ending && !walker.staying_), halt_(walker.halt_) {
  if (!on_) return;
  scopes_ = std::move(walker.scopes_);
  deadline_ = walker.deadline_;
  walker.scopes_.clear();
  walker.deadline_ = for_ever;
  walker.staying_ = true;
  walker.halt_ = &walker.run_.never;
  walker.push_scope(walker.run_.around.clock.monotonic() + walker.run_.around.cleanup_limit, 0);
}
Walker::Cleanup::~Cleanup() {
  if (!on_) return;
  walker_.scopes_ = std::move(scopes_);
  walker_.deadline_ = deadline_;
  walker_.staying_ = false;
  walker_.halt_ = halt_;
}

PythonLimit Walker::python_limit() const {
  PythonLimit limit{run_.around.expression_limit, staying_ ? OnStop::stay : OnStop::leave};
  if (deadline_ != for_ever) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - run_.around.clock.monotonic());
    limit.time = std::clamp(left, std::chrono::milliseconds(1), limit.time);
  }
  return limit;
}

Way Walker::fail(Failure failure) {
  failure_ = std::move(failure);
  return Way::failed;
}
Way Walker::fail_at(const flow::Step& step, Failure failure, Journal::Acted acted, Journal::Back back) {
  // Python that was interrupted because the step's time is over says so in its own words.
  if (failure.code == "expression_timed_out")
    if (auto leave = must_leave()) failure = std::move(*leave);
  const auto at = position(step);
  if (failure.step.empty()) failure.step = at;
  for (auto& file : now_.evidence) failure.evidence.push_back(std::move(file));
  now_.evidence.clear();
  if (acted == Journal::Acted::unknown) unknown_.push_back(at);
  if (run_.journal) {
    auto status = failure.ending == Ending::suspended ? run_.journal->suspended(at, failure, slots())
                                                      : run_.journal->failed(at, failure, acted, back, slots());
    if (!status && status.error().code() == Code::too_large) {
      failure.data = Value();
      status = run_.journal->failed(at, failure, acted, back, slots());
    }
    if (!status) run_.journal_broke(std::move(status).error());
  }
  if (run_.around.debugger && failure.ending == Ending::none)
    hold(step, [&](Pause& pause) { return run_.around.debugger->at_failure(pause, failure); });
  return fail(std::move(failure));
}
// False: the step has failed because of it, failure() is set.
bool Walker::written(Status status) {
  if (status) return true;
  if (status.error().code() == Code::too_large) {
    fail(system_failure("value_too_large",
                        Text("变量太大，写不进运行日志；请改用文件", "the variables do not fit the run journal: use a file instead")));
  } else {
    auto failure = system_failure("journal_unwritable", status.error().message());
    failure.ending = Ending::stopped;
    run_.journal_broke(std::move(status).error());
    fail(std::move(failure));
  }
  return false;
}
Way Walker::done(const flow::Step& step, bool once) {
  if (run_.journal) {
    const auto at = position(step);
    if (!written(once ? run_.journal->receipt(at, slots()) : run_.journal->step(at, slots()))) return Way::failed;
  }
  run_.control.steps_done.fetch_add(1, std::memory_order_relaxed);
  return Way::next;
}

// ---- steps ----

void Walker::hold(const flow::Step& step, const std::function<Debugger::Order(Pause&)>& ask) {
  const auto at = position(step);
  const StepPlace place{document(), step, at, depth_};
  Pause pause{place,
              {},
              slots(),
              [this](const std::string& text) { return run_.around.python.evaluate_text(text, {}, &slots(), python_limit()); },
              run_.control.halt};
  for (const auto& frame : frames_)
    pause.frames.push_back({*frame->document, frame->prefix.empty() ? "" : frame->prefix.substr(0, frame->prefix.size() - 6)});
  const std::lock_guard lock(run_.watching);
  if (ask(pause) == Debugger::Order::stop) run_.control.halt.ask();
}

// Where in the list a resume goes on. The cursor goes when it has arrived.
std::size_t Walker::seek(const flow::Steps& list) {
  const auto& goal = target();
  const bool last = outer_frames_ + frames_.size() >= cursor_->position.levels.size();
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto& path = list[i].path;
    if (!goal.path.starts_with(path)) continue;
    if (goal.path.size() > path.size()) {
      if (goal.path[path.size()] == '/') return i;
      continue;
    }
    if (!last) return i;               // inside the flow this step calls
    if (goal.mark_of(path)) return i;  // an iteration of this loop
    if (cursor_->strand.stands == Strand::Stands::inside) return i;
    const bool done = cursor_->strand.stands == Strand::Stands::done;
    resume_over();
    return done ? i + 1 : i;
  }
  resume_over();
  return 0;
}
Way Walker::steps(const flow::Steps& list) {
  for (std::size_t i = resuming() ? seek(list) : 0; i < list.size(); ++i)
    if (const auto way = step(list[i]); way != Way::next) return way;
  return Way::next;
}

Way Walker::step(const flow::Step& step) {
  ++depth_;
  run_.control.step.store(&step, std::memory_order_relaxed);
  auto* observer = run_.around.observer;
  const auto tell = [&](auto call) {
    const auto at = position(step);
    const std::lock_guard lock(run_.watching);
    call(StepPlace{document(), step, at, depth_});
  };
  const auto out = [&](Way way) {
    --depth_;
    return way;
  };
  if (!resuming()) {
    if (run_.around.debugger) hold(step, [&](Pause& pause) { return run_.around.debugger->at_border(pause); });
    if (auto leave = must_leave()) return out(fail_at(step, std::move(*leave)));
    if (step.when) {
      auto meant = holds(*step.when);
      if (!meant) return out(fail_at(step, std::move(meant).error()));
      if (!*meant) {
        if (observer)
          tell([&](const StepPlace& place) { observer->step_ended(place, run_.around.clock.now(), StepEnd::passed_over, nullptr); });
        return out(Way::next);
      }
    }
  }
  if (observer) tell([&](const StepPlace& place) { observer->step_begun(place, run_.around.clock.now()); });
  const bool limited = step.timeout.has_value();
  if (limited) {
    auto time = value_of(*step.timeout);
    if (!time) return out(fail_at(step, std::move(time).error()));
    std::int64_t micros = -1;
    if (time->is(Type::duration)) micros = time->duration().micros;
    if (time->is(Type::integer) && std::abs(time->integer()) < 1'000'000'000) micros = time->integer() * 1'000'000;
    if (micros < 0)
      return out(fail_at(step, system_failure("invalid_argument", Text("timeout 应为时长，如 30s", "a timeout is a duration: 30s"))));
    push_scope(run_.around.clock.monotonic() + std::chrono::microseconds(micros), depth_);
  }
  Way way = step.retry ? attempts(step) : act(step);
  if (limited) {
    pop_scope();
    if (way == Way::failed && failure_->ending == Ending::timed_out && failure_->scope == depth_)
      failure_->ending = Ending::none, failure_->scope = 0;
  }
  auto end = way == Way::failed ? StepEnd::failed : StepEnd::done;
  if (way == Way::failed && step.on_error == flow::OnError::go_on && is_meant(*failure_)) {
    end = StepEnd::went_on;
    run_.log(LogLevel::warn, position(step), failure_->code + ": " + failure_->message.zh + " / " + failure_->message.en);
  }
  if (observer)
    tell([&](const StepPlace& place) {
      observer->step_ended(place, run_.around.clock.now(), end, end == StepEnd::done ? nullptr : &*failure_);
    });
  if (end == StepEnd::went_on) {
    way = Way::next;
    failure_.reset();
    if (run_.journal && !written(run_.journal->step(position(step), slots(), unknown_))) way = Way::failed;
    unknown_.clear();
  }
  return out(way);
}

Way Walker::attempts(const flow::Step& step) {
  const auto& retry = *step.retry;
  double wait = static_cast<double>(retry.wait_micros);
  for (std::int32_t again = 0;; ++again) {
    const Way way = act(step);
    if (way != Way::failed || !is_meant(*failure_) || again >= retry.times) return way;
    const bool meant = retry.error.all() ? failure_->kind == flow::ErrorKind::system : retry.error.matches(failure_->kind, failure_->code);
    if (!meant) return way;
    run_.log(LogLevel::warn, position(step),
             fmt::format("第 {} 次重试 / retry {}: {}: {}", again + 1, again + 1, failure_->code, failure_->message.en));
    if (run_.around.observer) {
      const auto at = position(step);
      const std::lock_guard lock(run_.watching);
      run_.around.observer->step_retried({document(), step, at, depth_}, run_.around.clock.now(), *failure_, again + 1);
    }
    const auto pause = std::chrono::microseconds(static_cast<std::int64_t>(std::min(wait, 86'400e6 * 7)));
    const auto until = run_.around.clock.monotonic() + pause;
    if (pause.count() > 0) run_.around.waiting.sleep(*halt_, std::min(until, deadline_));
    if (auto leave = must_leave()) return fail_at(step, std::move(*leave));
    if (run_.journal && !written(run_.journal->again(position(step)))) return Way::failed;
    failure_.reset();
    wait *= retry.factor;
  }
}

Way Walker::act(const flow::Step& step) {
  try {
    return std::visit(
        [&](const auto& act) -> Way {
          using T = std::decay_t<decltype(act)>;
          if constexpr (std::is_same_v<T, flow::Set>) return act_set(step, act);
          if constexpr (std::is_same_v<T, flow::Do>) return act_do(step, act);
          if constexpr (std::is_same_v<T, flow::If>) return act_if(step, act);
          if constexpr (std::is_same_v<T, flow::For>) return act_for(step, act);
          if constexpr (std::is_same_v<T, flow::While>) return act_while(step, act);
          if constexpr (std::is_same_v<T, flow::Break>) return Way::break_loop;
          if constexpr (std::is_same_v<T, flow::Continue>) return Way::continue_loop;
          if constexpr (std::is_same_v<T, flow::Try>) return act_try(step, act);
          if constexpr (std::is_same_v<T, flow::Fail>) return act_fail(step, act);
          if constexpr (std::is_same_v<T, flow::Return>) return act_return(step, act);
          if constexpr (std::is_same_v<T, flow::Call>) return act_call(step, act);
          if constexpr (std::is_same_v<T, flow::PythonBlock>) return act_python(step, act);
          if constexpr (std::is_same_v<T, flow::With>) return act_with(step, act);
          if constexpr (std::is_same_v<T, flow::Parallel>) return act_parallel(step, act);
          if constexpr (std::is_same_v<T, flow::EachItem>) return act_each_item(step, act);
          if constexpr (std::is_same_v<T, flow::Checkpoint>) return act_checkpoint(step);
        },
        step.act);
  } catch (const std::exception& bug) {
    return fail_at(step, system_failure("bug", Text("执行程序内部错误", fmt::format("a fault in the runner: {}", bug.what()))));
  }
}

}  // namespace quanji::engine
