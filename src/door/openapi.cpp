#include "door/openapi.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <map>
#include <set>

#include "base/fields_json.h"

namespace quanji::door {
namespace {

namespace json = boost::json;
using base::Field;
using base::FieldList;
using base::Kind;
using base::ValueOps;

json::string str(std::string_view text) { return json::string(text.data(), text.size()); }
std::string both(const base::Sentence& s) { return s.en.empty() ? std::string(s.zh) : fmt::format("{} / {}", s.zh, s.en); }
json::object schema_ref(std::string_view name) { return {{"$ref", str(fmt::format("#/components/schemas/{}", name))}}; }

enum class Form : std::uint8_t { input, partial, output };

class Schemas {
 public:
  json::object of_list(const FieldList& list, Form form);
  json::object of_value(const ValueOps& ops, const base::Limits& limits, Form form);
  json::value take_all() {
    json::object all;
    for (auto& [name, schema] : made_) all[name] = schema;
    return all;
  }

 private:
  std::map<std::string, json::object> made_;
};

json::object Schemas::of_value(const ValueOps& outer, const base::Limits& limits, Form form) {
  const auto& ops = outer.optional ? *outer.inner : outer;
  json::object s;
  switch (ops.kind) {
    case Kind::text:
    case Kind::secret:
      s["type"] = "string";
      if (limits.min != INT64_MIN) s["minLength"] = limits.min;
      if (limits.max != INT64_MAX) s["maxLength"] = limits.max;
      // What is shown in part only no longer has the form it was given in.
      if (limits.pattern && !(limits.flags & base::masked)) s["pattern"] = str(limits.pattern->regex);
      if (ops.kind == Kind::secret) s["format"] = "password";
      break;
    case Kind::integer:
      s["type"] = "integer";
      s["format"] = "int64";
      if (limits.min != INT64_MIN) s["minimum"] = limits.min;
      if (limits.max != INT64_MAX) s["maximum"] = limits.max;
      break;
    case Kind::number:
      s["type"] = "number";
      break;
    case Kind::boolean:
      s["type"] = "boolean";
      break;
    case Kind::time:
      s["type"] = "string";
      s["format"] = "date-time";
      break;
    case Kind::date:
      s["type"] = "string";
      s["format"] = "date";
      break;
    case Kind::id:
      s["type"] = "string";
      s["pattern"] = str(fmt::format("^{}_[0-9A-HJKMNP-TV-Z]{{26}}$", ops.id_prefix));
      break;
    case Kind::enumeration: {
      s["type"] = "string";
      json::array words;
      for (const auto word : ops.spellings) words.push_back(str(word));
      s["enum"] = std::move(words);
      break;
    }
    case Kind::object:
      return of_list(ops.object(), form);
    case Kind::list:
      s["type"] = "array";
      if (limits.min != INT64_MIN) s["minItems"] = limits.min;
      if (limits.max != INT64_MAX) s["maxItems"] = limits.max;
      s["items"] = of_value(*ops.inner, base::Limits{.pattern = limits.pattern}, form);
      break;
    case Kind::json:
    case Kind::flow:  // no operation of this platform has one
      break;
  }
  return s;
}

json::object Schemas::of_list(const FieldList& list, Form form) {
  const bool page = list.type() == "Page";
  std::string name(list.type());
  if (const auto colons = name.rfind("::"); colons != std::string::npos) name = name.substr(colons + 2);
  if (form == Form::partial) name += "Patch";
  if (form == Form::input) name += "Input";
  if (!page && made_.contains(name)) return schema_ref(name);
  if (!page) made_[name];  // a type that holds itself finds the reference
  json::object properties;
  json::array required;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto& field = list.all()[i];
    const auto flags = field.limits.flags;
    if (form == Form::output ? (flags & base::write_only) != 0 || field.ops->kind == Kind::secret
                             : (flags & (base::read_only | base::in_path)) != 0)
      continue;
    auto schema = of_value(*field.ops, field.limits, form);
    if (schema.contains("$ref")) schema = {{"allOf", json::array{schema}}};
    schema["description"] = str(both(field.sentence));
    if (form != Form::output && !field.limits.fallback.empty())
      schema["default"] = json::parse(json::string_view(field.limits.fallback.data(), field.limits.fallback.size()));
    if (form == Form::partial && field.ops->optional && schema.contains("type")) schema["type"] = json::array{schema["type"], "null"};
    properties[str(list.json_name(i))] = std::move(schema);
    if (form == Form::input ? field.required() : form == Form::output && !field.ops->optional) required.push_back(str(list.json_name(i)));
  }
  json::object s{{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) s["required"] = std::move(required);
  if (form != Form::output) s["additionalProperties"] = false;
  if (page) return s;
  made_[name] = std::move(s);
  return schema_ref(name);
}

json::object parameter(std::string_view name, std::string_view where, json::object schema, std::string_view text, bool required) {
  json::object p{{"name", str(name)}, {"in", str(where)}, {"required", required}, {"schema", std::move(schema)}};
  if (!text.empty()) p["description"] = str(text);
  return p;
}

json::object envelope(json::object data) {
  return {{"type", "object"},
          {"required", json::array{"code", "message", "requestId"}},
          {"properties", json::object{{"code", json::object{{"type", "integer"}, {"const", 0}}},
                                      {"message", json::object{{"type", "string"}}},
                                      {"requestId", json::object{{"type", "string"}}},
                                      {"data", std::move(data)}}}};
}

json::array parameters_of(const Operation& operation, Schemas& schemas) {
  json::array parameters;
  std::string_view path = operation.path;
  const auto& fields = operation.binding.in->fields();
  for (auto open = path.find('{'); open != std::string_view::npos; open = path.find('{', open + 1)) {
    const auto name = path.substr(open + 1, path.find('}', open) - open - 1);
    const int i = fields.find(name);
    parameters.push_back(i < 0 ? parameter(name, "path", {{"type", "string"}}, "", true)
                               : parameter(name, "path", schemas.of_value(*fields.all()[static_cast<std::size_t>(i)].ops, {}, Form::output),
                                           both(fields.all()[static_cast<std::size_t>(i)].sentence), true));
  }
  if (const auto* list = operation.binding.list) {
    for (const auto& filter : list->filters)
      parameters.push_back(parameter(filter.name, "query", schemas.of_value(*filter.type, {}, Form::output), both(filter.sentence), false));
    if (!list->sorts.empty()) {
      std::string words;
      for (const auto sort : list->sorts) words += words.empty() ? std::string(sort) : fmt::format("|{}", sort);
      parameters.push_back(parameter("sort", "query", {{"type", "string"}, {"pattern", str(fmt::format("^-?({})$", words))}},
                                     "排序，前面加 - 为倒序 / Order; - in front: descending", false));
    }
    if (list->keyword)
      parameters.push_back(parameter("keyword", "query", {{"type", "string"}, {"maxLength", 200}}, "关键字 / Keyword", false));
    if (list->created_range)
      for (const auto* name : {"createdFrom", "createdTo"})
        parameters.push_back(parameter(name, "query", {{"type", "string"}, {"format", "date-time"}}, "", false));
    parameters.push_back(parameter("cursor", "query", {{"type", "string"}}, "上一页给出的游标 / Cursor of the page before", false));
    parameters.push_back(parameter("page", "query", {{"type", "integer"}, {"minimum", 1}, {"maximum", 10000}},
                                   "页码，限前 10000 行 / Page number, within the first 10 000 rows", false));
    parameters.push_back(
        parameter("pageSize", "query", {{"type", "integer"}, {"minimum", 1}, {"maximum", 200}, {"default", 20}}, "", false));
  } else if (operation.verb == Verb::get || operation.verb == Verb::del || operation.binding.intake == Intake::body) {
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const auto& field = fields.all()[i];
      if (field.limits.flags & (base::in_path | base::read_only)) continue;
      parameters.push_back(parameter(fields.json_name(i), "query", schemas.of_value(*field.ops, field.limits, Form::input),
                                     both(field.sentence), field.required()));
    }
  }
  if (operation.creates && operation.verb == Verb::post)
    parameters.push_back(json::object{{"$ref", "#/components/parameters/IdempotencyKey"}});
  if (operation.verb == Verb::patch || operation.verb == Verb::del)
    parameters.push_back(json::object{{"$ref", "#/components/parameters/IfMatch"}});
  return parameters;
}

json::object describe(const Operation& operation, Schemas& schemas, std::string_view id_tail) {
  json::object o;
  auto id = std::string(operation.id) + std::string(id_tail);
  std::replace(id.begin(), id.end(), '.', '_');
  o["operationId"] = str(id);
  o["summary"] = str(both(operation.summary));
  o["tags"] = json::array{str(operation.group())};
  if (operation.entry == Entry::open) o["security"] = json::array{};
  if (!operation.deprecated_since.empty()) o["deprecated"] = true;
  o["x-permission"] = str(operation.needs());
  if (!operation.audit.empty()) o["x-audit"] = str(operation.audit);
  if (operation.second_person == SecondPerson::when_set) o["x-second-person"] = "when_set";
  if (auto parameters = parameters_of(operation, schemas); !parameters.empty()) o["parameters"] = std::move(parameters);
  if (operation.binding.intake == Intake::body) {
    const json::object bytes{{"type", "string"}, {"format", "binary"}};
    o["requestBody"] = json::object{
        {"required", true},
        {"content", json::object{{"application/octet-stream", json::object{{"schema", bytes}}},
                                 {"multipart/form-data",
                                  json::object{{"schema", json::object{{"type", "object"},
                                                                       {"description",
                                                                        "字段在前，文件在后；字段与查询参数同名同义 / Fields first, then "
                                                                        "the file; a field is as good as the query parameter of its name"},
                                                                       {"required", json::array{"file"}},
                                                                       {"properties", json::object{{"file", bytes}}}}}}}}}};
  } else if (operation.verb == Verb::post || operation.verb == Verb::patch) {
    const auto& fields = operation.binding.in->fields();
    const auto form = operation.binding.in->given ? Form::partial : Form::input;
    const bool any = std::any_of(fields.all().begin(), fields.all().end(),
                                 [](const Field& f) { return !(f.limits.flags & (base::in_path | base::read_only)); });
    const bool needed = form == Form::input && std::any_of(fields.all().begin(), fields.all().end(), [](const Field& f) {
                          return f.required() && !(f.limits.flags & base::in_path);
                        });
    if (any) {
      json::object content{{"schema", schemas.of_list(fields, form)}};
      if (!operation.example.empty())
        content["example"] = json::parse(json::string_view(operation.example.data(), operation.example.size()));
      o["requestBody"] = json::object{{"required", needed}, {"content", json::object{{"application/json", std::move(content)}}}};
    }
  }
  json::object responses;
  const auto status = operation.creates && operation.verb == Verb::post ? "201" : "200";
  // What comes piece by piece is no JSON document: its lines are told in prose.
  json::object content;
  if (operation.binding.content_type == "application/octet-stream")  // bytes somebody brought: their type is what he said of them
    content["*/*"] = json::object{{"schema", json::object{{"type", "string"}, {"format", "binary"}}}};
  else if (!operation.binding.content_type.empty())
    content[str(operation.binding.content_type)] = json::object{{"schema", json::object{{"type", "string"}}}};
  else
    content["application/json"] = json::object{{"schema", envelope(schemas.of_list(operation.binding.out->fields(), Form::output))}};
  responses[status] = json::object{{"description", "ok"}, {"content", std::move(content)}};
  if (operation.second_person == SecondPerson::when_set) responses["202"] = json::object{{"$ref", "#/components/responses/Held"}};
  std::map<int, std::string> failures;
  for (const auto code : operation.failures)
    failures[base::row_of(code).http] +=
        fmt::format("{}{}", failures[base::row_of(code).http].empty() ? "" : ", ", base::row_of(code).word);
  for (const auto& [http, words] : failures)
    responses[std::to_string(http)] = json::object{
        {"description", str(words)}, {"content", json::object{{"application/json", json::object{{"schema", schema_ref("Failure")}}}}}};
  responses["4XX"] = json::object{{"$ref", "#/components/responses/Failure"}};
  o["responses"] = std::move(responses);
  return o;
}

void indent(std::string& out, const json::value& v, std::size_t depth) {
  const std::string pad(depth * 2 + 2, ' '), end(depth * 2, ' ');
  if (const auto* o = v.if_object()) {
    if (o->empty()) {
      out += "{}";
      return;
    }
    out += "{\n";
    bool first = true;
    for (const auto& [key, value] : *o) {
      if (!first) out += ",\n";
      first = false;
      out += pad;
      base::append_json_string(out, std::string_view(key.data(), key.size()));
      out += ": ";
      indent(out, value, depth + 1);
    }
    out += '\n' + end + '}';
  } else if (const auto* a = v.if_array()) {
    if (a->empty()) {
      out += "[]";
      return;
    }
    out += "[\n";
    bool first = true;
    for (const auto& value : *a) {
      if (!first) out += ",\n";
      first = false;
      out += pad;
      indent(out, value, depth + 1);
    }
    out += '\n' + end + ']';
  } else if (const auto* s = v.if_string()) {
    base::append_json_string(out, std::string_view(s->data(), s->size()));
  } else {
    out += json::serialize(v);
  }
}

}  // namespace

