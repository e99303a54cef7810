// Seals over the audit log: blocks chained by their MACs, and signed checkpoints of the chain.
// Reads foreign bytes: fuzz/audit.cpp
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/digest.h"
#include "base/result.h"
#include "domain/audit_row.h"

namespace quanji::domain {

// What one seal says of its rows: those with first_place ≤ place < end_place, in order of (place, seq).
struct SealBlock {
  std::int64_t number = 0;       // 1, 2, 3 …
  std::int64_t first_place = 0;  // end_place of the block before; 0 in the first
  std::int64_t end_place = 0;
  std::int64_t count = 0;  // rows in this block, at least 1
  std::int64_t total = 0;  // rows in this and all blocks before
  base::Time at;
  base::Digest root{};            // Merkle root over leaf_digest of the rows
  base::Bytes members;            // 24 bytes a row: place, seq, first 8 bytes of its leaf digest: they name the row at fault
  base::Digest previous{};        // MAC of the block before; zeroes in the first
  std::string algorithm, key_id;  // of the MAC
  base::Digest mac{};
};
// What the block's MAC is made over: "QJAB1" and the members above in order, numbers as 8 bytes big-endian, texts with their length.
base::Bytes mac_input(const SealBlock& block);
// Back from mac_input, without the MAC; exact: what it gives makes the same bytes again. Reads foreign bytes.
base::Result<SealBlock> parse_mac_input(std::span<const std::uint8_t> bytes);
SealBlock make_block(const SealBlock* before, std::int64_t end_place, base::Time at, std::span<const AuditLeaf> leaves, base::Hash hash);

struct SealMember {
  std::int64_t place = 0;
  std::int64_t seq = 0;
  std::uint64_t leaf = 0;  // first 8 bytes of the leaf digest
};
// Empty when the bytes are not a whole number of members.
std::vector<SealMember> members_of(const SealBlock& block);
std::uint64_t leaf_prefix(const base::Digest& leaf);

// A checkpoint pins the chain up to a block, outside of the database. As text:
//   quanji-audit-checkpoint 1
//   number 3
//   block 1000
//   rows 51234
//   mac <64 hex>                   MAC of that block
//   previous <64 hex>              SHA-256 of the checkpoint before, whole text; zeroes in the first
//   at 2026-11-20T07:30:00.000+00:00
//   keyring mac-1                  id of the MAC master the signing key is derived from
//   algorithm ed25519|sm2
//   key <64 hex>                   SHA-256 of the public key (SubjectPublicKeyInfo)
//   signature <base64 of r‖s or of the 64 bytes of Ed25519, over all lines before with their line feeds>
struct Checkpoint {
  std::int64_t number = 0;
  std::int64_t block = 0;
  std::int64_t rows = 0;
  base::Digest mac{};
  base::Digest previous{};
  base::Time at;
  std::string key_id;
  std::string algorithm;
  base::Digest key{};
  base::Bytes signature;
};
std::string signed_text(const Checkpoint& checkpoint);             // without the signature line
std::string checkpoint_text(const Checkpoint& checkpoint);         // whole
base::Result<Checkpoint> parse_checkpoint(std::string_view text);  // reads foreign text
base::Status sign_checkpoint(Checkpoint& checkpoint, const base::PrivateKey& key, base::Random& random);
// Code::bad_signature when it is not this key's.
base::Status check_checkpoint(const Checkpoint& checkpoint, const base::PublicKey& key);

}  // namespace quanji::domain
