// The open resources of a run, by handle. Any thread.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/activity.h"

namespace quanji::engine {

class Resources {
 public:
  values::Handle take(std::unique_ptr<Resource> resource);
  // The resource, for the caller alone until the pointer goes; waits by the context.
  Outcome<std::shared_ptr<Resource>> hold(ActivityContext& context, const values::Handle& handle);
  // Takes it out and closes it in good order. No failure when it is gone already.
  Outcome<void> close(ActivityContext& context, const values::Handle& handle);
  // The numbers opened from `mark` on and still open, the newest first.
  std::uint64_t mark() const;
  std::vector<values::Handle> since(std::uint64_t mark) const;

 private:
  struct Open {
    std::unique_ptr<Resource> resource;
    bool used = false;
  };
  Failure closed(const values::Handle& handle) const;
  mutable std::mutex mutex_;
  std::uint64_t next_ = 1;                               // guarded by mutex_
  std::map<std::uint64_t, std::shared_ptr<Open>> open_;  // guarded by mutex_
};

}  // namespace quanji::engine
