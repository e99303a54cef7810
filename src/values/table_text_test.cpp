#include "values/table_text.h"

#include <gtest/gtest.h>

#include "values/table_testing.h"

namespace quanji::values {
namespace {

using testing::table;

const auto funds = table({"代码 text", "名称 text", "amount decimal"},
                         {{"000001", "平安银行", "12.50"}, {"600000", "A|<b>", "-1200.00"}, {"-", "两\n行", "-"}});

TEST(TableText, PlainTextIsAlignedByPlacesOfTheScreen) {
  EXPECT_EQ(text_of(funds, TextForm::plain, 10),
            "代码    名称        amount\n"
            "000001  平安银行     12.50\n"
            "600000  A|<b>     -1200.00\n"
            "        两 行\n");
  EXPECT_EQ(places_of("平安A"), 5u);
  EXPECT_EQ(places_of("e\u0301"), 1u);
}
TEST(TableText, MarkdownEscapesWhatItUses) {
  EXPECT_EQ(text_of(funds, TextForm::markdown, 10),
            "| 代码 | 名称 | amount |\n"
            "| --- | --- | ---: |\n"
            "| 000001 | 平安银行 | 12.50 |\n"
            "| 600000 | A\\|\\<b> | -1200.00 |\n"
            "|  | 两 行 |  |\n");
}
TEST(TableText, HtmlHoldsNothingThatIsNotEscaped) {
  const auto html = text_of(funds, TextForm::html, 10);
  EXPECT_NE(html.find("<td>A|&lt;b&gt;</td>"), std::string::npos);
  EXPECT_NE(html.find("<td>两<br>行</td>"), std::string::npos);
  EXPECT_NE(html.find("<td style=\"text-align:right\">-1200.00</td>"), std::string::npos);
  EXPECT_EQ(html.find("<b>"), std::string::npos);
}
TEST(TableText, RowsBeyondTheLimitAreCounted) {
  EXPECT_EQ(text_of(funds, TextForm::plain, 1), "代码    名称      amount\n000001  平安银行   12.50\n… 另有 2 行 / 2 more rows\n");
  EXPECT_TRUE(text_of(funds, TextForm::html, 0).ends_with("</table>\n<p>… 另有 3 行 / 3 more rows</p>\n"));
  EXPECT_TRUE(text_of(funds, TextForm::markdown, 2).ends_with("|\n\n… 另有 1 行 / 1 more rows\n"));
}
TEST(TableText, AnEmptyTableHasItsHead) { EXPECT_EQ(text_of(table({"a text"}, {}), TextForm::plain, 10), "a\n"); }

}  // namespace
}  // namespace quanji::values
