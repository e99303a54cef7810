#include "base/secret.h"

#include <string.h>  // explicit_bzero

#include <utility>

#include "base/random.h"

namespace quanji::base {

bool equal_in_constant_time(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) {
  if (a.size() != b.size()) return false;
  // volatile keeps the loop from ending at the first difference.
  volatile std::uint8_t difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference = static_cast<std::uint8_t>(difference | (a[i] ^ b[i]));
  return difference == 0;
}
bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return equal_in_constant_time(std::span{reinterpret_cast<const std::uint8_t*>(a.data()), a.size()},
                                std::span{reinterpret_cast<const std::uint8_t*>(b.data()), b.size()});
}

void wipe(std::span<std::uint8_t> bytes) {
  if (!bytes.empty()) explicit_bzero(bytes.data(), bytes.size());
}
void wipe(std::string& text) {
  // The whole capacity: an earlier, longer text may still stand behind the end.
  text.resize(text.capacity());
  explicit_bzero(text.data(), text.size());
  text.clear();
}

Secret::Secret(std::span<const std::uint8_t> bytes) : size_(bytes.size()) {
  if (bytes.empty()) return;
  bytes_ = std::make_unique<std::uint8_t[]>(size_);
  std::copy(bytes.begin(), bytes.end(), bytes_.get());
}
Secret::Secret(std::string_view text) : Secret(std::span{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}) {}

Secret Secret::of_size(std::size_t size) {
  Secret made;
  made.size_ = size;
  if (size > 0) made.bytes_ = std::make_unique<std::uint8_t[]>(size);
  return made;
}
Secret Secret::random(Random& random, std::size_t size) {
  auto made = of_size(size);
  random.fill(made.writable());
  return made;
}
Secret Secret::take(std::string& text) {
  Secret made{std::string_view(text)};
  wipe(text);
  return made;
}

Secret::Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}
Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe(writable());
    bytes_ = std::move(other.bytes_);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}
Secret::~Secret() { wipe(writable()); }
Secret Secret::clone() const { return Secret(reveal_bytes()); }

}  // namespace quanji::base
