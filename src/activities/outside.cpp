#include "activities/outside.h"

#include <algorithm>
#include <stdexcept>

namespace quanji::activities {

using engine::ErrorCode;
using engine::Failure;
using flow::ErrorKind;

namespace {

constexpr ErrorCode table[] = {
    {"store_unavailable",
     ErrorKind::system,
     {"资产、队列等的存放处连不上或读不懂：稍后重试，仍不行找管理员",
      "what holds assets, queues and the like cannot be reached or read: try again later, then ask who runs it"}},
    {"not_supported",
     ErrorKind::system,
     {"这次执行没有连接这些东西：经平台执行，或用 --context 给一个文件夹",
      "this run is connected to no such thing: run it by the platform, or give a folder with --context"}},
    {"not_found",
     ErrorKind::business,
     {"没有这个名字，或此流程无权看到；消息里有最接近的名字",
      "there is none of this name, or this flow may not see it; the closest names are told"}},
    {"changed_meanwhile", ErrorKind::system, {"凭据刚被更换：重新 credential.get", "the credential has just been changed: get it again"}},
    {"duplicate_key",
     ErrorKind::business,
     {"队列要求编号唯一，而它已在队列里，或在这批里出现两次",
      "the queue wants unique references and this one is there, or twice in the batch"}},
    {"wrong_state",
     ErrorKind::system,
     {"队列项不在本次执行手中：已结束、已推迟，或租约过期后给了别人",
      "the item is not in this run's hands: it ended, was put off, or was given to another after its lease"}},
    {"name_taken", ErrorKind::business, {"文件库里已有内容不同的同名文件", "a stored file of that name with other content is there"}},
    {"file_exists",
     ErrorKind::business,
     {"目标已存在且内容不同：改名，或 if_exists: replace", "the target is there with other content: another name, or if_exists: replace"}},
    {"io_failed", ErrorKind::system, {"磁盘读写失败，消息里有系统给的原因", "the disk refused; the message says why"}},
    {"digest_mismatch",
     ErrorKind::system,
     {"取到的内容与登记的摘要不符：重试，仍不行查存储", "what came is not what was stored: try again, then look at the store"}},
    {"task_failed",
     ErrorKind::system,
     {"那个任务没有成功；种类随它的失败，数据里有 state、code、outputs",
      "the other task did not succeed; the kind is its failure's, the data holds state, code, outputs"}},
    {"expired", ErrorKind::business, {"时限内没人回答", "nobody answered in time"}},
    {"withdrawn", ErrorKind::business, {"问题被撤回", "the question was withdrawn"}},
    {"bad_value", ErrorKind::business, {"答案与表单的类型不符", "an answer does not fit the form's type"}},
    {"calendar_unknown",
     ErrorKind::business,
     {"日历没有覆盖到这个日期：消息里有它的起止；导入新的日历",
      "the calendar does not reach this date, the message tells what it knows: import a newer one"}},
    {"no_match", ErrorKind::business, {"这个时段没有那么多开放日", "the period has not so many open days"}},
};

const ErrorCode* row_of(std::string_view code) {
  const auto row = std::find_if(std::begin(table), std::end(table), [&](const ErrorCode& one) { return one.code == code; });
  return row == std::end(table) ? nullptr : row;
}
constexpr std::int64_t china = std::int64_t{8} * 3600 * 1'000'000;

}  // namespace

std::vector<ErrorCode> outside_errors(std::initializer_list<std::string_view> codes) {
  std::vector<ErrorCode> errors;
  const auto add = [&](std::string_view code) {
    const auto* row = row_of(code);
    if (!row) throw std::logic_error("no such code: " + std::string(code));
    errors.push_back(*row);
  };
  for (const auto code : codes) add(code);
  add("store_unavailable");
  add("not_supported");
  return errors;
}
Failure outside_failure(std::string_view code, base::Text message, values::Value data) {
  auto failure = engine::system_failure(std::string(code), std::move(message), std::move(data));
  if (const auto* row = row_of(code)) failure.kind = row->kind;
  return failure;
}
Failure outside_failure(const base::Error& error) {
  auto failure = engine::failure_of(error);
  if (failure.code == "name_taken") failure.code = "duplicate_key";
  if (failure.code == "invalid_field") failure.code = "invalid_argument";
  if (failure.code == "unreadable_body") failure.code = "store_unavailable";
  if (const auto* row = row_of(failure.code)) failure.kind = row->kind;
  return failure;
}

base::Time instant_of(values::DateTime at) { return {at.micros - china}; }
values::DateTime datetime_of(base::Time at) { return {at.micros + china}; }

engine::Outcome<void> Patience::wait(engine::ActivityContext& context, std::chrono::microseconds most) {
  const auto time = std::min(next_, most);
  next_ = std::min<std::chrono::microseconds>(next_ * 2, std::chrono::seconds(5));
  return context.sleep(time);
}

}  // namespace quanji::activities
