#include "base/log_mask.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/encodings.h"
#include "base/fields_json.h"
#include "base/log.h"

namespace quanji::base::log {
namespace {

constexpr std::size_t shortest_masked = 4;

struct Register {
  std::shared_mutex mutex;
  // Guarded by mutex.
  std::map<std::uint64_t, std::vector<Secret>> live;
  std::uint64_t tickets = 0;
};
Register& live_secrets() {
  static Register made;
  return made;
}

std::string percent_encoded(std::string_view text, bool upper, bool form) {
  std::string out;
  for (const auto byte : bytes_of(text)) {
    const auto c = static_cast<char>(byte);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
                       (c == '~' && !form) || (c == '*' && form);
    if (plain)
      out += c;
    else if (c == ' ' && form)
      out += '+';
    else
      out += upper ? fmt::format("%{:02X}", byte) : fmt::format("%{:02x}", byte);
  }
  return out;
}
// Of a text outside the Basic Multilingual Plane nothing is made: such secrets are masked in their other spellings.
std::string utf16(std::string_view text, bool little) {
  std::string out;
  for (const auto byte : bytes_of(text)) {
    if (byte > 127) return {};
    const char pair[2] = {little ? static_cast<char>(byte) : '\0', little ? '\0' : static_cast<char>(byte)};
    out.append(pair, 2);
  }
  return out;
}

}  // namespace

std::vector<Secret> spellings_of(const Secret& secret) {
  std::vector<Secret> out;
  const auto keep = [&](std::string text) {
    if (text.size() >= shortest_masked && std::ranges::none_of(out, [&](const Secret& s) { return s.reveal() == text; }))
      out.push_back(Secret::take(text));
    else
      wipe(text);
  };
  const auto raw = secret.reveal();
  const auto bytes = secret.reveal_bytes();
  keep(std::string(raw));
  if (is_utf8(raw)) {
    std::string quoted;
    append_json_string(quoted, raw);
    keep(quoted.substr(1, quoted.size() - 2));
    wipe(quoted);
  }
  auto digits = hex(bytes);
  auto upper = digits;
  for (auto& c : upper)
    if (c >= 'a') c = static_cast<char>(c - 'a' + 'A');
  keep(std::move(digits));
  keep(std::move(upper));
  for (const bool big : {false, true})
    for (const bool form : {false, true}) keep(percent_encoded(raw, big, form));
  keep(utf16(raw, true));
  keep(utf16(raw, false));
  keep(base64(bytes));
  keep(base64url(bytes));
  // Inside something longer the letters depend on what stands before; those that are the secret's alone stay the same at each of the
  // three alignments.
  for (std::size_t before = 0; before < 3; ++before) {
    Bytes shifted(before);
    shifted.insert(shifted.end(), bytes.begin(), bytes.end());
    const auto first = (8 * before + 5) / 6;
    const auto last = 8 * shifted.size() / 6;
    for (auto text : {base64(shifted), base64url(shifted)}) {
      if (last > first) keep(text.substr(first, last - first));
      wipe(text);
    }
    wipe(std::span(shifted));
  }
  return out;
}

LiveSecret::LiveSecret(const Secret& secret) {
  if (secret.size() < shortest_masked) return;
  auto spellings = spellings_of(secret);
  auto& all = live_secrets();
  const std::unique_lock lock(all.mutex);
  ticket_ = ++all.tickets;
  all.live.emplace(ticket_, std::move(spellings));
}
LiveSecret::LiveSecret(LiveSecret&& other) noexcept : ticket_(std::exchange(other.ticket_, 0)) {}
LiveSecret& LiveSecret::operator=(LiveSecret&& other) noexcept {
  std::swap(ticket_, other.ticket_);
  return *this;
}
LiveSecret::~LiveSecret() {
  if (ticket_ == 0) return;
  auto& all = live_secrets();
  const std::unique_lock lock(all.mutex);
  all.live.erase(ticket_);
}

std::string mask(std::string_view text) {
  std::vector<std::pair<std::size_t, std::size_t>> hits;  // [from, to)
  {
    auto& all = live_secrets();
    const std::shared_lock lock(all.mutex);
    for (const auto& [ticket, spellings] : all.live)
      for (const auto& spelling : spellings)
        for (auto at = text.find(spelling.reveal()); at != std::string_view::npos; at = text.find(spelling.reveal(), at + 1))
          hits.emplace_back(at, at + spelling.size());
  }
  if (hits.empty()) return std::string(text);
  std::ranges::sort(hits);
  std::string out;
  std::size_t done = 0;
  for (std::size_t i = 0; i < hits.size();) {
    auto [from, to] = hits[i];
    // Hits that overlap or touch are one: pieces between two masks would tell something.
    for (++i; i < hits.size() && hits[i].first <= to; ++i) to = std::max(to, hits[i].second);
    out += text.substr(done, from - done);
    out += "***";
    done = to;
  }
  out += text.substr(done);
  return out;
}

}  // namespace quanji::base::log
