#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "base/encodings.h"
#include "flow/catalogue_testing.h"
#include "flow/checker.h"
#include "flow/wrong_documents_testing.h"

namespace quanji::flow {
namespace {

// A Python that refuses what ends with an operator and knows one module.
class FakePython : public PythonGrammar {
 public:
  std::optional<Complaint> check(Form, std::string_view python) override {
    auto end = python.find_last_not_of(" \n");
    if (end == std::string_view::npos || python[end] != '+') return std::nullopt;
    const auto before = python.substr(0, end);
    const auto line = static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n'));
    return Complaint{line + 1, static_cast<std::uint32_t>(end - (before.rfind('\n') + 1) + 1), {"语法错误", "invalid syntax"}};
  }
  Function look_for(std::string_view, std::string_view function) override {
    return function == "total" ? Function::there : Function::no_function;
  }
};

class WrongDocuments : public testing::Test {
 protected:
  std::vector<Problem> problems_of(const WrongDocument& one) {
    const auto other = read_document(
        "quanji: 1\nflow: other\ninputs:\n  day: {type: date}\n  mode: {type: text, default: sse, choices: [sse, szse]}\n"
        "  pin: {type: secret, required: false}\noutputs: {total: {type: decimal}}\nsteps:\n  - return: {total: 1}\n",
        "other.yaml");
    EXPECT_TRUE(other.ok());
    FakePython python;
    Surroundings surroundings{
        .activities = &test_catalogue(), .flows = {{&other.document}}, .python_modules = {{"reports.daily"}}, .python = &python};
    const bool steps = one.text.starts_with("\n- ") && one.name != "ListInsteadOfADocument";
    const auto text = steps ? "quanji: 1\nflow: f\nsteps:\n" + std::string(one.text.substr(1)) : std::string(one.text.substr(1));
    return check_source(text, "f.yaml", surroundings).problems;
  }
  static std::string told(const std::vector<Problem>& problems) {
    std::string out;
    for (const auto& problem : problems)
      out += fmt::format("{}{}:{} {}", out.empty() ? "" : ", ", problem.at.line, problem.at.column, row_of(problem.code).word);
    return out;
  }
  static std::vector<WrongDocument> all() {
    std::vector<WrongDocument> out;
    for (const auto rows : {wrong_files(), wrong_steps(), wrong_senses()}) out.insert(out.end(), rows.begin(), rows.end());
    return out;
  }
};

TEST_F(WrongDocuments, AreToldExactly) {
  for (const auto& one : all()) {
    const auto problems = problems_of(one);
    std::string lines;
    for (const auto& problem : problems) lines += to_line(problem, Language::en) + "\n";
    EXPECT_EQ(told(problems), one.problems) << one.name << one.text << lines;
  }
}

TEST_F(WrongDocuments, EveryProblemHasSentencesInBothLanguages) {
  for (const auto& one : all())
    for (const auto& problem : problems_of(one)) {
      EXPECT_FALSE(problem.message.zh.empty() || problem.message.en.empty()) << one.name;
      EXPECT_EQ(problem.mend.zh.empty(), problem.mend.en.empty()) << one.name;
      EXPECT_TRUE(base::is_utf8(problem.message.zh) && base::is_utf8(problem.mend.zh)) << one.name;
      EXPECT_EQ(problem.file, "f.yaml");
    }
}

TEST_F(WrongDocuments, HaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (const auto& one : all()) EXPECT_TRUE(names.insert(one.name).second) << one.name;
  EXPECT_GE(names.size(), 80U);
}

TEST_F(WrongDocuments, EveryCodeHasACase) {
  // Below, and in package_file_test.cpp.
  std::string seen = " too_large too_many_steps bad_version bad_requirement no_flows unknown_entry duplicate_flow package_need_missing ";
  for (const auto& one : all()) seen += std::string(one.problems) + ", ";
  for (const auto& row : problem_table()) {
    const auto word = " " + std::string(row.word);
    EXPECT_TRUE(seen.find(word + " ") != std::string::npos || seen.find(word + ",") != std::string::npos) << row.word;
  }
}

TEST_F(WrongDocuments, TableOfCodesIsInOrderWithWordsOfTheirOwn) {
  std::set<std::string_view> words;
  for (std::size_t i = 0; i < problem_table().size(); ++i) {
    const auto& row = problem_table()[i];
    EXPECT_EQ(static_cast<std::size_t>(row.code), i) << row.word;
    EXPECT_TRUE(words.insert(row.word).second) << row.word;
    EXPECT_FALSE(row.title.zh.empty() || row.title.en.empty()) << row.word;
  }
}

TEST_F(WrongDocuments, TooLargeAndTooManySteps) {
  const std::string large = "quanji: 1\nflow: f\ntitle: " + std::string(3U << 20U, 'a') + "\nsteps: [checkpoint]\n";
  EXPECT_EQ(told(read_document(large, "f.yaml").problems), "1:1 too_large");
  std::string many = "quanji: 1\nflow: f\nsteps:\n";
  for (std::uint32_t i = 0; i <= max_steps + 5; ++i) many += "- checkpoint\n";
  const auto reading = read_document(many, "f.yaml");
  EXPECT_EQ(told(reading.problems), "10004:3 too_many_steps");
  EXPECT_EQ(reading.document.step_count, max_steps);
  EXPECT_EQ(reading.document.steps.size(), max_steps);
}

TEST_F(WrongDocuments, AHostileDocumentIsAnsweredWithFewSentences) {
  std::string text = "quanji: 1\nflow: f\nsteps:\n";
  for (int i = 0; i < 5000; ++i) text += "- nonsense: {}\n";
  EXPECT_LE(read_document(text, "f.yaml").problems.size(), 300U);
  const std::string name(1U << 20U, 'x');
  for (const auto& problem :
       read_document("quanji: 1\nflow: f\nsteps:\n- " + name + ": 1\n- set: {" + name + ": =" + name + "}\n", "f.yaml").problems)
    EXPECT_LT(to_line(problem, Language::zh).size(), 2000U);
}

TEST_F(WrongDocuments, ALineOfAReportNamesPlaceSeverityMendAndCode) {
  const Problem problem{ProblemCode::unknown_word, "flows/a.yaml", {12, 9}, {"没有\n这个词", "no\nword"}, {"改", "Mend it"}};
  EXPECT_EQ(to_line(problem, Language::en), "flows/a.yaml:12:9: error: no word. Mend it [unknown_word]");
  EXPECT_EQ(to_line(problem, Language::zh), "flows/a.yaml:12:9: 错误: 没有 这个词。改 [unknown_word]");
  const auto error = to_error({&problem, 1});
  ASSERT_EQ(error.fields().size(), 1U);
  EXPECT_EQ(error.fields()[0].field, "flows/a.yaml:12:9");
}

}  // namespace
}  // namespace quanji::flow
