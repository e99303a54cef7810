#include "api/work.h"

#include <fmt/format.h>

#include "api/gate.h"
#include "base/encodings.h"
#include "base/fields_json.h"
#include "base/log.h"
#include "domain/permissions.h"
#include "services/audit.h"
#include "services/authority.h"
#include "services/idempotency.h"

namespace quanji::api {
namespace {

using base::Code;
using base::Error;
using base::Status;
using storage::Change;
using storage::View;

// What one change remembers between its transaction and its answer; every run of the body starts it anew.
struct Course {
  door::CallPtr call;
  std::shared_ptr<const domain::Caller> caller;
  const services::AuditReserve* reserve = nullptr;
  base::Digest body_digest{};
  domain::AuditNote note;  // of the last run
  bool hold = false;       // the change waits for a second person
  Status held;             // whether it could be held
  bool looked = false;     // a read that leaves a row: it is done, only the row is due
  Status look;             // what it came to
};

bool needs_hold(const door::Operation& operation, const domain::Caller& caller) {
  return operation.second_person == door::SecondPerson::when_set && !caller.second_person;
}

// JSON of the whole input, path parameters included, as carry_out reads it back.
std::string stored_input(door::Call& call) {
  std::string text;
  const auto& ops = *call.operation->binding.in;
  const auto& fields = ops.fields();
  if (!ops.given) {
    base::encode(fields, call.in.object(), text, base::Side::stored);
    return text;
  }
  // A patch keeps which fields were given; a field that was cleared stands as null.
  const auto given = *ops.given(call.in.get());
  text = "{";
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto& field = fields.all()[i];
    if (!((given >> i) & 1U) && !(field.limits.flags & base::in_path)) continue;
    if (text.size() > 1) text += ',';
    base::append_json_string(text, fields.json_name(i));
    text += ':';
    base::encode_value(*field.ops, field.in(static_cast<const void*>(call.in.object())), text, base::Side::stored);
  }
  text += '}';
  return text;
}

// What a read that leaves a row looked at: the thing its path names, and the whole question.
domain::AuditNote note_of_read(const door::Call& call) {
  constexpr std::size_t most = 300;
  domain::AuditNote note;
  note.name = base::utf8_beginning(call.ask.query.empty() ? call.ask.path : call.ask.path + "?" + call.ask.query, most);
  for (std::string_view rest = call.ask.path; !rest.empty();) {
    const auto part = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    base::Ulid ulid;
    if (const auto bar = part.rfind('_'); bar != std::string_view::npos && base::from_text(part.substr(bar + 1), ulid)) note.target = part;
  }
  return note;
}

services::AuditEntry entry_for(const door::Operation& operation, std::int64_t result, domain::AuditNote note) {
  services::AuditEntry entry;
  entry.operation = operation.id;
  entry.audit = operation.audit.empty() ? operation.id : operation.audit;
  entry.result = result;
  entry.note = std::move(note);
  return entry;
}

Status take_kept(door::Call& call, const services::Kept& kept) {
  call.encoded = kept.encoded;
  if (call.encoded.empty()) {
    call.encoded = "{\"id\":";
    base::append_json_string(call.encoded, kept.id);
    call.encoded += '}';
  }
  call.revision = kept.revision;
  if (kept.status != 200 && kept.status != 201) call.status_override = static_cast<int>(kept.status);
  call.extra_headers.emplace_back("Idempotent-Replayed", "true");
  return {};
}

Status body_of(Change& change, Course& course) {
  auto& call = *course.call;
  const auto& operation = *call.operation;
  const auto& caller = *course.caller;
  if (course.looked) {
    QUANJI_DO(spend_nonce(change, call));
    if (!course.look) return course.look.error().clone();
    return services::write_audit(change, entry_for(operation, 0, note_of_read(call)));
  }
  // Asked in every run: the disk may have filled up under the one before.
  QUANJI_DO(course.reserve->admit(operation.id));
  course.hold = false;
  call.out = door::Value(*operation.binding.out);
  call.encoded.clear();
  call.revision = -1;
  QUANJI_DO(spend_nonce(change, call));
  const auto client = call.idempotency_key.empty() ? std::string() : services::idempotency_client(change);
  if (!call.idempotency_key.empty()) {
    QUANJI_TRY(const auto kept, services::find_idempotent(change, client, operation.id, call.idempotency_key, course.body_digest));
    if (kept) return take_kept(call, *kept);
  }
  // Asked before it runs: a change of the settings that ask for a second person must not excuse itself.
  bool asks = false;
  if (needs_hold(operation, caller)) {
    QUANJI_TRY(asks, services::asks_second_person(change, operation.id));
  }
  QUANJI_DO(operation.binding.thunk(operation.binding.function, &change, call.in.get(), call.out.get()));
  course.note = change.note();
  if (asks) {
    course.hold = true;
    return Error(Code::wrong_state, "held for a second person");  // rolls the run back; refused_of holds it
  }
  door::encode_answer(call);
  QUANJI_DO(services::write_audit(change, entry_for(operation, 0, course.note)));
  if (!call.idempotency_key.empty()) {
    services::Kept kept;
    kept.encoded = call.encoded.size() <= services::kept_answer_limit ? call.encoded : std::string();
    kept.id = course.note.target;
    kept.revision = call.revision;
    kept.status = operation.creates ? 201 : 200;
    QUANJI_DO(services::keep_idempotent(change, client, operation.id, call.idempotency_key, course.body_digest, kept,
                                        operation.binding.out->fields()));
  }
  return {};
}

// What stays when the body was rolled back: the nonce, so that what was refused cannot be sent again by who overheard it, and the approval
// it waits for or the refusal's row.
Status refused_of(Change& change, const Error& error, Course& course) {
  auto& call = *course.call;
  const auto& operation = *call.operation;
  const bool unserved = error.code() == Code::store_unavailable || error.code() == Code::audit_unavailable;
  if (!unserved) QUANJI_DO(keep_nonce(change, call));
  if (course.hold) {
    services::Held held;
    held.operation = operation.id;
    held.permission = operation.needs();
    held.input = stored_input(call);
    held.note = course.note;
    auto answer = services::hold(change, held);
    if (answer) {
      call.encoded = base::to_json(*answer);
      auto note = course.note;
      note.reason = "held: " + answer->approval_id.text();
      course.held = services::write_audit(change, entry_for(operation, 0, std::move(note)));
    } else {
      course.held = std::move(answer).error();
      // Nobody may hold it for this caller, which is known before anything is written: a refusal like any other.
      if (course.held.error().code() == Code::not_permitted)
        return services::write_refusal(change, entry_for(operation, static_cast<std::int64_t>(Code::not_permitted), course.note));
    }
    return course.held ? Status{} : Status{course.held.error().clone()};
  }
  if (unserved) return {};
  auto note = course.looked ? note_of_read(call) : change.note();
  return services::write_refusal(change, entry_for(operation, static_cast<std::int64_t>(error.code()), std::move(note)));
}

storage::Priority priority_of(const door::Operation& operation) {
  return operation.rate == door::Rate::report ? storage::Priority::reports : storage::Priority::reads;
}

// A stream read from the store: a piece is read when the last one was taken, and no reader is held between two.
class ReadPieces final : public door::Pieces, public std::enable_shared_from_this<ReadPieces> {
 public:
  ReadPieces(storage::Store& store, std::shared_ptr<const domain::Caller> caller, StreamSteps steps, storage::Priority priority)
      : store_(store), caller_(std::move(caller)), steps_(std::move(steps)), priority_(priority) {}
  // Reads the first piece.
  void begin(std::function<void(Status)> then) { read(std::move(then)); }
  void next(std::function<void(base::Result<std::string>)> then) override {
    if (given_ < piece_.size() || over_) return then(slice());
    read([self = shared_from_this(), then = std::move(then)](Status done) {
      if (!done) return then(std::move(done).error());
      then(self->slice());
    });
  }

