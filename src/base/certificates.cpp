#include "base/certificates.h"

#include <arpa/inet.h>
#include <botan/ber_dec.h>
#include <botan/data_src.h>
#include <botan/der_enc.h>
#include <botan/pkcs10.h>
#include <botan/pubkey.h>
#include <botan/x509_ca.h>
#include <botan/x509_ext.h>
#include <botan/x509_key.h>
#include <botan/x509cert.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/botan_keys.h"
#include "base/encodings.h"

namespace quanji::base {
namespace {

constexpr std::int64_t second = 1'000'000;
const Botan::OID& names_oid() {
  static const Botan::OID oid("2.5.29.17");
  return oid;
}
// RFC 5280, 4.2.1.6: the context tags of GeneralName.
constexpr std::uint32_t dns_tag = 2, address_tag = 7;

Error unreadable(const Text& what, std::string detail) {
  return Error(Code::invalid_field, Text(what.zh + "无法读取：应为 PEM 格式。", what.en + " cannot be read: it must be PEM."),
               std::move(detail));
}
Error bug(std::string_view what, const std::exception& e) { return Error(Code::bug, fmt::format("{}: {}", what, e.what())); }

// The names of a server, ready-made: Botan's own extension writes no IPv6 addresses.
class ServerNames final : public Botan::Certificate_Extension {
 public:
  explicit ServerNames(std::vector<std::uint8_t> der) : der_(std::move(der)) {}
  Botan::OID oid_of() const override { return names_oid(); }
  std::string oid_name() const override { return "X509v3.SubjectAlternativeName"; }
  Botan::Certificate_Extension* copy() const override { return new ServerNames(der_); }
  void contents_to(Botan::Data_Store&, Botan::Data_Store&) const override {}

