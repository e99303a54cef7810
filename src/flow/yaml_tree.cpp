#include "flow/yaml_tree.h"

#include <fmt/format.h>
#include <yaml.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "base/encodings.h"
#include "flow/yaml_mend.h"

namespace quanji::flow {

const YamlNode* YamlNode::find(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const YamlEntry& e) { return e.key == key; });
  return found == entries.end() ? nullptr : &found->value;
}

namespace {

// Each expression without quotes costs reading the text again: few times, and fewer for a large one.
constexpr std::size_t most_mends = 20;
constexpr std::size_t most_bytes_again = 16U << 20U;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t at = 0;;) {
    const auto end = text.find('\n', at);
    auto line = text.substr(at, end == std::string_view::npos ? end : end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    if (end == std::string_view::npos) return lines;
    at = end + 1;
  }
}

Position position_of(const yaml_mark_t& mark) {
  return {static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1)};
}

struct ParserEnd {
  void operator()(yaml_parser_t* parser) const {
    yaml_parser_delete(parser);
    delete parser;
  }
};
struct Event {
  yaml_event_t event{};
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { yaml_event_delete(&event); }
};

std::string_view text_of(const yaml_char_t* text, std::size_t size) { return {reinterpret_cast<const char*>(text), size}; }

// One reading of the text. Events come flat from libyaml; the tree is built on a stack of its own, so depth costs no recursion.
class TreeReader {
 public:
  TreeReader(const std::vector<std::string_view>& lines, Problems& problems) : lines_(lines), problems_(problems) {}

