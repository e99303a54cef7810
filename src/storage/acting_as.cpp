#include "domain/caller.h"
#include "storage/change.h"
#include "storage/work.h"

namespace quanji::storage {

domain::AuditNote& Change::note() {
  if (!note_) note_ = std::make_shared<domain::AuditNote>();
  return *note_;
}

ActingAs::ActingAs(Change& change, std::shared_ptr<const domain::Caller> caller) : change_(change), before_(change.work_->caller) {
  change.work_->caller = std::move(caller);
}
ActingAs::~ActingAs() { change_.work_->caller = before_; }

}  // namespace quanji::storage
