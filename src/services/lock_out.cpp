#include "services/lock_out.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "services/settings.h"
#include "storage/queries.h"

namespace quanji::services {
namespace {
namespace sql = storage::sql;
using base::Code;
using base::Error;
using base::Text;
using domain::Charge;
using domain::LockOutRule;
using domain::TryCount;

// One of the three counts of a try: where its row is and how many failures it bears.
struct Count {
  std::string account, source;
  std::int64_t bound = 0;
  TryCount row;
};

Result<std::vector<Count>> counts_of(const View& view, const TryAt& at, const LockOutRule& rule) {
  const auto source = domain::source_of(at.address);
  bool known = false;
  if (at.user) {
    const auto after = view.now().plus(-domain::source_known_for);
    QUANJI_TRY(const auto found, view.row(sql::known_source, {{"user_id", *at.user}, {"source", source}, {"after", after}}));
    known = found.has_value();
  }
  std::vector<Count> counts;
  counts.push_back({at.account, source, rule.pair_failures, {}});
  if (!known) {
    counts.push_back({at.account, "", rule.strange_failures, {}});
    counts.push_back({"", source, rule.source_failures, {}});
  }
  for (auto& count : counts) {
    QUANJI_TRY(const auto row, view.row(sql::try_row, {{"account", count.account}, {"source", count.source}}));
    if (row) count.row = {row->time("since"), row->integer("tries"), row->integer("failed"), row->time("locked_until")};
  }
  return counts;
}

Status put(Change& change, const Count& count) {
  const auto& row = count.row;
  if (row.tries == 0 && row.failed == 0) {
    QUANJI_DO(change.run(sql::try_drop, {{"account", count.account}, {"source", count.source}}));
    return {};
  }
  QUANJI_DO(change.run(sql::try_put, {{"account", count.account},
                                      {"source", count.source},
                                      {"since", row.since},
                                      {"tries", row.tries},
                                      {"failed", row.failed},
                                      {"locked_until", row.locked_until},
                                      {"now", change.now()}}));
  return {};
}

}  // namespace

LockOutRule lock_out_rule() {
  LockOutRule rule;
  rule.pair_failures = settings::known_integer("security.max_failures");
  rule.strange_failures = std::max(rule.strange_failures, rule.pair_failures);
  rule.source_failures = std::max(rule.source_failures, rule.pair_failures);
  rule.lock = std::chrono::minutes(settings::known_integer("security.lockout_minutes"));
  rule.window = std::max(rule.window, rule.lock);
  return rule;
}

Status charge_try(Change& change, const TryAt& at) {
  const auto rule = lock_out_rule();
  QUANJI_TRY(auto counts, counts_of(change, at, rule));
  for (auto& count : counts) {
    switch (domain::charge(count.row, change.now(), count.bound, rule)) {
      case Charge::go_on:
        break;
      case Charge::busy:
        return Error(Code::too_many_calls, Text("该账号正有多次登录在验证，请稍后再试",
                                                "other tries to sign in are under way for this account: come back in a moment"))
            .with_retry_after(1);
      case Charge::locked: {
        const auto left = std::chrono::duration_cast<std::chrono::seconds>(count.row.locked_until.since(change.now())).count() + 1;
        return Error(Code::locked_out,
                     Text(fmt::format("失败次数过多，请 {} 秒后再试", left), fmt::format("too many failures: try again in {} s", left)))
            .with_retry_after(left);
      }
    }
  }
  for (const auto& count : counts) QUANJI_DO(put(change, count));
  return {};
}

Status fail_try(Change& change, const TryAt& at) {
  const auto rule = lock_out_rule();
  QUANJI_TRY(auto counts, counts_of(change, at, rule));
  for (auto& count : counts) {
    domain::fail(count.row, change.now(), count.bound, rule);
    QUANJI_DO(put(change, count));
  }
  return {};
}

Status release_try(Change& change, const TryAt& at) {
  QUANJI_TRY(auto counts, counts_of(change, at, lock_out_rule()));
  for (auto& count : counts) {
    domain::succeed(count.row);
    QUANJI_DO(put(change, count));
  }
  return {};
}

Status succeed_try(Change& change, const TryAt& at) {
  QUANJI_DO(release_try(change, at));
  const auto source = domain::source_of(at.address);
  QUANJI_DO(change.run(sql::try_drop, {{"account", at.account}, {"source", source}}));
  if (at.user) QUANJI_DO(change.run(sql::known_source_put, {{"user_id", *at.user}, {"source", source}, {"now", change.now()}}));
  return {};
}

Status unlock_account(Change& change, std::string_view account) {
  QUANJI_DO(change.run(sql::tries_drop, {{"account", account}}));
  return {};
}

Result<std::int64_t> sweep_tries(Change& change, std::int64_t limit) {
  const auto rule = lock_out_rule();
  const auto before = change.now().plus(-std::max(rule.window, rule.lock));
  QUANJI_TRY(const auto swept, change.run(sql::tries_sweep, {{"before", before}, {"limit", limit}}));
  QUANJI_DO(change.run(sql::known_sources_sweep, {{"before", change.now().plus(-domain::source_known_for)}}));
  return swept;
}

}  // namespace quanji::services
