#include <turbojpeg.h>

#include <memory>

#include "devices/picture_formats.h"

namespace quanji::devices {
namespace {

struct Close {
  void operator()(void* handle) const { ::tjDestroy(handle); }
};
using Turbo = std::unique_ptr<void, Close>;
const unsigned char* raw(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

base::Error broken(const std::string& name, const Turbo& turbo) {
  return bad_picture(name, "JPEG 已损坏或不完整；请重新取得文件。", "the JPEG is damaged or incomplete; get the file again.",
                     std::string(::tjGetErrorStr2(turbo.get())));
}

}  // namespace

base::Result<PictureInfo> jpg_info(std::string_view bytes, const std::string& name) {
  const Turbo turbo(::tjInitDecompress());
  int width = 0, height = 0, sampling = 0, colours = 0;
  if (!turbo || ::tjDecompressHeader3(turbo.get(), raw(bytes), bytes.size(), &width, &height, &sampling, &colours) != 0)
    return broken(name, turbo);
  if (colours == TJCS_CMYK || colours == TJCS_YCCK)
    return unsupported_picture(name, "这是印刷用的 CMYK 图片；请先转成 RGB。",
                               "this is a CMYK picture for printing; convert it to RGB first.");
  return PictureInfo{PictureFormat::jpg, static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height)};
}

base::Result<Picture> read_jpg(std::string_view bytes, const std::string& name, const PictureInfo& info) {
  const Turbo turbo(::tjInitDecompress());
  Picture picture{info.width, info.height, {}};
  picture.pixels.resize(std::size_t{info.width} * info.height * 4);
  // Many thousand scans over a large picture are a bomb of time: TJFLAG_LIMITSCANS refuses beyond 500.
  const int outcome = turbo ? ::tjDecompress2(turbo.get(), raw(bytes), bytes.size(), picture.pixels.data(), static_cast<int>(info.width), 0,
                                              static_cast<int>(info.height), TJPF_RGBA, TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS)
                            : -1;
  if (outcome != 0) return broken(name, turbo);
  return picture;
}

base::Result<std::string> write_jpg(const Picture& picture, int quality) {
  const Turbo turbo(::tjInitCompress());
  const auto rgb = without_alpha(picture);
  std::string out(::tjBufSize(static_cast<int>(picture.width), static_cast<int>(picture.height), TJSAMP_444), '\0');
  auto* to = reinterpret_cast<unsigned char*>(out.data());
  unsigned long size = out.size();
  // Texts on screens keep their edges only when colours are not halved.
  const int sampling = quality >= 90 ? TJSAMP_444 : TJSAMP_420;
  if (!turbo || ::tjCompress2(turbo.get(), rgb.data(), static_cast<int>(picture.width), 0, static_cast<int>(picture.height), TJPF_RGB, &to,
                              &size, sampling, quality, TJFLAG_ACCURATEDCT | TJFLAG_NOREALLOC) != 0)
    return base::Error(base::Code::bug, "turbojpeg: " + std::string(::tjGetErrorStr2(turbo.get())));
  out.resize(size);
  return out;
}

}  // namespace quanji::devices
