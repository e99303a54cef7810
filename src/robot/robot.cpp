#include "robot/robot.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <filesystem>

#include "base/fields_json.h"
#include "base/log.h"
#include "robot/run_journal.h"
#include "robot/sandbox.h"

namespace quanji::robot {

namespace files = std::filesystem;
using base::Code;
using base::Error;
using base::Result;
using base::Status;
using base::Text;
using std::chrono::microseconds;
using std::chrono::seconds;

namespace {

constexpr std::int64_t started_seq = 1, finished_seq = 2;
constexpr seconds beat_every{10};
constexpr seconds hello_within{30};
constexpr seconds after_overrun{2};
constexpr seconds answer_within{30};
constexpr seconds after_refusal{5};
constexpr std::size_t reports_under_way = 64;
constexpr std::size_t most_report_bytes = wire::max_frame_bytes - 8 * 1024;
constexpr std::size_t most_log_bytes = 4U << 20;

Error disk(std::string_view act, const std::string& path) {
  return Error(Code::store_unavailable,
               Text("机器人磁盘写入失败，请检查空间与硬件", "the robot's disk refuses: look at its space and its health"),
               base::system_detail(act, path));
}

// Others may pass through, not look: a run's user has to reach its work folder.
Status make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0711) != 0 && errno != EEXIST) return disk("make", path);
  return {};
}

Result<std::string> read_file(const std::string& path) {
  base::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return disk("open", path);
  return base::read_whole(file.get(), wire::max_frame_bytes);
}

Result<std::string> answer_with(const wire::OfferAnswer& answer) { return base::to_json(answer); }
Result<std::string> refuse_offer(std::string reason) { return answer_with({wire::OfferDecision::refuse, std::move(reason)}); }

}  // namespace

Result<std::unique_ptr<Robot>> Robot::open(const std::string& data_dir, RobotFacets facets, RobotPorts ports) {
  for (const auto& folder : {data_dir, data_dir + "/runs", data_dir + "/spool"}) QUANJI_DO(make_folder(folder));
  if (::chmod((data_dir + "/spool").c_str(), 0700) != 0) return disk("close", data_dir + "/spool");
  QUANJI_TRY(auto spool, Spool::open(data_dir + "/spool"));
  std::unique_ptr<Robot> robot(new Robot(data_dir, std::move(facets), std::move(ports), std::move(spool)));
  std::error_code failed;
  for (const auto& entry : files::directory_iterator(data_dir + "/runs", failed)) QUANJI_DO(robot->take_up(entry.path().string()));
  if (failed) return disk("list", data_dir + "/runs");
  return robot;
}

Status Robot::take_up(const std::string& folder) {
  if (!files::exists(folder + "/offer.json") || files::exists(folder + "/done")) return {};
  QUANJI_TRY(const auto text, read_file(folder + "/offer.json"));
  QUANJI_TRY(auto offer, base::from_json_text<wire::TaskOffer>(text));
  if (spool_.holds(offer.attempt, finished_seq)) return {};  // only its report is still on the way
  base::log::info("run_found", {{"attempt", offer.attempt.text()}});
  auto& attempt = attempts_[offer.attempt];
  attempt.offer = std::move(offer);
  attempt.folder = folder;
  return {};
}

// ---- the channel ----

void Robot::channel_opened() {
  open_ = true;
  next_beat_.reset();
}

void Robot::channel_closed() {
  open_ = false;
  beat_asked_.clear();
  for (auto& waiting : spool_.waiting()) waiting.asked.clear(), waiting.not_before = 0;
}

void Robot::frame_received(std::string_view text) {
  auto frame = wire::read_frame(text);
  if (!frame) return base::log::failure(base::log::Level::warn, "frame_unreadable", frame.error());
  if (frame->kind == wire::FrameKind::answer) return answered(*frame);
  if (frame->kind == wire::FrameKind::tell) return;
  struct Bound {
    std::string_view op;
    Result<std::string> (Robot::*function)(const wire::Frame&);
  };
  static constexpr Bound bound[] = {{wire::op::robot_read, &Robot::answer_read},
                                    {wire::op::task_offer, &Robot::answer_offer},
                                    {wire::op::task_stop, &Robot::answer_stop}};
  const auto found = std::find_if(std::begin(bound), std::end(bound), [&](const Bound& b) { return b.op == *frame->op; });
  auto data = found == std::end(bound) ? Result<std::string>(Error(Code::no_such_operation)) : (this->*found->function)(*frame);
  auto answer = data ? wire::write_frame(wire::make_answer(frame->id, std::move(*data)))
                     : wire::write_frame(wire::make_refusal(frame->id, data.error()));
  if (!answer) answer = wire::write_frame(wire::make_refusal(frame->id, answer.error()));
  if (answer) ports_.send(std::move(*answer));
}

