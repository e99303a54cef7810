#include "api/metrics.h"

#include <fmt/format.h>

#include <algorithm>

namespace quanji::api {

namespace {

// Upper bounds of the duration buckets, in microseconds.
constexpr std::int64_t bounds[] = {100,    250,     500,     1000,    2500,      5000,      10'000,    25'000,
                                   50'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000};

// A label's value as the text format wants it.
std::string quoted(std::string_view value) {
  std::string out = "\"";
  for (const char c : value) {
    if (c == '\n')
      out += "\\n";
    else if (c == '"' || c == '\\')
      (out += '\\') += c;
    else
      out += c;
  }
  return out + '"';
}

class Page {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    out_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
  }
  template <class N>
  void value(std::string_view name, std::string_view labels, N n) {
    out_ += name;
    if (!labels.empty()) out_ += fmt::format("{{{}}}", labels);
    out_ += fmt::format(" {}\n", n);
  }
  template <class N>
  void alone(std::string_view name, std::string_view type, std::string_view help, N n) {
    family(name, type, help);
    value(name, {}, n);
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

double seconds(std::int64_t micros) { return static_cast<double>(micros) / 1e6; }
// Paths that are no operation share one value, so that a scanner cannot make labels.
std::string_view operation_label(std::string_view operation) { return operation.empty() ? "none" : operation; }

}  // namespace

std::string metrics_text(const PlatformState& state) {
  Page page;
  page.family("quanji_build_info", "gauge", "Version of the platform; always 1.");
  page.value("quanji_build_info", fmt::format("version={}", quoted(state.version)), 1);
  page.alone("quanji_start_time_seconds", "gauge", "When the process started, in seconds since 1970.", seconds(state.started.micros));
  page.alone("quanji_connections", "gauge", "Connections open now.", state.connections);

  page.family("quanji_calls_total", "counter", "Calls answered, by operation and result code (0: done).");
  for (const auto& total : state.calls.totals)
    page.value("quanji_calls_total", fmt::format("operation={},code=\"{}\"", quoted(operation_label(total.operation)), total.code),
               total.count);
  page.family("quanji_call_duration_seconds", "histogram", "Time from the request's arrival to its answer, by operation.");
  for (const auto& [operation, took] : state.calls.durations) {
    const auto label = fmt::format("operation={}", quoted(operation_label(operation)));
    for (const auto bound : bounds)
      page.value("quanji_call_duration_seconds_bucket", fmt::format("{},le=\"{}\"", label, seconds(bound)),
                 took.at_most(static_cast<std::uint64_t>(bound)));
    page.value("quanji_call_duration_seconds_bucket", label + ",le=\"+Inf\"", took.count());
    page.value("quanji_call_duration_seconds_sum", label, seconds(static_cast<std::int64_t>(took.sum())));
    page.value("quanji_call_duration_seconds_count", label, took.count());
  }
  auto clients = state.calls.clients;
  std::sort(clients.begin(), clients.end(),
            [](const auto& a, const auto& b) { return a.second != b.second ? a.second > b.second : a.first < b.first; });
  std::uint64_t others = 0;
  page.family("quanji_client_calls_total", "counter", "Calls answered, by client; the busiest by name, the others added up.");
  std::size_t named = 0;
  for (const auto& [client, count] : clients) {
    if (named == clients_in_metrics || client == "other") {
      others += count;
      continue;
    }
    ++named;
    page.value("quanji_client_calls_total", fmt::format("client={}", quoted(client.empty() ? "none" : client)), count);
  }
  page.value("quanji_client_calls_total", "client=\"other\"", others);
  page.alone("quanji_call_log_waiting", "gauge", "Calls heard and not yet in the call log.", state.calls.log_waiting);
  page.alone("quanji_call_log_lost_total", "counter",
             "Calls that did not fit into the memory of the call log; they are counted all the same.", state.calls.log_lost);
  page.alone("quanji_call_log_thinned_total", "counter",
             "Successful calls beyond those of one caller that stand in the call log for a second; they are counted all the same.",
             state.calls.log_thinned);

  page.family("quanji_store_info", "gauge", "The database; always 1.");
  page.value("quanji_store_info", fmt::format("mode={},version={}", quoted(state.store.mode), quoted(state.store.version)), 1);
  page.alone("quanji_store_commits_total", "counter", "Transactions committed.", state.store.commits);
  page.alone("quanji_store_changes_total", "counter", "Changes in them.", state.store.changes);
  page.alone("quanji_store_waiting", "gauge", "Jobs waiting for the database.", state.store.waiting);
  page.alone("quanji_store_last_commit_time_seconds", "gauge", "When the last transaction was committed.",
             seconds(state.store.last_commit.micros));
  page.alone("quanji_store_healthy", "gauge", "1 while the last change could be stored.",
             state.store.trouble.empty() && !state.store.fatal ? 1 : 0);

  page.alone("quanji_audit_on_reserve", "gauge", "1 while only operations that lower risk are taken, for want of space.",
             state.reserve == services::ReserveState::on_reserve ? 1 : 0);
  page.alone("quanji_audit_sealed_block", "gauge", "Number of the newest seal block.", state.sealer.block);
  page.alone("quanji_audit_sealed_time_seconds", "gauge", "When the sealer last went well.", seconds(state.sealer.sealed_at.micros));
  page.alone("quanji_audit_checkpoint", "gauge", "Number of the newest checkpoint made by this process.", state.sealer.checkpoint);
  return page.take();
}

}  // namespace quanji::api
