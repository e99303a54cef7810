#include "values/row_syntax.h"

#include <fmt/format.h>

#include <optional>

#include "base/encodings.h"
#include "values/names.h"
#include "values/row_expression.h"
#include "values/row_tokens.h"

namespace quanji::values::rows {

using base::Error;
using base::Result;
using base::Text;

namespace {

constexpr std::string_view op_words[] = {"+", "-", "*", "/", "//", "%", "==", "!=", "<", "<=", ">", ">=", "in", "not in"};

NodePtr made(Kind kind, std::uint32_t from) {
  auto node = std::make_unique<Node>();
  node->kind = kind;
  node->from = from;
  return node;
}

// Each rule answers null after it has said what is wrong; the first problem is the one told.
class Parser {
 public:
  Parser(std::string_view source, std::vector<Token> tokens) : source_(source), tokens_(std::move(tokens)) {}

  Result<NodePtr> run() {
    auto root = expression();
    if (root && !at_end()) unexpected();
    if (problem_) return std::move(*problem_);
    return root;
  }

 private:
  const Token& now() const { return tokens_[at_]; }
  bool at_end() const { return now().kind == TokenKind::end; }
  bool is(std::string_view word) const { return (now().kind == TokenKind::sign || now().kind == TokenKind::keyword) && now().text == word; }
  bool next_is(std::string_view word) const {
    const auto& next = tokens_[std::min(at_ + 1, tokens_.size() - 1)];
    return (next.kind == TokenKind::sign || next.kind == TokenKind::keyword) && next.text == word;
  }
  bool take(std::string_view word) {
    if (!is(word)) return false;
    ++at_;
    return true;
  }
  std::uint32_t behind() const { return at_ == 0 ? 0 : tokens_[at_ - 1].to; }

  NodePtr refuse(std::uint32_t offset, Text reason) {
    if (!problem_) problem_ = syntax_problem(source_, offset, std::move(reason));
    return nullptr;
  }
  NodePtr unexpected() {
    if (at_end()) return refuse(now().from, {"表达式不完整", "the expression is not complete"});
    if (now().kind == TokenKind::sign && now().text == ".")
      return refuse(now().from, {"没有方法；请写函数，例如 upper(x)", "there are no methods; write a function, like upper(x)"});
    const auto word = quoted(source_.substr(now().from, now().to - now().from));
    return refuse(now().from, {fmt::format("这里不能是“{}”", word), fmt::format("\"{}\" cannot stand here", word)});
  }
  bool expect(std::string_view word) {
    if (take(word)) return true;
    if (at_end())
      refuse(now().from, {fmt::format("缺少“{}”", word), fmt::format("\"{}\" is missing", word)});
    else
      unexpected();
    return false;
  }

  // One step deeper for as long as it lives.
  class Deeper {
   public:
    explicit Deeper(Parser& parser) : parser_(parser) { ++parser_.depth_; }
    ~Deeper() { --parser_.depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
    bool too_far() const {
      if (parser_.depth_ <= deepest_row_expression) return false;
      parser_.refuse(parser_.now().from, {fmt::format("嵌套超过 {} 层；请拆成几列", deepest_row_expression),
                                          fmt::format("nested deeper than {}; make it several columns", deepest_row_expression)});
      return true;
    }

   private:
    Parser& parser_;
  };

  static NodePtr wrapped(Kind kind, std::uint32_t from, NodePtr a, NodePtr b = nullptr, NodePtr c = nullptr) {
    auto node = made(kind, from);
    node->kids.push_back(std::move(a));
    if (b) node->kids.push_back(std::move(b));
    if (c) node->kids.push_back(std::move(c));
    node->to = node->kids.back()->to;
    return node;
  }

  NodePtr expression() {
    const Deeper deeper(*this);
    if (deeper.too_far()) return nullptr;
    auto then = either();
    if (!then || !is("if")) return then;
    ++at_;
    auto condition = either();
    if (!condition || !expect("else")) return nullptr;
    auto otherwise = expression();
    if (!otherwise) return nullptr;
    const auto from = then->from;
    return wrapped(Kind::choose, from, std::move(then), std::move(condition), std::move(otherwise));
  }

  // a WORD b WORD c as one node.
  NodePtr joined(Kind kind, std::string_view word, NodePtr (Parser::*part)()) {
    auto first = (this->*part)();
    if (!first || !is(word)) return first;
    auto node = made(kind, first->from);
    node->kids.push_back(std::move(first));
    while (take(word)) {
      auto next = (this->*part)();
      if (!next) return nullptr;
      node->kids.push_back(std::move(next));
    }
    node->to = node->kids.back()->to;
    return node;
  }
  NodePtr either() { return joined(Kind::any, "or", &Parser::both); }
  NodePtr both() { return joined(Kind::all, "and", &Parser::inverted); }
  NodePtr inverted() {
    if (!is("not")) return comparison();
    const Deeper deeper(*this);
    if (deeper.too_far()) return nullptr;
    const auto from = now().from;
    ++at_;
    auto inner = inverted();
    return inner ? wrapped(Kind::invert, from, std::move(inner)) : nullptr;
  }

