#include "engine/run.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "base/bytes.h"
#include "base/fields_json.h"
#include "base/files.h"

namespace quanji::engine {

Python& python_of_tests();  // python_test.cpp: an interpreter starts once a process

namespace {

Python& shared_python() { return python_of_tests(); }

// A journal in memory: a descriptor like the one a robot passes.
class MemoryJournal {
 public:
  explicit MemoryJournal(std::string_view bytes = {}) : fd_(::memfd_create("journal", MFD_CLOEXEC)) {
    EXPECT_EQ(::write(fd_.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    ::fcntl(fd_.get(), F_SETFL, O_APPEND);
  }
  int fd() const { return fd_.get(); }
  std::string bytes() const { return *base::read_whole(fd_.get(), 1U << 24); }

 private:
  base::Descriptor fd_;
};

Document document(std::string_view json) {
  auto parsed = base::parse_json(json);
  if (!parsed) throw std::runtime_error("the test's document is not JSON");
  auto read = read_document(*parsed);
  if (!read)
    throw std::runtime_error("the test's document is refused: " +
                             (read.error().fields().empty() ? "" : read.error().fields()[0].field + read.error().fields()[0].reason.en));
  return std::move(*read);
}

wire::Finished run_on(const MemoryJournal& memory, const Document& doc, Variables inputs = {}) {
  base::ManualClock clock;
  auto journal = Journal::open(memory.fd(), clock);
  if (!journal) throw std::runtime_error(journal.error().message().en);
  RunWatch watch(clock, std::chrono::milliseconds(5000));
  auto finished = run(doc, {"att_01", "digest", std::move(inputs)}, *journal, shared_python(), watch);
  if (!finished) throw std::runtime_error(finished.error().message().en);
  return std::move(*finished);
}

constexpr std::string_view adds = R"j({"quanji":1,"flow":"adds","inputs":{"n":{"default":1}},"steps":[
  {"set":{"a":"=n + 1"}}, {"set":{"b":"=a * 10","text":"==literal"}}, {"set":{"a":"=a + b","list":[1,2]}}, {"set":{"rate":"=Decimal('1.10')"}},
  {"return":{"a":"=a","b":"=b","rate":"=rate * 2","text":"=text"}}]})j";
constexpr std::string_view adds_outputs = R"j({"a":22,"b":20,"rate":{"$decimal":"2.20"},"text":"=literal"})j";

TEST(Run, EachStepSeesWhatTheOnesBeforeItSet) {
  MemoryJournal memory;
  const auto finished = run_on(memory, document(adds));
  EXPECT_EQ(finished.outcome, wire::Outcome::success);
  EXPECT_EQ(finished.outputs.text, adds_outputs);
  EXPECT_EQ(finished.steps_done, 4);
  const auto state = read_journal(memory.bytes());
  ASSERT_TRUE(state);
  EXPECT_EQ(state->done.size(), 4U);
  ASSERT_TRUE(state->finished);
  EXPECT_EQ(state->finished->outputs.text, adds_outputs);
}

TEST(Run, AJournalTornAtAnyByteResumesToTheSameOutcomeWithoutRepeatingAFinishedStep) {
  MemoryJournal whole;
  run_on(whole, document(adds));
  const auto bytes = whole.bytes();
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    MemoryJournal torn(std::string_view(bytes).substr(0, cut));
    const auto finished = run_on(torn, document(adds));
    ASSERT_EQ(finished.outcome, wire::Outcome::success) << "cut at " << cut;
    ASSERT_EQ(finished.outputs.text, adds_outputs) << "cut at " << cut;
    // read_journal refuses a step that was done twice.
    const auto state = read_journal(torn.bytes());
    ASSERT_TRUE(state) << "cut at " << cut;
    ASSERT_EQ(state->done.size(), 4U) << "cut at " << cut;
  }
}

TEST(Run, ADamagedByteStopsTheRunBeforeAnythingIsWritten) {
  MemoryJournal whole;
  run_on(whole, document(adds));
  const auto bytes = whole.bytes();
  int refused = 0;
  for (std::size_t at = 0; at + 200 < bytes.size(); at += 7) {
    auto damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
    MemoryJournal memory(damaged);
    base::ManualClock clock;
    auto journal = Journal::open(memory.fd(), clock);
    if (journal) continue;  // a length that reaches beyond the end looks like a torn tail only when nothing whole follows
    EXPECT_EQ(memory.bytes(), damaged);
    ++refused;
  }
  EXPECT_GT(refused, 20);
}

