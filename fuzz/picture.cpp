// Pictures of strangers: what is read has the size its header said, and written as PNG or BMP it reads the same. Input: a byte of choices,
// then the file.
#include "devices/picture.h"

#include <cstdint>

#include "base/bytes.h"
#include "base/encodings.h"
#include "devices/picture_compare.h"
#include "devices/picture_formats.h"
#include "must.h"

using namespace quanji;
using namespace quanji::devices;

namespace {
void check_refusal(const base::Error& error) {
  must(!error.message().zh.empty() && !error.message().en.empty() && base::is_utf8(error.message().zh) &&
       base::is_utf8(error.message().en));
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = base::text_of({data + 1, size - 1});
  const PictureLimits limits{.bytes = 1U << 20U, .pixels = 40'000, .side = 2'000};
  const auto info = picture_info(bytes, "p", limits);
  const auto picture = read_picture(bytes, "p", limits);
  if (!info.ok()) {
    check_refusal(info.error());
    must(!picture.ok());
    return 0;
  }
  const auto direct = info->format == PictureFormat::png   ? read_png(bytes, "p", *info)
                      : info->format == PictureFormat::jpg ? read_jpg(bytes, "p", *info)
                                                           : read_bmp(bytes, "p", *info);
  must(direct.ok() == picture.ok());
  must(info->width <= limits.side && info->height <= limits.side);
  if (!picture.ok()) {
    check_refusal(picture.error());
    return 0;
  }
  must(picture->width == info->width && picture->height == info->height);
  must(picture->pixels.size() == std::size_t{info->width} * info->height * 4);
  const auto format = (data[0] & 1U) != 0 ? PictureFormat::bmp : PictureFormat::png;
  const auto again = read_picture(write_picture(*picture, format).value(), "p", limits);
  must(again.ok() && again->width == picture->width && again->height == picture->height);
  if (format == PictureFormat::png || picture->is_opaque()) must(again->pixels == picture->pixels);
  const auto small = scaled(*picture, 1 + data[0] % 7, 1 + data[0] % 5);
  must(differences(small, small, 0, {}).differing == 0);
  const PictureArea corner{0, 0, 1 + data[0] % picture->width, 1 + data[0] % picture->height};
  const auto found = places_of(cut_out(*picture, corner), *picture, corner, 0, 2, [] { return true; });
  must(found.size() == 1 && found[0] == corner);
  return 0;
}
