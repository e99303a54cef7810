#include "values/plain_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <unordered_map>

#include "base/encodings.h"

namespace quanji::values {
namespace {

namespace json = boost::json;

// What Boost's parser calls, event after event. A false answer ends the reading; `ec` is then set.
class Builder {
 public:
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  Value result;

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) {
    levels_.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, json::error_code&) {
    auto map = unique(std::move(levels_.back().map));
    levels_.pop_back();
    return put(Value::of(std::move(map)));
  }
  bool on_array_begin(json::error_code&) {
    levels_.emplace_back();
    return true;
  }
  bool on_array_end(std::size_t, json::error_code&) {
    auto list = std::move(levels_.back().list);
    levels_.pop_back();
    return put(Value::of(std::move(list)));
  }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    text_.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t, json::error_code&) {
    text_.append(part.data(), part.size());
    levels_.back().key = std::move(text_);
    levels_.back().keyed = true;
    text_.clear();
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    text_.append(part.data(), part.size());
    return true;
  }
  bool on_string(json::string_view part, std::size_t, json::error_code&) {
    text_.append(part.data(), part.size());
    auto text = std::move(text_);
    text_.clear();
    return put(Value::of(std::move(text)));
  }
  bool on_number_part(json::string_view part, json::error_code&) {
    text_.append(part.data(), part.size());
    return true;
  }
  bool on_int64(std::int64_t number, json::string_view part, json::error_code& ec) {
    text_.append(part.data(), part.size());
    // "-0" is no integer that could be written so; it stays zero. "1E2" comes as a double.
    (void)ec;
    text_.clear();
    return put(Value::of(number));
  }
  bool on_uint64(std::uint64_t, json::string_view part, json::error_code& ec) { return decimal(part, ec); }
  bool on_double(double, json::string_view part, json::error_code& ec) { return decimal(part, ec); }
  bool on_bool(bool flag, json::error_code&) { return put(Value::of(flag)); }
  bool on_null(json::error_code&) { return put(Value()); }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

  bool too_large_a_number = false;

 private:
  struct Level {
    Map map;
    List list;
    std::string key;
    bool keyed = false;
  };
  bool decimal(json::string_view part, json::error_code& ec) {
    text_.append(part.data(), part.size());
    auto read = Decimal::parse(text_);
    text_.clear();
    if (!read) {
      too_large_a_number = true;
      ec = json::error::exponent_overflow;
      return false;
    }
    return put(Value::of(*read));
  }
  bool put(Value value) {
    if (levels_.empty()) {
      result = std::move(value);
    } else if (auto& level = levels_.back(); level.keyed) {
      level.map.emplace_back(std::move(level.key), std::move(value));
      level.keyed = false;
    } else {
      level.list.push_back(std::move(value));
    }
    return true;
  }
  static Map unique(Map map) {
    std::unordered_map<std::string_view, std::size_t> last;
    for (std::size_t i = 0; i < map.size(); ++i) last[map[i].first] = i;
    if (last.size() == map.size()) return map;
    Map kept;
    for (std::size_t i = 0; i < map.size(); ++i)
      if (last[map[i].first] == i) kept.push_back(map[i]);
    return kept;
  }
  std::vector<Level> levels_;
  std::string text_;
};

base::Error unreadable(std::string_view text, std::size_t at, std::string zh, std::string en) {
  at = std::min(at, text.size());
  const auto before = text.substr(0, at);
  const auto line = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
  const auto start = before.rfind('\n');
  const auto column = at - (start == std::string_view::npos ? 0 : start + 1) + 1;
  return base::Error(base::Code::unreadable_body, base::Text(fmt::format("第 {} 行第 {} 列：{}", line, column, zh),
                                                             fmt::format("line {}, column {}: {}", line, column, en)));
}

}  // namespace

base::Result<Value> parse_plain_json(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (const auto at = base::utf8_problem(text)) return unreadable(text, *at, "不是 UTF-8", "is not UTF-8");
  json::parse_options options;
  // One deeper than what values may be, so that the limit is ours to tell.
  options.max_depth = max_value_depth;
  json::basic_parser<Builder> parser(options);
  json::error_code ec;
  const auto read = parser.write_some(false, text.data(), text.size(), ec);
  if (!ec && read < text.size()) return unreadable(text, read, "JSON 之后还有内容", "something stands behind the JSON");
  if (!ec) return std::move(parser.handler().result);
  if (parser.handler().too_large_a_number)
    return unreadable(text, read, "数太大或太长，精确小数放不下", "a number is too large or long for an exact decimal");
  if (ec == json::error::too_deep)
    return unreadable(text, read, fmt::format("嵌套超过 {} 层", max_value_depth), fmt::format("is nested deeper than {}", max_value_depth));
  if (ec == json::error::incomplete) return unreadable(text, text.size(), "JSON 没有写完", "the JSON ends too early");
  return unreadable(text, read, "不是有效的 JSON", "is not valid JSON");
}

}  // namespace quanji::values
