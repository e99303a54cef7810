// What monitors read: /metrics (Prometheus text 0.0.4), /health, /ready, /api.
#pragma once
#include <string>
#include <string_view>

#include "api/ear.h"
#include "services/audit_reserve.h"
#include "services/audit_seals.h"
#include "storage/store.h"

namespace quanji::api {

struct PlatformState {
  std::string version;  // "0.1.0"
  base::Time now{}, started{};
  storage::Health store;
  services::ReserveState reserve = services::ReserveState::normal;
  services::AuditSealer::State sealer;
  CallEar::Snapshot calls;
  std::int64_t connections = 0;        // open now
  std::int64_t clock_skew_micros = 0;  // against the database; more than a second: not ready
  bool draining = false;               // going down: not ready
};

inline constexpr std::string_view metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";
inline constexpr std::size_t clients_in_metrics = 100;  // busiest first; the others are added up as client="other"
std::string metrics_text(const PlatformState& state);

}  // namespace quanji::api
