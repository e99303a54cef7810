// One thread, one io_context, a tick a second: what every connection of this room lives on.
#pragma once
#include <array>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"

namespace quanji::net {

// Something with a deadline that lives on an io thread; the thread owns it until it moves out.
class Tenant {
 public:
  virtual ~Tenant() = default;
  virtual void expired() = 0;  // its deadline has passed; the deadline is off now
  virtual void drain() = 0;    // end as soon as decent
  virtual void cut() = 0;      // end now
  virtual void recheck_certificate() {}
  std::size_t place = static_cast<std::size_t>(-1);  // written by the table only
};

// Deadlines in whole seconds, in one dense column that a tick walks once: no timer and no allocation per request.
class Deadlines {
 public:
  void move_in(std::shared_ptr<Tenant> tenant);
  void move_out(Tenant& tenant);                      // last thing: may destroy it
  void set(const Tenant& tenant, std::uint32_t at) {  // 0: none; nothing for one that has moved out
    if (tenant.place < at_.size()) at_[tenant.place] = at;
  }
  void expire(std::uint32_t now);
  std::vector<std::shared_ptr<Tenant>> everybody() const;
  std::size_t size() const { return tenants_.size() - free_.size(); }

 private:
  std::vector<std::uint32_t> at_;
  std::vector<std::shared_ptr<Tenant>> tenants_;
  std::vector<std::size_t> free_;
};

class IoThread : public std::enable_shared_from_this<IoThread> {
 public:
  // `period`: how often it ticks by itself; zero: only when told.
  IoThread(std::size_t index, std::shared_ptr<base::Clock> clock, std::chrono::milliseconds period);
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;
  void start();
  void stop_and_join();

  static IoThread* current();
  bool here() const { return current() == this; }
  template <class Work>
  void post(Work&& work) {
    // After the end nothing would ever run it, and what it holds would hold this thread.
    if (!stopped_.load(std::memory_order_acquire)) boost::asio::post(io_, std::forward<Work>(work));
  }
  void tick();  // on the thread

  std::size_t index() const { return index_; }
  boost::asio::io_context& io() { return io_; }
  base::Clock& clock() { return *clock_; }
  // A deadline `after` from now, never early and at most two seconds late.
  void deadline(const Tenant& tenant, std::chrono::seconds after) {
    table_.set(tenant, now_ + static_cast<std::uint32_t>(after.count()) + 1);
  }
  void no_deadline(const Tenant& tenant) { table_.set(tenant, 0); }
  Deadlines& table() { return table_; }
  std::uint32_t now() const { return now_; }         // seconds, as of the last tick
  const std::string& date() const { return date_; }  // "Sun, 06 Nov 1994 08:49:37 GMT"
  std::array<char, 64 * 1024>& scratch() { return scratch_; }
  std::string borrow();  // an empty string with room in it
  void give_back(std::string spare);
  std::function<void()> after_tick;  // set before start()

 private:
  void run();
  void arm();
  const std::size_t index_;
  const std::shared_ptr<base::Clock> clock_;
  const std::chrono::milliseconds period_;
  // Not 1, though one thread runs it: with that hint Asio lets posts of the thread itself be overtaken by those of others.
  boost::asio::io_context io_{2};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer timer_;
  std::thread thread_;
  std::atomic<bool> stopped_{false};
  Deadlines table_;
  bool ending_ = false;  // of the thread
  std::uint32_t now_ = 0;
  std::string date_;
  std::vector<std::string> spare_;
  std::array<char, 64 * 1024> scratch_;
};

// What waits for a socket.
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void readable() = 0;
  virtual void writable() = 0;
};
// Readiness of a descriptor it does not own. One wait of each kind at a time; forget() before the descriptor is closed.
// A member of the Watcher that waits on it: the wait keeps both alive.
class Watch {
 public:
  Watch(IoThread& io, int fd) : descriptor_(io.io(), fd) {}
  ~Watch() { forget(); }
  void wait_readable(std::shared_ptr<Watcher> who);
  void wait_writable(std::shared_ptr<Watcher> who);
  bool waits_readable() const { return reading_; }
  bool waits_writable() const { return writing_; }
  void forget();

 private:
  boost::asio::posix::stream_descriptor descriptor_;
  bool reading_ = false, writing_ = false;
};

}  // namespace quanji::net
