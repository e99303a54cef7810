// Signed requests: the exact bytes a client signs, and the reading of its headers. Pure.
//
// The string to sign is eight lines joined by one line feed, without one at the end:
//   QJ1-HMAC-SHA256 or QJ1-HMAC-SM3
//   the method, upper case
//   the path as sent (still percent-encoded, without the query)
//   the query: pairs joined by &, each name=value, percent-encoded again by RFC 3986, sorted by encoded name, then by encoded value
//   X-Timestamp, Unix seconds
//   X-Nonce
//   X-On-Behalf-Of, or nothing
//   the digest of the body by the same hash, in lower hex (also of an empty body); a body too long to be held is announced by its digest in
//   X-Body-Digest, and refused at its end when it is another
// X-Signature: <algorithm> <64 lower hex of the HMAC under the secret as the client was given it, its 43 characters>
// Reads foreign bytes: fuzz/signature.cpp
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/digest.h"
#include "base/result.h"

namespace quanji::domain {

inline constexpr std::int64_t signature_window_seconds = 300;
inline constexpr std::size_t canonical_query_limit = 16 << 10;  // bytes of the query as sent

enum class SignatureAlgorithm : std::uint8_t { hmac_sha256, hmac_sm3 };
std::string_view to_text(SignatureAlgorithm algorithm);  // as on the wire: "QJ1-HMAC-SHA256"
base::Hash hash_of(SignatureAlgorithm algorithm);
base::Mac mac_of(SignatureAlgorithm algorithm);

// The headers as they came; views of the request.
struct SignatureHeaders {
  std::string_view access_key, timestamp, nonce, signature, on_behalf_of;
  bool any() const { return !access_key.empty() || !signature.empty(); }
};
// What they say, checked for form only.
struct SignedRequest {
  std::string access_key;  // "QJAK" and 20 of base32
  std::int64_t timestamp = 0;
  std::string nonce;
  std::string on_behalf_of;  // empty: the client calls for itself
  SignatureAlgorithm algorithm{};
  base::Digest tag{};
};
// bad_signature with a sentence that names the header and its form.
base::Result<SignedRequest> parse_signature(const SignatureHeaders& headers);

// A pair without "=" is a pair with an empty value; "+" is a space, as everywhere in queries here; empty pieces are dropped.
// bad_signature when an escape is broken, too_large over canonical_query_limit.
base::Result<std::string> canonical_query(std::string_view query);
// One text by RFC 3986: letters, digits and -._~ stay, every other byte is %XX in upper case.
void append_percent_encoded(std::string& out, std::string_view text);

struct SignatureSubject {
  SignatureAlgorithm algorithm{};
  std::string_view method, path, query;  // as sent
  std::string_view timestamp, nonce, on_behalf_of;
  std::string_view body;
  std::string_view body_digest{};  // lower hex by the algorithm's hash, instead of body: of one that has not come yet
};
// bad_signature when the path holds a control character or a space, which no client can send.
base::Result<std::string> string_to_sign(const SignatureSubject& subject);

// Not more than 300 s from `now`, both ways; the sentence tells the platform's time.
base::Status check_timestamp(std::int64_t timestamp, base::Time now);
bool is_nonce(std::string_view text);       // 16 to 64 of [A-Za-z0-9_-]
bool is_access_key(std::string_view text);  // QJAK and 20 of [A-Z2-7]

}  // namespace quanji::domain
