// `quanji package check|pack|sign|verify|unpack|rules`: packages without a platform.
#pragma once
#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

namespace quanji::apps {

// The commands as part of a command line. Exits 0: done; 1: the package is refused, the sentence and the reason's word on `err`; 2: usage;
// 3: a file that may not be read; 4: a file or disk that cannot be reached.
class PackageCommands {
 public:
  explicit PackageCommands(CLI::App& root);
  // Runs the command that was given; nothing when none of these was.
  std::optional<int> run(std::FILE* out = stdout, std::FILE* err = stderr);

 private:
  struct Given {
    std::string subject, into, key, output = "table", language, only;
    std::vector<std::string> trusted;
    bool replace = false, not_signed = false;
  };
  CLI::App* add(CLI::App* group, const std::string& name, const std::string& summary, const std::string& subject, const std::string& help);
  void add_signature_rule(CLI::App* command);
  int check(std::FILE* out, std::FILE* err) const;
  int test(std::FILE* out, std::FILE* err) const;
  int pack(std::FILE* out, std::FILE* err) const;
  int sign(std::FILE* out, std::FILE* err) const;
  int verify(std::FILE* out, std::FILE* err) const;
  int unpack(std::FILE* out, std::FILE* err) const;

  Given given_;
  CLI::App *check_ = nullptr, *test_ = nullptr, *pack_ = nullptr, *sign_ = nullptr, *verify_ = nullptr, *unpack_ = nullptr,
           *rules_ = nullptr;
};

}  // namespace quanji::apps
