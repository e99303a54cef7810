// Envelopes, sealed texts, stored password hashes, keys and signatures as a changed database or a foreign program may give them.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/certificates.h"
#include "base/crypto.h"
#include "base/keyring.h"

using namespace quanji::base;

namespace {

// A root key that lives in memory, with the same bytes in every run.
class RootKeyInMemory final : public RootKey {
 public:
  std::string id() const override { return "root-0000000000000000"; }
  Result<std::string> wrap(const Secret& key, std::string_view what, Suite, Random& random) const override {
    QUANJI_TRY(const auto sealed, seal(Cipher::aes_256_gcm, key_, key.reveal_bytes(), bytes_of(what), random));
    return to_text(sealed);
  }
  Result<Secret> unwrap(std::string_view wrapped, std::string_view what) const override {
    QUANJI_TRY(const auto sealed, parse_sealed(wrapped));
    return open(sealed, key_, bytes_of(what));
  }

 private:
  Secret key_ = Secret::of_size(32);
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static SeededRandom random(1);
  static const auto ring = Keyring::create(std::make_unique<RootKeyInMemory>(), Suite::intl, random).value();
  const auto text = text_of({data, size});
  const auto kek = kek_of(text);
  // Nothing that was not sealed here opens.
  if (ring.open({"t", "r", "c", 1}, text).ok()) std::abort();
  if (const auto moved = ring.rewrap(text); moved.ok() && *moved != text) std::abort();
  if (const auto sealed = parse_sealed(text); sealed.ok() && to_text(*sealed) != text) std::abort();
  if (Keyring::load(std::make_unique<RootKeyInMemory>(), text, random).ok()) std::abort();
  // A hash that asks for much work is not worked out here.
  if (needs_rehash(text, Suite::gm)) (void)needs_rehash(text, Suite::intl);
  if (const auto raw = signature_from_der({data, size}); raw.ok() && signature_to_der(*raw).value() != Bytes(data, data + size))
    std::abort();
  if (const auto raw = sm2_ciphertext_from_der({data, size}); raw.ok() && !sm2_ciphertext_to_der(*raw).ok()) std::abort();
  (void)PublicKey::from_der({data, size});
  (void)PublicKey::from_pem(text);
  (void)read_certificate(text);
  (void)key_of_request(text);
  (void)kek;
  return 0;
}