 private:
  std::vector<std::uint8_t> encode_inner() const override { return der_; }
  void decode_inner(const std::vector<std::uint8_t>& der) override { der_ = der; }
  std::vector<std::uint8_t> der_;
};

bool is_dns_name(std::string_view name) {
  if (name.empty() || name.size() > 253) return false;
  if (name.starts_with("*.")) name.remove_prefix(2);
  std::size_t label = 0;
  for (std::size_t i = 0; i <= name.size(); ++i) {
    if (i == name.size() || name[i] == '.') {
      if (label == 0 || label > 63 || name[i - 1] == '-') return false;
      label = 0;
      continue;
    }
    const char c = name[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (!letter && !(c == '-' && label > 0)) return false;
    ++label;
  }
  return true;
}

Result<std::vector<std::uint8_t>> encode_names(const std::vector<std::string>& names) {
  if (names.empty())
    return Error(Code::invalid_field,
                 Text("服务器证书至少要有一个名称或地址。", "A server certificate needs at least one name or address."));
  std::vector<std::uint8_t> der;
  Botan::DER_Encoder encoder(der);
  encoder.start_cons(Botan::SEQUENCE);
  for (const auto& name : names) {
    std::array<std::uint8_t, 16> address{};
    if (::inet_pton(AF_INET, name.c_str(), address.data()) == 1) {
      encoder.add_object(static_cast<Botan::ASN1_Tag>(address_tag), Botan::CONTEXT_SPECIFIC, address.data(), 4);
    } else if (::inet_pton(AF_INET6, name.c_str(), address.data()) == 1) {
      encoder.add_object(static_cast<Botan::ASN1_Tag>(address_tag), Botan::CONTEXT_SPECIFIC, address.data(), 16);
    } else if (is_dns_name(name)) {
      encoder.add_object(static_cast<Botan::ASN1_Tag>(dns_tag), Botan::CONTEXT_SPECIFIC, bytes_of(name).data(), name.size());
    } else {
      return Error(Code::invalid_field, Text(fmt::format("“{}”不是域名，也不是 IP 地址。", repair_utf8(name)),
                                             fmt::format("\"{}\" is neither a DNS name nor an address.", repair_utf8(name))));
    }
  }
  encoder.end_cons();
  return der;
}

Result<Botan::X509_DN> name_of(const Subject& subject) {
  const auto fits = [](std::string_view text) {
    return is_utf8(text) && utf8_length(text) <= 64 && text.find('\0') == std::string_view::npos;
  };
  if (subject.common_name.empty() || !fits(subject.common_name) || !fits(subject.organization))
    return Error(Code::invalid_field, Text("证书主体名称应为 1 至 64 个字符。", "The name in a certificate is 1 to 64 characters."));
  Botan::X509_DN name;
  name.add_attribute("X520.CommonName", subject.common_name);
  if (!subject.organization.empty()) name.add_attribute("X520.Organization", subject.organization);
  return name;
}
Status check(Validity v) {
  // RFC 5280 counts years with four digits.
  if (v.from.micros < 0 || v.until <= v.from || v.until.micros > 253'402'300'799 * second)
    return Error(Code::invalid_field, Text("证书有效期的结束应晚于开始。", "A certificate must end after it begins."));
  return {};
}
Botan::X509_Time botan_time(Time t) {
  return Botan::X509_Time(std::chrono::system_clock::time_point(std::chrono::seconds(t.micros / second)));
}
Time our_time(const Botan::X509_Time& t) { return {static_cast<std::int64_t>(t.time_since_epoch()) * second}; }

Status must_be_p256(const PublicKey& key) {
  if (key.kind() == KeyKind::ecdsa_p256) return {};
  return Error(Code::invalid_field, Text("证书的密钥应为 P-256。", "The key of a certificate must be P-256."));
}
std::vector<std::uint8_t> key_id(const PublicKey& key) {
  const auto digest = sha256(key.to_raw());
  return {digest.begin(), digest.begin() + 20};
}

enum class Role : std::uint8_t { authority, server, client };
// What every certificate of ours carries, by its role.
void add_role(Botan::Extensions& extensions, Role role) {
  using namespace Botan::Cert_Extension;
  if (role == Role::authority) {
    extensions.add(new Basic_Constraints(true, 0), true);
    extensions.add(new Key_Usage(static_cast<Botan::Key_Constraints>(Botan::KEY_CERT_SIGN | Botan::CRL_SIGN)), true);
    return;
  }
  extensions.add(new Basic_Constraints(false), true);
  extensions.add(new Key_Usage(Botan::DIGITAL_SIGNATURE), true);
  extensions.add(new Extended_Key_Usage({Botan::OID(role == Role::server ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2")}), false);
}

struct Issuer {
  PrivateKey key;
  PublicKey public_key;
  Botan::X509_DN name;
};
Result<Issuer> issuer_of(const Authority& authority) {
  QUANJI_TRY(auto key, PrivateKey::from_pem(authority.key_pem));
  try {
    Botan::DataSource_Memory source(authority.certificate_pem);
    const Botan::X509_Certificate certificate(source);
    auto public_key = key.public_key();
    if (certificate.subject_public_key_info() != public_key.to_der())
      return Error(Code::invalid_field,
                   Text("颁发机构的证书与私钥不相配。", "The authority's certificate and key do not belong together."));
    return Issuer{std::move(key), std::move(public_key), certificate.subject_dn()};
  } catch (const std::exception& e) {
    return unreadable({"颁发机构证书", "The authority's certificate"}, e.what());
  }
}

Result<std::string> make(const Issuer& issuer, const PublicKey& key, const Botan::X509_DN& subject, Role role, Validity validity,
                         std::vector<std::uint8_t> names, Random& random) {
  try {
    RandomForBotan rng(random);
    Botan::Extensions extensions;
    add_role(extensions, role);
    extensions.add(new Botan::Cert_Extension::Subject_Key_ID(key_id(key)));
    extensions.add(new Botan::Cert_Extension::Authority_Key_ID(key_id(issuer.public_key)));
    if (!names.empty()) extensions.add(new ServerNames(std::move(names)));
    Botan::AlgorithmIdentifier algorithm;
    const std::unique_ptr<Botan::PK_Signer> signer(Botan::choose_sig_format(*issuer.key.state().key, rng, "SHA-256", algorithm));
    return Botan::X509_CA::make_cert(signer.get(), rng, algorithm, key.to_der(), botan_time(validity.from), botan_time(validity.until),
                                     issuer.name, subject, extensions)
        .PEM_encode();
  } catch (const std::exception& e) {
    return bug("making a certificate", e);
  }
}

}  // namespace

Result<Authority> make_authority(const Subject& subject, Validity validity, Random& random) {
  QUANJI_DO(check(validity));
  QUANJI_TRY(const auto name, name_of(subject));
  auto key = PrivateKey::generate(KeyKind::ecdsa_p256, random);
  auto public_key = key.public_key();
  auto pem = key.to_pem();
  const Issuer self{std::move(key), std::move(public_key), name};
  QUANJI_TRY(auto certificate, make(self, self.public_key, name, Role::authority, validity, {}, random));
  return Authority{std::move(pem), std::move(certificate)};
}

Result<std::string> issue_server_certificate(const Authority& authority, const PublicKey& key, const Subject& subject,
                                             const std::vector<std::string>& names, Validity validity, Random& random) {
  QUANJI_DO(check(validity));
  QUANJI_DO(must_be_p256(key));
  QUANJI_TRY(const auto name, name_of(subject));
  QUANJI_TRY(auto encoded, encode_names(names));
  QUANJI_TRY(const auto issuer, issuer_of(authority));
  return make(issuer, key, name, Role::server, validity, std::move(encoded), random);
}

Result<std::string> issue_client_certificate(const Authority& authority, std::string_view request_pem, const Subject& subject,
                                             Validity validity, Random& random) {
  QUANJI_DO(check(validity));
  QUANJI_TRY(const auto name, name_of(subject));
  QUANJI_TRY(const auto key, key_of_request(request_pem));
  QUANJI_DO(must_be_p256(key));
  QUANJI_TRY(const auto issuer, issuer_of(authority));
  return make(issuer, key, name, Role::client, validity, {}, random);
}

Result<std::string> make_request(const PrivateKey& key, const Subject& subject, Random& random) {
  if (key.kind() != KeyKind::ecdsa_p256) return must_be_p256(key.public_key()).error().clone();
  QUANJI_TRY(const auto name, name_of(subject));
  try {
    RandomForBotan rng(random);
    return Botan::PKCS10_Request::create(*key.state().key, name, Botan::Extensions(), "SHA-256", rng).PEM_encode();
  } catch (const std::exception& e) {
    return bug("making a certificate request", e);
  }
}

Result<PublicKey> key_of_request(std::string_view request_pem) {
  try {
    Botan::DataSource_Memory source(bytes_of(request_pem).data(), request_pem.size());
    const Botan::PKCS10_Request request(source);
    std::unique_ptr<Botan::Public_Key> key(request.subject_public_key());
    // The signature shows that the asker holds the private key.
    if (!request.check_signature(*key))
      return Error(Code::bad_signature, Text("证书请求的签名不正确。", "The signature of the certificate request does not hold."));
    return adopt(std::move(key));
  } catch (const std::exception& e) {
    return unreadable({"证书请求", "The certificate request"}, e.what());
  }
}

Result<CertificateFacts> read_certificate(std::string_view pem) {
  try {
    Botan::DataSource_Memory source(bytes_of(pem).data(), pem.size());
    const Botan::X509_Certificate certificate(source);
    CertificateFacts facts;
    facts.subject = certificate.subject_dn().get_first_attribute("X520.CommonName");
    facts.organization = certificate.subject_dn().get_first_attribute("X520.Organization");
    facts.issuer = certificate.issuer_dn().get_first_attribute("X520.CommonName");
    facts.serial = hex(certificate.serial_number());
    facts.from = our_time(certificate.not_before());
    facts.until = our_time(certificate.not_after());
    facts.fingerprint = sha256(certificate.BER_encode());
    facts.spki_digest = sha256(certificate.subject_public_key_info());
    facts.authority = certificate.is_CA_cert();
    facts.for_servers = certificate.has_ex_constraint(Botan::OID("1.3.6.1.5.5.7.3.1"));
    facts.for_clients = certificate.has_ex_constraint(Botan::OID("1.3.6.1.5.5.7.3.2"));
    if (!certificate.v3_extensions().extension_set(names_oid())) return facts;
    const auto der = certificate.v3_extensions().get_extension_bits(names_oid());
    Botan::BER_Decoder outer(der.data(), der.size());
    auto names = outer.start_cons(Botan::SEQUENCE);
    while (names.more_items()) {
      const auto item = names.get_next_object();
      if (item.is_a(dns_tag, Botan::CONTEXT_SPECIFIC)) {
        facts.dns_names.emplace_back(text_of({item.bits(), item.length()}));
      } else if (item.is_a(address_tag, Botan::CONTEXT_SPECIFIC) && (item.length() == 4 || item.length() == 16)) {
        std::array<char, INET6_ADDRSTRLEN> room{};
        facts.addresses.emplace_back(::inet_ntop(item.length() == 4 ? AF_INET : AF_INET6, item.bits(), room.data(), room.size()));
      }
    }
    return facts;
  } catch (const std::exception& e) {
    return unreadable({"证书", "The certificate"}, e.what());
  }
}

Status check_issued_by(std::string_view certificate_pem, std::string_view authority_pem) {
  try {
    Botan::DataSource_Memory source(bytes_of(certificate_pem).data(), certificate_pem.size());
    const Botan::X509_Certificate certificate(source);
    Botan::DataSource_Memory authority_source(bytes_of(authority_pem).data(), authority_pem.size());
    const Botan::X509_Certificate authority(authority_source);
    if (authority.is_CA_cert() && certificate.issuer_dn() == authority.subject_dn() &&
        certificate.check_signature(*authority.load_subject_public_key()))
      return {};
    return Error(Code::bad_signature, Text("证书不是由该机构颁发的。", "The certificate was not issued by this authority."));
  } catch (const std::exception& e) {
    return unreadable({"证书", "The certificate"}, e.what());
  }
}

}  // namespace quanji::base
