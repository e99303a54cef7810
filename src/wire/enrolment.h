// How a robot joins: one call with a one-time code, answered with a certificate for a key the robot made itself.
//
// POST https://HOST:7444/robot-gateway/v1/enrol, without a client certificate. The code is `qje_` + 43 characters of base64url (256 bits
// of secret) + `.` + 32 lower-hex digits: the first 16 bytes of SHA-256 over the SubjectPublicKeyInfo of the platform's authority. The
// platform's TLS chain holds the authority's certificate after its own, so the robot can check the chain against the digest before it
// sends the secret: nothing is trusted on first use.
// Reads foreign bytes: fuzz/enrolment_code.cpp
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/fields.h"
#include "base/result.h"
#include "base/secret.h"
#include "wire/robot_contract.h"

namespace quanji::wire {

inline constexpr std::string_view enrol_path = "/robot-gateway/v1/enrol";

struct EnrolmentCode {
  base::Secret secret;                       // the text before the point, "qje_…": what the platform keeps a hash of
  std::array<std::uint8_t, 16> authority{};  // first half of the digest
  // Failures never quote the code.
  static base::Result<EnrolmentCode> parse(std::string_view text);
  static EnrolmentCode make(base::Random& random, const base::Digest& authority_spki);
  base::Secret text() const;
  bool names(const base::Digest& authority_spki) const;
};

struct EnrolRequest {
  base::Secret code;    // "qje_…" without the point and what follows
  std::string name;     // what the robot wants to be called
  std::string request;  // PKCS#10, PEM, P-256, signed by the robot's key
  std::string version;  // of the program
  std::string os, arch;
  std::int64_t slots = 1;
  static const base::FieldList& fields();
};
// The JSON of a request with its code in it (the ordinary encoder leaves secrets out). Wiped by Secret.
base::Secret enrol_body(const EnrolRequest& request);

// In the usual envelope {code:0, message, requestId, data: EnrolAnswer}.
struct EnrolAnswer {
  RobotId robot;
  std::string name;
  std::string certificate;  // PEM, for the request's key, client use
  std::string authority;    // PEM of the platform's authority; the robot compares it with the code
  base::Time renew_after;
  static const base::FieldList& fields();
};

}  // namespace quanji::wire
