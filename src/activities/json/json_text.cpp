#include "activities/json/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <unordered_map>

#include "activities/failures.h"
#include "activities/json/json.h"
#include "base/encodings.h"
#include "values/decimal.h"

namespace quanji::activities::json {
namespace {

namespace boost_json = boost::json;
using values::Map;
using values::Value;

// Builds values from the parser's events.
class Builder {
 public:
  static constexpr std::size_t max_object_size = std::size_t(-1), max_array_size = std::size_t(-1), max_key_size = std::size_t(-1),
                               max_string_size = std::size_t(-1);
  using Error = boost_json::error_code;
  using Text = boost_json::string_view;

  Value take() { return std::move(root_); }
  bool number_too_long = false;

  bool on_document_begin(Error&) { return true; }
  bool on_document_end(Error&) { return true; }
  bool on_array_begin(Error&) { return open(false); }
  bool on_array_end(std::size_t, Error&) {
    auto list = std::move(open_.back().list);
    open_.pop_back();
    return put(Value::of(std::move(list)));
  }
  bool on_object_begin(Error&) { return open(true); }
  bool on_object_end(std::size_t, Error&) {
    auto map = std::move(open_.back().map);
    open_.pop_back();
    return put(Value::of(std::move(map)));
  }
  bool on_string_part(Text part, std::size_t, Error&) { return grow(part); }
  bool on_string(Text last, std::size_t, Error&) {
    grow(last);
    return put(Value::of(std::exchange(text_, {})));
  }
  bool on_key_part(Text part, std::size_t, Error&) { return grow(part); }
  bool on_key(Text last, std::size_t, Error&) {
    grow(last);
    open_.back().key = std::exchange(text_, {});
    return true;
  }
  bool on_number_part(Text part, Error&) { return grow(part); }
  bool on_int64(std::int64_t number, Text, Error&) {
    text_.clear();
    return put(Value::of(number));
  }
  bool on_uint64(std::uint64_t, Text last, Error& error) { return decimal(last, error); }
  bool on_double(double, Text last, Error& error) { return decimal(last, error); }
  bool on_bool(bool yes, Error&) { return put(Value::of(yes)); }
  bool on_null(Error&) { return put(Value()); }
  bool on_comment_part(Text, Error&) { return true; }
  bool on_comment(Text, Error&) { return true; }

 private:
  struct Open {
    bool object = false;
    values::List list;
    Map map;
    std::string key;
    std::unordered_map<std::string, std::size_t> places;
  };
  bool open(bool object) {
    open_.emplace_back();
    open_.back().object = object;
    return true;
  }
  bool grow(Text part) {
    text_.append(part.data(), part.size());
    return true;
  }
  bool decimal(Text last, Error& error) {
    grow(last);
    const auto number = values::Decimal::parse(std::exchange(text_, {}));
    if (!number) {
      number_too_long = true;
      error = boost_json::make_error_code(boost_json::error::exponent_overflow);
      return false;
    }
    return put(Value::of(*number));
  }
  bool put(Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return true;
    }
    auto& around = open_.back();
    if (!around.object) {
      around.list.push_back(std::move(value));
    } else if (const auto [place, fresh] = around.places.emplace(around.key, around.map.size()); fresh) {
      around.map.emplace_back(std::move(around.key), std::move(value));
    } else {
      around.map[place->second].second = std::move(value);
    }
    return true;
  }
  std::vector<Open> open_;
  std::string text_;
  Value root_;
};

std::string_view expected_zh(const boost_json::error_code& error) {
  if (error == boost_json::error::incomplete) return "文本在中途结束，缺少收尾的括号或引号";
  if (error == boost_json::error::too_deep) return "嵌套太深（至多 24 层）";
  if (error == boost_json::error::extra_data) return "后面还有多余的内容";
  return "这里不是 JSON（检查引号、逗号、括号；true、false、null 用小写）";
}
std::string_view expected_en(const boost_json::error_code& error) {
  if (error == boost_json::error::incomplete) return "the text ends in the middle: a bracket or quotation mark is missing";
  if (error == boost_json::error::too_deep) return "it nests too deep (24 levels at most)";
  if (error == boost_json::error::extra_data) return "something stands behind its end";
  return "this is no JSON (look at quotation marks, commas, brackets; true, false and null are lower case)";
}

}  // namespace

engine::Outcome<Value> read_text(std::string_view text, std::string_view name) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const auto where_zh = name.empty() ? std::string("文本") : std::string(name),
             where_en = name.empty() ? std::string("the text") : std::string(name);
  if (const auto bad = base::utf8_problem(text))
    return failure("unreadable", {fmt::format("{} 不是 UTF-8：第 {} 字节", where_zh, *bad + 1),
                                  fmt::format("{} is not UTF-8: byte {}", where_en, *bad + 1)});
  boost_json::parse_options options;
  options.max_depth = most_depth;
  boost_json::basic_parser<Builder> parser(options);
  boost_json::error_code error;
  auto read = parser.write_some(false, text.data(), text.size(), error);
  if (!error && read < text.size() && text.find_first_not_of(" \t\r\n", read) != std::string_view::npos) {
    read = text.find_first_not_of(" \t\r\n", read);
    error = boost_json::make_error_code(boost_json::error::extra_data);
  }
  if (error) {
    const auto before = text.substr(0, std::min(read, text.size()));
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const auto column = base::utf8_length(base::repair_utf8(before.substr(before.rfind('\n') + 1))) + 1;
    if (parser.handler().number_too_long)
      return failure("unreadable",
                     {fmt::format("{} 第 {} 行第 {} 列：数太大或位数太多（至多 38 位有效数字）", where_zh, line, column),
                      fmt::format("{}, line {}, column {}: a number with too many digits (38 at most)", where_en, line, column)});
    return failure("unreadable", {fmt::format("{} 第 {} 行第 {} 列：{}", where_zh, line, column, expected_zh(error)),
                                  fmt::format("{}, line {}, column {}: {}", where_en, line, column, expected_en(error))});
  }
  return parser.handler().take();
}

namespace {

void indented(const Value& value, std::int64_t indent, std::int64_t depth, std::string& out) {
  const auto line = [&](std::int64_t at) {
    out += '\n';
    out.append(static_cast<std::size_t>(indent * at), ' ');
  };
  if (value.is(values::Type::list) && !value.list().empty()) {
    out += '[';
    for (std::size_t i = 0; i < value.list().size(); ++i) {
      if (i > 0) out += ',';
      line(depth + 1);
      indented(value.list()[i], indent, depth + 1, out);
    }
    line(depth);
    out += ']';
  } else if (value.is(values::Type::map) && !value.map().empty()) {
    out += '{';
    bool first = true;
    for (const auto& [name, one] : value.map()) {
      if (!first) out += ',';
      first = false;
      line(depth + 1);
      base::append_json_string(out, name);
      out += ": ";
      indented(one, indent, depth + 1, out);
    }
    line(depth);
    out += '}';
  } else if (value.is(values::Type::table) && value.table().rows() > 0) {
    out += '[';
    for (std::size_t row = 0; row < value.table().rows(); ++row) {
      if (row > 0) out += ',';
      line(depth + 1);
      indented(Value::of(value.table().row(row)), indent, depth + 1, out);
    }
    line(depth);
    out += ']';
  } else {
    value.append_plain_json(out);
  }
}

}  // namespace

std::string written(const Value& value, std::int64_t indent) {
  std::string out;
  if (indent == 0) {
    value.append_plain_json(out);
    return out;
  }
  indented(value, indent, 0, out);
  return out + "\n";
}

}  // namespace quanji::activities::json
