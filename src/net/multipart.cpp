#include "net/multipart.h"

#include "net/http_text.h"
#include "net/message.h"

namespace quanji::net {
namespace {

using base::Code;
using base::Error;
using base::Result;
using base::Status;
using base::Text;

Error broken(const char* zh, const char* en) {
  return Error(Code::unreadable_body, Text(std::string("上传内容有误：") + zh, std::string("The upload cannot be read: ") + en));
}
Error too_large(const char* zh, const char* en) { return Error(Code::too_large, Text(std::string(zh), std::string(en))); }

}  // namespace

Result<MultipartReader> MultipartReader::make(std::string_view content_type, Events events, MultipartLimits limits) {
  const auto refuse = [] {
    return Error(Code::invalid_field, Text("Content-Type 应为带 boundary 的 multipart/form-data。",
                                           "Content-Type should be multipart/form-data with a boundary."));
  };
  const auto word = parse_word(content_type);
  if (!word.ok() || word->word != "multipart/form-data") return refuse();
  const auto boundary = word->parameter("boundary").value_or("");
  if (boundary.empty() || boundary.size() > 70) return refuse();
  for (const char c : boundary)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) return refuse();
  MultipartReader out;
  out.delimiter_ = "\r\n--" + std::string(boundary);
  out.held_ = "\r\n";  // the first boundary may stand at the very beginning
  out.events_ = std::move(events);
  out.limits_ = limits;
  return out;
}

Status MultipartReader::feed(std::string_view bytes) {
  if (at_ == At::broken) return broken("此前已出错。", "it was broken before.");
  // In slices, so that what is held stays small however much is fed at once.
  while (!bytes.empty()) {
    const auto slice = bytes.substr(0, 64 * 1024);
    bytes.remove_prefix(slice.size());
    if (at_ == At::epilogue) continue;
    held_.append(slice);
    for (bool moved = true; moved;) {
      moved = false;
      if (auto stepped = step(moved); !stepped.ok()) {
        at_ = At::broken;
        held_.clear();
        return stepped;
      }
    }
  }
  return {};
}

Status MultipartReader::step(bool& moved) {
  switch (at_) {
    case At::preamble:
    case At::body: {
      const auto found = held_.find(delimiter_);
      // What might be the beginning of a delimiter stays.
      std::size_t safe = found;
      if (found == std::string::npos) safe = held_.size() < delimiter_.size() ? 0 : held_.size() - delimiter_.size() + 1;
      if (at_ == At::body && safe > 0) {
        part_bytes_ += safe;
        if (part_bytes_ > limits_.part_bytes) return too_large("上传的文件超过大小限制。", "A file of the upload is over the size limit.");
        if (events_.data) QUANJI_DO(events_.data(std::string_view(held_).substr(0, safe)));
      }
      held_.erase(0, safe);
      if (found == std::string::npos) return {};
      held_.erase(0, delimiter_.size());
      if (at_ == At::body && events_.end) QUANJI_DO(events_.end());
      at_ = At::after_boundary;
      moved = true;
      return {};
    }
    case At::after_boundary: {
      if (held_.size() < 2) return {};
      if (held_.compare(0, 2, "--") == 0) {
        at_ = At::epilogue;
        held_.clear();
        return {};
      }
      const auto end = held_.find("\r\n");
      if (end == std::string::npos) {
        if (held_.size() > 64) return broken("分隔行之后有多余内容。", "there is something behind a boundary.");
        return {};
      }
      if (held_.find_first_not_of(" \t") != end) return broken("分隔行之后有多余内容。", "there is something behind a boundary.");
      held_.erase(0, end);  // the line end stays: it closes an empty head too
      at_ = At::head;
      moved = true;
      return {};
    }
    case At::head: {
      const auto end = held_.find("\r\n\r\n");
      if (std::min(end, held_.size()) > limits_.head_bytes) return too_large("上传分段的头过大。", "A part's head is over the size limit.");
      if (end == std::string::npos) return {};
      const std::string head = end > 2 ? held_.substr(2, end - 2) : std::string();
      held_.erase(0, end + 4);
      QUANJI_DO(read_head(head));
      at_ = At::body;
      part_bytes_ = 0;
      moved = true;
      return {};
    }
    case At::epilogue:
      held_.clear();
      return {};
    case At::broken:
      return broken("此前已出错。", "it was broken before.");
  }
  return {};
}

Status MultipartReader::read_head(std::string_view head) {
  if (++parts_ > limits_.parts) return too_large("上传的分段过多。", "The upload has too many parts.");
  Part part;
  bool named = false;
  while (!head.empty()) {
    const auto end = head.find("\r\n");
    const auto line = head.substr(0, end);
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 2);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return broken("分段头有误。", "a part's header is malformed.");
    const auto name = line.substr(0, colon);
    auto value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
    if (same_token(name, "Content-Type")) part.content_type = value;
    if (!same_token(name, "Content-Disposition")) continue;
    QUANJI_TRY(const auto word, parse_word(value));
    if (word.word != "form-data" || !word.parameter("name")) return broken("分段没有字段名。", "a part has no field name.");
    part.name = *word.parameter("name");
    part.file_name = word.parameter("filename").value_or("");
    named = true;
  }
  if (!named) return broken("分段没有字段名。", "a part has no field name.");
  // Some clients send a whole path; nobody below may meet one.
  if (const auto slash = part.file_name.find_last_of("/\\"); slash != std::string::npos) part.file_name.erase(0, slash + 1);
  if (part.file_name == "." || part.file_name == "..") part.file_name.clear();
  std::erase_if(part.file_name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return events_.begin ? events_.begin(part) : Status();
}

Status MultipartReader::finish() {
  if (at_ == At::epilogue) return {};
  at_ = At::broken;
  return broken("缺少结束分隔行，传输可能中断。", "the closing boundary is missing; it was probably cut off.");
}

}  // namespace quanji::net
