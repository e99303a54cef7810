#include "domain/seal_block.h"

#include <gtest/gtest.h>

namespace quanji::domain {
namespace {

SealBlock block_of(const SealBlock* before, int rows) {
  std::vector<AuditLeaf> leaves;
  const auto first = before ? before->end_place : 1;
  for (int i = 0; i < rows; ++i) leaves.push_back({first + i, first + i, {}});
  auto block = make_block(before, first + rows, {5}, leaves, base::Hash::sha256);
  block.algorithm = "hmac-sha256";
  block.key_id = "mac-1";
  return block;
}

TEST(SealBlock, FollowsTheBlockBefore) {
  auto first = block_of(nullptr, 3);
  first.mac.fill(7);
  const auto second = block_of(&first, 2);
  EXPECT_EQ(first.number, 1);
  EXPECT_EQ(second.number, 2);
  EXPECT_EQ(second.first_place, first.end_place);
  EXPECT_EQ(second.total, 5);
  EXPECT_EQ(second.previous, first.mac);
  ASSERT_EQ(members_of(second).size(), 2U);
  EXPECT_EQ(members_of(second)[1].seq, 5);
}

TEST(SealBlock, ComesBackFromWhatItsMacIsMadeOver) {
  const auto block = block_of(nullptr, 3);
  const auto bytes = mac_input(block);
  const auto back = parse_mac_input(bytes);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(mac_input(*back), bytes);
  // Foreign bytes of any length are refused, never read beyond their end.
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) EXPECT_FALSE(parse_mac_input(std::span(bytes).first(cut)).ok());
  auto longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(parse_mac_input(longer).ok());
}

class Signed : public testing::TestWithParam<base::KeyKind> {};

TEST_P(Signed, CheckpointsHoldAndNoByteOfThemCanBeChanged) {
  base::SeededRandom random(7);
  const auto key = base::PrivateKey::generate(GetParam(), random);
  Checkpoint made;
  made.number = 3;
  made.block = 1000;
  made.rows = 51234;
  made.at = {1'700'000'000'123'000};
  made.key_id = "mac-1";
  ASSERT_TRUE(sign_checkpoint(made, key, random).ok());
  const auto text = checkpoint_text(made);
  const auto back = parse_checkpoint(text);
  ASSERT_TRUE(back.ok());
  EXPECT_TRUE(check_checkpoint(*back, key.public_key()).ok());
  int accepted = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto changed = text;
    changed[i] ^= 1;
    const auto read = parse_checkpoint(changed);
    if (read.ok() && check_checkpoint(*read, key.public_key()).ok()) ++accepted;
  }
  EXPECT_EQ(accepted, 0);
  const auto other = base::PrivateKey::generate(GetParam(), random);
  EXPECT_FALSE(check_checkpoint(*back, other.public_key()).ok());
}
INSTANTIATE_TEST_SUITE_P(Suites, Signed, testing::Values(base::KeyKind::ed25519, base::KeyKind::sm2));

TEST(Checkpoint, TakesNothingBesideItsLines) {
  for (const char* text : {"", "quanji-audit-checkpoint 1\n", "quanji-audit-checkpoint 2\nnumber 1\n", "number 1\n"})
    EXPECT_FALSE(parse_checkpoint(text).ok());
}

}  // namespace
}  // namespace quanji::domain
