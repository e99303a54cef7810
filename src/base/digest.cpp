#include "base/digest.h"

#include <botan/hash.h>
#include <botan/mac.h>

#include <algorithm>
#include <string>
#include <vector>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace quanji::base {
namespace {

const char* botan_name(Hash hash) { return hash == Hash::sha256 ? "SHA-256" : "SM3"; }

// Making a Botan object costs a look-up by name and an allocation; one for each thread serves every one-shot digest.
Botan::HashFunction& of_this_thread(Hash hash) {
  thread_local std::unique_ptr<Botan::HashFunction> sha256_hash = Botan::HashFunction::create_or_throw("SHA-256");
  thread_local std::unique_ptr<Botan::HashFunction> sm3_hash = Botan::HashFunction::create_or_throw("SM3");
  return hash == Hash::sha256 ? *sha256_hash : *sm3_hash;
}

constexpr std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0x82F63B78U : 0U);
    table[i] = value;
  }
  return table;
}

std::uint32_t crc32c_portable(std::span<const std::uint8_t> bytes, std::uint32_t crc) {
  static constexpr auto table = crc_table();
  for (const auto byte : bytes) crc = (crc >> 8) ^ table[(crc ^ byte) & 255];
  return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc32c_sse42(std::span<const std::uint8_t> bytes, std::uint32_t crc) {
  std::uint64_t wide = crc;
  while (bytes.size() >= 8) {
    std::uint64_t word = 0;
    std::copy_n(bytes.data(), 8, reinterpret_cast<std::uint8_t*>(&word));
    wide = _mm_crc32_u64(wide, word);
    bytes = bytes.subspan(8);
  }
  auto narrow = static_cast<std::uint32_t>(wide);
  for (const auto byte : bytes) narrow = _mm_crc32_u8(narrow, byte);
  return narrow;
}
#endif

}  // namespace

std::string_view to_text(Hash hash) { return hash == Hash::sha256 ? "sha256" : "sm3"; }

Digest digest(Hash hash, std::span<const std::uint8_t> bytes) {
  auto& function = of_this_thread(hash);
  function.update(bytes.data(), bytes.size());
  Digest out;
  function.final(out.data());
  return out;
}
Digest sha256(std::span<const std::uint8_t> bytes) { return digest(Hash::sha256, bytes); }
Digest sha256(std::string_view text) { return digest(Hash::sha256, bytes_of(text)); }
Digest sm3(std::span<const std::uint8_t> bytes) { return digest(Hash::sm3, bytes); }
Digest sm3(std::string_view text) { return digest(Hash::sm3, bytes_of(text)); }

struct Hasher::State {
  std::unique_ptr<Botan::HashFunction> function;
};
Hasher::Hasher(Hash hash) : state_(std::make_unique<State>(State{Botan::HashFunction::create_or_throw(botan_name(hash))})) {}
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;
Hasher& Hasher::add(std::span<const std::uint8_t> bytes) {
  state_->function->update(bytes.data(), bytes.size());
  return *this;
}
Digest Hasher::finish() {
  Digest out;
  state_->function->final(out.data());
  return out;
}

std::string_view to_text(Mac mac) { return mac == Mac::hmac_sha256 ? "hmac-sha256" : "hmac-sm3"; }
Result<Mac> mac_from_text(std::string_view text) {
  for (const auto mac : {Mac::hmac_sha256, Mac::hmac_sm3})
    if (to_text(mac) == text) return mac;
  return Error(Code::not_supported,
               Text("不支持的消息认证算法，应为 hmac-sha256 或 hmac-sm3。", "Unknown MAC: it is hmac-sha256 or hmac-sm3."),
               std::string(text.substr(0, 64)));
}

struct MacKey::State {
  Mac mac{};
  Secret key;
  std::unique_ptr<Botan::MessageAuthenticationCode> code;
  State(Mac m, Secret k)
      : mac(m),
        key(std::move(k)),
        code(Botan::MessageAuthenticationCode::create_or_throw(m == Mac::hmac_sha256 ? "HMAC(SHA-256)" : "HMAC(SM3)")) {
    // Botan refuses keys of more than 4 096 bytes; RFC 2104 says a key longer than a block stands for its digest.
    if (key.size() > 64) {
      const auto shorter = digest(m == Mac::hmac_sha256 ? Hash::sha256 : Hash::sm3, key.reveal_bytes());
      code->set_key(shorter.data(), shorter.size());
    } else {
      code->set_key(key.reveal_bytes().data(), key.size());
    }
  }
};
MacKey::MacKey(Mac mac, const Secret& key) : state_(std::make_unique<State>(mac, key.clone())) {}
MacKey::MacKey(std::unique_ptr<State> state) : state_(std::move(state)) {}
MacKey::MacKey(MacKey&&) noexcept = default;
MacKey& MacKey::operator=(MacKey&&) noexcept = default;
MacKey::~MacKey() = default;
MacKey MacKey::clone() const { return MacKey(std::make_unique<State>(state_->mac, state_->key.clone())); }
Mac MacKey::mac() const { return state_->mac; }
MacKey& MacKey::add(std::span<const std::uint8_t> bytes) {
  state_->code->update(bytes.data(), bytes.size());
  return *this;
}
Digest MacKey::finish() {
  Digest out;
  state_->code->final(out.data());
  return out;
}
Digest MacKey::sign(std::span<const std::uint8_t> message) { return add(message).finish(); }
bool MacKey::verify(std::span<const std::uint8_t> message, std::span<const std::uint8_t> tag) {
  const auto right = sign(message);
  return equal_in_constant_time(right, tag);
}

std::uint32_t crc32c(std::span<const std::uint8_t> bytes, std::uint32_t before) {
#if defined(__x86_64__)
  static const bool fast = __builtin_cpu_supports("sse4.2");
  if (fast) return ~crc32c_sse42(bytes, ~before);
#endif
  return ~crc32c_portable(bytes, ~before);
}

Digest merkle_root(Hash hash, std::span<const Digest> leaves) {
  auto& function = of_this_thread(hash);
  if (leaves.empty()) return digest(hash, {});
  std::vector<Digest> level(leaves.begin(), leaves.end());
  for (auto& node : level) {
    function.update(std::uint8_t{0});
    function.update(node.data(), node.size());
    function.final(node.data());
  }
  // Pairing level by level, the odd one moving up, gives the tree that RFC 6962 defines from the top.
  while (level.size() > 1) {
    const auto pairs = level.size() / 2;
    for (std::size_t i = 0; i < pairs; ++i) {
      function.update(std::uint8_t{1});
      function.update(level[2 * i].data(), 32);
      function.update(level[2 * i + 1].data(), 32);
      function.final(level[i].data());
    }
    if (level.size() % 2 != 0) {
      level[pairs] = level.back();
      level.resize(pairs + 1);
    } else {
      level.resize(pairs);
    }
  }
  return level.front();
}

}  // namespace quanji::base
