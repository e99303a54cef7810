// Package archives of strangers: whatever is accepted accounts for each of its bytes; whatever is refused is refused for a reason that can
// be read. And the paths and the signature inside.
#include "flow/package_archive.h"

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/encodings.h"
#include "flow/package_archive_names.h"
#include "flow/package_signature.h"
#include "must.h"

using namespace quanji;

namespace {

void check_refusal(const base::Error& error) {
  must(flow::archive_reason_of(error).has_value());
  must(base::is_utf8(error.message().zh) && base::is_utf8(error.message().en) && base::is_utf8(error.detail()));
  must(error.message().en.find('\n') == std::string::npos);
}

void check_accepted(const flow::PackageArchive& archive, std::uint64_t bytes, const flow::PackageLimits& limits) {
  std::uint64_t known = 22;
  std::string before;
  must(archive.find(flow::package_file) != nullptr && archive.entries().size() <= limits.files);
  for (const auto& entry : archive.entries()) {
    known += 30 + 46 + 2 * entry.path.size() + entry.packed;
    must(!flow::check_text_of_path(entry.path, limits.depth));
    must(before < entry.path || entry.path == flow::signature_file);
    before = entry.path;
    must(entry.size <= entry.packed * limits.ratio);
    std::uint64_t made = 0;
    const auto read = archive.read(entry, [&](std::span<const std::uint8_t> piece) -> base::Status {
      made += piece.size();
      must(!piece.empty() && piece.size() <= 65536 && made <= entry.size);
      return {};
    });
    if (read.ok())
      must(made == entry.size);
    else
      check_refusal(read.error());
  }
  must(known == bytes && archive.unpacked_size() <= limits.unpacked);
}

void check_path(std::string_view path) {
  const auto broken = flow::check_text_of_path(path, 16);
  must(base::is_utf8(flow::printable_name(path)));
  if (broken) return;
  must(base::is_utf8(path) && path.find("..") != 0 && path.find('\\') == std::string_view::npos && path[0] != '/');
  const auto folded = flow::folded_path(path);
  must(base::is_utf8(folded) && flow::folded_path(folded) == folded);
  flow::PathSet paths;
  must(!paths.add(path) && paths.add(path) == flow::ArchiveReason::same_name);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = base::text_of({data, size});
  check_path(text.substr(0, 300));
  if (const auto signature = flow::parse_signature(text); signature.ok())
    must(flow::to_text(*signature) == text);
  else
    check_refusal(signature.error());

  flow::PackageLimits limits;
  limits.unpacked = 1 << 20;
  limits.files = 50;
  const flow::ArchiveInMemory bytes(text);
  const auto archive = flow::PackageArchive::open(bytes, limits);
  if (archive.ok())
    check_accepted(*archive, size, limits);
  else
    check_refusal(archive.error());

  flow::UnpackRules rules;
  rules.read_name = [](std::string_view) -> base::Result<flow::PackageName> { return flow::PackageName{"a", "1.0.0"}; };
  rules.signature = flow::SignatureRule::not_asked;
  rules.limits = limits;
  const auto content = flow::check_archive(bytes, rules);
  must(archive.ok() || !content.ok());
  if (!content.ok()) check_refusal(content.error());
  rules.signature = flow::SignatureRule::required;
  must(!flow::check_archive(bytes, rules).ok());
  return 0;
}
