#include "base/content_digest.h"

#include <botan/hash.h>
#include <botan/mac.h>

#include <algorithm>
#include <string>

namespace quanji::base {
namespace {

struct HashRow {
  ContentHash hash;
  std::string_view word;
  const char* botan;
  std::size_t block;  // bytes
};
constexpr HashRow rows[] = {{ContentHash::sha256, "sha256", "SHA-256", 64},
                            {ContentHash::sha512, "sha512", "SHA-512", 128},
                            {ContentHash::sm3, "sm3", "SM3", 64},
                            {ContentHash::md5, "md5", "MD5", 64}};
const HashRow& row_of(ContentHash hash) { return rows[static_cast<std::size_t>(hash)]; }

}  // namespace

std::string_view to_text(ContentHash hash) { return row_of(hash).word; }
std::optional<ContentHash> content_hash_of(std::string_view word) {
  std::string lower(word);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  for (const auto& row : rows)
    if (row.word == lower) return row.hash;
  return {};
}

struct ContentHasher::State {
  std::unique_ptr<Botan::HashFunction> function;
};
ContentHasher::ContentHasher(ContentHash hash)
    : state_(std::make_unique<State>(State{Botan::HashFunction::create_or_throw(row_of(hash).botan)})) {}
ContentHasher::ContentHasher(ContentHasher&&) noexcept = default;
ContentHasher& ContentHasher::operator=(ContentHasher&&) noexcept = default;
ContentHasher::~ContentHasher() = default;
ContentHasher& ContentHasher::add(std::span<const std::uint8_t> bytes) {
  state_->function->update(bytes.data(), bytes.size());
  return *this;
}
Bytes ContentHasher::finish() {
  Bytes out(state_->function->output_length());
  state_->function->final(out.data());
  return out;
}
Bytes content_digest(ContentHash hash, std::span<const std::uint8_t> bytes) { return ContentHasher(hash).add(bytes).finish(); }

Bytes content_mac(ContentHash hash, const Secret& key, std::span<const std::uint8_t> bytes) {
  const auto& row = row_of(hash);
  const auto mac = Botan::MessageAuthenticationCode::create_or_throw(std::string("HMAC(") + row.botan + ")");
  // Botan refuses keys of more than 4 096 bytes.
  if (key.size() > row.block) {
    auto shorter = content_digest(hash, key.reveal_bytes());
    mac->set_key(shorter.data(), shorter.size());
    wipe(shorter);
  } else {
    mac->set_key(key.reveal_bytes().data(), key.size());
  }
  mac->update(bytes.data(), bytes.size());
  Bytes out(mac->output_length());
  mac->final(out.data());
  return out;
}

}  // namespace quanji::base
