#include "api/resources/api_calls.h"

#include "api/bind.h"
#include "services/call_log.h"

namespace quanji::api {

void api_calls(Table& t) {
  t.add({.id = "api_call.list",
         .verb = Verb::get,
         .path = "/api-calls",
         .summary = {"查询接口调用记录（不含请求与应答内容）", "List the call log, without bodies"},
         .permission = "api_call.read",
         .rate = Rate::report,
         .example = R"({"operation":"user.create"})"},
        list(services::call_list_shape(), &services::list_calls));
  t.add({.id = "api_call.stats",
         .verb = Verb::get,
         .path = "/api-calls/stats",
         .summary = {"接口调用统计：次数、失败比例、50/95/99 分位耗时（误差不超过 3.2%）",
                     "Counts, failed share and percentiles of calls (within 3.2 %), by client, operation and interval"},
         .permission = "api_call.read",
         .rate = Rate::report,
         .example = R"({"from":"2026-11-20T09:00:00.000+08:00","to":"2026-11-20T10:00:00.000+08:00","intervalSeconds":300})"},
        read(&services::call_stats));
}

}  // namespace quanji::api
