// Bodies that come and go piece by piece: the handles the room above holds, and their side of the io thread.
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "net/connection.h"

namespace quanji::net {

// Pieces are gathered under a lock and handed to the io thread in one go: in order, whichever threads write.
class StreamedAnswer final : public ResponseStream, public std::enable_shared_from_this<StreamedAnswer> {
 public:
  // `most`: bytes that may wait before the reader counts as too slow.
  StreamedAnswer(std::shared_ptr<Connection> connection, std::uint64_t serial, std::size_t room, std::size_t most);
  ~StreamedAnswer() override;
  Room write(std::string piece) override;
  void on_drain(std::function<void()> drained) override;
  void on_gone(std::function<void()> gone) override;
  void finish() override;

  // On the io thread.
  void settled(std::size_t waiting_in_connection);
  void left();
  void forward();

 private:
  void schedule();
  const std::shared_ptr<Connection> connection_;
  const std::uint64_t serial_;
  const std::size_t room_, most_;
  std::mutex mutex_;
  // guarded by mutex_
  std::string pending_;
  std::size_t in_connection_ = 0;
  bool scheduled_ = false, was_full_ = false, finishing_ = false, finished_ = false, gone_ = false, too_slow_ = false;
  std::function<void()> drained_, left_;
};

class EventsAnswer final : public EventStream {
 public:
  explicit EventsAnswer(std::shared_ptr<StreamedAnswer> stream) : stream_(std::move(stream)) {}
  Sent send(std::string_view event, std::string_view id, std::string_view data) override;
  void on_closed(std::function<void()> closed) override { stream_->on_gone(std::move(closed)); }
  void close() override { stream_->finish(); }

 private:
  const std::shared_ptr<StreamedAnswer> stream_;
};

class PulledUpload final : public Upload {
 public:
  PulledUpload(std::weak_ptr<Connection> connection, std::optional<std::uint64_t> announced)
      : announced_(announced), connection_(std::move(connection)) {}
  void next(std::function<void(base::Result<std::string>)> then) override;
  std::optional<std::uint64_t> announced() const override { return announced_; }

  // On the io thread.
  bool wanted() const { return static_cast<bool>(then_); }
  bool ripe(std::size_t enough) const { return piece_.size() >= enough || ended_; }
  void add(std::string_view bytes) { piece_.append(bytes); }
  void end() { ended_ = true; }
  void fail(base::Error why);
  void deliver();
  std::size_t waiting() const { return piece_.size(); }

 private:
  const std::optional<std::uint64_t> announced_;
  const std::weak_ptr<Connection> connection_;
  std::function<void(base::Result<std::string>)> then_;
  std::string piece_;
  bool ended_ = false;
  std::optional<base::Error> failed_;
};

}  // namespace quanji::net
