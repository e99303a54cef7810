#include <botan/mac.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/crypto.h"

namespace quanji::base {
namespace {

const char* botan_name(TotpHash hash) {
  switch (hash) {
    case TotpHash::sha1:
      return "HMAC(SHA-1)";
    case TotpHash::sha256:
      return "HMAC(SHA-256)";
    case TotpHash::sha512:
      return "HMAC(SHA-512)";
    case TotpHash::sm3:
      return "HMAC(SM3)";
  }
  return "";
}
std::int64_t counter_at(Time at, const TotpRule& rule) { return at.micros / 1'000'000 / rule.period_seconds; }

// RFC 4226, 5.3.
std::string code_of(const Secret& key, std::int64_t counter, const TotpRule& rule) {
  const auto code = Botan::MessageAuthenticationCode::create_or_throw(botan_name(rule.hash));
  code->set_key(key.reveal_bytes().data(), key.size());
  code->update_be(static_cast<std::uint64_t>(counter));
  const auto tag = code->final();
  const auto at = static_cast<std::size_t>(tag.back() & 15);
  const std::uint32_t number = (static_cast<std::uint32_t>(tag[at] & 0x7f) << 24) | (static_cast<std::uint32_t>(tag[at + 1]) << 16) |
                               (static_cast<std::uint32_t>(tag[at + 2]) << 8) | tag[at + 3];
  const auto digits = std::clamp(rule.digits, 6, 8);
  std::uint32_t scale = 1;
  for (int i = 0; i < digits; ++i) scale *= 10;
  return fmt::format("{:0{}}", number % scale, digits);
}
std::string percent(std::string_view text) {
  std::string out;
  for (const auto byte : bytes_of(text)) {
    const auto c = static_cast<char>(byte);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~')
      out += c;
    else
      out += fmt::format("%{:02X}", byte);
  }
  return out;
}

}  // namespace

std::string totp(const Secret& key, Time at, const TotpRule& rule) { return code_of(key, counter_at(at, rule), rule); }

std::optional<std::int64_t> check_totp(const Secret& key, std::string_view code, Time at, std::int64_t last_used, const TotpRule& rule) {
  const auto now = counter_at(at, rule);
  std::optional<std::int64_t> found;
  // Every period is computed, so the time taken does not tell which one fitted.
  for (auto counter = std::max<std::int64_t>(0, now - rule.window); counter <= now + rule.window; ++counter)
    if (equal_in_constant_time(code_of(key, counter, rule), code) && counter > last_used && !found) found = counter;
  return found;
}

Secret totp_uri(const Secret& key, std::string_view issuer, std::string_view account, const TotpRule& rule) {
  constexpr std::string_view names[] = {"SHA1", "SHA256", "SHA512", "SM3"};
  auto key_text = base32(key.reveal_bytes());
  auto uri = fmt::format("otpauth://totp/{}:{}?secret={}&issuer={}&algorithm={}&digits={}&period={}", percent(issuer), percent(account),
                         key_text, percent(issuer), names[static_cast<std::size_t>(rule.hash)], rule.digits, rule.period_seconds);
  wipe(key_text);
  return Secret::take(uri);
}

}  // namespace quanji::base
