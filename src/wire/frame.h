// One frame of the robot channel: a request, its answer, or news that wants no answer. Carried as WebSocket text, or as the body of a
// plain gateway call. Shape: {v:1, id, kind:"ask|answer|tell", op, token?, seq?, body}, an answer {v:1, id, kind:"answer", code, message,
// data}.
// Reads foreign bytes: fuzz/robot_frame.cpp
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/fields.h"
#include "base/fields_json.h"
#include "base/result.h"

namespace quanji::wire {

inline constexpr std::int64_t frame_version = 1;
inline constexpr std::size_t max_frame_bytes = 256 * 1024;

enum class FrameKind : std::uint8_t { ask, answer, tell };

struct Frame {
  std::int64_t v = frame_version;
  std::string id;  // made by the asker, repeated in the answer; 1 to 64 of [A-Za-z0-9_-]
  FrameKind kind = FrameKind::ask;
  std::optional<std::string> op;       // ask, tell: an operation's name, "task.offer"
  std::optional<std::int64_t> token;   // the fencing token of what the frame speaks for
  std::optional<std::int64_t> seq;     // with the task and attempt named in the body: the key of a repeated report
  base::JsonText body;                 // ask, tell
  std::optional<std::int64_t> code;    // answer: 0, or a number of the error table
  std::optional<std::string> message;  // answer
  base::JsonText data;                 // answer
  static const base::FieldList& fields();
};

// Refuses what is too large, not JSON, of another version, without an id, an answer without code, or an ask without op. Keys of a newer
// peer are ignored.
base::Result<Frame> read_frame(std::string_view text);
// The compact text. Code::too_large when it does not fit: name the content by file id and let it be fetched.
base::Result<std::string> write_frame(const Frame& frame);

Frame make_ask(std::string id, std::string_view op, std::string body_json);
Frame make_answer(std::string_view id, std::string data_json);
Frame make_refusal(std::string_view id, const base::Error& error);
// The Error an answer with a code other than 0 carries; `bug` for a number this program does not know.
base::Error refusal_of(const Frame& answer);

}  // namespace quanji::wire

QUANJI_ENUM(quanji::wire::FrameKind, "ask", "answer", "tell");
