// Digests and keyed digests that other systems ask for, by name and of any length. What the platform itself relies on is digest.h alone:
// MD5 stands here because counterparties still send it beside their files; it proves nothing against somebody who means harm.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/secret.h"

namespace quanji::base {

enum class ContentHash : std::uint8_t { sha256, sha512, sm3, md5 };
std::string_view to_text(ContentHash hash);  // "sha256", "sha512", "sm3", "md5"
// Those four, in any case; nothing for another word.
std::optional<ContentHash> content_hash_of(std::string_view word);

// A digest in pieces. One thread.
class ContentHasher {
 public:
  explicit ContentHasher(ContentHash hash);
  ContentHasher(ContentHasher&&) noexcept;
  ContentHasher& operator=(ContentHasher&&) noexcept;
  ~ContentHasher();
  ContentHasher& add(std::span<const std::uint8_t> bytes);
  Bytes finish();  // and starts again

 private:
  struct State;
  std::unique_ptr<State> state_;
};
Bytes content_digest(ContentHash hash, std::span<const std::uint8_t> bytes);
// HMAC (RFC 2104) over the hash; a key longer than a block stands for its digest.
Bytes content_mac(ContentHash hash, const Secret& key, std::span<const std::uint8_t> bytes);

}  // namespace quanji::base
