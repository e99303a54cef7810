// credential: what the vault holds. Secret fields are references: handed on to what signs in, never printed, joined or saved.
#pragma once
#include "engine/activity.h"
#include "values/field_values.h"

namespace quanji::activities::credential {

struct Get {
  struct Input {
    std::string name;
    static const base::FieldList& fields();
  };
  struct Output {
    values::Map credential;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};
struct Set {
  struct Input {
    std::string name;
    std::string field;
    values::SecretRef value;
    static const base::FieldList& fields();
  };
  using Output = base::Nothing;
  static engine::ActivityInfo info();
  static engine::Outcome<Output> run(engine::ActivityContext& context, const Input& input);
};

}  // namespace quanji::activities::credential
