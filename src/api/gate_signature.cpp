#include <charconv>

#include "api/gate_parts.h"

namespace quanji::api {

using base::Code;
using base::Error;
using base::Status;
using base::Text;
using storage::View;
namespace settings = services::settings;

void PlatformGate::by_signature(const door::CallPtr& call, const domain::SignatureHeaders& headers, Done done) {
  auto parsed = domain::parse_signature(headers);
  if (!parsed) return nobody(call, std::move(parsed).error(), done);
  if (auto timely = domain::check_timestamp(parsed->timestamp, clock_.now()); !timely) return nobody(call, std::move(timely).error(), done);
  auto request = std::make_shared<const domain::SignedRequest>(std::move(parsed).value());
  const auto settle = [this, call, request](const std::shared_ptr<KeyEntry>& key, const Done& then) {
    // The same words for a wrong key and a wrong signature: access keys cannot be looked for.
    auto status = key ? check_signature(*call, *key, *request) : Status(Error(Code::bad_signature));
    if (!status) return nobody(call, std::move(status).error(), then);
    if (status = let_in(*call, key->identity); !status) return nobody(call, std::move(status).error(), then, Known::yes);
    if (needs_of(*call->operation).spends_in_change) return spend_change_nonce(call, key->identity->client, request->nonce, then);
    spend_read_nonce(call, key->identity->client, request->nonce, then);
  };
  const auto name = request->access_key + "\n" + request->on_behalf_of;
  {
    auto& shard = shard_of(std::string_view(name));
    std::shared_ptr<KeyEntry> known;
    {
      const std::lock_guard lock(shard.mutex);
      if (const auto found = shard.keys.find(name); found != shard.keys.end()) known = found->second;
    }
    if (known && fresh(*known->identity)) return settle(known, done);
  }
  auto found = std::make_shared<std::shared_ptr<KeyEntry>>();
  const auto before = forgotten_.load();
  storage::ViewJob job;
  job.body = [this, request, found](const View& view) -> Status {
    QUANJI_TRY(*found, load_key(view, request->access_key, request->on_behalf_of));
    return {};
  };
  job.done = [this, settle, name, before, call, found, done = std::move(done)](Status status) {
    if (!status && status.error().code() == Code::not_permitted) return nobody(call, std::move(status).error(), done);
    if (!status) return done(std::move(status));
    if (*found && before == forgotten_.load()) {
      auto& shard = shard_of(std::string_view(name));
      const std::lock_guard lock(shard.mutex);
      if (shard.keys.size() >= options_.remembered / shards) shard.keys.clear();
      shard.keys[name] = *found;
    }
    settle(*found, done);
  };
  store_.submit(std::move(job));
}

Status PlatformGate::check_signature(door::Call& call, KeyEntry& key, const domain::SignedRequest& request) {
  const auto& header = call.ask.header;
  domain::SignatureSubject subject{request.algorithm, door::word(call.ask.verb), call.ask.path, call.ask.query, header("x-timestamp"),
                                   request.nonce,     request.on_behalf_of,      call.ask.body};
  if (call.ask.upload) {
    // Its end has not come yet: the digest that was announced is signed, and whoever takes the body in holds it to that (file_work.h).
    subject.body_digest = header(body_digest_header);
    if (subject.body_digest.size() != 64) return Error(Code::bad_signature);
  }
  QUANJI_TRY(const auto text, domain::string_to_sign(subject));
  const std::lock_guard lock(key.mutex);
  auto& mac = request.algorithm == domain::SignatureAlgorithm::hmac_sm3 ? key.sm3 : key.sha256;
  if (mac.verify(text, request.tag)) return {};
  return Error(Code::bad_signature);
}

// The row of its transaction decides across nodes and restarts. Here it is refused sooner, and also when the first never came so far.
void PlatformGate::spend_change_nonce(const door::CallPtr& call, const domain::ApiClientId& client, const std::string& nonce, Done done) {
  if (nonces_.add(client, nonce, clock_.monotonic()) == NonceMemory::Seen::again)
    return refuse(call, Error(Code::replayed), std::move(done));
  enter(call, std::move(done));
}

void PlatformGate::spend_read_nonce(const door::CallPtr& call, const domain::ApiClientId& client, const std::string& nonce, Done done) {
  std::int64_t timestamp = 0;
  const auto text = call->ask.header("x-timestamp");
  std::from_chars(text.data(), text.data() + text.size(), timestamp);
  if (settings::known_truth("security.strict_replay")) {
    storage::ChangeJob job;
    job.caller = std::static_pointer_cast<const domain::Caller>(call->caller);
    job.body = [client, nonce](storage::Change& change) { return services::store_nonce(change, client, nonce); };
    job.done = [this, call, done = std::move(done)](Status status) {
      if (!status) return done(std::move(status));
      enter(call, done);
    };
    return store_.submit(std::move(job));
  }
  if (timestamp * second < started_.micros)
    return done(Error(Code::replayed,
                      Text("签名早于平台本次启动，请重新签名后再发", "signed before this start of the platform: sign again and repeat")));
  switch (nonces_.add(client, nonce, clock_.monotonic())) {
    case NonceMemory::Seen::first:
      return enter(call, std::move(done));
    case NonceMemory::Seen::again:
      return done(Error(Code::replayed));
    case NonceMemory::Seen::full:
      return done(Error(Code::too_many_calls).with_retry_after(domain::signature_window_seconds));
  }
}

}  // namespace quanji::api