 private:
  static constexpr std::size_t slice_bytes = 64 * 1024;  // well below what a connection keeps for a slow reader
  std::string slice() {
    auto out = piece_.substr(given_, slice_bytes);
    given_ += out.size();
    return out;
  }
  void read(std::function<void(Status)> then) {
    storage::ViewJob job;
    job.caller = caller_;
    job.priority = priority_;
    job.body = [self = shared_from_this()](const View& view) -> Status {
      QUANJI_TRY(self->piece_, self->steps_.read(view));
      return {};
    };
    job.done = [self = shared_from_this(), then = std::move(then)](Status done) {
      if (done) {
        self->steps_.keep();
        self->given_ = 0;
        self->over_ = self->piece_.empty();
      }
      then(std::move(done));
    };
    store_.submit(std::move(job));
  }

  storage::Store& store_;
  const std::shared_ptr<const domain::Caller> caller_;
  const StreamSteps steps_;
  const storage::Priority priority_;
  // One call at a time: whoever took the last slice asks for the next.
  std::string piece_;
  std::size_t given_ = 0;
  bool over_ = false;
};

// A bug is told to the log once, with the request id; the caller learns no more than that.
void tell_bug(const door::Call& call) {
  if (call.result || call.result.error().code() != Code::bug) return;
  const base::log::RequestScope scope(call.request_id);
  base::log::failure(base::log::Level::error, "operation_failed", call.result.error(), {{"operation", call.operation->id}});
}

}  // namespace

