#include "services/idempotency.h"

#include <atomic>
#include <thread>

#include "base/fields_json.h"
#include "services/audit_testing.h"
#include "tests/postgres.h"

namespace quanji::services {
namespace {

using testing::Bench;

struct Inner {
  std::string name, token;
  static const base::FieldList& fields();
};
QUANJI_FIELDS(Inner, QF(name, "名", "Name"), QF(token, "令牌", "Token", .flags = base::secret_once))
struct Made {
  std::string id;
  std::string secret;
  std::vector<Inner> parts;
  std::optional<Inner> best;
  static const base::FieldList& fields();
};
QUANJI_FIELDS(Made, QF(id, "标识", "Id"), QF(secret, "密钥", "Secret", .flags = base::secret_once), QF(parts, "部分", "Parts"),
              QF(best, "最佳", "Best"))

const base::Digest body = base::sha256("{}"), other_body = base::sha256("{\"a\":1}");
const storage::Query count_kept{"t_count_kept", {"select count(*) from idempotency", {}}, {"select count(*) from idempotency", {}}};
const storage::Query count_events{"t_count_kept_events", {"select count(*) from events", {}}, {"select count(*) from events", {}}};

std::optional<Kept> find(Bench& bench, std::string_view client, std::string_view key, const base::Digest& digest,
                         base::Code* refused = nullptr) {
  std::optional<Kept> found;
  const auto done = bench.change([&](Change& c) -> Status {
    QUANJI_TRY(found, find_idempotent(c, client, "user.create", key, digest));
    return {};
  });
  if (!done.ok() && refused) *refused = done.error().code();
  return found;
}
Status keep(Bench& bench, std::string_view client, std::string_view key, const Kept& kept) {
  return bench.change([&](Change& c) { return keep_idempotent(c, client, "user.create", key, body, kept, Made::fields()); });
}

TEST(Idempotency, TheFirstAnswerComesAgainForTheSameClientOperationKeyAndBody) {
  Bench bench;
  EXPECT_FALSE(find(bench, "key_1", "a", body).has_value());
  ASSERT_TRUE(keep(bench, "key_1", "a", {R"({"id":"x"})", "usr_1", 3, 201}).ok());
  const auto found = find(bench, "key_1", "a", body);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->encoded, R"({"id":"x"})");
  EXPECT_EQ(found->revision, 3);
  EXPECT_EQ(found->status, 201);
  EXPECT_FALSE(found->without_secrets);
  EXPECT_FALSE(find(bench, "key_2", "a", body).has_value());
  EXPECT_FALSE(find(bench, "key_1", "b", body).has_value());
}

TEST(Idempotency, AnotherBodyUnderTheSameKeyIsAConflict) {
  Bench bench;
  ASSERT_TRUE(keep(bench, "key_1", "a", {"{}", "usr_1"}).ok());
  auto code = base::Code::ok;
  find(bench, "key_1", "a", other_body, &code);
  EXPECT_EQ(code, base::Code::idempotency_conflict);
}

TEST(Idempotency, AfterADayTheKeyIsFree) {
  Bench bench;
  ASSERT_TRUE(keep(bench, "key_1", "a", {"{}", "usr_1"}).ok());
  bench.clock->advance(std::chrono::hours(24) - std::chrono::seconds(1));
  EXPECT_TRUE(find(bench, "key_1", "a", body).has_value());
  bench.clock->advance(std::chrono::seconds(1));
  EXPECT_FALSE(find(bench, "key_1", "a", other_body).has_value());
  EXPECT_TRUE(keep(bench, "key_1", "a", {"{}", "usr_2"}).ok());
}

TEST(Idempotency, SecretsAreNotKeptAtAnyDepth) {
  Bench bench;
  const Made made{"x", "hush-1", {{"p", "hush-2"}}, Inner{"q", "hush-3"}};
  ASSERT_TRUE(keep(bench, "key_1", "a", {base::to_json(made), "usr_1"}).ok());
  const auto found = find(bench, "key_1", "a", body);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->encoded.find("hush"), std::string::npos) << found->encoded;
  EXPECT_NE(found->encoded.find("\"q\""), std::string::npos);
  EXPECT_TRUE(found->without_secrets);
}

