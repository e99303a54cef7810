#include "apps/quanji/profile.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>

#include "apps/quanji/client_key.h"
#include "base/fields_json.h"
#include "base/files.h"

namespace quanji::apps {
namespace {

using base::Code;
using base::Error;
using base::Result;
using base::Status;
using base::Text;
namespace json = boost::json;

std::string text_of(const json::object& object, std::string_view key) {
  const auto* found = object.if_contains(json::string_view(key.data(), key.size()));
  if (!found || !found->is_string()) return {};
  return {found->get_string().data(), found->get_string().size()};
}
Error cannot_write(const std::string& path) {
  return {Code::store_unavailable, Text("无法写入 " + path, "Cannot write " + path), base::system_detail("write", path)};
}

}  // namespace

bool speaks_english() {
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"})
    if (const char* value = std::getenv(name); value && *value) return std::string_view(value).starts_with("en");
  return false;
}

Result<std::string> read_text_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) return Error(Code::not_found, Text("无法读取 " + path, "Cannot read " + path), path);
  return text.str();
}

Result<std::string> profile_path(const std::string& name) {
  if (name.empty() || name.size() > 63 || name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") != std::string::npos)
    return Error(Code::invalid_field,
                 Text("--profile 只能用小写字母、数字、_ 和 -", "--profile takes lower-case letters, digits, _ and - only"));
  const char* own = std::getenv("XDG_CONFIG_HOME");
  const char* home = std::getenv("HOME");
  if ((!own || !*own) && (!home || !*home)) return Error(Code::not_found, Text("未设置 HOME", "HOME is not set"));
  const std::string config = own && *own ? std::string(own) : std::string(home) + "/.config";
  return config + "/quanji/profiles/" + name + ".json";
}

Result<std::string> kept_key_path(const std::string& name) {
  QUANJI_TRY(auto path, profile_path(name));
  path.replace(path.size() - 5, 5, ".key");
  return path;
}

Result<Profile> load_profile(const std::string& name) {
  QUANJI_TRY(const auto path, profile_path(name));
  auto text = read_text_file(path);
  if (!text)
    return Error(Code::not_signed_in, Text("尚未登录：请先运行 quanji login --url https://… --account …",
                                           "Not signed in: run quanji login --url https://… --account … first"));
  QUANJI_TRY(const auto value, base::parse_json(*text));
  if (!value.is_object()) return Error(Code::unreadable_body, Text(path + " 不是 JSON 对象", path + " is not a JSON object"));
  const auto& object = value.get_object();
  Profile profile;
  profile.url = text_of(object, "url");
  profile.trust = text_of(object, "trust");
  profile.account = text_of(object, "account");
  profile.access_token = text_of(object, "accessToken");
  profile.refresh_token = text_of(object, "refreshToken");
  profile.key_file = text_of(object, "keyFile");
  if (!profile.key_file.empty()) {
    profile.caller = text_of(object, "calls") == "token" ? Caller::client_by_token : Caller::client;
    QUANJI_TRY(profile.signature, signature_from_text(text_of(object, "signature")));
  }
  return profile;
}

Status save_profile(const std::string& name, const Profile& profile) {
  QUANJI_TRY(const auto path, profile_path(name));
  std::error_code failed;
  const auto folder = std::filesystem::path(path).parent_path();
  std::filesystem::create_directories(folder, failed);
  if (failed) return cannot_write(folder.string());
  json::object object{{"url", profile.url},
                      {"trust", profile.trust},
                      {"account", profile.account},
                      {"accessToken", profile.access_token},
                      {"refreshToken", profile.refresh_token}};
  if (profile.caller != Caller::person) {
    const auto signature = to_text(profile.signature);
    object["keyFile"] = profile.key_file;
    object["signature"] = json::string(signature.data(), signature.size());
    object["calls"] = profile.caller == Caller::client_by_token ? "token" : "signed";
  }
  const auto part = path + ".part" + std::to_string(::getpid());
  ::unlink(part.c_str());
  if (auto made = base::create_durable_file(part, json::serialize(object) + "\n", 0600); !made.ok()) return std::move(made).error();
  if (::rename(part.c_str(), path.c_str()) != 0) {
    ::unlink(part.c_str());
    return cannot_write(path);
  }
  return {};
}

Status remove_profile(const std::string& name) {
  QUANJI_TRY(const auto path, profile_path(name));
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return cannot_write(path);
  return {};
}

Result<int> lock_profile(const std::string& name) {
  QUANJI_TRY(const auto path, profile_path(name));
  const auto lock = path + ".lock";
  const int fd = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return cannot_write(lock);
  if (::flock(fd, LOCK_EX) != 0) {
    ::close(fd);
    return cannot_write(lock);
  }
  return fd;
}

}  // namespace quanji::apps