void PlatformWork::run(door::CallPtr call, std::function<void()> done) {
  const auto& binding = call->operation->binding;
  auto finish = [call, done = std::move(done)] {
    tell_bug(*call);
    done();
  };
  if (call->operation->changes())
    if (auto admitted = reserve_.admit(call->operation->id); !admitted) {
      call->result = std::move(admitted);
      return finish();
    }
  const bool each_read = caller_of(*call)->every_read_audited;
  if (each_read && binding.kind == door::OpKind::memory)
    return write_look(call, [this, call, finish = std::move(finish)] {
      if (!call->result) return finish();
      run_direct(call);
      finish();
    });
  switch (binding.kind) {
    case door::OpKind::memory:
      run_direct(call);
      return finish();
    case door::OpKind::stream:
      return run_stream(call, std::move(finish));
    case door::OpKind::read:
      return call->operation->audit.empty() && !each_read ? run_read(call, std::move(finish)) : run_watched_read(call, std::move(finish));
    case door::OpKind::change:
      return run_change(call, std::move(finish));
    case door::OpKind::batch:
      return run_batch(call, std::move(finish));
  }
}

// Without a transaction, from memory.
void PlatformWork::run_direct(const door::CallPtr& call) {
  const auto& binding = call->operation->binding;
  const auto caller = caller_of(*call);
  call->result = binding.thunk(binding.function, const_cast<domain::Caller*>(caller.get()), call->in.get(), call->out.get());
  if (call->result) door::encode_answer(*call);
}

// The first piece is read before the answer begins: what refuses the call is an answer like any other's. Later failures cut the connection.
void PlatformWork::run_stream(const door::CallPtr& call, std::function<void()> done) {
  const auto& binding = call->operation->binding;
  StreamSteps steps;
  call->result = binding.thunk(binding.function, &steps, call->in.get(), nullptr);
  if (!call->result) return done();
  const auto pieces = std::make_shared<ReadPieces>(store_, caller_of(*call), std::move(steps), priority_of(*call->operation));
  pieces->begin([this, call, pieces, done = std::move(done)](Status begun) {
    call->result = std::move(begun);
    auto answer = [call, pieces, done] {
      if (call->result) {
        call->pieces = pieces;
        call->content_type = call->operation->binding.content_type;
      }
      done();
    };
    if (call->operation->audit.empty() && !caller_of(*call)->every_read_audited) return answer();
    write_look(call, std::move(answer));
  });
}

void PlatformWork::run_read(const door::CallPtr& call, std::function<void()> done) {
  auto body = [call](const View& view) -> Status {
    const auto& binding = call->operation->binding;
    call->out = door::Value(*binding.out);
    QUANJI_DO(binding.thunk(binding.function, const_cast<View*>(&view), call->in.get(), call->out.get()));
    door::encode_answer(*call);
    return {};
  };
  const bool fast = call->operation->point && store_.reads_here();
  if (fast) {
    call->result = store_.read_here(body, caller_of(*call));
    return done();
  }
  storage::ViewJob job;
  job.body = std::move(body);
  job.caller = caller_of(*call);
  job.priority = priority_of(*call->operation);
  job.done = [call, done = std::move(done)](Status status) {
    call->result = std::move(status);
    done();
  };
  store_.submit(std::move(job));
}

