#include "wire/frame.h"

#include <fmt/format.h>

#include <boost/json.hpp>

namespace quanji::wire {

using base::Code;
using base::Error;
using base::Result;

QUANJI_FIELDS(Frame, QF(v, "帧格式版本", "Version of the frame format"), QF(id, "请求标识", "Id of the request", .min = 1, .max = 64),
              QF(kind, "种类：请求、回答、通知", "Kind: ask, answer, tell"), QF(op, "操作名", "Name of the operation", .max = 64),
              QF(token, "持有令牌号", "Fencing token"), QF(seq, "序号", "Sequence number", .min = 0),
              QF(body, "请求内容", "What is asked", .max = max_frame_bytes, .fallback = "null"), QF(code, "结果码", "Result code"),
              QF(message, "结果说明", "Result in words", .max = 4096),
              QF(data, "回答内容", "What is answered", .max = max_frame_bytes, .fallback = "null"))

Result<Frame> read_frame(std::string_view text) {
  if (text.size() > max_frame_bytes)
    return Error(Code::too_large,
                 base::Text(fmt::format("帧最大 {} 字节，收到 {} 字节；大的内容请先上传再写文件标识", max_frame_bytes, text.size()),
                            fmt::format("a frame has at most {} bytes, this one has {}; upload large content and name it by file id",
                                        max_frame_bytes, text.size())));
  QUANJI_TRY(auto frame, base::from_json_text<Frame>(text));
  if (frame.v != frame_version)
    return Error(Code::invalid_field)
        .with_field("v",
                    base::Text(fmt::format("只支持第 {} 版", frame_version), fmt::format("only version {} is spoken here", frame_version)));
  // Stored documents may lack what they please, a frame may not: nobody could be answered.
  if (frame.id.empty()) return Error(Code::invalid_field).with_field("id", base::Text("必填", "is required"));
  for (const char c : frame.id)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
      return Error(Code::invalid_field).with_field("id", base::Text("只能用字母、数字、- 和 _", "only letters, digits, - and _"));
  if (frame.kind == FrameKind::answer && !frame.code)
    return Error(Code::invalid_field).with_field("code", base::Text("回答必须有结果码", "an answer needs a code"));
  if (frame.kind != FrameKind::answer && (!frame.op || frame.op->empty()))
    return Error(Code::invalid_field).with_field("op", base::Text("请求必须写操作名", "a request needs the name of an operation"));
  return frame;
}

Result<std::string> write_frame(const Frame& frame) {
  std::string out = "{\"v\":" + std::to_string(frame.v) + ",\"id\":";
  base::append_json_string(out, frame.id);
  out += fmt::format(",\"kind\":\"{}\"", base::word(frame.kind));
  if (frame.op) {
    out += ",\"op\":";
    base::append_json_string(out, *frame.op);
  }
  if (frame.token) out += fmt::format(",\"token\":{}", *frame.token);
  if (frame.seq) out += fmt::format(",\"seq\":{}", *frame.seq);
  if (frame.kind == FrameKind::answer) {
    out += fmt::format(",\"code\":{},\"message\":", frame.code.value_or(0));
    base::append_json_string(out, frame.message.value_or(""));
    out += ",\"data\":" + (frame.data.text.empty() ? std::string("null") : frame.data.text);
  } else {
    out += ",\"body\":" + (frame.body.text.empty() ? std::string("{}") : frame.body.text);
  }
  out += '}';
  if (out.size() > max_frame_bytes) return Error(Code::too_large, "frame of " + std::to_string(out.size()) + " bytes");
  return out;
}

Frame make_ask(std::string id, std::string_view op, std::string body_json) {
  Frame frame;
  frame.id = std::move(id);
  frame.kind = FrameKind::ask;
  frame.op = std::string(op);
  frame.body.text = std::move(body_json);
  return frame;
}

Frame make_answer(std::string_view id, std::string data_json) {
  Frame frame;
  frame.id = std::string(id);
  frame.kind = FrameKind::answer;
  frame.code = 0;
  frame.message = "ok";
  frame.data.text = std::move(data_json);
  return frame;
}

Frame make_refusal(std::string_view id, const Error& error) {
  Frame frame;
  frame.id = std::string(id);
  frame.kind = FrameKind::answer;
  frame.code = static_cast<std::int64_t>(error.code());
  auto text = error.message().zh + " / " + error.message().en;
  for (const auto& field : error.fields()) text += " · " + field.field + ": " + field.reason.zh + " / " + field.reason.en;
  if (text.size() > 1000) text = error.message().en;
  frame.message = std::move(text);
  return frame;
}

Error refusal_of(const Frame& answer) {
  auto code = Code::bug;
  for (const auto& row : base::code_table())
    if (static_cast<std::int64_t>(row.code) == answer.code.value_or(0)) code = row.code;
  return Error(code, answer.message.value_or(""));
}

}  // namespace quanji::wire
