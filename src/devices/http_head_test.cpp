#include "devices/http_head.h"

#include <gtest/gtest.h>

#include "devices/http_client.h"

namespace quanji::devices {
namespace {

TEST(HttpHead, LinesAreReadWhateverTheirBytes) {
  EXPECT_EQ(parse_header_line("Content-Type: text/html \r\n"), std::pair(std::string("content-type"), std::string("text/html")));
  EXPECT_EQ(parse_header_line("X: caf\xe9\r\n"), std::pair(std::string("x"), std::string("caf\xc3\xa9")));
  EXPECT_EQ(parse_header_line("X:"), std::pair(std::string("x"), std::string()));
  EXPECT_EQ(parse_header_line(" : a"), std::nullopt);
  EXPECT_EQ(parse_header_line("no colon"), std::nullopt);
}
TEST(HttpHead, ContentTypesAreJsonTextOrNeither) {
  EXPECT_TRUE(parse_content_type("application/json; charset=utf-8").is_json());
  EXPECT_TRUE(parse_content_type("Application/Problem+JSON").is_json());
  EXPECT_TRUE(parse_content_type("text/csv").is_text());
  EXPECT_TRUE(parse_content_type("application/soap+xml").is_text());
  EXPECT_FALSE(parse_content_type("application/pdf").is_text());
  EXPECT_FALSE(parse_content_type("").is_text());
  EXPECT_EQ(parse_content_type("text/html; a=b; Charset=\"GB2312\"; charset=utf-8").charset, "gb2312");
  EXPECT_EQ(parse_content_type("text/html; charset").charset, "");
}
TEST(HttpHead, RangesLieWithinTheirWhole) {
  const auto range = parse_content_range("bytes 100-199/5000");
  ASSERT_TRUE(range);
  EXPECT_EQ(range->first, 100U);
  EXPECT_EQ(range->last, 199U);
  EXPECT_EQ(range->whole, 5000U);
  EXPECT_FALSE(parse_content_range("bytes 0-9/*")->whole);
  for (const auto* wrong :
       {"bytes 9-0/10", "bytes 0-10/10", "bytes */10", "lines 0-9/10", "bytes 0-9", "bytes 0-9/10x", "bytes 99999999999999999999-1/*", ""})
    EXPECT_FALSE(parse_content_range(wrong)) << wrong;
}
TEST(HttpAddress, OriginsNeitherTellPathNorParameters) {
  EXPECT_EQ(http_origin("https://example.cn/secret?token=1"), "https://example.cn:443");
  EXPECT_EQ(http_origin("http://127.0.0.1:8080/a"), "http://127.0.0.1:8080");
}

}  // namespace
}  // namespace quanji::devices
