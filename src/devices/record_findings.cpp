#include "devices/record_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/bytes.h"

namespace quanji::devices {
namespace {

constexpr std::size_t longest_quote = 64;

std::string quoted(std::string_view bytes) {
  if (std::ranges::all_of(bytes, [](char c) { return c >= 0x20 && c < 0x7F; })) return fmt::format("\"{}\"", bytes);
  return "0x" + base::hex(base::bytes_of(bytes));
}

}  // namespace

std::string_view word_of(FindingKind kind) {
  switch (kind) {
    case FindingKind::incomplete:
      return "incomplete";
    case FindingKind::bad_value:
      return "bad_value";
    case FindingKind::bad_encoding:
      return "bad_encoding";
    case FindingKind::unreadable:
      break;
  }
  return "unreadable";
}

base::Error to_error(const RecordFinding& finding, std::string_view file) {
  std::string zh = fmt::format("文件 {}", file);
  std::string en = fmt::format("File {}", file);
  if (finding.record > 0) {
    zh += fmt::format("，第 {} 条记录", finding.record);
    en += fmt::format(", record {}", finding.record);
  }
  if (!finding.field.empty()) {
    zh += fmt::format("，字段 {}", finding.field);
    en += fmt::format(", field {}", finding.field);
  }
  zh += fmt::format("（文件偏移 {} 字节）", finding.offset);
  en += fmt::format(" (byte {} of the file)", finding.offset);
  if (!finding.bytes.empty()) {
    const auto what = quoted(finding.bytes);
    zh += fmt::format("，内容 {}", what);
    en += fmt::format(", holding {}", what);
  }
  zh += "：" + finding.reason.zh;
  en += ": " + finding.reason.en;
  return base::Error(base::Code::unreadable_body, base::Text(std::move(zh), std::move(en)), std::string(word_of(finding.kind)));
}

base::Status Findings::add(RecordFinding finding, std::string_view file) {
  if (policy_ == Garbage::refuse) {
    if (finding.bytes.size() > longest_quote) finding.bytes.resize(longest_quote);
    return to_error(finding, file);
  }
  note(std::move(finding));
  return {};
}
void Findings::note(RecordFinding finding) {
  if (finding.bytes.size() > longest_quote) finding.bytes.resize(longest_quote);
  ++count_;
  if (first_.size() < keep_) first_.push_back(std::move(finding));
}

}  // namespace quanji::devices
