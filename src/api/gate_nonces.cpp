#include <algorithm>

#include "api/gate_parts.h"

namespace quanji::api {

using base::Status;

Status spend_nonce(storage::Change& change, const door::Call& call) {
  const auto& caller = change.caller();
  if (caller.kind != domain::CallerKind::client || caller.channel != domain::Channel::signature) return {};
  return services::store_nonce(change, caller.client, call.ask.header("x-nonce"));
}

Status keep_nonce(storage::Change& change, const door::Call& call) {
  auto spent = spend_nonce(change, call);
  // There already: this was the replay, or another node was first. The refusal is what is told.
  if (!spent && spent.error().code() == base::Code::replayed) return {};
  return spent;
}

NonceMemory::Seen NonceMemory::add(const domain::ApiClientId& client, std::string_view nonce, std::chrono::microseconds now) {
  std::string text(reinterpret_cast<const char*>(client.ulid.bytes.data()), client.ulid.bytes.size());
  text += nonce;
  const auto hash = std::hash<std::string>{}(text);
  const std::lock_guard lock(mutex_);
  if (begun_.count() < 0 || now - begun_ >= std::chrono::microseconds(nonce_generation_micros)) {
    std::rotate(generations_.begin(), generations_.end() - 1, generations_.end());
    generations_[0].clear();
    // After a long silence the middle ones are old too; keeping them costs nothing but memory.
    begun_ = now;
  }
  for (const auto& generation : generations_)
    if (generation.contains(hash)) return Seen::again;
  if (generations_[0].size() >= limit_) return Seen::full;
  generations_[0].insert(hash);
  return Seen::first;
}
std::size_t NonceMemory::size() const {
  const std::lock_guard lock(mutex_);
  return generations_[0].size() + generations_[1].size() + generations_[2].size();
}

}  // namespace quanji::api
