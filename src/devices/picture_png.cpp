#include <png.h>

#include <cstring>

#include "devices/picture_formats.h"

namespace quanji::devices {

base::Result<Picture> read_png(std::string_view bytes, const std::string& name, const PictureInfo& info) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  const auto broken = [&] {
    return bad_picture(name, "PNG 已损坏或不完整；请重新取得文件。", "the PNG is damaged or incomplete; get the file again.",
                       std::string(image.message));
  };
  if (::png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) == 0) return broken();
  if (image.width != info.width || image.height != info.height) {
    ::png_image_free(&image);
    return broken();
  }
  image.format = PNG_FORMAT_RGBA;
  Picture picture{info.width, info.height, {}};
  picture.pixels.resize(std::size_t{info.width} * info.height * 4);
  // Warnings are told of chunks that are not needed; a picture that was cut off is an error.
  if (::png_image_finish_read(&image, nullptr, picture.pixels.data(), 0, nullptr) == 0) return broken();
  return picture;
}

base::Result<std::string> write_png(const Picture& picture) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = picture.width;
  image.height = picture.height;
  const bool opaque = picture.is_opaque();
  image.format = opaque ? PNG_FORMAT_RGB : PNG_FORMAT_RGBA;
  const auto rgb = opaque ? without_alpha(picture) : std::vector<std::uint8_t>();
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string out(size, '\0');
  if (::png_image_write_to_memory(&image, out.data(), &size, 0, opaque ? rgb.data() : picture.pixels.data(), 0, nullptr) == 0)
    return base::Error(base::Code::bug, "libpng: " + std::string(image.message));
  out.resize(size);
  return out;
}

}  // namespace quanji::devices
