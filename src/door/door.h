// The one way to run an operation: authenticate → permit → decode and validate → open → call → encode → audit, outbox, idempotency →
// commit → answer → measure. The door knows no store and no sockets: both come in as ports.
// Reads foreign bytes: fuzz/door.cpp
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/fields_json.h"
#include "base/result.h"
#include "door/operation.h"

namespace quanji::door {

// A body that comes piece by piece, as fast as the other side takes it: an answer made on a thread of the work, or an upload from the
// transport.
class Pieces {
 public:
  virtual ~Pieces() = default;
  // Calls `then` once, on any thread: the next piece, an empty text at the end, or why it broke off. One call at a time.
  virtual void next(std::function<void(base::Result<std::string>)> then) = 0;
  // All of it, when that is known before.
  virtual std::optional<std::uint64_t> length() const { return std::nullopt; }
};
// What came in, whatever carried it (HTTPS, a channel frame, a gateway call).
struct Ask {
  Verb verb = Verb::get;
  std::string path;   // as sent, percent-encoded
  std::string query;  // as sent
  std::string body;
  std::shared_ptr<Pieces> upload;                                 // instead of body, for an operation that takes one in
  std::string address;                                            // peer
  std::string origin;                                             // which listener or channel
  std::string peer_certificate;                                   // SHA-256 of the client certificate in lower hex, or empty
  std::function<std::string_view(std::string_view name)> header;  // lower-case name; empty when absent; valid while the Ask lives
  // Brings work to the transport's thread, where the answer is written: the store's threads have better things to do. Empty: stay.
  std::function<void(std::function<void()> work)> home;
};
struct Answer {
  int status = 200;
  std::vector<std::pair<std::string_view, std::string>> headers;
  std::string body;
  std::shared_ptr<Pieces> pieces;  // instead of body
  std::string content_type = "application/json";
};

// One operation on its way through the door. Lives until the answer is sent.
struct Call {
  Ask ask;
  std::string request_id;
  bool english = false;
  bool always_200 = false;  // a client's setting for gateways that cannot pass on a status
  const Operation* operation = nullptr;
  std::shared_ptr<void> caller;  // made by the Gate, understood by the Work: each wing has its own kind of caller
  Value in, out;
  std::uint64_t given = 0;  // of an input that stands in the query: which fields were there (bit i = field i)
  std::string idempotency_key;
  std::string body_key;        // of a body that was taken in: what tells it from another
  std::string encoded;         // JSON of `data`, made before the commit so that it can be kept
  std::int64_t revision = -1;  // of the answered resource: becomes the ETag
  base::Status result;
  std::shared_ptr<Pieces> pieces;                                       // of a stream
  std::string content_type;                                             // of the pieces
  int status_override = 0;                                              // 202 for a change held for a second person
  std::vector<std::pair<std::string_view, std::string>> extra_headers;  // Set-Cookie, Retry-After …
  std::chrono::microseconds started{};
};
using CallPtr = std::shared_ptr<Call>;

// Who is it, and may they: fills call.caller or refuses. May look things up in memory only; `done` may be called later from another thread.
class Gate {
 public:
  virtual ~Gate() = default;
  virtual void authenticate(CallPtr call, std::function<void(base::Status)> done) = 0;
  // Rights somewhere for the operation, and the rate limits. Quick, no waiting.
  virtual base::Status permit(Call& call) = 0;
};
// Runs the decoded call under the unit of work its kind asks for, then calls done (result, encoded, revision are filled).
class Work {
 public:
  virtual ~Work() = default;
  virtual void run(CallPtr call, std::function<void()> done) = 0;
};
// Told of every answer, also of refusals: counters, call log, metrics.
class Ear {
 public:
  virtual ~Ear() = default;
  virtual void answered(const Call& call, int status, std::chrono::microseconds took) = 0;
};

class Door {
 public:
  Door(const Table& table, Gate& gate, Work& work, Ear& ear, base::Clock& clock, base::Random& random)
      : table_(table), gate_(gate), work_(work), ear_(ear), clock_(clock), request_ids_(clock, random) {}
  // Answers exactly once, on whatever thread finished the work.
  void run(Ask ask, std::function<void(Answer)> reply);
  // The same for a transport with envelopes of its own: `answered` sees the finished call instead of an HTTP answer.
  void run_frame(Ask ask, std::function<void(const Call&)> answered);
  const Table& table() const { return table_; }
  // The caller's own when it is a good one, else a new one. Any thread.
  std::string request_id(std::string_view wanted);

 private:
  using Finish = std::function<void(const CallPtr&)>;
  void take(Ask ask, Finish finish);
  Answer http_answer(Call& call);
  void heard(const Call& call, int status);
  const Table& table_;
  Gate& gate_;
  Work& work_;
  Ear& ear_;
  base::Clock& clock_;
  base::UlidSource request_ids_;
};

// Fields of an input that were not given get their fallback; a problem for each that has none.
void fill_absent(const base::FieldList& fields, void* object, std::uint64_t given, base::Problems& problems);
// Fills call.encoded and call.revision from call.out. Called by the Work before the commit.
void encode_answer(Call& call);
// The envelope of a failure in the caller's language.
std::string failure_body(const base::Error& error, std::string_view request_id, bool english);
// Decodes path, query and body into call.in by the operation's lists.
base::Status decode_ask(Call& call, const Match& match);
// For text chosen by the caller (X-Request-Id): kept when it is 1–64 of [A-Za-z0-9._-], else replaced.
bool good_request_id(std::string_view text);
// Accept-Language by its weights (RFC 9110): zh-CN unless English is preferred; equal weights are in the order given.
bool prefers_english(std::string_view accept_language);

}  // namespace quanji::door