std::string Robot::ask(std::string_view op, std::string body, std::optional<std::int64_t> token, std::optional<std::int64_t> seq) {
  auto frame = wire::make_ask("r" + std::to_string(++asks_), op, std::move(body));
  frame.token = token;
  frame.seq = seq;
  auto text = wire::write_frame(frame);
  if (!text) {
    base::log::failure(base::log::Level::error, "frame_not_sent", text.error());
    return {};
  }
  ports_.send(std::move(*text));
  return frame.id;
}

// ---- what the platform asks ----

Result<std::string> Robot::answer_read(const wire::Frame&) {
  wire::RobotFacts facts;
  facts.id = facets_.who.robot;
  facts.name = facets_.who.name;
  facts.version = program_version;
  facts.os = facets_.machine.os;
  facts.arch = facets_.machine.arch;
  facts.user = facets_.machine.user;
  facts.state = state();
  facts.slots = facets_.slots;
  facts.free_slots = free_slots();
  facts.capabilities = {"python"};
  facts.sandbox = facets_.sandbox;
  facts.at = ports_.clock.now();
  return base::to_json(facts);
}

Result<std::string> Robot::answer_offer(const wire::Frame& ask) {
  QUANJI_TRY(auto offer, wire::body_as<wire::TaskOffer>(ask.body));
  if (const auto held = attempts_.find(offer.attempt); held != attempts_.end())
    return held->second.offer.token == offer.token ? answer_with({wire::OfferDecision::accept, {}}) : refuse_offer("stale_token");
  const auto folder = data_dir_ + "/runs/" + offer.attempt.text();
  if (files::exists(folder + "/offer.json"))
    return answer_with({wire::OfferDecision::accept, {}});  // run before; its report is or was on the way
  // A package is not fetched yet: what is run is the document that came with the offer.
  if (offer.document.text.empty() || offer.document.text == "null") return refuse_offer("nothing_to_run");
  if (free_slots() == 0) return refuse_offer("no_free_slot");
  QUANJI_DO(make_folder(folder));
  QUANJI_DO(base::create_durable_file(folder + "/offer.json", base::to_json(offer, base::Side::stored), 0600));
  QUANJI_DO(base::sync_folder(data_dir_ + "/runs"));
  auto& attempt = attempts_[offer.attempt];
  attempt.offer = std::move(offer);
  attempt.folder = folder;
  base::log::info("task_accepted", {{"task", attempt.offer.task.text()}, {"attempt", attempt.offer.attempt.text()}});
  if (auto started = start(attempt); !started) broken_ = std::move(started).error();
  return answer_with({wire::OfferDecision::accept, {}});
}

Result<std::string> Robot::answer_stop(const wire::Frame& ask) {
  QUANJI_TRY(const auto stop, wire::body_as<wire::TaskStop>(ask.body));
  const auto found = attempts_.find(stop.attempt);
  if (found == attempts_.end()) return Error(Code::not_found);
  auto& attempt = found->second;
  attempt.ending = Attempt::Ending::stopped;
  const auto now = ports_.clock.monotonic();
  if (stop.mode == wire::StopMode::kill) {
    attempt.kill_at = now;
  } else {
    if (attempt.runner) attempt.runner->ask_stop("asked");
    const auto kill_at = now + seconds(attempt.offer.grace_seconds.value_or(30));
    if (!attempt.kill_at || kill_at < *attempt.kill_at) attempt.kill_at = kill_at;
  }
  return std::string("{}");
}

// ---- what the platform answers ----

