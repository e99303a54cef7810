#include "domain/address_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace quanji::domain {
namespace {

constexpr std::array<std::uint8_t, 12> v4_prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

bool parse_v4(std::string_view text, std::uint8_t* out) {
  for (int i = 0; i < 4; ++i) {
    const auto dot = text.find('.');
    if ((dot == std::string_view::npos) != (i == 3)) return false;
    const auto part = text.substr(0, dot);
    unsigned value = 0;
    const auto [end, ec] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (part.empty() || part.size() > 3 || ec != std::errc() || end != part.data() + part.size() || value > 255) return false;
    if (part.size() > 1 && part.front() == '0') return false;
    out[i] = static_cast<std::uint8_t>(value);
    text = i == 3 ? std::string_view{} : text.substr(dot + 1);
  }
  return true;
}

// Groups of one side of "::" into `out`; how many bytes, or -1.
int parse_groups(std::string_view text, std::uint8_t* out, int room) {
  int used = 0;
  while (!text.empty()) {
    const auto colon = text.find(':');
    const auto part = text.substr(0, colon);
    if (part.find('.') != std::string_view::npos) {  // the last 32 bits may be written as IPv4
      if (colon != std::string_view::npos || used + 4 > room || !parse_v4(part, out + used)) return -1;
      return used + 4;
    }
    unsigned value = 0;
    const auto [end, ec] = std::from_chars(part.data(), part.data() + part.size(), value, 16);
    if (part.empty() || part.size() > 4 || part.front() == '-' || ec != std::errc() || end != part.data() + part.size() || used + 2 > room)
      return -1;
    out[used++] = static_cast<std::uint8_t>(value >> 8);
    out[used++] = static_cast<std::uint8_t>(value & 255);
    if (colon == std::string_view::npos) break;
    text = text.substr(colon + 1);
    if (text.empty()) return -1;
  }
  return used;
}

}  // namespace

bool IpAddress::is_v4() const { return std::equal(v4_prefix.begin(), v4_prefix.end(), bytes.begin()); }

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  IpAddress out;
  if (text.find(':') == std::string_view::npos) {
    std::copy(v4_prefix.begin(), v4_prefix.end(), out.bytes.begin());
    if (!parse_v4(text, out.bytes.data() + 12)) return {};
    return out;
  }
  const auto gap = text.find("::");
  if (gap == std::string_view::npos) {
    if (parse_groups(text, out.bytes.data(), 16) != 16) return {};
    return out;
  }
  if (text.find("::", gap + 1) != std::string_view::npos) return {};
  const int head = parse_groups(text.substr(0, gap), out.bytes.data(), 14);
  std::array<std::uint8_t, 16> tail{};
  const int rest = parse_groups(text.substr(gap + 2), tail.data(), 14);
  if (head < 0 || rest < 0 || head + rest > 14) return {};
  std::copy(tail.begin(), tail.begin() + rest, out.bytes.end() - rest);
  return out;
}

base::Result<AddressList> AddressList::parse(const std::vector<std::string>& networks, std::string_view field) {
  AddressList out;
  for (std::size_t i = 0; i < networks.size(); ++i) {
    const std::string_view text = networks[i];
    const auto refuse = [&](const char* zh, const char* en) {
      return base::Error(base::Code::invalid_field).with_field(fmt::format("{}/{}", field, i), base::Text(zh, en));
    };
    const auto slash = text.find('/');
    const auto address = IpAddress::parse(text.substr(0, slash));
    if (!address)
      return refuse("应为 IP 地址或网段，如 10.8.0.0/16、2001:db8::/32",
                    "must be an address or a network such as 10.8.0.0/16 or 2001:db8::/32");
    const bool v4 = text.find(':') == std::string_view::npos;
    int bits = v4 ? 32 : 128;
    if (slash != std::string_view::npos) {
      const auto part = text.substr(slash + 1);
      int given = 0;
      const auto [end, ec] = std::from_chars(part.data(), part.data() + part.size(), given);
      if (part.empty() || ec != std::errc() || end != part.data() + part.size() || given < 0 || given > bits)
        return refuse("网段长度不正确", "the length of the network is wrong");
      bits = given;
    }
    Network network{*address, v4 ? bits + 96 : bits};
    for (int bit = network.bits; bit < 128; ++bit)
      if ((network.address.bytes[static_cast<std::size_t>(bit / 8)] >> (7 - bit % 8)) & 1)
        return refuse("网段地址在长度之外还有非零位", "the network has bits set beyond its length");
    out.networks_.push_back(network);
  }
  return out;
}

bool AddressList::allows(std::string_view address) const {
  if (networks_.empty()) return true;
  const auto parsed = IpAddress::parse(address);
  if (!parsed) return false;
  return std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
    const auto whole = static_cast<std::size_t>(network.bits / 8);
    if (!std::equal(parsed->bytes.begin(), parsed->bytes.begin() + static_cast<std::ptrdiff_t>(whole), network.address.bytes.begin()))
      return false;
    const int rest = network.bits % 8;
    if (rest == 0) return true;
    const auto mask = static_cast<std::uint8_t>(0xFF << (8 - rest));
    return (parsed->bytes[whole] & mask) == (network.address.bytes[whole] & mask);
  });
}

}  // namespace quanji::domain
