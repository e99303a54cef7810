#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/files.h"
#include "engine/testing.h"
#include "engine/testing_activities.h"
#include "engine/trace_lines.h"
#include "engine/trace_page.h"
#include "engine/trace_read.h"

namespace quanji::engine {
namespace {

class TraceTest : public testing::Test {
 protected:
  TraceTest() : fd_(::memfd_create("trace", MFD_CLOEXEC)) { world.catalogue = tests::catalogue(); }
  // What a run of the document leaves.
  std::string lines_of(std::string_view yaml, values::Variables inputs = {}) {
    {
      TraceLines lines(fd_.get(), nullptr);
      world.observer = &lines;
      lines.run_begun("f", "att_1", world.clock.now());
      const auto finished = world.run(yaml, nullptr, std::move(inputs));
      lines.run_over(base::word(finished.outcome), world.clock.now());
      world.observer = nullptr;
    }
    return *base::read_whole(fd_.get(), std::size_t{1} << 28);
  }
  TestWorld world;
  base::Descriptor fd_;
};

TEST_F(TraceTest, StepsStandInsideOfThoseThatRanThem) {
  const auto tree = read_trace(lines_of(R"(
quanji: 1
flow: f
steps:
  - set: {a: 1}
  - for: i
    in: [5, 6]
    steps:
      - if: =i == 6
        then: [{set: {a: =i}}]
)"));
  EXPECT_EQ(tree.flow, "f");
  EXPECT_EQ(tree.outcome, "success");
  ASSERT_EQ(tree.root.inside.size(), 2U);
  const auto& loop = *tree.root.inside[1];
  EXPECT_EQ(loop.act, "for");
  ASSERT_EQ(loop.inside.size(), 2U);
  EXPECT_EQ(loop.inside[1]->round, 2);
  ASSERT_EQ(loop.inside[1]->inside.size(), 1U);
  const auto& branch = *loop.inside[1]->inside[0];
  EXPECT_EQ(branch.act, "if");
  ASSERT_EQ(branch.inside.size(), 1U);
  ASSERT_EQ(branch.inside[0]->set.size(), 1U);
  EXPECT_EQ(branch.inside[0]->set[0].first + "=" + branch.inside[0]->set[0].second, "a=6");
  EXPECT_EQ(tree.unreadable + tree.left_out, 0U);
}
TEST_F(TraceTest, AFailureIsSaidOnTopWithItsPlaceAndOneTheFlowCaughtIsToldApart) {
  const auto page = trace_page(lines_of(R"(
quanji: 1
flow: f
steps:
  - try:
      - fail: {code: sign_mismatch, kind: business, message: 符号不一致}
    catch:
      - error: [sign_mismatch]
        steps: [{set: {a: 1}}]
  - set: {x: =1 // 0}
    title: 出错的一步
)"),
                               {});
  const auto failed = page.find("expression_failed"), caught = page.find("sign_mismatch"), handled = page.find("handled by the flow");
  ASSERT_NE(failed, std::string::npos);
  ASSERT_NE(handled, std::string::npos);
  EXPECT_LT(failed, caught) << "what ended the run comes first";
  EXPECT_NE(page.find("出错的一步"), std::string::npos);
  EXPECT_NE(page.find("flows/test.yaml:10"), std::string::npos);
}
TEST_F(TraceTest, ValuesAreCutAndSecretsAreOpaque) {
  std::string many;
  for (int i = 0; i < 400; ++i) many += "0123456789";
  const auto lines =
      lines_of("quanji: 1\nflow: f\ninputs: {t: {type: text}, s: {type: secret}}\nsteps:\n  - set: {a: =t, b: '=[t] * 100', c: =s}\n",
               {{"t", values::Value::of(many)}, {"s", values::Value::of(values::SecretRef{"counter_db", 1, "password"})}});
  for (std::size_t at = 0; at < lines.size();) {
    const auto end = lines.find('\n', at);
    EXPECT_LT(end - at, 10'000U);
    at = end + 1;
  }
  EXPECT_NE(lines.find("[secret counter_db]"), std::string::npos);
  EXPECT_NE(lines.find("…"), std::string::npos);
}
TEST_F(TraceTest, LongLoopsAreCutOnThePageButTheirFailuresAreShown) {
  const auto page = trace_page(lines_of(R"(
quanji: 1
flow: f
steps:
  - for: i
    in: =range(5000)
    steps:
      - set: {a: =1 // (i - 2500)}
        on_error: continue
)"),
                               {});
  EXPECT_LT(page.size(), 500'000U);
  EXPECT_NE(page.find("round 2501"), std::string::npos) << "the round that failed";
  EXPECT_NE(page.find("round 5000"), std::string::npos);
  EXPECT_EQ(page.find("round 300<"), std::string::npos);
  EXPECT_NE(page.find("2400 in between are not listed"), std::string::npos);
}
TEST(TracePage, WhateverStandsInALineStaysText) {
  const auto page = trace_page(
      R"({"e":"begin","at":"steps/0","t":1,"act":"<script>alert(1)</script>","file":"\"><img src=x onerror=a>","title":"</style>"})"
      "\n{broken\n{\"e\":\"what\",\"at\":\"steps/0\"}\n",
      {});
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_EQ(page.find("<img"), std::string::npos);
  EXPECT_EQ(page.find("</style>"), page.rfind("</style>"));
  EXPECT_NE(page.find("2 lines make no sense"), std::string::npos);
  EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
}
TEST(TracePage, PicturesStandOnThePage) {
  TracePageOptions options;
  options.picture = [](const std::string& path) { return path == "/e/0001-after.png" ? std::optional<std::string>("PNG") : std::nullopt; };
  const auto page = trace_page(R"({"e":"evidence","at":"steps/0","t":1,"path":"/e/0001-after.png"})"
                               "\n"
                               R"({"e":"evidence","at":"steps/0","t":1,"path":"/e/other.png"})",
                               options);
  EXPECT_NE(page.find("data:image/png;base64,UE5H"), std::string::npos);
  EXPECT_NE(page.find("/e/other.png"), std::string::npos);
}

}  // namespace
}  // namespace quanji::engine
