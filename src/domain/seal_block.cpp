#include "domain/seal_block.h"

#include <algorithm>
#include <charconv>

namespace quanji::domain {
namespace {

constexpr std::size_t member_size = 24;
constexpr std::string_view first_line = "quanji-audit-checkpoint 1\n";

void put_number(base::Bytes& out, std::uint64_t n) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(n >> shift));
}
void put_number(base::Bytes& out, std::int64_t n) { put_number(out, static_cast<std::uint64_t>(n)); }
std::uint64_t number_at(std::span<const std::uint8_t> bytes) {
  std::uint64_t n = 0;
  for (std::size_t i = 0; i < 8; ++i) n = n << 8 | bytes[i];
  return n;
}
void put_bytes(base::Bytes& out, std::span<const std::uint8_t> bytes) {
  put_number(out, static_cast<std::uint64_t>(bytes.size()));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

base::Error unreadable(const std::string& what) {
  return {base::Code::unreadable_body, {"检查点文件无法读取：" + what, "The checkpoint cannot be read: " + what}};
}

// Takes "name value\n" from the front of the text.
base::Status take_line(std::string_view& text, std::string_view name, std::string_view& value) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos || !text.starts_with(name) || end <= name.size() || text[name.size()] != ' ')
    return unreadable("a line \"" + std::string(name) + " …\"");
  value = text.substr(name.size() + 1, end - name.size() - 1);
  text.remove_prefix(end + 1);
  return {};
}
base::Status take_number(std::string_view& text, std::string_view name, std::int64_t& number) {
  std::string_view value;
  QUANJI_DO(take_line(text, name, value));
  const auto done = std::from_chars(value.data(), value.data() + value.size(), number);
  if (done.ec != std::errc() || done.ptr != value.data() + value.size() || number < 0 || std::to_string(number) != value)
    return unreadable(std::string(name) + " is not a number");
  return {};
}
base::Status take_digest(std::string_view& text, std::string_view name, base::Digest& digest) {
  std::string_view value;
  QUANJI_DO(take_line(text, name, value));
  auto bytes = base::from_hex(value);
  if (!bytes || bytes->size() != digest.size() || base::hex(*bytes) != value)
    return unreadable(std::string(name) + " is not 64 lower-case hexadecimal digits");
  std::copy(bytes->begin(), bytes->end(), digest.begin());
  return {};
}

}  // namespace

base::Bytes mac_input(const SealBlock& block) {
  base::Bytes out;
  out.reserve(256 + block.members.size());
  for (const char c : std::string_view("QJAB1")) out.push_back(static_cast<std::uint8_t>(c));
  put_number(out, block.number);
  put_number(out, block.first_place);
  put_number(out, block.end_place);
  put_number(out, block.count);
  put_number(out, block.total);
  put_number(out, block.at.micros);
  put_bytes(out, block.root);
  put_bytes(out, block.members);
  put_bytes(out, block.previous);
  put_bytes(out, base::bytes_of(block.algorithm));
  put_bytes(out, base::bytes_of(block.key_id));
  return out;
}

base::Result<SealBlock> parse_mac_input(std::span<const std::uint8_t> bytes) {
  const auto whole = bytes;
  const auto broken = [] { return base::Error(base::Code::unreadable_body, "a seal block's bytes are damaged"); };
  if (bytes.size() < 5 + 6 * 8) return broken();
  bytes = bytes.subspan(5);
  const auto number = [&] {
    const auto n = static_cast<std::int64_t>(number_at(bytes));
    bytes = bytes.subspan(8);
    return n;
  };
  SealBlock block;
  block.number = number();
  block.first_place = number();
  block.end_place = number();
  block.count = number();
  block.total = number();
  block.at.micros = number();
  std::span<const std::uint8_t> parts[5];
  for (auto& part : parts) {
    if (bytes.size() < 8) return broken();
    const auto size = static_cast<std::uint64_t>(number());
    if (size > bytes.size()) return broken();
    part = bytes.first(size);
    bytes = bytes.subspan(size);
  }
  if (parts[0].size() != block.root.size() || parts[2].size() != block.previous.size()) return broken();
  std::copy(parts[0].begin(), parts[0].end(), block.root.begin());
  block.members.assign(parts[1].begin(), parts[1].end());
  std::copy(parts[2].begin(), parts[2].end(), block.previous.begin());
  block.algorithm = base::text_of(parts[3]);
  block.key_id = base::text_of(parts[4]);
  if (!std::ranges::equal(mac_input(block), whole)) return broken();
  return block;
}

