#include "wire/run_asks.h"

#include "wire/frame.h"

namespace quanji::wire {

namespace {
constexpr std::int64_t most_json = max_frame_bytes, most_body = max_part_bytes * 4 / 3 + 8;
}

#define QUANJI_HELD QF(task, "任务", "Task"), QF(attempt, "执行", "Attempt"), QF(token, "持有令牌号", "Fencing token", .min = 0)
#define QUANJI_KEY QF(key, "幂等键", "Key of a repeated ask", .min = 1, .max = 200)

QUANJI_FIELDS(PackagePart, QF(sha256, "包摘要", "Digest of the package", .min = 64, .max = 64),
              QF(offset, "起始字节", "First byte", .min = 0), QF(size, "字节数", "Bytes", .min = 1, .max = max_part_bytes))
QUANJI_FIELDS(PartAnswer, QF(total, "总字节数", "Bytes of the whole", .min = 0),
              QF(body, "内容（base64）", "Bytes in base64", .max = most_body))

QUANJI_FIELDS(LogLine, QF(seq, "序号", "Sequence number", .min = 1), QF(at, "时间", "When"), QF(level, "级别", "Level"),
              QF(step, "步骤位置", "Position of the step", .max = 4096), QF(text, "内容", "Text", .max = 65536),
              QF(details, "附加字段", "What else is known", .max = 65536, .fallback = "null"))
QUANJI_FIELDS(LogLines, QUANJI_HELD, QF(first, "首行序号", "Number of the first line", .min = 1),
              QF(lines, "日志行", "Lines", .min = 1, .max = 1000))
QUANJI_FIELDS(LogLinesAnswer, QF(kept, "已保存到的序号", "All lines up to this number are kept", .min = 0))

QUANJI_FIELDS(FilePart, QUANJI_HELD, QF(kind, "文件种类", "Kind of file"), QF(name, "文件名", "Name", .min = 1, .max = 1024),
              QF(step, "步骤位置", "Position of the step", .max = 4096, .fallback = "\"\""), QF(offset, "起始字节", "First byte", .min = 0),
              QF(total, "总字节数", "Bytes of the whole", .min = 0), QF(sha256, "文件摘要", "Digest of the whole", .min = 64, .max = 64),
              QF(body, "内容（base64）", "Bytes in base64", .max = most_body))
QUANJI_FIELDS(FilePartAnswer, QF(received, "已收到字节数", "Bytes received", .min = 0))
QUANJI_FIELDS(FileRead, QUANJI_HELD, QF(name, "文件名", "Name", .min = 1, .max = 1024),
              QF(sha256, "文件摘要", "Digest of the whole", .max = 64, .fallback = "\"\""), QF(offset, "起始字节", "First byte", .min = 0),
              QF(size, "字节数", "Bytes", .min = 1, .max = max_part_bytes))
QUANJI_FIELDS(FileFacts, QF(name, "文件名", "Name", .max = 1024), QF(sha256, "文件摘要", "Digest", .max = 64),
              QF(size, "字节数", "Bytes", .min = 0), QF(at, "时间", "When"))
QUANJI_FIELDS(FileReadAnswer, QF(file, "文件", "File"), QF(body, "内容（base64）", "Bytes in base64", .max = most_body))
QUANJI_FIELDS(FileList, QUANJI_HELD, QF(prefix, "文件名前缀", "Beginning of the names", .max = 1024))
QUANJI_FIELDS(FileListAnswer, QF(files, "文件", "Files", .max = 1000))
QUANJI_FIELDS(FileDelete, QUANJI_HELD, QF(name, "文件名", "Name", .min = 1, .max = 1024))

QUANJI_FIELDS(AssetRead, QUANJI_HELD, QF(name, "资产名", "Name of the asset", .min = 1, .max = 200))
QUANJI_FIELDS(AssetAnswer, QF(value, "值", "Value", .max = most_json))
QUANJI_FIELDS(AssetWrite, QUANJI_HELD, QF(name, "资产名", "Name of the asset", .min = 1, .max = 200),
              QF(value, "值", "Value", .max = most_json), QUANJI_KEY)

QUANJI_FIELDS(CredentialRead, QUANJI_HELD, QF(name, "凭据名", "Name of the credential", .min = 1, .max = 200))
QUANJI_FIELDS(CredentialFacts, QF(name, "凭据名", "Name of the credential", .max = 200), QF(version, "版本", "Version", .min = 0),
              QF(secret_fields, "密文字段", "Secret fields"), QF(plain, "明文字段", "Plain fields", .max = most_json))
QUANJI_FIELDS(CredentialOpen, QUANJI_HELD, QF(name, "凭据名", "Name of the credential", .min = 1, .max = 200),
              QF(version, "版本", "Version", .min = 0), QF(field, "字段", "Field", .min = 1, .max = 200),
              QF(seal_to, "加密用公钥", "Public key the answer is sealed to", .min = 1, .max = 200))
QUANJI_FIELDS(SealedSecret, QF(sealed, "加密后的内容", "What was sealed", .max = most_json))
QUANJI_FIELDS(CredentialWrite, QUANJI_HELD, QF(name, "凭据名", "Name of the credential", .min = 1, .max = 200),
              QF(field, "字段", "Field", .min = 1, .max = 200),
              QF(from_name, "来源凭据名", "Credential it comes from", .min = 1, .max = 200),
              QF(from_version, "来源版本", "Its version", .min = 0), QF(from_field, "来源字段", "Its field", .min = 1, .max = 200),
              QUANJI_KEY)

QUANJI_FIELDS(ItemToAdd, QF(reference, "业务编号", "Reference", .max = 1024, .fallback = "\"\""),
              QF(data, "数据", "Data", .max = most_json), QF(priority, "优先级", "Priority", .fallback = "0"),
              QF(not_before, "最早时间", "Not before"), QF(deadline, "期限", "Deadline"))
QUANJI_FIELDS(QueueAdd, QUANJI_HELD, QF(queue, "队列", "Queue", .min = 1, .max = 200), QF(items, "队列项", "Items", .max = 1000),
              QUANJI_KEY)
QUANJI_FIELDS(QueueAddAnswer, QF(ids, "队列项标识", "Ids of the items"))
QUANJI_FIELDS(QueueCount, QUANJI_HELD, QF(queue, "队列", "Queue", .min = 1, .max = 200), QF(state, "状态", "State"))
QUANJI_FIELDS(QueueCountAnswer, QF(count, "数量", "How many", .min = 0))
QUANJI_FIELDS(QueueTake, QUANJI_HELD, QF(queue, "队列", "Queue", .min = 1, .max = 200), QUANJI_KEY)
QUANJI_FIELDS(TakenItem, QF(id, "标识", "Id", .max = 200), QF(queue, "队列", "Queue", .max = 200),
              QF(reference, "业务编号", "Reference", .max = 1024), QF(data, "数据", "Data", .max = most_json),
              QF(tries, "第几次处理", "Which try", .min = 1), QF(lease_until, "租约到期", "Lease ends"))
QUANJI_FIELDS(QueueTakeAnswer, QF(item, "队列项", "Item"))
QUANJI_FIELDS(QueueRenew, QUANJI_HELD, QF(items, "队列项标识", "Ids of the items"))
QUANJI_FIELDS(QueueRenewAnswer, QF(lease_until, "租约到期", "Lease ends"), QF(lost, "已失去的队列项", "No longer this attempt's"))
QUANJI_FIELDS(QueueComplete, QUANJI_HELD, QF(item, "队列项标识", "Id of the item", .min = 1, .max = 200),
              QF(output, "输出", "Output", .max = most_json, .fallback = "null"))
QUANJI_FIELDS(QueueFail, QUANJI_HELD, QF(item, "队列项标识", "Id of the item", .min = 1, .max = 200),
              QF(kind, "失败种类", "Kind of failure"), QF(code, "错误码", "Code", .max = 200),
              QF(message, "错误说明", "What happened", .max = 8192))
QUANJI_FIELDS(QueueFailAnswer, QF(state, "状态", "State"))
QUANJI_FIELDS(QueuePostpone, QUANJI_HELD, QF(item, "队列项标识", "Id of the item", .min = 1, .max = 200), QF(until, "推迟到", "Until"))

QUANJI_FIELDS(HumanTaskAsk, QUANJI_HELD, QUANJI_KEY, QF(kind, "种类", "Kind"), QF(form, "表单", "Form", .max = 200, .fallback = "\"\""),
              QF(title, "标题", "Title", .max = 1024), QF(text, "说明", "Text", .max = 65536, .fallback = "\"\""),
              QF(shown, "展示内容", "What is shown", .max = most_json, .fallback = "null"),
              QF(questions, "表单字段", "Fields of the form", .max = most_json, .fallback = "null"),
              QF(for_whom, "由谁处理", "For whom", .max = 200, .fallback = "\"\""), QF(expires, "到期时间", "Expires"))
QUANJI_FIELDS(HumanTaskRead, QUANJI_HELD, QUANJI_KEY)
QUANJI_FIELDS(HumanAnswer, QF(end, "如何结束", "How it ended"), QF(values, "答复", "Values", .max = most_json, .fallback = "null"),
              QF(by, "答复人", "By whom", .max = 200), QF(at, "时间", "When"))
QUANJI_FIELDS(HumanTaskAnswer, QF(human_task, "人工任务", "Human task", .max = 200), QF(answer, "答复", "Answer"))

QUANJI_FIELDS(TaskCreate, QUANJI_HELD, QF(flow, "流程", "Flow", .min = 1, .max = 200),
              QF(inputs, "输入参数", "Inputs", .max = most_json, .fallback = "null"), QF(priority, "优先级", "Priority", .fallback = "0"),
              QF(business_date, "业务日期", "Business date"), QUANJI_KEY)
QUANJI_FIELDS(TaskCreateAnswer, QF(id, "任务", "Task", .max = 200))
QUANJI_FIELDS(TaskRead, QUANJI_HELD, QF(id, "所问任务", "The task asked about", .min = 1, .max = 200))
QUANJI_FIELDS(TaskFacts, QF(id, "任务", "Task", .max = 200), QF(state, "状态", "State", .max = 64), QF(outcome, "结果", "Outcome"),
              QF(outputs, "输出", "Outputs", .max = most_json, .fallback = "null"),
              QF(error_code, "错误码", "Code", .max = 64, .fallback = "\"\""),
              QF(error_message, "错误说明", "What happened", .max = 8192, .fallback = "\"\""))
QUANJI_FIELDS(TaskEnd, QUANJI_HELD, QF(id, "要停止的任务", "The task to stop", .min = 1, .max = 200), QF(mode, "停止方式", "How to stop"),
              QF(reason, "原因", "Reason", .max = 1024, .fallback = "\"\""))

}  // namespace quanji::wire
