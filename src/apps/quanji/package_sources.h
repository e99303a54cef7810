// The texts of a package for its checker, out of an archive; and what package.yaml calls it.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"
#include "flow/package_archive.h"
#include "flow/package_file.h"

namespace quanji::apps {

// Of an archive whose form is good, whoever signed it. Refused when it breaks a rule or cannot be read.
base::Result<flow::PackageSources> read_package_archive(const std::string& path);

// Name and version by flow::read_package_file; a refusal tells every error of package.yaml with its place.
base::Result<flow::PackageName> name_in_package_file(std::string_view package_yaml);

}  // namespace quanji::apps
