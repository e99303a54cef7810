#include "api/resources/error_codes.h"

#include "api/bind.h"
#include "domain/caller.h"

namespace quanji::api {

namespace {

struct ErrorCode {
  std::int64_t code = 0;
  std::string word;
  std::int64_t http_status = 0;
  std::string zh, en;
  static const base::FieldList& fields();
};
QUANJI_FIELDS(ErrorCode, QF(code, "五位错误码", "Five-digit code"), QF(word, "代号", "Its word"),
              QF(http_status, "HTTP 状态", "HTTP status"), QF(zh, "中文说明", "Sentence in Chinese"),
              QF(en, "英文说明", "Sentence in English"))
struct ErrorCodes {
  std::vector<ErrorCode> items;
  static const base::FieldList& fields();
};
QUANJI_FIELDS(ErrorCodes, QF(items, "全部错误码，按编号排序", "All codes in numeric order"))

base::Result<ErrorCodes> list_error_codes(const domain::Caller&, const base::Nothing&) {
  ErrorCodes answer;
  for (const auto& row : base::code_table())
    answer.items.push_back(
        {static_cast<std::int64_t>(row.code), std::string(row.word), row.http, std::string(row.sentence.zh), std::string(row.sentence.en)});
  return answer;
}

}  // namespace

void error_codes(Table& t) {
  t.add({.id = "error_code.list",
         .verb = Verb::get,
         .path = "/error-codes",
         .summary = {"全部错误码及中英文说明", "All error codes with their sentences in Chinese and English"},
         .permission = "-",
         .entry = Entry::open,
         .example = "{}"},
        memory(&list_error_codes));
}

}  // namespace quanji::api
