// Pixels compared, found, cut out and scaled.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "devices/picture.h"

namespace quanji::devices {

// In pixels from the upper left.
struct PictureArea {
  std::uint32_t x = 0, y = 0, width = 0, height = 0;
  bool operator==(const PictureArea&) const = default;
  bool lies_in(std::uint32_t w, std::uint32_t h) const { return x <= w && width <= w - x && y <= h && height <= h - y; }
  bool contains(std::uint32_t px, std::uint32_t py) const { return px >= x && px - x < width && py >= y && py - y < height; }
};

// The area lies in the picture.
Picture cut_out(const Picture& picture, const PictureArea& area);
// Smaller: the mean of what falls into a pixel, transparency weighed; larger: between the nearest. Sizes are at least 1.
Picture scaled(const Picture& picture, std::uint32_t width, std::uint32_t height);

struct Differences {
  std::uint64_t compared = 0;       // pixels that do not lie in an ignored area
  std::uint64_t differing = 0;      // of those: some channel differs by more than the tolerance
  std::optional<PictureArea> area;  // the smallest that holds them all
};
// Both pictures are of one size.
Differences differences(const Picture& ours, const Picture& theirs, std::uint8_t tolerance, std::span<const PictureArea> ignored);

// The places of `part` in an area of `in`, row by row from the top, overlapping ones too, at most `limit`. Every pixel of the part is
// within the tolerance in every channel. `go_on` is asked once a row; false ends the search.
std::vector<PictureArea> places_of(const Picture& part, const Picture& in, const PictureArea& area, std::uint8_t tolerance,
                                   std::size_t limit, const std::function<bool()>& go_on);

}  // namespace quanji::devices
