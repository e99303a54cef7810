#include "net/server_core.h"

namespace quanji::net {

void ServerCore::note(Refusal reason, const Peer& peer, std::string detail) {
  ++refused[static_cast<std::size_t>(reason)];
  if (options.notice) options.notice({reason, peer.address, peer.listener, std::move(detail)});
}
Response ServerCore::refusal(Refusal reason, int status, const Request* request) const {
  if (options.refuse) {
    auto answer = options.refuse(reason, status, request);
    answer.after = Response::After::close;
    return answer;
  }
  Response plain;
  plain.status = status;
  plain.content_type = "application/json";
  plain.body = "{\"message\":\"" + std::string(to_word(reason)) + "\"}";
  plain.after = Response::After::close;
  return plain;
}
ServerCore::Admission ServerCore::admit_handshake(std::uint32_t second) {
  // A race at the turn of the second may let a few more in: the limit guards the processor, not a secret.
  if (handshake_second.exchange(second) != second) handshakes_this_second = 0;
  return handshakes_this_second++ < options.limits.handshakes_per_second ? Admission::now : Admission::later;
}

std::optional<Refusal> Seat::take(const std::shared_ptr<ServerCore>& core, const std::string& address, Seat& seat) {
  const auto& limits = core->options.limits;
  if (core->open >= limits.connections) return Refusal::too_many_connections;
  {
    std::lock_guard lock(core->mutex);
    auto& count = core->by_address[address];
    if (count >= limits.connections_per_address) return Refusal::too_many_from_address;
    ++count;
  }
  ++core->open;
  seat.leave();
  seat.core_ = core;
  seat.address_ = address;
  return {};
}
Seat Seat::standing(const std::shared_ptr<ServerCore>& core) {
  Seat seat;
  ++core->open;
  seat.core_ = core;
  return seat;
}
Seat& Seat::operator=(Seat&& other) noexcept {
  if (this != &other) {
    leave();
    core_ = std::move(other.core_);
    address_ = std::move(other.address_);
  }
  return *this;
}
void Seat::leave() {
  if (!core_) return;
  const auto core = std::move(core_);
  std::function<void()> empty;
  {
    std::lock_guard lock(core->mutex);
    if (!address_.empty())
      if (auto found = core->by_address.find(address_); found != core->by_address.end() && --found->second == 0)
        core->by_address.erase(found);
    if (--core->open == 0) empty = core->on_empty;
  }
  if (empty) empty();
}

}  // namespace quanji::net
