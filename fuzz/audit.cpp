// The texts and bytes of the audit log outside of its database: rows, seal blocks and checkpoints. What is read makes the same bytes again.
#include <algorithm>
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "domain/audit_row.h"
#include "domain/seal_block.h"
#include "must.h"

using namespace quanji;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(data, size);
  const auto text = base::text_of(bytes);
  if (const auto row = domain::parse_audit_row(text); row.ok()) {
    const auto canonical = domain::canonical_json(*row);
    const auto again = domain::parse_audit_row(canonical);
    must(again.ok() && domain::canonical_json(*again) == canonical);
  }
  if (const auto block = domain::parse_mac_input(bytes); block.ok()) {
    const auto again = domain::mac_input(*block);
    must(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
    (void)domain::members_of(*block);
  }
  if (const auto checkpoint = domain::parse_checkpoint(text); checkpoint.ok()) {
    must(domain::checkpoint_text(*checkpoint) == text);
    must(text.starts_with(domain::signed_text(*checkpoint)));
  }
  return 0;
}
