// The file in which one program writes down the statements of SQLite's changes and another runs them again: what a platform really
// executes for one create, value by value.
//
// Records, little-endian: 'T' u32 length, text (a statement; numbered from 0 in the order they come) · 'C' u32 statements, then for each
// u32 number of its text, u32 values, and for each value its type ('n' null, 'i' i64, 't' and 'b' u32 length and bytes).
#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace quanji::bench {

struct Blob {
  std::string bytes;
};
using Bound = std::variant<std::monostate, std::int64_t, std::string, Blob>;
struct TracedStatement {
  std::uint32_t text = 0;
  std::vector<Bound> values;
};
using TracedChange = std::vector<TracedStatement>;

template <class Int>
void put(std::string& out, Int value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof value);
}
inline void put_text(std::string& out, std::string_view text) {
  put(out, static_cast<std::uint32_t>(text.size()));
  out.append(text);
}
inline void put_value(std::string& out, const Bound& value) {
  if (const auto* n = std::get_if<std::int64_t>(&value)) {
    out += 'i';
    put(out, *n);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    out += 't';
    put_text(out, *text);
  } else if (const auto* blob = std::get_if<Blob>(&value)) {
    out += 'b';
    put_text(out, blob->bytes);
  } else {
    out += 'n';
  }
}

// Reads what put wrote; a file cut short ends the program that reads it by an exception.
class TraceReader {
 public:
  explicit TraceReader(std::string bytes) : bytes_(std::move(bytes)) {}
  bool read(std::vector<std::string>& texts, TracedChange& change) {
    while (at_ < bytes_.size()) {
      if (bytes_.at(at_++) == 'T') {
        texts.push_back(text());
        continue;
      }
      change.resize(number<std::uint32_t>());
      for (auto& statement : change) {
        statement.text = number<std::uint32_t>();
        statement.values.resize(number<std::uint32_t>());
        for (auto& one : statement.values) one = value();
      }
      return true;
    }
    return false;
  }

 private:
  template <class Int>
  Int number() {
    Int out;
    std::memcpy(&out, take(sizeof out).data(), sizeof out);
    return out;
  }
  std::string text() { return std::string(take(number<std::uint32_t>())); }
  Bound value() {
    switch (bytes_.at(at_++)) {
      case 'i':
        return number<std::int64_t>();
      case 't':
        return text();
      case 'b':
        return Blob{text()};
      default:
        return {};
    }
  }
  std::string_view take(std::size_t size) {
    const auto out = std::string_view(bytes_).substr(at_, size);
    if (out.size() != size) throw bytes_;
    at_ += size;
    return out;
  }
  std::string bytes_;
  std::size_t at_ = 0;
};

}  // namespace quanji::bench
