#include "activities/failures.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace quanji::activities {
namespace {

using flow::ErrorKind;

constexpr engine::ErrorCode rows[] = {
    {"not_found",
     ErrorKind::business,
     {"没有这个文件、列或名称；消息列出最接近的名称，改正后再运行",
      "No such file, column or name; the message tells the closest there are: correct it and run again"}},
    {"not_permitted",
     ErrorKind::system,
     {"系统不允许读写这个文件；检查它的权限", "The system does not allow to read or write the file; look at its permissions"}},
    {"file_busy",
     ErrorKind::system,
     {"别的程序正占用或改写这个文件；加 retry，或先用 file.wait_stable 等它写完",
      "Another program holds or rewrites the file; add retry, or wait with file.wait_stable before"}},
    {"io_failed", ErrorKind::system, {"磁盘拒绝读写，消息中有系统的原因", "The disk refused; the message has the system's reason"}},
    {"file_exists",
     ErrorKind::business,
     {"目标已存在且内容不同；换一个名字，或用 if_exists: replace",
      "The target is there with other content; take another name, or say if_exists: replace"}},
    {"disk_full", ErrorKind::system, {"磁盘已满；腾出空间后再运行", "The disk is full; make room and run again"}},
    {"incomplete",
     ErrorKind::system,
     {"文件比它自己的文件头所说的短：还没写完或被截断；用 file.wait_stable 等它写完，或重新取得文件",
      "The file is shorter than its own header says: still being written, or cut; wait with file.wait_stable or get it again"}},
    {"unreadable",
     ErrorKind::business,
     {"内容不合格式；消息说明文件、行或记录、字段和原因，修正文件或参数",
      "The bytes break the format; the message names file, line or record, field and reason: mend the file or the arguments"}},
    {"bad_encoding",
     ErrorKind::business,
     {"有这种编码没有的字节或字符；指明正确的 encoding，或用 if_bad: nothing",
      "Bytes or characters the encoding does not have; name the right encoding, or say if_bad: nothing"}},
    {"bad_value",
     ErrorKind::business,
     {"某个值不是该列的类型，或放不进它的位置；消息说明行和列",
      "A value is not of its type or does not fit its place; the message names row and column"}},
    {"too_large", ErrorKind::business, {"超过上限，消息说明上限", "Beyond a limit, which the message tells"}},
    {"name_taken", ErrorKind::business, {"列名已被占用；换一个名字", "The column's name is taken; take another one"}},
    {"duplicate_key",
     ErrorKind::business,
     {"同一个键出现多次，消息给出两行；先用 table.group 或 table.distinct 使它唯一",
      "A key is there more than once, the message names both rows; make it unique with table.group or table.distinct"}},
    {"no_match",
     ErrorKind::business,
     {"有的键在另一表中没有；补齐数据，或用 if_missing: nothing",
      "A key is not in the other table; complete the data, or say if_missing: nothing"}},
    {"not_empty",
     ErrorKind::business,
     {"文件夹里还有东西；要一并删除就加 recursive: true", "The folder holds something; say recursive: true to delete that too"}},
    {"not_supported",
     ErrorKind::system,
     {"这种格式的这一部分不支持；消息说明是哪一部分", "This part of the format is not supported; the message says which"}},
    {"unsafe_archive",
     ErrorKind::business,
     {"压缩包里有越界路径、链接、或像压缩炸弹；整包拒绝，请对方重新打包",
      "The archive holds paths that escape, links, or is like a bomb; it is refused whole, ask for it to be packed again"}},
    {"wrong_password", ErrorKind::business, {"口令不对，或没有给口令", "The password is wrong, or none was given"}},
    {"invalid_argument", ErrorKind::business, {"参数不对", "An argument is wrong"}},
};
const engine::ErrorCode* find(std::string_view code) {
  const auto found = std::ranges::find(rows, code, &engine::ErrorCode::code);
  return found == std::end(rows) ? nullptr : &*found;
}
const engine::ErrorCode& row(std::string_view code) {
  if (const auto* found = find(code)) return *found;
  throw std::logic_error("no failure is called " + std::string(code));
}

std::string_view code_of(const base::Error& error) {
  if (find(error.detail())) return error.detail();
  switch (error.code()) {
    case base::Code::not_found:
    case base::Code::unknown_field:
      return "not_found";
    case base::Code::not_permitted:
      return "not_permitted";
    case base::Code::name_taken:
      return "file_exists";
    case base::Code::changed_meanwhile:
    case base::Code::wrong_state:
      return "file_busy";
    case base::Code::too_large:
      return "too_large";
    case base::Code::not_supported:
      return "not_supported";
    case base::Code::unreadable_body:
      return "unreadable";
    case base::Code::store_unavailable:
      return error.detail().find("No space left") != std::string::npos || error.detail().find("quota") != std::string::npos ? "disk_full"
                                                                                                                            : "io_failed";
    default:
      return "invalid_argument";
  }
}

}  // namespace

std::vector<engine::ErrorCode> errors(std::span<const std::string_view> shared, std::initializer_list<std::string_view> own) {
  std::vector<engine::ErrorCode> out;
  for (const auto code : shared) out.push_back(row(code));
  for (const auto code : own)
    if (std::ranges::find(out, code, &engine::ErrorCode::code) == out.end()) out.push_back(row(code));
  return out;
}

engine::Failure failure(std::string_view code, base::Text message) {
  const auto& said = row(code);
  return said.kind == ErrorKind::business ? engine::business_failure(std::string(code), std::move(message))
                                          : engine::system_failure(std::string(code), std::move(message));
}
engine::Failure failure(std::string_view code, const base::Error& error) {
  auto message = error.message();
  constexpr std::size_t most_told = 20;
  const auto& fields = error.fields();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i == 0) message = {};
    if (i == most_told) {
      message.zh += fmt::format("；另有 {} 处", fields.size() - i);
      message.en += fmt::format("; and {} more", fields.size() - i);
      break;
    }
    message.zh += (i == 0 ? "" : "；") + fields[i].reason.zh;
    message.en += (i == 0 ? "" : "; ") + fields[i].reason.en;
  }
  return failure(code, std::move(message));
}
engine::Failure file_failure(const base::Error& error) {
  auto message = error.message();
  // What the system said is the reason a person needs.
  if (const auto code = code_of(error); code == "io_failed" && !error.detail().empty()) {
    message.zh += "（" + error.detail() + "）";
    message.en += " (" + error.detail() + ")";
  }
  return failure(code_of(error), std::move(message));
}

base::Status Watch::ask(engine::Outcome<void> outcome) {
  if (outcome.ok()) return {};
  why_ = std::move(outcome).error();
  return base::Error(base::Code::wrong_state, why_->message);
}
base::Result<std::size_t> WatchedSource::read(std::span<char> room) {
  QUANJI_DO(go_on_());
  return source_->read(room);
}

}  // namespace quanji::activities
