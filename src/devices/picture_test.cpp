#include "devices/picture.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "devices/picture_compare.h"

namespace quanji::devices {
namespace {

using namespace std::string_view_literals;

// Noise of a seed: no two places of some size are alike.
Picture noise(std::uint32_t width, std::uint32_t height, std::uint64_t seed, bool opaque = true) {
  Picture picture{width, height, {}};
  std::uint64_t state = seed * 2 + 1;
  for (std::size_t i = 0; i < std::size_t{width} * height; ++i) {
    state = state * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
    for (unsigned c = 0; c < 3; ++c) picture.pixels.push_back(static_cast<std::uint8_t>(state >> (32U + c * 8U)));
    picture.pixels.push_back(opaque ? 255 : static_cast<std::uint8_t>(state >> 56U));
  }
  return picture;
}
Picture flat(std::uint32_t width, std::uint32_t height, std::uint8_t grey) {
  Picture picture{width, height, std::vector<std::uint8_t>(std::size_t{width} * height * 4, grey)};
  for (std::size_t i = 3; i < picture.pixels.size(); i += 4) picture.pixels[i] = 255;
  return picture;
}
std::string packed(const Picture& picture, PictureFormat format) { return write_picture(picture, format).value(); }
std::string refusal(std::string_view bytes, const PictureLimits& limits = {}) {
  const auto read = read_picture(bytes, "p", limits);
  return read.ok() ? "read" : read.error().message().en;
}

TEST(Pictures, PngAndBmpAreReadBackPixelForPixel) {
  for (const auto& [width, height] : {std::pair{1U, 1U}, {3U, 2U}, {17U, 5U}, {64U, 33U}}) {
    const auto picture = noise(width, height, width);
    for (const auto format : {PictureFormat::png, PictureFormat::bmp}) {
      const auto bytes = packed(picture, format);
      EXPECT_EQ(read_picture(bytes, "p").value(), picture) << word_of(format) << width;
      const auto info = picture_info(bytes, "p").value();
      EXPECT_EQ(info.format, format);
      EXPECT_EQ(info.width, width);
      EXPECT_EQ(info.height, height);
    }
    const auto clear = noise(width, height, width, false);
    EXPECT_EQ(read_picture(packed(clear, PictureFormat::png), "p").value(), clear);
  }
}
TEST(Pictures, JpegComesCloseAndItsQualityCounts) {
  const auto picture = flat(40, 30, 77);
  const auto bytes = packed(picture, PictureFormat::jpg);
  const auto read = read_picture(bytes, "p").value();
  EXPECT_EQ(differences(picture, read, 1, {}).differing, 0U);
  const auto rough = noise(64, 64, 3);
  EXPECT_LT(write_picture(rough, PictureFormat::jpg, 20)->size(), write_picture(rough, PictureFormat::jpg, 95)->size());
}
TEST(Pictures, WhatIsTransparentIsLaidOnWhite) {
  Picture clear{1, 1, {10, 20, 30, 0}};
  EXPECT_EQ(read_picture(packed(clear, PictureFormat::bmp), "p")->pixels, (std::vector<std::uint8_t>{255, 255, 255, 255}));
}
TEST(Pictures, AFileThatIsCutOffAnywhereIsRefused) {
  const auto picture = noise(20, 20, 9);
  for (const auto format : {PictureFormat::png, PictureFormat::jpg, PictureFormat::bmp}) {
    const auto bytes = packed(picture, format);
    for (std::size_t size = 0; size + 16 < bytes.size(); size += 7)
      EXPECT_NE(refusal(bytes.substr(0, size)), "read") << word_of(format) << size;
  }
}
TEST(Pictures, DamageInsideOfAPngIsRefused) {
  auto bytes = packed(noise(20, 20, 9), PictureFormat::png);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x40);
  EXPECT_EQ(refusal(bytes), "Picture p: the PNG is damaged or incomplete; get the file again.");
}
TEST(Pictures, SizesAreCheckedBeforeAnythingIsUnpacked) {
  // 50 000 × 50 000 in 57 bytes: the header alone, claimed by each format.
  const std::string png("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xC3\x50\0\0\xC3\x50\x08\x02\0\0\0\0\0\0\0\0\0\0\0\0"sv);
  EXPECT_EQ(refusal(png),
            "Picture p has 50000×50000 pixels, beyond the limits of 65500 a side and 100000000 altogether; make it smaller first.");
  auto bmp = packed(flat(2, 2, 0), PictureFormat::bmp);
  bmp[19] = bmp[23] = '\x7F';
  EXPECT_NE(refusal(bmp).find("beyond the limits"), std::string::npos);
  const auto small = packed(flat(11, 10, 0), PictureFormat::jpg);
  EXPECT_EQ(refusal(small, {.pixels = 110}), "read");
  EXPECT_NE(refusal(small, {.pixels = 109}).find("11×10 pixels"), std::string::npos);
  EXPECT_NE(refusal(small, {.side = 10}).find("11×10 pixels"), std::string::npos);
  EXPECT_EQ(read_picture(small, "p", {.bytes = 10}).error().code(), base::Code::too_large);
}
TEST(Pictures, OtherKindsAreToldByName) {
  EXPECT_NE(refusal("GIF89a…").find("this is GIF"), std::string::npos);
  EXPECT_NE(refusal(std::string_view("II*\0 and more", 13)).find("this is TIFF"), std::string::npos);
  EXPECT_NE(refusal("RIFF....WEBPVP8 ").find("this is WebP"), std::string::npos);
  EXPECT_EQ(read_picture("GIF89a", "p").error().code(), base::Code::not_supported);
  EXPECT_EQ(refusal(""), "Picture p: the file is empty.");
  EXPECT_EQ(refusal("hello"), "Picture p: this is no picture: it begins like none of PNG, JPEG and BMP.");
}

// A BMP as other programs write it: header, palette or masks, rows.
std::string bmp_of(std::uint32_t bits, std::int32_t width, std::int32_t height, std::uint32_t packing, std::string_view behind,
                   std::string_view rows, std::uint32_t colours = 0) {
  std::string out = "BM";
  const auto put = [&](std::uint32_t number, int bytes) {
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(number >> (8U * static_cast<unsigned>(i)) & 0xFFU);
  };
  put(0, 4);
  put(0, 4);
  put(static_cast<std::uint32_t>(54 + behind.size()), 4);
  put(40, 4);
  put(static_cast<std::uint32_t>(width), 4);
  put(static_cast<std::uint32_t>(height), 4);
  put(1, 2);
  put(bits, 2);
  put(packing, 4);
  for (int i = 0; i < 3; ++i) put(0, 4);
  put(colours, 4);
  put(0, 4);
  return out + std::string(behind) + std::string(rows);
}
TEST(Pictures, BitmapsOfPalettesMasksAndBothDirectionsAreRead) {
  const std::string palette("\x00\x00\xFF\x00\xFF\x00\x00\x00", 8);  // red, blue
  const auto two = read_picture(bmp_of(1, 3, 1, 0, palette, std::string("\x40\0\0\0", 4), 2), "p");
  ASSERT_TRUE(two.ok());
  EXPECT_EQ(two->pixels, (std::vector<std::uint8_t>{255, 0, 0, 255, 0, 0, 255, 255, 255, 0, 0, 255}));
  const auto outside = bmp_of(4, 1, 1, 0, palette, std::string("\x20\0\0\0", 4), 2);
  EXPECT_NE(refusal(outside).find("palette does not have"), std::string::npos);
  // 5-6-5 by masks; from the top.
  const std::string masks("\x00\xF8\0\0\xE0\x07\0\0\x1F\0\0\0\0\0\0\0", 16);
  const auto masked = read_picture(bmp_of(16, 1, -2, 3, masks, std::string("\x00\xF8\0\0\xE0\x07\0\0", 8)), "p");
  ASSERT_TRUE(masked.ok()) << masked.error().message().en;
  EXPECT_EQ(masked->pixels, (std::vector<std::uint8_t>{255, 0, 0, 255, 0, 255, 0, 255}));
  EXPECT_EQ(read_picture(bmp_of(8, 1, 1, 1, palette, "1234"), "p").error().code(), base::Code::not_supported);
  EXPECT_NE(refusal(bmp_of(24, 4, 4, 0, "", "12345678")).find("ends before its pixels do"), std::string::npos);
}

TEST(PicturesCompared, DifferingPixelsAreCountedExactly) {
  base::SeededRandom random(7);
  const auto ours = flat(50, 40, 100);
  auto theirs = ours;
  std::size_t changed = 0;
  for (std::uint32_t i = 0; i < 30; ++i) {
    auto* pixel = theirs.at(i + 5, (i * 7) % 40);
    pixel[i % 3] = static_cast<std::uint8_t>(100 + 10 + i % 2);  // by 10, or by 11
    ++changed;
  }
  EXPECT_EQ(differences(ours, theirs, 0, {}).differing, changed);
  EXPECT_EQ(differences(ours, theirs, 9, {}).differing, changed);
  EXPECT_EQ(differences(ours, theirs, 10, {}).differing, changed / 2);
  EXPECT_EQ(differences(ours, theirs, 11, {}).differing, 0U);
  EXPECT_EQ(differences(ours, theirs, 0, {}).compared, 2'000U);
}
TEST(PicturesCompared, TheAreaHoldsAllDifferencesAndIgnoredOnesDoNotCount) {
  const auto ours = flat(20, 20, 0);
  auto theirs = ours;
  *theirs.at(3, 4) = 1;
  *theirs.at(9, 2) = 1;
  *theirs.at(19, 19) = 1;
  EXPECT_EQ(differences(ours, theirs, 0, {}).area, (PictureArea{3, 2, 17, 18}));
  const PictureArea ignored[] = {{19, 19, 1, 1}, {18, 0, 2, 20}};
  const auto found = differences(ours, theirs, 0, ignored);
  EXPECT_EQ(found.area, (PictureArea{3, 2, 7, 3}));
  EXPECT_EQ(found.differing, 2U);
  EXPECT_EQ(found.compared, 360U);
  EXPECT_EQ(differences(ours, ours, 0, {}).area, std::nullopt);
}
TEST(PicturesCompared, APartIsFoundAtItsExactPlaces) {
  const auto always = [] { return true; };
  auto large = noise(120, 90, 1);
  const auto part = cut_out(large, {31, 42, 13, 11});
  const PictureArea all{0, 0, 120, 90};
  using Places = std::vector<PictureArea>;
  EXPECT_EQ(places_of(part, large, all, 0, 10, always), (Places{{31, 42, 13, 11}}));
  // Once more, over the right and lower edge of the search area or not.
  for (std::uint32_t y = 0; y < 11; ++y) std::copy_n(part.at(0, y), 13 * 4, large.at(107, 79 + y));
  EXPECT_EQ(places_of(part, large, all, 0, 10, always), (Places{{31, 42, 13, 11}, {107, 79, 13, 11}}));
  EXPECT_EQ(places_of(part, large, {0, 0, 119, 90}, 0, 10, always), (Places{{31, 42, 13, 11}}));
  EXPECT_EQ(places_of(part, large, all, 0, 1, always).size(), 1U);
  *large.at(35, 50) ^= 3U;
  EXPECT_EQ(places_of(part, large, all, 0, 10, always), (Places{{107, 79, 13, 11}}));
  EXPECT_EQ(places_of(part, large, all, 3, 10, always).size(), 2U);
  EXPECT_TRUE(places_of(large, part, {0, 0, 13, 11}, 0, 10, always).empty());
  EXPECT_EQ(places_of(flat(2, 2, 5), flat(4, 3, 5), {0, 0, 4, 3}, 0, 100, always).size(), 6U);
  EXPECT_TRUE(places_of(part, large, all, 0, 10, [] { return false; }).empty());
}
TEST(PicturesCompared, ScalingKeepsFlatColoursAndTheMean) {
  EXPECT_EQ(scaled(flat(7, 5, 90), 3, 11), flat(3, 11, 90));
  const Picture halves{2, 1, {0, 0, 0, 255, 200, 100, 50, 255}};
  EXPECT_EQ(scaled(halves, 1, 1).pixels, (std::vector<std::uint8_t>{100, 50, 25, 255}));
  // What is transparent gives its colour to nobody.
  const Picture clear{2, 1, {255, 255, 255, 0, 10, 20, 30, 255}};
  EXPECT_EQ(scaled(clear, 1, 1).pixels, (std::vector<std::uint8_t>{10, 20, 30, 128}));
  const auto some = noise(9, 9, 4);
  EXPECT_EQ(scaled(some, 9, 9), some);
}

}  // namespace
}  // namespace quanji::devices
