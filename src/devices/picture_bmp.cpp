#include <algorithm>
#include <array>
#include <bit>

#include "devices/picture_formats.h"

namespace quanji::devices {
namespace {

constexpr std::uint32_t file_header = 14, core_header = 12, info_header = 40;
constexpr std::uint32_t plain = 0, bit_fields = 3, alpha_bit_fields = 6;

// Little-endian numbers at places that lie within the bytes.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}
  std::uint8_t byte(std::size_t at) const { return static_cast<std::uint8_t>(bytes_[at]); }
  std::uint32_t two(std::size_t at) const { return byte(at) | static_cast<std::uint32_t>(byte(at + 1)) << 8U; }
  std::uint32_t four(std::size_t at) const { return two(at) | two(at + 2) << 16U; }
  std::size_t size() const { return bytes_.size(); }

 private:
  std::string_view bytes_;
};

struct Header {
  std::uint32_t size = 0, width = 0, height = 0, bits = 0, packing = plain, colours = 0, pixels = 0;
  bool from_top = false;
};

base::Result<Header> header_of(const Bytes& bytes, const std::string& name) {
  const auto cut = [&] {
    return bad_picture(name, "BMP 的文件头不完整；文件可能被截断。", "the header of the BMP is incomplete; the file may be cut off.");
  };
  if (bytes.size() < file_header + core_header) return cut();
  Header header;
  header.pixels = bytes.four(10);
  header.size = bytes.four(14);
  if (header.size == core_header) {
    header.width = bytes.two(18);
    header.height = bytes.two(20);
    header.bits = bytes.two(24);
  } else {
    if (header.size < info_header || header.size > 1'024 || bytes.size() < file_header + header.size) return cut();
    const auto width = static_cast<std::int32_t>(bytes.four(18)), height = static_cast<std::int32_t>(bytes.four(22));
    if (width < 0 || height == INT32_MIN) return cut();
    header.width = static_cast<std::uint32_t>(width);
    header.height = static_cast<std::uint32_t>(height < 0 ? -height : height);
    header.from_top = height < 0;
    header.bits = bytes.two(28);
    header.packing = bytes.four(30);
    header.colours = bytes.four(46);
  }
  const bool known_bits =
      header.bits == 1 || header.bits == 4 || header.bits == 8 || header.bits == 16 || header.bits == 24 || header.bits == 32;
  const bool masked = header.packing == bit_fields || header.packing == alpha_bit_fields;
  if (!known_bits || (header.packing != plain && !(masked && (header.bits == 16 || header.bits == 32))))
    return unsupported_picture(name, "这种压缩的 BMP 不支持；请另存为 PNG。", "a BMP packed in this way is not read; save it as PNG.");
  return header;
}

// One channel of a pixel of 16 or 32 bits.
struct Channel {
  std::uint32_t mask = 0;
  std::uint8_t of(std::uint32_t pixel, std::uint8_t otherwise) const {
    if (mask == 0) return otherwise;
    const auto shift = static_cast<unsigned>(std::countr_zero(mask));
    const std::uint64_t most = mask >> shift;
    return static_cast<std::uint8_t>((((pixel & mask) >> shift) * std::uint64_t{255} + most / 2) / most);
  }
};

class Reading {
 public:
  Reading(std::string_view bytes, const std::string& name, const Header& header) : bytes_(bytes), name_(name), header_(header) {}

  base::Result<Picture> run() {
    QUANJI_DO(prepare());
    const std::uint64_t stride = (std::uint64_t{header_.width} * header_.bits + 31) / 32 * 4;
    if (header_.pixels < file_header + header_.size || header_.pixels > bytes_.size() ||
        stride * header_.height > bytes_.size() - header_.pixels)
      return bad_picture(name_, "BMP 的像素不完整；请重新取得文件。", "the BMP ends before its pixels do; get the file again.");
    Picture picture{header_.width, header_.height, {}};
    picture.pixels.resize(std::size_t{header_.width} * header_.height * 4);
    for (std::uint32_t y = 0; y < header_.height; ++y) {
      const std::uint64_t row = header_.from_top ? y : header_.height - 1 - y;
      for (std::uint32_t x = 0; x < header_.width; ++x)
        if (!pixel(static_cast<std::size_t>(header_.pixels + row * stride), x, picture.at(x, y)))
          return bad_picture(name_, "像素用到了调色板里没有的颜色。", "a pixel has a colour that its palette does not have.");
    }
    return picture;
  }

 private:
  base::Status prepare() {
    const std::size_t behind = file_header + header_.size;
    if (header_.bits <= 8) {
      const std::size_t entry = header_.size == core_header ? 3 : 4;
      std::size_t count = header_.colours == 0 ? std::size_t{1} << header_.bits : header_.colours;
      if (header_.colours > 256 || bytes_.size() < behind + count * entry)
        return bad_picture(name_, "BMP 的调色板不完整。", "the palette of the BMP is incomplete.");
      for (; colours_ < count; ++colours_) {
        const auto at = behind + colours_ * entry;
        palette_[colours_] = {bytes_.byte(at + 2), bytes_.byte(at + 1), bytes_.byte(at), 255};
      }
      return {};
    }
    if (header_.packing == plain) {
      if (header_.bits == 16) masks_ = {Channel{0x7C00}, Channel{0x03E0}, Channel{0x001F}, Channel{0}};
      if (header_.bits == 32) masks_ = {Channel{0xFF0000}, Channel{0xFF00}, Channel{0xFF}, Channel{0}};
      return {};
    }
    // The masks stand behind a plain header and inside of the later ones, at the same place.
    if (bytes_.size() < file_header + info_header + 16)
      return bad_picture(name_, "BMP 的文件头不完整。", "the header of the BMP is incomplete.");
    for (std::size_t c = 0; c < 3; ++c) masks_[c].mask = bytes_.four(file_header + info_header + c * 4);
    if (header_.packing == alpha_bit_fields || header_.size >= 56) masks_[3].mask = bytes_.four(file_header + info_header + 12);
    return {};
  }
  bool pixel(std::size_t row, std::uint32_t x, std::uint8_t* to) const {
    if (header_.bits <= 8) {
      const std::size_t bit = std::size_t{x} * header_.bits;
      const auto shift = 8 - header_.bits - bit % 8;
      const auto index = (bytes_.byte(row + bit / 8) >> shift) & ((1U << header_.bits) - 1U);
      if (index >= colours_) return false;
      std::ranges::copy(palette_[index], to);
      return true;
    }
    if (header_.bits == 24) {
      const auto at = row + std::size_t{x} * 3;
      to[0] = bytes_.byte(at + 2);
      to[1] = bytes_.byte(at + 1);
      to[2] = bytes_.byte(at);
      to[3] = 255;
      return true;
    }
    const auto value = header_.bits == 16 ? bytes_.two(row + std::size_t{x} * 2) : bytes_.four(row + std::size_t{x} * 4);
    for (std::size_t c = 0; c < 4; ++c) to[c] = masks_[c].of(value, c == 3 ? 255 : 0);
    return true;
  }

  Bytes bytes_;
  const std::string& name_;
  const Header& header_;
  std::array<std::array<std::uint8_t, 4>, 256> palette_ = {};
  std::size_t colours_ = 0;
  std::array<Channel, 4> masks_;
};

void append(std::string& out, std::uint32_t number, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(number >> (8U * static_cast<unsigned>(i)) & 0xFFU);
}

}  // namespace

base::Result<PictureInfo> bmp_info(std::string_view bytes, const std::string& name) {
  QUANJI_TRY(const auto header, header_of(Bytes(bytes), name));
  return PictureInfo{PictureFormat::bmp, header.width, header.height};
}
base::Result<Picture> read_bmp(std::string_view bytes, const std::string& name, const PictureInfo&) {
  QUANJI_TRY(const auto header, header_of(Bytes(bytes), name));
  return Reading(bytes, name, header).run();
}

std::string write_bmp(const Picture& picture) {
  const auto rgb = without_alpha(picture);
  const std::uint32_t stride = (picture.width * 3 + 3) / 4 * 4;
  const std::uint32_t begin = file_header + info_header;
  std::string out = "BM";
  out.reserve(begin + std::size_t{stride} * picture.height);
  append(out, begin + stride * picture.height, 4);
  append(out, 0, 4);
  append(out, begin, 4);
  append(out, info_header, 4);
  append(out, picture.width, 4);
  append(out, picture.height, 4);
  append(out, 1, 2);
  append(out, 24, 2);
  append(out, plain, 4);
  append(out, stride * picture.height, 4);
  append(out, 3'780, 4);  // pixels a metre: 96 an inch
  append(out, 3'780, 4);
  append(out, 0, 4);
  append(out, 0, 4);
  for (std::uint32_t y = picture.height; y-- > 0;) {
    for (std::uint32_t x = 0; x < picture.width; ++x) {
      const auto* pixel = rgb.data() + (std::size_t{y} * picture.width + x) * 3;
      for (const auto c : {pixel[2], pixel[1], pixel[0]}) out += static_cast<char>(c);
    }
    out.append(stride - picture.width * 3, '\0');
  }
  return out;
}

}  // namespace quanji::devices
