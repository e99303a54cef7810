#include "activities/json/json_path.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "activities/failures.h"
#include "values/names.h"

namespace quanji::activities::json {
namespace {

using engine::Outcome;
using values::List;
using values::Map;
using values::Type;
using values::Value;

constexpr std::size_t most_found = 1'000'000;
constexpr std::size_t most_segments = 256;

struct Choice {
  enum class Kind : std::uint8_t { name, index, slice, all } kind = Kind::all;
  std::string name;                      // of a map
  std::int64_t index = -1;               // of a list; negative from its end
  std::optional<std::int64_t> from, to;  // of a slice
};
struct Segment {
  bool deep = false;  // `..`
  std::vector<Choice> choices;
};

engine::Failure no_path(std::string_view path, std::size_t at, std::string_view zh, std::string_view en) {
  return failure("invalid_argument", {fmt::format("path“{}”第 {} 个字符处：{}", values::quoted(path), at + 1, zh),
                                      fmt::format("path \"{}\", character {}: {}", values::quoted(path), at + 1, en)});
}
std::string_view trimmed(std::string_view text) {
  const auto first = std::min(text.find_first_not_of(' '), text.size());
  text.remove_prefix(first);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}
std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t found = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), found);
  if (text.empty() || problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return found;
}

Outcome<std::vector<Segment>> read_pointer(std::string_view path) {
  std::vector<Segment> segments;
  for (std::size_t at = 0; at < path.size();) {
    const auto end = std::min(path.find('/', at + 1), path.size());
    std::string name;
    for (auto i = at + 1; i < end; ++i) {
      if (path[i] != '~') {
        name += path[i];
        continue;
      }
      if (i + 1 >= end || (path[i + 1] != '0' && path[i + 1] != '1'))
        return no_path(path, i, "“~”后面应是 0 或 1（~0 表示 ~，~1 表示 /）", "`~` is followed by 0 or 1 (~0 is ~, ~1 is /)");
      name += path[++i] == '0' ? '~' : '/';
    }
    Choice choice;
    choice.kind = Choice::Kind::name;
    choice.index = number(name).value_or(-1);
    choice.name = std::move(name);
    segments.push_back({false, {std::move(choice)}});
    at = end;
  }
  return segments;
}

class PathReader {
 public:
  explicit PathReader(std::string_view path) : path_(path) {}
  Outcome<std::vector<Segment>> run() {
    at_ = 1;
    std::vector<Segment> segments;
    while (at_ < path_.size()) {
      if (segments.size() == most_segments) return no_path(path_, at_, "路径太长", "the path is too long");
      Segment segment;
      if (take("..")) {
        segment.deep = true;
        if (at_ < path_.size() && path_[at_] == '[')
          QUANJI_DO(brackets(segment));
        else
          QUANJI_DO(word(segment));
      } else if (take(".")) {
        QUANJI_DO(word(segment));
      } else if (path_[at_] == '[') {
        QUANJI_DO(brackets(segment));
      } else {
        return no_path(path_, at_, "应是 . 或 [", "`.` or `[` is expected");
      }
      segments.push_back(std::move(segment));
    }
    return segments;
  }

