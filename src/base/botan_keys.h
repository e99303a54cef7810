// What crypto and certificates share of Botan; not for other rooms.
#pragma once
#include <botan/pk_keys.h>
#include <botan/rng.h>

#include <memory>
#include <string>

#include "base/crypto.h"
#include "base/random.h"

namespace quanji::base {

// Lets Botan draw from a base::Random.
class RandomForBotan final : public Botan::RandomNumberGenerator {
 public:
  explicit RandomForBotan(Random& random) : random_(random) {}
  void randomize(std::uint8_t output[], std::size_t length) override { random_.fill({output, length}); }
  bool accepts_input() const override { return false; }
  void add_entropy(const std::uint8_t[], std::size_t) override {}
  std::string name() const override { return "quanji"; }
  void clear() override {}
  bool is_seeded() const override { return true; }

 private:
  Random& random_;
};

struct PublicKey::State {
  KeyKind kind{};
  std::unique_ptr<Botan::Public_Key> key;
};
struct PrivateKey::State {
  KeyKind kind{};
  std::unique_ptr<Botan::Private_Key> key;
};

// Takes a key as Botan read it; refuses what is none of our kinds.
Result<PublicKey> adopt(std::unique_ptr<Botan::Public_Key> key);

}  // namespace quanji::base
