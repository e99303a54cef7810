// The platform's unit of work: runs a decoded call under the transaction its kind asks for, and writes what belongs to every change in the
// same transaction: nonce, idempotency, audit, approval.
#pragma once
#include <functional>
#include <memory>

#include "domain/caller.h"
#include "door/door.h"
#include "services/approvals.h"
#include "services/audit_reserve.h"
#include "storage/store.h"

namespace quanji::api {

// What a stream's function gets: it hands out pieces and reads through the store itself.
struct StreamUnit {
  storage::Store& store;
  std::shared_ptr<const domain::Caller> caller;
  std::shared_ptr<door::Pieces> pieces;  // the function sets this and
  std::string content_type;              // this
};

class PlatformWork final : public door::Work {
 public:
  PlatformWork(storage::Store& store, const door::Table& table, const services::AuditReserve& reserve)
      : store_(store), table_(table), reserve_(reserve) {}
  void run(door::CallPtr call, std::function<void()> done) override;
  // Carries out a held operation inside the approving change: services::CarryOut.
  base::Status carry_out(storage::Change& change, const services::Approval& approval, std::string& result_json);

 private:
  void run_read(const door::CallPtr& call, std::function<void()> done);
  void run_watched_read(const door::CallPtr& call, std::function<void()> done);
  void run_change(const door::CallPtr& call, std::function<void()> done);
  void run_batch(const door::CallPtr& call, std::function<void()> done);

  storage::Store& store_;
  const door::Table& table_;
  const services::AuditReserve& reserve_;
};

// The caller of a call, as the platform's gate made it.
inline std::shared_ptr<const domain::Caller> caller_of(const door::Call& call) {
  return std::static_pointer_cast<const domain::Caller>(call.caller);
}

}  // namespace quanji::api
