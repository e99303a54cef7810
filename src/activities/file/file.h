// file: files and folders. `file` may be a folder in copy, move, delete, exists and info.
#pragma once
#include <optional>
#include <string>

#include "activities/column_inputs.h"
#include "activities/file_target.h"
#include "base/bytes.h"
#include "engine/activity.h"
#include "values/field_values.h"

namespace quanji::activities::file {

enum class Kind : std::uint8_t { any, file, folder };
enum class ListKind : std::uint8_t { file, folder, any };
enum class IfMissing : std::uint8_t { skip, fail };
enum class Algorithm : std::uint8_t { sha256, sha512, sm3, md5 };

inline constexpr std::uint64_t most_read = std::uint64_t{64} << 20;  // of read_text and read_bytes

struct FileOut {
  values::FileRef file;
  static const base::FieldList& fields();
};
struct FilesOut {
  values::TablePtr files;  // path, name, kind, size, modified
  static const base::FieldList& fields();
};

// The shape every one of them has.
#define QUANJI_FILE_ACTIVITY(OutputType) \
  using Output = OutputType;             \
  static engine::ActivityInfo info();    \
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input)

struct Copy {
  struct Input {
    values::FileRef file, to;
    IfExists if_exists = IfExists::fail;
    static const base::FieldList& fields();
  };
  QUANJI_FILE_ACTIVITY(FileOut);
};
struct Move {
  struct Input {
    values::FileRef file, to;
    IfExists if_exists = IfExists::fail;
    static const base::FieldList& fields();
  };
  QUANJI_FILE_ACTIVITY(FileOut);
};
struct Delete {
  struct Input {
    values::FileRef file;
    bool recursive = false;
    IfMissing if_missing = IfMissing::skip;
    static const base::FieldList& fields();
  };
  struct Answer {
    bool deleted = false;
    static const base::FieldList& fields();
  };
  QUANJI_FILE_ACTIVITY(Answer);
};
struct Exists {
  struct Input {
    values::FileRef file;
    Kind kind = Kind::any;
    static const base::FieldList& fields();
  };
  struct Answer {
    bool exists = false;
    static const base::FieldList& fields();
  };
  QUANJI_FILE_ACTIVITY(Answer);
};
struct Info {
  struct Input {
    values::FileRef file;
    static const base::FieldList& fields();
  };
  struct Answer {
    values::Map info;  // path, name, kind, size, modified
    static const base::FieldList& fields();
  };
  QUANJI_FILE_ACTIVITY(Answer);
};
struct List {
  struct Input {
    values::FileRef folder;
    std::string pattern = "*";
    bool recursive = false;
    ListKind kind = ListKind::file;
    static const base::FieldList& fields();
  };
  QUANJI_FILE_ACTIVITY(FilesOut);
};
struct Wait {
  struct Input {
    values::FileRef folder;
    std::string pattern = "*";
    std::int64_t count = 1;
    static const base::FieldList& fields();
  };
  QUANJI_FILE_ACTIVITY(FilesOut);
};
struct WaitStable {
  struct Input {
    values::FileRef file;
    values::Duration quiet{5'000'000};
    std::int64_t size = 1;
    std::optional<values::FileRef> flag;
    static const base::FieldList& fields();
  };
  QUANJI_FILE_ACTIVITY(FileOut);
};
struct Hash {
  struct Input {
    values::FileRef file;
    Algorithm algorithm = Algorithm::sha256;
    static const base::FieldList& fields();
  };
  struct Answer {
    std::string digest;  // lower hex
    static const base::FieldList& fields();
  };
  QUANJI_FILE_ACTIVITY(Answer);
};
struct ReadText {
  struct Input {
    values::FileRef file;
    ReadEncoding encoding = ReadEncoding::automatic;
    static const base::FieldList& fields();
  };
  struct Answer {
    std::string text;
    static const base::FieldList& fields();
  };
  QUANJI_FILE_ACTIVITY(Answer);
};
struct WriteText {
  struct Input {
    std::string text;
    values::FileRef to;
    TextEncoding encoding = TextEncoding::utf8;
    IfExists if_exists = IfExists::replace;
    static const base::FieldList& fields();
  };
  QUANJI_FILE_ACTIVITY(FileOut);
};
struct AppendText {
  struct Input {
    std::string text;
    values::FileRef file;
    TextEncoding encoding = TextEncoding::utf8;
    bool new_line = true;
    static const base::FieldList& fields();
  };
  QUANJI_FILE_ACTIVITY(FileOut);
};
struct ReadBytes {
  struct Input {
    values::FileRef file;
    static const base::FieldList& fields();
  };
  struct Answer {
    base::Bytes bytes;
    static const base::FieldList& fields();
  };
  QUANJI_FILE_ACTIVITY(Answer);
};
struct WriteBytes {
  struct Input {
    base::Bytes bytes;
    values::FileRef to;
    IfExists if_exists = IfExists::replace;
    static const base::FieldList& fields();
  };
  QUANJI_FILE_ACTIVITY(FileOut);
};
struct MakeFolder {
  struct Input {
    values::FileRef folder;
    static const base::FieldList& fields();
  };
  struct Answer {
    values::FileRef folder;
    static const base::FieldList& fields();
  };
  QUANJI_FILE_ACTIVITY(Answer);
};
#undef QUANJI_FILE_ACTIVITY

}  // namespace quanji::activities::file

QUANJI_ENUM(quanji::activities::file::Kind, "any", "file", "folder");
QUANJI_ENUM(quanji::activities::file::ListKind, "file", "folder", "any");
QUANJI_ENUM(quanji::activities::file::IfMissing, "skip", "fail");
QUANJI_ENUM(quanji::activities::file::Algorithm, "sha256", "sha512", "sm3", "md5");
