#include "values/table_problems.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "values/names.h"

namespace quanji::values {

using base::Code;
using base::Error;
using base::Problems;
using base::Text;

Error table_problem(std::string field, const Text& reason) {
  return Error(Code::invalid_field, reason).with_field(std::move(field), reason);
}

base::Status as_status(Problems& problems) {
  if (problems.found.empty()) return {};
  Text message = problems.found.front().reason;
  if (const auto more = problems.found.size() - 1; more > 0) {
    message.zh += fmt::format("（另有 {} 处）", more);
    message.en += fmt::format(" (and {} more)", more);
  }
  return Error(Code::invalid_field, std::move(message)).with_fields(std::exchange(problems.found, {}));
}

base::Sentence word_of(Side side) {
  switch (side) {
    case Side::left:
      return {"左表", "left table"};
    case Side::right:
      return {"右表", "right table"};
    case Side::only:
      break;
  }
  return {"表", "table"};
}

std::size_t need_column(const Table& table, std::string_view name, std::string_view field, Problems& problems, Side side) {
  if (const auto found = table.find(name)) return *found;
  const auto where = word_of(side);
  auto reason = no_such_name({"列", "column"}, name, table.names());
  if (side != Side::only) reason = {fmt::format("{}{}", where.zh, reason.zh), fmt::format("in the {} {}", where.en, reason.en)};
  problems.add(Code::invalid_field, field, std::move(reason));
  return 0;
}

std::vector<std::size_t> need_columns(const Table& table, std::span<const std::string> names, std::string_view field, Problems& problems,
                                      Side side) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto at = fmt::format("{}/{}", field, i);
    out.push_back(need_column(table, names[i], at, problems, side));
    if (std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), names[i]) !=
        names.begin() + static_cast<std::ptrdiff_t>(i))
      problems.add(Code::invalid_field, at,
                   {fmt::format("列“{}”写了两次", quoted(names[i])), fmt::format("column \"{}\" is named twice", quoted(names[i]))});
  }
  return out;
}

std::string told(const Value& value) {
  if (value.is(Type::nothing)) return "nothing";
  if (value.is(Type::text)) return fmt::format("\"{}\"", quoted(value.text()));
  return quoted(value.display());
}

}  // namespace quanji::values
