// For tests: a server of Python's standard library on 127.0.0.1, port 0 (testing_server.py says what it answers).
#pragma once
#include <poll.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "devices/program.h"

namespace quanji::activities::http {

class TestServer {
 public:
  // `arguments`: [certificate file, key file, [file of the authority whose clients it wants]]; none: without TLS.
  explicit TestServer(std::vector<std::string> arguments = {}) : safe_(!arguments.empty()) {
    devices::ProgramOptions options;
    options.program = "/usr/bin/python3";
    options.arguments = {"-u", QUANJI_HTTP_TEST_SERVER};
    options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
    options.folder = "/";
    auto started = devices::Program::start(std::move(options));
    if (!started) throw std::runtime_error(started.error().message().en + started.error().detail());
    program_ = std::move(*started);
    const auto said = until("port ");
    port_ = said.substr(said.find("port ") + 5, said.find('\n') - said.find("port ") - 5);
  }
  // One for all tests that only read from it.
  static TestServer& shared() {
    static TestServer server;
    return server;
  }
  std::string address(const std::string& host = "127.0.0.1") const { return (safe_ ? "https://" : "http://") + host + ":" + port_; }
  const std::string& port() const { return port_; }
  // What it said so far, once the line with the word is there.
  std::string until(const std::string& word) const {
    for (int i = 0; i < 6'000; ++i) {
      auto said = program_->output();
      if (const auto at = said.find(word); at != std::string::npos && said.find('\n', at) != std::string::npos) return said;
      if (program_->end()) break;
      ::poll(nullptr, 0, 5);
    }
    throw std::runtime_error("the test's server did not say " + word + ": " + program_->output() + program_->error_output());
  }

 private:
  bool safe_;
  std::unique_ptr<devices::Program> program_;
  std::string port_;
};

}  // namespace quanji::activities::http
