#include "base/ids.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "base/encodings.h"

namespace quanji::base {
namespace {

using DogId = Id<"dog">;

TEST(Ulid, TextAndBytesAreTheSameThing) {
  SeededRandom random(1);
  for (int i = 0; i < 1000; ++i) {
    Ulid ulid, again;
    random.fill(ulid.bytes);
    const auto text = to_text(ulid);
    ASSERT_EQ(text.size(), 26U);
    ASSERT_TRUE(from_text(text, again));
    ASSERT_EQ(again, ulid);
  }
}
TEST(Ulid, IsSpeltAsTheSpecificationSpellsIt) {
  // 01ARYZ6S41… is the time part the ULID specification gives for 1469918176385 ms.
  Ulid ulid{{0x01, 0x56, 0x3D, 0xF3, 0x64, 0x81}};
  EXPECT_EQ(to_text(ulid).substr(0, 10), "01ARYZ6S41");
}
TEST(Ulid, OverflowingAndForeignTextsAreRefused) {
  Ulid out;
  EXPECT_FALSE(from_text("80000000000000000000000000", out));
  EXPECT_FALSE(from_text("0000000000000000000000000U", out));
  EXPECT_FALSE(from_text("0000000000000000000000000", out));
  EXPECT_TRUE(from_text("7zzzzzzzzzzzzzzzzzzzzzzzzz", out));
}
TEST(UlidSource, RisesWhenTheClockStandsStillAndWhenItGoesBack) {
  ManualClock clock;
  SeededRandom random(2);
  UlidSource source(clock, random);
  auto last = source.next();
  for (int i = 0; i < 1000; ++i) {
    if (i == 500) clock.jump_wall(std::chrono::hours(-1));
    const auto next = source.next();
    ASSERT_LT(last, next);
    last = next;
  }
}
TEST(UlidSource, GivesNoIdTwiceToManyThreads) {
  ManualClock clock;
  SystemRandom random;
  UlidSource source(clock, random);
  std::vector<std::vector<Ulid>> made(4);
  std::vector<std::thread> threads;
  for (auto& list : made)
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) list.push_back(source.next());
    });
  for (auto& thread : threads) thread.join();
  std::set<Ulid> all;
  for (const auto& list : made) all.insert(list.begin(), list.end());
  EXPECT_EQ(all.size(), 2000U);
}
TEST(Id, OfAnotherKindIsRefusedByName) {
  const auto id = DogId::parse("cat_01ARYZ6S41TSV4RRFFQ69G5FAV");
  ASSERT_FALSE(id.ok());
  EXPECT_EQ(id.error().code(), Code::wrong_id_type);
  EXPECT_EQ(id.error().message().en, "this is an id of the kind cat_, but dog_ is needed here");
}
TEST(Id, NonsenseIsRefusedAndNotEchoedWhole) {
  const auto id = DogId::parse(std::string(5000, 'x'));
  ASSERT_FALSE(id.ok());
  EXPECT_LT(id.error().message().en.size(), 200U);
}

TEST(Id, ARefusalIsTextHoweverLongTheNonsense) {
  for (const std::string& nonsense :
       {"a" + std::string(60, 'b'), std::string("券券券券券券券券券券券券券券"), std::string("a券券券券券券_01J9ZK3V5T8QW2R4X6Y8Z0A1B2")})
    for (std::size_t cut = 0; cut < 3; ++cut) {
      const auto refused = Id<"tsk">::parse(std::string(cut, 'x') + nonsense);
      ASSERT_FALSE(refused.ok());
      EXPECT_TRUE(is_utf8(refused.error().message().zh) && is_utf8(refused.error().message().en));
    }
}
TEST(Id, OfAllZeroesIsNobodys) { EXPECT_FALSE(Id<"tsk">::parse("tsk_00000000000000000000000000").ok()); }

TEST(Time, IsReadWithAnyOffsetAndSpelledWithMilliseconds) {
  EXPECT_EQ(to_text(*parse_time("2026-11-20T15:30:00+08:00")), "2026-11-20T15:30:00.000+08:00");
  EXPECT_EQ(parse_time("2026-11-20T07:30:00Z")->micros, parse_time("2026-11-20T15:30:00.000+08:00")->micros);
  EXPECT_EQ(parse_time("1970-01-01T00:00:00.000001Z")->micros, 1);
  EXPECT_EQ(to_text(Time{0}, std::chrono::minutes(-210)), "1969-12-31T20:30:00.000-03:30");
}
TEST(Time, WhatIsNotATimeIsRefused) {
  for (const auto* bad :
       {"", "2026-11-20", "2026-02-30T00:00:00Z", "2026-11-20T24:00:00Z", "2026-11-20T15:30:60Z", "2026-11-20T15:30:00",
        "2026-11-20 15:30:00Z", "2026-11-20T15:30:00.Z", "2026-11-20T15:30:00+8:00", "9999-01-01T00:00:00Z", "2026-11-20T15:30:00Zx"})
    EXPECT_FALSE(parse_time(bad).ok()) << bad;
}
TEST(Date, RoundTripsAndRefusesDaysThatAreNot) {
  EXPECT_EQ(to_text(*parse_date("2024-02-29")), "2024-02-29");
  EXPECT_EQ(parse_date("1970-01-02")->days, 1);
  for (const auto* bad : {"2023-02-29", "2024-13-01", "2024-1-1", "20240101", "2024-01-01T"}) EXPECT_FALSE(parse_date(bad).ok()) << bad;
}
TEST(Random, BelowStaysBelow) {
  SeededRandom random(3);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.below(7));
  EXPECT_EQ(seen.size(), 7U);
  EXPECT_EQ(*seen.rbegin(), 6U);
}
TEST(Codes, AreUniqueAndEveryOneHasBothSentences) {
  std::set<std::string_view> words;
  for (const auto& row : code_table()) {
    EXPECT_TRUE(words.insert(row.word).second) << row.word;
    EXPECT_FALSE(row.sentence.zh.empty() || row.sentence.en.empty()) << row.word;
    EXPECT_EQ(&row_of(row.code), &row);
  }
}

}  // namespace
}  // namespace quanji::base
