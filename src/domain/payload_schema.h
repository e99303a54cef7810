// JSON Schema of a queue's payload: a subset of draft 2020-12, compiled once, asked for every item.
//
// Words: type properties required additionalProperties patternProperties minProperties maxProperties propertyNames items prefixItems
// minItems maxItems uniqueItems contains minimum maximum exclusiveMinimum exclusiveMaximum minLength maxLength pattern enum const anyOf
// allOf oneOf not if then else dependentRequired, and true and false as schemas. Said but not checked (annotations, as the draft has it):
// $schema $id $comment title description default examples deprecated readOnly writeOnly format. Every other word is refused when the
// schema is given, never ignored when an item comes. Patterns are RE2's, which has no look-around and no back-references.
//
// Reads foreign bytes: fuzz/payload_schema.cpp
#pragma once
#include <boost/json/fwd.hpp>
#include <memory>
#include <string_view>

#include "base/fields_json.h"
#include "base/result.h"

namespace quanji::domain {

inline constexpr std::size_t payload_schema_bytes = 64 << 10;

// Constant once made; any thread.
class PayloadSchema {
 public:
  // Adds a problem for everything that does not fit, at its JSON pointer below `at`. Stops after 20 problems, and with one problem when
  // the payload asks for more work than a check may take.
  void check(const boost::json::value& payload, base::Problems& problems, std::string_view at) const;

  struct Node;

 private:
  friend base::Result<PayloadSchema> read_payload_schema(std::string_view text);
  std::shared_ptr<const Node> root_;
};
// invalid_field names each word that is not known or makes no sense, by its JSON pointer.
base::Result<PayloadSchema> read_payload_schema(std::string_view text);

}  // namespace quanji::domain
