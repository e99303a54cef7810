// Keys under keys: a root key from a port, key-encryption keys wrapped by it, a data key for each secret wrapped by one of those.
// The keyring knows no database: its caller stores the document and the envelopes.
// Reads foreign bytes: fuzz/envelope.cpp
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace quanji::base {

// Where the root key lives. A file today; shares and PKCS#11 implement the same two calls without a change of any format.
class RootKey {
 public:
  virtual ~RootKey() = default;
  virtual std::string id() const = 0;
  // `what` names the thing wrapped and is bound in. The text is the port's own.
  virtual Result<std::string> wrap(const Secret& key, std::string_view what, Suite suite, Random& random) const = 0;
  virtual Result<Secret> unwrap(std::string_view wrapped, std::string_view what) const = 0;
};

// The file: four lines of ASCII, each ended by a line feed, mode 0400:
//   quanji-root-key 1
//   id root-<16 hex>
//   key <64 hex>
//   sum <first 16 hex of SHA-256 over the three lines before>
// Made whole or not at all, never overwritten.
Result<std::unique_ptr<RootKey>> create_root_key_file(const std::string& path, Random& random);
// Refused with a sentence when it is missing, not a plain file, readable by others, writable, or damaged.
Result<std::unique_ptr<RootKey>> load_root_key_file(const std::string& path);

// Where a secret stands. Bound in: an envelope copied to another row, column or version does not open.
struct SecretPlace {
  std::string_view table, row, column;
  std::int64_t version = 1;
};

// A key for one purpose; keep `id` beside every MAC made with it.
struct PurposeKey {
  std::string id;  // "mac-1"
  Mac mac{};
  Secret key;
  MacKey prepare() const { return MacKey(mac, key); }
};

// Any thread.
class Keyring {
 public:
  // `random` must outlive the keyring.
  static Result<Keyring> create(std::unique_ptr<RootKey> root, Suite suite, Random& random);
  static Result<Keyring> load(std::unique_ptr<RootKey> root, std::string_view document, Random& random);
  Keyring(Keyring&&) noexcept;
  Keyring& operator=(Keyring&&) noexcept;
  ~Keyring();

  // JSON, holds wrapped keys only; store it whenever a new_… call changed it, before the first envelope that needs it.
  std::string document() const;
  Suite suite() const;

  // "qj1.<cipher>.<kek id>.<wrapped data key>.<nonce>.<ciphertext>", binary parts base64url.
  Result<std::string> seal(const SecretPlace& place, const Secret& plain) const;
  // Code::bad_signature when changed, cut or standing elsewhere; Code::not_found when its key-encryption key is not here.
  Result<Secret> open(const SecretPlace& place, std::string_view envelope) const;

  // Rotation: a new key-encryption key becomes the current one; old envelopes go on opening and are rewrapped one by one.
  // Another suite may be given: new envelopes use it. Returns the id.
  Result<std::string> new_kek(Suite suite);
  std::string current_kek() const;
  std::vector<std::string> keks() const;
  // The same secret under the current key-encryption key; the ciphertext stays as it is. Unchanged text when it is current already.
  Result<std::string> rewrap(std::string_view envelope) const;
  // Refused for the current one. The caller makes sure that no envelope names it.
  Status drop_kek(std::string_view id);

  // By HKDF from a wrapped master: the same purpose and id give the same key for ever.
  PurposeKey mac_key(std::string_view purpose) const;
  Result<PurposeKey> mac_key(std::string_view purpose, std::string_view id) const;
  Result<std::string> new_mac_master();

 private:
  struct State;
  explicit Keyring(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The id of the key-encryption key an envelope names. Reads foreign text: fuzzed.
Result<std::string> kek_of(std::string_view envelope);

}  // namespace quanji::base
