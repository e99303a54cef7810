#include "engine/local_lines.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "base/config.h"
#include "base/fields_json.h"
#include "values/names.h"

namespace quanji::engine {

namespace json = boost::json;
using base::Code;
using base::Descriptor;
using base::Error;
using base::Result;
using base::Status;
using base::Text;
using values::Map;
using values::Value;

namespace {
constexpr std::size_t max_file = std::size_t{256} << 20;
}  // namespace

Error disk_refused(std::string_view act, const std::string& path) {
  return Error(Code::store_unavailable, Text("无法读写运行环境的文件夹：" + path, "the context's folder cannot be used: " + path),
               base::system_detail(act, path));
}
Result<json::object> toml_of(const std::string& path) {
  if (::access(path.c_str(), F_OK) != 0) return json::object();
  QUANJI_TRY(auto read, base::read_toml(path));
  return std::move(read.get_object());
}
std::vector<std::string> names_in(const json::object& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object) names.emplace_back(name);
  return names;
}
Error no_such(base::Sentence what, std::string_view name, const std::vector<std::string>& names) {
  return Error(Code::not_found, values::no_such_name(what, name, names));
}
std::string text_in(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}
Result<Map> map_in(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (!value || value->is_null()) return Map();
  QUANJI_TRY(auto read, Value::from_json(*value));
  if (!read.is(values::Type::map)) return Error(Code::invalid_field, Text("应为映射", "a map is expected"));
  return read.map();
}
std::optional<base::Time> time_in(const json::object& object, std::string_view key) {
  const auto text = text_in(object, key);
  if (text.empty()) return std::nullopt;
  auto time = base::parse_time(text);
  return time ? std::optional(*time) : std::nullopt;
}
void put(std::string& line, std::string_view key, std::string_view text) {
  line += line.empty() ? "{\"" : ",\"";
  line += key;
  line += "\":";
  base::append_json_string(line, text);
}
void put_json(std::string& line, std::string_view key, std::string_view text) {
  line += line.empty() ? "{\"" : ",\"";
  line += key;
  line += "\":";
  line += text;
}

Result<LockedLines> LockedLines::open(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  if (file.get() < 0) return disk_refused("open", path);
  while (::flock(file.get(), LOCK_EX) != 0)
    if (errno != EINTR) return disk_refused("lock", path);
  QUANJI_TRY(auto text, base::read_whole(file.get(), max_file));
  return LockedLines(std::move(file), std::move(text), path);
}
Status LockedLines::append(std::string line) {
  line += "}\n";
  if (!text_.empty() && text_.back() != '\n') line.insert(0, "\n");  // a person's last line without its end
  if (::write(file_.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()) || ::fdatasync(file_.get()) != 0) {
    auto refused = disk_refused("write", path_);
    (void)!::ftruncate(file_.get(), static_cast<off_t>(text_.size()));  // no half a line
    return refused;
  }
  text_ += line;
  return {};
}
Result<std::vector<json::object>> LockedLines::lines_of(std::string_view text, std::string_view path) {
  std::vector<json::object> out;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    auto parsed = base::parse_json(line, values::max_value_json_depth);
    if (!parsed || !parsed->is_object())
      return Error(Code::unreadable_body, Text(fmt::format("{}:{}：这一行应为一个 JSON 对象", path, number),
                                               fmt::format("{}:{}: this line should be a JSON object", path, number)));
    out.push_back(std::move(parsed->get_object()));
  }
  return out;
}

}  // namespace quanji::engine
