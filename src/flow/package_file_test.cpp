#include "flow/package_file.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "flow/catalogue_testing.h"

namespace quanji::flow {
namespace {

std::string told(const std::vector<Problem>& problems) {
  std::string out;
  for (const auto& problem : problems)
    out +=
        fmt::format("{}{}:{}:{} {}", out.empty() ? "" : ", ", problem.file, problem.at.line, problem.at.column, row_of(problem.code).word);
  return out;
}

constexpr const char* right = R"(quanji: 1
name: settlement
version: 1.2.0
title: 清算核对
entry: [reconcile]
robot: ">=0.3"
needs: {assets: [], credentials: [], queues: [breaks], capabilities: [files], network: none}
)";
const SourceFile reconcile{"flows/reconcile.yaml",
                           "quanji: 1\nflow: reconcile\nneeds: {queues: [breaks]}\nsteps:\n  - each_item: breaks\n    steps:\n"
                           "      - call: one\n        with: {item: =item}\n"};
const SourceFile one{"flows/one.yaml",
                     "quanji: 1\nflow: one\ninputs: {item: {type: map}}\nsteps:\n  - python: checks:run\n    with: {item: =item}\n"};

std::string told(std::string package, std::vector<SourceFile> flows = {reconcile, one}) {
  return told(
      check_package_sources({{"package.yaml", std::move(package)}, std::move(flows), {"checks"}}, &test_catalogue(), nullptr).problems);
}
std::string with(std::string_view from, std::string_view to) {
  std::string text = right;
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
  return text;
}

TEST(PackageFile, ARightPackageIsRight) {
  EXPECT_EQ(told(right), "");
  const auto read = read_package_file(right);
  EXPECT_EQ(read.package.name.text, "settlement");
  EXPECT_EQ(read.package.version.text(), "1.2.0");
  EXPECT_EQ(read.package.title, "清算核对");
  ASSERT_EQ(read.package.entry.size(), 1U);
  EXPECT_EQ(read.package.entry[0].text, "reconcile");
  EXPECT_EQ(read.package.robot->text(), ">=0.3");
  EXPECT_EQ(read.package.needs.network, Network::none);
  EXPECT_EQ(read.package.needs.queues.at(0).text, "breaks");
}

TEST(PackageFile, WhatIsWrongIsToldExactly) {
  EXPECT_EQ(told(""), "package.yaml:1:1 empty_document");
  EXPECT_EQ(told(with("version: 1.2.0\n", "")), "package.yaml:1:1 missing_word");
  EXPECT_EQ(told(with("entry: [reconcile]", "entrys: [reconcile]")), "package.yaml:5:1 unknown_word");
  EXPECT_EQ(told(with("settlement", "Settlement")), "package.yaml:2:7 bad_name");
  for (const auto* version :
       {"1.2", "v1.2.0", "1.2.0.0", "01.2.0", "1.2.x", "1.2.0+build", "'1.2.0 '", "[1, 2, 0]", "1.2.0-", "9999999999.0.0"})
    EXPECT_EQ(told(with("1.2.0", version)), "package.yaml:3:10 bad_version") << version;
  for (const auto* robot : {"\"\"", "latest", "\">=\"", "\"~1.2\"", "\"^1\"", "\">=0.3,<2\"", "\">=0.3 x\""})
    EXPECT_EQ(told(with("\">=0.3\"", robot)), "package.yaml:6:8 bad_requirement") << robot;
  EXPECT_EQ(told(with("[reconcile]", "[reconcyle]")), "package.yaml:5:9 unknown_entry");
  EXPECT_EQ(told(with("[reconcile]", "[]")), "package.yaml:5:8 wrong_form");
  EXPECT_EQ(told(with("[reconcile]", "[reconcile, one, reconcile]")), "package.yaml:5:25 duplicate_key");
  EXPECT_EQ(told(with("[reconcile]", "reconcile")), "package.yaml:5:8 wrong_form");
  EXPECT_EQ(told(with("quanji: 1", "quanji: 2")), "package.yaml:1:9 wrong_version");
  EXPECT_EQ(told(with("network: none", "network: some")), "package.yaml:7:88 wrong_word");
  EXPECT_EQ(told(right, {}), "package.yaml:2:7 no_flows");
  EXPECT_EQ(told(right, {reconcile, one, {"flows/uno.yaml", one.text}}), "flows/uno.yaml:2:7 duplicate_flow");
  EXPECT_EQ(told(with("[breaks]", "[]")), "flows/reconcile.yaml:3:18 package_need_missing");
  auto online = one;
  online.text.replace(online.text.find("steps:"), 0, "needs: {network: all}\n");
  EXPECT_EQ(told(right, {reconcile, online}), "flows/one.yaml:2:7 package_need_missing");
  EXPECT_EQ(told(with("network: none", "network: all"), {reconcile, online}), "");
}

TEST(PackageFile, ProblemsOfAllFilesComeTogetherByFileAndPlace) {
  auto wrong = one;
  wrong.text.replace(wrong.text.find("checks:run"), 10, "check:run");
  auto calls = reconcile;
  calls.text.replace(calls.text.find("call: one"), 9, "call: two");
  EXPECT_EQ(told(with("[reconcile]", "[reconcil]"), {calls, wrong}),
            "package.yaml:5:9 unknown_entry, flows/reconcile.yaml:7:15 unknown_flow, flows/one.yaml:5:13 unknown_python");
}

TEST(Versions, AreOrderedBySemanticVersioning) {
  const auto ordered =
      std::to_array<const char*>({"0.9.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
                                  "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0"});
  for (std::size_t i = 0; i < ordered.size(); ++i)
    for (std::size_t j = 0; j < ordered.size(); ++j) {
      const auto a = Version::parse(ordered.at(i)), b = Version::parse(ordered.at(j));
      ASSERT_TRUE(a && b);
      EXPECT_EQ((*a <=> *b) < 0, i < j) << a->text() << " " << b->text();
      EXPECT_EQ(*a == *b, i == j);
      EXPECT_EQ(a->text(), ordered.at(i));
    }
}

TEST(Requirements, HoldForWhatTheySay) {
  struct Row {
    const char *requirement, *version;
    bool holds;
  };
  for (const auto& row : {Row{">=0.3", "0.3.0", true},
                          {">=0.3", "0.2.9", false},
                          {">=0.3", "0.3.0-rc.1", false},
                          {">=0.3 <2", "1.9.9", true},
                          {">=0.3 <2", "2.0.0", false},
                          {">=0.3<2", "1.0.0", true},
                          {"1.2", "1.2.7", true},
                          {"=1.2", "1.3.0", false},
                          {"1", "1.9.0", true},
                          {"=1.2.0", "1.2.0", true},
                          {"=1.2.0", "1.2.1", false},
                          {"<=1.2.0", "1.2.0", true},
                          {"> 1.2.0", "1.2.1", true},
                          {">1.2.0", "1.2.0", false},
                          {"1.2", "1.2.0-rc.1", false}}) {
    const auto requirement = Requirement::parse(row.requirement);
    ASSERT_TRUE(requirement) << row.requirement;
    EXPECT_EQ(requirement->holds_for(*Version::parse(row.version)), row.holds) << row.requirement << " " << row.version;
    EXPECT_EQ(Requirement::parse(requirement->text())->text(), requirement->text());
  }
}

}  // namespace
}  // namespace quanji::flow
