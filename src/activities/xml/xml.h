// xml: documents as trees of elements, and large files as tables.
#pragma once
#include <optional>
#include <string>

#include "activities/column_inputs.h"
#include "activities/file_target.h"
#include "engine/activity.h"
#include "values/field_values.h"

namespace quanji::activities::xml {

struct DocumentOut {
  values::Value document;
  static const base::FieldList& fields();
};
struct Read {
  struct Input {
    values::FileRef file;
    static const base::FieldList& fields();
  };
  using Output = DocumentOut;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Parse {
  struct Input {
    std::string text;
    static const base::FieldList& fields();
  };
  using Output = DocumentOut;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Write {
  struct Input {
    values::Value document;
    values::FileRef to;
    TextEncoding encoding = TextEncoding::utf8;
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
struct Format {
  struct Input {
    values::Value document;
    static const base::FieldList& fields();
  };
  struct Output {
    std::string text;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Find {
  struct Input {
    values::Value document;
    std::string path;
    values::Map namespaces;
    static const base::FieldList& fields();
  };
  struct Output {
    values::List found;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct ReadTable {
  struct Input {
    values::FileRef file;
    std::string path;
    values::Map columns;
    values::Map namespaces;
    static const base::FieldList& fields();
  };
  struct Output {
    values::TablePtr table;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};

}  // namespace quanji::activities::xml
