#include <botan/argon2.h>
#include <botan/pwdhash.h>
#include <fmt/format.h>

#include <charconv>
#include <vector>

#include "base/crypto.h"

namespace quanji::base {
namespace {

constexpr std::size_t salt_size = 16;
constexpr std::size_t hash_size = 32;
constexpr std::uint32_t most_memory_kib = 256 * 1024;
constexpr std::uint32_t most_passes = 16;
constexpr std::uint32_t most_rounds = 10'000'000;

struct Stored {
  bool argon2 = false;
  std::uint32_t memory_kib = 0, passes = 0, lanes = 0, rounds = 0;
  Bytes salt, hash;
};

// The PHC string format spells its parts in base64 without padding.
std::string unpadded(std::span<const std::uint8_t> bytes) {
  auto text = base64(bytes);
  while (text.ends_with('=')) text.pop_back();
  return text;
}
Result<Bytes> from_unpadded(std::string_view text) {
  std::string padded(text);
  while (padded.size() % 4 != 0) padded += '=';
  if (text.ends_with('=')) return Error(Code::bug, "padding");
  return from_base64(padded);
}
// "m=19456" at the front of `text`, up to a comma or the end.
bool take_number(std::string_view& text, std::string_view name, std::uint32_t& out) {
  if (!text.starts_with(name)) return false;
  text.remove_prefix(name.size());
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (wrong != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.starts_with(',')) text.remove_prefix(1);
  return true;
}

Result<Stored> parse(std::string_view text) {
  const auto unreadable = [] { return Error(Code::bug, "a stored password hash cannot be read"); };
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find('$', at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  Stored stored;
  std::string_view numbers;
  if (parts.size() == 6 && parts[0].empty() && parts[1] == algorithm::argon2id && parts[2] == "v=19") {
    stored.argon2 = true;
    numbers = parts[3];
    if (!take_number(numbers, "m=", stored.memory_kib) || !take_number(numbers, "t=", stored.passes) ||
        !take_number(numbers, "p=", stored.lanes))
      return unreadable();
    if (stored.memory_kib < 8 || stored.memory_kib > most_memory_kib || stored.passes < 1 || stored.passes > most_passes ||
        stored.lanes != 1)
      return unreadable();
  } else if (parts.size() == 5 && parts[0].empty() && parts[1] == algorithm::pbkdf2_hmac_sm3) {
    numbers = parts[2];
    if (!take_number(numbers, "i=", stored.rounds) || stored.rounds < 1 || stored.rounds > most_rounds) return unreadable();
  } else {
    return unreadable();
  }
  if (!numbers.empty()) return unreadable();
  auto salt = from_unpadded(parts[parts.size() - 2]);
  auto hash = from_unpadded(parts.back());
  if (!salt.ok() || !hash.ok() || salt->size() < 8 || salt->size() > 64 || hash->size() < 16 || hash->size() > 64) return unreadable();
  stored.salt = std::move(*salt);
  stored.hash = std::move(*hash);
  return stored;
}

// With a salt of its own and no hash yet.
Stored fresh(Suite suite, Random& random, const PasswordCost& cost) {
  Stored how{suite == Suite::intl, cost.argon2_memory_kib, cost.argon2_passes, 1, cost.pbkdf2_rounds, Bytes(salt_size), Bytes(hash_size)};
  random.fill(how.salt);
  return how;
}

std::string spelled(const Stored& how, std::span<const std::uint8_t> hash) {
  const auto tail = fmt::format("{}${}", unpadded(how.salt), unpadded(hash));
  if (how.argon2) return fmt::format("$argon2id$v=19$m={},t={},p=1${}", how.memory_kib, how.passes, tail);
  return fmt::format("$pbkdf2-hmac-sm3$i={}${}", how.rounds, tail);
}

Secret derive(const Stored& how, const Secret& password) {
  const auto family = Botan::PasswordHashFamily::create_or_throw(how.argon2 ? "Argon2id" : "PBKDF2(HMAC(SM3))");
  const auto function = how.argon2 ? family->from_params(how.memory_kib, how.passes, how.lanes) : family->from_params(how.rounds);
  auto out = Secret::of_size(how.hash.size());
  function->derive_key(out.writable().data(), out.size(), password.reveal().data(), password.size(), how.salt.data(), how.salt.size());
  return out;
}

}  // namespace

std::string hash_password(Suite suite, const Secret& password, Random& random, const PasswordCost& cost) {
  const auto how = fresh(suite, random, cost);
  return spelled(how, derive(how, password).reveal_bytes());
}

std::string hash_of_nobody(Suite suite, Random& random, const PasswordCost& cost) {
  auto how = fresh(suite, random, cost);
  random.fill(how.hash);
  return spelled(how, how.hash);
}

Result<Verdict> check_password(std::string_view stored, const Secret& password) {
  QUANJI_TRY(const auto how, parse(stored));
  try {
    return equal_in_constant_time(derive(how, password).reveal_bytes(), how.hash) ? Verdict::right : Verdict::wrong;
  } catch (const std::exception& e) {
    return Error(Code::bug, fmt::format("checking a password: {}", e.what()));
  }
}

bool needs_rehash(std::string_view stored, Suite suite, const PasswordCost& cost) {
  const auto how = parse(stored);
  if (!how.ok() || how->argon2 != (suite == Suite::intl)) return true;
  if (how->argon2) return how->memory_kib < cost.argon2_memory_kib || how->passes < cost.argon2_passes;
  return how->rounds < cost.pbkdf2_rounds;
}

}  // namespace quanji::base