SealBlock make_block(const SealBlock* before, std::int64_t end_place, base::Time at, std::span<const AuditLeaf> leaves, base::Hash hash) {
  SealBlock block;
  if (before) {
    block.number = before->number;
    block.first_place = before->end_place;
    block.total = before->total;
    block.previous = before->mac;
  }
  block.number += 1;
  block.end_place = end_place;
  block.count = static_cast<std::int64_t>(leaves.size());
  block.total += block.count;
  block.at = at;
  std::vector<base::Digest> digests;
  digests.reserve(leaves.size());
  block.members.reserve(leaves.size() * member_size);
  for (const auto& leaf : leaves) {
    digests.push_back(leaf_digest(hash, leaf));
    put_number(block.members, leaf.place);
    put_number(block.members, leaf.seq);
    block.members.insert(block.members.end(), digests.back().begin(), digests.back().begin() + 8);
  }
  block.root = base::merkle_root(hash, digests);
  return block;
}

std::uint64_t leaf_prefix(const base::Digest& leaf) { return number_at(leaf); }

std::vector<SealMember> members_of(const SealBlock& block) {
  std::vector<SealMember> out;
  if (block.members.size() % member_size != 0) return out;
  out.reserve(block.members.size() / member_size);
  for (std::size_t i = 0; i < block.members.size(); i += member_size) {
    const auto bytes = std::span(block.members).subspan(i, member_size);
    out.push_back({static_cast<std::int64_t>(number_at(bytes)), static_cast<std::int64_t>(number_at(bytes.subspan(8))),
                   number_at(bytes.subspan(16))});
  }
  return out;
}

std::string signed_text(const Checkpoint& checkpoint) {
  std::string out(first_line);
  out += "number " + std::to_string(checkpoint.number) + "\nblock " + std::to_string(checkpoint.block) + "\nrows " +
         std::to_string(checkpoint.rows) + "\nmac " + base::hex(checkpoint.mac) + "\nprevious " + base::hex(checkpoint.previous) + "\nat " +
         base::to_text(checkpoint.at, std::chrono::minutes(0)) + "\nkeyring " + checkpoint.key_id + "\nalgorithm " + checkpoint.algorithm +
         "\nkey " + base::hex(checkpoint.key) + "\n";
  return out;
}
std::string checkpoint_text(const Checkpoint& checkpoint) {
  return signed_text(checkpoint) + "signature " + base::base64(checkpoint.signature) + "\n";
}

base::Result<Checkpoint> parse_checkpoint(std::string_view text) {
  const auto whole = text;
  if (!text.starts_with(first_line)) return unreadable("the first line is not \"quanji-audit-checkpoint 1\"");
  text.remove_prefix(first_line.size());
  Checkpoint found;
  QUANJI_DO(take_number(text, "number", found.number));
  QUANJI_DO(take_number(text, "block", found.block));
  QUANJI_DO(take_number(text, "rows", found.rows));
  QUANJI_DO(take_digest(text, "mac", found.mac));
  QUANJI_DO(take_digest(text, "previous", found.previous));
  std::string_view value;
  QUANJI_DO(take_line(text, "at", value));
  auto at = base::parse_time(value);
  if (!at) return unreadable("at is not a time");
  found.at = *at;
  QUANJI_DO(take_line(text, "keyring", value));
  found.key_id = value;
  QUANJI_DO(take_line(text, "algorithm", value));
  found.algorithm = value;
  QUANJI_DO(take_digest(text, "key", found.key));
  QUANJI_DO(take_line(text, "signature", value));
  auto signature = base::from_base64(value);
  if (!signature) return unreadable("the signature is not base64");
  found.signature = std::move(signature).value();
  // What was signed is made again from the members, so nothing may stand in the text that they do not say.
  if (checkpoint_text(found) != whole) return unreadable("it holds more than a checkpoint, or is spelled otherwise");
  return found;
}

base::Status sign_checkpoint(Checkpoint& checkpoint, const base::PrivateKey& key, base::Random& random) {
  checkpoint.algorithm = base::to_text(key.kind());
  checkpoint.key = key.public_key().spki_digest();
  QUANJI_TRY(checkpoint.signature, key.sign(base::bytes_of(signed_text(checkpoint)), base::sm2_default_id, random));
  return {};
}
base::Status check_checkpoint(const Checkpoint& checkpoint, const base::PublicKey& key) {
  if (checkpoint.algorithm != base::to_text(key.kind()) || checkpoint.key != key.spki_digest())
    return base::Error(base::Code::bad_signature, base::Text("检查点由另一把密钥签名。", "The checkpoint was signed by another key."));
  return key.verify(base::bytes_of(signed_text(checkpoint)), checkpoint.signature, base::sm2_default_id);
}

}  // namespace quanji::domain
