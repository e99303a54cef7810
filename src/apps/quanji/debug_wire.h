// The client's side of a debug session: frames out, requests in.
#pragma once
#include <boost/json.hpp>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "engine/debug_frames.h"

namespace quanji::apps {

struct DebugRequest {
  std::int64_t seq = 0;
  std::string command;
  boost::json::object arguments;
};

// Any thread.
class DebugWire {
 public:
  DebugWire(int in, int out) : in_(in), out_(out) {}
  void answer(const DebugRequest& request, boost::json::object body = {});
  // A sentence for a person.
  void refuse(const DebugRequest& request, const std::string& message);
  // What only a held run can answer, while none is held.
  void refuse_running(const DebugRequest& request);
  void event(std::string_view name, boost::json::object body = {});
  void output(std::string_view category, const std::string& text);
  // The next request; nothing when the client has gone or its stream is broken. On the reader's thread alone.
  std::optional<DebugRequest> read();
  bool broken() const { return broken_; }

 private:
  void send(boost::json::object message);
  int in_, out_;
  engine::DebugFrameReader reader_;
  bool broken_ = false;
  std::mutex mutex_;
  std::int64_t seq_ = 0;  // guarded by mutex_
};

// Requests from the reader's thread to another one.
class DebugRequests {
 public:
  // False: nobody takes any now (shut or closed); the request was not added.
  bool add(const DebugRequest& request);
  // Waits; nothing once closed.
  std::optional<DebugRequest> take();
  void open();
  // Takes no more until it is opened again; what had been added and was not taken.
  std::deque<DebugRequest> shut();
  void close();  // for ever

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<DebugRequest> waiting_;  // guarded by mutex_
  bool open_ = true;                  // guarded by mutex_
  bool closed_ = false;               // guarded by mutex_
};

}  // namespace quanji::apps
