#include "apps/quanji/request.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/fields_json.h"

namespace quanji::apps {
namespace {

using base::Error;
using base::Kind;
using base::Result;
using base::Text;
namespace json = boost::json;

// "departmentId", "department_id" → "--department-id"
std::string flag_of(std::string_view name) {
  std::string flag = "--";
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') {
      flag += '-';
      flag += static_cast<char>(c - 'A' + 'a');
    } else {
      flag += c == '_' ? '-' : c;
    }
  }
  return flag;
}
bool bodied(const door::Operation& operation) {
  return (operation.verb == door::Verb::post || operation.verb == door::Verb::patch) && operation.binding.intake != door::Intake::body;
}
const base::ValueOps& bare(const base::ValueOps& type) { return type.optional ? *type.inner : type; }

std::string limits_of(const base::ValueOps& outer, const base::Limits& limits) {
  const auto& type = bare(outer);
  std::string out;
  if (type.kind == Kind::enumeration)
    for (const auto word : type.spellings) out += (out.empty() ? " [" : "|") + std::string(word);
  if (!out.empty()) out += "]";
  if (limits.min != INT64_MIN) out += fmt::format(" ≥{}", limits.min);
  if (limits.max != INT64_MAX) out += fmt::format(" ≤{}", limits.max);
  // A rule that a person can read: names and accounts; the one against control characters is none.
  if (limits.pattern && limits.pattern->regex.find("\\u") == std::string_view::npos) out += fmt::format(" {}", limits.pattern->regex);
  if (!type.id_prefix.empty()) out += fmt::format(" ({}_…)", type.id_prefix);
  if (type.kind == Kind::time) out += " [RFC 3339]";
  if (type.kind == Kind::boolean) out += " [true|false]";
  if (!limits.fallback.empty()) out += fmt::format(" (={})", limits.fallback);
  if (type.kind == Kind::list) out += " [a,b,c | JSON]";
  if (type.kind == Kind::object || type.kind == Kind::json) out += " [JSON]";
  return out;
}
std::string both(const base::Sentence& s) { return fmt::format("{} / {}", s.zh, s.en); }

void encode(std::string& out, std::string_view text) {
  for (const char c : text) {
    const bool stays =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (stays)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
}

Result<json::value> value_of(const base::ValueOps& outer, std::string_view text) {
  const auto& type = bare(outer);
  switch (type.kind) {
    case Kind::integer:
    case Kind::number:
    case Kind::boolean:
    case Kind::object:
    case Kind::json:
      return base::parse_json(text);
    case Kind::list: {
      if (text.starts_with('[')) return base::parse_json(text);
      json::array items;
      while (!text.empty()) {
        const auto comma = text.find(',');
        QUANJI_TRY(auto item, value_of(*type.inner, text.substr(0, comma)));
        items.push_back(std::move(item));
        text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
      }
      return json::value(std::move(items));
    }
    default:
      return json::value(json::string(text.data(), text.size()));
  }
}

Result<std::string> body_of(const door::Operation& operation, const Given& given) {
  json::object body;
  if (!given.json.empty()) {
    QUANJI_TRY(auto value, base::parse_json(given.json));
    if (!value.is_object()) return Error(base::Code::unreadable_body, Text("--json 须为 JSON 对象", "--json takes a JSON object"));
    body = std::move(value.get_object());
  }
  for (const auto& option : options_of(operation)) {
    const auto found = given.fields.find(option.json_name);
    if (found == given.fields.end()) continue;
    // Of a change, `null` clears the field.
    const bool clears = operation.binding.in->given && option.type->optional && found->second == "null";
    auto value = clears ? Result<json::value>(json::value(nullptr)) : value_of(*option.type, found->second);
    if (!value) return Error(base::Code::invalid_field).with_field(option.flag, value.error().message());
    body[option.json_name] = std::move(value).value();
  }
  return json::serialize(body);
}

}  // namespace

std::string noun_of(const door::Operation& operation) {
  const auto path = operation.path.substr(1);
  return std::string(path.substr(0, path.find('/')));
}

std::string verb_of(const door::Operation& operation) {
  std::string group(operation.group()), verb(operation.id.substr(operation.group().size() + 1));
  for (auto* text : {&group, &verb})
    for (auto& c : *text)
      if (c == '_' || c == '.') c = '-';
  const auto noun = noun_of(operation);
  return noun == group || noun == group + "s" ? verb : group + "-" + verb;
}

