// The ids of what files are made of.
#pragma once
#include "base/ids.h"

namespace quanji::domain {

using FileId = base::Id<"fil">;
using FolderId = base::Id<"fol">;
using UploadId = base::Id<"upl">;

}  // namespace quanji::domain
