#include "api/resources/health.h"

#include <boost/json.hpp>

namespace quanji::api {

namespace {

constexpr std::int64_t most_skew_micros = 1'000'000;  // architecture: a node more than a second off is not ready
constexpr std::chrono::seconds seal_late{30};

std::string_view check_word(storage::Health::Check check) {
  static constexpr std::string_view words[] = {"not_needed", "running", "clean", "damaged"};
  return words[static_cast<std::size_t>(check)];
}
bool sealer_late(const PlatformState& state) {
  const auto since = state.sealer.sealed_at.micros ? state.sealer.sealed_at : state.started;
  return state.now.since(since) > seal_late;
}
std::string rfc3339(base::Time t) { return base::to_text(t); }

}  // namespace

PlainAnswer health_answer(const PlatformState& state) {
  const auto& store = state.store;
  const bool damaged = store.quick_check == storage::Health::Check::damaged;
  const bool dead = store.fatal;
  const bool degraded = damaged || !store.trouble.empty() || state.reserve != services::ReserveState::normal ||
                        !state.sealer.trouble.empty() || sealer_late(state);
  boost::json::object quick_check{{"state", check_word(store.quick_check)}, {"percent", store.quick_check_percent}};
  if (!store.quick_check_finding.empty()) quick_check["finding"] = store.quick_check_finding;
  boost::json::object store_part{{"mode", store.mode},     {"version", store.version}, {"journal", store.journal_mode},
                                 {"schema", store.schema}, {"waiting", store.waiting}, {"quickCheck", quick_check}};
  if (store.last_commit.micros) store_part["lastCommitAt"] = rfc3339(store.last_commit);
  if (!store.trouble.empty()) store_part["trouble"] = store.trouble;
  boost::json::object audit{{"reserve", services::word(state.reserve)}, {"block", state.sealer.block}, {"late", sealer_late(state)}};
  if (state.sealer.sealed_at.micros) audit["sealedAt"] = rfc3339(state.sealer.sealed_at);
  if (!state.sealer.trouble.empty()) audit["trouble"] = state.sealer.trouble;
  const boost::json::object body{{"status", dead       ? "down"
                                            : degraded ? "degraded"
                                                       : "up"},
                                 {"version", state.version},
                                 {"startedAt", rfc3339(state.started)},
                                 {"store", store_part},
                                 {"audit", audit},
                                 {"callLog", boost::json::object{{"waiting", state.calls.log_waiting}, {"lost", state.calls.log_lost}}}};
  return {dead ? 503 : 200, boost::json::serialize(body)};
}

PlainAnswer ready_answer(const PlatformState& state) {
  boost::json::array reasons;
  if (state.draining) reasons.emplace_back("draining");
  if (state.store.fatal)
    reasons.emplace_back("store_fatal");
  else if (!state.store.trouble.empty())
    reasons.emplace_back("store_unavailable");
  if (state.store.quick_check == storage::Health::Check::damaged) reasons.emplace_back("store_damaged");
  if (state.reserve != services::ReserveState::normal) reasons.emplace_back("audit_on_reserve");
  if (std::abs(state.clock_skew_micros) > most_skew_micros) reasons.emplace_back("clock_off");
  const bool ready = reasons.empty();
  const boost::json::object body{{"ready", ready}, {"reasons", reasons}};
  return {ready ? 200 : 503, boost::json::serialize(body)};
}

PlainAnswer versions_answer() {
  struct Version {
    std::string_view version, path, state, since;
  };
  // States: preview (may still change), current, deprecated, retired.
  static constexpr Version versions[] = {{"v1", "/api/v1", "preview", "2026-11-20"}};
  boost::json::array items;
  for (const auto& v : versions)
    items.push_back(boost::json::object{{"version", v.version},
                                        {"path", v.path},
                                        {"state", v.state},
                                        {"since", v.since},
                                        {"deprecatedAt", nullptr},
                                        {"sunsetAt", nullptr}});
  return {200, boost::json::serialize(boost::json::object{{"versions", items}})};
}

}  // namespace quanji::api
