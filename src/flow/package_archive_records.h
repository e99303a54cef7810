// The three records of a zip archive, field by field, as package_archive.h uses them. Numbers are little-endian (APPNOTE.TXT 4.3.7, 4.3.12,
// 4.3.16).
// Reads its own bytes only: package_archive.cpp, which is fuzzed, gives it bytes of checked length
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace quanji::flow::records {

inline constexpr std::uint32_t local_mark = 0x04034B50, central_mark = 0x02014B50, ending_mark = 0x06054B50,
                               zip64_locator_mark = 0x07064B50;
inline constexpr std::size_t local_size = 30, central_size = 46, ending_size = 22, zip64_locator_size = 20;
inline constexpr std::uint16_t flag_utf8 = 1U << 11;

// Takes and puts numbers one after the other. The reader never reads behind its text: what is missing is zero.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}
  std::uint16_t two() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t four() { return number(4); }

 private:
  std::uint32_t number(std::size_t size) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size && at_ + i < text_.size(); ++i)
      value |= static_cast<std::uint32_t>(static_cast<unsigned char>(text_[at_ + i])) << (8 * i);
    at_ += size;
    return value;
  }
  std::string_view text_;
  std::size_t at_ = 0;
};
inline void put_two(std::string& out, std::uint32_t value) {
  out += static_cast<char>(value & 0xFF);
  out += static_cast<char>(value >> 8 & 0xFF);
}
inline void put_four(std::string& out, std::uint32_t value) {
  put_two(out, value & 0xFFFF);
  put_two(out, value >> 16);
}

// What local header and central directory both say; without mark and name.
struct Shared {
  std::uint16_t needed = 20, flags = 0, method = 0, time = 0, date = 0;
  std::uint32_t checksum = 0, packed = 0, size = 0;
  std::uint16_t name_size = 0, extra_size = 0;

  static Shared take(Reader& reader) {
    Shared s;
    s.needed = reader.two();
    s.flags = reader.two();
    s.method = reader.two();
    s.time = reader.two();
    s.date = reader.two();
    s.checksum = reader.four();
    s.packed = reader.four();
    s.size = reader.four();
    s.name_size = reader.two();
    s.extra_size = reader.two();
    return s;
  }
  void put(std::string& out) const {
    for (const std::uint16_t value : {needed, flags, method, time, date}) put_two(out, value);
    for (const std::uint32_t value : {checksum, packed, size}) put_four(out, value);
    for (const std::uint16_t value : {name_size, extra_size}) put_two(out, value);
  }
  friend bool operator==(const Shared&, const Shared&) = default;
};
struct Central {
  std::uint16_t made_by = 3U << 8 | 20;  // Unix, 2.0
  Shared shared;
  std::uint16_t comment_size = 0, disk = 0, internal = 0;
  std::uint32_t external = 0100644U << 16;  // a plain file, 0644
  std::uint32_t offset = 0;                 // of the local header

  static Central take(Reader& reader) {
    Central c;
    c.made_by = reader.two();
    c.shared = Shared::take(reader);
    c.comment_size = reader.two();
    c.disk = reader.two();
    c.internal = reader.two();
    c.external = reader.four();
    c.offset = reader.four();
    return c;
  }
  void put(std::string& out) const {
    put_two(out, made_by);
    shared.put(out);
    for (const std::uint16_t value : {comment_size, disk, internal}) put_two(out, value);
    put_four(out, external);
    put_four(out, offset);
  }
};
struct Ending {
  std::uint16_t disk = 0, directory_disk = 0, entries_here = 0, entries = 0;
  std::uint32_t directory_size = 0, directory_offset = 0;
  std::uint16_t comment_size = 0;

  static Ending take(Reader& reader) {
    Ending e;
    e.disk = reader.two();
    e.directory_disk = reader.two();
    e.entries_here = reader.two();
    e.entries = reader.two();
    e.directory_size = reader.four();
    e.directory_offset = reader.four();
    e.comment_size = reader.two();
    return e;
  }
  void put(std::string& out) const {
    for (const std::uint16_t value : {disk, directory_disk, entries_here, entries}) put_two(out, value);
    put_four(out, directory_size);
    put_four(out, directory_offset);
    put_two(out, comment_size);
  }
};

}  // namespace quanji::flow::records
