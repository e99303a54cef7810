#include "values/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/encodings.h"

namespace quanji::values {
namespace {

constexpr std::size_t longest_compared = 128;  // bytes; names beyond are cut for the comparison

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Twice the edit distance over bytes; a difference of case alone counts one.
std::size_t distance(std::string_view a, std::string_view b) {
  a = a.substr(0, longest_compared);
  b = b.substr(0, longest_compared);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j * 2;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t corner = row[0];
    row[0] += 2;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t exchange = corner + (a[i] == b[j] ? 0 : lower(a[i]) == lower(b[j]) ? 1 : 2);
      corner = row[j + 1];
      row[j + 1] = std::min({exchange, row[j] + 2, row[j + 1] + 2});
    }
  }
  return row[b.size()];
}

}  // namespace

std::vector<std::string> closest_first(std::string_view wanted, std::span<const std::string> names) {
  std::vector<std::size_t> far(names.size()), order(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) far[i] = distance(wanted, names[i]);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return far[a] < far[b]; });
  std::vector<std::string> out;
  out.reserve(names.size());
  for (const auto i : order) out.push_back(names[i]);
  return out;
}

std::string quoted(std::string_view text) {
  const auto cut = base::utf8_beginning(text, 60);
  return base::repair_utf8(cut) + (cut.size() < text.size() ? "…" : "");
}

base::Text no_such_name(base::Sentence what, std::string_view wanted, std::span<const std::string> names) {
  constexpr std::size_t most = 8;
  std::string zh, en;
  std::size_t told = 0;
  for (const auto& name : closest_first(wanted, names)) {
    if (told++ == most) break;
    zh += zh.empty() ? quoted(name) : "、" + quoted(name);
    en += en.empty() ? quoted(name) : ", " + quoted(name);
  }
  if (names.size() > most) {
    zh += fmt::format(" 等 {} 个", names.size());
    en += fmt::format(" … ({} in all)", names.size());
  }
  if (names.empty()) {
    zh = "（无）";
    en = "(none)";
  }
  return {fmt::format("没有{}“{}”；现有：{}", what.zh, quoted(wanted), zh),
          fmt::format("there is no {} \"{}\"; there are: {}", what.en, quoted(wanted), en)};
}

}  // namespace quanji::values