 private:
  bool take(std::string_view what) {
    if (!path_.substr(at_).starts_with(what)) return false;
    at_ += what.size();
    return true;
  }
  Outcome<void> word(Segment& segment) {
    if (take("*")) {
      segment.choices.emplace_back();
      return {};
    }
    const auto end = std::min(path_.find_first_of(".[", at_), path_.size());
    if (end == at_) return no_path(path_, at_, "应是名字或 *", "a name or * is expected");
    Choice choice;
    choice.kind = Choice::Kind::name;
    choice.name = path_.substr(at_, end - at_);
    segment.choices.push_back(std::move(choice));
    at_ = end;
    return {};
  }
  Outcome<void> brackets(Segment& segment) {
    ++at_;
    for (;;) {
      while (take(" ")) {
      }
      Choice choice;
      if (take("*")) {
      } else if (at_ < path_.size() && (path_[at_] == '\'' || path_[at_] == '"')) {
        const char quote = path_[at_++];
        choice.kind = Choice::Kind::name;
        for (; at_ < path_.size() && path_[at_] != quote; ++at_) {
          if (path_[at_] == '\\' && at_ + 1 < path_.size()) ++at_;
          choice.name += path_[at_];
        }
        if (!take(std::string_view(&quote, 1))) return no_path(path_, at_, "引号没有关闭", "a quotation mark is not closed");
      } else {
        const auto end = std::min(path_.find_first_of(",]", at_), path_.size());
        const auto text = trimmed(path_.substr(at_, end - at_));
        if (const auto colon = text.find(':'); colon != std::string_view::npos) {
          choice.kind = Choice::Kind::slice;
          const auto from = trimmed(text.substr(0, colon)), to = trimmed(text.substr(colon + 1));
          choice.from = number(from);
          choice.to = number(to);
          if ((!from.empty() && !choice.from) || (!to.empty() && !choice.to))
            return no_path(path_, at_, "切片应如 [1:3]", "a slice is like [1:3]");
        } else if (const auto index = number(text)) {
          choice.kind = Choice::Kind::index;
          choice.index = *index;
        } else {
          return no_path(path_, at_, "括号里应是引号中的名字、序号、切片或 *",
                         "in brackets stands a name in quotation marks, an index, a slice or *");
        }
        at_ = end;
      }
      segment.choices.push_back(std::move(choice));
      while (take(" ")) {
      }
      if (take("]")) return {};
      if (!take(",")) return no_path(path_, at_, "应是 , 或 ]", "`,` or `]` is expected");
    }
  }
  std::string_view path_;
  std::size_t at_ = 0;
};

Outcome<std::vector<Segment>> read(std::string_view path) {
  if (path.empty() || path[0] == '/') return read_pointer(path);
  if (path[0] == '$') return PathReader(path).run();
  return no_path(path, 0, "路径以 / 开头（JSON 指针）或以 $ 开头（JSONPath）", "a path begins with / (JSON pointer) or $ (JSONPath)");
}

// A table is a list of its rows here.
Value as_list(const Value& value) {
  if (!value.is(Type::table)) return value;
  List rows;
  for (std::size_t i = 0; i < value.table().rows(); ++i) rows.push_back(Value::of(value.table().row(i)));
  return Value::of(std::move(rows));
}
void choose(const Value& given, const Choice& choice, std::vector<Value>& found) {
  const auto value = as_list(given);
  const auto at = [&](std::int64_t index) {
    const auto size = static_cast<std::int64_t>(value.list().size());
    if (index < 0) index += size;
    if (index >= 0 && index < size) found.push_back(value.list()[static_cast<std::size_t>(index)]);
  };
  if (value.is(Type::map)) {
    for (const auto& [name, one] : value.map())
      if (choice.kind == Choice::Kind::all || (choice.kind == Choice::Kind::name && choice.name == name)) found.push_back(one);
  } else if (value.is(Type::list)) {
    const auto size = static_cast<std::int64_t>(value.list().size());
    switch (choice.kind) {
      case Choice::Kind::all:
        found.insert(found.end(), value.list().begin(), value.list().end());
        break;
      case Choice::Kind::index:
        at(choice.index);
        break;
      case Choice::Kind::name:  // of a pointer
        if (choice.index >= 0) at(choice.index);
        break;
      case Choice::Kind::slice: {
        const auto bound = [&](std::int64_t n) { return std::clamp<std::int64_t>(n < 0 ? n + size : n, 0, size); };
        for (auto i = bound(choice.from.value_or(0)); i < bound(choice.to.value_or(size)); ++i) at(i);
        break;
      }
    }
  }
}
// The value and all that is in it, itself first.
Outcome<void> descend(const Value& value, std::vector<Value>& all) {
  if (all.size() > most_found)
    return failure("too_large", {"找到的值超过一百万个；用更窄的路径", "more than a million values are found: say a narrower path"});
  all.push_back(value);
  const auto inside = as_list(value);
  if (inside.is(Type::list))
    for (const auto& one : inside.list()) QUANJI_DO(descend(one, all));
  if (inside.is(Type::map))
    for (const auto& [name, one] : inside.map()) QUANJI_DO(descend(one, all));
  return {};
}