std::string openapi(const Table& table, const ApiTitle& title) {
  Schemas schemas;
  std::map<std::string, json::object> paths;
  std::set<std::string> tags;
  for (const auto& operation : table.all()) {
    const auto full = table.base() + std::string(operation->path);
    auto verb = std::string(word(operation->verb));
    std::transform(verb.begin(), verb.end(), verb.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    paths[full][verb] = describe(*operation, schemas, "");
    tags.insert(std::string(operation->group()));
  }
  json::object all_paths, root, info;
  for (auto& [path, verbs] : paths) all_paths[path] = std::move(verbs);
  info["title"] = str(fmt::format("{} / {}", title.title_zh, title.title_en));
  info["version"] = str(title.version);
  info["description"] = str(title.description);
  info["license"] = json::object{{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}};
  json::array tag_list;
  for (const auto& tag : tags) tag_list.push_back(json::object{{"name", str(tag)}});

  auto made = schemas.take_all().as_object();
  made["Failure"] = json::object{
      {"type", "object"},
      {"required", json::array{"code", "message", "reason", "requestId"}},
      {"properties",
       json::object{
           {"code", json::object{{"type", "integer"}}},
           {"message", json::object{{"type", "string"}}},
           {"reason", json::object{{"type", "string"}}},
           {"requestId", json::object{{"type", "string"}}},
           {"errors", json::object{{"type", "array"},
                                   {"items", json::object{{"type", "object"},
                                                          {"required", json::array{"field", "reason"}},
                                                          {"properties", json::object{{"field", json::object{{"type", "string"}}},
                                                                                      {"reason", json::object{{"type", "string"}}}}}}}}}}}};
  json::object held_data{{"type", "object"},
                         {"required", json::array{"approvalId", "state", "expiresAt"}},
                         {"properties", json::object{{"approvalId", json::object{{"type", "string"}}},
                                                     {"state", json::object{{"const", "pending"}}},
                                                     {"expiresAt", json::object{{"type", "string"}, {"format", "date-time"}}}}}};
  json::object components;
  components["schemas"] = std::move(made);
  components["responses"] = json::object{
      {"Failure", json::object{{"description", "失败 / A failure"},
                               {"content", json::object{{"application/json", json::object{{"schema", schema_ref("Failure")}}}}}}},
      {"Held", json::object{{"description", "等待复核 / Held for a second person"},
                            {"content", json::object{{"application/json", json::object{{"schema", envelope(std::move(held_data))}}}}}}}};
  components["parameters"] =
      json::object{{"IdempotencyKey", parameter("Idempotency-Key", "header", {{"type", "string"}, {"maxLength", 128}},
                                                "同一键与内容在 24 小时内只生效一次 / Same key and body within 24 h: done once", false)},
                   {"IfMatch", parameter("If-Match", "header", {{"type", "string"}},
                                         "读到的 ETag；已被他人修改时返回 412 / The ETag read; 412 when changed meanwhile", false)}};
  components["securitySchemes"] = json::object{{"bearer", json::object{{"type", "http"}, {"scheme", "bearer"}}},
                                               {"signature", json::object{{"type", "apiKey"}, {"in", "header"}, {"name", "X-Signature"}}},
                                               {"session", json::object{{"type", "apiKey"}, {"in", "cookie"}, {"name", "__Host-quanji"}}}};

  root["openapi"] = "3.1.0";
  root["info"] = std::move(info);
  root["servers"] = json::array{json::object{{"url", "/"}}};
  root["security"] = json::array{json::object{{"bearer", json::array{}}}, json::object{{"signature", json::array{}}},
                                 json::object{{"session", json::array{}}}};
  root["tags"] = std::move(tag_list);
  root["paths"] = std::move(all_paths);
  root["components"] = std::move(components);
  std::string out;
  indent(out, root, 0);
  out += '\n';
  return out;
}

std::string permissions_page(const Table& table) {
  std::string out =
      "# Permissions and audit names\n\nGenerated from the operation table by `./do contracts`.\n\n"
      "| operation | call | permission | audit | rate | kind | second person |\n|---|---|---|---|---|---|---|\n";
  static constexpr std::string_view kinds[] = {"read", "change", "batch", "memory", "stream"};
  static constexpr std::string_view rates[] = {"robot", "person", "client", "report"};
  for (const auto& o : table.all())
    out += fmt::format("| {} | {} {}{} | {} | {} | {} | {} | {} |\n", both(o->summary), word(o->verb), table.base(), o->path,
                       o->entry == Entry::open ? "(open)"
                       : o->needs() == "-"     ? "(signed in)"
                                               : o->needs(),
                       o->audit, rates[static_cast<std::size_t>(o->rate)], kinds[static_cast<std::size_t>(o->binding.kind)],
                       o->second_person == SecondPerson::when_set ? "when set" : "");
  return out;
}

std::string error_codes_page() {
  std::string out =
      "# Error codes\n\nGenerated from the table in `base` by `./do contracts`.\n\n| code | word | HTTP | 中文 | English "
      "|\n|---|---|---|---|---|\n";
  for (const auto& row : base::code_table())
    out +=
        fmt::format("| {} | {} | {} | {} | {} |\n", static_cast<unsigned>(row.code), row.word, row.http, row.sentence.zh, row.sentence.en);
  return out;
}

}  // namespace quanji::door
