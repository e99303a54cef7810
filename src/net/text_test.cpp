#include <gtest/gtest.h>

#include "net/http_text.h"
#include "net/multipart.h"

namespace quanji::net {
namespace {

TEST(HttpText, PercentGoesThereAndBack) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(*percent_decode(percent_encode(all)), all);
  EXPECT_EQ(percent_encode("a b/清"), "a%20b%2F%E6%B8%85");
  EXPECT_EQ(*percent_decode("a+b"), "a+b");
  EXPECT_EQ(*percent_decode("a+b", Plus::is_space), "a b");
  for (const char* wrong : {"%", "%1", "%g0", "%0g", "a%"}) EXPECT_FALSE(percent_decode(wrong).ok()) << wrong;
}
TEST(HttpText, QueriesKeepOrderAndRepeats) {
  const auto pairs = parse_query("a=1&&b&a=%32+3&=x");
  ASSERT_TRUE(pairs.ok());
  ASSERT_EQ(pairs->size(), 4u);
  EXPECT_EQ((*pairs)[1].name, "b");
  EXPECT_EQ((*pairs)[1].value, "");
  EXPECT_EQ((*pairs)[2].value, "2 3");
  EXPECT_EQ((*pairs)[3].name, "");
  EXPECT_FALSE(parse_query("a=%").ok());
  EXPECT_FALSE(parse_query("a&b&c", 2).ok());
}
TEST(HttpText, PathsNeverClimb) {
  EXPECT_EQ(*parse_path("/api/v1/%E6%B8%85"), (std::vector<std::string>{"api", "v1", "清"}));
  EXPECT_TRUE(parse_path("/")->empty());
  for (const char* wrong : {"", "a", "//", "/a/", "/a//b", "/./a", "/../a", "/%2e%2e/a", "/a%2fb", "/a%5cb", "/a%00b", "/%"})
    EXPECT_FALSE(parse_path(wrong).ok()) << wrong;
}
TEST(HttpText, FileNamesAreSafeInHeaders) {
  EXPECT_EQ(quote("a\"b\\c\r\nd"), "\"a\\\"b\\\\cd\"");
  EXPECT_EQ(content_disposition("a.csv"), "attachment; filename=\"a.csv\"");
  EXPECT_EQ(content_disposition("清\r\n.csv"), "attachment; filename=\"_____.csv\"; filename*=UTF-8''%E6%B8%85%0D%0A.csv");
}
TEST(HttpText, RangesAreChosenAsTheStandardSays) {
  const auto part = [](std::string_view header, std::uint64_t size) {
    const auto choice = choose_range(header, size);
    return choice.answer == RangeAnswer::part    ? std::to_string(choice.range.first) + "-" + std::to_string(choice.range.last)
           : choice.answer == RangeAnswer::whole ? "whole"
                                                 : "no";
  };
  EXPECT_EQ(part("bytes=0-499", 1000), "0-499");
  EXPECT_EQ(part("bytes=500-", 1000), "500-999");
  EXPECT_EQ(part("bytes=-500", 1000), "500-999");
  EXPECT_EQ(part("bytes=-5000", 1000), "0-999");
  EXPECT_EQ(part("bytes=0-5000", 1000), "0-999");
  EXPECT_EQ(part("bytes=1000-", 1000), "no");
  EXPECT_EQ(part("bytes=-0", 1000), "no");
  EXPECT_EQ(part("bytes=0-0", 0), "no");
  for (const char* odd : {"", "bytes", "bytes=", "bytes=-", "bytes=5-2", "bytes=a-b", "items=0-1", "bytes=0-1,5-6", "bytes=0-x",
                          "bytes=x-5", "bytes=99999999999999999999-"})
    EXPECT_EQ(part(odd, 1000), "whole") << odd;
}
TEST(HttpText, LanguagesFollowTheirWeights) {
  const std::vector<std::string_view> offered{"zh-CN", "en"};
  EXPECT_EQ(choose_language("", offered), "zh-CN");
  EXPECT_EQ(choose_language("en-US,en;q=0.9,zh;q=0.8", offered), "en");
  EXPECT_EQ(choose_language("fr, zh-TW;q=0.5, en;q=0.4", offered), "zh-CN");
  EXPECT_EQ(choose_language("zh;q=0, en;q=0.001", offered), "en");
  EXPECT_EQ(choose_language("*", offered), "zh-CN");
  EXPECT_EQ(choose_language(";;q=,,", offered), "zh-CN");
}
TEST(HttpText, CookiesAreFoundByWholeName) {
  EXPECT_EQ(cookie("xsid=1; sid=\"a b\"; sid=2", "sid"), "a b");
  EXPECT_EQ(cookie("sid", "sid"), "");
  EXPECT_FALSE(cookie("xsid=1", "sid"));
}
TEST(HttpText, WordsHaveParameters) {
  const auto word = parse_word(" Form-Data; Name=\"a\\\"b\" ; filename=x.txt;");
  ASSERT_TRUE(word.ok());
  EXPECT_EQ(word->word, "form-data");
  EXPECT_EQ(word->parameter("name"), "a\"b");
  EXPECT_EQ(word->parameter("filename"), "x.txt");
  for (const char* wrong : {"", ";a=b", "a;b", "a;b=", "a;b=\"c", "a b", "a;=c"}) EXPECT_FALSE(parse_word(wrong).ok()) << wrong;
}

struct Found {
  std::string text;
  MultipartReader::Events events() {
    return {[this](const Part& part) {
              text += "[" + part.name + "|" + part.file_name + "|" + part.content_type + ":";
              return base::Status();
            },
            [this](std::string_view bytes) {
              text += bytes;
              return base::Status();
            },
            [this] {
              text += "]";
              return base::Status();
            }};
  }
};
const std::string type = "multipart/form-data; boundary=\"XyZ\"";
const std::string whole =
    "preamble\r\n--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--XyZ \r\nContent-Disposition: form-data; name=\"f\"; "
    "filename=\"C:\\\\dir\\\\x.csv\"\r\nContent-Type: text/csv\r\n\r\nl1\r\n--Xy\r\n--XyQ\r\n\r\n--XyZ\r\nContent-Disposition: form-data; "
    "name=e\r\n\r\n\r\n--XyZ--\r\nepilogue";

TEST(Multipart, IsTheSameInPiecesOfAnySize) {
  for (std::size_t size = 1; size <= whole.size(); ++size) {
    Found found;
    auto reader = MultipartReader::make(type, found.events());
    ASSERT_TRUE(reader.ok());
    for (std::size_t at = 0; at < whole.size(); at += size)
      ASSERT_TRUE(reader->feed(std::string_view(whole).substr(at, size)).ok()) << size;
    EXPECT_TRUE(reader->finish().ok());
    ASSERT_EQ(found.text, "[a||:1][f|x.csv|text/csv:l1\r\n--Xy\r\n--XyQ\r\n][e||:]") << size;
  }
}
TEST(Multipart, RefusesWhatIsCutMalformedOrTooMuch) {
  for (const char* wrong : {"", "text/plain", "multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; boundary=a"})
    EXPECT_FALSE(MultipartReader::make(wrong, {}).ok()) << wrong;
  const auto run = [](std::string_view bytes, MultipartLimits limits = {}) {
    auto reader = MultipartReader::make(type, {}, limits);
    auto fed = reader->feed(bytes);
    return !fed.ok() ? std::string(base::row_of(fed.error().code()).word) : reader->finish().ok() ? "ok" : "unfinished";
  };
  EXPECT_EQ(run(whole), "ok");
  EXPECT_EQ(run(whole.substr(0, whole.size() - 14)), "unfinished");
  EXPECT_EQ(run("--XyZ\r\n\r\nbody\r\n--XyZ--"), "unreadable_body");
  EXPECT_EQ(run("--XyZ\r\nContent-Disposition: attachment\r\n\r\n"), "unreadable_body");
  EXPECT_EQ(run("--XyZ\r\nnonsense\r\n\r\n"), "unreadable_body");
  EXPECT_EQ(run("--XyZtail\r\n"), "unreadable_body");
  EXPECT_EQ(run(whole, {.parts = 2}), "too_large");
  EXPECT_EQ(run(whole, {.part_bytes = 5}), "too_large");
  EXPECT_EQ(run("--XyZ\r\nA: " + std::string(9000, 'x')), "too_large");
}

}  // namespace
}  // namespace quanji::net
