// The formats of pictures, one a file. Inside of this room; every header was checked before (picture.cpp).
// Reads foreign bytes: fuzz/picture.cpp
#pragma once
#include <string>
#include <string_view>

#include "devices/picture.h"

namespace quanji::devices {

// The sentence "picture F: …".
base::Error bad_picture(const std::string& name, std::string_view zh, std::string_view en, std::string detail = {});
base::Error unsupported_picture(const std::string& name, std::string_view zh, std::string_view en);

base::Result<Picture> read_png(std::string_view bytes, const std::string& name, const PictureInfo& info);
base::Result<std::string> write_png(const Picture& picture);

base::Result<PictureInfo> jpg_info(std::string_view bytes, const std::string& name);
base::Result<Picture> read_jpg(std::string_view bytes, const std::string& name, const PictureInfo& info);
base::Result<std::string> write_jpg(const Picture& picture, int quality);

// Windows bitmaps (BITMAPCOREHEADER and BITMAPINFOHEADER to V5) of 1, 4, 8, 16, 24 and 32 bits, not run-length encoded.
base::Result<PictureInfo> bmp_info(std::string_view bytes, const std::string& name);
base::Result<Picture> read_bmp(std::string_view bytes, const std::string& name, const PictureInfo& info);
std::string write_bmp(const Picture& picture);

// Red, green, blue of every pixel, laid on white.
std::vector<std::uint8_t> without_alpha(const Picture& picture);

}  // namespace quanji::devices