TEST(Idempotency, LargeAnswersAreKeptAsTheirId) {
  Bench bench;
  const std::string large = "{\"id\":\"" + std::string(kept_answer_limit, 'x') + "\"}";
  ASSERT_TRUE(keep(bench, "key_1", "a", {large, "usr_1", 1, 201}).ok());
  const auto found = find(bench, "key_1", "a", body);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->encoded, "");
  EXPECT_EQ(found->id, "usr_1");
  EXPECT_FALSE(keep(bench, "key_1", "b", {large, ""}).ok()) << "an answer that could not be given again must not be promised";
}

TEST(Idempotency, WhatWasRefusedIsNotKept) {
  Bench bench;
  EXPECT_FALSE(bench
                   .change([&](Change& c) -> Status {
                     QUANJI_DO(keep_idempotent(c, "key_1", "user.create", "a", body, {"{}", "usr_1"}, Made::fields()));
                     return base::Error(base::Code::wrong_state);
                   })
                   .ok());
  EXPECT_FALSE(find(bench, "key_1", "a", body).has_value());
}

TEST(Idempotency, TheSweepTakesOldKeysInSmallPortions) {
  Bench bench;
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(keep(bench, "key_1", std::to_string(i), {"{}", "usr_1"}).ok());
  bench.clock->advance(std::chrono::hours(25));
  ASSERT_TRUE(keep(bench, "key_1", "fresh", {"{}", "usr_1"}).ok());
  std::int64_t swept = 0;
  ASSERT_TRUE(bench
                  .change([&](Change& c) -> Status {
                    QUANJI_TRY(swept, sweep_idempotent(c, 5));
                    return {};
                  })
                  .ok());
  EXPECT_EQ(swept, 5);
  ASSERT_TRUE(bench
                  .change([&](Change& c) -> Status {
                    QUANJI_TRY(swept, sweep_idempotent(c, 5));
                    return {};
                  })
                  .ok());
  EXPECT_EQ(swept, 2);
  EXPECT_EQ(bench.number(count_kept), 1);
}

TEST(Idempotency, KeysAreShortAndVisible) {
  EXPECT_TRUE(check_idempotency_key("8e03978e-40d5").ok());
  EXPECT_TRUE(check_idempotency_key(std::string(128, 'k')).ok());
  for (const std::string& key :
       {std::string(), std::string(129, 'k'), std::string("a b"), std::string("钥"), std::string("a\n"), std::string("a\x7f")})
    EXPECT_FALSE(check_idempotency_key(key).ok()) << key;
}

// The effect (an event here) and its key are one: of many at once exactly one has an effect, all get its answer.
void many_at_once(Bench& bench, int threads, int keys) {
  std::atomic<int> answered{0};
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t)
    all.emplace_back([&] {
      for (int k = 0; k < keys; ++k) {
        const auto key = "k" + std::to_string(k);
        for (int attempt = 0; attempt < 50; ++attempt) {
          const auto done = bench.change([&](Change& c) -> Status {
            QUANJI_TRY(const auto kept, find_idempotent(c, "key_1", "user.create", key, body));
            if (kept) return {};
            static const storage::Query effect{
                "t_effect",
                {"insert into events (id, type, at, subject, body) values (randomblob(16), 'x', 0, '', '{}')", {}},
                {"insert into events (place, id, type, at, subject, body) values (0, decode(md5(random()::text), 'hex'), 'x', 0, '', '{}')",
                 {}}};
            QUANJI_TRY([[maybe_unused]] const auto rows, c.run(effect));
            return keep_idempotent(c, "key_1", "user.create", key, body, {"{}", "usr_1"}, Made::fields());
          });
          if (done.ok()) {
            ++answered;
            break;
          }
        }
      }
    });
  for (auto& thread : all) thread.join();
  EXPECT_EQ(answered, threads * keys);
  EXPECT_EQ(bench.number(count_events), keys);
}
TEST(Idempotency, OfManyAtOnceOneHasAnEffect) {
  Bench bench;
  many_at_once(bench, 6, 40);
}
TEST(IdempotencyOnPostgres, OfManyAtOnceOneHasAnEffect) {
  tests::FreshDatabase database;
  Bench bench(base::Suite::intl, database.url());
  ASSERT_TRUE(bench.store);
  many_at_once(bench, 6, 25);
}

}  // namespace
}  // namespace quanji::services
