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

// What a stream's binding makes of its functions: `read` gives the next piece (empty: the end) in a short read of its own and may be run
// again; `keep` follows when that read stood.
struct StreamSteps {
  std::function<base::Result<std::string>(const storage::View&)> read;
  std::function<void()> keep;
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
  void run_direct(const door::CallPtr& call);
  void run_watched_read(const door::CallPtr& call, std::function<void()> done);
  void run_stream(const door::CallPtr& call, std::function<void()> done);
  // A read's own row of the audit log, or that of its refusal; the answer waits for it.
  void write_look(const door::CallPtr& call, std::function<void()> done);
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
