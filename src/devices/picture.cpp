#include "devices/picture.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encodings.h"
#include "devices/picture_formats.h"

namespace quanji::devices {
namespace {

constexpr std::string_view png_mark = "\x89PNG\r\n\x1a\n";

std::uint32_t big_endian(std::string_view bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = (number << 8U) | static_cast<std::uint8_t>(bytes[at + i]);
  return number;
}

base::Result<PictureInfo> png_info(std::string_view bytes, const std::string& name) {
  if (bytes.size() < 33 || bytes.substr(12, 4) != "IHDR")
    return bad_picture(name, "PNG 的文件头不完整；文件可能被截断。", "the header of the PNG is incomplete; the file may be cut off.");
  return PictureInfo{PictureFormat::png, big_endian(bytes, 16), big_endian(bytes, 20)};
}

// What else a stranger may call a picture.
std::string_view other_kind(std::string_view bytes) {
  if (bytes.starts_with("GIF8")) return "GIF";
  if (bytes.starts_with("RIFF") && bytes.size() > 12 && bytes.substr(8, 4) == "WEBP") return "WebP";
  if (bytes.starts_with(std::string_view("II*\0", 4)) || bytes.starts_with(std::string_view("MM\0*", 4))) return "TIFF";
  if (bytes.size() > 12 && bytes.substr(4, 4) == "ftyp") return "HEIC/AVIF";
  if (bytes.starts_with("%PDF")) return "PDF";
  if (bytes.starts_with("<svg") || bytes.starts_with("<?xml")) return "SVG";
  return {};
}

base::Result<PictureInfo> header_of(std::string_view bytes, const std::string& name) {
  if (bytes.starts_with(png_mark)) return png_info(bytes, name);
  if (bytes.starts_with("\xFF\xD8")) return jpg_info(bytes, name);
  if (bytes.starts_with("BM")) return bmp_info(bytes, name);
  if (const auto other = other_kind(bytes); !other.empty())
    return unsupported_picture(name, fmt::format("这是 {}；只读 PNG、JPEG 和 BMP，请先转换。", other),
                               fmt::format("this is {}; only PNG, JPEG and BMP are read, convert it first.", other));
  if (bytes.empty()) return bad_picture(name, "文件是空的。", "the file is empty.");
  return bad_picture(name, "不是图片：文件头既不是 PNG、JPEG，也不是 BMP。",
                     "this is no picture: it begins like none of PNG, JPEG and BMP.");
}

}  // namespace

base::Error bad_picture(const std::string& name, std::string_view zh, std::string_view en, std::string detail) {
  const auto shown = base::repair_utf8(name);
  return base::Error(base::Code::invalid_field, base::Text(fmt::format("图片 {}：{}", shown, zh), fmt::format("Picture {}: {}", shown, en)),
                     std::move(detail));
}
base::Error unsupported_picture(const std::string& name, std::string_view zh, std::string_view en) {
  const auto shown = base::repair_utf8(name);
  return base::Error(base::Code::not_supported,
                     base::Text(fmt::format("图片 {}：{}", shown, zh), fmt::format("Picture {}: {}", shown, en)));
}

std::string_view word_of(PictureFormat format) {
  constexpr std::string_view words[] = {"png", "jpg", "bmp"};
  return words[static_cast<std::size_t>(format)];
}
std::optional<PictureFormat> picture_format_of_name(std::string_view name) {
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  std::string ending(name.substr(dot + 1));
  std::ranges::transform(ending, ending.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (ending == "png") return PictureFormat::png;
  if (ending == "jpg" || ending == "jpeg") return PictureFormat::jpg;
  if (ending == "bmp") return PictureFormat::bmp;
  return std::nullopt;
}

bool Picture::is_opaque() const {
  for (std::size_t i = 3; i < pixels.size(); i += 4)
    if (pixels[i] != 255) return false;
  return true;
}

base::Result<PictureInfo> picture_info(std::string_view bytes, const std::string& name, const PictureLimits& limits) {
  const auto shown = base::repair_utf8(name);
  if (bytes.size() > limits.bytes)
    return base::Error(base::Code::too_large, base::Text(fmt::format("图片 {} 超过 {} MiB。", shown, limits.bytes >> 20U),
                                                         fmt::format("Picture {} has more than {} MiB.", shown, limits.bytes >> 20U)));
  QUANJI_TRY(const auto info, header_of(bytes, name));
  if (info.width == 0 || info.height == 0) return bad_picture(name, "宽或高为 0。", "its width or height is 0.");
  if (info.width > limits.side || info.height > limits.side || std::uint64_t{info.width} * info.height > limits.pixels)
    return base::Error(
        base::Code::too_large,
        base::Text(fmt::format("图片 {} 有 {}×{} 像素，超过上限：边长 {}、共 {} 像素；请先缩小。", shown, info.width, info.height,
                               limits.side, limits.pixels),
                   fmt::format("Picture {} has {}×{} pixels, beyond the limits of {} a side and {} altogether; make it smaller first.",
                               shown, info.width, info.height, limits.side, limits.pixels)));
  return info;
}

base::Result<Picture> read_picture(std::string_view bytes, const std::string& name, const PictureLimits& limits) {
  QUANJI_TRY(const auto info, picture_info(bytes, name, limits));
  switch (info.format) {
    case PictureFormat::png:
      return read_png(bytes, name, info);
    case PictureFormat::jpg:
      return read_jpg(bytes, name, info);
    default:
      return read_bmp(bytes, name, info);
  }
}

base::Result<std::string> write_picture(const Picture& picture, PictureFormat format, int quality) {
  switch (format) {
    case PictureFormat::png:
      return write_png(picture);
    case PictureFormat::jpg:
      return write_jpg(picture, std::clamp(quality, 1, 100));
    default:
      return write_bmp(picture);
  }
}

std::vector<std::uint8_t> without_alpha(const Picture& picture) {
  std::vector<std::uint8_t> rgb(picture.pixels.size() / 4 * 3);
  for (std::size_t from = 0, to = 0; from + 3 < picture.pixels.size(); from += 4, to += 3) {
    const unsigned alpha = picture.pixels[from + 3];
    for (std::size_t c = 0; c < 3; ++c)
      rgb[to + c] = static_cast<std::uint8_t>((picture.pixels[from + c] * alpha + 255U * (255U - alpha) + 127U) / 255U);
  }
  return rgb;
}

}  // namespace quanji::devices
