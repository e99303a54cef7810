#include "domain/payload_schema.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cmath>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/encodings.h"

namespace quanji::domain {

namespace json = boost::json;
using base::Code;
using base::Error;
using base::Problems;
using base::Result;
using base::Text;

namespace {

constexpr std::size_t most_nodes = 2000;
constexpr std::size_t most_problems = 20;
constexpr std::size_t most_steps = 4'000'000;
constexpr std::array<std::string_view, 7> type_words{"null", "boolean", "integer", "number", "string", "array", "object"};
constexpr std::string_view annotations[] = {"$schema",  "$id",        "$comment", "title",     "description", "default",
                                            "examples", "deprecated", "readOnly", "writeOnly", "format"};

std::string below(std::string_view at, std::string_view name) {
  std::string out(at);
  if (!out.empty()) out += '/';
  for (const char c : name) {  // RFC 6901
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

std::optional<double> number_in(const json::value& v) {
  if (v.is_int64()) return static_cast<double>(v.get_int64());
  if (v.is_uint64()) return static_cast<double>(v.get_uint64());
  if (v.is_double()) return v.get_double();
  return {};
}
bool is_whole(const json::value& v) {
  return v.is_int64() || v.is_uint64() || (v.is_double() && std::isfinite(v.get_double()) && std::trunc(v.get_double()) == v.get_double());
}

// The same text for what the draft calls equal: numbers by value, objects without order.
void append_canonical(const json::value& v, std::string& out) {
  switch (v.kind()) {
    case json::kind::double_:
      // Doubles past 2^63 have no whole number of their own here and are told apart by their digits.
      if (const double d = v.get_double(); is_whole(v) && d >= -9.2e18 && d <= 9.2e18)
        out += std::to_string(static_cast<std::int64_t>(d));
      else
        fmt::format_to(std::back_inserter(out), "{}", d);
      return;
    case json::kind::int64:
      out += std::to_string(v.get_int64());
      return;
    case json::kind::uint64:
      out += std::to_string(v.get_uint64());
      return;
    case json::kind::array:
      out += '[';
      for (const auto& one : v.get_array()) {
        append_canonical(one, out);
        out += ',';
      }
      out += ']';
      return;
    case json::kind::object: {
      std::vector<const json::key_value_pair*> pairs;
      for (const auto& pair : v.get_object()) pairs.push_back(&pair);
      std::sort(pairs.begin(), pairs.end(), [](const auto* a, const auto* b) { return a->key() < b->key(); });
      out += '{';
      for (const auto* pair : pairs) {
        base::append_json_string(out, std::string_view(pair->key().data(), pair->key().size()));
        out += ':';
        append_canonical(pair->value(), out);
        out += ',';
      }
      out += '}';
      return;
    }
    default:
      out += json::serialize(v);
  }
}
std::string canonical_of(const json::value& v) {
  std::string out;
  append_canonical(v, out);
  return out;
}

std::string_view view_of(const json::string& s) { return {s.data(), s.size()}; }

}  // namespace

struct PayloadSchema::Node {
  using Part = std::unique_ptr<const Node>;
  enum class Always : std::uint8_t { depends, yes, no } always = Always::depends;
  unsigned types = 0;  // bits by place in type_words; 0: any
  std::string type_text;
  std::vector<std::pair<std::string, Part>> properties;
  std::vector<std::pair<std::unique_ptr<re2::RE2>, Part>> pattern_properties;
  std::vector<std::string> required;
  std::vector<std::pair<std::string, std::vector<std::string>>> dependent;
  Part additional, names, items, contains, negated, condition, then, otherwise;
  std::vector<Part> prefix, any, all, one;
  std::optional<std::size_t> min_properties, max_properties, min_items, max_items, min_length, max_length;
  bool unique = false;
  std::optional<double> minimum, maximum, above, under;
  std::unique_ptr<re2::RE2> pattern;
  std::optional<std::set<std::string>> values;  // enum and const, canonical
  std::string values_text;
};

namespace {

using Node = PayloadSchema::Node;
using Part = Node::Part;

// ---- reading ----
class Reader {
 public:
  explicit Reader(Problems& problems) : problems_(problems) {}

  Part read(const json::value& from, const std::string& at) {
    auto node = std::make_unique<Node>();
    if (++nodes_ > most_nodes) {
      if (nodes_ == most_nodes + 1)
        wrong(at, fmt::format("架构太大：最多 {} 个子架构", most_nodes),
              fmt::format("the schema is too large: {} parts at most", most_nodes));
      return node;
    }
    if (from.is_bool()) {
      node->always = from.get_bool() ? Node::Always::yes : Node::Always::no;
      return node;
    }
    if (!from.is_object()) {
      wrong(at, "架构应为对象、true 或 false", "a schema is an object, true or false");
      return node;
    }
    for (const auto& pair : from.get_object()) {
      const auto key = std::string_view(pair.key().data(), pair.key().size());
      if (std::find(std::begin(annotations), std::end(annotations), key) != std::end(annotations)) continue;
      const auto place = below(at, base::utf8_beginning(key, 64));
      if (!take_word(*node, key, pair.value(), place))
        wrong(place, "不支持这个关键字；支持的见接口说明",
              "this word is not supported: what is supported stands in the interface's description");
    }
    if ((node->then || node->otherwise) && !node->condition) {
      node->then.reset();
      node->otherwise.reset();
    }
    return node;
  }

 private:
  void wrong(const std::string& at, std::string zh, std::string en) {
    if (problems_.found.size() < most_problems) problems_.add(Code::invalid_field, at, Text(std::move(zh), std::move(en)));
  }
  bool take_word(Node& node, std::string_view key, const json::value& value, const std::string& at) {
    return take_shape(node, key, value, at) || take_limit(node, key, value, at) || take_choice(node, key, value, at);
  }
  bool take_shape(Node& node, std::string_view key, const json::value& value, const std::string& at) {
    if (key == "type") return take_types(node, value, at), true;
    if (key == "required") return take_names(node.required, value, at), true;
    if (key == "additionalProperties") return node.additional = read(value, at), true;
    if (key == "propertyNames") return node.names = read(value, at), true;
    if (key == "items") return node.items = read(value, at), true;
    if (key == "contains") return node.contains = read(value, at), true;
    if (key == "prefixItems") return take_parts(node.prefix, value, at), true;
    if (key == "properties" || key == "patternProperties" || key == "dependentRequired") {
      if (!value.is_object()) return wrong(at, "应为对象", "an object is expected"), true;
      for (const auto& pair : value.get_object()) {
        const std::string name(pair.key().data(), pair.key().size());
        const auto place = below(at, base::utf8_beginning(name, 64));
        if (key == "properties") {
          node.properties.emplace_back(name, read(pair.value(), place));
        } else if (key == "patternProperties") {
          if (auto pattern = pattern_of(name, place)) node.pattern_properties.emplace_back(std::move(pattern), read(pair.value(), place));
        } else {
          node.dependent.emplace_back(name, std::vector<std::string>());
          take_names(node.dependent.back().second, pair.value(), place);
        }
      }
      return true;
    }
    return false;
  }
  bool take_limit(Node& node, std::string_view key, const json::value& value, const std::string& at) {
    const std::pair<std::string_view, std::optional<std::size_t>*> counts[] = {
        {"minProperties", &node.min_properties}, {"maxProperties", &node.max_properties}, {"minItems", &node.min_items},
        {"maxItems", &node.max_items},           {"minLength", &node.min_length},         {"maxLength", &node.max_length}};
    for (const auto& [word, to] : counts)
      if (key == word) {
        if (is_whole(value) && *number_in(value) >= 0 && *number_in(value) < 1e9)
          *to = static_cast<std::size_t>(*number_in(value));
        else
          wrong(at, "应为非负整数", "a whole number from 0 on is expected");
        return true;
      }
    const std::pair<std::string_view, std::optional<double>*> bounds[] = {
        {"minimum", &node.minimum}, {"maximum", &node.maximum}, {"exclusiveMinimum", &node.above}, {"exclusiveMaximum", &node.under}};
    for (const auto& [word, to] : bounds)
      if (key == word) {
        *to = number_in(value);
        if (!*to) wrong(at, "应为数字", "a number is expected");
        return true;
      }
    if (key == "uniqueItems") {
      if (!value.is_bool()) return wrong(at, "应为 true 或 false", "true or false is expected"), true;
      node.unique = value.get_bool();
      return true;
    }
    if (key == "pattern") {
      if (!value.is_string()) return wrong(at, "应为字符串", "a string is expected"), true;
      node.pattern = pattern_of(view_of(value.get_string()), at);
      return true;
    }
    return false;
  }
  bool take_choice(Node& node, std::string_view key, const json::value& value, const std::string& at) {
    if (key == "anyOf") return take_parts(node.any, value, at), true;
    if (key == "allOf") return take_parts(node.all, value, at), true;
    if (key == "oneOf") return take_parts(node.one, value, at), true;
    if (key == "not") return node.negated = read(value, at), true;
    if (key == "if") return node.condition = read(value, at), true;
    if (key == "then") return node.then = read(value, at), true;
    if (key == "else") return node.otherwise = read(value, at), true;
    if (key == "const") return take_values(node, {canonical_of(value)}, json::serialize(value)), true;
    if (key == "enum") {
      if (!value.is_array()) return wrong(at, "应为数组", "an array is expected"), true;
      std::set<std::string> values;
      for (const auto& one : value.get_array()) values.insert(canonical_of(one));
      take_values(node, std::move(values), json::serialize(value));
      return true;
    }
    return false;
  }

  // Both `enum` and `const` at once: what is in both.
  static void take_values(Node& node, std::set<std::string> values, std::string text) {
    if (node.values) std::erase_if(values, [&](const std::string& one) { return !node.values->contains(one); });
    node.values = std::move(values);
    node.values_text = std::string(base::utf8_beginning(text, 200));
  }
  void take_types(Node& node, const json::value& value, const std::string& at) {
    const auto one = [&](const json::value& word) {
      const auto found = word.is_string() ? std::find(type_words.begin(), type_words.end(), view_of(word.get_string())) : type_words.end();
      if (found == type_words.end())
        return wrong(at, "类型应为 null、boolean、integer、number、string、array、object 之一",
                     "a type is null, boolean, integer, number, string, array or object");
      node.types |= 1U << static_cast<unsigned>(found - type_words.begin());
      node.type_text += (node.type_text.empty() ? "" : ", ") + std::string(*found);
    };
    if (value.is_array() && !value.get_array().empty())
      for (const auto& word : value.get_array()) one(word);
    else
      one(value);
  }
  void take_names(std::vector<std::string>& to, const json::value& value, const std::string& at) {
    if (!value.is_array()) return wrong(at, "应为字段名的数组", "an array of names is expected");
    for (const auto& one : value.get_array()) {
      if (!one.is_string()) return wrong(at, "应为字段名的数组", "an array of names is expected");
      to.emplace_back(view_of(one.get_string()));
    }
  }
  void take_parts(std::vector<Part>& to, const json::value& value, const std::string& at) {
    if (!value.is_array() || value.get_array().empty())
      return wrong(at, "应为非空的架构数组", "an array of schemas, not empty, is expected");
    for (std::size_t i = 0; i < value.get_array().size(); ++i) to.push_back(read(value.get_array()[i], below(at, std::to_string(i))));
  }
  std::unique_ptr<re2::RE2> pattern_of(std::string_view text, const std::string& at) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(1 << 20);
    auto made = std::make_unique<re2::RE2>(re2::StringPiece(text.data(), text.size()), options);
    if (made->ok()) return made;
    wrong(at, "正则表达式不可用（不支持环视与反向引用）", "not a usable pattern (no look-around, no back-references)");
    return nullptr;
  }

  Problems& problems_;
  std::size_t nodes_ = 0;
};

// ---- asking ----
class Check {
 public:
  explicit Check(Problems* problems, std::size_t& steps) : problems_(problems), steps_(steps) {}

  // Whether it fits. Without a list of problems it stops at the first.
  bool fits(const Node& node, const json::value& v, const std::string& at) {
    if (++steps_ > most_steps) return wrong(at, "载荷过于复杂，无法核对", "the payload is too complicated to be checked");
    if (node.always == Node::Always::yes) return true;
    if (node.always == Node::Always::no) return wrong(at, "架构不允许这里有值", "the schema allows nothing here");
    bool good = fits_type(node, v, at);
    if (!good && !problems_) return false;
    if (node.values && !node.values->contains(canonical_of(v)))
      good = wrong(at, "应为下列之一：" + node.values_text, "should be one of " + node.values_text);
    if (number_in(v)) good = fits_number(node, v, at) && good;
    if (v.is_string()) good = fits_string(node, view_of(v.get_string()), at) && good;
    if (v.is_array()) good = fits_array(node, v.get_array(), at) && good;
    if (v.is_object()) good = fits_object(node, v.get_object(), at) && good;
    return fits_choices(node, v, at) && good;
  }

 private:
  bool wrong(const std::string& at, std::string zh, std::string en) {
    if (problems_ && problems_->found.size() < most_problems) problems_->add(Code::invalid_field, at, Text(std::move(zh), std::move(en)));
    return false;
  }
  bool enough() const { return (problems_ && problems_->found.size() >= most_problems) || steps_ > most_steps; }
  bool quietly(const Node& node, const json::value& v) {
    Check quiet(nullptr, steps_);
    return quiet.fits(node, v, {});
  }

  bool fits_type(const Node& node, const json::value& v, const std::string& at) {
    if (node.types == 0) return true;
    unsigned is = 0;
    const auto mark = [&](std::size_t place) { is |= 1U << place; };
    if (v.is_null()) mark(0);
    if (v.is_bool()) mark(1);
    if (is_whole(v)) mark(2);
    if (number_in(v)) mark(3);
    if (v.is_string()) mark(4);
    if (v.is_array()) mark(5);
    if (v.is_object()) mark(6);
    return (is & node.types) != 0 || wrong(at, "类型应为 " + node.type_text, "should be of type " + node.type_text);
  }
  bool fits_number(const Node& node, const json::value& v, const std::string& at) {
    const double n = *number_in(v);
    bool good = true;
    if (node.minimum && n < *node.minimum)
      good = wrong(at, fmt::format("不得小于 {}", *node.minimum), fmt::format("should be at least {}", *node.minimum));
    if (node.maximum && n > *node.maximum)
      good = wrong(at, fmt::format("不得大于 {}", *node.maximum), fmt::format("should be at most {}", *node.maximum));
    if (node.above && n <= *node.above)
      good = wrong(at, fmt::format("应大于 {}", *node.above), fmt::format("should be above {}", *node.above));
    if (node.under && n >= *node.under)
      good = wrong(at, fmt::format("应小于 {}", *node.under), fmt::format("should be below {}", *node.under));
    return good;
  }
  bool fits_count(std::size_t n, std::optional<std::size_t> least, std::optional<std::size_t> most, const std::string& at,
                  base::Sentence of) {
    bool good = true;
    if (least && n < *least) good = wrong(at, fmt::format("{}至少 {}", of.zh, *least), fmt::format("at least {} {}", *least, of.en));
    if (most && n > *most) good = wrong(at, fmt::format("{}至多 {}", of.zh, *most), fmt::format("at most {} {}", *most, of.en));
    return good;
  }
  bool fits_string(const Node& node, std::string_view text, const std::string& at) {
    bool good = true;
    if (node.min_length || node.max_length)
      good = fits_count(base::utf8_length(text), node.min_length, node.max_length, at, {"字符数", "characters"});
    if (node.pattern && !re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *node.pattern))
      good = wrong(at, "不符合格式 " + node.pattern->pattern(), "does not match " + node.pattern->pattern());
    return good;
  }
  bool fits_array(const Node& node, const json::array& list, const std::string& at) {
    bool good = fits_count(list.size(), node.min_items, node.max_items, at, {"元素数", "elements"});
    if (node.unique) {
      std::set<std::string> seen;
      for (const auto& one : list)
        if (!seen.insert(canonical_of(one)).second) {
          good = wrong(at, "元素不得重复", "no element may stand twice");
          break;
        }
    }
    for (std::size_t i = 0; i < list.size() && !enough() && (good || problems_); ++i) {
      const Node* part = i < node.prefix.size() ? node.prefix[i].get() : node.items.get();
      if (part && !fits(*part, list[i], problems_ ? below(at, std::to_string(i)) : at)) good = false;
    }
    if (node.contains && std::none_of(list.begin(), list.end(), [&](const json::value& one) { return quietly(*node.contains, one); }))
      good = wrong(at, "缺少符合要求的元素", "no element is as it should be");
    return good;
  }
  bool fits_object(const Node& node, const json::object& object, const std::string& at) {
    bool good = fits_count(object.size(), node.min_properties, node.max_properties, at, {"字段数", "fields"});
    const auto need = [&](const std::string& name) {
      if (!object.contains(name)) good = wrong(below(at, name), "必填", "is required");
    };
    for (const auto& name : node.required) need(name);
    for (const auto& [name, others] : node.dependent)
      if (object.contains(name))
        for (const auto& other : others) need(other);
    for (const auto& pair : object) {
      if (enough() || (!good && !problems_)) break;
      const auto name = std::string_view(pair.key().data(), pair.key().size());
      const auto place = problems_ ? below(at, base::utf8_beginning(name, 64)) : at;
      bool known = false;
      const auto found = std::find_if(node.properties.begin(), node.properties.end(), [&](const auto& one) { return one.first == name; });
      if (found != node.properties.end()) {
        known = true;
        if (!fits(*found->second, pair.value(), place)) good = false;
      }
      for (const auto& [pattern, part] : node.pattern_properties)
        if (re2::RE2::PartialMatch(re2::StringPiece(name.data(), name.size()), *pattern)) {
          known = true;
          if (!fits(*part, pair.value(), place)) good = false;
        }
      if (node.names && !quietly(*node.names, json::value(json::string_view(name.data(), name.size()))))
        good = wrong(place, "字段名不合要求", "not a fitting name");
      if (known || !node.additional) continue;
      if (node.additional->always == Node::Always::no)
        good = wrong(place, "不认识的字段", "is no known field");
      else if (!fits(*node.additional, pair.value(), place))
        good = false;
    }
    return good;
  }
  bool fits_choices(const Node& node, const json::value& v, const std::string& at) {
    bool good = true;
    for (const auto& part : node.all)
      if (!fits(*part, v, at)) good = false;
    if (!node.any.empty() && std::none_of(node.any.begin(), node.any.end(), [&](const Part& part) { return quietly(*part, v); }))
      good = wrong(at, "不符合任何一种允许的形式", "fits none of the forms allowed");
    if (!node.one.empty()) {
      const auto n = std::count_if(node.one.begin(), node.one.end(), [&](const Part& part) { return quietly(*part, v); });
      if (n != 1)
        good = wrong(at, fmt::format("应恰好符合一种形式，实际符合 {} 种", n), fmt::format("should fit exactly one form, fits {}", n));
    }
    if (node.negated && quietly(*node.negated, v)) good = wrong(at, "是不允许的形式", "is of a form that is not allowed");
    if (node.condition) {
      const auto& part = quietly(*node.condition, v) ? node.then : node.otherwise;
      if (part && !fits(*part, v, at)) good = false;
    }
    return good;
  }

  Problems* problems_;
  std::size_t& steps_;
};

}  // namespace

void PayloadSchema::check(const json::value& payload, Problems& problems, std::string_view at) const {
  if (!root_) return;
  std::size_t steps = 0;
  Check(&problems, steps).fits(*root_, payload, std::string(at));
}

Result<PayloadSchema> read_payload_schema(std::string_view text) {
  if (text.size() > payload_schema_bytes)
    return Error(Code::too_large, Text(fmt::format("载荷架构最大 {} KB", payload_schema_bytes >> 10),
                                       fmt::format("a payload schema has {} KB at most", payload_schema_bytes >> 10)));
  QUANJI_TRY(const auto parsed, base::parse_json(text));
  Problems problems;
  PayloadSchema schema;
  schema.root_ = Reader(problems).read(parsed, "payloadSchema");
  QUANJI_DO(std::move(problems).as_status());
  return schema;
}

}  // namespace quanji::domain
