#include "activities/image/image.h"

#include <fmt/format.h>

#include <cmath>

#include "activities/group.h"
#include "activities/image/open_picture.h"

namespace quanji::activities {
namespace image {

using namespace documents;
using base::Text;
using devices::Picture;
using devices::PictureArea;
using engine::ActivityContext;
using engine::ActivityInfo;
using engine::Outcome;

namespace {

constexpr std::uint64_t most_pixels = devices::PictureLimits{}.pixels;

// A picture of 4×2 pixels, as examples need one: red to the left, blue to the right.
#define EXAMPLE_PICTURE                                                                                \
  "- python: |\n"                                                                                      \
  "    import struct\n"                                                                                \
  "    red, blue = bytes([0, 0, 255]), bytes([255, 0, 0])\n"                                           \
  "    head = b'BM' + struct.pack('<IIIIiiHHIIiiII', 78, 0, 54, 40, 4, 2, 1, 24, 0, 24, 0, 0, 0, 0)\n" \
  "    with open('two.bmp', 'wb') as file:\n"                                                          \
  "        file.write(head + (red * 2 + blue * 2) * 2)\n"

// Where the result goes, and as what: known before the picture is read.
struct Target {
  devices::PictureFormat format;
  FileTarget file;
};
Outcome<MadeFile> put(ActivityContext& context, const Picture& picture, Target target, int quality = 90) {
  auto bytes = devices::write_picture(picture, target.format, quality);
  if (!bytes.ok()) return document_failure(bytes.error());
  QUANJI_DO(context.go_on());
  QUANJI_TRY(auto file, place_bytes(std::move(target.file), *bytes));
  return MadeFile{std::move(file)};
}
Outcome<devices::PictureFormat> format_of(const values::FileRef& to) {
  if (const auto format = devices::picture_format_of_name(to.path)) return *format;
  return engine::system_failure("not_supported", Text(fmt::format("{} 的扩展名不是 png、jpg 或 bmp", shown_name(to.path)),
                                                      fmt::format("the name {} ends in none of png, jpg, bmp", shown_name(to.path))));
}
Outcome<Target> target_of(ActivityContext& context, const values::FileRef& to, IfExists if_exists) {
  QUANJI_TRY(const auto format, format_of(to));
  QUANJI_TRY(auto file, FileTarget::of(context, to, if_exists));
  return Target{format, std::move(file)};
}

}  // namespace

Outcome<Picture> open_picture(ActivityContext& context, const values::FileRef& file) {
  const auto path = place_of(context, file);
  QUANJI_TRY(const auto bytes, read_whole_file(context, path, devices::PictureLimits{}.bytes));
  auto picture = devices::read_picture(bytes, shown_name(path));
  if (!picture.ok()) return document_failure(picture.error());
  QUANJI_DO(context.go_on());
  return std::move(*picture);
}
Outcome<PictureArea> area_of(const Area& area, std::string_view field, std::uint32_t width, std::uint32_t height) {
  const bool whole = area.size() == 4 && area[0] >= 0 && area[1] >= 0 && area[2] > 0 && area[3] > 0;
  if (!whole)
    return wrong_argument(fmt::format("{} 应为 [x, y, 宽, 高]：四个整数，左上角从 0 起，宽和高大于 0", field),
                          fmt::format("{} is [x, y, width, height]: four integers, from 0 on, width and height above 0", field));
  const auto reaches = [](std::int64_t from, std::int64_t size, std::uint32_t most) { return from > most || size > most - from; };
  if (reaches(area[0], area[2], width) || reaches(area[1], area[3], height))
    return wrong_argument(fmt::format("{} [{}] 超出图片：它只有 {}×{} 像素", field, fmt::join(area, ", "), width, height),
                          fmt::format("{} [{}] reaches beyond the picture of {}×{} pixels", field, fmt::join(area, ", "), width, height));
  const auto at = [&](std::size_t i) { return static_cast<std::uint32_t>(area[i]); };
  return PictureArea{at(0), at(1), at(2), at(3)};
}
std::vector<engine::ErrorCode> picture_errors() {
  using flow::ErrorKind;
  return reading_errors() +
         std::vector<engine::ErrorCode>{
             {"unreadable",
              ErrorKind::business,
              {"不是图片，或已损坏、不完整；重新取得文件", "No picture, or damaged or cut off; get the file again"}},
             {"not_supported",
              ErrorKind::system,
              {"不是 PNG、JPEG、BMP，或是印刷用的 CMYK；先转换", "None of PNG, JPEG and BMP, or CMYK for printing; convert it first"}},
             {"too_large",
              ErrorKind::business,
              {"超过 256 MiB、一亿像素或边长 65500；先缩小",
               "Beyond 256 MiB, a hundred million pixels or 65 500 a side; make it smaller first"}}};
}

QUANJI_FIELDS(MadeFile, QF(file, "文件", "The file"))
QUANJI_FIELDS(Size::Input, QF(file, "图片文件", "The picture's file"))
QUANJI_FIELDS(Size::Output, QF(width, "宽（像素）", "Width in pixels"), QF(height, "高（像素）", "Height in pixels"),
              QF(format, "格式：png、jpg、bmp", "Format: png, jpg, bmp"))
QUANJI_FIELDS(Crop::Input, QF(file, "图片文件", "The picture's file"),
              QF(area, "区域 [x, y, 宽, 高]", "Area [x, y, width, height]", .min = 4, .max = 4), QF(to, "目标文件", "The target"),
              QF(if_exists, "目标已存在时", "What if the target is there", .fallback = "\"replace\""))
QUANJI_FIELDS(Resize::Input, QF(file, "图片文件", "The picture's file"),
              QF(width, "宽（像素）", "Width in pixels", .min = 1, .max = 65'500),
              QF(height, "高（像素）", "Height in pixels", .min = 1, .max = 65'500), QF(to, "目标文件", "The target"),
              QF(if_exists, "目标已存在时", "What if the target is there", .fallback = "\"replace\""))
QUANJI_FIELDS(Convert::Input, QF(file, "图片文件", "The picture's file"),
              QF(to, "目标文件，按扩展名定格式", "The target; its ending is the format"),
              QF(quality, "JPEG 质量，1 到 100", "JPEG quality, 1 to 100", .min = 1, .max = 100, .fallback = "90"),
              QF(if_exists, "目标已存在时", "What if the target is there", .fallback = "\"replace\""))
QUANJI_FIELDS(ReadColor::Input, QF(file, "图片文件", "The picture's file"), QF(x, "横坐标，从左边 0 起", "Pixels from the left", .min = 0),
              QF(y, "纵坐标，从上边 0 起", "Pixels from the top", .min = 0))
QUANJI_FIELDS(ReadColor::Output, QF(color, "颜色 #RRGGBB；有透明时 #RRGGBBAA", "Colour #RRGGBB; #RRGGBBAA where it is not opaque"))

ActivityInfo Size::info() {
  ActivityInfo info;
  info.id = "image.size";
  info.title = {"图片大小", "Size of a picture"};
  info.sentence = {"宽、高和格式，只读文件头。", "Width, height and format, from the file's header alone."};
  info.effect = flow::Effect::none;
  info.errors = picture_errors();
  info.examples = {{{"量一张图片", "Measure a picture"},
                    EXAMPLE_PICTURE R"(- do: image.size
  with: {file: two.bmp}
  save: {width: width, height: height, format: format}
- return: {width: =width, height: =height, format: =format}
)",
                    R"({"width":4,"height":2,"format":"bmp"})"}};
  return info;
}
Outcome<Size::Output> Size::run(ActivityContext& context, const Input& input) {
  const auto path = place_of(context, input.file);
  QUANJI_TRY(const auto bytes, read_whole_file(context, path, devices::PictureLimits{}.bytes));
  const auto found = devices::picture_info(bytes, shown_name(path));
  if (!found.ok()) return document_failure(found.error());
  return Output{found->width, found->height, std::string(word_of(found->format))};
}

ActivityInfo Crop::info() {
  ActivityInfo info;
  info.id = "image.crop";
  info.title = {"裁剪图片", "Cut out an area"};
  info.sentence = {"裁出图片的一个区域，按目标的扩展名存为 png、jpg 或 bmp。",
                   "Cuts out an area, saved by the ending of the target as png, jpg or bmp."};
  info.effect = flow::Effect::repeatable;
  info.errors = picture_errors() + writing_errors();
  info.examples = {{{"左半边", "The left half"},
                    EXAMPLE_PICTURE R"(- do: image.crop
  with: {file: two.bmp, area: [0, 0, 2, 2], to: left.png}
  save: left
- do: image.size
  with: {file: =left}
  save: {width: width, format: format}
- return: {width: =width, format: =format}
)",
                    R"({"width":2,"format":"png"})"}};
  return info;
}
Outcome<Crop::Output> Crop::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(auto target, target_of(context, input.to, input.if_exists));
  if (target.file.stays()) return Output{target.file.file()};
  QUANJI_TRY(const auto picture, open_picture(context, input.file));
  QUANJI_TRY(const auto area, area_of(input.area, "area", picture.width, picture.height));
  return put(context, cut_out(picture, area), std::move(target));
}

ActivityInfo Resize::info() {
  ActivityInfo info;
  info.id = "image.resize";
  info.title = {"缩放图片", "Scale a picture"};
  info.sentence = {"缩放图片；只给一边则保持比例。", "Scales a picture; one side alone keeps the proportion."};
  info.effect = flow::Effect::repeatable;
  info.errors = picture_errors() + writing_errors();
  info.examples = {{{"放大到 8 像素宽", "To a width of 8 pixels"},
                    EXAMPLE_PICTURE R"(- do: image.resize
  with: {file: two.bmp, width: 8, to: large.png}
  save: large
- do: image.size
  with: {file: =large}
  save: {width: width, height: height}
- return: {width: =width, height: =height}
)",
                    R"({"width":8,"height":4})"}};
  return info;
}
Outcome<Resize::Output> Resize::run(ActivityContext& context, const Input& input) {
  if (!input.width && !input.height) return wrong_argument("width 和 height 至少给一个", "give width, height or both");
  QUANJI_TRY(auto target, target_of(context, input.to, input.if_exists));
  if (target.file.stays()) return Output{target.file.file()};
  QUANJI_TRY(const auto picture, open_picture(context, input.file));
  const auto in_proportion = [](std::int64_t side, std::uint32_t its, std::uint32_t other) {
    return std::max<std::int64_t>(1, std::llround(static_cast<double>(side) * other / its));
  };
  const auto width = input.width ? *input.width : in_proportion(*input.height, picture.height, picture.width);
  const auto height = input.height ? *input.height : in_proportion(*input.width, picture.width, picture.height);
  if (width > 65'500 || height > 65'500 || static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height) > most_pixels)
    return engine::business_failure("too_large", Text(fmt::format("{}×{} 像素超过上限：边长 65500、共 {} 像素", width, height, most_pixels),
                                                      fmt::format("{}×{} pixels are beyond the limits of 65 500 a side and {} altogether",
                                                                  width, height, most_pixels)));
  return put(context, scaled(picture, static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height)), std::move(target));
}