engine::Failure no_match(std::string_view path, std::string_view part, const Value& at) {
  std::string there_zh, there_en;
  if (at.is(Type::map)) {
    std::string names;
    for (std::size_t i = 0; i < at.map().size() && i < 10; ++i) names += (i > 0 ? ", " : "") + at.map()[i].first;
    there_zh = "；那里有：" + names;
    there_en = "; there are: " + names;
  } else if (at.is(Type::list)) {
    there_zh = fmt::format("；那里是 {} 个元素的列表", at.list().size());
    there_en = fmt::format("; there is a list of {}", at.list().size());
  }
  return failure("no_match", {fmt::format("path“{}”走不到“{}”{}", values::quoted(path), values::quoted(part), there_zh),
                              fmt::format("path \"{}\" finds no \"{}\"{}", values::quoted(path), values::quoted(part), there_en)});
}

Outcome<Value> change(const Value& given, std::span<const Segment> way, std::string_view path, const std::optional<Value>& value) {
  const auto& choice = way.front().choices.front();
  const bool last = way.size() == 1;
  const auto at = as_list(given);
  if (at.is(Type::map) && choice.kind == Choice::Kind::name) {
    Map map = at.map();
    const auto found = std::find_if(map.begin(), map.end(), [&](const auto& one) { return one.first == choice.name; });
    if (last && !value) {
      if (found == map.end()) return no_match(path, choice.name, at);
      map.erase(found);
    } else if (last && found == map.end()) {
      map.emplace_back(choice.name, *value);
    } else if (found == map.end()) {
      return no_match(path, choice.name, at);
    } else if (last) {
      found->second = *value;
    } else {
      QUANJI_TRY(found->second, change(found->second, way.subspan(1), path, value));
    }
    return Value::of(std::move(map));
  }
  if (at.is(Type::list) && (choice.kind == Choice::Kind::index || choice.kind == Choice::Kind::name)) {
    List list = at.list();
    const auto size = static_cast<std::int64_t>(list.size());
    if (last && value && choice.kind == Choice::Kind::name && choice.name == "-") {
      list.push_back(*value);
      return Value::of(std::move(list));
    }
    auto index = choice.index;
    if (choice.kind == Choice::Kind::index && index < 0) index += size;
    const auto said = choice.kind == Choice::Kind::name ? choice.name : std::to_string(choice.index);
    if (index < 0 || index >= size) return no_match(path, said, at);
    auto& one = list[static_cast<std::size_t>(index)];
    if (last && !value) {
      list.erase(list.begin() + index);
    } else if (last) {
      one = *value;
    } else {
      QUANJI_TRY(one, change(one, way.subspan(1), path, value));
    }
    return Value::of(std::move(list));
  }
  return no_match(path, choice.name, at);
}

}  // namespace

Outcome<List> find(const Value& document, std::string_view path) {
  QUANJI_TRY(const auto segments, read(path));
  std::vector<Value> now{document};
  for (const auto& segment : segments) {
    std::vector<Value> from;
    if (segment.deep) {
      for (const auto& one : now) QUANJI_DO(descend(one, from));
    } else {
      from = std::move(now);
    }
    now.clear();
    for (const auto& one : from)
      for (const auto& choice : segment.choices) {
        choose(one, choice, now);
        if (now.size() > most_found)
          return failure("too_large", {"找到的值超过一百万个；用更窄的路径", "more than a million values are found: say a narrower path"});
      }
  }
  return List(std::make_move_iterator(now.begin()), std::make_move_iterator(now.end()));
}

Outcome<Value> set(const Value& document, std::string_view path, const std::optional<Value>& value) {
  QUANJI_TRY(const auto segments, read(path));
  for (const auto& segment : segments) {
    const auto kind = segment.choices.front().kind;
    if (segment.deep || segment.choices.size() != 1 || kind == Choice::Kind::all || kind == Choice::Kind::slice)
      return failure("invalid_argument", {"json.set 的 path 只能由名字和序号组成，指向一处",
                                          "the path of json.set is names and indexes only and finds one place"});
  }
  if (segments.empty()) {
    if (!value) return failure("invalid_argument", {"整个文档不能删除", "the whole document cannot be removed"});
    return *value;
  }
  return change(document, segments, path, value);
}

}  // namespace quanji::activities::json
