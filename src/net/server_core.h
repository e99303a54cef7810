// What all connections of a server share: options, counters, seats.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "net/io_thread.h"
#include "net/server.h"

namespace quanji::net {

struct ServerCore {
  explicit ServerCore(ServerOptions o) : options(std::move(o)) {}
  const ServerOptions options;
  std::vector<std::shared_ptr<IoThread>> threads;  // constant after construction

  std::atomic<std::uint64_t> accepted{0}, open{0}, handshakes{0}, resumed{0}, requests{0}, bytes_in{0}, bytes_out{0}, websockets{0},
      event_streams{0};
  std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(Refusal::count_)> refused{};
  std::atomic<bool> draining{false};
  std::atomic<std::uint64_t> handshake_second{0}, handshakes_this_second{0};

  void note(Refusal reason, const Peer& peer, std::string detail = {});
  Response refusal(Refusal reason, int status, const Request* request) const;
  // One of this second's full handshakes, if one is left.
  enum class Admission { now, later };
  Admission admit_handshake(std::uint32_t second);

  std::mutex mutex;
  std::unordered_map<std::string, std::size_t> by_address;  // guarded by mutex
  std::function<void()> on_empty;                           // guarded by mutex; called when `open` falls to zero
};

// A connection's place in the counts of its server, given back when it goes.
class Seat {
 public:
  // Fails with too_many_connections or too_many_from_address.
  static std::optional<Refusal> take(const std::shared_ptr<ServerCore>& core, const std::string& address, Seat& seat);
  Seat() = default;
  Seat(Seat&& other) noexcept = default;
  Seat& operator=(Seat&& other) noexcept;
  ~Seat() { leave(); }
  // Counts as open, but against no limit: for those that are only told why they were refused.
  static Seat standing(const std::shared_ptr<ServerCore>& core);

 private:
  void leave();
  std::shared_ptr<ServerCore> core_;
  std::string address_;
};

}  // namespace quanji::net
