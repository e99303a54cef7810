#include "base/config.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

extern char** environ;  // NOLINT(readability-redundant-declaration)

namespace quanji::base {
namespace {

Error refusal(const std::string& where, const std::string& zh, const std::string& en) {
  return Error(Code::invalid_field, Text(fmt::format("{}：{}", where, zh), fmt::format("{}: {}", where, en)));
}

std::string variable_of(std::string_view key) {
  std::string name = "QUANJI_";
  for (const char c : key) {
    if (c == '.')
      name += "__";
    else
      name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return name;
}

}  // namespace

Status Config::take(std::string_view name, std::string value, const std::string& where) {
  for (const auto& key : keys_) {
    if (key.name != name) continue;
    std::int64_t n = 0;
    if (key.type == ConfigType::integer) {
      const auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), n);
      if (ec != std::errc() || end != value.data() + value.size())
        return refusal(where, fmt::format("{} 应为整数", name), fmt::format("{} must be a whole number", name));
    }
    if (key.type == ConfigType::boolean && value != "true" && value != "false")
      return refusal(where, fmt::format("{} 应为 true 或 false", name), fmt::format("{} must be true or false", name));
    if (!key.words.empty() && std::find(key.words.begin(), key.words.end(), value) == key.words.end()) {
      std::string words;
      for (const auto word : key.words) words += words.empty() ? std::string(word) : fmt::format(", {}", word);
      return refusal(where, fmt::format("{} 应为以下之一：{}", name, words), fmt::format("{} must be one of: {}", name, words));
    }
    values_[std::string(name)] = std::move(value);
    return {};
  }
  std::string known;
  for (const auto& key : keys_) known += known.empty() ? std::string(key.name) : fmt::format(", {}", key.name);
  return refusal(where, fmt::format("没有配置项 {}；可用的有：{}", name, known),
                 fmt::format("there is no key {}; known keys: {}", name, known));
}

Result<Config> Config::load(std::span<const ConfigKey> keys, const std::string& path,
                            const std::vector<std::pair<std::string, std::string>>& environment) {
  Config config;
  config.keys_ = keys;
  for (const auto& key : keys) config.values_[std::string(key.name)] = key.fallback;
  if (!path.empty()) {
    auto parsed = toml::parse_file(path);
    if (!parsed) {
      const auto& error = parsed.error();
      return refusal(fmt::format("{}:{}", path, error.source().begin.line), fmt::format("配置文件无法读取：{}", error.description()),
                     fmt::format("the configuration cannot be read: {}", error.description()));
    }
    Status status;
    const auto walk = [&](const auto& self, const toml::table& table, const std::string& prefix) -> void {
      for (const auto& [key, node] : table) {
        if (!status) return;
        const auto name = prefix + std::string(key.str());
        const auto where = fmt::format("{}:{}", path, node.source().begin.line);
        if (const auto* inner = node.as_table())
          self(self, *inner, name + ".");
        else if (const auto* s = node.as_string())
          status = config.take(name, s->get(), where);
        else if (const auto* i = node.as_integer())
          status = config.take(name, std::to_string(i->get()), where);
        else if (const auto* b = node.as_boolean())
          status = config.take(name, b->get() ? "true" : "false", where);
        else
          status = refusal(where, fmt::format("{} 的类型不对", name), fmt::format("{} is of a wrong type", name));
      }
    };
    walk(walk, parsed.table(), "");
    QUANJI_DO(std::move(status));
  }
  for (const auto& [name, value] : environment)
    for (const auto& key : keys)
      if (variable_of(key.name) == name) QUANJI_DO(config.take(key.name, value, name));
  return config;
}

std::vector<std::pair<std::string, std::string>> Config::environment_of_process() {
  std::vector<std::pair<std::string, std::string>> found;
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (text.starts_with("QUANJI_") && equals != std::string_view::npos)
      found.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return found;
}

const std::string& Config::text(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) std::abort();  // a key the program asks for and did not declare
  return found->second;
}
std::int64_t Config::integer(std::string_view name) const {
  std::int64_t n = 0;
  const auto& value = text(name);
  std::from_chars(value.data(), value.data() + value.size(), n);
  return n;
}
bool Config::boolean(std::string_view name) const { return text(name) == "true"; }
Status Config::set(std::string_view name, std::string value) { return take(name, std::move(value), std::string(name)); }

}  // namespace quanji::base
