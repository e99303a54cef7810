// What one change and one view promise, on both databases.
#include "storage/conformance/fault_file_system.h"
#include "storage/conformance/tried_store.h"

namespace quanji::storage::conformance {
namespace {

class Changes : public OnBoth {};
QUANJI_ON_BOTH(Changes);
class Reruns : public OnBoth {};
QUANJI_ON_BOTH(Reruns);

struct Item {
  base::Id<"itm"> id;
  std::string name;
  std::int64_t amount = 0;
  std::optional<std::string> note;
  std::optional<std::vector<std::string>> payload_words;
  static const base::FieldList& fields();
};
QUANJI_FIELDS(Item, QF(id, "标识", "Identifier"), QF(name, "名称", "Name"), QF(amount, "数量", "Amount"), QF(note, "备注", "Note"),
              QF(payload_words, "词", "Words"));

TEST_P(Changes, EveryValueComesBackAsItWentIn) {
  std::vector<std::uint8_t> all(256);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint8_t>(i);
  const std::int64_t numbers[] = {0, -1, INT64_MIN, INT64_MAX, 1'700'000'000'000'000};
  const std::string texts[] = {"", "券机 '\"\\ %_", std::string(100'000, 'x'), "a\nb"};
  const auto read = store().view([&](const View& view) -> Status {
    for (const auto number : numbers)
      for (const auto& text : texts) {
        QUANJI_TRY(const auto row, view.row(probe::typed, {{"number", number}, {"text", text}, {"bytes", Bytes(all)}}));
        EXPECT_EQ(row->integer("number"), number);
        EXPECT_EQ(row->text("text"), text);
        EXPECT_TRUE(std::ranges::equal(row->bytes("bytes"), all));
      }
    QUANJI_TRY(const auto empty, view.row(probe::typed, {{"number", nullptr}, {"text", std::optional<std::string>{}}, {"bytes", Bytes{}}}));
    EXPECT_TRUE(empty->is_null("number"));
    EXPECT_TRUE(empty->is_null("text"));
    EXPECT_EQ(empty->bytes("bytes").size(), 0u);
    return {};
  });
  EXPECT_EQ(word_of(read), "ok");
}

TEST_P(Changes, ATypeIsWrittenAndReadByItsFieldList) {
  Item item{.name = "甲", .amount = 7, .note = std::nullopt};
  const auto stored = store().change([&](Change& change) -> Status {
    item.id = change.new_id<base::Id<"itm">>();
    QUANJI_TRY(const auto rows, change.run_with(probe::put_item, item, {{"payload", nullptr}}));
    EXPECT_EQ(rows, 1);
    return {};
  });
  ASSERT_EQ(word_of(stored), "ok");
  const auto read = store().view([&](const View& view) -> Status {
    QUANJI_TRY(const auto row, view.row(probe::item, {{"id", item.id}}));
    EXPECT_EQ(row->id<base::Id<"itm">>("id"), item.id);
    EXPECT_EQ(row->text("name"), "甲");
    EXPECT_TRUE(row->is_null("note"));
    // A column that is no field of the type is a bug, said at once.
    const auto unfit = view.maybe<Item>(probe::item, {{"id", item.id}});
    EXPECT_EQ(unfit.error().code(), base::Code::bug);
    return {};
  });
  EXPECT_EQ(word_of(read), "ok");
}

TEST_P(Changes, ARefusedChangeLeavesNothingAndItsRefusalStays) {
  std::promise<std::string> told;
  ChangeJob job;
  job.body = [](Change& change) -> Status {
    QUANJI_DO(put(change, "half"));
    return Error(base::Code::wrong_state);
  };
  job.refused = [](Change& change, const Error& why) -> Status {
    QUANJI_TRY(const auto n, change.run(probe::put_audit,
                                        {{"id", change.new_ulid()}, {"item", change.new_ulid()}, {"what", base::row_of(why.code()).word}}));
    EXPECT_EQ(n, 1);
    return {};
  };
  job.done = [&](Status status) { told.set_value(word_of(status)); };
  store().submit(std::move(job));
  EXPECT_EQ(told.get_future().get(), "wrong_state");
  const auto counts = count(store());
  EXPECT_EQ(counts.items, 0);
  EXPECT_EQ(counts.audits, 1);
}

TEST_P(Changes, AFailingRefusalIsTheAnswerAndLeavesNothing) {
  std::promise<std::string> told;
  ChangeJob job;
  job.body = [](Change&) -> Status { return Error(base::Code::wrong_state); };
  job.refused = [](Change& change, const Error&) -> Status {
    QUANJI_DO(put(change, "of the refusal"));
    return Error(base::Code::audit_unavailable);
  };
  job.done = [&](Status status) { told.set_value(word_of(status)); };
  store().submit(std::move(job));
  EXPECT_EQ(told.get_future().get(), "audit_unavailable");
  EXPECT_EQ(count(store()).items, 0);
}

TEST_P(Changes, EffectsHappenOnlyAfterTheCommitAndBeforeDone) {
  std::vector<std::string> seen;
  EXPECT_EQ(word_of(store().change([&](Change& change) -> Status {
              change.after_commit([&] { seen.push_back("refused"); });
              return Error(base::Code::frozen);
            })),
            "frozen");
  EXPECT_TRUE(seen.empty());
  std::promise<void> told;
  ChangeJob job;
  job.body = [&](Change& change) -> Status {
    change.after_commit([&] { seen.push_back("amount " + std::to_string(home.sqlite() ? 5 : amount_of(store(), "x"))); });
    change.after_commit([&] { seen.push_back("second"); });
    QUANJI_DO(put(change, "x", 5));
    EXPECT_TRUE(seen.empty());
    return {};
  };
  job.done = [&](Status) {
    seen.push_back("done");
    told.set_value();
  };
  store().submit(std::move(job));
  told.get_future().wait();
  EXPECT_EQ(seen, (std::vector<std::string>{"amount 5", "second", "done"}));
}

TEST_P(Changes, BrokenRulesHaveNames) {
  ASSERT_EQ(word_of(store().change([](Change& change) { return put(change, "one"); })), "ok");
  EXPECT_EQ(word_of(store().change([](Change& change) { return put(change, "one"); })), "name_taken");
  EXPECT_EQ(word_of(store().change([](Change& change) -> Status {
              const auto made = change.run(probe::put_child, {{"id", change.new_ulid()}, {"item", change.new_ulid()}});
              if (!made.ok()) return made.error().clone();
              return {};
            })),
            "still_referenced");
  EXPECT_EQ(word_of(store().change([](Change& change) -> Status {
              const auto made =
                  change.run(probe::put_item,
                             {{"id", change.new_ulid()}, {"name", "low"}, {"amount", -5000}, {"note", nullptr}, {"payload", nullptr}});
              if (!made.ok()) return Error(made.error().code());
              return {};
            })).substr(0, 3),
            "bug");
  EXPECT_EQ(count(store()).items, 1);
}

TEST_P(Changes, AFailedStatementEndsTheChange) {
  ASSERT_EQ(word_of(store().change([](Change& change) { return put(change, "one"); })), "ok");
  const auto stored = store().change([](Change& change) -> Status {
    EXPECT_FALSE(put(change, "one").ok());
    EXPECT_EQ(word_of(put(change, "two")), "name_taken");  // the same on both: PostgreSQL cannot go on
    return {};                                             // swallowing it does not help
  });
  EXPECT_EQ(word_of(stored), "name_taken");
  EXPECT_EQ(count(store()).items, 1);
}

TEST_P(Changes, ABugInABodyIsAnAnswerAndNotTheEnd) {
  EXPECT_EQ(word_of(store().change([](Change& change) -> Status {
              (void)put(change, "gone");
              throw std::runtime_error("oops");
            })),
            "bug: oops");
  EXPECT_EQ(word_of(store().change([](Change& change) -> Status {
              QUANJI_TRY(const auto rows, change.run(probe::set_amount, {{"name", "x"}}));
              (void)rows;
              return {};
            })),
            "bug: query set_amount was not given :amount");
  ASSERT_EQ(word_of(store().change([](Change& change) -> Status {
              QUANJI_DO(put(change, "a"));
              return put(change, "b");
            })),
            "ok");
  EXPECT_EQ(word_of(store().view([](const View& view) -> Status {
              QUANJI_TRY(const auto row, view.row(probe::items));
              (void)row;
              return {};
            })).substr(0, 3),
            "bug");
  EXPECT_EQ(word_of(store().change([](Change& change) {
              (void)change.caller();
              return Status();
            })),
            "bug: this job was submitted without a caller");
  EXPECT_EQ(count(store()).items, 2);
}

TEST_P(Changes, CountsAndReturningSayWhatWasChanged) {
  ASSERT_EQ(word_of(store().change([](Change& change) { return put(change, "a", 3); })), "ok");
  EXPECT_EQ(word_of(store().change([](Change& change) -> Status {
              QUANJI_TRY(const auto none, change.run(probe::set_amount, {{"name", "nobody"}, {"amount", 1}}));
              EXPECT_EQ(none, 0);
              QUANJI_TRY(const auto one, change.run(probe::set_amount, {{"amount", 10}, {"name", "a"}}));
              EXPECT_EQ(one, 1);
              QUANJI_TRY(const auto row, change.row(probe::bump_returning, {{"name", "a"}}));
              EXPECT_EQ(row->integer("amount"), 11);
              QUANJI_TRY(const auto gone, change.row(probe::bump_returning, {{"name", "nobody"}}));
              EXPECT_FALSE(gone.has_value());
              return {};
            })),
            "ok");
}

TEST_P(Changes, AViewSeesOneMoment) {
  ASSERT_EQ(word_of(store().change([](Change& change) { return put(change, "a", 1); })), "ok");
  EXPECT_EQ(word_of(store().view([&](const View& view) -> Status {
              QUANJI_TRY(const auto before, view.row(probe::counts));
              EXPECT_EQ(word_of(store().change([](Change& change) { return put(change, "b", 1); })), "ok");
              QUANJI_TRY(const auto after, view.row(probe::counts));
              EXPECT_EQ(before->integer("items"), after->integer("items"));
              return {};
            })),
            "ok");
  EXPECT_EQ(count(store()).items, 2);
}

TEST_P(Changes, AViewCannotWrite) {
  EXPECT_NE(word_of(store().view([&](const View& view) -> Status {
              QUANJI_TRY(const auto rows, view.rows(probe::bump_returning, {{"name", "a"}}));
              (void)rows;
              return {};
            })),
            "ok");
}

TEST_P(Changes, ReadsOnTheCallersThreadSeeWhatIsCommitted) {
  if (!store().reads_here()) {
    EXPECT_EQ(word_of(store().read_here([](const View&) { return Status(); })), "not_supported");
    return;
  }
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([this, t] {
      for (int i = 0; i < 25; ++i) {
        const std::string name = std::to_string(t) + "." + std::to_string(i);
        EXPECT_EQ(word_of(store().change([&](Change& change) { return put(change, name, i); })), "ok");
        EXPECT_EQ(word_of(store().read_here([&](const View& view) -> Status {
                    QUANJI_TRY(const auto row, view.row(probe::item_named, {{"name", name}}));
                    EXPECT_TRUE(row.has_value());
                    return {};
                  })),
                  "ok");
      }
    });
  for (auto& thread : threads) thread.join();
  store().close();
  EXPECT_EQ(word_of(store().read_here([](const View&) { return Status(); })), "store_unavailable");
}

TEST_P(Changes, AfterCloseEveryJobIsAnswered) {
  auto& closed = store();
  std::vector<std::future<std::string>> waiting;
  for (int i = 0; i < 50; ++i) waiting.push_back(submit(closed, [i](Change& change) { return put(change, std::to_string(i)); }));
  closed.close();
  for (auto& one : waiting) EXPECT_EQ(one.get(), "ok");  // what waited was carried out
  EXPECT_EQ(word_of(closed.change([](Change&) { return Status(); })), "store_unavailable");
  EXPECT_EQ(word_of(closed.view([](const View&) { return Status(); })), "store_unavailable");
}

TEST_P(Reruns, TheSecondRunGetsTheSameIdsTimeAndChance) {
  options.rerun = StoreOptions::Rerun::every_change_twice;
  std::vector<std::string> runs;
  EXPECT_EQ(word_of(store().change([&](Change& change) -> Status {
              base::Ulid id;
              QUANJI_DO(put(change, "same", 1, &id));
              const auto drawn = change.random().next();
              runs.push_back(base::to_text(id) + std::to_string(drawn) + std::to_string(change.now().micros));
              return {};
            })),
            "ok");
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0], runs[1]);
  EXPECT_EQ(count(store()).items, 1);
  EXPECT_EQ(count(store()).audits, 1);
}

TEST_P(Reruns, AChangeThatRemembersOutsideOfItselfIsFound) {
  options.rerun = StoreOptions::Rerun::every_change_twice;
  int outside = 0;
  EXPECT_EQ(word_of(store().change([&](Change& change) { return put(change, "n", ++outside); })).substr(0, 3), "bug");
  EXPECT_EQ(count(store()).items, 0);
}

TEST_P(Reruns, RefusalsAndTheirRowsComeOnceInTwoRuns) {
  options.rerun = StoreOptions::Rerun::every_change_twice;
  std::promise<std::string> told;
  ChangeJob job;
  job.body = [](Change& change) -> Status {
    QUANJI_DO(put(change, "x"));
    return put(change, "x");
  };
  job.refused = [](Change& change, const Error&) -> Status {
    QUANJI_TRY(const auto n, change.run(probe::put_audit, {{"id", change.new_ulid()}, {"item", change.new_ulid()}, {"what", "no"}}));
    (void)n;
    return {};
  };
  job.done = [&](Status status) { told.set_value(word_of(status)); };
  store().submit(std::move(job));
  EXPECT_EQ(told.get_future().get(), "name_taken");
  EXPECT_EQ(count(store()).audits, 1);
  EXPECT_EQ(count(store()).items, 0);
}

}  // namespace
}  // namespace quanji::storage::conformance
