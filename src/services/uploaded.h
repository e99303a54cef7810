// An input together with the content that came with it: the content was put into the blobs before the operation's change runs.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/fields.h"
#include "storage/blobs.h"

namespace quanji::services {

struct Received {
  storage::BlobFacts blob;
  std::string file_name;             // as the caller named it in a multipart body; may be empty
  std::string content_type;          // as the caller said; may be empty
  std::vector<base::Digest> pieces;  // of what was put together from blobs: theirs
};

// Decodes as T alone. `content` is there whenever the operation runs for the first time (api/intake.h fills it).
template <class T>
struct Uploaded {
  using Wrapped = T;
  T value{};
  std::optional<Received> content;
  static const base::FieldList& fields() { return T::fields(); }
};

}  // namespace quanji::services
