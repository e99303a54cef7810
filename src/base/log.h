// The log for operators: one JSON object a line, with time, level, event, request id and fields; live secrets are masked before
// anything is written. Any thread. Nothing here throws or fails: what cannot be logged is counted.
#pragma once
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"

namespace quanji::base::log {

enum class Level : std::uint8_t { debug, info, warn, error, off };
std::string_view to_text(Level level);
Result<Level> level_from_text(std::string_view text);

struct Settings {
  Level level = Level::info;
  std::string file;                             // empty: standard error; created 0640, appended to
  std::function<void(std::string_view)> write;  // instead of file and standard error; called under a lock, a line without its end
};
// Until start() only warn and error are written, to standard error and without a time. `clock` must outlive stop().
Status start(Settings settings, Clock& clock);
void stop();  // flushes
void set_level(Level level);
bool enabled(Level level);
std::uint64_t lost();  // lines that could not be written

// A value of a line. There is none for a Secret.
class Value {
 public:
  Value(std::string_view v) : value_(v) {}
  Value(const char* v) : value_(std::string_view(v)) {}
  Value(const std::string& v) : value_(std::string_view(v)) {}
  Value(bool v) : value_(v) {}
  template <std::integral T>
  requires(!std::same_as<T, bool>) Value(T v) : value_(static_cast<std::int64_t>(v)) {}
  Value(double v) : value_(v) {}
  Value(const Secret&) = delete;
  const auto& held() const { return value_; }

 private:
  std::variant<std::string_view, std::int64_t, double, bool> value_;
};
struct Field {
  std::string_view key;
  Value value;
};
using Fields = std::initializer_list<Field>;

// `event` is snake_case and says what happened: log::info("robot_connected", {{"robot", id.text()}, {"slots", 2}}).
void write(Level level, std::string_view event, Fields fields) noexcept;
inline void debug(std::string_view event, Fields fields = {}) noexcept { write(Level::debug, event, fields); }
inline void info(std::string_view event, Fields fields = {}) noexcept { write(Level::info, event, fields); }
inline void warn(std::string_view event, Fields fields = {}) noexcept { write(Level::warn, event, fields); }
inline void error(std::string_view event, Fields fields = {}) noexcept { write(Level::error, event, fields); }
// An Error with its code, English sentence and detail.
void failure(Level level, std::string_view event, const Error& error, Fields fields = {}) noexcept;

// Lines of this thread carry the id until the scope ends; scopes nest.
class RequestScope {
 public:
  explicit RequestScope(std::string id);
  ~RequestScope();
  RequestScope(const RequestScope&) = delete;
  RequestScope& operator=(const RequestScope&) = delete;

 private:
  std::string before_;
};
std::string_view request_id();  // of this thread; empty when there is none

// While it lives, the secret's text is replaced by *** in every line, also as base64, base64url, hex, percent-encoded, JSON-escaped
// and UTF-16 text. Secrets of fewer than 4 bytes are not masked: they would take everything else away with them.
class LiveSecret {
 public:
  explicit LiveSecret(const Secret& secret);
  LiveSecret(LiveSecret&& other) noexcept;
  LiveSecret& operator=(LiveSecret&& other) noexcept;
  LiveSecret(const LiveSecret&) = delete;
  ~LiveSecret();

 private:
  std::uint64_t ticket_ = 0;
};
// The text with every live secret masked; for whatever else leaves the process as text.
std::string mask(std::string_view text);

}  // namespace quanji::base::log
