// JSON of strangers: bodies read into a field list with every kind, every limit, as a request, as a patch and as a stored document.
#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/encodings.h"
#include "base/fields_json.h"
#include "base/secret.h"
#include "must.h"

namespace quanji::base {
namespace {
enum class Colour : std::uint8_t { red, deep_blue };
}
}  // namespace quanji::base
QUANJI_ENUM(quanji::base::Colour, "red", "deep_blue");

namespace quanji::base {
namespace {

struct Part {
  std::string name;
  std::int64_t amount = 0;
  static const FieldList& fields();
};
QUANJI_FIELDS(Part, QF(name, "名称", "Name", .min = 1, .max = 5), QF(amount, "数量", "Amount", .min = 1, .max = 9))

struct Thing {
  Id<"tng"> id;
  std::string name;
  std::optional<std::string> code;
  std::int64_t size_in_bytes = 0;
  std::optional<std::int64_t> depth;
  bool enabled = false;
  Colour colour = Colour::red;
  std::optional<Time> seen_at;
  Date day;
  std::vector<Part> parts;
  std::optional<Part> spare;
  std::vector<std::string> tags;
  std::vector<Id<"oth">> others;
  std::optional<Id<"oth">> other;
  JsonText extra;
  double share = 0;
  std::int64_t revision = 0;
  Secret key;
  static const FieldList& fields();
};
QUANJI_FIELDS(Thing, QF(id, "标识", "Id", .flags = in_path), QF(name, "名称", "Name", .pattern = &name_pattern),
              QF(code, "编码", "Code", .min = 1, .max = 3), QF(size_in_bytes, "大小", "Size", .fallback = "7"),
              QF(depth, "深度", "Depth", .min = -5, .max = 5), QF(enabled, "启用", "Enabled", .fallback = "true"),
              QF(colour, "颜色", "Colour", .fallback = "\"red\""), QF(seen_at, "时间", "Seen"),
              QF(day, "日期", "Day", .fallback = "\"2026-01-02\""), QF(parts, "部件", "Parts", .max = 2, .fallback = "[]"),
              QF(spare, "备件", "Spare"), QF(tags, "标签", "Tags", .max = 4, .pattern = &printable_pattern, .fallback = "[]"),
              QF(others, "其他", "Others", .max = 3, .fallback = "[]"), QF(other, "另一个", "Other"),
              QF(extra, "附加", "Extra", .max = 200, .fallback = "null"), QF(share, "占比", "Share", .fallback = "0"),
              QF(revision, "版本", "Revision", .flags = read_only),
              QF(key, "密钥", "Key", .max = 8, .flags = write_only, .fallback = "\"\""))

std::int64_t characters(std::string_view text) { return static_cast<std::int64_t>(utf8_length(text)); }

// What was taken is within what the list says.
void check_limits(const Thing& thing) {
  must(thing.name.empty() || name_pattern.ok(thing.name));
  must(!thing.code || (characters(*thing.code) >= 1 && characters(*thing.code) <= 3));
  must(!thing.depth || (*thing.depth >= -5 && *thing.depth <= 5));
  must(thing.colour <= Colour::deep_blue);
  must(thing.parts.size() <= 2 && thing.tags.size() <= 4 && thing.others.size() <= 3);
  for (const auto& part : thing.parts)
    must(characters(part.name) >= 1 && characters(part.name) <= 5 && part.amount >= 1 && part.amount <= 9);
  for (const auto& tag : thing.tags)
    must((tag.empty() || printable_pattern.ok(tag)) && tag.find('\0') == std::string::npos && is_utf8(tag));
  must(thing.extra.text.size() <= 200);
  must(std::isfinite(thing.share));
  must(thing.id.empty() && thing.revision == 0);  // a body gives neither
  must(thing.key.size() <= 8);
}

// A refusal is an answer: few sentences, all of them text.
void check_refusal(const Error& error) {
  must(!error.fields().empty() && error.fields().size() <= 50);
  for (const auto& problem : error.fields())
    must(is_utf8(problem.field) && is_utf8(problem.reason.zh) && is_utf8(problem.reason.en) && !problem.reason.en.empty());
}

// Written and read again it is the same. Numbers are JSON's own affair: the parser may round the last digit.
void check_round_trip(Thing& thing) {
  thing.share = 0.5;
  const auto text = to_json(thing, Side::stored);
  const auto again = from_json_text<Thing>(text, Unknown::refuse);
  must(again.ok());
  // A decimal point inside free JSON is rounded by the same parser.
  if (thing.extra.text.find_first_of(".eE") == std::string::npos) must(to_json(*again, Side::stored) == text);
}

// Each column of a row holds its field.
void check_columns(const Thing& thing) {
  Thing row;
  for (const auto& field : Thing::fields().all()) {
    if (field.ops->kind == Kind::secret) continue;
    std::string scratch;
    must(from_scalar(*field.ops, field.in(&row), to_scalar(*field.ops, field.in(&thing), scratch)).ok());
  }
  must(to_json(row, Side::stored) == to_json(thing, Side::stored));
}

int depth_of(std::string_view json) {
  int depth = 0, most = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (quoted && json[i] == '\\')
      ++i;
    else if (json[i] == '"')
      quoted = !quoted;
    else if (!quoted && (json[i] == '{' || json[i] == '['))
      most = std::max(most, ++depth);
    else if (!quoted && (json[i] == '}' || json[i] == ']'))
      --depth;
  }
  return most;
}

}  // namespace
}  // namespace quanji::base

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quanji::base;
  const auto text = text_of({data, size});
  auto value = parse_json(text);
  if (!value) return 0;
  must(is_utf8(text) && depth_of(text) <= 32);

  auto asked = from_json<Thing>(*value);
  if (!asked) check_refusal(asked.error());
  const auto lenient = from_json<Thing>(*value, Side::request, Unknown::ignore);
  if (asked.ok()) {
    check_limits(*asked);
    must(lenient.ok() && to_json(*lenient) == to_json(*asked));
    // One word more and it is refused for that word.
    auto more = *value;
    more.as_object()["nonsense"] = nullptr;
    const auto refused = from_json<Thing>(more);
    must(!refused.ok() && refused.error().code() == Code::unknown_field && refused.error().fields().front().field == "nonsense");
    check_round_trip(*asked);
    check_columns(*asked);
  }
  if (auto stored = from_json<Thing>(*value, Side::stored, Unknown::ignore); stored.ok()) {
    // What is missing in a stored document keeps its first value, which may lie outside of the limits; what can be read stays.
    const auto once = to_json(*stored, Side::stored);
    if (const auto again = from_json_text<Thing>(once, Unknown::refuse); again.ok() && once.find_first_of(".eE") == std::string::npos)
      must(to_json(*again, Side::stored) == once);
  }

  Thing patch;
  Problems problems;
  std::uint64_t given = 0;
  decode(Thing::fields(), &patch, *value, problems, Side::request, Unknown::refuse, &given, true);
  must(given >> Thing::fields().size() == 0);
  if (problems.found.empty()) {
    // Nothing was touched that was not given.
    if (!(given & 2)) must(patch.name.empty());
    if (!(given & 8)) must(patch.size_in_bytes == 0);
    check_limits(patch);
  } else {
    check_refusal(std::move(problems).as_status().error());
  }
  return 0;
}
