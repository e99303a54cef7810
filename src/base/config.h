// Configuration files: TOML, every key declared once with its type, default and sentence; an unknown key is an error with its line.
// A variable QUANJI_ + the key in upper snake case, with __ for the dot, wins over the file. Secrets stand in files of their own
// (`*_file`).
// Reads foreign bytes: fuzz/config.cpp
#pragma once
#include <boost/json/fwd.hpp>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace quanji::base {

enum class ConfigType : std::uint8_t { text, integer, boolean };
struct ConfigKey {
  std::string_view name;  // "listen.https", "data_dir"
  ConfigType type = ConfigType::text;
  std::string_view fallback;  // as text
  Sentence sentence;
  std::span<const std::string_view> words{};  // the only values allowed, or empty
};

// Any TOML file as a JSON object: dates and times as their text, numbers with a point as doubles. A file that is no TOML is refused with
// its line.
Result<boost::json::value> read_toml(const std::string& path);

class Config {
 public:
  // `path` empty: defaults and environment only. Problems name file, line and key.
  static Result<Config> load(std::span<const ConfigKey> keys, const std::string& path,
                             const std::vector<std::pair<std::string, std::string>>& environment);
  // Those of the process that begin with QUANJI_.
  static std::vector<std::pair<std::string, std::string>> environment_of_process();

  const std::string& text(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;
  bool boolean(std::string_view name) const;
  // Takes the place of what file and environment said: options of the command line.
  Status set(std::string_view name, std::string value);

 private:
  Status take(std::string_view name, std::string value, const std::string& where);
  std::span<const ConfigKey> keys_;
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace quanji::base
