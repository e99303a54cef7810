// storage: files kept outside of the run: the platform's files, a folder in the local form.
#pragma once
#include <optional>

#include "activities/file_target.h"
#include "engine/activity.h"
#include "values/field_values.h"

namespace quanji::activities::storage {

enum class IfMissing : std::uint8_t { skip, fail };

struct Put {
  struct Input {
    values::FileRef file;
    std::string name;
    IfExists if_exists = IfExists::replace;
    static const base::FieldList& fields();
  };
  struct Output {
    values::FileRef file;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Get {
  struct Input {
    std::string name;
    std::optional<values::FileRef> to;
    IfExists if_exists = IfExists::replace;
    static const base::FieldList& fields();
  };
  struct Output {
    values::FileRef file;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct List {
  struct Input {
    std::string pattern;
    static const base::FieldList& fields();
  };
  struct Output {
    values::TablePtr files;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Delete {
  struct Input {
    std::string name;
    IfMissing if_missing = IfMissing::skip;
    static const base::FieldList& fields();
  };
  struct Output {
    bool deleted = false;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};

}  // namespace quanji::activities::storage
QUANJI_ENUM(quanji::activities::storage::IfMissing, "skip", "fail");
