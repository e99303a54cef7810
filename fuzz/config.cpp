// Configuration files as people write them.
#include "base/config.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/encodings.h"
#include "must.h"

using namespace quanji::base;

namespace {
constexpr std::string_view languages[] = {"zh-CN", "en"};
constexpr ConfigKey keys[] = {
    {"data_dir", ConfigType::text, "", {"数据目录", "Data directory"}},
    {"language", ConfigType::text, "zh-CN", {"语言", "Language"}, languages},
    {"listen.https", ConfigType::text, "", {"地址", "Address"}},
    {"limits.body_mb", ConfigType::integer, "10", {"大小", "Size"}},
    {"log.json", ConfigType::boolean, "true", {"格式", "Format"}},
};
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int fd = memfd_create("config", 0);
  static const auto path = "/proc/self/fd/" + std::to_string(fd);
  must(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == static_cast<ssize_t>(size));
  const auto config = Config::load(keys, path, {});
  if (config.ok()) {
    must(config->text("language") == "zh-CN" || config->text("language") == "en");
    (void)config->integer("limits.body_mb");
    (void)config->boolean("log.json");
  } else {
    must(config.error().message().en.starts_with(path));
    if (is_utf8(text_of({data, size}))) must(is_utf8(config.error().message().zh) && is_utf8(config.error().message().en));
  }
  // The same text as a variable of the environment is taken whole or refused.
  const std::string value(text_of({data, size}));
  if (value.find('\0') == std::string::npos) {
    const auto by_variable = Config::load(keys, "", {{"QUANJI_DATA_DIR", value}, {"QUANJI_LIMITS__BODY_MB", "7"}});
    must(by_variable.ok() && by_variable->text("data_dir") == value && by_variable->integer("limits.body_mb") == 7);
  }
  return 0;
}
