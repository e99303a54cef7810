#include "engine/trace_lines.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <variant>

#include "base/encodings.h"
#include "base/fields_json.h"
#include "base/log.h"

namespace quanji::engine {
namespace {

constexpr std::size_t most_characters = 2'000;
constexpr std::size_t flush_at = 32 * 1024;

// `,"name":"text"`
void member(std::string& line, std::string_view name, std::string_view text) {
  line += fmt::format(R"(,"{}":)", name);
  base::append_json_string(line, base::repair_utf8(text));
}
std::string head(std::string_view kind, base::Time at) { return fmt::format(R"({{"e":"{}","t":{})", kind, at.micros); }

void error(std::string& line, const Failure& failure) {
  line += R"(,"error":{"code":)";
  base::append_json_string(line, failure.code);
  member(line, "kind", flow::word_of(failure.kind));
  member(line, "zh", base::utf8_beginning(failure.message.zh, most_characters * 3));
  member(line, "en", base::utf8_beginning(failure.message.en, most_characters * 3));
  line += "}";
}
// A value as people see it, made no longer than what is kept of it: a table of a million rows costs as much as one of ten.
void show(const values::Value& value, std::string& out) {
  using values::Type;
  if (out.size() > most_characters) return;
  const auto more = [&](std::size_t left) {
    if (left > 0) out += fmt::format(", … (+{})", left);
  };
  switch (value.type()) {
    case Type::nothing:
      out += "null";
      break;
    case Type::list: {
      const auto& list = value.list();
      out += "[";
      std::size_t i = 0;
      for (; i < list.size() && i < 50 && out.size() < most_characters; ++i) {
        if (i > 0) out += ", ";
        show(list[i], out);
      }
      more(list.size() - i);
      out += "]";
      break;
    }
    case Type::map: {
      out += "{";
      std::size_t i = 0;
      for (const auto& [name, one] : value.map()) {
        if (i == 100 || out.size() > most_characters) break;
        out += (i++ > 0 ? ", " : "") + name + ": ";
        show(one, out);
      }
      more(value.map().size() - i);
      out += "}";
      break;
    }
    case Type::table: {
      const auto& table = value.table();
      out += fmt::format("{} × {} [", table.rows(), table.columns());
      for (std::size_t c = 0; c < table.columns() && out.size() < most_characters; ++c) out += (c > 0 ? ", " : "") + table.name(c);
      out += "]";
      for (std::size_t row = 0; row < table.rows() && row < 5 && out.size() < most_characters; ++row) {
        out += "\n";
        show(values::Value::of(table.row(row)), out);
      }
      break;
    }
    case Type::bytes:
      out += fmt::format("[{} bytes]", value.bytes().size());
      break;
    case Type::text:
      out += base::utf8_beginning(value.text(), most_characters);
      break;
    case Type::boolean:
      out += value.boolean() ? "true" : "false";
      break;
    default:
      out += value.display();
  }
}
std::string_view word_of(StepEnd end) {
  switch (end) {
    case StepEnd::done:
      return "done";
    case StepEnd::passed_over:
      return "passed_over";
    case StepEnd::failed:
      return "failed";
    case StepEnd::went_on:
      return "went_on";
  }
  return "done";
}

}  // namespace

std::string act_of(const flow::Step& step) {
  struct Names {
    std::string operator()(const flow::Set&) const { return "set"; }
    std::string operator()(const flow::Do& act) const { return "do " + act.activity.text; }
    std::string operator()(const flow::If&) const { return "if"; }
    std::string operator()(const flow::For&) const { return "for"; }
    std::string operator()(const flow::While&) const { return "while"; }
    std::string operator()(const flow::Break&) const { return "break"; }
    std::string operator()(const flow::Continue&) const { return "continue"; }
    std::string operator()(const flow::Try&) const { return "try"; }
    std::string operator()(const flow::Fail&) const { return "fail"; }
    std::string operator()(const flow::Return&) const { return "return"; }
    std::string operator()(const flow::Call& act) const { return "call " + act.flow.text; }
    std::string operator()(const flow::PythonBlock&) const { return "python"; }
    std::string operator()(const flow::With& act) const { return "with " + act.activity.text; }
    std::string operator()(const flow::Parallel&) const { return "parallel"; }
    std::string operator()(const flow::EachItem&) const { return "each_item"; }
    std::string operator()(const flow::Checkpoint&) const { return "checkpoint"; }
  };
  return std::visit(Names{}, step.act);
}

void TraceLines::add(std::string line, Weight weight) {
  if (weight == Weight::ordinary && written_ > max_bytes) {
    ++left_out_;
    return;
  }
  written_ += line.size();
  buffer_ += std::move(line) + "\n";
  if (weight == Weight::must || buffer_.size() > flush_at) flush();
}
void TraceLines::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const auto n = ::write(fd_, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;  // a trace that cannot be kept does not stop a run
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  buffer_.clear();
}

void TraceLines::run_begun(std::string_view flow, std::string_view attempt, base::Time at) {
  auto line = head("run", at);
  member(line, "flow", flow);
  member(line, "attempt", attempt);
  add(line + "}", Weight::must);
}
void TraceLines::run_over(std::string_view outcome, base::Time at) {
  if (left_out_ > 0) add(fmt::format(R"({{"e":"left_out","count":{}}})", left_out_), Weight::must);
  auto line = head("over", at);
  member(line, "outcome", outcome);
  add(line + "}", Weight::must);
}

void TraceLines::step_begun(const StepPlace& place, base::Time at) {
  auto line = head("begin", at);
  member(line, "at", place.at);
  member(line, "file", place.document.file);
  line += fmt::format(R"(,"line":{})", place.step.at.line);
  member(line, "act", act_of(place.step));
  if (!place.step.title.empty()) member(line, "title", place.step.title);
  add(line + "}", Weight::ordinary);
  if (next_) next_->step_begun(place, at);
}
void TraceLines::step_ended(const StepPlace& place, base::Time at, StepEnd end, const Failure* failure) {
  auto line = head("end", at);
  member(line, "at", place.at);
  member(line, "how", word_of(end));
  if (failure) error(line, *failure);
  add(line + "}", failure ? Weight::must : Weight::ordinary);
  if (next_) next_->step_ended(place, at, end, failure);
}
void TraceLines::step_retried(const StepPlace& place, base::Time at, const Failure& failure, int times) {
  auto line = head("retry", at);
  member(line, "at", place.at);
  line += fmt::format(R"(,"times":{})", times);
  error(line, failure);
  add(line + "}", Weight::must);
  if (next_) next_->step_retried(place, at, failure, times);
}
void TraceLines::variable_set(const StepPlace& place, std::string_view name, const values::Value& value) {
  std::string line = R"({"e":"set")";
  member(line, "at", place.at);
  member(line, "name", name);
  std::string text;
  show(value, text);
  text = base::log::mask(text);
  if (text.size() > most_characters) text = std::string(base::utf8_beginning(text, most_characters)) + "…";
  member(line, "value", text);
  add(line + "}", Weight::ordinary);
  if (next_) next_->variable_set(place, name, value);
}
void TraceLines::logged(std::string_view at, base::Time time, LogLevel level, std::string_view message) {
  auto line = head("log", time);
  member(line, "at", at);
  member(line, "level", base::word(level));
  member(line, "text", base::utf8_beginning(message, most_characters * 3));
  add(line + "}", Weight::ordinary);
  if (next_) next_->logged(at, time, level, message);
}
void TraceLines::evidence(std::string_view at, base::Time time, const std::string& path) {
  auto line = head("evidence", time);
  member(line, "at", at);
  member(line, "path", path);
  add(line + "}", Weight::must);
  if (next_) next_->evidence(at, time, path);
}

}  // namespace quanji::engine
