#include "base/encodings.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/bytes.h"

namespace quanji::base {
namespace {

std::string of(std::string_view hex_text) { return std::string(text_of(from_hex(hex_text).value())); }
std::string utf8_of(std::uint32_t point) {
  std::string out;
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80)
    put(point);
  else if (point < 0x800)
    put(0xC0 | point >> 6), put(0x80 | (point & 63));
  else if (point < 0x10000)
    put(0xE0 | point >> 12), put(0x80 | (point >> 6 & 63)), put(0x80 | (point & 63));
  else
    put(0xF0 | point >> 18), put(0x80 | (point >> 12 & 63)), put(0x80 | (point >> 6 & 63)), put(0x80 | (point & 63));
  return out;
}

TEST(Utf8, EveryCharacterIsGoodAndEverySurrogateIsNot) {
  for (std::uint32_t point = 0; point <= 0x10FFFF; ++point)
    ASSERT_EQ(is_utf8(utf8_of(point)), point < 0xD800 || point > 0xDFFF) << std::hex << point;
  EXPECT_FALSE(is_utf8(utf8_of(0x110000)));
}
TEST(Utf8, EveryPairOfBytesIsJudgedAsTable37Says) {
  for (unsigned a = 0; a < 256; ++a)
    for (unsigned b = 0; b < 256; ++b) {
      const std::string text = {static_cast<char>(a), static_cast<char>(b)};
      const bool good = (a < 0x80 && b < 0x80) || (a >= 0xC2 && a <= 0xDF && b >= 0x80 && b <= 0xBF);
      ASSERT_EQ(is_utf8(text), good) << a << ' ' << b;
    }
}
TEST(Utf8, TheProblemIsWhereTheBadCharacterBegins) {
  EXPECT_EQ(utf8_problem("券机\xff"), 6U);
  EXPECT_EQ(utf8_problem("a\xe5\x88"), 1U);
  EXPECT_EQ(utf8_problem("\xc0\x80"), 0U);          // overlong NUL
  EXPECT_EQ(utf8_problem("a\xed\xa0\x80"), 1U);     // a surrogate
  EXPECT_EQ(utf8_problem("\xf0\x80\x80\xaf"), 0U);  // overlong slash
  EXPECT_EQ(utf8_problem("券机"), std::nullopt);
}
// The Unicode standard, 3.9, tables 3-8 to 3-11.
TEST(Utf8, RepairPutsOneMarkForEachMaximalPart) {
  constexpr auto mark = "\xEF\xBF\xBD";
  const auto marks = [&](std::string_view pattern) {
    std::string out;
    for (const char c : pattern) out += c == '?' ? std::string(mark) : std::string(1, c);
    return out;
  };
  EXPECT_EQ(repair_utf8(of("c0afe080bff0818241")), marks("????????A"));
  EXPECT_EQ(repair_utf8(of("eda080edbfbfedaf41")), marks("????????A"));
  EXPECT_EQ(repair_utf8(of("f4919293ff4180bf42")), marks("?????A??B"));
  EXPECT_EQ(repair_utf8(of("e180e2f09192f1bf41")), marks("????A"));
  EXPECT_EQ(repair_utf8("券机"), "券机");
}
TEST(Utf8, LengthCountsCharacters) { EXPECT_EQ(utf8_length("a券机🙂"), 4U); }

TEST(Utf8, ABeginningCutsNoCharacter) {
  EXPECT_EQ(utf8_beginning("a券机", 7), "a券机");
  EXPECT_EQ(utf8_beginning("a券机", 6), "a券");
  EXPECT_EQ(utf8_beginning("a券机", 4), "a券");
  EXPECT_EQ(utf8_beginning("a券机", 3), "a");
  EXPECT_EQ(utf8_beginning("券", 2), "");
}

TEST(Gb18030, EveryCharacterIsWrittenAndReadAgain) {
  std::set<std::string> codes;
  std::map<std::uint32_t, std::uint32_t> changed;
  // In blocks, and one by one only where a block does not come back.
  constexpr std::uint32_t block = 256;
  for (std::uint32_t start = 0; start < 0x110000; start += block) {
    if (start >= 0xD800 && start <= 0xDFFF) continue;
    std::string text;
    for (std::uint32_t point = start; point < start + block; ++point) text += utf8_of(point);
    const auto written = from_utf8(Charset::gb18030, text);
    ASSERT_TRUE(written.ok()) << std::hex << start << written.error().message().en;
    const auto read = to_utf8(Charset::gb18030, *written);
    ASSERT_TRUE(read.ok()) << std::hex << start;
    if (*read == text) continue;
    for (std::uint32_t point = start; point < start + block; ++point) {
      const auto one = to_utf8(Charset::gb18030, from_utf8(Charset::gb18030, utf8_of(point)).value()).value();
      if (one == utf8_of(point)) continue;
      ASSERT_EQ(one.size(), 3U);
      changed[point] = (static_cast<std::uint32_t>(one[0] & 15) << 12) | (static_cast<std::uint32_t>(one[1] & 63) << 6) |
                       static_cast<std::uint32_t>(one[2] & 63);
    }
  }
  // Only the 18 private-use characters of before 2005 come back as what they stood for.
  const std::map<std::uint32_t, std::uint32_t> expected = {
      {0xE78D, 0xFE10}, {0xE78E, 0xFE12}, {0xE78F, 0xFE11}, {0xE790, 0xFE13}, {0xE791, 0xFE14}, {0xE792, 0xFE15},
      {0xE793, 0xFE16}, {0xE794, 0xFE17}, {0xE795, 0xFE18}, {0xE796, 0xFE19}, {0xE81E, 0x9FB4}, {0xE826, 0x9FB5},
      {0xE82B, 0x9FB6}, {0xE82C, 0x9FB7}, {0xE832, 0x9FB8}, {0xE843, 0x9FB9}, {0xE854, 0x9FBA}, {0xE864, 0x9FBB}};
  EXPECT_EQ(changed, expected);
}
TEST(Gb18030, HasTheMappingsOf2022) {
  const struct {
    std::string_view code;
    std::uint32_t point;
  } rows[] = {{"a6d9", 0xFE10},      {"a6da", 0xFE12},      {"a6db", 0xFE11},      {"a6f3", 0xFE19},       {"fe59", 0x9FB4},
              {"fea0", 0x9FBB},      {"a8bc", 0x1E3F},      {"8135f437", 0xE7C7},  {"fe51", 0xE816},       {"fe91", 0xE855},
              {"95329031", 0x20087}, {"9635b630", 0x241FE}, {"90308130", 0x10000}, {"e3329a35", 0x10FFFF}, {"a2e3", 0x20AC},
              {"81308130", 0x80},    {"d2bb", 0x4E00}};
  for (const auto& row : rows) {
    EXPECT_EQ(to_utf8(Charset::gb18030, of(row.code)).value(), utf8_of(row.point)) << row.code;
    EXPECT_EQ(hex(bytes_of(from_utf8(Charset::gb18030, utf8_of(row.point)).value())), row.code);
  }
  // The four-byte codes these characters had until 2022 are still read.
  EXPECT_EQ(to_utf8(Charset::gb18030, of("82359037")).value(), utf8_of(0x9FB4));
  EXPECT_EQ(to_utf8(Charset::gb18030, of("84318236")).value(), utf8_of(0xFE10));
}
TEST(Gb18030, OwnPointsStandAmongOthers) {
  const std::string text = "王" + utf8_of(0x9FB4) + "a" + utf8_of(0x20087) + utf8_of(0xE816) + "李";
  const auto written = from_utf8(Charset::gb18030, text).value();
  EXPECT_EQ(hex(bytes_of(written)), "cdf5fe596195329031fe51c0ee");
  EXPECT_EQ(to_utf8(Charset::gb18030, written).value(), text);
  EXPECT_EQ(to_utf8(Charset::gb18030, of("cdf582359037c0ee")).value(), "王" + utf8_of(0x9FB4) + "李");
}
TEST(Gb18030, AFailureNamesItsByte) {
  const auto offset_of = [](Charset charset, std::string_view bytes) {
    const auto read = to_utf8(charset, bytes);
    EXPECT_FALSE(read.ok());
    return read.ok() ? std::string() : read.error().message().en;
  };
  EXPECT_EQ(offset_of(Charset::gb18030, of("d2bbff")), "Not gb18030 text at byte 2 (counted from 0).");
  EXPECT_EQ(offset_of(Charset::gb18030, of("d2bbd2")), "Not gb18030 text at byte 2 (counted from 0).");
  EXPECT_EQ(offset_of(Charset::gb18030, of("fe51d2bb813081")), "Not gb18030 text at byte 4 (counted from 0).");
  EXPECT_EQ(offset_of(Charset::gbk, of("61d2bbfe51")), "Not gbk text at byte 3 (counted from 0).");
  EXPECT_EQ(offset_of(Charset::utf8, of("61e588")), "Not utf-8 text at byte 1 (counted from 0).");
}
TEST(Gbk, WritesWhatItHasAndNamesWhatItHasNot) {
  EXPECT_EQ(hex(bytes_of(from_utf8(Charset::gbk, "券机€").value())), "c8afbbfa80");
  EXPECT_EQ(to_utf8(Charset::gbk, of("c8afbbfa80")).value(), "券机€");
  const auto refused = from_utf8(Charset::gbk, "王🙂");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), Code::invalid_field);
  EXPECT_EQ(refused.error().message().en, "The character U+1F642 at byte 3 (counted from 0) cannot be written in gbk.");
  // Not only the first 16 KiB piece.
  const auto far = from_utf8(Charset::gbk, std::string(100'000, 'a') + "🙂");
  EXPECT_EQ(far.error().message().en, "The character U+1F642 at byte 100000 (counted from 0) cannot be written in gbk.");
}
TEST(Gbk, EveryPairOfBytesThatIsReadIsWrittenTheSame) {
  int characters = 0;
  for (unsigned a = 0x81; a < 0xFF; ++a)
    for (unsigned b = 0x40; b < 0xFF; ++b) {
      const std::string code = {static_cast<char>(a), static_cast<char>(b)};
      const auto read = to_utf8(Charset::gbk, code);
      if (!read.ok()) continue;
      ++characters;
      ASSERT_EQ(from_utf8(Charset::gbk, *read).value(), code);
    }
  EXPECT_EQ(characters, 21791);  // the two-byte characters of code page 936
}
TEST(Charsets, AreNamedAsPeopleNameThem) {
  EXPECT_EQ(charset_from_text("UTF-8").value(), Charset::utf8);
  EXPECT_EQ(charset_from_text("CP936").value(), Charset::gbk);
  EXPECT_EQ(charset_from_text("GB2312").value(), Charset::gbk);
  EXPECT_EQ(charset_from_text("gb18030").value(), Charset::gb18030);
  EXPECT_FALSE(charset_from_text("latin1").ok());
}

}  // namespace
}  // namespace quanji::base