ActivityInfo Convert::info() {
  ActivityInfo info;
  info.id = "image.convert";
  info.title = {"转换图片格式", "Convert a picture"};
  info.sentence = {"按目标的扩展名转换格式：png、jpg、bmp。透明处在 jpg 和 bmp 中成为白色。",
                   "Converts by the ending of the target: png, jpg, bmp. What is transparent becomes white in jpg and bmp."};
  info.effect = flow::Effect::repeatable;
  info.errors = picture_errors() + writing_errors();
  info.examples = {{{"bmp 转 png", "From bmp to png"},
                    EXAMPLE_PICTURE R"(- do: image.convert
  with: {file: two.bmp, to: two.png}
  save: made
- do: image.read_color
  with: {file: =made, x: 3, y: 1}
  save: color
- return: {color: =color}
)",
                    R"({"color":"#0000FF"})"}};
  return info;
}
Outcome<Convert::Output> Convert::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(auto target, target_of(context, input.to, input.if_exists));
  if (target.file.stays()) return Output{target.file.file()};
  QUANJI_TRY(const auto picture, open_picture(context, input.file));
  return put(context, picture, std::move(target), static_cast<int>(input.quality));
}

ActivityInfo ReadColor::info() {
  ActivityInfo info;
  info.id = "image.read_color";
  info.title = {"读颜色", "Read a colour"};
  info.sentence = {"读一点的颜色。", "Reads the colour of a point."};
  info.effect = flow::Effect::none;
  info.errors = picture_errors();
  info.examples = {{{"左上角", "The upper left corner"},
                    EXAMPLE_PICTURE R"(- do: image.read_color
  with: {file: two.bmp, x: 0, y: 0}
  save: color
- return: {color: =color}
)",
                    R"({"color":"#FF0000"})"}};
  return info;
}
Outcome<ReadColor::Output> ReadColor::run(ActivityContext& context, const Input& input) {
  QUANJI_TRY(const auto picture, open_picture(context, input.file));
  if (input.x >= picture.width || input.y >= picture.height)
    return wrong_argument(
        fmt::format("点 ({}, {}) 在图片之外：它有 {}×{} 像素，从 0 起数", input.x, input.y, picture.width, picture.height),
        fmt::format("the point ({}, {}) lies outside of the picture of {}×{} pixels, counted from 0", input.x, input.y, picture.width,
                    picture.height));
  const auto* pixel = picture.at(static_cast<std::uint32_t>(input.x), static_cast<std::uint32_t>(input.y));
  auto color = fmt::format("#{:02X}{:02X}{:02X}", pixel[0], pixel[1], pixel[2]);
  if (pixel[3] != 255) color += fmt::format("{:02X}", pixel[3]);
  return Output{std::move(color)};
}

}  // namespace image

void add_image(Activities& to) {
  to.insert(to.end(), {engine::activity<image::Size>(), engine::activity<image::Crop>(), engine::activity<image::Resize>(),
                       engine::activity<image::Convert>(), engine::activity<image::Compare>(), engine::activity<image::Find>(),
                       engine::activity<image::ReadColor>()});
}

}  // namespace quanji::activities
