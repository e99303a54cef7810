// The runner's end of the socket pair.
#pragma once
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "wire/runner.h"

namespace quanji::engine {

class RunnerChannel {
 public:
  explicit RunnerChannel(int fd);
  // Any thread. A peer that is gone is not an error here: reading says so.
  void send(const wire::RunnerMessage& message);
  enum class Read : std::uint8_t { message, nothing, gone };
  // One thread. Waits at most `milliseconds` (-1: for ever) for the next message; a message that cannot be read counts as gone.
  Read receive(int milliseconds, wire::RunnerMessage& message);
  // The descriptors that came along, in their order, once.
  std::vector<base::Descriptor> take_descriptors() { return std::exchange(passed_, {}); }

 private:
  base::Descriptor fd_;
  std::mutex writing_;
  wire::RunnerMessageReader reader_;
  std::vector<base::Descriptor> passed_;
};

}  // namespace quanji::engine
