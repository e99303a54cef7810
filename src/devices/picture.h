// Pictures as pixels: PNG, JPEG and BMP read and written, each checked for its size before a byte of it is unpacked.
// Colours are taken as sRGB of 8 bits; finer ones are rounded. A JPEG's turn (Exif) is not applied.
// Reads foreign bytes: fuzz/picture.cpp
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace quanji::devices {

enum class PictureFormat : std::uint8_t { png, jpg, bmp };
std::string_view word_of(PictureFormat format);
// By the ending of a file's name, in any case: png, jpg, jpeg, bmp.
std::optional<PictureFormat> picture_format_of_name(std::string_view name);

struct PictureLimits {
  std::uint64_t bytes = 256ULL << 20U;  // packed
  std::uint64_t pixels = 100'000'000;   // 4 bytes each, unpacked
  std::uint32_t side = 65'500;          // what a JPEG can have
};

struct PictureInfo {
  PictureFormat format = PictureFormat::png;
  std::uint32_t width = 0, height = 0;
};

// Rows from the top, pixels from the left: red, green, blue, alpha (255 is opaque).
struct Picture {
  std::uint32_t width = 0, height = 0;
  std::vector<std::uint8_t> pixels;
  const std::uint8_t* at(std::uint32_t x, std::uint32_t y) const { return pixels.data() + (std::size_t{y} * width + x) * 4; }
  std::uint8_t* at(std::uint32_t x, std::uint32_t y) { return pixels.data() + (std::size_t{y} * width + x) * 4; }
  bool is_opaque() const;
  bool operator==(const Picture&) const = default;
};

// What the header says. `name` is how the file is called in sentences. invalid_field when the bytes are no picture or are broken;
// not_supported for other kinds of pictures, by name; too_large beyond the limits.
base::Result<PictureInfo> picture_info(std::string_view bytes, const std::string& name, const PictureLimits& limits = {});
// The whole picture. A file that is cut off or damaged anywhere is refused, not filled up with grey.
base::Result<Picture> read_picture(std::string_view bytes, const std::string& name, const PictureLimits& limits = {});
// Quality, 1 to 100, counts for JPEG. JPEG and BMP have no transparency: what is transparent is laid on white.
base::Result<std::string> write_picture(const Picture& picture, PictureFormat format, int quality = 90);

}  // namespace quanji::devices
