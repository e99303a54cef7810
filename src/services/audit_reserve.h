// Space set aside on the disk of the data directory, so that what lowers risk is still recorded and done when the disk is full.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"

namespace quanji::services {

// The disk, as a port: tests fill it up.
class Disk {
 public:
  virtual ~Disk() = default;
  virtual base::Result<std::int64_t> free_bytes(const std::string& folder) = 0;  // for an ordinary user
  virtual base::Status allocate(const std::string& path,
                                std::int64_t bytes) = 0;                 // real blocks, not a hole; replaces nothing: path is ours
  virtual base::Status remove(const std::string& path) = 0;              // ok when it is not there
  virtual base::Result<std::int64_t> size(const std::string& path) = 0;  // allocated bytes; 0 when it is not there
};
std::unique_ptr<Disk> real_disk();

// True for operations that stop, hold, disable or revoke: they are let through while the reserve is in use.
bool lowers_risk(std::string_view operation);

enum class ReserveState : std::uint8_t { normal, on_reserve };
std::string_view word(ReserveState state);

// admit() from any thread; the others from one (the ticker), disk_full() from any.
class AuditReserve {
 public:
  struct Settings {
    std::string folder;  // data directory
    std::int64_t bytes = std::int64_t{64} << 20;
    std::int64_t low_water = std::int64_t{16} << 20;  // free space below which the reserve is given back
  };
  // Makes the file when there is room; starts on_reserve when there is not.
  static std::unique_ptr<AuditReserve> open(Settings settings, std::unique_ptr<Disk> disk);
  ReserveState state() const { return state_.load(std::memory_order_acquire); }
  // audit_unavailable while on reserve, unless the operation lowers risk.
  base::Status admit(std::string_view operation) const;
  // A change failed for want of space: gives the reserve back at once; a change that lowers risk may then be run again.
  void disk_full();
  // Once a second: gives back below low water, makes the reserve again when there is room for it and as much as low water twice over.
  void tick();

 private:
  AuditReserve(Settings settings, std::unique_ptr<Disk> disk);
  void release();
  std::string path() const;
  Settings settings_;
  std::unique_ptr<Disk> disk_;
  std::mutex mutex_;
  std::atomic<ReserveState> state_{ReserveState::normal};
};

}  // namespace quanji::services
