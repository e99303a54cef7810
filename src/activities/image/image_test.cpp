#include <gtest/gtest.h>

#include <fstream>

#include "activities/testing.h"
#include "devices/picture.h"
#include "devices/picture_compare.h"

namespace quanji::activities {
namespace {

using devices::Picture;
using namespace std::string_view_literals;

class Images : public testing::Test {
 protected:
  ActivityWorld world{ActivityWorld::Time::real};

  static Picture noise(std::uint32_t width, std::uint32_t height) {
    Picture picture{width, height, {}};
    std::uint64_t state = 42;
    for (std::size_t i = 0; i < std::size_t{width} * height; ++i) {
      state = state * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
      for (unsigned c = 0; c < 3; ++c) picture.pixels.push_back(static_cast<std::uint8_t>(state >> (32U + c * 8U)));
      picture.pixels.push_back(255);
    }
    return picture;
  }
  void put(const std::string& name, const Picture& picture) {
    put_bytes(name, devices::write_picture(picture, devices::PictureFormat::png).value());
  }
  void put_bytes(const std::string& name, std::string_view bytes) { std::ofstream(world.file(name), std::ios::binary) << bytes; }
  std::string bytes_of(const std::string& name) {
    std::ifstream file(world.file(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string outputs(const std::string& steps) {
    const auto finished = world.run_steps(steps, ActivityWorld::returned_by(steps));
    return finished.error ? finished.error->code : finished.outputs.text;
  }
};

TEST_F(Images, APartIsFoundAtTheExactPlace) {
  const auto large = noise(300, 200);
  put("large.png", large);
  put("part.png", cut_out(large, {123, 77, 20, 10}));
  EXPECT_EQ(outputs("- do: image.find\n  with: {file: large.png, part: part.png}\n  save: p\n- return: {x: \"=p[0]['x']\", y: "
                    "\"=p[0]['y']\", n: =len(p)}\n"),
            R"({"n":1,"x":123,"y":77})");
  EXPECT_EQ(
      outputs("- do: image.find\n  with: {file: large.png, part: part.png, area: [0, 0, 142, 200]}\n  save: p\n- return: {n: =len(p)}\n"),
      R"({"n":0})");
  EXPECT_EQ(outputs("- do: image.find\n  with: {file: large.png, part: part.png, area: [0, 0, 301, 200]}\n  save: p\n"),
            "invalid_argument");
}
TEST_F(Images, CompareCountsDifferingPixelsExactly) {
  const auto ours = noise(100, 100);
  auto theirs = ours;
  for (std::uint32_t i = 0; i < 37; ++i) {
    auto& red = *theirs.at(i * 2, i);
    red = static_cast<std::uint8_t>(red < 128 ? red + 20 : red - 20);
  }
  put("a.png", ours);
  put("b.png", theirs);
  const auto compare = [&](const std::string& more) {
    return outputs("- do: image.compare\n  with: {file: a.png, other: b.png" + more +
                   "}\n  save: {n: count, same: same, area: area}\n- return: {n: =n, same: =same, area: =area}\n");
  };
  EXPECT_EQ(compare(""), R"({"area":[0,0,73,37],"n":37,"same":false})");
  EXPECT_EQ(compare(", tolerance: 19"), R"({"area":[0,0,73,37],"n":37,"same":false})");
  EXPECT_EQ(compare(", tolerance: 20"), R"({"area":[],"n":0,"same":true})");
  EXPECT_EQ(compare(", ignore: [[0, 0, 100, 30]]"), R"({"area":[60,30,13,7],"n":7,"same":false})");
  EXPECT_EQ(compare(", ignore: [[0, 0, 0, 30]]"), "invalid_argument");
  put("c.png", noise(50, 50));
  EXPECT_EQ(outputs("- do: image.compare\n  with: {file: a.png, other: c.png}\n  save: {s: share}\n- return: {s: '=int(s)'}\n"),
            R"({"s":1})");
}
TEST_F(Images, BrokenFilesBombsAndOtherKindsAreToldApart) {
  const auto size = [&](const std::string& file) {
    return outputs("- do: image.crop\n  with: {file: " + file + ", area: [0, 0, 1, 1], to: out.png}\n- return: {}\n");
  };
  put("whole.png", noise(40, 40));
  EXPECT_EQ(size("whole.png"), "{}");
  put_bytes("cut.png", bytes_of("whole.png").substr(0, 900));
  EXPECT_EQ(size("cut.png"), "unreadable");
  put_bytes("text.png", "hello");
  EXPECT_EQ(size("text.png"), "unreadable");
  put_bytes("animated.gif", "GIF89a");
  EXPECT_EQ(size("animated.gif"), "not_supported");
  put_bytes("bomb.png", std::string("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xC3\x50\0\0\xC3\x50\x08\x02\0\0\0\0\0\0\0\0\0\0\0\0"sv));
  EXPECT_EQ(size("bomb.png"), "too_large");
  EXPECT_EQ(size("nowhere.png"), "not_found");
  EXPECT_EQ(outputs("- do: image.convert\n  with: {file: whole.png, to: out.webp}\n"), "not_supported");
  EXPECT_EQ(outputs("- do: image.convert\n  with: {file: whole.png, to: no/out.png}\n"), "not_found");
  EXPECT_EQ(outputs("- do: image.resize\n  with: {file: whole.png, width: 20000, height: 20000, to: out.png}\n"), "too_large");
  EXPECT_EQ(outputs("- do: image.resize\n  with: {file: whole.png, to: out.png}\n"), "invalid_argument");
  EXPECT_EQ(outputs("- do: image.read_color\n  with: {file: whole.png, x: 40, y: 0}\n"), "invalid_argument");
}
TEST_F(Images, ATargetThatIsThereIsReplacedKeptOrMustBeTheSame) {
  put("a.png", noise(10, 10));
  put("b.png", cut_out(noise(20, 20), {5, 5, 10, 10}));
  const auto convert = [&](const std::string& file, const std::string& if_exists) {
    return outputs("- do: image.convert\n  with: {file: " + file + ", to: to.bmp, if_exists: " + if_exists + "}\n- return: {}\n");
  };
  EXPECT_EQ(convert("a.png", "fail"), "{}");
  const auto first = bytes_of("to.bmp");
  EXPECT_EQ(convert("a.png", "fail"), "{}");  // the same once more
  EXPECT_EQ(convert("b.png", "fail"), "file_exists");
  EXPECT_EQ(convert("b.png", "skip"), "{}");
  EXPECT_EQ(bytes_of("to.bmp"), first);
  EXPECT_EQ(convert("b.png", "replace"), "{}");
  EXPECT_NE(bytes_of("to.bmp"), first);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(world.work.path()), {}), 3);  // nothing half done is left
}

}  // namespace
}  // namespace quanji::activities
