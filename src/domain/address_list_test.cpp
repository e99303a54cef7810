#include "domain/address_list.h"

#include <gtest/gtest.h>

namespace quanji::domain {
namespace {

AddressList list(std::vector<std::string> networks) {
  auto made = AddressList::parse(networks);
  EXPECT_TRUE(made);
  return made ? *made : AddressList{};
}

TEST(AddressList, AllowsWhatLiesInside) {
  const auto allowed = list({"10.8.0.0/13", "192.0.2.7", "2001:db8::/33"});
  for (const auto* in : {"10.8.0.1", "10.15.255.255", "192.0.2.7", "::ffff:10.9.1.1", "2001:db8::1", "2001:db8:7fff::"})
    EXPECT_TRUE(allowed.allows(in)) << in;
  for (const auto* out : {"10.7.255.255", "10.16.0.0", "192.0.2.8", "2001:db8:8000::", "::1", "", "local", "10.8.0.1.2"})
    EXPECT_FALSE(allowed.allows(out)) << out;
}
TEST(AddressList, AnEmptyListAllowsAll) { EXPECT_TRUE(list({}).allows("local")); }
TEST(AddressList, AWholeFamilyIsNotTheOther) {
  EXPECT_TRUE(list({"0.0.0.0/0"}).allows("203.0.113.9"));
  EXPECT_FALSE(list({"0.0.0.0/0"}).allows("2001:db8::1"));
  EXPECT_TRUE(list({"::/0"}).allows("2001:db8::1"));
}
TEST(AddressList, RefusesWhatIsNotANetwork) {
  for (const auto* text :
       {"10.8.0.1/16", "10.8.0.0/33", "10.8.0.0/", "10.8.0.0/-1", "010.8.0.0", "10.8.0", "256.1.1.1", "2001:db8::1/32", "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9", "::1::", ":1", "1:", "::12345", "fe80::1%eth0", "[::1]", "host", "", "::ffff:1.2.3.4.5"})
    EXPECT_FALSE(AddressList::parse({text})) << text;
}
TEST(AddressList, ReadsEveryFormOfIpv6) {
  EXPECT_EQ(IpAddress::parse("::"), IpAddress{});
  EXPECT_EQ(IpAddress::parse("2001:DB8:0:0:0:0:0:1"), IpAddress::parse("2001:db8::1"));
  EXPECT_EQ(IpAddress::parse("::ffff:1.2.3.4"), IpAddress::parse("1.2.3.4"));
  EXPECT_EQ(IpAddress::parse("1:2:3:4:5:6:1.2.3.4"), IpAddress::parse("1:2:3:4:5:6:102:304"));
  EXPECT_TRUE(IpAddress::parse("1::8"));
  EXPECT_FALSE(IpAddress::parse("1:2:3:4:5:6:7::8"));
}

}  // namespace
}  // namespace quanji::domain
