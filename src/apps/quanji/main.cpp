// quanji: the command line of the platform.
#include <signal.h>

#include <algorithm>
#include <string>
#include <vector>

#include "apps/quanji/audit_verify.h"
#include "apps/quanji/command_line.h"

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto offline = [](const std::string& word) { return word == "--database" || word.starts_with("--database="); };
  if (words.size() >= 2 && words[0] == "audit") {
    const std::vector<std::string> rest(words.begin() + 2, words.end());
    if (words[1] == "verify") return quanji::apps::verify_audit(rest);
    if (words[1] == "export" && std::any_of(rest.begin(), rest.end(), offline)) return quanji::apps::export_audit(rest);
  }
  return quanji::apps::run_command_line(argc, argv);
}