  // Nothing when YAML failed (failure() says how).
  bool read(std::string_view text, YamlNode& root, const std::set<std::size_t>& mended) {
    std::unique_ptr<yaml_parser_t, ParserEnd> parser(new yaml_parser_t);
    yaml_parser_initialize(parser.get());
    yaml_parser_set_encoding(parser.get(), YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(parser.get(), reinterpret_cast<const unsigned char*>(text.data()), text.size());
    mended_ = &mended;
    frames_.clear();
    root_ = &root;
    for (;;) {
      Event event;
      if (!yaml_parser_parse(parser.get(), &event.event)) {
        failure_.problem = parser->problem ? parser->problem : "";
        failure_.context = parser->context ? parser->context : "";
        failure_.at = position_of(parser->problem_mark);
        failure_.context_at = parser->context ? position_of(parser->context_mark) : Position{};
        return false;
      }
      if (!take(event.event)) return true;
    }
  }
  const YamlFailure& failure() const { return failure_; }

 private:
  struct Frame {
    YamlNode node;
    std::string key;  // the map's key that waits for its value
    Position key_at;
    bool has_key = false;
    bool drop_value = false;  // its key was refused
    std::map<std::string, std::uint32_t> lines_of_keys;
  };

  void refuse(Position at, std::string zh, std::string en, base::Text mend) {
    problems_.add(ProblemCode::yaml_feature, at, {std::move(zh), std::move(en)}, std::move(mend));
  }
  // False at the end.
  bool take(const yaml_event_t& event) {
    switch (event.type) {
      case YAML_DOCUMENT_START_EVENT:
        if (++documents_ > 1) {
          refuse(position_of(event.start_mark), "一个文件里只能有一个流程，这里开始了第二个 YAML 文档（---）",
                 "one file holds one document; a second one (---) begins here", {"拆成两个文件", "Make it two files"});
          return false;
        }
        if (event.data.document_start.version_directive ||
            event.data.document_start.tag_directives.start != event.data.document_start.tag_directives.end)
          refuse(position_of(event.start_mark), "不使用 % 指令", "directives (%) are not used", {"删去这一行", "Leave the line out"});
        return true;
      case YAML_STREAM_END_EVENT:
        return false;
      case YAML_ALIAS_EVENT:
        refuse(position_of(event.start_mark), fmt::format("不使用别名 *{}", text_of(event.data.alias.anchor)),
               fmt::format("aliases (*{}) are not used", text_of(event.data.alias.anchor)),
               {"把内容写出来；文本以 * 开头时加引号", "Write the value out; put quotes around text that begins with *"});
        put(broken_at(position_of(event.start_mark)));
        return true;
      case YAML_SCALAR_EVENT:
        put(scalar(event));
        return true;
      case YAML_SEQUENCE_START_EVENT:
        check_properties(event.data.sequence_start.anchor, event.data.sequence_start.tag, event);
        return open(YamlNode::Kind::list, event, event.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE);
      case YAML_MAPPING_START_EVENT:
        check_properties(event.data.mapping_start.anchor, event.data.mapping_start.tag, event);
        return open(YamlNode::Kind::map, event, event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE);
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT: {
        YamlNode node = std::move(frames_.back().node);
        frames_.pop_back();
        put(std::move(node));
        return true;
      }
      default:
        return true;
    }
  }
  static std::string_view text_of(const yaml_char_t* text) { return text ? reinterpret_cast<const char*>(text) : ""; }
  static YamlNode broken_at(Position at) {
    YamlNode node;
    node.at = node.text_at = at;
    return node;
  }
  void check_properties(const yaml_char_t* anchor, const yaml_char_t* tag, const yaml_event_t& event) {
    if (anchor)
      refuse(position_of(event.start_mark), fmt::format("不使用锚点 &{}", text_of(anchor)),
             fmt::format("anchors (&{}) are not used", text_of(anchor)),
             {"删去它；文本以 & 开头时加引号", "Leave it out; put quotes around text that begins with &"});
    if (tag)
      refuse(position_of(event.start_mark), fmt::format("不使用标签 {}", text_of(tag)), fmt::format("tags ({}) are not used", text_of(tag)),
             {"删去它；文本以 ! 开头时加引号", "Leave it out; put quotes around text that begins with !"});
  }
  bool open(YamlNode::Kind kind, const yaml_event_t& event, bool is_flow) {
    Frame frame;
    frame.node.kind = kind;
    frame.node.at = frame.node.text_at = position_of(event.start_mark);
    frame.node.in_flow = is_flow;
    if (frames_.size() >= max_yaml_depth) {
      problems_.add(ProblemCode::too_deep, frame.node.at,
                    {fmt::format("嵌套超过 {} 层", max_yaml_depth), fmt::format("nested more than {} levels deep", max_yaml_depth)},
                    {"把里层的步骤移到另一个流程，用 call 调用", "Move the inner steps to a flow of their own and call it"});
      *root_ = broken_at(frame.node.at);
      return false;
    }
    frames_.push_back(std::move(frame));
    return true;
  }
  YamlNode scalar(const yaml_event_t& event) {
    const auto& scalar = event.data.scalar;
    check_properties(scalar.anchor, scalar.tag, event);
    YamlNode node;
    node.kind = YamlNode::Kind::scalar;
    node.at = node.text_at = position_of(event.start_mark);
    node.text = flow::text_of(scalar.value, scalar.length);
    node.in_flow = !frames_.empty() && frames_.back().node.in_flow;
    if (scalar.style == YAML_SINGLE_QUOTED_SCALAR_STYLE || scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE) {
      node.style = YamlNode::Style::quoted;
      if (!mended_->contains(event.start_mark.line)) ++node.text_at.column;
    } else if (scalar.style == YAML_LITERAL_SCALAR_STYLE || scalar.style == YAML_FOLDED_SCALAR_STYLE) {
      node.style = YamlNode::Style::block;
      ++node.text_at.line;
      node.text_at.column = 1;
      for (std::size_t line = event.start_mark.line + 1; line < lines_.size(); ++line) {
        const auto indent = lines_[line].find_first_not_of(' ');
        if (indent == std::string_view::npos) continue;
        node.text_at.column = static_cast<std::uint32_t>(indent + 1);
        break;
      }
    }
    return node;
  }
  void put(YamlNode node) {
    if (frames_.empty()) {
      *root_ = std::move(node);
      return;
    }
    Frame& frame = frames_.back();
    if (frame.node.is_list()) {
      frame.node.items.push_back(std::move(node));
      return;
    }
    if (!frame.has_key) {
      take_key(frame, node);
      return;
    }
    frame.has_key = false;
    if (!frame.drop_value) frame.node.entries.push_back({std::move(frame.key), frame.key_at, std::move(node)});
  }
  void take_key(Frame& frame, YamlNode& key) {
    frame.has_key = true;
    frame.drop_value = true;
    frame.key_at = key.at;
    if (key.is_broken()) return;
    if (!key.is_scalar()) {
      problems_.add(ProblemCode::wrong_form, key.at, {"键应为一个词", "a key is one word"},
                    {"含 { 或 [ 的文本加引号", "Put quotes around text that holds { or ["});
    } else if (key.text == "<<" && key.style == YamlNode::Style::plain) {
      refuse(key.at, "不使用合并键 <<", "merge keys (<<) are not used", {"把内容写出来", "Write the values out"});
    } else if (const auto [earlier, fresh] = frame.lines_of_keys.try_emplace(key.text, key.at.line); !fresh) {
      problems_.add(ProblemCode::duplicate_key, key.at,
                    {fmt::format("“{}”在第 {} 行已经写过", key.text, earlier->second),
                     fmt::format("“{}” was given already, in line {}", key.text, earlier->second)},
                    {"删去其中一个", "Leave one of them out"});
    } else {
      frame.key = std::move(key.text);
      frame.drop_value = false;
    }
  }

  const std::vector<std::string_view>& lines_;
  Problems& problems_;
  const std::set<std::size_t>* mended_ = nullptr;
  std::vector<Frame> frames_;
  YamlNode* root_ = nullptr;
  int documents_ = 0;
  YamlFailure failure_;
};

// What YAML 1.1 and 1.2 see differently, and what no editor shows: refused before anybody counts lines.
bool has_bad_character(std::string_view text, Problems& problems) {
  Position at{1, 1};
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c & 0xC0U) == 0x80) continue;
    const auto rest = text.substr(i);
    const bool control = (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F || (c == '\r' && !rest.starts_with("\r\n")) ||
                         (c == 0xC2 && rest.size() > 1 && static_cast<unsigned char>(rest[1]) < 0xA0);
    const bool unseen = rest.starts_with("\u2028") || rest.starts_with("\u2029") || rest.starts_with("\uFEFF") ||
                        rest.starts_with("\uFFFE") || rest.starts_with("\uFFFF");
    if (control || unseen) {
      problems.add(
          ProblemCode::yaml_syntax, at, {"这里有一个看不见的控制字符", "an invisible control character stands here"},
          {"删去它，或在双引号里写成 \\u 加四位十六进制", "Leave it out, or write it as \\u and four hexadecimal digits in double quotes"});
      return true;
    }
    if (c == '\n')
      ++at.line, at.column = 1;
    else
      ++at.column;
  }
  return false;
}

}  // namespace

