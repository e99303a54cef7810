// archive: files packed into one (zip; other formats come with their activities unchanged).
#pragma once
#include <optional>
#include <string>

#include "activities/column_inputs.h"
#include "activities/file_target.h"
#include "engine/activity.h"
#include "values/field_values.h"

namespace quanji::activities::archive {

enum class NameEncoding : std::uint8_t { utf8, gbk, gb18030 };
enum class IfPacked : std::uint8_t { replace, fail, add };

struct FilesOut {
  values::TablePtr files;  // path, kind, size, modified
  static const base::FieldList& fields();
};

struct Pack {
  struct Input {
    values::Value files;  // paths, or a table with a column `path`
    values::FileRef to;
    std::optional<values::FileRef> folder;
    NameEncoding encoding = NameEncoding::utf8;
    std::optional<values::SecretRef> password;
    IfPacked if_exists = IfPacked::replace;
    static const base::FieldList& fields();
  };
  struct Output {
    values::FileRef file;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Unpack {
  struct Input {
    values::FileRef file, folder;
    std::string pattern = "**";
    ReadEncoding encoding = ReadEncoding::automatic;
    std::optional<values::SecretRef> password;
    IfExists if_exists = IfExists::fail;
    static const base::FieldList& fields();
  };
  using Output = FilesOut;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct List {
  struct Input {
    values::FileRef file;
    ReadEncoding encoding = ReadEncoding::automatic;
    static const base::FieldList& fields();
  };
  using Output = FilesOut;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};

}  // namespace quanji::activities::archive
QUANJI_ENUM(quanji::activities::archive::NameEncoding, "utf-8", "gbk", "gb18030");
QUANJI_ENUM(quanji::activities::archive::IfPacked, "replace", "fail", "add");
