// quanji-platform: reads its configuration, starts the platform, waits for a signal, drains.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "api/platform.h"
#include "base/log.h"
#include "base/own_process.h"
#include "door/openapi.h"
#include "door/operation.h"

namespace {
using namespace quanji;

constexpr const char* version = "0.1.0";

int refuse(const base::Error& error) {
  std::cerr << error.message().zh << "\n" << error.message().en << "\n";
  if (!error.detail().empty()) std::cerr << error.detail() << "\n";
  return 1;
}

// The generated pages of contracts/.
int write_contracts(const std::string& folder) {
  std::filesystem::create_directories(folder);
  const auto write = [&](const char* name, const std::string& text) { std::ofstream(folder + "/" + name, std::ios::binary) << text; };
  write("openapi.json", door::openapi(api::platform_table(), {"券机平台接口", "Quanji platform API", version,
                                                              "See docs/ for the rules of signing, lists and errors."}));
  write("robot-gateway.openapi.json",
        door::openapi(api::gateway_table(), {"券机机器人网关", "Quanji robot gateway", version,
                                             "Mutual TLS; the operations are those of the channel's frames."}));
  write("permissions.md", door::permissions_page(api::platform_table()));
  write("error-codes.md", door::error_codes_page());
  return 0;
}

// What must be told once goes to a file only its owner reads, or to the terminal; never to the log.
void write_accounts(const std::string& path, const api::Platform& platform) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return;
  for (const auto& account : platform.demo_accounts()) {
    const auto line = account.account + "\t" + std::string(account.password.reveal()) + "\t" + account.title + "\n";
    if (::write(fd, line.data(), line.size()) < 0) break;
  }
  ::close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"券机管理平台 / Quanji management platform"};
  std::string config_file, contracts, database, data_dir, accounts_file, ports_file, trust_file;
  app.set_version_flag("--version", version);
  app.add_option("--config", config_file, "配置文件（TOML） / configuration file")->check(CLI::ExistingFile);
  app.add_option("--database", database, "sqlite: 或 postgres://用户@主机/库（口令用 database.password_file）");
  app.add_option("--data-dir", data_dir, "数据目录 / data directory");
  app.add_option("--accounts-file", accounts_file, "demo：演示账号写入此文件（0600）");
  app.add_option("--ports-file", ports_file, "把实际监听端口写入此文件 / write the bound ports here");
  app.add_option("--trust-file", trust_file, "把本地 CA 证书写入此文件 / write the local authority's certificate here");
  auto* contracts_command = app.add_subcommand("contracts", "生成接口契约文件 / write the generated contracts");
  contracts_command->add_option("folder", contracts)->required();
  CLI11_PARSE(app, argc, argv);
  if (*contracts_command) return write_contracts(contracts);

  ::prctl(PR_SET_DUMPABLE, 0);
  base::allow_many_descriptors();
  base::keep_memory_small();
  sigset_t signals;
  sigemptyset(&signals);
  for (const int s : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, s);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);

  auto config = base::Config::load(api::platform_keys(), config_file, base::Config::environment_of_process());
  if (!config) return refuse(config.error());
  if (!database.empty())
    if (auto set = config->set("database.url", database); !set) return refuse(set.error());
  if (!data_dir.empty())
    if (auto set = config->set("data_dir", data_dir); !set) return refuse(set.error());

  api::PlatformPorts ports;
  // The store can promise nothing more: the fastest way to a true state is to start again.
  ports.must_stop = [](const std::string& why) {
    base::log::error("store_lost", {{"why", why}});
    base::log::stop();
    ::_exit(70);
  };
  auto platform = api::Platform::start(*config, std::move(ports));
  if (!platform) return refuse(platform.error());
  const auto& running = **platform;
  if (!trust_file.empty()) std::ofstream(trust_file, std::ios::binary) << running.authority_certificate();
  if (!accounts_file.empty() && !running.demo_accounts().empty()) write_accounts(accounts_file, running);
  if (!running.set_up_link().empty())
    std::cout << "首次启动，请在 60 分钟内打开 / First start, open within 60 minutes:\n  " << running.set_up_link().reveal() << std::endl;
  if (!ports_file.empty()) {
    std::ofstream(ports_file + ".part") << "https=" << running.https_port() << "\nrobots=" << running.robots_port()
                                        << "\nplain=" << running.plain_port() << "\n";
    std::filesystem::rename(ports_file + ".part", ports_file);
  }
  base::leave_what_the_start_needed();
  int got = 0;
  sigwait(&signals, &got);
  base::log::info("stopping", {{"signal", got}});
  (*platform)->stop(std::chrono::seconds(20));
  return 0;
}
