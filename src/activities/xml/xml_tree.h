// XML as values: an element is a map {name, attributes, text, children}. Names are as written, with their prefix; declarations of
// namespaces stand among the attributes. `text` is what stands directly in the element; comments and instructions are left out.
//
// No document type (so no entities but the five), nothing fetched. An element nests at most eleven deep: values nest 24.
// Reads foreign bytes: fuzz/xml.cpp
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/failure.h"
#include "values/value.h"

namespace quanji::activities::xml {

inline constexpr std::size_t most_bytes = std::size_t{64} << 20;

// unreadable with the line and what is wrong there; too_large beyond depth. `name`: of the file, for sentences; empty: a text.
engine::Outcome<values::Value> read_tree(std::string_view bytes, std::string_view name);
// UTF-8 with a declaration. invalid_argument for what is no element, or a name or character XML does not have.
engine::Outcome<std::string> write_tree(const values::Value& tree, std::string_view encoding = "utf-8");

using Namespaces = std::vector<std::pair<std::string, std::string>>;  // prefix → namespace
// What an XPath 1.0 finds: elements as trees, attributes and texts as text, a number or truth as itself. invalid_argument for what is no
// XPath; too_large for one that works too long.
engine::Outcome<values::List> find(const values::Value& tree, std::string_view path, const Namespaces& namespaces);

struct RowColumn {
  std::string name, path;  // XPath from the row's element; the text of what it finds first, nothing when it finds nothing
};
// Each element the path names (/a/b/row or //row: names alone, `*` for any), in the order of the file, with what the columns find in it.
// Reads piece by piece: memory holds one row. `read` gives more bytes, 0 at the end; `take` may end the reading with a failure.
using ReadMore = std::function<engine::Outcome<std::size_t>(char* room, std::size_t size)>;
using TakeRow = std::function<engine::Outcome<void>(const std::vector<std::optional<std::string>>& cells)>;
engine::Outcome<void> each_row(const ReadMore& read, std::string_view name, std::string_view path, const std::vector<RowColumn>& columns,
                               const Namespaces& namespaces, const TakeRow& take);

}  // namespace quanji::activities::xml
