#include "services/call_log.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/encodings.h"
#include "base/fields_json.h"
#include "services/lists.h"
#include "storage/queries.h"

namespace quanji::services {

namespace sql = storage::sql;

QUANJI_FIELDS(CallRecord, QF(id, "标识", "Identifier"), QF(at, "时间", "When"), QF(actor, "调用者标识", "Id of the user, client or robot"),
              QF(account, "账号", "Account, client or robot name"),
              QF(operation, "操作", "Operation; empty when there is none at that path"), QF(verb, "方法", "Method"),
              QF(path, "路径，不含参数", "Path without the query"), QF(status, "HTTP 状态", "HTTP status"),
              QF(code, "结果码，0 为成功", "0, or the code of the failure"), QF(took_micros, "耗时（微秒）", "Microseconds it took"),
              QF(address, "来源地址", "From where"), QF(request_id, "请求编号", "Request id"))
QUANJI_FIELDS(CallStatsAsk, QF(from, "起始时间", "From, included"), QF(to, "截止时间", "To, excluded; at most 31 days later"),
              QF(interval_seconds, "统计间隔（秒），60 的倍数", "Length of an interval, a multiple of 60", .min = 60, .max = 31 * 86400),
              QF(client, "调用者标识", "Id of the user, client or robot"), QF(operation, "操作", "Operation"))
QUANJI_FIELDS(CallStatsRow, QF(from, "区间起点", "Start of the interval"),
              QF(client, "调用者标识；空为未登录", "Id of the caller; empty: not signed in"),
              QF(account, "账号", "Account, client or robot name"), QF(operation, "操作", "Operation"), QF(count, "次数", "Calls"),
              QF(errors, "失败次数", "Failed calls"), QF(error_share, "失败比例", "Failed share"),
              QF(p50_micros, "50 分位耗时（微秒）", "Median, microseconds"),
              QF(p95_micros, "95 分位耗时（微秒）", "95th percentile, microseconds"),
              QF(p99_micros, "99 分位耗时（微秒）", "99th percentile, microseconds"),
              QF(max_micros, "最长耗时（微秒）", "Longest, microseconds"))
QUANJI_FIELDS(CallStats, QF(count, "总次数", "Calls in all"), QF(errors, "总失败次数", "Failed calls in all"),
              QF(items, "按区间、调用者、操作分列", "By interval, caller and operation", .max = 10000))

// ---- writing ----

namespace {
void append_text(std::string& out, std::string_view text) {
  if (base::is_utf8(text) && text.find('\0') == std::string_view::npos) return base::append_json_string(out, text);
  auto mended = base::repair_utf8(text);
  std::erase(mended, '\0');
  base::append_json_string(out, mended);
}
}  // namespace

Status write_calls(Change& change, std::span<const LoggedCall> calls) {
  if (calls.empty()) return {};
  std::vector<std::uint8_t> ids;
  ids.reserve(calls.size() * 16);
  std::string rows = "[";
  rows.reserve(calls.size() * 180);
  for (const auto& call : calls) {
    const auto id = change.new_ulid();
    ids.insert(ids.end(), id.bytes.begin(), id.bytes.end());
    rows += rows.size() > 1 ? ",[" : "[";
    rows += std::to_string(call.at.micros);
    for (const auto text : {call.actor, call.account, call.operation, call.verb, call.path}) {
      rows += ',';
      append_text(rows, text);
    }
    for (const auto number : {call.status, call.code, call.took_micros}) {
      rows += ',';
      rows += std::to_string(number);
    }
    for (const auto text : {call.address, call.request_id}) {
      rows += ',';
      append_text(rows, text);
    }
    rows += ']';
  }
  rows += ']';
  QUANJI_TRY(const auto written, change.run(sql::call_log_insert, {{"ids", ids}, {"rows", rows}}));
  if (written != static_cast<std::int64_t>(calls.size())) return base::Error(base::Code::bug, "not every call was logged");
  return {};
}

Status write_minute(Change& change, const base::Ulid& run, const MinuteOfCalls& minute) {
  const auto histogram = minute.took.to_bytes();
  QUANJI_TRY([[maybe_unused]] const auto written, change.run(sql::call_minute_put, {{"minute", minute.minute},
                                                                                    {"run", run},
                                                                                    {"actor", minute.actor},
                                                                                    {"operation", minute.operation},
                                                                                    {"code", minute.code},
                                                                                    {"account", minute.account},
                                                                                    {"count", minute.took.count()},
                                                                                    {"histogram", histogram}}));
  return {};
}

Result<std::int64_t> sweep_calls(Change& change, std::int64_t limit) {
  constexpr std::int64_t minute_micros = 60'000'000;
  QUANJI_TRY(const auto calls, change.run(sql::call_log_sweep, {{"before", change.now().plus(-calls_kept_for)}, {"limit", limit}}));
  QUANJI_TRY(const auto minutes,
             change.run(sql::call_minutes_sweep,
                        {{"before", change.now().plus(-call_minutes_kept_for).micros / minute_micros}, {"limit", limit}}));
  return calls + minutes;
}

// ---- reading ----

namespace {
const ResourceList& call_list() {
  using storage::ColumnType;
  using storage::FilterOp;
  static const ResourceList list(
      {.name = "api_calls",
       .from = "call_log",
       .columns = {"id", "at", "actor", "account", "operation", "verb", "path", "status", "code", "took_micros", "address", "request_id"},
       .filters = {{"created", "at", FilterOp::range, ColumnType::integer, "call_log_at"},
                   {"actor", "actor", FilterOp::eq, ColumnType::text, "call_log_actor"},
                   {"operation", "operation", FilterOp::eq, ColumnType::text, "call_log_operation"},
                   {"code", "code", FilterOp::eq, ColumnType::integer, ""},
                   {"request_id", "request_id", FilterOp::eq, ColumnType::text, ""}},
       .sorts = {{"at", "at", ColumnType::integer, "call_log_at"}},
       .default_sort = "-at"},
      {{"actor", &base::value_ops<std::string>, {"调用者标识（usr_、key_、rob_）", "Id of the user, client or robot"}},
       {"operation", &base::value_ops<std::string>, {"操作", "Operation"}},
       {"code", &base::value_ops<std::int64_t>, {"结果码，须与有索引的条件同用", "Result code; beside a filter with an index"}},
       {"request_id", &base::value_ops<std::string>, {"请求编号，须与有索引的条件同用", "Request id; beside a filter with an index"}}});
  return list;
}
}  // namespace

const base::ListShape& call_list_shape() { return call_list().shape(); }
const storage::Listing& call_listing() { return call_list().listing(); }
Result<base::Page<CallRecord>> list_calls(const View& view, const base::ListQuery& query) {
  QUANJI_DO(allow(view, domain::root_department));
  return call_list().read<CallRecord>(view, query);
}

Result<CallStats> call_stats(const View& view, const CallStatsAsk& ask) {
  constexpr std::int64_t minute_micros = 60'000'000, longest_minutes = 31 * 24 * 60, minute_rows = 200'000;
  constexpr std::size_t most_items = 10'000;
  QUANJI_DO(allow(view, domain::root_department));
  const auto from = ask.from.micros / minute_micros;
  const auto to = (ask.to.micros + minute_micros - 1) / minute_micros;
  if (to <= from || to - from > longest_minutes)
    return base::Error(base::Code::invalid_field)
        .with_field("to", {"须晚于起始时间且不超过 31 天。", "Must be later than `from`, by at most 31 days."});
  if (ask.interval_seconds && *ask.interval_seconds % 60 != 0)
    return base::Error(base::Code::invalid_field).with_field("intervalSeconds", {"须为 60 的倍数。", "Must be a multiple of 60."});
  const auto interval = ask.interval_seconds ? *ask.interval_seconds / 60 : to - from;

  struct Sum {
    std::string account;
    std::int64_t errors = 0;
    domain::Histogram took;
  };
  std::map<std::tuple<std::int64_t, std::string, std::string>, Sum> sums;
  QUANJI_TRY(const auto rows, view.rows(sql::call_minutes_between, {{"from", from}, {"to", to}, {"limit", minute_rows + 1}}));
  const auto too_much = [] {
    return base::Error(base::Code::invalid_field)
        .with_field("from",
                    {"范围内数据过多，请缩短时间或加长间隔。", "Too much lies in the range: ask for a shorter time or longer intervals."});
  };
  if (rows.size() > static_cast<std::size_t>(minute_rows)) return too_much();
  for (const auto& row : rows) {
    if (ask.client && row.text("actor") != *ask.client) continue;
    if (ask.operation && row.text("operation") != *ask.operation) continue;
    const auto start = from + (row.integer("minute") - from) / interval * interval;
    auto& sum = sums[{start, std::string(row.text("actor")), std::string(row.text("operation"))}];
    if (sums.size() > most_items) return too_much();
    sum.account = row.text("account");
    QUANJI_TRY(const auto took, domain::Histogram::from_bytes(row.bytes("histogram")));
    if (row.integer("code") != 0) sum.errors += static_cast<std::int64_t>(took.count());
    sum.took.merge(took);
  }
  CallStats stats;
  for (const auto& [key, sum] : sums) {
    CallStatsRow item;
    item.from = {std::get<0>(key) * minute_micros};
    item.client = std::get<1>(key);
    item.operation = std::get<2>(key);
    item.account = sum.account;
    item.count = static_cast<std::int64_t>(sum.took.count());
    item.errors = sum.errors;
    item.error_share = item.count ? static_cast<double>(item.errors) / static_cast<double>(item.count) : 0;
    const auto at = [&took = sum.took](double share) { return static_cast<std::int64_t>(took.percentile(share)); };
    item.p50_micros = at(0.50);
    item.p95_micros = at(0.95);
    item.p99_micros = at(0.99);
    item.max_micros = static_cast<std::int64_t>(sum.took.max());
    stats.count += item.count;
    stats.errors += item.errors;
    stats.items.push_back(std::move(item));
  }
  return stats;
}

}  // namespace quanji::services
