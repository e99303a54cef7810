#include "domain/password_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/encodings.h"

namespace quanji::domain {
namespace {

using base::Text;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Without regard to case; a part shorter than three says nothing.
bool holds(std::string_view text, std::string_view part) {
  if (part.size() < 3) return false;
  return std::search(text.begin(), text.end(), part.begin(), part.end(), [](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

int kinds_in(std::string_view text) {
  bool small = false, big = false, number = false, other = false;
  for (const char c : text) {
    if (c >= 'a' && c <= 'z')
      small = true;
    else if (c >= 'A' && c <= 'Z')
      big = true;
    else if (c >= '0' && c <= '9')
      number = true;
    else
      other = true;
  }
  return small + big + number + other;
}

bool repeats(std::string_view text) {
  for (std::size_t i = 3; i < text.size(); ++i)
    if (text[i] == text[i - 1] && text[i] == text[i - 2] && text[i] == text[i - 3]) return true;
  return false;
}

// Five neighbours of the alphabet, the digits or a row of the keyboard, forwards or backwards.
bool runs(std::string_view text) {
  static constexpr std::array<std::string_view, 5> rows = {"abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl",
                                                           "zxcvbnm"};
  constexpr std::size_t length = 5;
  for (std::size_t i = 0; i + length <= text.size(); ++i) {
    std::array<char, length> part{};
    std::transform(text.begin() + static_cast<std::ptrdiff_t>(i), text.begin() + static_cast<std::ptrdiff_t>(i + length), part.begin(),
                   lower);
    const std::string_view forward(part.data(), length);
    std::array<char, length> turned = part;
    std::reverse(turned.begin(), turned.end());
    const std::string_view backward(turned.data(), length);
    for (const auto row : rows)
      if (row.find(forward) != std::string_view::npos || row.find(backward) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

base::Status check_new_password(const base::Secret& password, std::string_view account, std::string_view name, std::string_view field,
                                const PasswordRule& rule) {
  const auto text = password.reveal();
  const auto refuse = [&](std::string zh, std::string en) -> base::Status {
    return base::Error(base::Code::invalid_field).with_field(std::string(field), Text(std::move(zh), std::move(en)));
  };
  if (!base::is_utf8(text) ||
      std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; }))
    return refuse("密码不能含有控制字符", "a password must not hold control characters");
  const auto length = base::utf8_length(text);
  if (length < rule.min || length > rule.max)
    return refuse(fmt::format("密码长度应为 {} 到 {} 个字符", rule.min, rule.max),
                  fmt::format("a password has {} to {} characters", rule.min, rule.max));
  if (length < rule.phrase && kinds_in(text) < rule.kinds)
    return refuse(
        fmt::format("密码应含小写字母、大写字母、数字、其他字符中的至少 {} 种，或不少于 {} 个字符", rule.kinds, rule.phrase),
        fmt::format("a password mixes at least {} of lower case, upper case, digits and other characters, or has {} characters or more",
                    rule.kinds, rule.phrase));
  if (holds(text, account) || holds(text, name))
    return refuse("密码不能包含账号或姓名", "a password must not contain the account or the name");
  if (holds(text, "quanji") || holds(text, "password") || holds(text, "券机"))
    return refuse("密码不能包含 quanji、password 等常见词", "a password must not contain words like quanji or password");
  if (repeats(text)) return refuse("密码不能有连续四个相同字符", "a password must not repeat a character four times in a row");
  if (runs(text))
    return refuse("密码不能有五个连续的字母、数字或键位",
                  "a password must not hold five neighbours of the alphabet, the digits or the keyboard");
  return {};
}

}  // namespace quanji::domain
