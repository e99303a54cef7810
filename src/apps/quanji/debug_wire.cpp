#include "apps/quanji/debug_wire.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/encodings.h"
#include "base/fields_json.h"

namespace quanji::apps {

namespace json = boost::json;

void DebugWire::send(json::object message) {
  const std::lock_guard lock(mutex_);
  message["seq"] = ++seq_;
  const auto bytes = engine::debug_frame(json::serialize(message));
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const auto n = ::write(out_, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;  // the reader sees that it has gone
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
}
void DebugWire::answer(const DebugRequest& request, json::object body) {
  send({{"type", "response"}, {"request_seq", request.seq}, {"success", true}, {"command", request.command}, {"body", std::move(body)}});
}
void DebugWire::refuse(const DebugRequest& request, const std::string& message) {
  const auto text = base::repair_utf8(message);
  send({{"type", "response"},
        {"request_seq", request.seq},
        {"success", false},
        {"command", request.command},
        {"message", text},
        {"body", {{"error", {{"id", 1}, {"format", text}, {"showUser", true}}}}}});
}
void DebugWire::refuse_running(const DebugRequest& request) {
  refuse(request, "流程没有停住，先暂停或等到断点 / the flow is not held: pause it, or wait for a breakpoint");
}
void DebugWire::event(std::string_view name, json::object body) { send({{"type", "event"}, {"event", name}, {"body", std::move(body)}}); }
void DebugWire::output(std::string_view category, const std::string& text) {
  event("output", {{"category", category}, {"output", base::repair_utf8(text) + "\n"}});
}

std::optional<DebugRequest> DebugWire::read() {
  for (;;) {
    auto frame = reader_.next();
    if (!frame) {
      broken_ = true;
      return std::nullopt;
    }
    if (*frame) {
      auto parsed = base::parse_json(**frame);
      const auto* message = parsed ? parsed->if_object() : nullptr;
      if (!message) {
        broken_ = true;
        return std::nullopt;
      }
      const auto* type = message->if_contains("type");
      const auto* command = message->if_contains("command");
      const auto* seq = message->if_contains("seq");
      if (!type || *type != "request" || !command || !command->is_string() || !seq || !seq->is_int64()) continue;
      DebugRequest request{seq->get_int64(), std::string(command->get_string()), {}};
      if (const auto* arguments = message->if_contains("arguments"); arguments && arguments->is_object())
        request.arguments = arguments->get_object();
      return request;
    }
    char bytes[16 * 1024];
    const auto n = ::read(in_, bytes, sizeof bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return std::nullopt;
    reader_.add({bytes, static_cast<std::size_t>(n)});
  }
}

bool DebugRequests::add(const DebugRequest& request) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_ || !open_) return false;
    waiting_.push_back(request);
  }
  changed_.notify_all();
  return true;
}
void DebugRequests::open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
}
std::deque<DebugRequest> DebugRequests::shut() {
  const std::lock_guard lock(mutex_);
  open_ = false;
  return std::exchange(waiting_, {});
}
std::optional<DebugRequest> DebugRequests::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return closed_ || !waiting_.empty(); });
  if (waiting_.empty()) return std::nullopt;
  auto request = std::move(waiting_.front());
  waiting_.pop_front();
  return request;
}
void DebugRequests::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

}  // namespace quanji::apps