void Robot::answered(const wire::Frame& answer) {
  if (answer.id == beat_asked_) {
    beat_asked_.clear();
    if (answer.code != 0) return base::log::failure(base::log::Level::warn, "beat_refused", wire::refusal_of(answer));
    auto said = wire::body_as<wire::BeatAnswer>(answer.data);
    if (!said) return base::log::failure(base::log::Level::warn, "beat_answer_unreadable", said.error());
    return beat_answered(*said);
  }
  auto& waiting = spool_.waiting();
  const auto found = std::find_if(waiting.begin(), waiting.end(), [&](const Spool::Waiting& w) { return w.asked == answer.id; });
  if (found == waiting.end()) return;
  if (answer.code != 0) {
    const auto refusal = wire::refusal_of(answer);
    base::log::failure(base::log::Level::warn, "report_refused", refusal, {{"attempt", found->attempt.text()}, {"seq", found->seq}});
    if (refusal.code() != Code::stale_token) {  // a late result is kept by the platform and needs no second telling
      found->asked.clear();
      found->not_before = (ports_.clock.monotonic() + after_refusal).count();
      return;
    }
  }
  // `done` first: an attempt whose result the platform has must never run again, whatever breaks off here.
  const auto attempt = found->attempt;
  const auto folder = data_dir_ + "/runs/" + attempt.text();
  if (found->seq == finished_seq && files::exists(folder) && !files::exists(folder + "/done")) {
    if (auto kept = base::create_durable_file(folder + "/done", "acknowledged\n", 0600); !kept) {
      broken_ = std::move(kept).error();
      return;
    }
    std::error_code failed;
    files::remove_all(folder + "/work", failed);
  }
  if (auto kept = spool_.acknowledge(attempt, found->seq); !kept) broken_ = std::move(kept).error();
}

void Robot::beat_answered(const wire::BeatAnswer& answer) {
  confirmed_ = true;
  for (const auto& stale : answer.stale) {
    const auto found = attempts_.find(stale);
    if (found == attempts_.end()) continue;
    base::log::warn("run_given_up", {{"attempt", stale.text()}});
    if (auto kept = base::create_durable_file(found->second.folder + "/done", "stale\n", 0600); !kept) broken_ = std::move(kept).error();
    attempts_.erase(found);  // kills the runner
  }
}

// ---- runs ----

namespace {
// A folder below the run's that the runner, whoever it becomes, may fill.
Result<base::Descriptor> open_for_runner(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return disk("make", path);
  if (const auto user = runner_user(); user && ::chown(path.c_str(), *user, *user) != 0) return disk("give away", path);
  base::Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) return disk("open", path);
  return folder;
}
}  // namespace

