// The outside world of a run as a port: assets, credentials, queues, people, stored files, tasks, calendars, log. The local form
// (local_context.h) is a folder; the platform's form speaks through the robot. Both pass context_conformance.h.
//
// Any thread (branches run in parallel). Every call is short: what has to be waited for (an answer, a task's end) is asked again. Calls
// that change something take a `key` (ActivityContext::step_key()): the same key again is answered as the first time and does nothing.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/fields.h"
#include "base/result.h"
#include "base/secret.h"
#include "flow/document.h"
#include "values/value.h"

namespace quanji::calendar {
class Calendar;
}

namespace quanji::engine {

enum class LogLevel : std::uint8_t { debug, info, warn, error };

// What a flow sees as `task`, and what makes names of files. Texts that are not known are empty.
struct RunFacts {
  std::string task, attempt;
  std::string flow;  // of the document
  std::string package, version;
  std::string robot;
  std::optional<base::Date> business_date;  // of the task; none when whoever started it gave none
};

// ---- credentials ----
// A credential's plain parts and the references to its secret ones; nothing secret is in here.
struct CredentialView {
  std::string name;
  std::int64_t version = 0;
  std::vector<std::string> secret_fields;  // "password", "private_key": each can be opened
  values::Map plain;                       // {"username": "ops01"}
};

// ---- queues ----
struct NewItem {
  std::string reference;  // may be empty; what people look for
  values::Map data;
  std::int64_t priority = 0;  // larger first
  std::optional<base::Time> not_before, deadline;
};
struct QueueItem {
  std::string id, queue, reference;
  values::Map data;
  std::int64_t tries = 1;  // this is the n-th
};
struct ItemFailure {
  flow::ErrorKind kind = flow::ErrorKind::business;
  std::string code, message;
};
enum class ItemState : std::uint8_t { fresh, on_hold, in_progress, succeeded, failed, abandoned, retried, expired, deleted };

// ---- people ----
enum class QuestionKind : std::uint8_t { form, confirm };
struct Question {
  QuestionKind kind = QuestionKind::form;
  std::string form;   // name of a form of the package; empty: the fields below say it
  std::string title;  // what is asked
  std::string text;
  values::Map shown;     // what the person sees: values, pictures (files)
  values::List fields;   // of a form without a name: maps of name, title, type, required, choices
  std::string for_whom;  // role or account; empty: whoever looks after the flow
  std::optional<base::Time> expires;
};
// How a question ended: somebody answered, nobody did in time, or it was taken back.
enum class QuestionEnd : std::uint8_t { answered, expired, withdrawn };
struct Answer {
  values::Map values;  // a confirmation: {"confirmed": true, "note": "…"}; empty unless answered
  std::string by;
  base::Time at;
  QuestionEnd end = QuestionEnd::answered;
};

// ---- stored files ----
struct StoredFile {
  std::string name;    // "reports/2026-11-20.xlsx"
  std::string digest;  // sha256, lower hex
  std::int64_t size = 0;
  base::Time at;
};

// ---- tasks ----
struct NewTask {
  std::string flow;
  values::Map inputs;
  std::int64_t priority = 0;  // larger first
  std::optional<base::Date> business_date;
};
// soft: after the step it is in; kill: at once.
enum class StopWay : std::uint8_t { soft, kill };
enum class TaskOutcome : std::uint8_t { success, business_failure, system_failure, stopped, timed_out, skipped };
struct TaskView {
  std::string id;
  std::string state;                   // a word of the task states: "waiting", "running", "succeeded" …
  std::optional<TaskOutcome> outcome;  // of a task that is over
  values::Map outputs;
  std::string error_code, error_message;
};

class RunContext {
 public:
  virtual ~RunContext() = default;

  // not_found: there is none of this name, or the flow may not see it (the two are not told apart).
  virtual base::Result<values::Value> asset(std::string_view name) = 0;
  virtual base::Status set_asset(std::string_view name, const values::Value& value, std::string_view key) = 0;