  std::optional<Op> comparison_op() {
    constexpr std::pair<std::string_view, Op> signs[] = {{"==", Op::eq}, {"!=", Op::ne}, {"<=", Op::le},
                                                         {">=", Op::ge}, {"<", Op::lt},  {">", Op::gt}};
    for (const auto& [word, op] : signs)
      if (take(word)) return op;
    if (take("in")) return Op::in;
    if (is("not") && next_is("in")) {
      at_ += 2;
      return Op::not_in;
    }
    return {};
  }
  static bool is_none_literal(const Node& node) { return node.kind == Kind::literal && node.value.is(Type::nothing); }

  NodePtr comparison() {
    auto first = sum();
    if (!first) return nullptr;
    if (is("is")) return none_test(std::move(first));
    auto node = made(Kind::compare, first->from);
    node->kids.push_back(std::move(first));
    while (const auto op = comparison_op()) {
      auto next = *op == Op::in || *op == Op::not_in ? list_or_sum() : sum();
      if (!next) return nullptr;
      for (const auto* side : {node->kids.back().get(), next.get()})
        if (is_none_literal(*side))
          return refuse(side->from, {"与 None 比较总是不成立；请写 is None 或 is not None",
                                     "a comparison with None is never true; write is None or is not None"});
      if (node->kids.back()->kind == Kind::list)
        return refuse(next->from, {"in 的列表后面不能再接比较", "no comparison can follow the list of an in"});
      node->kids.push_back(std::move(next));
      node->ops.push_back(*op);
    }
    if (node->ops.empty()) {
      first = std::move(node->kids.front());
      return first;
    }
    if (is("is")) return unexpected();
    node->to = node->kids.back()->to;
    return node;
  }
  NodePtr none_test(NodePtr tested) {
    ++at_;
    const bool flipped = take("not");
    if (!is("None"))
      return refuse(now().from, {"is 后面只能是 None 或 not None；比较请用 ==", "only None or not None follows is; compare with =="});
    ++at_;
    const auto from = tested->from;
    auto node = wrapped(Kind::is_none, from, std::move(tested));
    node->flipped = flipped;
    node->to = behind();
    return node;
  }

  // Whether the bracket that stands here holds a list: empty, or with a comma of its own. A look ahead, for reading it twice would double
  // the work with each bracket inside.
  bool list_ahead() const {
    if (is("[")) return true;
    int open = 0;
    for (auto i = at_; tokens_[i].kind != TokenKind::end; ++i) {
      if (tokens_[i].kind != TokenKind::sign) continue;
      const auto sign = tokens_[i].text;
      if (sign == "(" || sign == "[") {
        ++open;
      } else if (sign == ")" || sign == "]") {
        if (--open == 0) return i == at_ + 1;
      } else if (sign == "," && open == 1) {
        return true;
      }
    }
    return false;
  }
  // (a, b), [a, b] or anything else: a list that is a value, a text.
  NodePtr list_or_sum() {
    const bool square = is("[");
    if (!square && (!is("(") || !list_ahead())) return sum();
    const auto from = now().from;
    ++at_;
    const std::string_view close = square ? "]" : ")";
    auto node = made(Kind::list, from);
    while (!is(close)) {
      auto one = expression();
      if (!one) return nullptr;
      if (is_none_literal(*one))
        return refuse(one->from, {"None 不会等于任何值；请写 x is None or x in (…)", "None equals nothing; write x is None or x in (…)"});
      node->kids.push_back(std::move(one));
      if (!take(",")) break;
    }
    if (!expect(close)) return nullptr;
    node->to = behind();
    return node;
  }

  template <std::size_t N>
  NodePtr chained(const std::pair<std::string_view, Op> (&signs)[N], NodePtr (Parser::*part)()) {
    auto first = (this->*part)();
    if (!first) return nullptr;
    auto node = made(Kind::chain, first->from);
    node->kids.push_back(std::move(first));
    for (bool more = true; more;) {
      more = false;
      for (const auto& [word, op] : signs) {
        if (!take(word)) continue;
        auto next = (this->*part)();
        if (!next) return nullptr;
        node->kids.push_back(std::move(next));
        node->ops.push_back(op);
        more = true;
        break;
      }
    }
    if (node->ops.empty()) {
      first = std::move(node->kids.front());
      return first;
    }
    node->to = node->kids.back()->to;
    return node;
  }
  NodePtr sum() {
    static constexpr std::pair<std::string_view, Op> signs[] = {{"+", Op::add}, {"-", Op::subtract}};
    return chained(signs, &Parser::product);
  }
  NodePtr product() {
    static constexpr std::pair<std::string_view, Op> signs[] = {
        {"*", Op::multiply}, {"/", Op::divide}, {"//", Op::floor_divide}, {"%", Op::remainder}};
    return chained(signs, &Parser::with_sign);
  }
  NodePtr with_sign() {
    if (!is("-") && !is("+")) return power();
    const Deeper deeper(*this);
    if (deeper.too_far()) return nullptr;
    const auto from = now().from;
    const bool minus = is("-");
    ++at_;
    auto inner = with_sign();
    if (!inner) return nullptr;
    auto node = wrapped(Kind::negate, from, std::move(inner));
    node->flipped = !minus;
    return node;
  }
  NodePtr power() {
    auto base = behind_atom();
    if (!base || !take("**")) return base;
    const Deeper deeper(*this);
    if (deeper.too_far()) return nullptr;
    auto exponent = with_sign();
    if (!exponent) return nullptr;
    const auto from = base->from;
    return wrapped(Kind::power, from, std::move(base), std::move(exponent));
  }

