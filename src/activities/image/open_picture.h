// How the activities of this group come to pictures and areas.
#pragma once
#include <string>
#include <string_view>

#include "activities/image/image.h"
#include "devices/picture.h"
#include "devices/picture_compare.h"

namespace quanji::activities::image {

engine::Outcome<devices::Picture> open_picture(engine::ActivityContext& context, const values::FileRef& file);
// Inside of a picture of that size; `field` is the input's name, for the sentence.
engine::Outcome<devices::PictureArea> area_of(const Area& area, std::string_view field, std::uint32_t width, std::uint32_t height);
// What all activities that read a picture may answer.
std::vector<engine::ErrorCode> picture_errors();

}  // namespace quanji::activities::image
