#include "workbook/formula_text.h"

#include <gtest/gtest.h>

namespace quanji::workbook {
namespace {

TEST(FormulaText, ASheetIsNamedQuotedOrNotInAnyCase) {
  for (const char* formula :
       {"data!A1", "SUM(Data!$A$1:B2)", "'Data'!A1+1", "IF(A1>0,'DATA'!B2,0)", "SUM(Data:End!A1)", "SUM('Start:Data'!A1)"})
    EXPECT_TRUE(formula_names_sheet(formula, "Data")) << formula;
  for (const char* formula : {"\"Data!A1\"", "Data2!A1", "MyData!A1", "[1]Data!A1", "'[Book.xlsx]Data'!A1", "Data", "Table1[Data]",
                              "\"it\"\"Data!\"&A1", "'Data x'!A1"})
    EXPECT_FALSE(formula_names_sheet(formula, "Data")) << formula;
  EXPECT_TRUE(formula_names_sheet("'It''s'!A1", "It's"));
  EXPECT_TRUE(formula_names_sheet("明细!A1*2", "明细"));
}
TEST(FormulaText, ARenamedSheetIsNamedAnewAndNothingElseChanges) {
  EXPECT_EQ(formula_with_sheet("Data!A1+data!B2+Other!A1+\"Data!A1\"", "Data", "新 表"), "'新 表'!A1+'新 表'!B2+Other!A1+\"Data!A1\"");
  EXPECT_EQ(formula_with_sheet("'Data'!A1", "Data", "It's"), "'It''s'!A1");
  EXPECT_EQ(formula_with_sheet("SUM(Data:End!A1)-SUM('Start:Data'!A1)", "Data", "X"), "SUM('X:End'!A1)-SUM('Start:X'!A1)");
  EXPECT_EQ(formula_with_sheet("[1]Data!A1", "Data", "X"), "[1]Data!A1");
}
TEST(FormulaText, ASharedFormulaMovesItsReferencesWithoutDollars) {
  EXPECT_EQ(shifted_formula("A1*$B1+C$2-$D$3", 2, 1), "B3*$B3+D$2-$D$3");
  EXPECT_EQ(shifted_formula("SUM(A1:B2)&\"A1\"", 1, 0), "SUM(A2:B3)&\"A1\"");
  EXPECT_EQ(shifted_formula("'A1'!A1+A1!B2", 1, 1), "'A1'!B2+A1!C3");
  EXPECT_EQ(shifted_formula("LOG10(A1)+DEC2BIN(3)", 1, 0), "LOG10(A2)+DEC2BIN(3)");
  EXPECT_EQ(shifted_formula("SUM(A:C)+SUM($A:B)+SUM(1:3)", 1, 1), "SUM(B:D)+SUM($A:C)+SUM(2:4)");
  EXPECT_EQ(shifted_formula("A1", -1, 0), "#REF!");
  EXPECT_EQ(shifted_formula("1.5E3+rate*7+Table1[A1]", 1, 1), "1.5E3+rate*7+Table1[A1]");
}

}  // namespace
}  // namespace quanji::workbook
