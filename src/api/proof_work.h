// The unit of work of operations that prove who somebody is or make secrets: what is slow or made by chance is done before the operation's
// own transaction, on the slow pool (services/passwords.h); every other call goes straight on. Stands between the door and PlatformWork.
#pragma once
#include <functional>
#include <memory>

#include "door/door.h"
#include "services/passwords.h"
#include "services/slow_pool.h"
#include "storage/store.h"

namespace quanji::api {

inline constexpr std::string_view session_cookie = "__Host-quanji";

class ProofWork final : public door::Work {
 public:
  // All must outlive the calls under way.
  ProofWork(door::Work& next, storage::Store& store, services::SlowPool& pool, std::shared_ptr<const services::ProofDesk> desk)
      : next_(next), store_(store), pool_(pool), desk_(std::move(desk)) {}
  void run(door::CallPtr call, std::function<void()> done) override;

 private:
  struct Way;
  void open(const std::shared_ptr<Way>& way);
  void prove(const std::shared_ptr<Way>& way);
  void refuse(const std::shared_ptr<Way>& way);
  void go_on(const std::shared_ptr<Way>& way);
  void end_reused(const std::shared_ptr<Way>& way);

  door::Work& next_;
  storage::Store& store_;
  services::SlowPool& pool_;
  std::shared_ptr<const services::ProofDesk> desk_;
};

}  // namespace quanji::api
