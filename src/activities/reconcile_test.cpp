// The flow of the design page as one run: a DBF of the clearing house is read, filtered, grouped and compared with the book. Every figure
// is worked out here by hand, not by the code under test.
#include <gtest/gtest.h>

#include <fstream>

#include "activities/testing_steps.h"
#include "devices/dbf_testing.h"

namespace quanji::activities {
namespace {

// SJSMX1's fields that are looked at. Of 600000 there are 40 trades of 12.34 and one that is deleted; of 000001 three; of 300750 one that
// is no trade (JY01); of 688001 one whose amount is zero; of 002415 one without an amount.
std::string settled() {
  devices::testing::RawDbf raw;
  raw.fields = {{"MXYWLB", 'C', 4}, {"MXZQDM", 'C', 6}, {"MXCJSL", 'N', 10}, {"MXSFJE", 'N', 15, 2}, {"MXBYZD", 'C', 30}};
  for (int i = 0; i < 40; ++i) raw.add({"JY00", "600000", "100", "12.34", "\xC2\xF2"});
  raw.add({"JY00", "600000", "100", "9999.99"}, '*');
  raw.add({"JY00", "000001", "200", "-0.10"});
  raw.add({"JY00", "000001", "200", "0.20"});
  raw.add({"JY00", "000001", "200", "100.00"});
  raw.add({"JY01", "300750", "1", "55.00"});
  raw.add({"JY00", "688001", "1", "0.00"});
  raw.add({"JY00", "002415", "1", "-.--"});
  return raw.bytes();
}
constexpr std::string_view book =
    "\xB4\xFA\xC2\xEB;\xBD\xF0\xB6\xEE\r\n"  // 代码;金额 in GB18030
    "000001;100.105\r\n"
    "600000;493.70\r\n"
    "600036;7.00\r\n";

constexpr std::string_view steps = R"~(- do: dbf.read_table
  with:
    file: SJSMX11120.DBF
    columns: [MXYWLB, MXZQDM, MXCJSL, MXSFJE]
    deleted_rows: skip
  timeout: 20m
  save: trades
- do: table.filter
  with:
    table: =trades
    where: MXYWLB == "JY00" and MXSFJE != 0
  save: trades
- do: table.group
  with:
    table: =trades
    by: [MXZQDM]
    totals: {amount: sum(MXSFJE), rows: count()}
  save: by_code
- do: csv.read_table
  with:
    file: book.csv
    columns: {金额: decimal}
  save: book
- do: table.compare
  with:
    table: =by_code
    other: =book
    keys: {MXZQDM: 代码}
    columns: {amount: 金额}
    tolerance: 0.01
  save: {breaks: differences, same: matched}
- do: csv.write_table
  with: {table: =breaks, to: breaks.csv, encoding: gb18030}
- do: table.total
  with: {table: =by_code, totals: {amount: sum(amount), rows: sum(rows)}}
  save: totals
- return:
    trades: =len(trades)
    groups: "=[[r.MXZQDM, str(r.amount), r.rows] for r in by_code]"
    breaks: "=[[r.MXZQDM, r.state, str(r.ours), str(r.theirs), str(r.difference)] for r in breaks]"
    same: =same
    totals: "=[str(totals.amount), totals.rows]"
)~";

TEST(Reconciling, TheFlowOfTheDesignPageFindsTheBreaksToTheCent) {
  StepWorld world;
  std::ofstream(world.file("SJSMX11120.DBF"), std::ios::binary) << settled();
  std::ofstream(world.file("book.csv"), std::ios::binary) << book;
  const auto finished = world.run_steps(steps);
  // 40 × 12.34 = 493.60; the book has 493.70. -0.10 + 0.20 + 100.00 = 100.10, within a cent of 100.105.
  EXPECT_EQ(said(finished), R"~({"breaks":[["600000","differs","493.60","493.70","-0.10"],["600036","only_theirs","None","7.00","None"]],)~"
                            R"~("groups":[["600000","493.60",40],["000001","100.10",3]],"same":1,"totals":["593.70",43],"trades":43})~");
  std::ifstream in(world.file("breaks.csv"), std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(bytes,
            "MXZQDM,state,column,ours,theirs,difference\r\n"
            "600000,differs,amount,493.60,493.70,-0.10\r\n"
            "600036,only_theirs,amount,,7.00,\r\n");
}
// The same files, cut or changed: the flow ends at the step that is to blame and says where.
TEST(Reconciling, AFileThatIsStillWrittenStopsTheFlowBeforeAnythingIsCompared) {
  StepWorld world;
  const auto whole = settled();
  std::ofstream(world.file("SJSMX11120.DBF"), std::ios::binary) << whole.substr(0, whole.size() - 1 - 66);
  std::ofstream(world.file("book.csv"), std::ios::binary) << book;
  const auto finished = world.run_steps(steps);
  ASSERT_TRUE(finished.error);
  EXPECT_EQ(finished.error->code, "incomplete");
  EXPECT_EQ(finished.outcome, wire::Outcome::system_failure);
  EXPECT_FALSE(std::ifstream(world.file("breaks.csv")).good());
}

}  // namespace
}  // namespace quanji::activities
