#include "base/fields.h"

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <unordered_map>

#include "base/secret.h"

namespace quanji::base {
namespace {

bool between(char c, char low, char high) { return c >= low && c <= high; }
bool is_name(std::string_view t) {
  if (t.empty() || t.size() > 63 || !(between(t[0], 'a', 'z') || between(t[0], '0', '9'))) return false;
  return std::all_of(t.begin(), t.end(), [](char c) { return between(c, 'a', 'z') || between(c, '0', '9') || c == '_' || c == '-'; });
}
bool is_account(std::string_view t) {
  const auto alnum = [](char c) { return between(c, 'a', 'z') || between(c, 'A', 'Z') || between(c, '0', '9'); };
  if (t.empty() || t.size() > 63 || !alnum(t[0])) return false;
  return std::all_of(t.begin(), t.end(), [&](char c) { return alnum(c) || c == '.' || c == '_' || c == '@' || c == '-'; });
}
// What \s of the published expression means beyond ASCII (ECMAScript's white space), in UTF-8.
constexpr std::string_view wide_blanks[] = {"\u00A0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004",
                                            "\u2005", "\u2006", "\u2007", "\u2008", "\u2009", "\u200A", "\u2028",
                                            "\u2029", "\u202F", "\u205F", "\u3000", "\uFEFF"};
bool is_email(std::string_view t) {
  const auto at = t.find('@');
  if (std::any_of(std::begin(wide_blanks), std::end(wide_blanks), [&](auto blank) { return t.find(blank) != t.npos; })) return false;
  return at != std::string_view::npos && at > 0 && at + 1 < t.size() && t.find('@', at + 1) == std::string_view::npos &&
         std::none_of(t.begin(), t.end(), [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; });
}
bool is_printable(std::string_view t) {
  return std::none_of(t.begin(), t.end(),
                      [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n') || c == 0x7f; });
}

}  // namespace

const Pattern name_pattern{"^[a-z0-9][a-z0-9_-]{0,62}$",
                           is_name,
                           {"应为小写字母、数字、_ 或 -，以字母或数字开头，最长 63 个字符",
                            "lower-case letters, digits, _ and -, beginning with a letter or digit, 63 at most"}};
const Pattern account_pattern{"^[A-Za-z0-9][A-Za-z0-9._@-]{0,62}$",
                              is_account,
                              {"应为字母、数字、. _ @ 或 -，以字母或数字开头，最长 63 个字符",
                               "letters, digits, . _ @ and -, beginning with a letter or digit, 63 at most"}};
const Pattern email_pattern{
    "^[^\\s@\\u0000-\\u0020\\u007f]+@[^\\s@\\u0000-\\u0020\\u007f]+$", is_email, {"应为电子邮件地址", "an e-mail address"}};
const Pattern printable_pattern{"^[^\\u0000-\\u0008\\u000b-\\u001f\\u007f]*$", is_printable, {"不能含控制字符", "no control characters"}};

std::string_view camel_case(std::string_view snake) {
  static std::mutex mutex;
  static std::unordered_map<std::string_view, std::string_view> made;
  static std::deque<std::string> texts;
  const std::scoped_lock lock(mutex);
  if (const auto found = made.find(snake); found != made.end()) return found->second;
  std::string camel;
  bool upper = false;
  for (const char c : snake) {
    if (c == '_') {
      upper = true;
      continue;
    }
    if (upper && between(c, '0', '9')) std::abort();  // would not lead back to the same snake_case name
    camel += upper && between(c, 'a', 'z') ? static_cast<char>(c - 'a' + 'A') : c;
    upper = false;
  }
  const auto& key = texts.emplace_back(snake);
  const auto& value = texts.emplace_back(std::move(camel));
  made.emplace(key, value);
  return value;
}

FieldList::FieldList(std::string_view type, std::span<const Field> fields) : type_(type), fields_(fields) {
  json_names_.reserve(fields.size());
  for (const auto& field : fields) json_names_.push_back(camel_case(field.name));
}
int FieldList::find_json(std::string_view json_name) const {
  for (std::size_t i = 0; i < json_names_.size(); ++i)
    if (json_names_[i] == json_name) return static_cast<int>(i);
  return -1;
}
int FieldList::find(std::string_view name) const {
  for (std::size_t i = 0; i < fields_.size(); ++i)
    if (fields_[i].name == name) return static_cast<int>(i);
  return -1;
}

const FieldList& Nothing::fields() {
  static const FieldList list("Nothing", {});
  return list;
}

namespace detail {
void take_secret(void* secret, std::string_view text) { *static_cast<Secret*>(secret) = Secret(text); }
}  // namespace detail

}  // namespace quanji::base
