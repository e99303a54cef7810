#include "domain/file_names.h"

#include <gtest/gtest.h>

namespace quanji::domain {
namespace {

TEST(FileNames, OrdinaryNamesOfManyTonguesAreTaken) {
  for (const auto* name : {"a", "report.pdf", "清算 2026-11-20.xlsx", ".profile", "отчёт.txt", "عربي.txt", "🙂.png", "a..b",
                           "console.txt", "com10.txt", "contract", "a%2e%2e"})
    EXPECT_TRUE(is_file_name(name)) << name;
  EXPECT_TRUE(is_file_name(std::string(255, 'a')));
}

TEST(FileNames, WhatLeavesItsFolderPassesForAnotherOrCannotBeKeptIsRefused) {
  for (const auto* name : {"",         ".",
                           "..",       "../x",
                           "a/b",      "a\\b",
                           "C:x",      "a*",
                           "a?",       "a\"b",
                           "<a>",      "a|b",
                           " a",       "a ",
                           "a.",       "\u3000a",
                           "a\u00a0",  "con",
                           "CON.txt",  "nul",
                           "Com1.log", "lpt9",
                           "a\nb",     "a\tb",
                           "a\x7f",    "invoice\u202efdp.exe",
                           "a\u2066b", "\xff\xfe"})
    EXPECT_FALSE(is_file_name(name)) << name;
  EXPECT_FALSE(is_file_name(std::string_view("a\0b", 3)));
  EXPECT_FALSE(is_file_name(std::string(256, 'a')));
  EXPECT_FALSE(is_file_name(std::string(10'000, 'a')));
}

TEST(FileNames, TheExtensionIsWhatStandsBehindTheLastDot) {
  EXPECT_EQ(extension("a.b.PDF"), "pdf");
  EXPECT_EQ(extension("a"), "");
  EXPECT_EQ(extension(".profile"), "");
}

TEST(FileNames, RepeatedNamesGetANumberBeforeTheExtension) {
  const std::vector<std::string> want{"a.txt", "A (2).txt", "a (3).txt", "b", "b (2)", ".c", ".c (2)"};
  EXPECT_EQ(without_repeats({"a.txt", "A.txt", "a.txt", "b", "b", ".c", ".c"}), want);
  EXPECT_EQ(without_repeats({"a (2).txt", "a.txt", "a.txt"}), (std::vector<std::string>{"a (2).txt", "a.txt", "a (3).txt"}));
}

}  // namespace
}  // namespace quanji::domain
