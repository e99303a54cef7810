// What a journal keeps of values: large ones, those too large, secrets.
#include <gtest/gtest.h>

#include <filesystem>

#include "engine/journal.h"
#include "engine/run_testing.h"

namespace quanji::engine {
namespace {

using tests::deeds;
using values::Value;

TEST_F(JournalTest, LargeValuesAreStoredOnceByTheirContent) {
  TemporaryFolder folder;
  ValueStore store(folder.path());
  world.store = &store;
  Flows flows;
  flows.add(document_of(R"(
quanji: 1
flow: f
steps:
  - set: {big: "='x' * 200000", rows: "=[{'n': i, 't': 'y' * 20} for i in range(5000)]"}
  - set: {same: =big}
  - for: r
    in: =rows
    steps:
      - if: =r.n == 4999
        then: [{do: test.flaky, with: {name: x}}]
  - return: {n: =len(same) + len(rows)}
)"));
  MemoryJournal journal;
  deeds.failures["x"] = 1;
  EXPECT_EQ(world.run(flows, &journal).error->code, "flaky");
  EXPECT_LT(journal.bytes().size(), 4000U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 2);
  const auto finished = world.run(flows, &journal, {}, {}, RunRequest::After::go_on);
  EXPECT_EQ(finished.outputs.text, R"({"n":205000})") << error_of(finished);
  // A stored value that was changed behind the journal's back is not believed.
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    base::Descriptor file(::open(entry.path().c_str(), O_WRONLY));
    ASSERT_EQ(::pwrite(file.get(), "!", 1, 50), 1);
  }
  auto opened = Journal::open(journal.fd(), world.clock, &store);
  ASSERT_FALSE(opened);
}
TEST_F(JournalTest, AValueTooLargeForARecordIsAFailureOfItsStep) {
  MemoryJournal journal;
  const auto finished = world.run("{quanji: 1, flow: f, steps: [{set: {a: '=\"x\" * 2000000'}}]}", &journal);
  EXPECT_EQ(finished.error->code, "value_too_large");
  EXPECT_TRUE(read_journal(journal.bytes()).ok());
}
TEST_F(JournalTest, AnActivityThatSaysASecretAloudIsMaskedInLogFailureAndJournal) {
  world.outside.passwords["counter_db"] = "open-sesame-1";
  const MemoryJournal journal;
  const auto finished = world.run(R"(
quanji: 1
flow: f
needs: {credentials: [counter_db]}
inputs: {s: {type: secret}}
steps:
  - do: test.tell
    with: {secret: =s}
)",
                                  &journal, {{"s", Value::of(values::SecretRef{"counter_db", 1, "password"})}});
  ASSERT_TRUE(finished.error);
  EXPECT_EQ(finished.error->code, "sign_in_failed");
  EXPECT_EQ(finished.error->message.find("sesame"), std::string::npos) << finished.error->message;
  ASSERT_FALSE(world.outside.lines.empty());
  for (const auto& line : world.outside.lines) EXPECT_EQ(line.find("sesame"), std::string::npos) << line;
  EXPECT_EQ(journal.bytes().find("sesame"), std::string::npos);
}
TEST_F(JournalTest, SecretsAreJournalledAsReferences) {
  MemoryJournal journal;
  world.run("{quanji: 1, flow: f, inputs: {s: {type: secret}}, steps: [{set: {a: =s}}]}", &journal,
            {{"s", Value::of(values::SecretRef{"counter_db", 3, "password"})}});
  EXPECT_NE(journal.bytes().find(R"("a":{"$secret":{)"), std::string::npos) << journal.bytes();
}

}  // namespace
}  // namespace quanji::engine
