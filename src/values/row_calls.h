// The functions of row expressions.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "values/row_evaluation.h"

namespace quanji::values::rows {

class Calls;
struct Function {
  std::string_view name;
  std::size_t least, most;  // arguments
  std::vector<std::string_view> arguments;
  Operand (Calls::*work)();
};
const std::vector<Function>& functions();
// Null when there is none of that name.
const Function* find_function(std::string_view name);

// One call: its arguments are worked out, its rows are filled. Answers of a failed evaluation do not count.
class Calls {
 public:
  Calls(Evaluation& evaluation, const Node& node, std::vector<Operand> arguments, Wanted wanted)
      : evaluation_(evaluation), node_(node), arguments_(std::move(arguments)), wanted_(wanted) {
    for (const auto& one : arguments_) constant_ = constant_ && (!one.column || one.constant);
    rows_ = constant_ ? 1 : evaluation_.table().rows();
  }

  // row_functions.cpp
  Operand absolute();
  Operand least();
  Operand greatest();
  Operand round();
  Operand text();
  Operand integer();
  Operand decimal();
  Operand date();
  Operand coalesce();
  Operand row_number();
  Operand previous();
  Operand next();
  Operand running_sum();
  // row_text_functions.cpp
  Operand len();
  Operand upper();
  Operand lower();
  Operand strip();
  Operand startswith();
  Operand endswith();
  Operand contains();
  Operand replace();
  Operand zfill();
  Operand matches();
  Operand slice();

 private:
  const Operand& at(std::size_t i) const { return arguments_[i]; }
  bool given(std::size_t i) const { return i < arguments_.size() && arguments_[i].column; }
  bool failed() const { return evaluation_.failed(); }
  // Whether an argument is of one of these kinds, nothing or mixed; else it is refused.
  bool must_be(std::size_t i, std::initializer_list<ColumnType> types);
  bool bad(std::size_t i, std::size_t row, const base::Text& reason);
  // Its value in a row: nothing, and `bad` was said, when a mixed column holds another kind there.
  std::optional<std::string_view> text_at(std::size_t i, std::size_t row);
  std::optional<std::int64_t> integer_at(std::size_t i, std::size_t row);
  bool any_nothing(std::size_t row) const;
  // A constant text, for formats and patterns.
  std::optional<std::string> constant_text(std::size_t i);
  Operand made(ColumnBuilder builder) { return evaluation_.made(std::move(builder).finish(), constant_, node_); }
  template <class One>
  Operand texts(std::initializer_list<std::size_t> wanted_texts, One one);
  template <class One>
  Operand tests(One one);
  Operand extreme(bool least);
  Operand shifted(bool back);
  template <class One>
  Operand each_value(ColumnType type, One one);

  Evaluation& evaluation_;
  const Node& node_;
  std::vector<Operand> arguments_;
  Wanted wanted_;
  bool constant_ = true;
  std::size_t rows_ = 0;
};

}  // namespace quanji::values::rows
