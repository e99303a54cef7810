#include "base/certificates.h"

#include <gtest/gtest.h>

namespace quanji::base {
namespace {

constexpr Time now{1'795'000'000'000'000};
constexpr std::int64_t day = 86'400'000'000;
Time after(std::int64_t days) { return {now.micros + days * day}; }

class Certificates : public testing::Test {
 protected:
  SystemRandom random;
  Authority authority = make_authority({"券机 local authority", "Quanji"}, {now, after(3650)}, random).value();
  PrivateKey key = PrivateKey::generate(KeyKind::ecdsa_p256, random);
};

TEST_F(Certificates, AnAuthoritySaysWhoItIs) {
  const auto facts = read_certificate(authority.certificate_pem).value();
  EXPECT_EQ(facts.subject, "券机 local authority");
  EXPECT_EQ(facts.organization, "Quanji");
  EXPECT_EQ(facts.issuer, facts.subject);
  EXPECT_TRUE(facts.authority);
  EXPECT_FALSE(facts.for_servers || facts.for_clients);
  EXPECT_EQ(facts.from, now);
  EXPECT_EQ(facts.until, after(3650));
  EXPECT_TRUE(check_issued_by(authority.certificate_pem, authority.certificate_pem).ok());
}
TEST_F(Certificates, AServerCertificateHoldsItsNamesAndAddresses) {
  const auto pem = issue_server_certificate(authority, key.public_key(), {"rpa.example.cn", ""},
                                            {"rpa.example.cn", "*.rpa.example.cn", "localhost", "10.0.0.5", "::1", "2001:db8::7"},
                                            {now, after(397)}, random);
  ASSERT_TRUE(pem.ok());
  const auto facts = read_certificate(*pem).value();
  EXPECT_EQ(facts.dns_names, (std::vector<std::string>{"rpa.example.cn", "*.rpa.example.cn", "localhost"}));
  EXPECT_EQ(facts.addresses, (std::vector<std::string>{"10.0.0.5", "::1", "2001:db8::7"}));
  EXPECT_TRUE(facts.for_servers);
  EXPECT_FALSE(facts.for_clients || facts.authority);
  EXPECT_EQ(facts.spki_digest, key.public_key().spki_digest());
  EXPECT_EQ(facts.issuer, "券机 local authority");
  EXPECT_TRUE(check_issued_by(*pem, authority.certificate_pem).ok());
}
TEST_F(Certificates, AClientCertificateTakesOnlyTheKeyFromTheRequest) {
  const auto request = make_request(key, {"I am the administrator", "Anything"}, random).value();
  const auto pem = issue_client_certificate(authority, request, {"rob_01HZZZ", ""}, {now, after(30)}, random).value();
  const auto facts = read_certificate(pem).value();
  EXPECT_EQ(facts.subject, "rob_01HZZZ");
  EXPECT_EQ(facts.organization, "");
  EXPECT_TRUE(facts.for_clients);
  EXPECT_FALSE(facts.for_servers || facts.authority);
  EXPECT_EQ(facts.until, after(30));
  EXPECT_EQ(facts.spki_digest, key.public_key().spki_digest());
  EXPECT_TRUE(facts.dns_names.empty() && facts.addresses.empty());
}
TEST_F(Certificates, ARequestSignedByAnotherKeyIsRefused) {
  auto request = make_request(key, {"robot", ""}, random).value();
  const auto body = from_base64([&] {
                      std::string text;
                      for (std::size_t at = request.find('\n') + 1; request[at] != '-'; ++at)
                        if (request[at] != '\n') text += request[at];
                      return text;
                    }())
                        .value();
  std::size_t refused = 0;
  for (std::size_t i = 0; i < body.size(); i += 7) {
    auto wrong = body;
    wrong[i] ^= 4;
    const auto pem = "-----BEGIN CERTIFICATE REQUEST-----\n" + base64(wrong) + "\n-----END CERTIFICATE REQUEST-----\n";
    EXPECT_FALSE(issue_client_certificate(authority, pem, {"robot", ""}, {now, after(30)}, random).ok()) << i;
    ++refused;
  }
  EXPECT_GT(refused, 20U);
}
TEST_F(Certificates, AnotherAuthorityOfTheSameNameIsNotTheIssuer) {
  const auto other = make_authority({"券机 local authority", "Quanji"}, {now, after(3650)}, random).value();
  const auto request = make_request(key, {"robot", ""}, random).value();
  const auto pem = issue_client_certificate(authority, request, {"robot", ""}, {now, after(30)}, random).value();
  EXPECT_EQ(check_issued_by(pem, other.certificate_pem).error().code(), Code::bad_signature);
  // A client certificate is no authority, even over itself.
  EXPECT_FALSE(check_issued_by(pem, pem).ok());
  const Authority mixed{other.key_pem.clone(), authority.certificate_pem};
  EXPECT_FALSE(issue_client_certificate(mixed, request, {"robot", ""}, {now, after(30)}, random).ok());
}
TEST_F(Certificates, EachHasASerialAndAFingerprintOfItsOwn) {
  const auto request = make_request(key, {"robot", ""}, random).value();
  const auto a = read_certificate(issue_client_certificate(authority, request, {"robot", ""}, {now, after(30)}, random).value()).value();
  const auto b = read_certificate(issue_client_certificate(authority, request, {"robot", ""}, {now, after(30)}, random).value()).value();
  EXPECT_NE(a.serial, b.serial);
  EXPECT_NE(a.fingerprint, b.fingerprint);
  EXPECT_EQ(a.spki_digest, b.spki_digest);
}
TEST_F(Certificates, BadInputIsRefusedWithASentence) {
  const auto server = [&](const std::vector<std::string>& names) {
    return issue_server_certificate(authority, key.public_key(), {"x", ""}, names, {now, after(1)}, random);
  };
  for (const auto* wrong : {"", "bad name", "-a.cn", "a-.cn", "a..cn", "http://a.cn", "10.0.0.256x/24", "名称.cn"})
    EXPECT_EQ(server({wrong}).error().code(), Code::invalid_field) << wrong;
  EXPECT_FALSE(server({}).ok());
  EXPECT_FALSE(issue_server_certificate(authority, key.public_key(), {"x", ""}, {"a.cn"}, {now, now}, random).ok());
  EXPECT_FALSE(issue_server_certificate(authority, key.public_key(), {"", ""}, {"a.cn"}, {now, after(1)}, random).ok());
  EXPECT_FALSE(issue_server_certificate(authority, PrivateKey::generate(KeyKind::sm2, random).public_key(), {"x", ""}, {"a.cn"},
                                        {now, after(1)}, random)
                   .ok());
  EXPECT_FALSE(make_request(PrivateKey::generate(KeyKind::ed25519, random), {"x", ""}, random).ok());
  for (const auto* wrong : {"", "garbage", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"})
    EXPECT_EQ(read_certificate(wrong).error().code(), Code::invalid_field);
}

}  // namespace
}  // namespace quanji::base
