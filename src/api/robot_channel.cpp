#include "api/robot_channel.h"

#include "base/fields_json.h"
#include "base/log.h"

namespace quanji::api {

using base::Code;
using base::Error;
using base::Status;

void RobotChannels::open(const net::Request& request, net::Responder responder) {
  const auto& certificate = request.peer->certificate;
  const auto known = certificate ? presence_.by_certificate(certificate->fingerprint) : std::nullopt;
  if (!known) {
    net::Response response;
    response.status = 401;
    response.content_type = "application/json";
    response.body = door::failure_body(
        Error(Code::not_signed_in, base::Text("需要已登记的机器人证书", "the certificate of an enrolled robot is needed")), "", false);
    return responder.send(std::move(response));
  }
  auto line = std::make_shared<Line>();
  line->robot = known->robot;
  line->fingerprint = certificate->fingerprint;
  line->address = request.peer->address;
  net::WebSocketEvents events;
  events.on_open = [this, line](const net::WebSocketPtr& socket) {
    line->socket = socket;
    opened(line);
  };
  events.on_message = [this, line](const net::WebSocketPtr&, net::WebSocket::Kind, const std::string& text) { message(line, text); };
  events.on_closed = [this, line](std::uint16_t code, const std::string& why) {
    base::log::info("robot_disconnected", {{"robot", line->robot.text()}, {"code", code}, {"why", why}});
    closed(line);
  };
  net::WebSocketLimits limits;
  limits.message_bytes = wire::max_frame_bytes;
  responder.websocket(std::move(events), limits);
}

void RobotChannels::opened(const std::shared_ptr<Line>& line) {
  std::shared_ptr<Line> before;
  {
    const std::scoped_lock lock(mutex_);
    auto& place = lines_[line->robot.ulid];
    before = std::exchange(place, line);
  }
  // A robot has one channel: the newest is the true one, the older is a half-open leftover.
  if (before && before->socket) before->socket->close(4000, "replaced by a newer channel");
  presence_.connected(line->robot);
  base::log::info("robot_connected", {{"robot", line->robot.text()}, {"address", line->address}});
  ask(line, wire::op::robot_read, "{}", [this, line](const wire::Frame& answer) {
    if (auto facts = wire::body_as<wire::RobotFacts>(answer.data)) presence_.answered(line->robot, std::move(*facts));
  });
  offer_waiting(line->robot);
}

void RobotChannels::closed(const std::shared_ptr<Line>& line) {
  const std::scoped_lock lock(mutex_);
  const auto found = lines_.find(line->robot.ulid);
  if (found == lines_.end() || found->second != line) return;
  lines_.erase(found);
  presence_.disconnected(line->robot);
}

void RobotChannels::ask(const std::shared_ptr<Line>& line, std::string_view op, std::string body, Answered answered) {
  const auto id = base::to_text(ids_.next());
  {
    const std::scoped_lock lock(line->mutex);
    line->asked[id] = std::move(answered);
  }
  auto text = wire::write_frame(wire::make_ask(id, op, std::move(body)));
  if (!text) return base::log::failure(base::log::Level::error, "frame_not_written", text.error(), {{"op", op}});
  line->socket->send(net::WebSocket::Kind::text, std::move(*text));
}

void RobotChannels::message(const std::shared_ptr<Line>& line, std::string_view text) {
  auto frame = wire::read_frame(text);
  if (!frame) {
    base::log::failure(base::log::Level::warn, "frame_refused", frame.error(), {{"robot", line->robot.text()}});
    line->socket->close(1007, "not a frame");
    return;
  }
  if (frame->kind == wire::FrameKind::answer) {
    Answered answered;
    {
      const std::scoped_lock lock(line->mutex);
      if (const auto found = line->asked.find(frame->id); found != line->asked.end()) {
        answered = std::move(found->second);
        line->asked.erase(found);
      }
    }
    if (answered) answered(*frame);
    return;
  }
  const auto* operation = frame->op ? door_.table().by_id(*frame->op) : nullptr;
  const bool wants_answer = frame->kind == wire::FrameKind::ask;
  auto send = [line](const wire::Frame& answer) {
    if (auto written = wire::write_frame(answer)) line->socket->send(net::WebSocket::Kind::text, std::move(*written));
  };
  if (!operation || operation->entry == door::Entry::open) {
    if (wants_answer) send(wire::make_refusal(frame->id, Error(Code::no_such_operation)));
    return;
  }
  door::Ask ask;
  ask.verb = operation->verb;
  ask.path = door_.table().base() + std::string(operation->path);
  ask.body = frame->body.text.empty() ? std::string("{}") : std::move(frame->body.text);
  ask.address = line->address;
  ask.origin = "channel";
  ask.peer_certificate = line->fingerprint;
  ask.header = [](std::string_view) { return std::string_view{}; };
  door_.run_frame(std::move(ask), [id = frame->id, wants_answer, send](const door::Call& call) {
    if (!wants_answer) return;
    send(call.result ? wire::make_answer(id, call.encoded) : wire::make_refusal(id, call.result.error()));
  });
}

std::shared_ptr<RobotChannels::Line> RobotChannels::line_of(const domain::RobotId& robot) {
  const std::scoped_lock lock(mutex_);
  const auto found = lines_.find(robot.ulid);
  return found == lines_.end() ? nullptr : found->second;
}

void RobotChannels::offer_waiting(const domain::RobotId& robot) {
  const auto line = line_of(robot);
  if (!line) return;
  storage::ViewJob job;
  auto waiting = std::make_shared<std::vector<services::WaitingTrial>>();
  job.caller = clock_caller_;
  job.body = [waiting, robot](const storage::View& view) -> Status {
    QUANJI_TRY(*waiting, services::waiting_trials(view, robot));
    return {};
  };
  job.done = [this, line, waiting](Status status) {
    if (!status) return base::log::failure(base::log::Level::warn, "waiting_not_read", status.error());
    for (const auto& trial : *waiting) {
      wire::TaskOffer offer;
      offer.task.ulid = trial.task.ulid;
      offer.attempt.ulid = trial.attempt.ulid;
      offer.token = 1;
      offer.document = trial.document;
      ask(line, wire::op::task_offer, base::to_json(offer, base::Side::stored), [this, attempt = trial.attempt](const wire::Frame& answer) {
        auto decided = wire::body_as<wire::OfferAnswer>(answer.data);
        if (!decided || answer.code.value_or(0) != 0) return;
        storage::ChangeJob change;
        change.caller = clock_caller_;
        change.priority = storage::Priority::take;
        change.body = [attempt, decided = std::move(*decided)](storage::Change& c) { return services::decide_trial(c, attempt, decided); };
        change.done = [](Status stored) {
          if (!stored) base::log::failure(base::log::Level::warn, "decision_not_stored", stored.error());
        };
        store_.submit(std::move(change));
      });
    }
  };
  store_.submit(std::move(job));
}

void RobotChannels::cut_off(const domain::RobotId& robot) {
  if (const auto line = line_of(robot); line && line->socket) line->socket->close(4003, "no longer allowed");
}

void RobotChannels::close_all() {
  std::unordered_map<base::Ulid, std::shared_ptr<Line>, domain::UlidHash> lines;
  {
    const std::scoped_lock lock(mutex_);
    lines = lines_;
  }
  for (const auto& [robot, line] : lines)
    if (line->socket) line->socket->close(1001, "going down");
}

}  // namespace quanji::api
