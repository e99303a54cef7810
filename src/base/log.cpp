#include "base/log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include "base/encodings.h"
#include "base/fields_json.h"
#include "base/files.h"

namespace quanji::base::log {
namespace {

constexpr std::size_t longest_value = 16 * 1024;

struct Running {
  std::shared_ptr<spdlog::logger> out;
  Clock* clock = nullptr;  // none before start()
};
std::atomic<Level> least{Level::warn};
std::atomic<std::uint64_t> lost_lines{0};
std::mutex running_mutex;
std::shared_ptr<const Running> running;  // guarded by running_mutex

std::string& thread_request() {
  thread_local std::string id;
  return id;
}

class FunctionSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FunctionSink(std::function<void(std::string_view)> write) : write_(std::move(write)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& line) override { write_({line.payload.data(), line.payload.size()}); }
  void flush_() override {}
  std::function<void(std::string_view)> write_;
};

std::shared_ptr<const Running> make(spdlog::sink_ptr sink, Clock* clock) {
  auto out = std::make_shared<spdlog::logger>("quanji", std::move(sink));
  out->set_pattern("%v");
  out->set_level(spdlog::level::trace);
  // Every line is handed to the kernel at once: what a program said just before it died is what is looked for.
  out->flush_on(spdlog::level::trace);
  out->set_error_handler([](const std::string&) { ++lost_lines; });
  return std::make_shared<const Running>(Running{std::move(out), clock});
}
std::shared_ptr<const Running> now_running() {
  const std::lock_guard lock(running_mutex);
  if (!running) running = make(std::make_shared<spdlog::sinks::stderr_sink_mt>(), nullptr);
  return running;
}

void append_text(std::string& line, std::string_view text) {
  // Masked before it is cut: half a secret would not be found.
  auto shown = mask(text);
  if (shown.size() > longest_value) {
    const auto whole = shown.size();
    shown.resize(longest_value);
    shown = repair_utf8(shown) + fmt::format("… ({} bytes)", whole);
  }
  append_json_string(line, is_utf8(shown) ? shown : repair_utf8(shown));
}
void append_key(std::string& line, std::string_view key) {
  line += ',';
  append_text(line, key);
  line += ':';
}
void append_value(std::string& line, const Value& value) {
  const auto& held = value.held();
  if (const auto* text = std::get_if<std::string_view>(&held)) return append_text(line, *text);
  if (const auto* flag = std::get_if<bool>(&held)) {
    line += *flag ? "true" : "false";
    return;
  }
  std::string number;
  if (const auto* whole = std::get_if<std::int64_t>(&held))
    number = fmt::format("{}", *whole);
  else
    number = fmt::format("{}", std::get<double>(held));
  // A password of digits may have been read as a number; "nan" and "inf" are no JSON either.
  if (number.find_first_not_of("0123456789+-.e") == std::string::npos && mask(number) == number)
    line += number;
  else
    append_text(line, number);
}

std::string line_of(Level level, std::string_view event, const Running& to) {
  std::string line = "{";
  if (to.clock != nullptr) line += fmt::format(R"("time":"{}",)", base::to_text(to.clock->now()));
  line += fmt::format(R"("level":"{}","event":)", to_text(level));
  append_text(line, event);
  if (!thread_request().empty()) {
    append_key(line, "request");
    append_text(line, thread_request());
  }
  return line;
}
void put(const Running& to, std::string&& line) {
  line += '}';
  to.out->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace

std::string_view to_text(Level level) {
  constexpr std::string_view words[] = {"debug", "info", "warn", "error", "off"};
  return words[static_cast<std::size_t>(level)];
}
Result<Level> level_from_text(std::string_view text) {
  for (const auto level : {Level::debug, Level::info, Level::warn, Level::error, Level::off})
    if (to_text(level) == text) return level;
  return Error(Code::invalid_field,
               Text("日志级别应为 debug、info、warn、error 或 off。", "The log level is debug, info, warn, error or off."));
}

Status start(Settings settings, Clock& clock) {
  try {
    spdlog::sink_ptr sink;
    if (settings.write) {
      sink = std::make_shared<FunctionSink>(std::move(settings.write));
    } else if (settings.file.empty()) {
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else {
      // Made here, so that its mode does not hang on the umask alone.
      const Descriptor made(::open(settings.file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640));
      if (made.get() < 0)
        return Error(Code::store_unavailable,
                     Text(fmt::format("日志文件 {} 无法打开，请检查目录与权限。", settings.file),
                          fmt::format("The log file {} cannot be opened: look at its folder and rights.", settings.file)),
                     system_detail("open", settings.file));
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(settings.file);
    }
    auto fresh = make(std::move(sink), &clock);
    const std::lock_guard lock(running_mutex);
    running = std::move(fresh);
    least = settings.level;
    return {};
  } catch (const std::exception& e) {
    return Error(Code::store_unavailable, Text("日志无法启动。", "The log cannot be started."), e.what());
  }
}
void stop() {
  const std::lock_guard lock(running_mutex);
  if (running) running->out->flush();
  running.reset();
  least = Level::warn;
}
void set_level(Level level) { least = level; }
bool enabled(Level level) { return level >= least.load(std::memory_order_relaxed) && level != Level::off; }
std::uint64_t lost() { return lost_lines; }

void write(Level level, std::string_view event, Fields fields) noexcept {
  if (!enabled(level)) return;
  try {
    const auto to = now_running();
    auto line = line_of(level, event, *to);
    for (const auto& field : fields) {
      append_key(line, field.key);
      append_value(line, field.value);
    }
    put(*to, std::move(line));
  } catch (...) {
    ++lost_lines;
  }
}
void failure(Level level, std::string_view event, const Error& error, Fields fields) noexcept {
  if (!enabled(level)) return;
  try {
    const auto to = now_running();
    auto line = line_of(level, event, *to);
    append_key(line, "code");
    append_text(line, row_of(error.code()).word);
    append_key(line, "message");
    append_text(line, error.message().en);
    if (!error.detail().empty()) {
      append_key(line, "detail");
      append_text(line, error.detail());
    }
    for (const auto& field : fields) {
      append_key(line, field.key);
      append_value(line, field.value);
    }
    put(*to, std::move(line));
  } catch (...) {
    ++lost_lines;
  }
}

RequestScope::RequestScope(std::string id) : before_(std::exchange(thread_request(), std::move(id))) {}
RequestScope::~RequestScope() { thread_request() = std::move(before_); }
std::string_view request_id() { return thread_request(); }

}  // namespace quanji::base::log
