#include "engine/journal.h"

#include <fmt/format.h>
#include <unistd.h>

#include "base/fields_json.h"
#include "base/files.h"

namespace quanji::engine {

using base::Code;
using base::Error;
using base::Result;
using base::Status;
using values::Variables;
using RecordType = wire::JournalRecord;

namespace {

void append_text(std::string& out, std::string_view key, std::string_view text) {
  out += ",\"";
  out += key;
  out += "\":";
  base::append_json_string(out, text);
}
Status append_variables(ValueStore* store, const Variables& variables, std::string& out) {
  out += '{';
  for (const auto& [name, value] : variables) {
    if (out.back() != '{') out += ',';
    base::append_json_string(out, name);
    out += ':';
    QUANJI_DO(append_value(store, value, out));
  }
  out += '}';
  return {};
}
void append_list(std::string& out, std::string_view key, std::span<const std::string> texts) {
  if (texts.empty()) return;
  out += ",\"";
  out += key;
  out += "\":[";
  for (const auto& text : texts) {
    if (out.back() != '[') out += ',';
    base::append_json_string(out, text);
  }
  out += ']';
}
void append_failure(std::string& out, std::string_view key, const Failure& failure) {
  out += ",\"";
  out += key;
  out += "\":{\"code\":";
  base::append_json_string(out, failure.code);
  append_text(out, "kind", flow::word_of(failure.kind));
  append_text(out, "zh", failure.message.zh);
  append_text(out, "en", failure.message.en);
  append_text(out, "step", failure.step);
  if (failure.ending != Ending::none)
    append_text(out, "ending",
                failure.ending == Ending::stopped     ? "stopped"
                : failure.ending == Ending::timed_out ? "timed_out"
                                                      : "suspended");
  if (!failure.data.is(values::Type::nothing)) {
    out += ",\"data\":";
    failure.data.append_json(out);
  }
  std::vector<std::string> paths;
  for (const auto& file : failure.evidence) paths.push_back(file.path);
  append_list(out, "evidence", paths);
  out += '}';
}

}  // namespace

Result<std::unique_ptr<Journal>> Journal::open(int fd, base::Clock& clock, ValueStore* store) {
  base::RecordReader reader(fd, base::Ownership::borrowed);
  RunState state;
  std::size_t good = 0;
  for (;;) {
    QUANJI_TRY(auto record, reader.next());
    if (!record) break;
    QUANJI_DO(apply(state, *record, store));
    good = record->offset + base::record_head_size + record->json.size();
  }
  QUANJI_TRY(const auto torn, reader.unfinished());
  if (torn != 0 && ::ftruncate(fd, static_cast<off_t>(good)) != 0)
    return Error(Code::store_unavailable, base::system_detail("cut", "run journal"));
  return std::unique_ptr<Journal>(
      new Journal(base::RecordWriter(fd, base::Ownership::borrowed, good, max_journal), std::move(state), clock, store));
}

std::string Journal::head(std::string_view at) const {
  std::string out;
  out.reserve(256);
  out += "{\"at\":";
  base::append_json_string(out, at);
  fmt::format_to(std::back_inserter(out), ",\"t\":{}", clock_.now().micros);
  return out;
}
Status Journal::add_changes(std::string& json, Slots& slots) {
  const auto before = json.size();
  json += ",\"set\":{";
  std::vector<std::uint32_t> taken;
  slots.take_changed([&](std::uint32_t slot) { taken.push_back(slot); });
  // What does not fit into one record goes to the store value by value.
  for (const std::size_t most : {max_journal_value, std::size_t{1024}}) {
    json.resize(before);
    json += ",\"set\":{";
    for (const auto slot : taken) {
      if (json.back() != '{') json += ',';
      base::append_json_string(json, slots.name(slot));
      json += ':';
      QUANJI_DO(append_value(store_, slots.get(slot), json, most));
    }
    json += '}';
    if (!store_ || json.size() < base::max_record_json - 1024) break;
  }
  return {};
}
Status Journal::append(RecordType type, std::string_view json, bool synced) {
  if (synced && store_) QUANJI_DO(store_->sync());
  const std::lock_guard lock(mutex_);
  QUANJI_DO(writer_.append(static_cast<std::uint8_t>(type), json));
  return synced ? writer_.sync() : Status();
}

Status Journal::begin(std::string_view attempt, std::string_view document_digest, std::string_view flow, const Variables& inputs) {
  std::string out = "{\"v\":2";
  append_text(out, "attempt", attempt);
  append_text(out, "document", document_digest);
  append_text(out, "flow", flow);
  fmt::format_to(std::back_inserter(out), ",\"t\":{},\"inputs\":", clock_.now().micros);
  QUANJI_DO(append_variables(store_, inputs, out));
  out += '}';
  return append(RecordType::begin, out, false);
}
Status Journal::step(std::string_view at, Slots& slots, std::span<const std::string> handled) {
  auto out = head(at);
  append_list(out, "handled", handled);
  QUANJI_DO(add_changes(out, slots));
  out += '}';
  return append(RecordType::step, out, false);
}
Status Journal::intent(std::string_view at) { return append(RecordType::intent, head(at) + "}", true); }
Status Journal::receipt(std::string_view at, Slots& slots) {
  auto out = head(at);
  QUANJI_DO(add_changes(out, slots));
  out += '}';
  return append(RecordType::receipt, out, true);
}
Status Journal::enter(std::string_view at, const Enter& what, Slots& slots) {
  auto out = head(at);
  append_text(out, "kind", word_of(what.kind));
  if (what.over) {
    out += ",\"over\":";
    QUANJI_DO(append_value(store_, *what.over, out));
  }
  if (!what.item.empty()) append_text(out, "item", what.item);
  if (!what.index.empty()) append_text(out, "index", what.index);
  if (what.way != Way::next) append_text(out, "way", word_of(what.way));
  if (what.failure) append_failure(out, "failure", *what.failure);
  if (what.outputs) {
    out += ",\"outputs\":";
    QUANJI_DO(append_variables(store_, Variables(what.outputs->begin(), what.outputs->end()), out));
  }
  if (what.inputs) {
    out += ",\"inputs\":";
    QUANJI_DO(append_variables(store_, *what.inputs, out));
  }
  if (what.branches) fmt::format_to(std::back_inserter(out), ",\"branches\":{}", what.branches);
  append_list(out, "handled", what.handled);
  QUANJI_DO(add_changes(out, slots));
  out += '}';
  return append(RecordType::enter, out, false);
}
Status Journal::failed(std::string_view at, const Failure& failure, Acted acted, Back back, Slots& slots) {
  auto out = head(at);
  append_failure(out, "error", failure);
  if (acted == Acted::unknown) out += ",\"unknown\":true";
  if (back == Back::to_last) out += ",\"stay\":true";
  QUANJI_DO(add_changes(out, slots));
  out += '}';
  return append(RecordType::failed, out, false);
}
Status Journal::suspended(std::string_view at, const Failure& failure, Slots& slots) {
  auto out = head(at);
  append_failure(out, "error", failure);
  QUANJI_DO(add_changes(out, slots));
  out += '}';
  return append(RecordType::suspended, out, true);
}
Status Journal::again(std::string_view at) { return append(RecordType::again, head(at) + "}", false); }
Status Journal::resumed(std::string_view attempt, std::span<const Settled> settled) {
  std::string out = fmt::format("{{\"t\":{}", clock_.now().micros);
  append_text(out, "attempt", attempt);
  out += ",\"settled\":[";
  for (const auto& one : settled) {
    if (out.back() != '[') out += ',';
    out += one.done ? "{\"done\":true" : "{\"done\":false";
    append_text(out, "at", one.at);
    out += ",\"set\":";
    QUANJI_DO(append_variables(store_, one.set, out));
    out += '}';
  }
  out += "]}";
  return append(RecordType::resumed, out, true);
}
Status Journal::finished(const wire::Finished& finished) {
  return append(RecordType::finished,
                fmt::format("{{\"t\":{},\"finished\":{}}}", clock_.now().micros, base::to_json(finished, base::Side::stored)), true);
}
Status Journal::sync() {
  if (store_) QUANJI_DO(store_->sync());
  const std::lock_guard lock(mutex_);
  return writer_.sync();
}

}  // namespace quanji::engine
