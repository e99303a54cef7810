#include "domain/audit_row.h"

#include <gtest/gtest.h>

namespace quanji::domain {
namespace {

AuditRow sample() {
  AuditRow row;
  row.id = AuditId{base::Ulid{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}}};
  row.at = {1'700'000'000'123'456};
  row.operation = "user.create";
  row.audit = "user.created";
  row.account = "张三\"\\\n";
  row.department = root_department;
  row.before = R"({"a":1})";
  return row;
}

TEST(AuditRow, CanonicalFormHasItsMembersSortedAndNothingLeftOut) {
  const auto text = canonical_json(AuditRow{});
  EXPECT_EQ(
      text,
      R"({"account":"","actor":"","address":"","after":"","afterDigest":"","algorithm":"","approval":"","at":0,"audit":"","before":"",)"
      R"("beforeDigest":"","callerKind":"","channel":"","count":1,"department":null,"id":"aud_00000000000000000000000000","keyId":"",)"
      R"("onBehalfOf":"","operation":"","reason":"","requestId":"","result":0,"target":"","targetName":""})");
}

TEST(AuditRow, ComesBackFromItsCanonicalForm) {
  const auto text = canonical_json(sample());
  const auto back = parse_audit_row(text);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(canonical_json(*back), text);
  EXPECT_EQ(back->account, "张三\"\\\n");
}

TEST(AuditRow, NoDepartmentDiffersFromTheDepartmentOfZeroes) {
  AuditRow none, zero;
  zero.department = DepartmentId{};
  EXPECT_NE(canonical_json(none), canonical_json(zero));
}

TEST(AuditRow, BytesThatAreNotUtf8AreKeptApart) {
  AuditRow a, b;
  a.reason = "\xff";
  b.reason = "\xfe";
  EXPECT_NE(canonical_json(a), canonical_json(b));
}

TEST(AuditRow, RefusesForeignAndMissingMembers) {
  auto text = canonical_json(sample());
  EXPECT_FALSE(parse_audit_row(text.substr(0, text.size() - 1) + ",\"x\":1}").ok());
  EXPECT_FALSE(parse_audit_row(R"({"account":""})").ok());
  EXPECT_FALSE(parse_audit_row("[]").ok());
}

TEST(AuditRow, ALeafSpeaksOfPlaceNumberAndMac) {
  AuditLeaf leaf{1, 2, {}};
  const auto first = leaf_digest(base::Hash::sha256, leaf);
  auto other = leaf;
  other.place = 2;
  EXPECT_NE(leaf_digest(base::Hash::sha256, other), first);
  other = leaf;
  other.seq = 3;
  EXPECT_NE(leaf_digest(base::Hash::sha256, other), first);
  other = leaf;
  other.mac[31] = 1;
  EXPECT_NE(leaf_digest(base::Hash::sha256, other), first);
  EXPECT_NE(leaf_digest(base::Hash::sm3, leaf), first);
}

}  // namespace
}  // namespace quanji::domain
