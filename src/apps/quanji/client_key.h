// The access key of an API client: two lines in a file only its owner reads, and the headers it signs a request with.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/secret.h"
#include "domain/signature.h"

namespace quanji::apps {

struct ClientKey {
  std::string access_key;
  base::Secret secret;
};

// Two lines: the access key, its secret. Refused when others than the owner may read the file.
base::Result<ClientKey> read_client_key(const std::string& path);
// `text` is wiped, whatever comes of it.
base::Result<ClientKey> parse_client_key(std::string& text, const std::string& from);
// Mode 0600; what stood there is replaced in one step.
base::Status keep_client_key(const std::string& path, const ClientKey& key);

// "hmac-sha256", "hmac-sm3" or as on the wire.
base::Result<domain::SignatureAlgorithm> signature_from_text(std::string_view text);

struct Signed {
  std::string_view method, target, body;  // target: path and query as sent
  std::string_view on_behalf_of;          // empty: the client calls for itself
};
using Headers = std::vector<std::pair<std::string, std::string>>;
base::Result<Headers> signature_headers(const ClientKey& key, domain::SignatureAlgorithm algorithm, const Signed& request,
                                        base::Clock& clock, base::Random& random);

}  // namespace quanji::apps
