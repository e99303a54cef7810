// Digests, message authentication codes and checksums.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/secret.h"

namespace quanji::base {

enum class Hash : std::uint8_t { sha256, sm3 };
using Digest = std::array<std::uint8_t, 32>;
std::string_view to_text(Hash hash);  // "sha256", "sm3"

Digest sha256(std::span<const std::uint8_t> bytes);
Digest sha256(std::string_view text);
Digest sm3(std::span<const std::uint8_t> bytes);
Digest sm3(std::string_view text);
Digest digest(Hash hash, std::span<const std::uint8_t> bytes);

// A digest in pieces. One thread.
class Hasher {
 public:
  explicit Hasher(Hash hash);
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  ~Hasher();
  Hasher& add(std::span<const std::uint8_t> bytes);
  Hasher& add(std::string_view text) { return add(bytes_of(text)); }
  Digest finish();  // and starts again

 private:
  struct State;
  std::unique_ptr<State> state_;
};

enum class Mac : std::uint8_t { hmac_sha256, hmac_sm3 };
std::string_view to_text(Mac mac);  // "hmac-sha256", "hmac-sm3": the id stored beside every MAC
Result<Mac> mac_from_text(std::string_view text);

// A key made ready once: preparing costs several MACs of a short message. One thread; clone() for another.
class MacKey {
 public:
  MacKey(Mac mac, const Secret& key);
  MacKey(MacKey&&) noexcept;
  MacKey& operator=(MacKey&&) noexcept;
  ~MacKey();
  MacKey clone() const;
  Mac mac() const;
  std::string_view algorithm() const { return to_text(mac()); }

  Digest sign(std::span<const std::uint8_t> message);
  Digest sign(std::string_view message) { return sign(bytes_of(message)); }
  // In constant time; a tag that is not 32 bytes is false.
  bool verify(std::span<const std::uint8_t> message, std::span<const std::uint8_t> tag);
  bool verify(std::string_view message, std::span<const std::uint8_t> tag) { return verify(bytes_of(message), tag); }
  // In pieces; finish() starts again.
  MacKey& add(std::span<const std::uint8_t> bytes);
  MacKey& add(std::string_view text) { return add(bytes_of(text)); }
  Digest finish();

 private:
  struct State;
  explicit MacKey(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// CRC-32C (Castagnoli, RFC 3720 B.4); `before` is the checksum of what came before.
std::uint32_t crc32c(std::span<const std::uint8_t> bytes, std::uint32_t before = 0);

// The tree of RFC 6962, 2.1, over digests: leaf = H(0x00 ‖ digest), node = H(0x01 ‖ left ‖ right), nothing = H("").
Digest merkle_root(Hash hash, std::span<const Digest> leaves);

}  // namespace quanji::base
