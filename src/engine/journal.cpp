#include "engine/journal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/bytes.h"
#include "base/fields_json.h"
#include "base/files.h"

namespace quanji::engine {

namespace json = boost::json;
using base::Code;
using base::Error;
using base::Result;
using base::Status;
using base::Text;

namespace {

constexpr std::size_t max_journal = base::segment_size;

Error senseless(std::size_t offset, std::string_view why) {
  return Error(
      Code::store_unavailable,
      Text(fmt::format("运行日志第 {} 字节处的记录无法理解（{}）；不继续执行，以免重复操作", offset, why),
           fmt::format(
               "the record at byte {} of the run journal makes no sense ({}): the run is not continued, so that nothing is done twice",
               offset, why)));
}

Status apply(RunState& state, const base::RecordView& record) {
  auto parsed = base::parse_json(record.json, 64);
  if (!parsed || !parsed->is_object()) return senseless(record.offset, "not an object");
  const auto& object = parsed->get_object();
  const auto text = [&](std::string_view key) -> std::string {
    const auto* value = object.if_contains(key);
    const auto* found = value ? value->if_string() : nullptr;
    return found ? std::string(*found) : std::string();
  };
  const auto variables = [&](std::string_view key) -> Result<Variables> {
    const auto* value = object.if_contains(key);
    return variables_from_json(value ? *value : json::value());
  };
  const auto at = text("at");
  const auto type = static_cast<RecordType>(record.type);
  if (type != RecordType::begin && !state.begun) return senseless(record.offset, "no beginning");
  if (state.finished) return senseless(record.offset, "a record after the last");
  switch (type) {
    case RecordType::begin: {
      if (state.begun) return senseless(record.offset, "a second beginning");
      const auto* v = object.if_contains("v");
      if (!v || !v->is_int64() || v->get_int64() != 1) return senseless(record.offset, "another version");
      state.begun = true;
      state.attempt = text("attempt");
      state.document_digest = text("document");
      QUANJI_TRY(state.inputs, variables("inputs"));
      state.variables = state.inputs;
      return {};
    }
    case RecordType::step:
    case RecordType::receipt: {
      if (at.empty()) return senseless(record.offset, "no place");
      if (!state.done.insert(at).second) return senseless(record.offset, "a step done twice");
      QUANJI_TRY(auto set, variables("set"));
      for (auto& [name, value] : set) state.variables[name] = std::move(value);
      std::erase(state.unsettled, at);
      return {};
    }
    case RecordType::intent:
      if (at.empty()) return senseless(record.offset, "no place");
      if (std::find(state.unsettled.begin(), state.unsettled.end(), at) == state.unsettled.end()) state.unsettled.push_back(at);
      return {};
    case RecordType::finished: {
      const auto* value = object.if_contains("finished");
      if (!value) return senseless(record.offset, "no outcome");
      QUANJI_TRY(state.finished, base::from_json<wire::Finished>(*value, base::Side::stored, base::Unknown::ignore));
      return {};
    }
  }
  return senseless(record.offset, "unknown type");
}

Result<RunState> state_of(const base::RecordScan& scan) {
  RunState state;
  for (const auto& record : scan.records) QUANJI_DO(apply(state, record));
  return state;
}

}  // namespace

Result<RunState> read_journal(std::string_view bytes) {
  const auto scan = base::read_records(base::bytes_of(bytes));
  if (scan.end == base::LogEnd::corrupt) return senseless(scan.good, "damaged");
  return state_of(scan);
}

Result<Journal> Journal::open(int fd, base::Clock& clock) {
  QUANJI_TRY(auto bytes, base::read_whole(fd, max_journal));
  const auto scan = base::read_records(base::bytes_of(bytes));
  if (scan.end == base::LogEnd::corrupt) return senseless(scan.good, "damaged");
  QUANJI_TRY(auto state, state_of(scan));
  if (scan.good != bytes.size() && ::ftruncate(fd, static_cast<off_t>(scan.good)) != 0)
    return Error(Code::store_unavailable, base::system_detail("cut", "run journal"));
  return Journal(base::RecordWriter(fd, base::Ownership::borrowed, scan.good), std::move(state), clock);
}

Status Journal::append(RecordType type, std::string_view json) { return writer_.append(static_cast<std::uint8_t>(type), json); }

namespace {
std::string place(std::string_view at, base::Time now) {
  std::string out = "{\"at\":";
  base::append_json_string(out, at);
  fmt::format_to(std::back_inserter(out), ",\"t\":{}", now.micros);
  return out;
}
std::string place_and_set(std::string_view at, base::Time now, const Variables& set) {
  return place(at, now) + ",\"set\":" + to_json(set) + "}";
}
}  // namespace

Status Journal::begin(std::string_view attempt, std::string_view document_digest, const Variables& inputs) {
  std::string out = "{\"v\":1,\"attempt\":";
  base::append_json_string(out, attempt);
  out += ",\"document\":";
  base::append_json_string(out, document_digest);
  out += ",\"inputs\":" + to_json(inputs) + "}";
  return append(RecordType::begin, out);
}
Status Journal::step(std::string_view at, const Variables& set) { return append(RecordType::step, place_and_set(at, clock_->now(), set)); }
Status Journal::intent(std::string_view at) {
  QUANJI_DO(append(RecordType::intent, place(at, clock_->now()) + "}"));
  return writer_.sync();
}
Status Journal::receipt(std::string_view at, const Variables& set) {
  QUANJI_DO(append(RecordType::receipt, place_and_set(at, clock_->now(), set)));
  return writer_.sync();
}
Status Journal::finished(const wire::Finished& finished) {
  QUANJI_DO(append(RecordType::finished,
                   fmt::format("{{\"t\":{},\"finished\":{}}}", clock_->now().micros, base::to_json(finished, base::Side::stored))));
  return writer_.sync();
}

}  // namespace quanji::engine
