// The unit of work of operations that take a content in or give one out: a body is staged, gets its digests and is put into the blobs
// before the operation's own change; the bytes of a Download follow it. Every other call goes straight on. Stands between the door and
// ProofWork.
//
// A form (multipart/form-data) brings fields of the input before its one file. `Range: bytes=` with one range is honoured, and
// `If-None-Match`, `If-Range`.
#pragma once
#include <functional>
#include <vector>

#include "door/door.h"
#include "services/downloads.h"
#include "services/slow_pool.h"
#include "services/uploaded.h"
#include "storage/blobs.h"

namespace quanji::api {

// Refuses what came, before it is put. `staging` is finished.
using InspectUpload = base::Status (*)(const storage::Staging& staging, const services::Received& content);
// How an operation's binding (bind.h) takes its content in.
struct IntakeBy {
  void (*give)(void* in, const services::Received& content) = nullptr;
  base::Result<std::vector<storage::BlobFacts>> (*pieces)(const storage::View& view, const void* in) = nullptr;  // gathered only
  InspectUpload inspect = nullptr;
};

class FileWork final : public door::Work {
 public:
  // All must outlive the calls under way.
  FileWork(door::Work& next, storage::Store& store, storage::Blobs& blobs, services::SlowPool& pool)
      : next_(next), store_(store), blobs_(blobs), pool_(pool) {}
  void run(door::CallPtr call, std::function<void()> done) override;

 private:
  struct Way;
  void go_on(const door::CallPtr& call, std::function<void()> done);
  void pull(const std::shared_ptr<Way>& way);
  void take(const std::shared_ptr<Way>& way, base::Result<std::string> piece);
  void gather(const std::shared_ptr<Way>& way);
  void give(const std::shared_ptr<Way>& way);
  // On the slow pool; too_many_calls when it is full.
  void slowly(const std::shared_ptr<Way>& way, std::function<base::Status()> work, std::function<void()> then);
  void answer(door::Call& call);

  door::Work& next_;
  storage::Store& store_;
  storage::Blobs& blobs_;
  services::SlowPool& pool_;
};

}  // namespace quanji::api
