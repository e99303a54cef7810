// Addresses and allow-lists of networks: "10.8.0.0/16", "192.0.2.7", "2001:db8::/32". Pure.
// Reads foreign bytes: fuzz/signature.cpp
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace quanji::domain {

// Always 16 bytes; IPv4 as ::ffff:a.b.c.d.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};
  bool is_v4() const;
  bool operator==(const IpAddress&) const = default;
  // Dotted IPv4 (four decimal numbers without leading zeros) or IPv6 by RFC 4291, without zone, brackets or port.
  static std::optional<IpAddress> parse(std::string_view text);
};

class AddressList {
 public:
  // Each an address or a network. invalid_field naming the entry; bits beyond the prefix are refused ("10.8.0.1/16").
  static base::Result<AddressList> parse(const std::vector<std::string>& networks, std::string_view field = "addresses");
  bool empty() const { return networks_.empty(); }
  // An empty list allows every address, also one that is not an IP address (a local socket).
  bool allows(std::string_view address) const;

 private:
  struct Network {
    IpAddress address;
    int bits = 128;
  };
  std::vector<Network> networks_;
};

}  // namespace quanji::domain
