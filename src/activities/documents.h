// Files that hold one whole document (a workbook, a picture): read whole, made whole, with the failures both may have.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "activities/file_target.h"
#include "engine/activity.h"
#include "values/field_values.h"

namespace quanji::activities::documents {

// As activities::file_failure; what breaks the format (invalid_field of the rooms below) is unreadable.
engine::Failure document_failure(const base::Error& error);
engine::Failure wrong_argument(std::string zh, std::string en);

// The letters R and W of the page, as rows of ActivityInfo::errors.
std::vector<engine::ErrorCode> reading_errors();
std::vector<engine::ErrorCode> writing_errors();
// One list behind the other, each code once: the first that says it.
std::vector<engine::ErrorCode> operator+(std::vector<engine::ErrorCode> first, const std::vector<engine::ErrorCode>& second);

// What the flow wrote, as this run's path.
std::string place_of(engine::ActivityContext& context, const values::FileRef& file);
std::string shown_name(std::string_view path);  // its last part, valid UTF-8

// The whole file. file_busy when it changed meanwhile, too_large beyond `most` bytes.
engine::Outcome<std::string> read_whole_file(engine::ActivityContext& context, const std::string& path, std::uint64_t most);
// The whole content of a new file, on the disk and at its place.
engine::Outcome<values::FileRef> place_bytes(FileTarget target, std::string_view bytes);

}  // namespace quanji::activities::documents
