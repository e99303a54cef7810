// The generator refuses at build time what would fail, or harm, at run time.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace quanji::storage {
namespace {

// What queries.py says of this SQL: the generated source, or its complaint.
std::string made_of(const std::string& sql) {
  char folder[] = "/tmp/qsql.XXXXXX";
  const std::string at = ::mkdtemp(folder);
  std::ofstream(at + "/in.sql") << sql;
  const std::string command =
      "/usr/bin/python3 " QUANJI_QUERIES_PY " queries tried " + at + "/x/out.h " + at + "/x/out.cpp " + at + "/in.sql 2>&1";
  std::string said;
  FILE* pipe = ::popen(command.c_str(), "r");
  char buffer[512];
  while (std::fgets(buffer, sizeof buffer, pipe)) said += buffer;
  if (::pclose(pipe) == 0) {
    std::ifstream file(at + "/x/out.cpp");
    said.assign(std::istreambuf_iterator<char>(file), {});
  }
  std::filesystem::remove_all(at);
  return said;
}
void expect_in(const std::string& text, const std::string& sql) {
  const auto said = made_of(sql);
  EXPECT_NE(said.find(text), std::string::npos) << said;
}

TEST(QueryGenerator, NamesBecomePositionsAndARepeatedNameIsOne) {
  expect_in("select a from t where b = ?1 and c = ?2 and d <> ?1", "-- name: x\nselect a from t\n where b = :b and c = :c and d <> :b;\n");
  expect_in("select a from t where b = $1 and c = $2 and d <> $1", "-- name: x\nselect a from t where b = :b and c = :c and d <> :b;\n");
}
TEST(QueryGenerator, CastsTextsAndCommentsAreNotNames) {
  expect_in("select ':no', cast(1 as text)::bigint from t where b = $1\"",
            "-- name: x\nselect ':no', cast(1 as text)::bigint from t where b = :b -- not :this\n;\n");
}
TEST(QueryGenerator, RefusesStars) {
  for (const char* sql : {"select * from t", "select distinct * from t", "select a, t.* from t", "delete from t returning *",
                          "select a, (select * from b) from t"})
    expect_in("list the columns instead of *", std::string("-- name: x\n") + sql + ";\n");
  expect_in("count(*)", "-- name: x\nselect count(*) as n, a * b as c from t;\n");
}
TEST(QueryGenerator, RefusesNamesTwiceAndHalfPairs) {
  expect_in("a second time", "-- name: x\nselect 1;\n-- name: x\nselect 2;\n");
  expect_in("a second time", "-- name: x\nselect 1;\n-- name: x [sqlite]\nselect 2;\n");
  expect_in("one of its two forms only", "-- name: x [postgres]\nselect 1;\n");
  expect_in("const Query x{", "-- name: x [postgres]\nselect 1;\n-- name: x [sqlite]\nselect 2;\n");
}
TEST(QueryGenerator, RefusesPositionsByHandTwoStatementsAndNothing) {
  expect_in("positions are made here", "-- name: x\nselect a from t where b = ?1;\n");
  expect_in("positions are made here", "-- name: x\nselect a from t where b = $1;\n");
  expect_in("one statement only", "-- name: x\nselect 1; drop table t;\n");
  expect_in("is empty", "-- name: x\n-- name: y\nselect 1;\n");
  expect_in("before the first", "select 1;\n");
}

}  // namespace
}  // namespace quanji::storage
