// CRC-32 (IEEE 802.3, RFC 1952 8), as zip archives carry it; what the platform itself relies on is digest.h.
#pragma once
#include <cstdint>
#include <span>

namespace quanji::base {

// `before` is the checksum of what came before.
std::uint32_t crc32(std::span<const std::uint8_t> bytes, std::uint32_t before = 0);

}  // namespace quanji::base