YamlNode read_yaml(std::string_view text, Problems& problems) {
  YamlNode root;
  root.at = {1, 1};
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (text.size() > max_yaml_bytes) {
    problems.add(ProblemCode::too_large, {1, 1},
                 {fmt::format("文件有 {} 字节，最多 {}", text.size(), max_yaml_bytes),
                  fmt::format("the file has {} bytes; at most {} are read", text.size(), max_yaml_bytes)},
                 {"拆成几个流程，数据放到 resources/", "Make it several flows, and put data into resources/"});
    return root;
  }
  if (const auto bad = base::utf8_problem(text)) {
    const auto before = text.substr(0, *bad);
    const auto line_start = before.rfind('\n') + 1;  // npos + 1 is 0
    problems.add(ProblemCode::not_utf8,
                 {static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n') + 1),
                  characters_before(before.substr(line_start), before.size()) + 1},
                 {fmt::format("第 {} 个字节起不是 UTF-8", *bad + 1), fmt::format("byte {} is not UTF-8", *bad + 1)},
                 {"用编辑器另存为 UTF-8（现在可能是 GBK）", "Save the file as UTF-8 (it may be GBK now)"});
    return root;
  }
  if (has_bad_character(text, problems)) return root;

  std::string mended_text;
  std::set<std::size_t> mended;
  for (std::size_t mends = 0;; ++mends) {
    const auto lines = lines_of(text);
    TreeReader reader(lines, problems);  // what an earlier reading found already is not taken twice
    YamlNode tree;
    tree.at = {1, 1};
    tree.kind = YamlNode::Kind::scalar;  // what a file without a document holds: nothing
    if (reader.read(text, tree, mended)) return tree;
    const auto mend = explain_failure(reader.failure(), lines, problems);
    if (!mend || mends == most_mends || mends * text.size() > most_bytes_again || !mended.insert(mend->line).second) return root;
    std::string next;
    next.reserve(text.size() + 64);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (i > 0) next += '\n';
      next += i == mend->line ? std::string_view(mend->text) : lines[i];
    }
    mended_text = std::move(next);
    text = mended_text;
  }
}

}  // namespace quanji::flow