Status Robot::start(Attempt& attempt) {
  const auto path = attempt.folder + "/journal.qj";
  base::Descriptor journal(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  if (journal.get() < 0) return disk("open", path);
  // A runner of an earlier life that is still dying holds the lock; the next tick tries again.
  if (::flock(journal.get(), LOCK_EX | LOCK_NB) != 0) return {};
  QUANJI_DO(base::sync_folder(attempt.folder));
  attempt.journal = std::move(journal);
  auto facts = look_at_journal(attempt.journal.get());
  if (facts && facts->finished) return finish(attempt, 0);
  attempt.announced = facts && facts->begun;
  const auto work = attempt.folder + "/work";
  if (::mkdir(work.c_str(), 0700) != 0 && errno != EEXIST) return disk("make", work);
  auto runner = ports_.runners.start(work, wire::RunnerProfile::closed);
  if (!runner) {
    wire::Finished finished;
    finished.error = wire::RunError{"runner_not_started", runner.error().message().zh + " / " + runner.error().message().en, ""};
    attempt.finished = std::move(finished);
    return finish(attempt, wire::runner_exit::refused);
  }
  attempt.runner = std::move(*runner);
  attempt.deadline = ports_.clock.monotonic() + hello_within;
  return {};
}

Status Robot::look_after(Attempt& attempt, microseconds now) {
  for (const auto& message : attempt.runner->messages()) {
    switch (message.type) {
      case wire::RunnerMessageType::hello: {
        if (attempt.given) break;
        if (auto hello = wire::body_as<wire::Hello>(message.body)) attempt.sandbox = hello->sandbox;
        if (!attempt.announced) QUANJI_DO(spool_.add(report_of(attempt, wire::ReportKind::started)));
        attempt.announced = true;
        wire::Start start;
        start.task = attempt.offer.task;
        start.attempt = attempt.offer.attempt;
        start.flows = {{"flow.json", attempt.offer.document.text}};
        start.inputs = attempt.offer.inputs;
        const auto limit = seconds(attempt.offer.run_seconds.value_or(3600));
        start.cpu_seconds = limit.count();
        // A runner that died meanwhile is found dead below.
        // Large values and evidence: folders of the run, passed open, for a runner that was started ahead sees only its work folder.
        std::vector<base::Descriptor> folders;
        std::vector<int> numbers;
        for (const auto& [folder, name] :
             {std::pair(wire::RunnerFolder::values, "/values"), std::pair(wire::RunnerFolder::evidence, "/evidence")}) {
          auto opened = open_for_runner(attempt.folder + name);
          if (!opened) return std::move(opened).error();
          start.folders.push_back(folder);
          numbers.push_back(opened->get());
          folders.push_back(std::move(*opened));
        }
        if (auto given = attempt.runner->begin(start, attempt.journal.get(), numbers); !given)
          base::log::failure(base::log::Level::warn, "task_not_given", given.error());
        attempt.given = true;
        attempt.deadline = now + limit;
        attempt.synced_at = now;
        break;
      }
      case wire::RunnerMessageType::overrun:
        if (attempt.ending == Attempt::Ending::none) attempt.ending = Attempt::Ending::timed_out;
        if (!attempt.kill_at || now + after_overrun < *attempt.kill_at) attempt.kill_at = now + after_overrun;
        break;
      case wire::RunnerMessageType::resumed:
        if (attempt.ending == Attempt::Ending::timed_out && now < attempt.deadline)
          attempt.ending = Attempt::Ending::none, attempt.kill_at.reset();
        break;
      case wire::RunnerMessageType::finished:
        if (auto finished = wire::body_as<wire::Finished>(message.body)) attempt.finished = std::move(*finished);
        break;
      default:
        break;
    }
  }
  keep_log(attempt);
  if (attempt.deadline && now >= *attempt.deadline && attempt.ending == Attempt::Ending::none) {
    attempt.ending = Attempt::Ending::timed_out;
    attempt.runner->ask_stop("deadline");
    attempt.kill_at = attempt.given ? now + seconds(attempt.offer.grace_seconds.value_or(30)) : now;
  }
  if (attempt.kill_at && now >= *attempt.kill_at) attempt.runner->kill();
  if (attempt.given && now - attempt.synced_at >= seconds(1)) {
    if (::fdatasync(attempt.journal.get()) != 0) return disk("sync", attempt.folder + "/journal.qj");
    attempt.synced_at = now;
  }
  if (const auto code = attempt.runner->ended()) {
    for (const auto& message : attempt.runner->messages())  // what it said last
      if (auto finished = wire::body_as<wire::Finished>(message.body); finished && message.type == wire::RunnerMessageType::finished)
        attempt.finished = std::move(*finished);
    keep_log(attempt);
    return finish(attempt, *code);
  }
  return {};
}

wire::Finished Robot::verdict(const Attempt& attempt, int exit_code) const {
  auto facts = look_at_journal(attempt.journal.get());
  wire::Finished finished;
  if (facts && facts->finished)
    finished = std::move(*facts->finished);
  else if (attempt.finished) {
    finished = *attempt.finished;
    if (finished.waiting) {
      // Nobody can be asked from here yet: the attempt fails where it stands, and says what it waited for.
      finished.outcome = wire::Outcome::system_failure;
      finished.error = std::exchange(finished.waiting, std::nullopt);
    }
  } else {
    const auto number = std::to_string(exit_code > 128 ? exit_code - 128 : exit_code);
    finished.error =
        exit_code > 128 ? wire::RunError{"runner_died", "执行程序被信号 " + number + " 结束 / the runner was ended by signal " + number, ""}
                        : wire::RunError{"runner_died",
                                         "执行程序意外结束，代码 " + number + " / the runner ended unexpectedly with code " + number, ""};
    if (attempt.ending == Attempt::Ending::stopped) finished.outcome = wire::Outcome::stopped, finished.error.reset();
    if (attempt.ending == Attempt::Ending::timed_out) {
      finished.outcome = wire::Outcome::timed_out;
      finished.error = wire::RunError{"timed_out", "执行超过时限，已强制结束 / the run went beyond its limit and was killed", ""};
    }
  }
  if (finished.outcome == wire::Outcome::stopped && attempt.ending == Attempt::Ending::timed_out)
    finished.outcome = wire::Outcome::timed_out;
  if (facts && !facts->finished) finished.steps_done = facts->steps_done, finished.unsettled = std::move(facts->unsettled);
  return finished;
}

wire::TaskReport Robot::report_of(const Attempt& attempt, wire::ReportKind kind) const {
  wire::TaskReport report;
  report.task = attempt.offer.task;
  report.attempt = attempt.offer.attempt;
  report.token = attempt.offer.token;
  report.seq = kind == wire::ReportKind::started ? started_seq : finished_seq;
  report.kind = kind;
  report.at = ports_.clock.now();
  report.sandbox = attempt.sandbox;
  return report;
}

Status Robot::finish(Attempt& attempt, int exit_code) {
  const auto finished = verdict(attempt, exit_code);
  auto report = report_of(attempt, wire::ReportKind::finished);
  report.steps_done = finished.steps_done;
  report.outcome = finished.outcome;
  report.outputs = finished.outputs;
  report.error = finished.error;
  report.unsettled = finished.unsettled;
  if (base::to_json(report).size() > most_report_bytes) {
    report.outcome = wire::Outcome::system_failure;
    report.outputs.text.clear();
    report.error = wire::RunError{"outputs_too_large", "输出太大，请改用文件 / the outputs are too large: use a file", ""};
  }
  QUANJI_DO(spool_.add(report));
  base::log::info("run_finished",
                  {{"attempt", report.attempt.text()}, {"outcome", base::word(*report.outcome)}, {"steps", finished.steps_done}});
  attempt.runner.reset();
  attempt.journal = base::Descriptor();
  attempt.given = true;
  attempt.folder.clear();  // tick() lets it go
  return {};
}

void Robot::keep_log(Attempt& attempt) {
  auto text = attempt.runner->log();
  if (text.empty() || attempt.log_bytes >= most_log_bytes) return;
  text = base::log::mask(text);
  base::Descriptor file(::open((attempt.folder + "/log.txt").c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  // What a flow prints is not worth a run: a disk that refuses it will refuse the journal too, and there it counts.
  if (file.get() >= 0 && ::write(file.get(), text.data(), text.size()) > 0) attempt.log_bytes += text.size();
}

// ---- time ----

Status Robot::tick() {
  const auto now = ports_.clock.monotonic();
  for (auto& [id, attempt] : attempts_) {
    if (attempt.runner)
      QUANJI_DO(look_after(attempt, now));
    else if (!attempt.folder.empty() && confirmed_)
      QUANJI_DO(start(attempt));
  }
  std::erase_if(attempts_, [](const auto& entry) { return entry.second.folder.empty(); });
  if (open_) {
    if (!next_beat_ || now >= *next_beat_) {
      beat();
      next_beat_ = now + beat_every - seconds(1) + microseconds(ports_.random.below(2'000'000));
    }
    send_reports(now);
  }
  if (broken_) return std::move(*broken_);
  return {};
}

void Robot::beat() {
  wire::Beat beat;
  beat.number = ++beats_;
  beat.state = state();
  beat.slots = facets_.slots;
  beat.free_slots = free_slots();
  for (const auto& [id, attempt] : attempts_) beat.held.push_back({attempt.offer.task, attempt.offer.attempt, attempt.offer.token});
  beat.waiting_reports = static_cast<std::int64_t>(spool_.waiting().size());
  beat.at = ports_.clock.now();
  beat_asked_ = ask(wire::op::robot_beat, base::to_json(beat), {}, {});
}

void Robot::send_reports(microseconds now) {
  std::size_t under_way = 0;
  for (auto& waiting : spool_.waiting()) {
    if (under_way >= reports_under_way) return;
    ++under_way;
    if (now.count() < waiting.not_before) continue;
    waiting.asked = ask(wire::op::task_report, waiting.report, {}, waiting.seq);
    waiting.not_before = (now + answer_within).count();
  }
}

std::vector<int> Robot::descriptors() const {
  std::vector<int> out;
  for (const auto& [id, attempt] : attempts_) {
    if (!attempt.runner) continue;
    const auto more = attempt.runner->descriptors();
    out.insert(out.end(), more.begin(), more.end());
  }
  return out;
}

std::int64_t Robot::free_slots() const { return std::max<std::int64_t>(0, facets_.slots - static_cast<std::int64_t>(attempts_.size())); }
wire::RobotState Robot::state() const { return attempts_.empty() ? wire::RobotState::idle : wire::RobotState::running; }

}  // namespace quanji::robot
