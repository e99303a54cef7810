// The syntax of row expressions: a tree of few kinds of nodes, read by a strict parser of its own.
// Reads foreign bytes: fuzz/row_expression.cpp
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "values/value.h"

namespace quanji::values::rows {

enum class Kind : std::uint8_t {
  literal,  // value
  name,     // text; column_only: row["text"]
  negate,   // kids[0]
  chain,    // kids[0] ops[0] kids[1] ops[1] … of one precedence, from the left
  power,    // kids[0] ** kids[1]
  compare,  // kids[0] ops[0] kids[1] …: each pair of neighbours
  all,      // and
  any,      // or
  invert,   // not
  choose,   // kids[0] if kids[1] else kids[2]
  is_none,  // kids[0] is None; flipped: is not None
  list,     // of an `in`
  slice,    // kids[0][kids[1]:kids[2]]; a bound left out is null
  call      // text(kids…), named: the last kid was given by this name ("mode", "places", "format")
};
enum class Op : std::uint8_t { add, subtract, multiply, divide, floor_divide, remainder, eq, ne, lt, le, gt, ge, in, not_in };
std::string_view word_of(Op op);

struct Node;
using NodePtr = std::unique_ptr<Node>;
struct Node {
  Kind kind = Kind::literal;
  bool flipped = false;            // is_none: is not None
  bool column_only = false;        // name
  std::uint32_t from = 0, to = 0;  // bytes of the source
  std::string text;
  Value value;
  std::vector<NodePtr> kids;
  std::vector<Op> ops;
  std::vector<std::string> named;  // call: names of the last kids, as many as were given by name
};

// invalid_field; limits of row_expression.h.
base::Result<NodePtr> parse(std::string_view source);
// Where a byte stands, as people count: "第 7 个字符（…）".
base::Text place_of(std::string_view source, std::uint32_t offset);
base::Error syntax_problem(std::string_view source, std::uint32_t offset, base::Text reason);

}  // namespace quanji::values::rows
