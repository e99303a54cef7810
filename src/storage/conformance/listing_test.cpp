// Lists made from a declaration: what is declared is answered in order and without a full scan, everything else is refused.
#include "storage/listing.h"

#include "storage/conformance/tried_store.h"

namespace quanji::storage::conformance {
namespace {

class Lists : public OnBoth {};
QUANJI_ON_BOTH(Lists);

ListPlan task_plan() {
  return {.name = "probe_tasks",
          .from = "probe_tasks",
          .columns = {"id", "name", "title", "state", "created_at"},
          .filters = {{"state", "state", FilterOp::eq, ColumnType::text, "probe_tasks_state"},
                      {"states", "state", FilterOp::in, ColumnType::text, "probe_tasks_state"},
                      {"created", "created_at", FilterOp::range, ColumnType::integer, "probe_tasks_created"},
                      {"name", "name", FilterOp::prefix, ColumnType::text, "probe_tasks_name"},
                      {"title", "title", FilterOp::contains, ColumnType::text, ""},
                      {"scope", "department", FilterOp::in, ColumnType::bytes, ""}},
          .sorts = {{"created_at", "created_at", ColumnType::integer, "probe_tasks_created"},
                    {"name", "name", ColumnType::text, "probe_tasks_name"}},
          .default_sort = "-created_at",
          .keyword_columns = {"name", "title"},
          .keyword_window = "created"};
}
const Listing& tasks() {
  static const Listing listing(task_plan());
  return listing;
}
// Not a secret one: any change of the text or of the key changes it.
CursorMac mac_with(std::uint64_t key) {
  return [key](std::string_view text) {
    std::string out;
    for (std::uint64_t half = 0; half < 2; ++half) {
      std::uint64_t h = key + half * 77;
      for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
      out.append(reinterpret_cast<const char*>(&h), 8);
    }
    return out;
  };
}
const CursorMac mac = mac_with(1);

const Query put_task{"put_task",
                     {"insert into probe_tasks (id, department, state, name, title, created_at) values (?1, ?2, ?3, ?4, ?5, ?6)", {}},
                     {"insert into probe_tasks (id, department, state, name, title, created_at) values ($1, $2, $3, $4, $5, $6)", {}}};
const Query& put_task_query() {
  static const std::string_view names[] = {"id", "department", "state", "name", "title", "created_at"};
  static const Query query{put_task.name, {put_task.sqlite.text, names}, {put_task.postgres.text, names}};
  return query;
}
const base::Ulid department_one{{1}}, department_two{{2}};

// `n` tasks; created_at comes in threes, so that ids must break ties.
void put_tasks(Store& store, int n) {
  ASSERT_EQ(word_of(store.change([n](Change& change) -> Status {
              for (int i = 0; i < n; ++i) {
                const std::string name = "n" + std::to_string(i * 7919 % n), title = i % 10 == 0 ? "50%_off\\ 清算" : "plain";
                QUANJI_DO(change.run(put_task_query(), {{"id", change.new_ulid()},
                                                        {"department", i % 2 ? department_one : department_two},
                                                        {"state", i % 4 == 0 ? "failed" : "waiting"},
                                                        {"name", name},
                                                        {"title", title},
                                                        {"created_at", i / 3}}));
              }
              return {};
            })),
            "ok");
}
Result<ListPage> ask(Store& store, const ListAsk& what, const CursorMac& with = mac) {
  std::optional<Result<ListPage>> page;
  (void)store.view([&](const View& view) -> Status {
    page.emplace(tasks().read(view, what, with));
    return {};
  });
  return std::move(*page);
}
std::string refusal(Store& store, const ListAsk& what, const CursorMac& with = mac) {
  const auto page = ask(store, what, with);
  return page.ok() ? "ok" : std::string(base::row_of(page.error().code()).word) + " " + page.error().fields().at(0).field;
}
// All pages by cursor.
std::vector<std::string> walk(Store& store, ListAsk what, const char* column) {
  std::vector<std::string> seen;
  for (;;) {
    const auto page = ask(store, what);
    if (!page.ok()) {
      ADD_FAILURE() << page.error().message().en;
      return seen;
    }
    for (const Row row : page->rows)
      seen.push_back(column == std::string("created_at") ? std::to_string(row.integer(column)) : std::string(row.text(column)));
    if (page->next_cursor.empty()) return seen;
    what.cursor = page->next_cursor;
  }
}

TEST_P(Lists, CursorsGiveEveryRowOnceInOrderAlsoAmongEqualSortValues) {
  put_tasks(store(), 100);
  for (const char* sort : {"", "created_at", "-created_at"}) {
    const auto seen = walk(store(), {.sort = sort, .size = 7}, "created_at");
    ASSERT_EQ(seen.size(), 100u);
    for (std::size_t i = 1; i < seen.size(); ++i)
      EXPECT_TRUE(sort == std::string("created_at") ? std::stoi(seen[i - 1]) <= std::stoi(seen[i])
                                                    : std::stoi(seen[i - 1]) >= std::stoi(seen[i]));
    auto names = walk(store(), {.sort = sort, .size = 7}, "name");
    std::ranges::sort(names);
    EXPECT_EQ(std::ranges::unique(names).begin(), names.end());
  }
  const auto names = walk(store(), {.sort = "name", .size = 13}, "name");
  EXPECT_EQ(names.size(), 100u);
  EXPECT_TRUE(std::ranges::is_sorted(names));
}

TEST_P(Lists, PagesAndCursorsAgreeAndTotalsAreCounted) {
  put_tasks(store(), 50);
  const auto by_cursor = walk(store(), {.sort = "name", .size = 10}, "name");
  std::vector<std::string> by_page;
  for (std::int64_t page = 1; page <= 5; ++page) {
    const auto found = ask(store(), {.sort = "name", .page = page, .size = 10});
    ASSERT_TRUE(found.ok());
    EXPECT_EQ(found->total, 50);
    EXPECT_TRUE(found->total_exact);
    for (const Row row : found->rows) by_page.emplace_back(row.text("name"));
  }
  EXPECT_EQ(by_cursor, by_page);
  const auto none = ask(store(), {.page = 6, .size = 10, .total = ListAsk::Total::not_counted});
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(none->rows.empty());
  EXPECT_EQ(none->total, -1);
  EXPECT_EQ(ask(store(), {})->rows[0].width(), 5u);  // the cursor's own columns are not shown
}

TEST_P(Lists, FiltersNarrow) {
  put_tasks(store(), 40);
  const auto total = [&](std::vector<ListValue> filters, std::string keyword = {}) {
    const char* sort = filters.at(0).name == "name" ? "name" : "";
    const auto page = ask(store(), {.filters = std::move(filters), .sort = sort, .keyword = std::move(keyword)});
    EXPECT_TRUE(page.ok()) << page.error().message().en;
    return page.ok() ? page->total : -1;
  };
  EXPECT_EQ(total({{"state", {"failed"}}}), 10);
  EXPECT_EQ(total({{"states", {"failed", "waiting", "lost"}}}), 40);
  EXPECT_EQ(total({{"created_from", {2}}, {"created_to", {4}}}), 6);
  EXPECT_EQ(total({{"name", {"n1"}}}), 11);  // n1, n10 … n19
  EXPECT_EQ(total({{"name", {"n"}}, {"title", {"50%_OFF\\"}}}), 4);
  EXPECT_EQ(total({{"state", {"failed"}}, {"title", {"%"}}}), 2);  // a percent sign is itself: tasks 0 and 20
  EXPECT_EQ(total({{"scope", {department_one}}}), 20);
  EXPECT_EQ(total({{"scope", {department_one, department_two, department_two}}}), 40);
  EXPECT_EQ(total({{"created_from", {0}}}, "清算"), 4);
  EXPECT_EQ(total({{"created_from", {0}}}, "_"), 4);
}

TEST_P(Lists, WhatIsNotDeclaredIsRefused) {
  put_tasks(store(), 3);
  EXPECT_EQ(refusal(store(), {.filters = {{"title) or 1=1 --", {"x"}}}}), "invalid_field title) or 1=1 --");
  EXPECT_EQ(refusal(store(), {.sort = "title"}), "invalid_field sort");
  EXPECT_EQ(refusal(store(), {.sort = "created_at desc, 1"}), "invalid_field sort");
  EXPECT_EQ(refusal(store(), {.filters = {{"title", {"x"}}}}), "invalid_field title");  // no index serves it alone
  EXPECT_EQ(refusal(store(), {.filters = {{"created_from", {1}}}, .sort = "name"}), "invalid_field created_from");  // walks another order
  EXPECT_EQ(refusal(store(), {.filters = {{"created_from", {1}}, {"state", {"failed"}}}, .sort = "name"}), "ok");
  EXPECT_EQ(refusal(store(), {.filters = {{"state", {1}}}}), "invalid_field state");
  EXPECT_EQ(refusal(store(), {.filters = {{"state", {"a", "b"}}}}), "invalid_field state");
  EXPECT_EQ(refusal(store(), {.filters = {{"state", {"a"}}, {"state", {"b"}}}}), "invalid_field state");
  EXPECT_EQ(refusal(store(), {.keyword = "x"}), "invalid_field keyword");  // needs its time window
  EXPECT_EQ(refusal(store(), {.size = 201}), "invalid_field page_size");
  EXPECT_EQ(refusal(store(), {.page = 201, .size = 50}), "invalid_field page");
  EXPECT_EQ(refusal(store(), {.page = 200, .size = 50}), "ok");
}

TEST_P(Lists, ACursorIsGoodOnlyForTheListItCameFrom) {
  put_tasks(store(), 10);
  const auto page = ask(store(), {.size = 3});
  ASSERT_TRUE(page.ok());
  const std::string cursor = page->next_cursor;
  EXPECT_EQ(refusal(store(), {.cursor = cursor, .size = 5}), "ok");
  EXPECT_EQ(refusal(store(), {.sort = "name", .cursor = cursor}), "invalid_field cursor");
  EXPECT_EQ(refusal(store(), {.filters = {{"state", {"failed"}}}, .cursor = cursor}), "invalid_field cursor");
  EXPECT_EQ(refusal(store(), {.cursor = cursor}, mac_with(2)), "invalid_field cursor");
  EXPECT_EQ(refusal(store(), {.cursor = "AAAA"}), "invalid_field cursor");
  for (std::size_t i = 0; i < cursor.size(); i += 5) {
    std::string forged = cursor;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(refusal(store(), {.cursor = forged}), "invalid_field cursor") << i;
  }
}

TEST_P(Lists, TotalsBeyondTenThousandAreNotExact) {
  ASSERT_EQ(word_of(store().change([](Change& change) -> Status {
              for (int i = 0; i < 10'001; ++i)
                QUANJI_DO(change.run(put_task_query(), {{"id", change.new_ulid()},
                                                        {"department", department_one},
                                                        {"state", "waiting"},
                                                        {"name", "n"},
                                                        {"title", "t"},
                                                        {"created_at", i}}));
              return {};
            })),
            "ok");
  const auto page = ask(store(), {});
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->total, 10'000);
  EXPECT_FALSE(page->total_exact);
  EXPECT_EQ(ask(store(), {.filters = {{"created_from", {1}}}})->total, 10'000);
  EXPECT_TRUE(ask(store(), {.filters = {{"created_from", {1}}}})->total_exact);
}

TEST_P(Lists, AConditionOfTheServerHoldsOnEveryPage) {
  put_tasks(store(), 30);
  auto plan = task_plan();
  plan.name = "probe_tasks_of";
  plan.always_sqlite = plan.always_postgres = "department = :department and state <> :department_state";
  plan.always_params = {"department", "department_state"};
  const Listing listing(plan);
  std::size_t rows = 0;
  EXPECT_EQ(
      word_of(store().view([&](const View& view) -> Status {
        ListAsk what{.filters = {{"created_from", {0}}}, .size = 4};
        for (;;) {
          QUANJI_TRY(const auto page, listing.read(view, what, mac, {{"department", department_two}, {"department_state", "failed"}}));
          EXPECT_EQ(page.total, 7);
          rows += page.rows.size();
          if (page.next_cursor.empty()) return {};
          what.cursor = page.next_cursor;
        }
      })),
      "ok");
  EXPECT_EQ(rows, 7u);
}

TEST_P(Lists, EveryDeclaredCombinationIsServedByAnIndex) {
  put_tasks(store(), 200);
  EXPECT_EQ(word_of(store().change([](Change& change) -> Status {
              QUANJI_TRY(const auto explained, tasks().explain(change));
              EXPECT_EQ(explained.size(),
                        16u);  // two sorts, alone and with state and states, and each with the range of its own column; both directions
              for (const auto& one : explained) EXPECT_EQ(one.trouble, "") << one.combination << "\n" << one.plan;
              return {};
            })),
            "ok");
}

TEST_P(Lists, AFilterWithoutItsIndexIsFound) {
  put_tasks(store(), 200);
  auto plan = task_plan();
  plan.filters = {{"title", "title", FilterOp::eq, ColumnType::text, "there_is_none"}};
  plan.sorts.push_back({"title", "title", ColumnType::text, "there_is_none"});
  const Listing listing(plan);
  EXPECT_EQ(word_of(store().change([&](Change& change) -> Status {
              QUANJI_TRY(const auto explained, listing.explain(change));
              for (const auto& one : explained) {
                if (one.combination.find("title") == std::string::npos) continue;
                EXPECT_NE(one.trouble, "") << one.combination << "\n" << one.plan;
              }
              return {};
            })),
            "ok");
}

}  // namespace
}  // namespace quanji::storage::conformance
