// Secrets sealed to a key, and the names of such keys, as a foreign or changed peer may send them.
#include "base/seal_to_key.h"

#include <cstdint>
#include <cstdlib>

using namespace quanji::base;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static SeededRandom random(1);
  static const auto intl = PrivateKey::generate(KeyKind::ecdsa_p256, random), gm = PrivateKey::generate(KeyKind::sm2, random);
  const auto text = text_of({data, size});
  // Nothing opens that was not sealed here for this purpose.
  if (open_sealed_to_key(intl, text, "p", random).ok() || open_sealed_to_key(gm, text, "p", random).ok()) std::abort();
  if (const auto key = sealing_key_from_text(text); key.ok() && sealing_key_text(*key) != text) std::abort();
  return 0;
}