  NodePtr behind_atom() {
    auto node = atom();
    int slices = 0;
    while (node && is("[")) {
      if (++slices > 4) return refuse(now().from, {"切片接得太多", "too many slices in a row"});
      node = sliced(std::move(node));
    }
    return node;
  }
  NodePtr sliced(NodePtr of) {
    const auto opened = now().from;
    ++at_;
    NodePtr from, to;
    if (!is(":") && !is("]") && !(from = expression())) return nullptr;
    if (is("]")) return refuse(opened, {"只有切片：取一个字符请写 x[0:1]", "only slices: write x[0:1] for one character"});
    if (!expect(":")) return nullptr;
    if (!is("]") && !is(":") && !(to = expression())) return nullptr;
    if (is(":")) return refuse(now().from, {"切片没有步长", "a slice has no step"});
    if (!expect("]")) return nullptr;
    auto node = made(Kind::slice, of->from);
    node->kids.push_back(std::move(of));
    node->kids.push_back(std::move(from));
    node->kids.push_back(std::move(to));
    node->to = behind();
    return node;
  }

  NodePtr literal(Value value) {
    auto node = made(Kind::literal, now().from);
    node->value = std::move(value);
    node->to = now().to;
    ++at_;
    return node;
  }
  NodePtr atom() {
    switch (now().kind) {
      case TokenKind::number:
      case TokenKind::text:
        return literal(now().value);
      case TokenKind::name:
        return name();
      case TokenKind::keyword:
        if (is("True")) return literal(Value::of(true));
        if (is("False")) return literal(Value::of(false));
        if (is("None")) return literal({});
        return unexpected();
      case TokenKind::sign:
        break;
      case TokenKind::end:
        return unexpected();
    }
    if (!is("(")) return unexpected();
    const auto from = now().from;
    ++at_;
    auto inner = expression();
    if (!inner) return nullptr;
    if (is(",")) return refuse(now().from, {"列表只能写在 in 后面", "a list can only stand behind in"});
    if (!expect(")")) return nullptr;
    inner->from = from;
    inner->to = behind();
    return inner;
  }
  NodePtr name() {
    auto node = made(Kind::name, now().from);
    node->text = std::string(now().text);
    ++at_;
    if (is("(")) return call(std::move(node));
    if (node->text == "row" && is("[") && at_ + 2 < tokens_.size() && tokens_[at_ + 1].kind == TokenKind::text &&
        tokens_[at_ + 2].text == "]" && tokens_[at_ + 2].kind == TokenKind::sign) {
      node->text = tokens_[at_ + 1].value.text();
      node->column_only = true;
      at_ += 3;
    }
    node->to = behind();
    return node;
  }
  NodePtr call(NodePtr node) {
    node->kind = Kind::call;
    ++at_;
    while (!is(")")) {
      if (now().kind == TokenKind::name && next_is("=")) {
        node->named.emplace_back(now().text);
        at_ += 2;
      } else if (!node->named.empty()) {
        return refuse(now().from, {"带名的参数后面不能再有不带名的", "an argument without a name cannot follow one with a name"});
      }
      auto one = expression();
      if (!one) return nullptr;
      node->kids.push_back(std::move(one));
      if (!take(",")) break;
    }
    if (!expect(")")) return nullptr;
    node->to = behind();
    return node;
  }

  std::string_view source_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::optional<Error> problem_;
};

}  // namespace

std::string_view word_of(Op op) { return op_words[static_cast<std::size_t>(op)]; }

Text place_of(std::string_view source, std::uint32_t offset) {
  const auto number = base::utf8_length(source.substr(0, offset)) + 1;
  const auto rest = source.substr(std::min<std::size_t>(offset, source.size()));
  if (rest.empty()) return {fmt::format("第 {} 个字符（末尾）", number), fmt::format("character {} (the end)", number)};
  const auto near = quoted(base::utf8_beginning(rest.substr(0, rest.find('\n')), 24));
  return {fmt::format("第 {} 个字符（{}）", number, near), fmt::format("character {} ({})", number, near)};
}

Error syntax_problem(std::string_view source, std::uint32_t offset, Text reason) {
  const auto place = place_of(source, offset);
  Text whole{fmt::format("行表达式{}：{}", place.zh, reason.zh), fmt::format("row expression, {}: {}", place.en, reason.en)};
  return Error(base::Code::invalid_field, whole).with_field("expression", whole);
}

Result<NodePtr> parse(std::string_view source) {
  QUANJI_TRY(auto tokens, tokens_of(source));
  return Parser(source, std::move(tokens)).run();
}

}  // namespace quanji::values::rows
