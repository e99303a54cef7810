// One platform: store, keys, doors, listeners and loops put together, from a configuration.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/config.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace quanji::door {
class Table;
}

namespace quanji::api {

// Every key of platform.toml, with its default and sentence.
std::span<const base::ConfigKey> platform_keys();

// All operations of the platform, and those of robots. Made once, constant afterwards.
const door::Table& platform_table();  // /api/v1
const door::Table& outer_table();     // beside the API: /setup
const door::Table& gateway_table();   // /robot-gateway/v1

struct PlatformPorts {
  std::shared_ptr<base::Clock> clock;  // the system's when empty
  std::shared_ptr<base::Random> random;
  std::function<void(const std::string& why)> must_stop;  // the store can no longer promise anything: end the process
};

class Platform {
 public:
  // Opens and migrates the store, makes keys and certificates on the first start, listens, then starts the loops.
  static base::Result<std::unique_ptr<Platform>> start(const base::Config& config, const PlatformPorts& ports);
  ~Platform();
  // Stops accepting, finishes what is under way, writes what is kept in memory. At most `most`.
  void stop(std::chrono::seconds most);

  std::uint16_t https_port() const;
  std::uint16_t robots_port() const;
  std::uint16_t plain_port() const;  // 0: not listening
  // What the operator has to be told once: "https://host:port/setup#code" on a start before set-up; accounts of the demo profile.
  const base::Secret& set_up_link() const;
  struct DemoAccount {
    std::string account, title;
    base::Secret password;
  };
  const std::vector<DemoAccount>& demo_accounts() const;
  std::string authority_certificate() const;  // PEM: what clients have to trust

 private:
  Platform();
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace quanji::api
