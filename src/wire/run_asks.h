// What a robot asks of the platform for a run it holds: packages, log lines, files, and the outside world of the flow. Part of the
// treaty of robot_contract.h. Every message but package.read_part says which attempt it speaks for (task, attempt, token: readable as
// HeldAttempt); the platform refuses with stale_token when that is no longer the robot's. Values of flows travel as their JSON, typed:
// {"$decimal":"1.20"}. Asks that change something carry `key`: the same key of the same task again is answered as the first time and does
// nothing. A list of a flow's values is a JSON array, a map of them an object.
// Reads foreign bytes: fuzz/robot_frame.cpp
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fields.h"
#include "base/ids.h"

namespace quanji::wire {

using TaskId = base::Id<"tsk">;
using AttemptId = base::Id<"att">;

// Bytes of a package or a file in one frame; base64 of it fits a frame with room to spare.
inline constexpr std::int64_t max_part_bytes = 128 * 1024;

// ---- package.read_part ----
struct PackagePart {
  std::string sha256;  // of the whole, lower hex
  std::int64_t offset = 0, size = max_part_bytes;
  static const base::FieldList& fields();
};
struct PartAnswer {
  std::int64_t total = 0;  // bytes of the whole
  std::string body;        // base64; fewer bytes than asked for at the end only, none beyond it
  static const base::FieldList& fields();
};

// ---- log.lines: kept by the robot until answered; key (attempt, seq) ----
enum class LogLevel : std::uint8_t { debug, info, warn, error };
struct LogLine {
  std::int64_t seq = 0;  // 1, 2, 3 … within the attempt, without gaps
  base::Time at;
  LogLevel level = LogLevel::info;
  std::string step;  // position of the step, "steps/3[17]/steps/0"; empty: not in a step
  std::string text;
  base::JsonText details;  // an object of what else is known; null: nothing
  static const base::FieldList& fields();
};
struct LogLines {
  TaskId task;
  AttemptId attempt;
  std::int64_t token = 0;
  std::int64_t first = 0;  // seq of the first line below
  std::vector<LogLine> lines;
  static const base::FieldList& fields();
};
struct LogLinesAnswer {
  std::int64_t kept = 0;  // all lines up to this seq are durable
  static const base::FieldList& fields();
};

// ---- file.write_part: evidence of a step and files a flow stores; key (attempt, kind, name) ----
// evidence: pictures and files a step left behind; stored: RunContext::store_file, under its name in the flow's folder.
enum class FileKind : std::uint8_t { evidence, stored };
struct FilePart {
  TaskId task;
  AttemptId attempt;
  std::int64_t token = 0;
  FileKind kind = FileKind::evidence;
  std::string name;  // "reports/2026-11-20.xlsx"; relative, without "..", empty parts or a leading slash
  std::string step;  // evidence: the step it belongs to; else empty
  std::int64_t offset = 0, total = 0;
  std::string sha256;  // of the whole, lower hex
  std::string body;    // base64; empty with offset 0: only asks how much the platform has
  static const base::FieldList& fields();
};
struct FilePartAnswer {
  std::int64_t received = 0;  // bytes the platform has of it, where to go on; `total`: it is whole and its digest right
  static const base::FieldList& fields();
};
struct FileRead {
  TaskId task;
  AttemptId attempt;
  std::int64_t token = 0;
  std::string name;
  std::string sha256;  // empty with offset 0: whichever it is now; later parts: changed_meanwhile when it is another
  std::int64_t offset = 0, size = max_part_bytes;
  static const base::FieldList& fields();
};
struct FileFacts {
  std::string name;
  std::string sha256;
  std::int64_t size = 0;
  base::Time at;
  static const base::FieldList& fields();
};
struct FileReadAnswer {
  FileFacts file;
  std::string body;  // base64
  static const base::FieldList& fields();
};
struct FileList {
  TaskId task;
  AttemptId attempt;
  std::int64_t token = 0;
  std::string prefix;
  static const base::FieldList& fields();
};
struct FileListAnswer {
  std::vector<FileFacts> files;  // by name
  static const base::FieldList& fields();
};
struct FileDelete {
  TaskId task;
  AttemptId attempt;
  std::int64_t token = 0;
  std::string name;
  static const base::FieldList& fields();
};

// ---- asset.read, asset.write ----
struct AssetRead {
  TaskId task;
  AttemptId attempt;
  std::int64_t token = 0;
  std::string name;
  static const base::FieldList& fields();
};
struct AssetAnswer {
  base::JsonText value;
  static const base::FieldList& fields();
};
struct AssetWrite {
  TaskId task;
  AttemptId attempt;
  std::int64_t token = 0;
  std::string name;
  base::JsonText value;
  std::string key;
  static const base::FieldList& fields();
};

// ---- credential.read, credential.open, credential.write ----
struct CredentialRead {
  TaskId task;
  AttemptId attempt;
  std::int64_t token = 0;
  std::string name;
  static const base::FieldList& fields();
};
struct CredentialFacts {
  std::string name;
  std::int64_t version = 0;
  std::vector<std::string> secret_fields;  // sorted
  base::JsonText plain;                    // {"username": "ops01"}
  static const base::FieldList& fields();
};
// `seal_to` is an SM2 public key the robot made for this attempt: base64url of its raw point (base::PublicKey::to_raw).
struct CredentialOpen {
  TaskId task;
  AttemptId attempt;
  std::int64_t token = 0;
  std::string name;
  std::int64_t version = 0;  // changed_meanwhile when it is another now
  std::string field;
  std::string seal_to;
  static const base::FieldList& fields();
};
struct SealedSecret {
  std::string sealed;  // base64url of base::sm2_encrypt (raw form)
  static const base::FieldList& fields();
};
// The secret field becomes what another reference holds; the version goes up by one.
struct CredentialWrite {
  TaskId task;
  AttemptId attempt;
  std::int64_t token = 0;
  std::string name, field;
  std::string from_name;
  std::int64_t from_version = 0;
  std::string from_field;
  std::string key;
  static const base::FieldList& fields();
};

// ---- queue.add, queue.count, queue.take, queue.renew, queue.complete, queue.fail, queue.postpone ----
enum class ItemState : std::uint8_t { fresh, on_hold, in_progress, succeeded, failed, abandoned, retried, expired, deleted };
enum class FailureKind : std::uint8_t { business, system };
struct ItemToAdd {
  std::string reference;  // may be empty
  base::JsonText data;    // an object
  std::int64_t priority = 0;
  std::optional<base::Time> not_before, deadline;
  static const base::FieldList& fields();
};
// All of them or none.
struct QueueAdd {
  TaskId task;
  AttemptId attempt;
  std::int64_t token = 0;
  std::string queue;
  std::vector<ItemToAdd> items;
  std::string key;
  static const base::FieldList& fields();
};
struct QueueAddAnswer {
  std::vector<std::string> ids;  // in the order of the items
  static const base::FieldList& fields();
};
struct QueueCount {
  TaskId task;
  AttemptId attempt;
  std::int64_t token = 0;
  std::string queue;
  ItemState state = ItemState::fresh;
  static const base::FieldList& fields();
};
struct QueueCountAnswer {
  std::int64_t count = 0;
  static const base::FieldList& fields();
};
struct QueueTake {
  TaskId task;
  AttemptId attempt;
  std::int64_t token = 0;
  std::string queue;
  std::string key;
  static const base::FieldList& fields();
};
struct TakenItem {
  std::string id, queue, reference;
  base::JsonText data;
  std::int64_t tries = 1;                 // this is the n-th
  std::optional<base::Time> lease_until;  // the robot renews before it
  static const base::FieldList& fields();
};
struct QueueTakeAnswer {
  std::optional<TakenItem> item;  // none: there is none now
  static const base::FieldList& fields();
};
// The robot by itself, for all items an attempt holds.
struct QueueRenew {
  TaskId task;
  AttemptId attempt;
  std::int64_t token = 0;
  std::vector<std::string> items;
  static const base::FieldList& fields();
};
struct QueueRenewAnswer {
  std::optional<base::Time> lease_until;
  std::vector<std::string> lost;  // no longer this attempt's
  static const base::FieldList& fields();
};
struct QueueComplete {
  TaskId task;
  AttemptId attempt;
  std::int64_t token = 0;
  std::string item;
  base::JsonText output;  // an object
  static const base::FieldList& fields();
};
struct QueueFail {
  TaskId task;
  AttemptId attempt;
  std::int64_t token = 0;
  std::string item;
  FailureKind kind = FailureKind::business;
  std::string code, message;
  static const base::FieldList& fields();
};
struct QueueFailAnswer {
  ItemState state = ItemState::failed;  // failed, or retried: a new try waits
  static const base::FieldList& fields();
};
struct QueuePostpone {
  TaskId task;
  AttemptId attempt;
  std::int64_t token = 0;
  std::string item;
  base::Time until;
  static const base::FieldList& fields();
};

// ---- human_task.ask, human_task.read, human_task.withdraw: the key names the question within the task ----
enum class QuestionKind : std::uint8_t { form, confirm };
enum class QuestionEnd : std::uint8_t { answered, expired, withdrawn };
struct HumanTaskAsk {
  TaskId task;
  AttemptId attempt;
  std::int64_t token = 0;
  std::string key;
  QuestionKind kind = QuestionKind::form;
  std::string form;  // name of a form of the package; empty: `questions` says it
  std::string title, text;
  base::JsonText shown;      // an object
  base::JsonText questions;  // an array of {name, title, type, required, choices}
  std::string for_whom;      // role or account; empty: whoever looks after the flow
  std::optional<base::Time> expires;
  static const base::FieldList& fields();
};
struct HumanTaskRead {
  TaskId task;
  AttemptId attempt;
  std::int64_t token = 0;
  std::string key;
  static const base::FieldList& fields();
};
struct HumanAnswer {
  QuestionEnd end = QuestionEnd::answered;
  base::JsonText values;  // an object; empty unless answered
  std::string by;
  base::Time at;
  static const base::FieldList& fields();
};
struct HumanTaskAnswer {
  std::string human_task;             // its id
  std::optional<HumanAnswer> answer;  // none: it waits
  static const base::FieldList& fields();
};

// ---- task.create, task.read, task.end ----
struct TaskCreate {
  TaskId task;
  AttemptId attempt;
  std::int64_t token = 0;
  std::string flow;
  base::JsonText inputs;  // an object
  std::int64_t priority = 0;
  std::optional<base::Date> business_date;
  std::string key;
  static const base::FieldList& fields();
};
struct TaskCreateAnswer {
  std::string id;
  static const base::FieldList& fields();
};
struct TaskRead {
  TaskId task;
  AttemptId attempt;
  std::int64_t token = 0;
  std::string id;
  static const base::FieldList& fields();
};
enum class TaskOutcome : std::uint8_t { success, business_failure, system_failure, stopped, timed_out, skipped };
struct TaskFacts {
  std::string id;
  std::string state;                   // a word of the task states
  std::optional<TaskOutcome> outcome;  // of a task that is over
  base::JsonText outputs;              // an object
  std::string error_code, error_message;
  static const base::FieldList& fields();
};
// soft: at a step border; kill: at once.
enum class StopMode : std::uint8_t { soft, kill };
struct TaskEnd {
  TaskId task;
  AttemptId attempt;
  std::int64_t token = 0;
  std::string id;
  StopMode mode = StopMode::soft;
  std::string reason;
  static const base::FieldList& fields();
};

namespace op {
inline constexpr std::string_view package_read_part = "package.read_part", log_lines = "log.lines", file_write_part = "file.write_part",
                                  file_read_part = "file.read_part", file_list = "file.list", file_delete = "file.delete",
                                  asset_read = "asset.read", asset_write = "asset.write", credential_read = "credential.read",
                                  credential_open = "credential.open", credential_write = "credential.write", queue_add = "queue.add",
                                  queue_count = "queue.count", queue_take = "queue.take", queue_renew = "queue.renew",
                                  queue_complete = "queue.complete", queue_fail = "queue.fail", queue_postpone = "queue.postpone",
                                  human_task_ask = "human_task.ask", human_task_read = "human_task.read",
                                  human_task_withdraw = "human_task.withdraw", task_create = "task.create", task_read = "task.read",
                                  task_end = "task.end";
}

}  // namespace quanji::wire

QUANJI_ENUM(quanji::wire::LogLevel, "debug", "info", "warn", "error");
QUANJI_ENUM(quanji::wire::FileKind, "evidence", "stored");
QUANJI_ENUM(quanji::wire::ItemState, "new", "on_hold", "in_progress", "succeeded", "failed", "abandoned", "retried", "expired", "deleted");
QUANJI_ENUM(quanji::wire::FailureKind, "business", "system");
QUANJI_ENUM(quanji::wire::QuestionKind, "form", "confirm");
QUANJI_ENUM(quanji::wire::QuestionEnd, "answered", "expired", "withdrawn");
QUANJI_ENUM(quanji::wire::TaskOutcome, "success", "business_failure", "system_failure", "stopped", "timed_out", "skipped");
QUANJI_ENUM(quanji::wire::StopMode, "soft", "kill");
