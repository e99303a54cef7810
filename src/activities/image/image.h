// image: pictures of files, exactly: no guessing, no scale that is tried out.
#pragma once
#include <optional>
#include <vector>

#include "activities/documents.h"
#include "engine/activity.h"
#include "values/field_values.h"

namespace quanji::activities::image {

using Area = std::vector<std::int64_t>;  // [x, y, width, height]

struct MadeFile {
  values::FileRef file;
  static const base::FieldList& fields();
};

struct Size {
  struct Input {
    values::FileRef file;
    static const base::FieldList& fields();
  };
  struct Output {
    std::int64_t width = 0, height = 0;
    std::string format;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Crop {
  struct Input {
    values::FileRef file;
    Area area;
    values::FileRef to;
    IfExists if_exists = IfExists::replace;
    static const base::FieldList& fields();
  };
  using Output = MadeFile;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Resize {
  struct Input {
    values::FileRef file;
    std::optional<std::int64_t> width, height;
    values::FileRef to;
    IfExists if_exists = IfExists::replace;
    static const base::FieldList& fields();
  };
  using Output = MadeFile;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Convert {
  struct Input {
    values::FileRef file, to;
    std::int64_t quality = 90;
    IfExists if_exists = IfExists::replace;
    static const base::FieldList& fields();
  };
  using Output = MadeFile;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Compare {
  struct Input {
    values::FileRef file, other;
    std::int64_t tolerance = 0;
    std::vector<Area> ignore;
    static const base::FieldList& fields();
  };
  struct Output {
    bool same = false;
    std::int64_t count = 0;
    values::Decimal share;
    Area area;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Find {
  struct Input {
    values::FileRef file, part;
    std::optional<Area> area;
    std::int64_t tolerance = 0;
    std::int64_t limit = 100;
    static const base::FieldList& fields();
  };
  struct Output {
    values::TablePtr places;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct ReadColor {
  struct Input {
    values::FileRef file;
    std::int64_t x = 0, y = 0;
    static const base::FieldList& fields();
  };
  struct Output {
    std::string color;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};

}  // namespace quanji::activities::image
