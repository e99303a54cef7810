// Pictures against pictures.
#include <fmt/format.h>

#include "activities/image/open_picture.h"

namespace quanji::activities::image {

using namespace documents;

using devices::PictureArea;
using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;
using values::Decimal;

QUANJI_FIELDS(Compare::Input, QF(file, "图片文件", "The picture's file"), QF(other, "另一张图片", "The other picture"),
              QF(tolerance, "容差：每个颜色通道 0 到 255", "Tolerance: 0 to 255 a channel", .min = 0, .max = 255, .fallback = "0"),
              QF(ignore, "忽略的区域，各为 [x, y, 宽, 高]", "Areas left out, each [x, y, width, height]", .max = 1'000, .fallback = "[]"))
QUANJI_FIELDS(Compare::Output, QF(same, "相同", "Whether they are the same"), QF(count, "不同的像素数", "How many pixels differ"),
              QF(share, "不同的像素占比，六位小数", "The share of pixels that differ, six places"),
              QF(area, "包含所有不同之处的最小区域；相同时为空", "The smallest area that holds all differences; empty when there are none"))
QUANJI_FIELDS(Find::Input, QF(file, "大图", "The large picture"), QF(part, "要找的小图", "The small picture that is looked for"),
              QF(area, "只在此区域里找 [x, y, 宽, 高]", "Looks only in this area [x, y, width, height]", .min = 4, .max = 4),
              QF(tolerance, "容差：每个颜色通道 0 到 255", "Tolerance: 0 to 255 a channel", .min = 0, .max = 255, .fallback = "0"),
              QF(limit, "至多几处", "How many at most", .min = 1, .max = 100'000, .fallback = "100"))
QUANJI_FIELDS(Find::Output, QF(places, "位置表：x、y、width、height", "Table of places: x, y, width, height"))

ActivityInfo Compare::info() {
  ActivityInfo info;
  info.id = "image.compare";
  info.title = {"比较图片", "Compare pictures"};
  info.sentence = {"逐像素比较两张图片；可忽略区域。大小不同时全部算不同。",
                   "Compares two pictures pixel by pixel; areas may be left out. Of different size, all of it differs."};
  info.effect = flow::Effect::none;
  info.errors = picture_errors();
  info.examples = {{{"改了一个像素", "One pixel was changed"},
                    R"(- python: |
    import struct
    head = b'BM' + struct.pack('<IIIIiiHHIIiiII', 78, 0, 54, 40, 4, 2, 1, 24, 0, 24, 0, 0, 0, 0)
    with open('a.bmp', 'wb') as file:
        file.write(head + bytes([9] * 24))
    with open('b.bmp', 'wb') as file:
        file.write(head + bytes([9] * 23 + [99]))
- do: image.compare
  with: {file: a.bmp, other: b.bmp, tolerance: 5}
  save: {same: same, count: count, share: share, area: area}
- return: {same: =same, count: =count, share: =share, area: =area}
)",
                    R"({"same":false,"count":1,"share":0.125000,"area":[3,0,1,1]})"}};
  return info;
}
Outcome<Compare::Output> Compare::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto ours, open_picture(context, input.file));
  QUANJI_TRY(const auto theirs, open_picture(context, input.other));
  std::vector<PictureArea> ignored;
  for (std::size_t i = 0; i < input.ignore.size(); ++i) {
    QUANJI_TRY(const auto area, area_of(input.ignore[i], fmt::format("ignore/{}", i), ours.width, ours.height));
    ignored.push_back(area);
  }
  Output output;
  if (ours.width != theirs.width || ours.height != theirs.height) {
    output.count = std::int64_t{ours.width} * ours.height;
    output.share = Decimal::of(1);
    output.area = {0, 0, ours.width, ours.height};
    return output;
  }
  const auto found = differences(ours, theirs, static_cast<std::uint8_t>(input.tolerance), ignored);
  output.same = found.differing == 0;
  output.count = static_cast<std::int64_t>(found.differing);
  const auto whole = static_cast<std::int64_t>(std::max<std::uint64_t>(found.compared, 1));
  output.share = divide(Decimal::of(output.count), Decimal::of(whole), 6, values::Rounding::half_up).value_or(Decimal());
  if (found.area) output.area = {found.area->x, found.area->y, found.area->width, found.area->height};
  return output;
}

ActivityInfo Find::info() {
  ActivityInfo info;
  info.id = "image.find";
  info.title = {"找小图", "Find a part"};
  info.sentence = {
      "在大图中找小图的所有位置（逐像素，不缩放），从上到下、从左到右。",
      "Finds all places of a small picture in a large one, pixel by pixel and unscaled, from top to bottom and left to right."};
  info.effect = flow::Effect::none;
  info.errors = picture_errors();
  info.examples = {{{"找红蓝交界", "Where red meets blue"},
                    R"(- python: |
    import struct
    red, blue = bytes([0, 0, 255]), bytes([255, 0, 0])
    head = b'BM' + struct.pack('<IIIIiiHHIIiiII', 78, 0, 54, 40, 4, 2, 1, 24, 0, 24, 0, 0, 0, 0)
    with open('two.bmp', 'wb') as file:
        file.write(head + (red * 2 + blue * 2) * 2)
- do: image.crop
  with: {file: two.bmp, area: [1, 0, 2, 1], to: edge.png}
  save: edge
- do: image.find
  with: {file: two.bmp, part: =edge}
  save: places
- return: {places: =places}
)",
                    R"({"places":[{"x":1,"y":0,"width":2,"height":1},{"x":1,"y":1,"width":2,"height":1}]})"}};
  return info;
}
Outcome<Find::Output> Find::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto picture, open_picture(context, input.file));
  QUANJI_TRY(const auto part, open_picture(context, input.part));
  PictureArea area{0, 0, picture.width, picture.height};
  if (input.area) {
    QUANJI_TRY(area, area_of(*input.area, "area", picture.width, picture.height));
  }
  Outcome<void> going;
  const auto places =
      places_of(part, picture, area, static_cast<std::uint8_t>(input.tolerance), static_cast<std::size_t>(input.limit), [&] {
        going = context.go_on();
        return going.ok();
      });
  QUANJI_DO(std::move(going));
  std::vector<values::ColumnBuilder> builders;
  for (int i = 0; i < 4; ++i) builders.emplace_back(values::ColumnType::integer);
  for (const auto& place : places) {
    std::size_t i = 0;
    for (const auto number : {place.x, place.y, place.width, place.height}) builders[i++].add_integer(number);
  }
  std::vector<values::ColumnPtr> columns;
  for (auto& builder : builders) columns.push_back(std::move(builder).finish());
  QUANJI_TRY(auto table, values::Table::make({"x", "y", "width", "height"}, std::move(columns)));
  return Output{std::make_shared<const values::Table>(std::move(table))};
}

}  // namespace quanji::activities::image
