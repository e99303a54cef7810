#include "services/audit_reserve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/log.h"

namespace quanji::services {

namespace {

// In alphabetical order. What only takes away: rights, sessions, keys, running work.
constexpr std::string_view lowering[] = {
    "api_client.cut_off",
    "api_client.disable",
    "api_client.revoke",
    "approval.refuse",
    "approval.withdraw",
    "auth.logout",
    "auth.revoke",
    "credential.disable",
    "credential.revoke",
    "department.disable",
    "emergency_stop.create",
    "flow.disable",
    "grant.delete",
    "package.disable",
    "queue.hold",
    "queue.pause",
    "queue_item.hold",
    "robot.disable",
    "robot.disconnect",
    "robot.revoke",
    "robot.stop",
    "role.disable",
    "schedule.disable",
    "schedule.hold",
    "server.disable",
    "session.delete",
    "session.revoke",
    "task.kill",
    "task.pause",
    "task.stop",
    "user.disable",
    "user.force_sign_out",
    "user.lock",
    "webhook.disable",
};
static_assert(std::ranges::is_sorted(lowering));

base::Error disk_error(const std::string& path) {
  const std::string why = std::strerror(errno);
  return {base::Code::store_unavailable, base::Text("磁盘操作失败 " + path + "：" + why, "A disk operation failed on " + path + ": " + why),
          why};
}

class RealDisk final : public Disk {
 public:
  base::Result<std::int64_t> free_bytes(const std::string& folder) override {
    struct statvfs about {};
    if (::statvfs(folder.c_str(), &about) != 0) return disk_error(folder);
    return static_cast<std::int64_t>(about.f_bavail) * static_cast<std::int64_t>(about.f_frsize);
  }
  base::Status allocate(const std::string& path, std::int64_t bytes) override {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) return disk_error(path);
    errno = ::posix_fallocate(file, 0, bytes);
    const bool made = errno == 0 && ::fsync(file) == 0;
    const int why = errno;
    ::close(file);
    if (made) return {};
    ::unlink(path.c_str());
    errno = why;
    return disk_error(path);
  }
  base::Status remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return disk_error(path);
    return {};
  }
  base::Result<std::int64_t> size(const std::string& path) override {
    struct stat about {};
    if (::stat(path.c_str(), &about) != 0) {
      if (errno == ENOENT) return std::int64_t{0};
      return disk_error(path);
    }
    return static_cast<std::int64_t>(about.st_blocks) * 512;
  }
};

}  // namespace

std::unique_ptr<Disk> real_disk() { return std::make_unique<RealDisk>(); }
bool lowers_risk(std::string_view operation) { return std::ranges::binary_search(lowering, operation); }
std::string_view word(ReserveState state) { return state == ReserveState::normal ? "normal" : "on_reserve"; }

AuditReserve::AuditReserve(Settings settings, std::unique_ptr<Disk> disk) : settings_(std::move(settings)), disk_(std::move(disk)) {}
std::string AuditReserve::path() const { return settings_.folder + "/audit.reserve"; }

std::unique_ptr<AuditReserve> AuditReserve::open(Settings settings, std::unique_ptr<Disk> disk) {
  std::unique_ptr<AuditReserve> made(new AuditReserve(std::move(settings), std::move(disk)));
  const auto there = made->disk_->size(made->path());
  // A reserve left by a former life is kept as it is; otherwise it is as after a full disk, and tick makes it when there is room.
  if (!there || *there < made->settings_.bytes) made->state_.store(ReserveState::on_reserve, std::memory_order_release);
  made->tick();
  return made;
}

base::Status AuditReserve::admit(std::string_view operation) const {
  if (state() == ReserveState::normal || lowers_risk(operation)) return {};
  return base::Error(
      base::Code::audit_unavailable,
      base::Text("磁盘空间不足，仅允许停止、暂停、停用和撤销类操作，请清理磁盘后重试。",
                 "The disk is nearly full: only operations that stop, hold, disable or revoke are taken. Free some space and try again."),
      "on reserve");
}

void AuditReserve::release() {
  // Caller holds mutex_.
  if (auto done = disk_->remove(path()); !done.ok())
    base::log::failure(base::log::Level::error, "audit_reserve_not_released", done.error());
  if (state_.exchange(ReserveState::on_reserve, std::memory_order_acq_rel) == ReserveState::normal)
    base::log::error("audit_on_reserve", {{"folder", settings_.folder}});
}

void AuditReserve::disk_full() {
  const std::lock_guard lock(mutex_);
  release();
}

void AuditReserve::tick() {
  const std::lock_guard lock(mutex_);
  const auto room = disk_->free_bytes(settings_.folder);
  if (!room) return;
  if (state() == ReserveState::normal) {
    if (*room < settings_.low_water) release();
    return;
  }
  if (*room < settings_.bytes + 2 * settings_.low_water) return;
  if (!disk_->allocate(path(), settings_.bytes).ok()) return;
  state_.store(ReserveState::normal, std::memory_order_release);
  base::log::info("audit_reserve_made", {{"folder", settings_.folder}, {"bytes", settings_.bytes}});
}

}  // namespace quanji::services
