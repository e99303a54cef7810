// Bytes that must not be seen: zeroed when they go, never printed, never turned into JSON, copied only by name.
#pragma once
#include <boost/json/fwd.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace quanji::base {

class Random;

// Same length and same bytes; takes the same time wherever they differ (lengths are not secret).
bool equal_in_constant_time(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b);
bool equal_in_constant_time(std::string_view a, std::string_view b);
// Overwrites so that no optimiser takes it away.
void wipe(std::span<std::uint8_t> bytes);
void wipe(std::string& text);  // also leaves it empty

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text);
  explicit Secret(std::span<const std::uint8_t> bytes);
  static Secret random(Random& random, std::size_t size);
  // Takes the text over and wipes the place it stood in.
  static Secret take(std::string& text);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  Secret clone() const;
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  // The one way out. The view lives as long as the Secret; do not copy it into a std::string that is kept.
  std::string_view reveal() const { return {reinterpret_cast<const char*>(bytes_.get()), size_}; }
  std::span<const std::uint8_t> reveal_bytes() const { return {bytes_.get(), size_}; }
  // For functions that fill a secret in place.
  std::span<std::uint8_t> writable() { return {bytes_.get(), size_}; }
  static Secret of_size(std::size_t size);  // zeroes

  // In constant time.
  friend bool operator==(const Secret& a, const Secret& b) { return equal_in_constant_time(a.reveal_bytes(), b.reveal_bytes()); }

 private:
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t size_ = 0;
};

// Misuse does not compile. fmt has no formatter for it, so fmt and spdlog refuse it too.
template <class Stream>
Stream& operator<<(Stream&, const Secret&) = delete;
void tag_invoke(const boost::json::value_from_tag&, boost::json::value&, const Secret&) = delete;
std::string to_text(const Secret&) = delete;

}  // namespace quanji::base
