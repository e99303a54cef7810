#include "net/io_thread.h"

#include <ctime>

namespace quanji::net {
namespace {
thread_local IoThread* this_thread = nullptr;

std::string http_date(base::Time now) {
  const std::time_t seconds = now.micros / 1'000'000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT", days[parts.tm_wday], parts.tm_mday,
                                 months[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
  return std::string(text.data(), static_cast<std::size_t>(size));
}
}  // namespace

void Deadlines::move_in(std::shared_ptr<Tenant> tenant) {
  std::size_t place = tenants_.size();
  if (free_.empty()) {
    tenants_.emplace_back();
    at_.push_back(0);
  } else {
    place = free_.back();
    free_.pop_back();
  }
  tenant->place = place;
  at_[place] = 0;
  tenants_[place] = std::move(tenant);
}
void Deadlines::move_out(Tenant& tenant) {
  const std::size_t place = tenant.place;
  if (place >= tenants_.size() || tenants_[place].get() != &tenant) return;
  tenant.place = static_cast<std::size_t>(-1);
  at_[place] = 0;
  free_.push_back(place);
  const auto last = std::move(tenants_[place]);  // destroyed after the table is whole again
}
void Deadlines::expire(std::uint32_t now) {
  std::vector<std::shared_ptr<Tenant>> due;
  for (std::size_t i = 0; i < at_.size(); ++i)
    if (at_[i] != 0 && at_[i] <= now) {
      at_[i] = 0;
      due.push_back(tenants_[i]);
    }
  for (const auto& one : due)
    if (one->place != static_cast<std::size_t>(-1)) one->expired();
}
std::vector<std::shared_ptr<Tenant>> Deadlines::everybody() const {
  std::vector<std::shared_ptr<Tenant>> out;
  for (const auto& one : tenants_)
    if (one) out.push_back(one);
  return out;
}

IoThread::IoThread(std::size_t index, std::shared_ptr<base::Clock> clock, std::chrono::milliseconds period)
    : index_(index), clock_(std::move(clock)), period_(period), work_(io_.get_executor()), timer_(io_) {
  now_ = static_cast<std::uint32_t>(clock_->monotonic().count() / 1'000'000);
  date_ = http_date(clock_->now());
}
IoThread::~IoThread() { stop_and_join(); }
void IoThread::start() {
  thread_ = std::thread([this] { run(); });
}
void IoThread::run() {
  this_thread = this;
  if (period_.count() > 0) arm();
  io_.run();
  this_thread = nullptr;
}
void IoThread::stop_and_join() {
  if (!thread_.joinable()) return;
  post([this] {
    for (const auto& one : table_.everybody()) one->cut();
    ending_ = true;
    timer_.cancel();
    work_.reset();  // what was cut runs to its end, so that nothing keeps a connection, and through it this thread, alive
  });
  thread_.join();
  stopped_.store(true, std::memory_order_release);
}
void IoThread::arm() {
  timer_.expires_after(period_);
  timer_.async_wait([this](const boost::system::error_code& failed) {
    if (failed) return;
    if (ending_) return;
    tick();
    arm();
  });
}
void IoThread::tick() {
  now_ = static_cast<std::uint32_t>(clock_->monotonic().count() / 1'000'000);
  date_ = http_date(clock_->now());
  table_.expire(now_);
  if (after_tick) after_tick();
}
IoThread* IoThread::current() { return this_thread; }
std::string IoThread::borrow() {
  if (spare_.empty()) return {};
  std::string out = std::move(spare_.back());
  spare_.pop_back();
  return out;
}
void IoThread::give_back(std::string spare) {
  if (spare.capacity() < 64 || spare.capacity() > 128 * 1024 || spare_.size() >= 16) return;
  spare.clear();
  spare_.push_back(std::move(spare));
}

void Watch::wait_readable(std::shared_ptr<Watcher> who) {
  if (reading_) return;
  reading_ = true;
  descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                         [this, who = std::move(who)](const boost::system::error_code& failed) {
                           if (failed == boost::asio::error::operation_aborted) return;  // this Watch may be gone
                           reading_ = false;
                           who->readable();
                         });
}
void Watch::wait_writable(std::shared_ptr<Watcher> who) {
  if (writing_) return;
  writing_ = true;
  descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_write,
                         [this, who = std::move(who)](const boost::system::error_code& failed) {
                           if (failed == boost::asio::error::operation_aborted) return;
                           writing_ = false;
                           who->writable();
                         });
}
void Watch::forget() {
  if (descriptor_.is_open()) descriptor_.release();
}

}  // namespace quanji::net
