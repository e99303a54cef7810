#include "devices/picture_compare.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace quanji::devices {
namespace {

bool alike(const std::uint8_t* a, const std::uint8_t* b, int tolerance) {
  for (int c = 0; c < 4; ++c)
    if (std::abs(a[c] - b[c]) > tolerance) return false;
  return true;
}
bool rows_alike(const std::uint8_t* a, const std::uint8_t* b, std::size_t pixels, int tolerance) {
  if (tolerance == 0) return std::memcmp(a, b, pixels * 4) == 0;
  for (std::size_t i = 0; i < pixels * 4; ++i)
    if (std::abs(a[i] - b[i]) > tolerance) return false;
  return true;
}

// What each pixel of a row of `to` takes from a row of `from`: first one and weights.
struct Share {
  std::uint32_t first = 0;
  std::vector<float> weights;
};
std::vector<Share> shares(std::uint32_t from, std::uint32_t to) {
  std::vector<Share> made(to);
  const double step = static_cast<double>(from) / to;
  for (std::uint32_t i = 0; i < to; ++i) {
    auto& share = made[i];
    if (step > 1) {  // the mean of what it covers
      const double begin = i * step, end = std::min<double>(from, (i + 1) * step);
      share.first = static_cast<std::uint32_t>(begin);
      for (auto p = share.first; p < from && p < end; ++p)
        share.weights.push_back(static_cast<float>((std::min<double>(end, p + 1.0) - std::max<double>(begin, p)) / (end - begin)));
    } else {
      const double middle = std::clamp((i + 0.5) * step - 0.5, 0.0, from - 1.0);
      share.first = static_cast<std::uint32_t>(middle);
      const auto rest = static_cast<float>(middle - share.first);
      share.weights.push_back(1 - rest);
      if (rest > 0) share.weights.push_back(rest);
    }
  }
  return made;
}

}  // namespace

Picture cut_out(const Picture& picture, const PictureArea& area) {
  Picture out{area.width, area.height, {}};
  out.pixels.resize(std::size_t{area.width} * area.height * 4);
  for (std::uint32_t y = 0; y < area.height; ++y) std::memcpy(out.at(0, y), picture.at(area.x, area.y + y), std::size_t{area.width} * 4);
  return out;
}

Picture scaled(const Picture& picture, std::uint32_t width, std::uint32_t height) {
  if (width == picture.width && height == picture.height) return picture;
  const auto across = shares(picture.width, width), down = shares(picture.height, height);
  Picture out{width, height, {}};
  out.pixels.resize(std::size_t{width} * height * 4);
  std::vector<float> line(std::size_t{picture.width} * 4);  // red, green, blue times alpha, and alpha
  for (std::uint32_t y = 0; y < height; ++y) {
    std::ranges::fill(line, 0.0F);
    for (std::size_t k = 0; k < down[y].weights.size(); ++k) {
      const auto* from = picture.at(0, down[y].first + static_cast<std::uint32_t>(k));
      const auto weight = down[y].weights[k];
      for (std::size_t x = 0; x < picture.width; ++x) {
        const auto alpha = weight * from[x * 4 + 3];
        for (std::size_t c = 0; c < 3; ++c) line[x * 4 + c] += alpha * from[x * 4 + c];
        line[x * 4 + 3] += alpha;
      }
    }
    for (std::uint32_t x = 0; x < width; ++x) {
      float sum[4] = {};
      for (std::size_t k = 0; k < across[x].weights.size(); ++k)
        for (std::size_t c = 0; c < 4; ++c) sum[c] += across[x].weights[k] * line[(across[x].first + k) * 4 + c];
      auto* to = out.at(x, y);
      for (std::size_t c = 0; c < 3; ++c)
        to[c] = sum[3] <= 0 ? std::uint8_t{0} : static_cast<std::uint8_t>(std::clamp(std::lround(sum[c] / sum[3]), 0L, 255L));
      to[3] = static_cast<std::uint8_t>(std::clamp(std::lround(sum[3]), 0L, 255L));
    }
  }
  return out;
}

Differences differences(const Picture& ours, const Picture& theirs, std::uint8_t tolerance, std::span<const PictureArea> ignored) {
  Differences found;
  std::uint32_t left = 0, right = 0, top = 0, bottom = 0;
  std::vector<const PictureArea*> here;
  for (std::uint32_t y = 0; y < ours.height; ++y) {
    here.clear();
    for (const auto& area : ignored)
      if (area.width > 0 && area.contains(area.x, y)) here.push_back(&area);
    for (std::uint32_t x = 0; x < ours.width; ++x) {
      if (std::ranges::any_of(here, [&](const PictureArea* area) { return area->contains(x, y); })) continue;
      ++found.compared;
      if (alike(ours.at(x, y), theirs.at(x, y), tolerance)) continue;
      if (found.differing++ == 0) {
        left = right = x;
        top = y;
      }
      left = std::min(left, x);
      right = std::max(right, x);
      bottom = y;
    }
  }
  if (found.differing > 0) found.area = PictureArea{left, top, right - left + 1, bottom - top + 1};
  return found;
}

std::vector<PictureArea> places_of(const Picture& part, const Picture& in, const PictureArea& area, std::uint8_t tolerance,
                                   std::size_t limit, const std::function<bool()>& go_on) {
  std::vector<PictureArea> found;
  if (part.width == 0 || part.height == 0 || part.width > area.width || part.height > area.height) return found;
  // The pixel of the part that differs most from its upper left one is looked at first: flat surroundings are left at once.
  std::uint32_t probe_x = 0, probe_y = 0;
  int most = -1;
  for (std::uint32_t y = 0; y < part.height; ++y)
    for (std::uint32_t x = 0; x < part.width; ++x) {
      int distance = 0;
      for (int c = 0; c < 4; ++c) distance += std::abs(part.at(x, y)[c] - part.at(0, 0)[c]);
      if (distance > most) {
        most = distance;
        probe_x = x;
        probe_y = y;
      }
    }
  for (auto y = area.y; y <= area.y + area.height - part.height; ++y) {
    if (!go_on()) return found;
    for (auto x = area.x; x <= area.x + area.width - part.width; ++x) {
      if (!alike(in.at(x + probe_x, y + probe_y), part.at(probe_x, probe_y), tolerance)) continue;
      bool same = true;
      for (std::uint32_t row = 0; same && row < part.height; ++row)
        same = rows_alike(in.at(x, y + row), part.at(0, row), part.width, tolerance);
      if (!same) continue;
      found.push_back({x, y, part.width, part.height});
      if (found.size() >= limit) return found;
    }
  }
  return found;
}

}  // namespace quanji::devices