  virtual base::Result<CredentialView> credential(std::string_view name) = 0;
  // The one way to plain text. changed_meanwhile when the version is no longer the one that was referred to.
  virtual base::Result<base::Secret> open_secret(const values::SecretRef& secret) = 0;
  // A secret field of a credential becomes what another reference holds (after a change of password: its next one); the version goes up by
  // one, and references to the old one are changed_meanwhile. No plain text passes. not_found: no such credential or secret field.
  virtual base::Status set_secret(std::string_view name, std::string_view field, const values::SecretRef& value, std::string_view key) = 0;

  // The item's id. name_taken: the queue wants references to be unique and this one is there.
  virtual base::Result<std::string> add_item(std::string_view queue, const NewItem& item, std::string_view key) = 0;
  // All of them or none; how many there are. name_taken names the first reference that is there already, or twice among them.
  virtual base::Result<std::int64_t> add_items(std::string_view queue, const std::vector<NewItem>& items, std::string_view key) = 0;
  virtual base::Result<std::int64_t> count_items(std::string_view queue, ItemState state) = 0;
  // The next item for this run, by the queue's order; nothing when there is none now. It belongs to the run until one of the three below.
  virtual base::Result<std::optional<QueueItem>> take_item(std::string_view queue, std::string_view key) = 0;
  // wrong_state: the item is not in progress, or not this run's. The same end again is answered as the first time.
  virtual base::Status finish_item(std::string_view id, const values::Map& output) = 0;
  // What becomes of it: failed, or retried (a new try is waiting) by the queue's rule; a business failure is never tried again.
  virtual base::Result<ItemState> fail_item(std::string_view id, const ItemFailure& failure) = 0;
  // wrong_state as above; again after this run deferred it is answered as the first time.
  virtual base::Status defer_item(std::string_view id, base::Time until) = 0;

  // How it ended, or nothing: it was asked (the first time) or waits. The first asking says when it expires. not_found: no such form.
  virtual base::Result<std::optional<Answer>> ask(const Question& question, std::string_view key) = 0;
  virtual base::Status withdraw_question(std::string_view key) = 0;

  // From and to files of this machine (absolute paths).
  virtual base::Result<StoredFile> store_file(std::string_view name, const std::string& from) = 0;  // replaces what has the name
  virtual base::Result<StoredFile> fetch_file(std::string_view name, const std::string& to) = 0;
  virtual base::Result<std::vector<StoredFile>> list_files(std::string_view prefix) = 0;  // by name
  virtual base::Status delete_file(std::string_view name) = 0;                            // not_found when there is none

  virtual base::Result<std::string> start_task(const NewTask& task, std::string_view key) = 0;
  virtual base::Result<TaskView> look_at_task(std::string_view id) = 0;
  // A task that is over stays as it is.
  virtual base::Status stop_task(std::string_view id, StopWay way, std::string_view reason) = 0;

  // Living as long as this context. not_found names those there are.
  virtual base::Result<const calendar::Calendar*> calendar(std::string_view id) = 0;

  // Never fails: a line that cannot be kept is lost.
  virtual void log(LogLevel level, std::string_view step, std::string_view message) = 0;
};

}  // namespace quanji::engine

QUANJI_ENUM(quanji::engine::LogLevel, "debug", "info", "warn", "error");
QUANJI_ENUM(quanji::engine::ItemState, "new", "on_hold", "in_progress", "succeeded", "failed", "abandoned", "retried", "expired",
            "deleted");
QUANJI_ENUM(quanji::engine::QuestionKind, "form", "confirm");
QUANJI_ENUM(quanji::engine::QuestionEnd, "answered", "expired", "withdrawn");
QUANJI_ENUM(quanji::engine::StopWay, "soft", "kill");
QUANJI_ENUM(quanji::engine::TaskOutcome, "success", "business_failure", "system_failure", "stopped", "timed_out", "skipped");
