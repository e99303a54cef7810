// `quanji audit verify`: checks an audit log without a running platform, read-only.
#pragma once
#include <cstdio>
#include <span>
#include <string>
#include <string_view>

namespace quanji::apps {

// What --help prints.
extern const std::string_view verify_usage, export_usage;

// quanji audit verify (--database URL [--password-file FILE] | --export FILE) --keys DIR [--checkpoint FILE|DIR]… [--json]
//   --keys   the platform's keys/ folder: root.key and keyring.json
// `args` are the words after "verify". Exits 0: nothing found; 1: something found (each fault is named); 2: usage; 4: cannot be read.
int verify_audit(std::span<const std::string> args, std::FILE* out = stdout, std::FILE* err = stderr);
// quanji audit export --database URL [--password-file FILE] FILE|-: what `verify --export` reads; offline too.
int export_audit(std::span<const std::string> args, std::FILE* out = stdout, std::FILE* err = stderr);

}  // namespace quanji::apps
