// What local_context.cpp and local_queues.cpp share: files of JSON lines that are held alone, and TOML files.
#pragma once
#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "base/result.h"
#include "values/value.h"

namespace quanji::engine {

base::Error disk_refused(std::string_view act, const std::string& path);
// Empty when there is no such file.
base::Result<boost::json::object> toml_of(const std::string& path);
std::vector<std::string> names_in(const boost::json::object& object);
base::Error no_such(base::Sentence what, std::string_view name, const std::vector<std::string>& names);
std::string text_in(const boost::json::object& object, std::string_view key);  // empty when there is none
base::Result<values::Map> map_in(const boost::json::object& object, std::string_view key);
std::optional<base::Time> time_in(const boost::json::object& object, std::string_view key);
// Builds a line, without its closing brace.
void put(std::string& line, std::string_view key, std::string_view text);
void put_json(std::string& line, std::string_view key, std::string_view json);

// A file of lines, held alone while it lives. It is made when it is missing.
class LockedLines {
 public:
  static base::Result<LockedLines> open(const std::string& path);
  const std::string& text() const { return text_; }
  // Each line as an object; one that is none is a failure that names it.
  base::Result<std::vector<boost::json::object>> lines() const { return lines_of(text_, path_); }
  // Adds the closing brace; on the disk when it returns.
  base::Status append(std::string line);
  static base::Result<std::vector<boost::json::object>> lines_of(std::string_view text, std::string_view path);

 private:
  LockedLines(base::Descriptor file, std::string text, std::string path)
      : file_(std::move(file)), text_(std::move(text)), path_(std::move(path)) {}
  base::Descriptor file_;
  std::string text_, path_;
};

}  // namespace quanji::engine