TEST(Run, AStepThatMayHaveActedIsNeverRunAgainBlindly) {
  constexpr std::string_view pays =
      R"j({"quanji":1,"flow":"pays","steps":[{"set":{"x":1}},{"set":{"y":"=2"},"effect":"once"},{"set":{"z":3}}]})j";
  MemoryJournal whole;
  EXPECT_EQ(run_on(whole, document(pays)).outcome, wire::Outcome::success);
  const auto bytes = whole.bytes();
  const auto scan = base::read_records(base::bytes_of(bytes));
  ASSERT_EQ(scan.records.size(), 6U);  // begin, step, intent, receipt, step, finished
  EXPECT_EQ(scan.records[2].type, static_cast<std::uint8_t>(RecordType::intent));
  MemoryJournal after_intent(std::string_view(bytes).substr(0, scan.records[3].offset));
  const auto finished = run_on(after_intent, document(pays));
  EXPECT_EQ(finished.outcome, wire::Outcome::system_failure);
  EXPECT_EQ(finished.error->code, "unsettled_steps");
  EXPECT_EQ(finished.unsettled, std::vector<std::string>{"steps/1"});
  MemoryJournal after_receipt(std::string_view(bytes).substr(0, scan.records[4].offset));
  EXPECT_EQ(run_on(after_receipt, document(pays)).outcome, wire::Outcome::success);
}

TEST(Run, AFailedExpressionEndsTheRunAndKeepsWhatWasDone) {
  MemoryJournal memory;
  const auto finished =
      run_on(memory, document(R"j({"quanji":1,"flow":"f","steps":[{"set":{"a":1}},{"set":{"b":"=a / 0"}},{"set":{"c":1}}]})j"));
  EXPECT_EQ(finished.outcome, wire::Outcome::system_failure);
  EXPECT_EQ(finished.error->code, "expression_failed");
  EXPECT_EQ(finished.error->step, "steps/1");
  EXPECT_EQ(finished.steps_done, 1);
}
TEST(Run, FailIsABusinessFailureWithItsOwnCode) {
  MemoryJournal memory;
  const auto finished = run_on(
      memory,
      document(
          R"j({"quanji":1,"flow":"f","steps":[{"fail":{"kind":"business","code":"sign_mismatch","message":"=f'{1+1} 符号不一致'"}}]})j"));
  EXPECT_EQ(finished.outcome, wire::Outcome::business_failure);
  EXPECT_EQ(finished.error->code, "sign_mismatch");
  EXPECT_EQ(finished.error->message, "2 符号不一致");
}
TEST(Run, InputsAreCheckedBeforeTheFirstStep) {
  const auto doc = document(R"j({"quanji":1,"flow":"f","inputs":{"day":{"type":"text"}},"steps":[{"return":{"d":"=day"}}]})j");
  MemoryJournal missing, unknown, given;
  EXPECT_EQ(run_on(missing, doc).error->code, "input_missing");
  EXPECT_EQ(run_on(unknown, doc, {{"day", Value()}, {"dya", Value()}}).error->code, "unknown_input");
  EXPECT_EQ(run_on(given, doc, {{"day", Value::of(std::string("2026-11-20"))}}).outputs.text, R"j({"d":"2026-11-20"})j");
}
TEST(Run, AValueTooLargeForTheJournalIsAFailureOfItsStep) {
  MemoryJournal memory;
  const auto finished = run_on(memory, document(R"j({"quanji":1,"flow":"f","steps":[{"set":{"a":"='x' * 2000000"}}]})j"));
  EXPECT_EQ(finished.error->code, "value_too_large");
  EXPECT_TRUE(read_journal(memory.bytes()).ok());
}
TEST(Run, AJournalOfAnotherDocumentIsRefused) {
  MemoryJournal memory;
  run_on(memory, document(adds));
  const auto bytes = memory.bytes();
  const auto scan = base::read_records(base::bytes_of(bytes));
  MemoryJournal cut(std::string_view(bytes).substr(0, scan.records[2].offset));
  base::ManualClock clock;
  auto journal = Journal::open(cut.fd(), clock);
  ASSERT_TRUE(journal);
  RunWatch watch(clock, std::chrono::milliseconds(5000));
  auto finished = run(document(adds), {"att_01", "another", {}}, *journal, shared_python(), watch);
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().code(), base::Code::wrong_state);
}
TEST(Run, AStopIsSeenAtTheNextStepBorder) {
  MemoryJournal memory;
  base::ManualClock clock;
  auto journal = Journal::open(memory.fd(), clock);
  ASSERT_TRUE(journal);
  RunWatch watch(clock, std::chrono::milliseconds(5000));
  watch.ask_stop();
  auto finished = run(document(adds), {"att_01", "digest", {}}, *journal, shared_python(), watch);
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->outcome, wire::Outcome::stopped);
  EXPECT_EQ(finished->steps_done, 0);
}

TEST(StepList, NamesEveryMistakeWithItsPlace) {
  auto parsed = base::parse_json(
      R"j({"quanji":2,"flow":"Bad Name","steps":[{"set":{"a":1},"fail":{"code":"x"}},{"do":"dbf.read"},{"set":{"a":["=1"]},"effect":"twice"}],"extra":1})j");
  ASSERT_TRUE(parsed);
  auto read = read_document(*parsed);
  ASSERT_FALSE(read);
  std::vector<std::string> at;
  for (const auto& field : read.error().fields()) at.push_back(field.field);
  EXPECT_EQ(at,
            (std::vector<std::string>{"quanji", "flow", "steps/0", "steps/1/do", "steps/1", "steps/2/set/a", "steps/2/effect", "extra"}));
}

}  // namespace
}  // namespace quanji::engine