namespace {
void submit_change(storage::Store& store, const std::shared_ptr<Course>& course, std::function<void()> done) {
  storage::ChangeJob job;
  job.caller = course->caller;
  job.priority = storage::Priority::enqueue;
  job.body = [course](Change& change) { return body_of(change, *course); };
  job.refused = [course](Change& change, const Error& error) { return refused_of(change, error, *course); };
  job.done = [course, done = std::move(done)](Status status) {
    auto& call = *course->call;
    if (course->hold && course->held && !status && status.error().code() == Code::wrong_state) {
      call.result = {};
      call.status_override = 202;
    } else if (course->hold && !course->held) {
      call.result = std::move(course->held);
    } else {
      call.result = std::move(status);
    }
    done();
  };
  store.submit(std::move(job));
}
}  // namespace

// It reads like any other; then a change writes the row. So nobody's change waits for a long export.
void PlatformWork::run_watched_read(const door::CallPtr& call, std::function<void()> done) {
  run_read(call, [this, call, done = std::move(done)] { write_look(call, done); });
}

void PlatformWork::write_look(const door::CallPtr& call, std::function<void()> done) {
  auto course = std::make_shared<Course>();
  course->call = call;
  course->caller = caller_of(*call);
  course->looked = true;
  course->look = std::move(call->result);
  submit_change(store_, course, std::move(done));
}

void PlatformWork::run_change(const door::CallPtr& call, std::function<void()> done) {
  auto course = std::make_shared<Course>();
  course->call = call;
  course->caller = caller_of(*call);
  course->reserve = &reserve_;
  if (!call->idempotency_key.empty())
    course->body_digest = base::digest(
        base::Hash::sha256, base::bytes_of(call->body_key.empty() ? call->ask.path + "\n" + call->ask.body
                                                                  : call->ask.path + "?" + call->ask.query + "\n" + call->body_key));
  submit_change(store_, course, std::move(done));
}

void PlatformWork::run_batch(const door::CallPtr& call, std::function<void()> done) {
  const auto& operation = *static_cast<const storage::BatchOperation*>(call->operation->binding.batch);
  auto* part = new storage::BatchCall;
  part->in = call->in.get();
  part->out = call->out.get();
  part->bytes = call->ask.body.size();
  if (!call->idempotency_key.empty()) {
    part->key = call->idempotency_key;
    part->key_body = base::digest(base::Hash::sha256, base::bytes_of(call->ask.path + "\n" + call->ask.body));
  }
  part->caller = caller_of(*call);
  part->done = [call, part, done = std::move(done)](storage::BatchCall& finished) {
    call->result = std::move(finished.result);
    if (call->result) door::encode_answer(*call);
    const auto tell = done;
    delete part;
    tell();
  };
  store_.gather(operation, part);
}

Status PlatformWork::carry_out(Change& change, const services::Approval& approval, std::string& result_json) {
  const auto* operation = table_.by_id(approval.operation);
  if (!operation || !approval.maker_id) return Error(Code::no_such_operation);
  const auto& binding = operation->binding;
  door::Value in(*binding.in), out(*binding.out);
  QUANJI_TRY(const auto json, base::parse_json(approval.input.text));
  base::Problems problems;
  base::decode(binding.in->fields(), in.object(), json, problems, base::Side::stored, base::Unknown::refuse,
               binding.in->given ? binding.in->given(in.get()) : nullptr, binding.in->given != nullptr);
  QUANJI_DO(std::move(problems).as_status());

  auto maker = std::make_shared<domain::Caller>();
  maker->kind = domain::CallerKind::user;
  maker->user = *approval.maker_id;
  maker->account = approval.maker;
  maker->request_id = change.caller().request_id;
  maker->address = change.caller().address;
  maker->operation = operation->id;
  maker->permission = domain::permission_number(operation->needs()).value_or(SIZE_MAX);
  maker->read_permission = domain::permission_number(std::string(operation->group()) + ".read").value_or(SIZE_MAX);
  maker->second_person = true;
  QUANJI_TRY(maker->authority, services::load_authority(change, *approval.maker_id));
  if (operation->needs() != "-" && (!maker->authority || !maker->authority->may_anywhere(maker->permission)))
    return Error(Code::not_permitted);

  const storage::ActingAs acting(change, maker);
  QUANJI_DO(binding.thunk(binding.function, &change, in.get(), out.get()));
  std::string answer;
  base::encode(binding.out->fields(), out.object(), answer);
  QUANJI_TRY(result_json, services::without_secrets(binding.out->fields(), answer));
  auto entry = entry_for(*operation, 0, change.note());
  entry.approval = approval.id.text();
  return services::write_audit(change, entry);
}

}  // namespace quanji::api