std::string command_of(const door::Operation& operation) { return operation.id == "audit.verify" ? "verify-remote" : verb_of(operation); }

std::vector<std::string> path_parameters(const door::Operation& operation) {
  std::vector<std::string> names;
  for (auto open = operation.path.find('{'); open != std::string_view::npos; open = operation.path.find('{', open + 1))
    names.emplace_back(operation.path.substr(open + 1, operation.path.find('}', open) - open - 1));
  return names;
}

std::string path_parameter_help(const door::Operation& operation, std::string_view name) {
  if (!operation.binding.in) return {};
  const auto& fields = operation.binding.in->fields();
  const int i = fields.find_json(name);
  if (i < 0) return {};
  const auto& field = fields.all()[static_cast<std::size_t>(i)];
  return both(field.sentence) + limits_of(*field.ops, field.limits);
}

std::vector<Option> options_of(const door::Operation& operation) {
  std::vector<Option> options;
  const auto add = [&](std::string_view name, std::string help, const base::ValueOps& type) {
    options.push_back({flag_of(name), std::string(name), std::move(help), &type});
  };
  const auto& text = base::value_ops<std::string>;
  if (const auto* list = operation.binding.list) {
    for (const auto& filter : list->filters) add(filter.name, both(filter.sentence) + limits_of(*filter.type, {}), *filter.type);
    std::string sorts;
    for (const auto sort : list->sorts) sorts += (sorts.empty() ? "" : "|") + std::string(sort);
    if (!sorts.empty()) add("sort", "排序，前加 - 为倒序 / Order, - in front: descending [" + sorts + "]", text);
    if (list->keyword) add("keyword", "关键字 / Keyword", text);
    if (list->created_range) {
      add("createdFrom", "创建时间起 / Created from (RFC 3339)", text);
      add("createdTo", "创建时间止 / Created until (RFC 3339)", text);
    }
    add("cursor", "上一页给出的游标 / Cursor of the page before", text);
    add("page", "页码 / Page number ≥1 ≤10000", text);
    add("pageSize", "每页行数 / Rows a page ≥1 ≤200 (=20)", text);
    return options;
  }
  const auto& fields = operation.binding.in->fields();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto& field = fields.all()[i];
    const auto& type = bare(*field.ops);
    if (field.limits.flags & (base::in_path | base::read_only | base::write_only)) continue;
    if (type.kind == Kind::secret) continue;
    const bool needed = field.required() && !operation.binding.in->given;
    add(fields.json_name(i), both(field.sentence) + limits_of(*field.ops, field.limits) + (needed ? " *" : ""), *field.ops);
    options.back().needed = needed;
  }
  return options;
}

Result<Ask> make_ask(const door::Table& table, const door::Operation& operation, const Given& given) {
  Ask ask;
  ask.method = door::word(operation.verb);
  ask.target = table.base();
  std::size_t next = 0;
  for (std::string_view rest = operation.path; !rest.empty();) {
    const auto open = rest.find('{');
    ask.target += rest.substr(0, open);
    if (open == std::string_view::npos) break;
    encode(ask.target, next < given.path.size() ? given.path[next] : "");
    ++next;
    rest = rest.substr(rest.find('}', open) + 1);
  }
  if (bodied(operation)) {
    QUANJI_TRY(ask.body, body_of(operation, given));
  } else {
    char joint = '?';
    for (const auto& [name, text] : given.fields) {
      ask.target += joint;
      joint = '&';
      encode(ask.target, name);
      ask.target += '=';
      encode(ask.target, text);
    }
  }
  if (operation.binding.intake == door::Intake::body) {
    ask.body = given.content;
    ask.headers.emplace_back("Content-Type", "application/octet-stream");
  }
  if (!given.if_match.empty())
    ask.headers.emplace_back("If-Match", given.if_match.find('"') == std::string::npos ? "\"" + given.if_match + "\"" : given.if_match);
  if (!given.idempotency_key.empty()) ask.headers.emplace_back("Idempotency-Key", given.idempotency_key);
  return ask;
}

}  // namespace quanji::apps
