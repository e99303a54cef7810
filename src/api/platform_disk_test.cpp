// A full disk under a working platform: the store's file system refuses every write until the reserve is given back.
#include "api/gate_testing.h"
#include "storage/conformance/fault_file_system.h"

namespace quanji::api {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): its own bench
namespace disk = storage::conformance::disk;
using storage::conformance::DiskCall;
using storage::conformance::DiskFault;
using storage::conformance::Lasting;

// What stands in the reserve is what the store may write into when it is taken away.
class LastSpace final : public services::Disk {
 public:
  base::Result<std::int64_t> free_bytes(const std::string&) override { return std::int64_t{1} << 30; }
  base::Status allocate(const std::string&, std::int64_t bytes) override {
    made_ = bytes;
    return {};
  }
  base::Status remove(const std::string&) override {
    made_ = 0;
    disk::disarm();
    return {};
  }
  base::Result<std::int64_t> size(const std::string&) override { return made_; }

 private:
  std::int64_t made_ = 0;
};

class FullDisk : public ::testing::Test {
 protected:
  static Front::Place place() {
    Front::Place where;
    where.file_system = disk::name();
    where.disk = std::make_unique<LastSpace>();
    return where;
  }
  FullDisk() {
    front.system_with_password();
    bearer = front.bearer("system");
    zhang = front.user("zhang");
  }
  ~FullDisk() override { disk::disarm(); }
  static void fill_up() { disk::arm(DiskFault::no_space, DiskCall::write, 1, Lasting::until_disarmed); }
  Reply disable() { return front.call(Verb::post, "/users/" + zhang.text() + "/disable", R"({"reason":"left"})", bearer); }
  Reply create() { return front.call(Verb::post, "/users", new_user, bearer); }
  std::int64_t disabled() {
    static const storage::Query::Form form{"select count(*) from audit where operation = 'user.disable' and result = 0", {}};
    static const storage::Query query{"disables", form, form};
    return front.number(query);
  }
  std::int64_t created() {
    static const storage::Query::Form form{"select count(*) from users where account = 'wang'", {}};
    static const storage::Query query{"created", form, form};
    return front.number(query);
  }
  Front front{Front::generous(), place()};
  Headers bearer;
  domain::UserId zhang;
};

TEST_F(FullDisk, WhatLowersRiskIsRecordedAndDoneOnTheReserveAtOnce) {
  ASSERT_EQ(front.reserve->state(), services::ReserveState::normal);
  fill_up();
  const auto stopped = disable();
  EXPECT_EQ(stopped.code, 0) << stopped.message;
  EXPECT_EQ(disabled(), 1);
  EXPECT_EQ(front.reserve->state(), services::ReserveState::on_reserve);
}
TEST_F(FullDisk, OtherChangesAreRefusedWith90001UntilThereIsRoom) {
  fill_up();
  const auto refused = create();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.code, 90001) << refused.message;
  EXPECT_EQ(front.reserve->state(), services::ReserveState::on_reserve);
  EXPECT_EQ(create().code, 90001);
  EXPECT_EQ(created(), 0);
  EXPECT_EQ(disable().code, 0);
  EXPECT_EQ(disabled(), 1);
  EXPECT_EQ(front.call(Verb::get, "/users", "", bearer).code, 0) << "reads go on";
  front.reserve->tick();
  EXPECT_EQ(create().status, 201);
}

}  // namespace
}  // namespace quanji::api
