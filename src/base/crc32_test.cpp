#include "base/crc32.h"

#include <gtest/gtest.h>

#include <string>

#include "base/bytes.h"

namespace quanji::base {
namespace {

TEST(Crc32, IsTheOneOfZipArchivesInOnePieceOrMany) {
  EXPECT_EQ(crc32(bytes_of("")), 0U);
  EXPECT_EQ(crc32(bytes_of("123456789")), 0xCBF43926U);  // the check value every table of checksums gives
  std::string text;
  for (int i = 0; i < 1000; ++i) text += static_cast<char>(i * 7);
  for (std::size_t cut = 0; cut <= 40; ++cut)
    EXPECT_EQ(crc32(bytes_of(std::string_view(text).substr(cut)), crc32(bytes_of(std::string_view(text).substr(0, cut)))),
              crc32(bytes_of(text)));
}

}  // namespace
}  // namespace quanji::base
