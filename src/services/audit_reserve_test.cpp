#include "services/audit_reserve.h"

#include "services/audit_testing.h"

namespace quanji::services {
namespace {

constexpr std::int64_t mib = std::int64_t{1} << 20;

// A disk of a size the test chooses.
struct SmallDisk final : Disk {
  explicit SmallDisk(std::int64_t& room) : free(room) {}
  std::int64_t& free;
  std::int64_t file = 0;
  base::Result<std::int64_t> free_bytes(const std::string&) override { return free; }
  base::Status allocate(const std::string&, std::int64_t bytes) override {
    if (bytes > free) return base::Error(base::Code::store_unavailable, "no space");
    free -= bytes;
    file = bytes;
    return {};
  }
  base::Status remove(const std::string&) override {
    free += std::exchange(file, 0);
    return {};
  }
  base::Result<std::int64_t> size(const std::string&) override { return file; }
};

TEST(AuditReserve, IsMadeAtTheStartAndGivenBackWhenTheDiskFillsUp) {
  std::int64_t room = 500 * mib;
  const auto reserve = AuditReserve::open({"/data"}, std::make_unique<SmallDisk>(room));
  EXPECT_EQ(reserve->state(), ReserveState::normal);
  EXPECT_EQ(room, 436 * mib);
  room = 20 * mib;
  reserve->tick();
  EXPECT_EQ(reserve->state(), ReserveState::normal);
  room = 15 * mib;
  reserve->tick();
  EXPECT_EQ(reserve->state(), ReserveState::on_reserve);
  EXPECT_EQ(room, 79 * mib) << "the space is there for what lowers risk";
}

TEST(AuditReserve, WhileInUseOnlyWhatLowersRiskIsTaken) {
  std::int64_t room = 500 * mib;
  const auto reserve = AuditReserve::open({"/data"}, std::make_unique<SmallDisk>(room));
  EXPECT_TRUE(reserve->admit("user.create").ok());
  reserve->disk_full();
  const auto refused = reserve->admit("user.create");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), base::Code::audit_unavailable);
  for (const char* operation :
       {"user.disable", "task.stop", "auth.revoke", "api_client.disable", "emergency_stop.create", "session.delete"})
    EXPECT_TRUE(reserve->admit(operation).ok()) << operation;
  EXPECT_FALSE(reserve->admit("user.enable").ok());
}

TEST(AuditReserve, IsMadeAgainWhenThereIsAmpleRoom) {
  std::int64_t room = 500 * mib;
  const auto reserve = AuditReserve::open({"/data"}, std::make_unique<SmallDisk>(room));
  reserve->disk_full();
  room = 95 * mib;
  reserve->tick();
  EXPECT_EQ(reserve->state(), ReserveState::on_reserve) << "room for the reserve alone would be given back at once";
  room = 96 * mib;
  reserve->tick();
  EXPECT_EQ(reserve->state(), ReserveState::normal);
  EXPECT_EQ(room, 32 * mib);
}

TEST(AuditReserve, StartsOnReserveWhenThereIsNoRoomForIt) {
  std::int64_t room = 30 * mib;
  const auto reserve = AuditReserve::open({"/data"}, std::make_unique<SmallDisk>(room));
  EXPECT_EQ(reserve->state(), ReserveState::on_reserve);
}

TEST(AuditReserve, TakesRealSpaceOfARealDisk) {
  testing::TemporaryFolder folder;
  const auto disk = real_disk();
  const auto path = folder.path() + "/audit.reserve";
  AuditReserve::Settings settings{folder.path(), 4 * mib, 0};
  auto reserve = AuditReserve::open(settings, real_disk());
  EXPECT_EQ(reserve->state(), ReserveState::normal);
  EXPECT_GE(disk->size(path).value(), 4 * mib) << "blocks, not a hole";
  // A later start finds it and keeps it.
  reserve = AuditReserve::open(settings, real_disk());
  EXPECT_EQ(reserve->state(), ReserveState::normal);
  reserve->disk_full();
  EXPECT_EQ(disk->size(path).value(), 0);
  EXPECT_GT(disk->free_bytes(folder.path()).value(), 0);
}

}  // namespace
}  // namespace quanji::services
