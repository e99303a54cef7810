// The keys and certificates of one installation: its keyring, its local authority, and the server's own certificate.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/certificates.h"
#include "base/keyring.h"
#include "storage/store.h"

namespace quanji::services {

struct Installation {
  std::shared_ptr<const base::Keyring> keyring;
  base::Authority authority;      // P-256; robots and the server are signed by it
  base::Digest authority_spki{};  // what enrolment codes carry
  std::string server_chain;       // PEM: the server's certificate, then the authority's
  base::Secret server_key;
};

// Reads what the first start made, or makes it: root key file <data>/keys/root.key (0400), everything else in the database under it.
// `names`: what the server is called (DNS names and addresses). A certificate with less than 30 days left is renewed.
base::Result<Installation> open_installation(storage::Store& store, const std::string& data_dir, base::Suite suite,
                                             const std::vector<std::string>& names, base::Clock& clock, base::Random& random);

}  // namespace quanji::services
